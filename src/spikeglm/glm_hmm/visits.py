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

    A visit is a run of trials in one state. One that a session's start or end cuts off is shorter
    than it would have been, and is marked; dwell times leave it out.

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

        Columns: ``occupancy``; ``n_visits`` and ``n_whole``, those that no session cuts off;
        ``mean_dwell`` and ``median_dwell`` (trials) of these; ``mean_dwell_chain``, what the
        transition probability says. Where the first is far from the last, states do not end at a
        constant rate.

        >>> import numpy as np
        >>> visits = StateVisits(np.array([0, 1, 0]), np.array([5, 9, 2]),
        ...     np.array([True, False, True]), np.zeros(3, int), np.ones(2) / 2, np.ones(2) / 2, 16)
        >>> visits.to_frame()["n_whole"].tolist()
        [0, 1]
        """
        import pandas as pd

        K = len(self.occupancy)
        whole = [self.dwell_times(k) for k in range(K)]
        with np.errstate(divide="ignore"):
            by_chain = 1.0 / (1.0 - self.stay_prob)
        return pd.DataFrame(
            {
                "occupancy": self.occupancy,
                "n_visits": [int((self.state == k).sum()) for k in range(K)],
                "n_whole": [len(lengths) for lengths in whole],
                "mean_dwell": [np.mean(d) if len(d) else np.nan for d in whole],
                "median_dwell": [np.median(d) if len(d) else np.nan for d in whole],
                "mean_dwell_chain": by_chain,
            },
            index=pd.RangeIndex(K, name="state"),
        )


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
