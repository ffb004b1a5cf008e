"""How far bands reach, and the errors of what is determined though single parameters are not.

Splines add up to one, so beside an intercept only their differences are determined, and each single
coefficient has no standard error. The curve has: it is a combination of parameters that the data
determine, and its variance is that combination of their covariance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import numerics
from ..typing import ArrayLike, FloatArray
from .information.optimum import Uncertainty

_SHARE = 1e-6  # of a combination in an undetermined direction, from which it is undetermined itself


def quantile(level: float, dof: ArrayLike | None = None) -> Any:
    """Return how many standard errors a two-sided interval of some coverage reaches.

    Parameters
    ----------
    level :
        0.95 for 95 %.
    dof :
        Degrees of freedom of an estimated dispersion, (N,) or a number; None or inf where it is
        known.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 4.4.4, for Student's t.

    >>> round(float(quantile(0.95)), 3), round(float(quantile(0.95, 10)), 3)
    (1.96, 2.228)
    """
    upper = 0.5 + level / 2
    special = numerics.special(np)
    if dof is None:
        return special.ndtri(upper)
    is_known = np.isinf(dof)
    of_t = special.stdtrit(np.where(is_known, 1.0, dof), upper)
    return np.where(is_known, special.ndtri(upper), of_t)[()]


def error_of(combinations: FloatArray, sure: Uncertainty) -> FloatArray:
    """Return the standard errors (W,) of combinations (W, n) of parameters.

    NaN where a combination has a part in a direction of which the data say nothing; where these
    directions are not given, where a parameter takes part that is not determined.

    >>> void = np.array([[1.0], [1.0]])  # the sum is unknown, the difference is known
    >>> sure = Uncertainty(np.array([[0.25, -0.25], [-0.25, 0.25]]), np.ones(2, bool), void)
    >>> error_of(np.array([[1.0, -1.0], [1.0, 0.0]]), sure)
    array([ 1., nan])
    """
    if sure.reason:
        return np.full(len(combinations), np.nan)
    variance = np.einsum("wj,wj->w", combinations @ sure.covariance, combinations)
    error = np.sqrt(np.maximum(variance, 0.0))
    if sure.void is None:
        return np.where((combinations != 0) @ sure.undetermined, np.nan, error)
    if not sure.void.size:
        return error
    # All directions at once: which of them span what is undetermined is a matter of rounding.
    part = np.linalg.norm(combinations @ sure.void, axis=1)
    whole = np.abs(combinations) @ np.linalg.norm(sure.void, axis=1)
    return np.where(part > _SHARE * np.maximum(whole, np.finfo(float).tiny), np.nan, error)
