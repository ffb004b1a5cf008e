"""Coupling filters for simulated networks: their shape, and their weights in a basis."""

from __future__ import annotations

import numpy as np

from . import errors
from .typing import ArrayLike, FloatArray


def difference_of_gammas(
    ws: int,
    upper_percentile: float = 0.99,
    inhib_a: float = 1.0,
    excit_a: float = 2.0,
    inhib_b: float = 1.0,
    excit_b: float = 2.0,
) -> FloatArray:
    """Make a coupling filter: an excitatory gamma density minus an inhibitory one, of norm 1.

    Parameters
    ----------
    ws :
        Length in bins.
    upper_percentile :
        The filter ends where both densities have this share behind them, in [0, 1).
    inhib_a, excit_a :
        Shapes, at least 1 (a smaller one is infinite at lag 0).
    inhib_b, excit_b :
        Rates, positive.

    Returns
    -------
    numpy.ndarray
        (ws,).

    Raises
    ------
    ValueError
        A shape, a rate or the percentile is out of range, or both densities are the same.

    Examples
    --------
    >>> difference_of_gammas(6).round(6)
    array([-0.982516,  0.182541,  0.026128, -0.018761, -0.015544, -0.008015])
    """
    from scipy.special import gammaincinv

    for name, value, low in (
        ("inhib_a", inhib_a, 1.0),
        ("excit_a", excit_a, 1.0),
        ("inhib_b", inhib_b, np.finfo(float).tiny),
        ("excit_b", excit_b, np.finfo(float).tiny),
    ):
        if not value >= low:
            expected = "at least 1" if low == 1.0 else "a positive number"
            raise errors.value_error(f"{name} is out of range.", given=value, expected=expected)
    if not 0.0 <= upper_percentile < 1.0:
        raise errors.value_error(
            "upper_percentile is out of range.", given=upper_percentile, expected="0 <= value < 1"
        )
    ends = (
        gammaincinv(a, upper_percentile) / b for a, b in ((inhib_a, inhib_b), (excit_a, excit_b))
    )
    t = np.linspace(0.0, max(ends), ws)
    difference = _gamma_density(t, excit_a, excit_b) - _gamma_density(t, inhib_a, inhib_b)
    if ws and not difference.any():
        raise errors.value_error(
            "The two densities are the same, so that their difference is no filter.",
            given=f"shapes of {excit_a} and rates of {excit_b} for both",
            expected="different shapes or rates",
        )
    return difference / np.linalg.norm(difference) if ws else difference


def regress_filter(coupling_filters: ArrayLike, eval_basis: ArrayLike) -> FloatArray:
    """Express filters in a basis, by least squares.

    Parameters
    ----------
    coupling_filters :
        (W, N, M): lags, receiving neurons, sending neurons.
    eval_basis :
        (W, B): the basis at the same lags.

    Returns
    -------
    numpy.ndarray
        Weights (N, M, B).

    Raises
    ------
    ValueError
        The dimensions or the numbers of lags do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> basis = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> regress_filter(np.array([2.0, 5.0, 5.0]).reshape(3, 1, 1), basis).round(6)
    array([[[2., 5.]]])
    """
    filters, basis = np.asarray(coupling_filters, float), np.asarray(eval_basis, float)
    if filters.ndim != 3 or basis.ndim != 2 or len(filters) != len(basis):
        raise errors.value_error(
            "Filters and basis do not fit.",
            given=f"coupling_filters of shape {filters.shape}, eval_basis of shape {basis.shape}",
            expected="(W, N, M) and (W, B) with the same number W of lags",
        )
    lags, receivers, senders = filters.shape
    weights = np.linalg.lstsq(basis, filters.reshape(lags, -1), rcond=None)[0]
    return np.moveaxis(weights.reshape(-1, receivers, senders), 0, -1)


def _gamma_density(t: FloatArray, shape: float, rate: float) -> FloatArray:
    from scipy.special import gammaln, xlogy

    return np.exp(shape * np.log(rate) + xlogy(shape - 1.0, t) - rate * t - gammaln(shape))
