"""Intervals of a number that has bounds, from an estimate that has none.

Let x be normal about theta with standard deviation 1, and theta in [a, b]. The likelihood ratio of
theta against the best value within the bounds, c(x) = min(max(x, a), b), is

    lambda(x; theta) = (x - theta)² - (x - c(x))²

which grows to either side of x = theta, as a square while x is within the bounds, and as a line
beyond them: below a it is (theta - a) (theta + a - 2 x). The p value of theta is the probability of
a ratio that is at least as large as the one of the data, so that of theta = a it is 1 - Phi(x - a)
for x > a, which is the mixture of chi2_0 and chi2_1 of Self & Liang, and 1 else. The interval is
all theta whose p value is at least 1 - level. It is never empty, lies within the bounds, and covers
as often as it says wherever theta is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, stdtr

from ...numerics import quiet
from ...typing import ArrayLike, BoolArray, FloatArray

_HALVINGS = 60
_FURTHEST = 60.0  # standard errors from the estimate, where an interval may end


class Within(NamedTuple):
    """What an estimate says of numbers that have bounds; arrays are alike.

    >>> import numpy as np
    >>> Within(*np.zeros((6, 1))).p_value
    array([0.])
    """

    statistic: FloatArray  # signed root of the likelihood ratio of zero; NaN if zero is outside
    p_value: FloatArray  # of zero; NaN where zero is outside of the bounds
    conf_low: FloatArray
    conf_high: FloatArray
    beyond_low: FloatArray  # standard errors by which the estimate is below the lower bound, or 0
    beyond_high: FloatArray


def ordered_intervals(
    estimate: ArrayLike,
    std_error: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    level: float = 0.95,
    dof: ArrayLike = np.inf,
) -> Within:
    """Return intervals within bounds, and tests of zero, by the ordering of likelihood ratios.

    Parameters
    ----------
    estimate, std_error :
        Of a fit without bounds; NaN where there is none.
    low, high :
        The bounds, infinite for none; all arguments broadcast.
    level :
        Coverage.
    dof :
        Degrees of freedom, of Student's t; inf for the normal distribution.

    References
    ----------
    Feldman & Cousins (1998), Phys Rev D 57:3873-89, section IV.B; Self & Liang (1987), J Am Stat
    Assoc 82:605-10, case 5.

    Examples
    --------
    Far from bounds these are estimate ± 1.96 errors; at a bound they are one-sided:

    >>> found = ordered_intervals([3.0, 1.0, -1.0], 1.0, 0.0, np.inf)
    >>> found.conf_low.round(2), found.conf_high.round(2), found.p_value.round(3)
    (array([1.14, 0.  , 0.  ]), array([4.96, 2.96, 1.1 ]), array([0.001, 0.159, 1.   ]))
    """
    arrays = (np.asarray(value, dtype=float) for value in (estimate, std_error, low, high, dof))
    value, error, low, high, dof = np.broadcast_arrays(*arrays)
    with quiet():
        size = np.where(error > 0, error, np.nan)
        x = value / size
        a, b = (np.where(np.isnan(x), np.nan, bound / size) for bound in (low, high))
        nearest = np.clip(x, a, b)
        at_zero = np.where((low <= 0) & (high >= 0), 0.0, np.nan)
        ratio, p_value = _tested(x, at_zero, a, b, dof)
        ends = [_end(x, nearest, a, b, dof, 1.0 - level, side) for side in (-1.0, 1.0)]
        return Within(
            np.where(ratio > 0, np.sign(x) * np.sqrt(ratio), 0.0 * ratio),
            p_value,
            np.maximum(size * ends[0], np.where(np.isnan(x), np.nan, low)),
            np.minimum(size * ends[1], np.where(np.isnan(x), np.nan, high)),
            np.maximum(a - x, 0.0),
            np.maximum(x - b, 0.0),
        )


def _end(
    x: FloatArray,
    start: FloatArray,
    a: FloatArray,
    b: FloatArray,
    dof: FloatArray,
    alpha: float,
    side: float,
) -> FloatArray:
    """Return where the p value falls below alpha on one side of the best value, or the bound."""
    inside = start
    outside = np.clip(start + side * _FURTHEST, a, b)
    is_open: BoolArray = _tested(x, outside, a, b, dof)[1] >= alpha
    for _ in range(_HALVINGS):
        middle = 0.5 * (inside + outside)
        stays = _tested(x, middle, a, b, dof)[1] >= alpha
        inside, outside = np.where(stays, middle, inside), np.where(stays, outside, middle)
    return np.where(is_open, np.where(side > 0, b, a), inside)


def _tested(
    x: FloatArray, theta: FloatArray, a: FloatArray, b: FloatArray, dof: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the likelihood ratio of theta, and the probability of one at least as large."""
    ratio = np.maximum((x - theta) ** 2 - (x - np.clip(x, a, b)) ** 2, 0.0)
    root = np.sqrt(ratio)
    below, above = theta - a, b - theta  # where the ratio goes on as a line
    down = np.where(root <= below, root, (ratio / below + below) / 2.0)
    up = np.where(root <= above, root, (ratio / above + above) / 2.0)
    p_value = np.where(ratio == 0, 1.0, _tail(down, dof) + _tail(up, dof))
    return ratio, np.where(np.isnan(ratio), np.nan, np.minimum(p_value, 1.0))


def _tail(distance: FloatArray, dof: FloatArray) -> FloatArray:
    """Return the probability to be further to one side."""
    finite = np.isfinite(dof)
    return np.where(finite, stdtr(np.where(finite, dof, 1.0), -distance), ndtr(-distance))
