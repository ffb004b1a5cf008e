"""How long states last and how often they are: visits, against what the chain alone would make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import showing
from ..typing import ArrayLike, BoolArray, FloatArray, IntArray
from .asking import asked
from .blocks import Chain
from .log_messages import most_likely_path

if TYPE_CHECKING:
    import pandas as pd

    from .questions import StateQuestions


@dataclass(frozen=True, eq=False)
class StateVisits:
    """Visits of states along the most likely path.

    A visit is a run of trials in one state; the first trial of a session begins one. A visit that
    the end of a session cuts off would have been longer: leaving it out would make long dwell times
    look short, so that it counts for as long as it was seen.

    Attributes
    ----------
    state, length, is_cut, session :
        (V,) of each visit its state, its trials, whether a session's edge cuts it off, and the
        number of its session.
    occupancy :
        (K,) share of trials, by posterior probability.
    stay_prob :
        (K,) p(a state is followed by itself): a chain has dwell times of mean 1 / (1 - p). Where
        moves follow inputs, the mean over the moves from the state.
    n_trials :
        T.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(400, 1))
    >>> y = np.random.default_rng(1).poisson(np.exp(2.0 * (np.arange(400) // 100 % 2)))
    >>> model = nmo.GLMHMM(2, "Poisson").fit(X, y)
    >>> visits = nmo.glm_hmm.state_visits(model, X, y)
    >>> visits.length[~visits.is_cut].tolist()
    [100, 100]
    """

    state: IntArray
    length: IntArray
    is_cut: BoolArray
    session: IntArray
    occupancy: FloatArray
    stay_prob: FloatArray
    n_trials: int

    __repr__ = showing.of_fields

    @property
    def is_ended(self) -> BoolArray:
        """(V,) whether another state follows: not those that the end of a session cuts off."""
        return np.append(
            self.session[1:] == self.session[:-1], np.zeros(min(len(self.session), 1), bool)
        )

    def survival(self, state: int) -> tuple[IntArray, FloatArray]:
        """Return lengths, 0 first, and the share of visits that last longer (Kaplan & Meier 1958).

        The last length is that of the longest visit, of which the end may not have been seen.

        >>> import numpy as np
        >>> visits = StateVisits(np.array([0, 1, 0]), np.array([5, 9, 2]),
        ...     np.array([True, False, True]), np.zeros(3, int), np.ones(2) / 2, np.ones(2) / 2, 16)
        >>> lengths, longer = visits.survival(0)
        >>> lengths, longer
        (array([0, 5]), array([1., 0.]))
        """
        is_mine = self.state == state
        lengths, ended = self.length[is_mine], self.is_ended[is_mine]
        at = np.unique(lengths[ended])
        left = np.array([np.count_nonzero(lengths >= n) for n in at])
        ends = np.array([np.count_nonzero(ended & (lengths == n)) for n in at])
        longer = np.cumprod(1.0 - ends / left) if len(at) else np.zeros(0)
        longer = np.append(1.0, longer)
        at = np.append(0, at)
        if len(lengths) and lengths.max() > at[-1]:
            at, longer = np.append(at, lengths.max()), np.append(longer, longer[-1])
        return at, longer

    def dwell_times(self, state: int) -> IntArray:
        """Return the lengths, in trials, of the whole visits of a state.

        >>> import numpy as np
        >>> visits = StateVisits(np.array([0, 1, 0]), np.array([5, 9, 2]),
        ...     np.array([True, False, True]), np.zeros(3, int), np.ones(2) / 2, np.ones(2) / 2, 16)
        >>> visits.dwell_times(1)
        array([9])
        """
        return np.asarray(self.length[(self.state == state) & ~self.is_cut])

    @property
    def switch_rate(self) -> float:
        """Switches between states per trial that follows another."""
        n_sessions = len(np.unique(self.session))
        return (len(self.state) - n_sessions) / max(self.n_trials - n_sessions, 1)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per state.

        Columns: ``occupancy``; ``n_visits`` and ``n_ended``, those that no end of a session cuts
        off; ``mean_dwell`` (trials), at a constant rate of ending: trials after which the next was
        seen, per visit that ended; ``median_dwell`` of :meth:`survival`, NaN where more than half
        lasted to the end of what was seen; ``mean_dwell_chain``, what the transition probability
        says.

        >>> import numpy as np
        >>> visits = StateVisits(np.array([0, 1, 0]), np.array([5, 9, 2]),
        ...     np.array([True, False, True]), np.zeros(3, int), np.ones(2) / 2, np.ones(2) / 2, 16)
        >>> visits.to_frame()[["n_ended", "mean_dwell"]].values.tolist()
        [[1.0, 6.0], [1.0, 9.0]]
        """
        import pandas as pd

        K = len(self.occupancy)
        of_state = [self.state == k for k in range(K)]
        n_ended = np.array([np.count_nonzero(self.is_ended[mine]) for mine in of_state])
        followed = self.length - ~self.is_ended
        n_followed = np.array([followed[mine].sum() for mine in of_state])
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(n_ended > 0, n_followed / n_ended, np.nan)
            by_chain = 1.0 / (1.0 - self.stay_prob)
        return pd.DataFrame(
            {
                "occupancy": self.occupancy,
                "n_visits": [np.count_nonzero(mine) for mine in of_state],
                "n_ended": n_ended,
                "mean_dwell": mean,
                "median_dwell": [_median(*self.survival(k)) for k in range(K)],
                "mean_dwell_chain": by_chain,
            },
            index=pd.RangeIndex(K, name="state"),
        )


def _median(lengths: IntArray, longer: FloatArray) -> float:
    """Return the first length that no more than half of the visits outlast."""
    return float(lengths[np.argmax(longer <= 0.5)]) if (longer <= 0.5).any() else np.nan


def state_visits(
    model: StateQuestions,
    X: ArrayLike,
    y: ArrayLike,
    session_starts: Any = None,
    *,
    transition_inputs: ArrayLike | None = None,
) -> StateVisits:
    """Return the visits of states along the most likely path of each session.

    Parameters
    ----------
    model, X, y, session_starts, transition_inputs :
        A fitted model, and data as for :meth:`GLMHMM.fit`.

    Raises
    ------
    NotFittedError
        If the model has no estimates.
    ValueError, TypeError
        For data that cannot be used.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(400, 1))
    >>> y = np.random.default_rng(1).poisson(np.exp(2.0 * (np.arange(400) // 100 % 2)))
    >>> model = nmo.GLMHMM(2, "Poisson").fit(X, y)
    >>> nmo.glm_hmm.state_visits(model, X, y).occupancy.round(2)
    array([0.5, 0.5])
    """
    data, parameters = asked(model, X, y, session_starts, transition_inputs)
    emissions, starts = data.problem.emissions, data.sessions.starts
    chain = data.problem.chain(parameters)
    path = most_likely_path(emissions.log_likelihoods(parameters), chain)[:, 0]
    begins = starts | np.append(True, path[1:] != path[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(path)) - 1
    ends_session = np.append(starts[1:], True)
    probability = data.problem.smoothed(parameters).probability[:, 0]
    return StateVisits(
        path[first],
        last - first + 1,
        starts[first] | ends_session[last],
        (np.cumsum(starts) - 1)[first],
        probability.mean(axis=0),
        _stay_prob(chain, probability),
        len(path),
    )


def _stay_prob(chain: Chain, probability: FloatArray) -> FloatArray:
    """Return (K,) how likely a state is followed by itself, the mean over moves from it."""
    if not chain.is_driven:
        return np.diag(chain.transition[0]).copy()
    stays = np.diagonal(chain.transition[1:, 0], axis1=-2, axis2=-1)
    weights = probability[:-1] * ~chain.starts[1:, None]
    return np.asarray((weights * stays).sum(axis=0) / weights.sum(axis=0))
