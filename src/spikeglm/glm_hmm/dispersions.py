"""The most likely dispersion, given how far responses are from their means."""

from __future__ import annotations

import numpy as np

from ..numerics import quiet
from ..observation_models.elementwise import ElementwiseObservations
from ..typing import FloatArray

_MOST_STEPS = 60
_LONGEST = 2.0  # step, in log scale
_DONE = 1e-12


def best_dispersion(
    model: ElementwiseObservations, deviance: FloatArray, scale: FloatArray
) -> FloatArray:
    """Return the dispersion (C,) that maximises peak(s) - D / 2s, found from ``scale`` (C,).

    log p(y | mu, s) is the log-density at the mean, ``model.log_peak(s)``, less half the deviance
    over s, so the mean deviance D of a column says all about its dispersion.

    Parameters
    ----------
    model :
        A model with a dispersion.
    deviance :
        (C,) mean deviance at a dispersion of one.
    scale :
        (C,) > 0 where the search begins.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 8.3.6, for the Gamma model.

    Examples
    --------
    That of the Gaussian model is the variance:

    >>> from spikeglm.observation_models import GaussianObservations
    >>> best_dispersion(GaussianObservations(), np.array([0.25]), np.ones(1)).round(6)
    array([0.25])
    """
    tiny = np.finfo(float).tiny
    at = np.log(np.maximum(scale, tiny))
    with quiet():
        for _ in range(_MOST_STEPS):
            peak = model.log_peak(np.exp(at))
            assert peak is not None  # asked where a model is read
            half = 0.5 * deviance * np.exp(-at)
            slope, bend = peak[1] + half, peak[2] - half
            step = np.where(bend < 0, -slope / bend, _LONGEST * np.sign(slope))
            step = np.clip(np.nan_to_num(step), -_LONGEST, _LONGEST)
            at = np.maximum(at + step, np.log(tiny))
            if (np.abs(step) < _DONE).all():
                break
    return np.asarray(np.exp(at))
