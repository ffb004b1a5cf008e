"""Randomised quantile residuals: standard normal under a right model, for counts too.

For a continuous response z = Phi^-1(F(y)). A count stands for a stretch of probability, from
F(y - 1) to F(y), of which a random point v is taken (Dunn & Smyth 1996):

    z = Phi^-1(F(y - 1) + v (F(y) - F(y - 1)))

Computed from the smaller of the two tails: F(30) at a mean of .4 is one to all digits, and z is 14.
"""

from __future__ import annotations

import numpy as np

from ...numerics import quiet
from ...observation_models.elementwise import ElementwiseObservations
from ...typing import Array, FloatArray


def quantile_residuals(
    model: ElementwiseObservations,
    y: Array,
    mean: Array,
    scale: Array | float,
    position: Array,
) -> FloatArray:
    """Return the residuals of responses; NaN where the model does not state its distribution.

    Parameters
    ----------
    model :
        What the response is, given its mean.
    y, mean :
        (T,) or (T, N).
    scale :
        Dispersion, or what the model has in its place: a number or (N,).
    position :
        v in [0, 1], shaped like y; not used for continuous responses.

    Returns
    -------
    numpy.ndarray
        Shaped like y. Beyond 37 standard deviations, where tails are less than the smallest number
        there is, the deviance residual.

    References
    ----------
    Dunn & Smyth (1996), J Comput Graph Stat 5:236-44.

    Examples
    --------
    >>> from spikeglm.observation_models import PoissonObservations
    >>> counts, mean = np.array([0, 1, 30]), np.full(3, 0.4)
    >>> quantile_residuals(PoissonObservations(), counts, mean, 1.0, np.full(3, 0.5)).round(3)
    array([-0.426,  0.857, 14.117])
    """
    from scipy.special import ndtri_exp

    with quiet():
        lower, upper = model.log_tails(y, mean, scale)
        if model.gives_probabilities:
            before = model.log_tails(np.asarray(y) - 1, mean, scale)
            log_v, log_rest = np.log(position), np.log1p(-np.asarray(position))
            lower = np.logaddexp(log_rest + before.lower, log_v + lower)
            upper = np.logaddexp(log_rest + before.upper, log_v + upper)
        is_low = lower < upper
        z = np.where(is_low, 1.0, -1.0) * ndtri_exp(np.where(is_low, lower, upper))
        beyond = np.isinf(z)
        if beyond.any():
            z = np.where(beyond, deviance_residuals(model, y, mean, scale), z)
        return np.asarray(np.where(np.isnan(lower), np.nan, z))


def deviance_residuals(
    model: ElementwiseObservations, y: Array, mean: Array, scale: Array | float
) -> FloatArray:
    """Return sign(y - mu) sqrt(d), d the deviance of each response at this scale.

    >>> from spikeglm.observation_models import PoissonObservations
    >>> deviance_residuals(PoissonObservations(), np.array([0, 2]), np.array([0.5, 2.0]), 1.0)
    array([-1.,  0.])
    """
    with quiet():
        root = np.sqrt(np.maximum(model.deviance(y, mean, scale), 0.0))
        return np.asarray(np.where(y < mean, -root, root))
