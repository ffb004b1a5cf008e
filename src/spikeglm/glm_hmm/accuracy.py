"""How often choices are right, and how often the model sees them coming, in each state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..io.interop.timeseries import to_array
from ..typing import Array, ArrayLike, BoolArray, FloatArray
from .asking import asked, before_seen, filtered_by, means
from .parameters import Parameters
from .reading import Data

if TYPE_CHECKING:
    import pandas as pd

    from .questions import StateQuestions


@dataclass(frozen=True, eq=False)
class StateAccuracy:
    """Shares of trials, in each state and in all of them (the last entry).

    Attributes
    ----------
    predicted :
        (K + 1,) share of choices that the model expected, from the features of the trial and the
        trials before it in its session.
    correct :
        (K + 1,) share of trials in which the animal was right; NaN where nobody said.
    n_trials, n_judged :
        (K + 1,) trials that count, and those of them of which it is known what was right. A trial
        counts for each state by its probability, or whole for one of them.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 1))
    >>> y = (X[:, 0] > 0).astype(float)
    >>> model = nmo.GLMHMM(1).fit(X, y)
    >>> nmo.glm_hmm.state_accuracy(model, X, y, correct=y == (X[:, 0] > 0)).correct
    array([1., 1.])
    """

    predicted: FloatArray
    correct: FloatArray
    n_trials: FloatArray
    n_judged: FloatArray

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per state, and one for all.

        Columns: ``predicted``, ``correct``, and their standard errors (binomial), ``n_trials``.

        >>> half, n = np.full(3, 0.5), np.full(3, 100.0)
        >>> StateAccuracy(half, half, n, n).to_frame().index.tolist()
        [0, 1, 'all']
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "predicted": self.predicted,
                "predicted_error": _error(self.predicted, self.n_trials),
                "correct": self.correct,
                "correct_error": _error(self.correct, self.n_judged),
                "n_trials": self.n_trials,
            },
            index=pd.Index([*range(len(self.predicted) - 1), "all"], name="state"),
        )


def state_accuracy(
    model: StateQuestions,
    X: ArrayLike,
    y: ArrayLike,
    session_starts: Any = None,
    *,
    transition_inputs: ArrayLike | None = None,
    correct: ArrayLike | None = None,
    at_least: float | None = None,
) -> StateAccuracy:
    """Return how often choices are right, and how often they are as the model expects, by state.

    Parameters
    ----------
    model, X, y, session_starts, transition_inputs :
        A fitted model of choices, and data as for :meth:`GLMHMM.fit`; also data that it has not
        seen.
    correct :
        (T,) 1 or True where the animal was right, 0 where not, NaN where there is no right (a
        stimulus of no contrast). None: only what the model expects is judged.
    at_least :
        Only trials count in which a state has this posterior probability, such as 0.9, each for
        that state. None: all do, for each state by its probability.

    Raises
    ------
    NotFittedError
        If the model has no estimates.
    ValueError, TypeError
        If responses are no choices, or for data that cannot be used.

    Notes
    -----
    Which state a trial is in is judged with its own choice, so a state may be right more often than
    it is (a lapse speaks for another state). What the model expects is not: it has seen only what
    came before.

    References
    ----------
    Ashwood et al. (2022), Nat Neurosci 25:201-12, figure 3, for accuracies by state.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X, listens = rng.normal(size=(600, 1)), np.arange(600) // 100 % 2 == 0
    >>> y = np.where(listens, X[:, 0] > 0, rng.random(600) < 0.5).astype(float)
    >>> model = nmo.glm_hmm.order_states(nmo.GLMHMM(2).fit(X, y), "x0")
    >>> found = nmo.glm_hmm.state_accuracy(model, X, y, correct=y == (X[:, 0] > 0))
    >>> bool(found.correct[0] > found.correct[1])
    True
    """
    data, parameters = asked(model, X, y, session_starts, transition_inputs)
    emissions = data.problem.emissions
    if emissions.likelihood.model.name not in ("Bernoulli", "Categorical"):
        raise errors.value_error(
            "Only choices can be right.",
            given=f"responses of a {emissions.likelihood.model.name} model",
            expected="a model of choices: 'Bernoulli', or a ClassifierGLMHMM",
        )
    n_rows, trials = data.sessions.n_rows, data.sessions.trials
    judged = np.full(n_rows, np.nan) if correct is None else _read_correct(correct, n_rows)
    there = emissions.keep[trials]
    weights = _weights(data, parameters, at_least) * there[:, None]
    expected = _expected(model, data, parameters)
    predicted, n_trials = _shares(weights, expected)
    right, n_judged = _shares(weights, judged[trials])
    return StateAccuracy(predicted, right, n_trials, n_judged)


def _read_correct(correct: ArrayLike, n_rows: int) -> FloatArray:
    values = to_array(correct, name="correct").astype(np.float64)
    known = values[np.isfinite(values)]
    if values.shape != (n_rows,) or not ((known == 0) | (known == 1)).all():
        raise errors.value_error(
            "correct cannot be used.",
            given=f"shape {values.shape}, values such as {known[:3].tolist()}",
            expected=f"({n_rows},): 1 where the animal was right, 0 where not, NaN where neither",
        )
    return np.where(np.isfinite(values), values, np.nan)


def _weights(data: Data, parameters: Parameters, at_least: float | None) -> FloatArray:
    """Return how much trials count for states, and for all, (T, K + 1)."""
    states = data.problem.smoothed(parameters).probability[:, 0]
    if at_least is None:
        return np.column_stack([states, np.ones(len(states))])
    if not 0.0 < at_least <= 1.0:
        raise errors.value_error(
            "at_least must be a probability.", given=repr(at_least), expected="such as 0.9"
        )
    surest = states == states.max(axis=1, keepdims=True)
    counts = (surest & (states >= at_least)).astype(np.float64)
    return np.column_stack([counts, counts.any(axis=1)])


def _expected(model: StateQuestions, data: Data, parameters: Parameters) -> FloatArray:
    """Return (T,) 1 where a choice was the more likely one, 1/2 where all were alike."""
    states = before_seen(data, parameters, filtered_by(data, parameters))[:, 0]
    of_states = data.sessions.among(means(model, data, parameters))
    mean = np.einsum("tk,tkn->tn", states, of_states)
    y = data.sessions.among(data.problem.emissions.y)
    of_choices = np.hstack([1.0 - mean, mean]) if mean.shape[1] == 1 else mean
    chosen = np.hstack([1.0 - y, y]) if mean.shape[1] == 1 else y
    likeliest: BoolArray = of_choices == of_choices.max(axis=1, keepdims=True)
    return np.asarray((likeliest * chosen).sum(axis=1) / np.maximum(likeliest.sum(axis=1), 1))


def _shares(weights: FloatArray, what: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the weighted mean of what is known, and how much of it there is, (K + 1,)."""
    known = np.isfinite(what)
    total = weights[known].sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return weights[known].T @ what[known] / total, total


def _error(share: Array, n: Array) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(share * (1.0 - share) / n))
