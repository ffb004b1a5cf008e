"""The model without features, which pseudo-R² and bits per spike measure a model against.

What is known otherwise, the offset, the null model knows too: its intercept is the best one *given*
the offset, and its prediction the mean only where there is none.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..numerics import quiet
from ..observation_models.likelihood import Likelihood
from ..typing import Array, FloatArray

_MOST_STEPS = 200  # of Newton's method for one number: far more than it takes
_LONGEST_STEP = 3.0  # of a linear predictor
_TOLERANCE = 1e-12  # of the squared decrement per row
_HALVINGS = 30  # of a step that leads out of the means there are


def null_intercept(
    likelihood: Likelihood, y: Array, offset: Array, weight: Array | None = None
) -> FloatArray:
    """Return the best intercepts (N,) of a model of y (T, N) that has only an offset.

    Parameters
    ----------
    likelihood :
        Observation model and link.
    y :
        (T, N) responses; rows of positive weight are finite.
    offset :
        (T, N), (T, 1) or (1, 1).
    weight :
        (T, N) or (T, 1) >= 0; one if None.

    Returns
    -------
    numpy.ndarray
        (N,). Where the response is always at the end of its range (no spike at all) next to there;
        NaN where no intercept gives means that the link has. Raises nothing.

    >>> import numpy as np
    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.links import Exp
    >>> y, log_bin = np.array([[1.0], [4.0]]), np.log([[1.0], [4.0]])
    >>> null_intercept(Likelihood(PoissonObservations(), Exp()), y, log_bin).round(6) + 0.0
    array([0.])
    """
    a = np.ones((len(y), 1)) if weight is None else np.asarray(weight, dtype=float)
    a = np.broadcast_to(a, y.shape)
    y, o = np.where(a > 0, y, 1.0), np.where(a > 0, offset, 0.0)
    with quiet():
        total = a.sum(axis=0)
        mean = (a * y).sum(axis=0) / total
        first = likelihood.start(mean)
        if not np.any(offset):
            return first
        is_open = likelihood.no_start(mean) == ""

        def at(b: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
            eta = b + o
            value, slope = likelihood.value_and_slope(eta, y)
            mean_of = [np.where(a > 0, a * v, 0.0).sum(axis=0) / total for v in (value, slope)]
            curvature = np.where(a > 0, a * likelihood.fisher(eta), 0.0).sum(axis=0) / total
            return mean_of[0], mean_of[1], curvature

        best = _minimum(at, _possible(at, first, (a * o).sum(axis=0) / total, _ends(a, o)))
        return np.where(is_open, best, first - (a * o).sum(axis=0) / total)


def null_mean(
    likelihood: Likelihood, y: Array, offset: Array, weight: Array | None = None
) -> FloatArray:
    """Return what the model without features predicts for y (T, N), fitted to it, (T, N).

    Weights (T, N) say how often each response counts.

    >>> import numpy as np
    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.links import Exp
    >>> y, log_bin = np.array([[1.0], [5.0]]), np.log([[1.0], [2.0]])
    >>> null_mean(Likelihood(PoissonObservations(), Exp()), y, log_bin)[:, 0].round(6)
    array([2., 4.])
    """
    eta = null_intercept(likelihood, y, offset, weight) + offset
    return likelihood.mean(np.broadcast_to(eta, y.shape))


def null_log_probabilities(y: Array, offset: Array, weight: Array | None = None) -> FloatArray:
    """Return log-probabilities (T, ..., K) of classes without features, fitted to y (T, ..., K).

    Parameters
    ----------
    y :
        One-hot.
    offset :
        What is added to the linear predictors of the classes, the shape of y.
    weight :
        (T, ...) how often each row counts; one if None.

    >>> y = np.array([[1, 0], [1, 0], [0, 1], [1, 0]])
    >>> np.exp(null_log_probabilities(y, np.zeros((4, 2))))[0].round(6)
    array([0.75, 0.25])
    """
    a = np.ones(y.shape[:-1]) if weight is None else weight
    a = (a / a.sum(axis=0))[..., None]
    frequency = (a * y).sum(axis=0)
    b = np.log(np.maximum(frequency, np.finfo(float).eps)) - (a * offset).sum(axis=0)
    K = y.shape[-1]
    for _ in range(_MOST_STEPS):
        log_p = normalised(b + offset)
        p = np.exp(log_p)
        mean = (a * p).sum(axis=0)
        gradient = mean - frequency
        H = np.eye(K) * mean[..., None] - np.einsum("t...k,t...l->...kl", a * p, p)
        inverse = np.linalg.pinv(H, rcond=_TOLERANCE, hermitian=True)
        step = -np.einsum("...kl,...l->...k", inverse, gradient)
        if (-(gradient * step).sum(axis=-1) <= _TOLERANCE).all():
            break
        longest = np.abs(step).max(axis=-1, keepdims=True)
        b = b + step * np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, _LONGEST_STEP))
    return normalised(b + offset)


def normalised(eta: FloatArray) -> FloatArray:
    """Return eta (..., K) with a number added so that its exponentials sum to one.

    >>> np.exp(normalised(np.array([1000.0, 1000.0])))
    array([0.5, 0.5])
    """
    shifted = eta - eta.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _ends(a: FloatArray, o: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and the largest offset (N,) of rows that count."""
    return np.where(a > 0, o, np.inf).min(axis=0), np.where(a > 0, o, -np.inf).max(axis=0)


def _possible(
    at: Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]],
    eta: FloatArray,
    typical: FloatArray,
    ends: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Return intercepts (N,) at which all means are possible, NaN where none is found.

    With a typical offset they give the linear predictor eta. Where a link has no mean for those of
    other rows (1 / x below zero), all rows come to lie on one side of eta.
    """
    b = np.full(eta.shape, np.nan)
    for offset in (typical, *ends):
        guess = eta - offset
        b = np.where(np.isnan(b) & np.isfinite(at(guess)[0]), guess, b)
    return b


def _minimum(
    at: Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]], b: FloatArray
) -> FloatArray:
    """Return where value, slope and curvature per row lead by Fisher's steps, halved at need."""
    value, slope, curvature = at(b)
    for _ in range(_MOST_STEPS):
        usable = (curvature > 0) & np.isfinite(slope)
        step = np.where(usable, -slope / np.where(usable, curvature, 1.0), 0.0)
        step = np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        if (np.abs(slope * step) <= _TOLERANCE * np.maximum(np.abs(value), 1.0)).all():
            break
        for _ in range(_HALVINGS):
            there = at(b + step)
            worse = ~(there[0] <= value + _TOLERANCE * np.abs(value))
            if not worse.any():
                break
            step = np.where(worse, 0.5 * step, step)
        b = b + np.where(worse, 0.0, step)
        value, slope, curvature = at(b) if worse.any() else there
    return b
