"""What a fit says about itself: one line per neuron, and what to do where one is not well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, notebook, notices
from ...fit.record import FitResult
from ...inference.bits_per_spike import excess_bits_per_spike
from ...rows.given_terms import by_term
from ...rows.terms import Term
from ...solvers import ADVICE, EMPTY, WELL, Status
from ...typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS = 12  # of a table in a notebook, or of what separates: a screen holds as many


@dataclass(frozen=True, eq=False)
class FitReport:
    """How the fit of each neuron went.

    Print it for a summary; :meth:`to_frame` gives a table with one row per neuron.

    Attributes
    ----------
    result :
        The record it reports.
    neurons :
        One label per neuron.
    feature_names :
        One name per feature.
    terms :
        Which columns belong together, where that is known.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = nmo.GLM().fit(X, np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1)))
    >>> model.fit_report_.status
    ('converged',)
    """

    result: FitResult
    neurons: tuple[Any, ...]
    feature_names: tuple[str, ...]
    terms: tuple[Term, ...] = ()

    @property
    def status(self) -> tuple[str, ...]:
        """One word per neuron."""
        return tuple(str(status) for status in self.result.status)

    @property
    def converged(self) -> bool:
        """Whether every neuron reached its certificate."""
        return all(status is Status.CONVERGED for status in self.result.status)

    @property
    def is_well(self) -> bool:
        """Whether every neuron has what was asked for: its optimum, or a fair approximation."""
        return all(status in WELL for status in self.result.status)

    @property
    def excess_bits_per_spike(self) -> FloatArray:
        """(N,) about how far fits are from the optimum, in bits per spike, for responses in counts.

        An estimate: half the squared Newton decrement is what the objective exceeds its minimum by,
        in nats per bin, where the loss is nearly quadratic (:func:`excess_bits_per_spike`).
        """
        return excess_bits_per_spike(self.result)

    @property
    def n_passes(self) -> int:
        """Visits of all rows, the two or three that survey responses and features included."""
        return self.result.n_passes

    @property
    def aliased_features(self) -> tuple[str, ...]:
        """Features that are constant or linear combinations of others."""
        return tuple(self.feature_names[j] for j in self.result.aliased)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with one row per neuron.

        Columns: ``status``; ``newton_decrement`` (distance to the optimum in the norm of the
        curvature; times sqrt(``n_rows``) in standard errors) or ``kkt_violation`` (of the
        optimality conditions, relative to the strength); ``n_iterations``; ``n_passes``;
        ``n_rows``; ``objective`` (penalised mean loss, nats per bin); ``scale`` and ``scale_error``
        where the fit has found a scale of the likelihood; ``what_to_do``.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(200, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X[:, [0, 1]] - 1.0))
        >>> frame = nmo.PopulationGLM().fit(X, y).fit_report_.to_frame()
        >>> print(frame[["status", "n_rows"]].to_string(index=False))
           status  n_rows
        converged     200
        converged     200
        """
        import pandas as pd

        result = self.result
        return pd.DataFrame(
            {
                "status": list(self.status),
                result.certificate.lower().replace(" ", "_"): result.decrement,
                "n_iterations": result.n_iterations,
                "n_passes": result.n_passes,
                "n_rows": result.n_rows.astype(int),
                "objective": result.objective,
                **self._scales,
                "what_to_do": [ADVICE[status] for status in result.status],
            },
            index=pd.Index(self.neurons, name="neuron"),
        )

    @property
    def _scales(self) -> dict[str, FloatArray | None]:
        found = self.result.scale
        return {} if found is None else {"scale": found, "scale_error": self.result.scale_error}

    def problems(self) -> str:
        """Return what is wrong and what to do, a line per kind of trouble; empty if all is well.

        >>> import warnings, numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(100, 2))
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     report = nmo.GLM().fit(X, np.zeros(100)).fit_report_
        >>> print(report.problems()[:55])
        1 neuron(s) silent (0): the response is zero everywhere
        """
        return self._problems_of(tuple(s for s in Status if s not in WELL))

    def warn(self) -> None:
        """Warn of neurons that are not well: apart of data that say nothing, and of fits.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> nmo.GLM().fit(X, np.arange(300) % 3).fit_report_.warn()  # all is well
        """
        for kind, statuses in kinds_of_trouble(self.result.status):
            notices.warn(self._problems_of(statuses), kind)

    def _problems_of(self, statuses: Collection[Status]) -> str:
        lines = []
        for status in dict.fromkeys(self.result.status):
            if status not in statuses:
                continue
            who = [n for n, s in zip(self.neurons, self.result.status, strict=True) if s is status]
            lines.append(f"{len(who)} neuron(s) {status} ({errors.listed(who)}): {ADVICE[status]}.")
            if status is Status.SEPARATED:
                lines += self._who_is_separated_by_what()
        return "\n".join(lines)

    def separating_features(self, neuron: int = 0) -> tuple[str, ...]:
        """Return the features that predict responses of a neuron perfectly, for the n-th neuron.

        Their coefficients have no finite optimum; those of others have, and standard errors too.
        Empty for a neuron that is not separated, and where the search was left to
        ``standard_errors`` because it would have taken longer than the fit.

        >>> import warnings, numpy as np, spikeglm as nmo
        >>> just_fired = np.arange(100) % 4 == 0  # no second spike comes so early
        >>> X = np.column_stack([np.random.default_rng(0).normal(size=100), just_fired])
        >>> y = np.where(just_fired, 0, np.random.default_rng(1).poisson(1.0, 100))
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     report = nmo.GLM().fit(X, y).fit_report_
        >>> report.status, report.separating_features()
        (('separated',), ('x1',))
        """
        if self.result.separating is None or not self.feature_names:
            return ()
        found = np.flatnonzero(self.result.separating[:, neuron])
        return tuple(self.feature_names[j] for j in found)

    def _who_is_separated_by_what(self) -> list[str]:
        by_what: dict[tuple[str, ...], list[Any]] = {}
        for n, name in enumerate(self.neurons):
            if self.separating_features(n):
                found = np.flatnonzero(np.asarray(self.result.separating)[:, n])
                features = tuple(by_term(found, self.feature_names, self.terms))
                by_what.setdefault(features, []).append(name)
        lines = [
            f"  separated by {errors.listed(features)}: {errors.listed(who)}; other coefficients, "
            "and their standard errors, are those of the rows that this leaves undecided"
            for features, who in by_what.items()
        ]
        return lines[:_MOST_ROWS] + ["  ..."] * (len(lines) > _MOST_ROWS)

    def __str__(self) -> str:
        result = self.result
        counts = Counter(self.status)
        kind = "exact" if result.is_exact else "estimated"
        worst = max((d for d in result.decrement if d == d), default=float("nan"))
        lines = [
            f"{len(self.neurons)} neuron(s): "
            + ", ".join(f"{n} {status}" for status, n in counts.most_common()),
            f"largest {result.certificate} {worst:.1e} ({kind}); {result.n_passes} passes over "
            f"{int(result.n_rows.max(initial=0))} rows",
        ]
        lines += result.remarks
        is_approximate = [s in (Status.APPROXIMATE, Status.ROUGH) for s in result.status]
        if any(is_approximate):
            bits = self.excess_bits_per_spike[is_approximate].max()
            advice = "" if Status.ROUGH in result.status else f"; {ADVICE[Status.APPROXIMATE]}"
            lines.append(
                f"approximate fits are at most about {bits:.1e} bits per spike (of counts) short "
                f"of the optimum{advice}"
            )
        return "\n".join(line for line in [*lines, self.problems(), result.plan] if line)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Show the summary in a notebook, and the first neurons: those with trouble before all."""
        result = self.result
        order = sorted(range(len(self.neurons)), key=lambda c: result.status[c] in WELL)
        rows = [
            (str(self.neurons[c]), self.status[c], f"{result.decrement[c]:.1e}")
            for c in order[:_MOST_ROWS]
        ]
        header = ("neuron", "status", result.certificate)
        left = len(order) - len(rows)
        more = [f"and {left} more neurons: to_frame() shows all"] if left else []
        summary = str(self).splitlines()
        return notebook.box(
            "Fit report", summary[0], table=notebook.table(rows, header), lines=more + summary[1:]
        )


def kinds_of_trouble(
    found: Iterable[Status],
) -> list[tuple[type[Warning], tuple[Status, ...]]]:
    """Return the warnings that are due, each with the statuses that it is about.

    >>> [kind.__name__ for kind, _ in kinds_of_trouble([Status.SILENT, Status.CONVERGED])]
    ['NothingToFitWarning']
    """
    found = set(found)
    empty = tuple(s for s in Status if s in EMPTY)
    others = tuple(s for s in Status if s not in EMPTY and s not in WELL)
    kinds = ((errors.NothingToFitWarning, empty), (errors.ConvergenceWarning, others))
    return [(kind, statuses) for kind, statuses in kinds if found & set(statuses)]
