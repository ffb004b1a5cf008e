"""From ranks among draws to p values, and from many p values to one."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from ... import errors
from ...typing import ArrayLike, FloatArray, IntArray

_TIE = 1e-9  # of the statistic: what is nearer counts as equal, which is on the safe side
_WAYS = ("fisher", "average")


def at_least_as_large(observed: FloatArray, of_draws: FloatArray) -> IntArray:
    """Return (N,) how many of D draws (D, N) have a statistic at least as large as observed (N,).

    A draw without a statistic counts as one that has: what is not known is no evidence.

    >>> at_least_as_large(np.array([1.0]), np.array([[0.0], [2.0], [np.nan]]))
    array([2])
    """
    with np.errstate(invalid="ignore"):
        is_less = of_draws < observed - _TIE * np.abs(observed)
    return np.count_nonzero(~is_less, axis=0)


def combine_p_values(
    p_values: ArrayLike, *, method: str = "fisher", axis: int = 0
) -> float | FloatArray:
    """Return one p value for several sessions, in each of which the same was tested.

    Parameters
    ----------
    p_values :
        One or more axes, of which ``axis`` are the sessions; NaN (no test) is left out.
    method :
        ``"fisher"``: -2 Σ log p, a χ² of 2 m degrees of freedom, for *independent* sessions; with
        p values that are too large where they are not exact (few draws) it is on the safe side.
        ``"average"``: twice the mean, at most 1, valid whatever the dependence between them
        (neurons of one session), with less power.

    Returns
    -------
    float or numpy.ndarray
        Without that axis; NaN where no session had a test.

    Raises
    ------
    ValueError
        For an unknown method, or numbers that are no p values.

    References
    ----------
    Fisher (1932), Statistical Methods for Research Workers, section 21.1; Rüschendorf (1982), Adv
    Appl Prob 14:623-632 (twice the average).

    Examples
    --------
    Four sessions that are not much by themselves:

    >>> round(combine_p_values([0.1, 0.06, 0.2, 0.08]), 4)
    0.0178
    >>> combine_p_values([[0.1, 0.5], [0.2, 0.7]], method="average").round(2)
    array([0.3, 1. ])
    """
    if method not in _WAYS:
        raise errors.unknown_name("way to combine p values", method, _WAYS)
    p = np.asarray(p_values, dtype=float)
    if ((p <= 0) | (p > 1)).any():
        raise errors.value_error(
            "These are no p values of a test against draws.",
            given=f"numbers from {np.nanmin(p):g} to {np.nanmax(p):g}",
            expected="numbers above 0, up to 1, or NaN",
        )
    known = ~np.isnan(p)
    m = known.sum(axis=axis)
    filled = np.where(known, p, 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        if method == "fisher":
            combined = chdtrc(2 * np.maximum(m, 1), -2.0 * np.log(filled).sum(axis=axis))
        else:
            combined = np.minimum(2.0 * np.where(known, p, 0.0).sum(axis=axis) / m, 1.0)
    combined = np.where(m > 0, combined, np.nan)
    return float(combined) if combined.ndim == 0 else combined
