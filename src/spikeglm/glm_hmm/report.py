"""What a fit of hidden states says about itself: how runs ended, and how many agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import notebook
from ..typing import FloatArray, IntArray
from .climbing import CONVERGED, DROPPED, LIMIT, LOST, STALLED, Climbed

if TYPE_CHECKING:
    import pandas as pd

EMPTY, COLLAPSED = "a state is empty", "a state has collapsed"
AGREE_WITHIN = 0.5
"""Nats of the objective within which runs have found the same optimum."""
_FEW = 1.0  # expected trials of a state that is empty
ADVICE = {
    CONVERGED: "",
    LIMIT: "raise maxiter, or tol if an optimum to fewer digits will do",
    STALLED: (
        "a turn found no better parameters: the optimum lies at the edge of what the model can "
        "have; use a Ridge penalty, features in units of one size, or fewer states"
    ),
    LOST: "responses are impossible under the first parameters; begin with others",
    EMPTY: "no trial speaks for one of the states: use fewer states",
    COLLAPSED: (
        "one of the states fits a few responses exactly, and its likelihood has no bound: use fewer "
        "states, more restarts, or a prior on transitions"
    ),
}


@dataclass(frozen=True, eq=False)
class StatesReport:
    """How the runs of a fit of hidden states ended. Print it; :meth:`to_frame` is a table of runs.

    Attributes
    ----------
    run :
        The number of the run that was taken, the best one.
    statuses :
        (R,) how each run ended: ``"converged"``, ``"iteration limit"``, ``"dropped"`` (it was among
        the poorest early on, and not followed to its end), ``"a state is empty"`` or ``"a state has
        collapsed"``.
    objectives, log_likelihoods :
        (R,) with and without the prior, in nats, where each run ended.
    n_iterations :
        (R,) turns of EM.
    history :
        (turns + 1,) the objective of the run that was taken, before each turn and at the end.
    n_trials, n_sessions, n_seen :
        Trials, sessions, and responses that are there.
    occupancy :
        (K,) share of the trials that each state is expected to have.
    remarks :
        What else there is to say, a line each.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 1))
    >>> y = (np.random.default_rng(1).random(300) < 0.5).astype(float)
    >>> nmo.GLMHMM(1).fit(X, y).fit_report_.status
    'converged'
    """

    run: int
    statuses: tuple[str, ...]
    objectives: FloatArray
    log_likelihoods: FloatArray
    n_iterations: IntArray
    history: FloatArray
    n_trials: int
    n_sessions: int
    n_seen: int
    occupancy: FloatArray
    remarks: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """How the run that was taken ended."""
        return self.statuses[self.run]

    @property
    def is_well(self) -> bool:
        """Whether it has converged."""
        return self.status == CONVERGED

    @property
    def n_agreeing(self) -> int:
        """Runs that came to the end and found the same optimum, to half a nat; the best counts."""
        return int((self._ended & (self._best - self.objectives <= AGREE_WITHIN)).sum())

    @property
    def n_ended(self) -> int:
        """Runs that were followed to their end."""
        return int(self._ended.sum())

    @property
    def _best(self) -> float:
        return float(self.objectives[self.run])

    @property
    def _ended(self) -> Any:
        return np.array([status != DROPPED for status in self.statuses])

    def ordered(self, order: IntArray) -> StatesReport:
        """Return the report of the same fit with state ``order[k]`` as state k.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> report = nmo.GLMHMM(2).fit(X, y).fit_report_
        >>> bool((report.ordered([1, 0]).occupancy == report.occupancy[::-1]).all())
        True
        """
        return replace(self, occupancy=self.occupancy[order])

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per run, the best first.

        Columns: ``status``, ``objective`` and ``log_likelihood`` (nats), ``below_best`` (nats of
        the objective), ``n_iterations``.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> y = (np.random.default_rng(1).random(300) < 0.5).astype(float)
        >>> frame = nmo.GLMHMM(2, n_restarts=3).fit(X, y).fit_report_.to_frame()
        >>> list(frame.columns)
        ['status', 'objective', 'log_likelihood', 'below_best', 'n_iterations']
        """
        import pandas as pd

        frame = pd.DataFrame(
            {
                "status": list(self.statuses),
                "objective": self.objectives,
                "log_likelihood": self.log_likelihoods,
                "below_best": self._best - self.objectives,
                "n_iterations": self.n_iterations,
            },
            index=pd.RangeIndex(len(self.statuses), name="run"),
        )
        return frame.sort_values("objective", ascending=False, kind="stable")

    def problems(self) -> str:
        """Return what is wrong and what to do; empty if all is well.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> y = (np.random.default_rng(1).random(300) < 0.5).astype(float)
        >>> nmo.GLMHMM(1).fit(X, y).fit_report_.problems()
        ''
        """
        return "" if self.is_well else f"{self.status}: {ADVICE.get(self.status, '')}."

    def __str__(self) -> str:
        counts = Counter(self.statuses).most_common()
        lines = [
            f"{len(self.occupancy)} state(s), {self.status} after "
            f"{self.n_iterations[self.run]} turns: log-likelihood "
            f"{self.log_likelihoods[self.run]:.2f} nats of {self.n_seen} responses in "
            f"{self.n_sessions} session(s)",
            "share of the trials: " + ", ".join(f"{share:.3f}" for share in self.occupancy),
        ]
        if len(self.statuses) > 1:
            lines.append(
                f"{len(self.statuses)} runs: " + ", ".join(f"{n} {word}" for word, n in counts)
            )
            lines.append(
                f"{self.n_agreeing} of {self.n_ended} that came to an end agree on the best "
                f"(within {AGREE_WITHIN} nats)"
            )
        lines += self.remarks
        return "\n".join([*lines, self.problems()]).rstrip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Show the summary in a notebook."""
        first, *others = str(self).splitlines()
        return notebook.box("Fit report", first, lines=others)

    def check_saved(self) -> None:
        """Raise a ValueError unless what a file said of the report can be one."""
        R = len(self.statuses)
        known = {CONVERGED, LIMIT, DROPPED, *ADVICE}
        arrays = (self.objectives, self.log_likelihoods, self.n_iterations)
        is_fine = (
            0 <= self.run < R
            and set(self.statuses) <= known
            and all(isinstance(a, np.ndarray) and a.shape == (R,) for a in arrays)
            and np.ndim(self.history) == 1
            and np.ndim(self.occupancy) == 1
        )
        if not is_fine:
            raise ValueError("a report of states that is none")


def report_of(
    climbed: Climbed,
    occupancy: FloatArray,
    *,
    is_collapsed: Any,
    n_trials: int,
    n_sessions: int,
    n_seen: int,
) -> StatesReport:
    """Return the report of R runs, the best of which is taken: of those in trouble, none if others.

    Parameters
    ----------
    climbed :
        How they ended.
    occupancy :
        (R, K) shares of the trials.
    is_collapsed :
        (R,) whether a state fits its responses exactly.
    """
    statuses = list(climbed.status)
    for r, shares in enumerate(occupancy):
        if statuses[r] in (DROPPED, LOST):
            continue
        if is_collapsed[r]:
            statuses[r] = COLLAPSED
        elif shares.min() * n_trials < _FEW:
            statuses[r] = EMPTY
    rank = {COLLAPSED: 1, DROPPED: 2, LOST: 3}
    order = sorted(
        range(len(statuses)), key=lambda r: (rank.get(statuses[r], 0), -np.nan_to_num(climbed.objective[r]))
    )
    run = order[0]
    history = climbed.history[:, run]
    return StatesReport(
        run,
        tuple(statuses),
        climbed.objective,
        climbed.log_likelihood,
        climbed.n_iterations,
        history[np.isfinite(history)],
        n_trials,
        n_sessions,
        n_seen,
        occupancy[run],
    )
