"""How the log-likelihood of a negative binomial count depends on its overdispersion.

With mean mu, scale s (variance mu + s mu²) and u = s mu,

    log p(y) = sum_{k<y} log(1 + k s) - (y + 1/s) log(1 + u) + y log mu - log y!

so that s = 0 is the Poisson model and no limit is ever taken by differences: what is small is
computed as such. With p = u / (1 + u) and v = u / (2 + u), log(1 + u) = 2 (v + r(v)) where
r(v) = artanh v - v = v³/3 + v⁵/5 + ..., and the derivatives by s are sums of terms of one sign. The
sum over k is one of digamma functions; where 1/s is large those would cancel, and it is what
Stirling's series leave of their difference.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import numerics
from ..typing import Array, Namespace

_SERIES = 0.1  # v below which r(v) is a series
_N_TERMS = 7  # of it: v² is at most 0.01
_LARGE = 15.0  # 1/s from which Stirling's series have all digits
_FEW = 24  # spikes up to which sums over k are added up
_SMALLEST = 1e-150  # a scale whose square is not zero; below, it is zero


class ScaleTerms(NamedTuple):
    """Per sample: log p(y) + log y!, and its first and second derivative by the scale."""

    value: Array
    slope: Array
    curvature: Array


def scale_terms(y: Array, mean: Array, scale: Array, xp: Namespace = np) -> ScaleTerms:
    """Return what the likelihood of the scale is made of; shapes broadcast.

    Parameters
    ----------
    y, mean :
        Counts and their means, positive.
    scale :
        The overdispersion, >= 0.
    xp :
        ``numpy`` or ``jax.numpy``.

    References
    ----------
    Lawless (1987), Can J Stat 15:209-25, equations 2.3 and 2.5. Davis (1972) in Abramowitz &
    Stegun, Handbook of Mathematical Functions, 6.1.41, 6.3.18 and 6.4.12.

    Examples
    --------
    At scale zero the slope is half of what squared residuals are above counts:

    >>> import numpy as np
    >>> scale_terms(np.array([0.0, 5.0]), np.array([2.0, 2.0]), np.zeros(2)).slope
    array([2., 2.])
    """
    rising = _rising(y, scale, xp)
    falling = _falling(y, mean, scale, xp)
    return ScaleTerms(*(one + other for one, other in zip(rising, falling, strict=True)))


def rising_factorial(y: Array, scale: Array, xp: Namespace = np) -> Array:
    """Return sum_{k<y} log(1 + k scale), elementwise.

    >>> import numpy as np
    >>> rising_factorial(np.array([0.0, 2.0, 3.0]), np.full(3, 0.5)).round(6)
    array([0.      , 0.405465, 1.098612])
    """
    return _rising(y, scale, xp).value


def _falling(y: Array, mean: Array, scale: Array, xp: Namespace) -> ScaleTerms:
    """Return the terms of -(y + 1/s) log(1 + s mu) + y log mu."""
    is_zero = scale < _SMALLEST
    s = xp.where(is_zero, 1.0, scale)
    u = s * mean
    log, v = xp.log1p(u), u / (2.0 + u)
    rest = 2.0 * _artanh_less_v(v, log, xp)
    shrunk, ratio = mean / (1.0 + u), v / (1.0 + v)
    second = 2.0 * (v * ratio) + rest  # log(1 + u) - p
    third = 4.0 * (v * ratio * ratio) + 2.0 * rest  # 2 (log(1 + u) - p) - p²
    terms = (log * (y + 1.0 / s), second * (1.0 / s**2), third * (1.0 / s**3))
    if xp is not np or is_zero.any():
        shrunk = xp.where(is_zero, mean, shrunk)
        limits = (mean, 0.5 * mean**2, 2.0 / 3.0 * mean**3)
        pairs = zip(limits, terms, strict=True)
        terms = tuple(xp.where(is_zero, limit, term) for limit, term in pairs)
    fall, slope, bend = terms
    pull = y * shrunk
    value = numerics.special(xp).xlogy(y, mean) - fall
    return ScaleTerms(value, slope - pull, pull * shrunk - bend)


def _rising(y: Array, scale: Array, xp: Namespace) -> ScaleTerms:
    """Return the terms of sum_{k<y} log(1 + k s): nothing where y is 0 or 1, as in most bins."""
    if xp is not np:
        some = xp.where(y > 1, y, 2.0) + 0.0 * scale
        terms = _rising_where_any(some, scale + 0.0 * some, xp)
        return ScaleTerms(*(xp.where(y > 1, term, 0.0) for term in terms))
    y, scale = np.broadcast_arrays(np.asarray(y, dtype=float), scale)
    out, some = np.zeros((3, *y.shape)), np.nonzero((y > 1) & (y <= _FEW))
    for k in range(1, _FEW):
        if not len(some[0]):
            break
        _add_factor(out, some, k, scale[some])
        some = tuple(place[y[some] > k + 1] for place in some)
    many = y > _FEW
    if many.any():
        out[:, many] = _rising_where_any(y[many], scale[many], np)
    return ScaleTerms(*out)


def _add_factor(out: Array, where: Any, k: int, s: Array) -> None:
    """Add the terms of log(1 + k s) in some places, to sums that are changed."""
    share = k / (1.0 + k * s)
    out[0][where] += np.log1p(k * s)
    out[1][where] += share
    out[2][where] -= share**2


def _rising_where_any(y: Array, scale: Array, xp: Namespace) -> ScaleTerms:
    is_zero, is_small = scale < _SMALLEST, scale * _LARGE <= 1.0
    s = xp.where(is_zero, 1.0 / _LARGE, scale)
    by_series = _by_series(y, xp.where(is_small, s, 1.0 / _LARGE), xp)
    directly = _by_gamma(y, xp.where(is_small, 1.0, s), xp)
    at_zero = 0.0, 0.5 * y * (y - 1.0), -y * (y - 1.0) * (2.0 * y - 1.0) / 6.0
    return ScaleTerms(
        *(
            xp.where(is_zero, limit, xp.where(is_small, one, other))
            for limit, one, other in zip(at_zero, by_series, directly, strict=True)
        )
    )


def _by_gamma(y: Array, s: Array, xp: Namespace) -> ScaleTerms:
    """Return the terms from gamma functions: log Γ(y + r) - log Γ(r) + y log s, r = 1/s."""
    special, r = numerics.special(xp), 1.0 / s
    value = special.gammaln(y + r) - special.gammaln(r) + y * xp.log(s)
    first = special.digamma(y + r) - special.digamma(r)
    second = special.zeta(2.0, y + r) - special.zeta(2.0, r)
    slope = r * (y - r * first)
    return ScaleTerms(value, slope, -(r**2) * (y - 2.0 * r * first - r**2 * second))


def _by_series(y: Array, s: Array, xp: Namespace) -> ScaleTerms:
    """Return the terms from Stirling's series in s and in w = s / (1 + x), x = s y."""
    x = s * y
    log, w = xp.log1p(x), s / (1.0 + x)
    rest = _artanh_less_v(x / (2.0 + x), log, xp)
    second = x**2 / (2.0 + x) - 2.0 * rest  # x - log(1 + x)
    third = 4.0 * rest - x**3 / ((2.0 + x) * (1.0 + x))  # x²/(1 + x) - 2 (x - log(1 + x))
    (S, S1, S2), (R, R1, R2) = _stirling(w), _stirling(s)
    shrunk = 1.0 / (1.0 + x)
    return ScaleTerms(
        y * log - second / s - 0.5 * log + S - R,
        second / s**2 - 0.5 * y * shrunk + S1 * shrunk**2 - R1,
        third / s**3 + 0.5 * (y * shrunk) ** 2 + S2 * shrunk**4 - 2.0 * y * S1 * shrunk**3 - R2,
    )


def _stirling(w: Array) -> tuple[Array, Array, Array]:
    """Return what log Γ(1/w) is above Stirling's formula, with two derivatives by w."""
    w2 = w * w
    value = w * _falling_powers(w2, 1 / 12, 1 / 360, 1 / 1260, 1 / 1680, 1 / 1188, 691 / 360360)
    slope = _falling_powers(w2, 1 / 12, 1 / 120, 1 / 252, 1 / 240, 1 / 132, 691 / 32760)
    bend = -w * _falling_powers(w2, 1 / 60, 1 / 63, 1 / 40, 2 / 33, 691 / 3276)
    return value, slope, bend


def _falling_powers(x: Array, *coefficients: float) -> Array:
    """Return c0 - c1 x + c2 x² - ..."""
    total = 0.0 * x
    for c in reversed(coefficients):
        total = c - x * total
    return total


def _artanh_less_v(v: Array, log: Array, xp: Namespace) -> Array:
    """Return artanh v - v for v in [0, 1), where log = 2 artanh v."""
    v2 = v * v
    total = 0.0 * v2
    for k in range(_N_TERMS, 0, -1):
        total = v2 * (1.0 / (2 * k + 1) + total)
    return xp.where(v < _SERIES, v * total, 0.5 * log - v)
