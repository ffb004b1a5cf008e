"""What a fit of hidden states says about itself: how runs ended, and how many agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import notebook
from ..typing import BoolArray, FloatArray, IntArray
from .climbing import CONVERGED, DROPPED, LIMIT, LOST, STALLED, Climbed
from .screening import SAME, Screened

if TYPE_CHECKING:
    import pandas as pd

EMPTY, COLLAPSED = "a state is empty", "a state has collapsed"
SEPARATED = "a state is separated"
AGREES, POORER = "same optimum", "poorer optimum"
_FEW = 1.0  # expected trials of a state that is empty
ADVICE = {
    CONVERGED: "",
    LIMIT: "raise maxiter, or tol if an optimum to fewer digits will do",
    STALLED: (
        "a turn found no better parameters: the optimum lies at the edge of what the model can "
        "have; use a Ridge penalty, features in units of one size, or fewer states"
    ),
    LOST: "responses are impossible under the first parameters; begin with others",
    SEPARATED: (
        "features predict the responses of a state perfectly, so its weights have no finite "
        "optimum: use regularizer='Ridge', or fewer states"
    ),
    EMPTY: "no trial speaks for one of the states: use fewer states",
    COLLAPSED: (
        "one of the states fits a few responses exactly, and its likelihood has no bound: use "
        "fewer states, more restarts, or a prior on transitions"
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
        (R,) how each run ended: ``"converged"``, ``"iteration limit"``, ``"stalled"``, ``"a state
        is empty"``, ``"a state is separated"`` or ``"a state has collapsed"``; or, where it was
        not followed on all trials, ``"same optimum"`` as another that was, ``"poorer optimum"``,
        or ``"dropped"``: its gains would not have taken it near the best.
    objectives, log_likelihoods :
        (R,) with and without the prior, in nats, on all trials; NaN for runs not followed there.
    screened, optimum :
        (R,) the objective on the trials of the first look, and which optimum it is, 0 the best of
        that look and -1 for a run that was dropped.
    n_iterations :
        (R,) turns of EM, those on part of the trials included.
    history :
        The objective of the run that was taken, on all trials, before each turn there and at the
        end: of many trials, runs come there from an optimum on part of them.
    n_trials, n_sessions, n_seen :
        Trials, sessions, and responses that are there.
    n_screened :
        Trials of the first look.
    occupancy :
        (K,) share of the trials that each state is expected to have.

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
    screened: FloatArray
    optimum: IntArray
    n_iterations: IntArray
    history: FloatArray
    n_trials: int
    n_sessions: int
    n_seen: int
    n_screened: int
    occupancy: FloatArray

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
        """Runs that found the optimum that was taken, to half a nat of the first look."""
        return int((self.optimum == self.optimum[self.run]).sum())

    @property
    def n_ended(self) -> int:
        """Runs that were not dropped."""
        return int((self.optimum >= 0).sum())

    def with_status(self, status: str) -> StatesReport:
        """Return the report with another status of the run that was taken.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> nmo.GLMHMM(1).fit(X, y).fit_report_.with_status("iteration limit").is_well
        False
        """
        statuses = list(self.statuses)
        statuses[self.run] = status
        return replace(self, statuses=tuple(statuses))

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

        Columns: ``status``, ``objective`` and ``log_likelihood`` (nats, all trials),
        ``screened`` (objective on the trials of the first look), ``optimum``, ``n_iterations``.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> y = (np.random.default_rng(1).random(300) < 0.5).astype(float)
        >>> frame = nmo.GLMHMM(2, n_restarts=3).fit(X, y).fit_report_.to_frame()
        >>> list(frame.columns)
        ['status', 'objective', 'log_likelihood', 'screened', 'optimum', 'n_iterations']
        """
        import pandas as pd

        frame = pd.DataFrame(
            {
                "status": list(self.statuses),
                "objective": self.objectives,
                "log_likelihood": self.log_likelihoods,
                "screened": self.screened,
                "optimum": self.optimum,
                "n_iterations": self.n_iterations,
            },
            index=pd.RangeIndex(len(self.statuses), name="run"),
        )
        order = np.lexsort((-self.screened, np.where(self.optimum < 0, np.inf, self.optimum)))
        return frame.iloc[order]

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
            all_trials = self.n_screened == self.n_trials
            on = "" if all_trials else f", on {self.n_screened} of {self.n_trials} trials"
            lines.append(
                f"{self.n_agreeing} of {len(self.statuses)} runs found this optimum (within "
                f"{SAME} nats{on}): " + ", ".join(f"{n} {word}" for word, n in counts)
            )
        return "\n".join([*lines, self.problems()]).rstrip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Show the summary in a notebook."""
        first, *others = str(self).splitlines()
        return notebook.box("Fit report", first, lines=others)

    def check_saved(self) -> None:
        """Raise a ValueError unless what a file said of the report can be one.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> nmo.GLMHMM(1).fit(X, y).fit_report_.check_saved()
        """
        R = len(self.statuses)
        known = {*ADVICE, DROPPED, AGREES, POORER}
        arrays = (
            self.objectives, self.log_likelihoods, self.screened, self.optimum, self.n_iterations
        )  # fmt: skip
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
    seen: Screened | None,
    *,
    is_collapsed: BoolArray,
    n_trials: int,
    n_sessions: int,
    n_seen: int,
) -> StatesReport:
    """Return the report of a fit; of the runs that were followed, the best is taken.

    Parameters
    ----------
    climbed :
        How runs ended that were followed on all trials.
    occupancy :
        (R, K) their shares of the trials.
    seen :
        The first look at all runs, if there was one.
    is_collapsed :
        (R,) whether a state fits its responses exactly: such a run is taken if there is no other.
    """
    statuses = list(climbed.status)
    for r, shares in enumerate(occupancy):
        if is_collapsed[r]:
            statuses[r] = COLLAPSED
        elif statuses[r] != LOST and shares.min() * n_trials < _FEW:
            statuses[r] = EMPTY
    rank = np.array([{COLLAPSED: 1, LOST: 2}.get(status, 0) for status in statuses])
    falling = -np.nan_to_num(climbed.objective, nan=-np.inf)
    best = int(np.lexsort((falling, rank))[0])
    history = climbed.history[:, best]
    every = _of_all(climbed, statuses, best, seen)
    every["n_screened"] = n_trials if seen is None else seen.n_trials
    return StatesReport(
        **every,
        history=history[np.isfinite(history)],
        n_trials=n_trials,
        n_sessions=n_sessions,
        n_seen=n_seen,
        occupancy=occupancy[best],
    )


def _of_all(
    climbed: Climbed, statuses: list[str], best: int, seen: Screened | None
) -> dict[str, Any]:
    """Return what there is to say of each run, those included that were not followed."""
    if seen is None:
        return {
            "run": best,
            "statuses": tuple(statuses),
            "objectives": climbed.objective,
            "log_likelihoods": climbed.log_likelihood,
            "screened": climbed.objective,
            "optimum": np.zeros(len(statuses), dtype=np.intp),
            "n_iterations": climbed.n_iterations,
        }
    followed, R = seen.followed, len(seen.optimum)
    words = [AGREES if k in seen.optimum[followed] else POORER for k in seen.optimum]
    words = [DROPPED if k < 0 else word for k, word in zip(seen.optimum, words, strict=True)]
    objectives, log_likelihoods = np.full((2, R), np.nan)
    objectives[followed] = climbed.objective
    log_likelihoods[followed] = climbed.log_likelihood
    n_iterations = seen.climbed.n_iterations.copy()
    n_iterations[followed] += climbed.n_iterations
    for r, status in zip(followed, statuses, strict=True):
        words[r] = status
    return {
        "run": int(followed[best]),
        "statuses": tuple(words),
        "objectives": objectives,
        "log_likelihoods": log_likelihoods,
        "screened": seen.climbed.objective,
        "optimum": seen.optimum,
        "n_iterations": n_iterations,
    }
