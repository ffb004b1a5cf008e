"""The tail of a weighted sum of chi-squared variables, to twelve digits, however far out.

Q = sum_i w_i chi²_{n_i} has the cumulant function K(s) = -½ sum_i n_i log(1 - 2 w_i s), and for any
c between zero and the first singularity 1 / (2 max w)

    P(Q > x)  =  1 / (2 pi i)  ∫  exp(K(s) - s x) / s  ds        along  Re s = c,

the same for P(Q < x) with a minus where c < 0. The line may be bent, as long as it crosses none of
the singularities, which all lie on the real axis. Here c is the saddle point of the integrand, so
that nothing cancels and a tail of 1e-100 keeps its digits, and the line is bent into a hyperbola

    s(u)  =  sigma + mu (sin(alpha) cosh u + i cos(alpha) sinh u)

around what lies to the right of c, along which the integrand is analytic and falls off at least
exponentially: there the trapezoidal rule converges geometrically. It is taken with twice as many
points until nothing changes. Weights may have either sign; with x = 0 and a negative weight
-q / nu of chi²_nu that is the tail of a ratio, the analogue of F:
P(Q / (chi²_nu / nu) > q) = P(Q - (q / nu) chi²_nu > 0).

References
----------
Imhof (1961), Biometrika 48:419-26; Rice (1980), SIAM J Sci Stat Comput 1:438-48 (through the saddle
point); Weideman & Trefethen (2007), Math Comput 76:1341-56 (hyperbolas).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...typing import ArrayLike, BoolArray, FloatArray, IntArray

_AT_ONCE = 256  # problems
_ANGLE = np.pi / 4  # alpha
_BISECTIONS = 64  # of the saddle point, which need not be exact
_FURTHEST = 36.0  # saddle point, as a log-odds between zero and the singularity
_FURTHEST_LEFT = 700.0  # as a logarithm, where there is no singularity on the left: of any x
_GONE = 42.0  # by which the logarithm of the integrand falls off to the last point
_ENDS = 0.25 * 1.25 ** np.arange(30)  # candidates for that point
_UNDERFLOW = -800.0  # a logarithm of nothing
_LEAST, _MOST_OF_ALL = 1e-300, 1e300  # over the largest weight, of what x and weights are told
_FEWEST, _MOST = 16, 8192  # points
_SAME = 1e-9  # relative change on doubling; the error of the finer sum is about its square


def weighted_chi2_tail(x: ArrayLike, weights: ArrayLike, degrees: ArrayLike = 1.0) -> FloatArray:
    """Return P(sum_i w_i chi²_{n_i} > x) of B problems, (B,).

    Parameters
    ----------
    x :
        (B,).
    weights :
        (B, k), of either sign; a zero stands for nothing, so that shorter sums can be padded.
    degrees :
        n, (B, k) or what broadcasts to it; positive numbers, whole or not, or zero for nothing.

    Returns
    -------
    numpy.ndarray
        (B,), to a relative error of about 1e-12; NaN where something is not finite or no variable
        is left. Raises nothing.

    Examples
    --------
    >>> from scipy.special import chdtrc
    >>> x = np.array([3.0, 400.0])
    >>> tail = weighted_chi2_tail(x, np.ones((2, 3)))
    >>> np.abs(tail / chdtrc(3, x) - 1).max() < 1e-11
    np.True_
    >>> exact = 2 * np.exp(-2.5) - np.exp(-5)  # a sum of two exponentials
    >>> bool(np.isclose(weighted_chi2_tail([5.0], [[1.0, 0.5]], 2.0)[0], exact))
    True
    """
    x, w = np.atleast_1d(np.asarray(x, float)), np.atleast_2d(np.asarray(weights, float))
    n = np.broadcast_to(np.asarray(degrees, float), w.shape)
    w = np.where(n > 0, w, 0.0)
    out = np.full(len(x), np.nan)
    known = ~np.isnan(x) & np.isfinite(w).all(axis=1) & np.isfinite(n).all(axis=1)
    known &= (w != 0).any(axis=1)
    always = known & (((x <= 0) & ~(w < 0).any(axis=1)) | np.isneginf(x))
    never = known & (((x >= 0) & ~(w > 0).any(axis=1)) | np.isposinf(x))
    out[always], out[never] = 1.0, 0.0
    open_ = np.flatnonzero(known & ~always & ~never)
    for first in range(0, len(open_), _AT_ONCE):
        some = open_[first : first + _AT_ONCE]
        out[some] = _open_tail(x[some], w[some], n[some])
    return out


class _Side(NamedTuple):
    """Sums of which the probability of one side of x >= 0 is wanted; the largest weight is one."""

    x: FloatArray  # (B,)
    w: FloatArray  # (B, k)
    n: FloatArray  # (B, k)
    is_upper: BoolArray  # (B,) whether the side is Q > x, so that c > 0

    def take(self, which: IntArray) -> _Side:
        x, w, n, is_upper = self
        return _Side(x[which], w[which], n[which], is_upper[which])

    def log_integrand(self, s: FloatArray) -> FloatArray:
        """Return K(s) - s x - log(s), or log(-s) on the left, at points (B, M), complex or real."""
        sign = np.where(self.is_upper, 1.0, -1.0)[:, None]
        total = -s * self.x[:, None] - np.log(sign * s)
        for w, n in zip(self.w.T, self.n.T, strict=True):
            total -= 0.5 * n[:, None] * np.log(1.0 - 2.0 * w[:, None] * s)
        return total


def _open_tail(x: FloatArray, w: FloatArray, n: FloatArray) -> FloatArray:
    """Return P(Q > x) where neither zero nor one is certain."""
    turned = x < 0  # then it is P(-Q < -x)
    x, w = np.abs(x), np.where(turned[:, None], -w, w)
    unit = w.max(axis=1)
    with np.errstate(over="ignore", under="ignore"):
        x, w = np.minimum(x / unit, _MOST_OF_ALL), np.maximum(w / unit[:, None], -_MOST_OF_ALL)
    w = np.where(np.abs(w) < _LEAST, 0.0, w)
    x = np.where((w < 0).any(axis=1), x, np.maximum(x, _LEAST))
    side = _Side(x, w, n, x >= (w * n).sum(axis=1))
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        p = np.clip(_probability(side), 0.0, 1.0)
    return np.where(side.is_upper != turned, p, 1.0 - p)


class _Path(NamedTuple):
    """The hyperbola of each problem, (B,) each."""

    sigma: FloatArray
    mu: FloatArray
    top: FloatArray  # logarithm of the integrand at u = 0, where it is largest
    end: FloatArray  # u beyond which it adds nothing

    def take(self, which: IntArray) -> _Path:
        return _Path(*(part[which] for part in self))


def _probability(side: _Side) -> FloatArray:
    """Return the probability of the side of each problem, (B,)."""
    path = _path(side)
    out = np.full(len(path.mu), np.nan)
    pending, before = np.arange(len(out)), np.full(len(out), np.nan)
    n_points = _FEWEST
    while len(pending) and n_points <= _MOST:
        total = _trapezoid(side.take(pending), path.take(pending), n_points)
        settled = np.abs(total - before) <= _SAME * np.abs(total)
        out[pending[settled]] = total[settled]
        pending, before = pending[~settled], total[~settled]
        n_points *= 2
    return np.where(path.top < _UNDERFLOW, 0.0, out * np.exp(path.top))


def _path(side: _Side) -> _Path:
    """Return the hyperbola through the saddle point around what lies to its right."""
    c, right = _saddle(side), np.where(side.is_upper, 0.5, 0.0)
    mu = (right - c) / (1.0 - np.sin(_ANGLE))
    top = side.log_integrand(c[:, None])[:, 0]
    u = np.broadcast_to(_ENDS, (len(mu), len(_ENDS)))
    s, ds = _hyperbola(right - mu, mu, u)
    falls = (side.log_integrand(s) + np.log(ds)).real - (top + np.log(mu))[:, None]
    is_gone = falls < -_GONE
    is_gone[:, -1] = True
    return _Path(right - mu, mu, top, _ENDS[np.argmax(is_gone, axis=1)])


def _saddle(side: _Side) -> FloatArray:
    """Return where the integrand is smallest on the real axis between zero and the singularity."""
    x, w, n, is_upper = side
    left = 0.5 / np.maximum(-w.min(axis=1), 0.0)  # inf where no weight is negative
    is_bounded = is_upper | np.isfinite(left)
    reach = np.where(is_upper, 0.5, np.where(np.isfinite(left), left, 1.0))
    sign = np.where(is_upper, 1.0, -1.0)
    span = np.where(is_bounded, _FURTHEST, _FURTHEST_LEFT)
    low, high = -np.maximum(span, _FURTHEST_LEFT), span.copy()

    def at(v: FloatArray) -> FloatArray:
        return sign * reach * np.where(is_bounded, 1.0 / (1.0 + np.exp(-v)), np.exp(v))

    for _ in range(_BISECTIONS):
        v = 0.5 * (low + high)
        s = at(v)
        slope = (n * w / (1.0 - 2.0 * w * s[:, None])).sum(axis=1) - x - 1.0 / s
        further = sign * slope < 0  # the minimum lies further from zero
        low, high = np.where(further, v, low), np.where(further, high, v)
    return at(0.5 * (low + high))


def _trapezoid(side: _Side, path: _Path, n_points: int) -> FloatArray:
    """Return the integral (B,) over e^top, by symmetry along the upper half of the hyperbola."""
    u = path.end[:, None] * (np.arange(n_points + 1) / n_points)
    s, ds = _hyperbola(path.sigma, path.mu, u)
    values = (np.exp(side.log_integrand(s) - path.top[:, None]) * ds).imag
    values[:, 0] *= 0.5
    out: FloatArray = values.sum(axis=1) * path.end / (n_points * np.pi)
    return out


def _hyperbola(sigma: FloatArray, mu: FloatArray, u: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return s(u) and its derivative, (B, M) each, complex."""
    sin, cos = np.sin(_ANGLE), np.cos(_ANGLE)
    s = sigma[:, None] + mu[:, None] * (sin * np.cosh(u) + 1j * cos * np.sinh(u))
    return s, mu[:, None] * (sin * np.sinh(u) + 1j * cos * np.cosh(u))
