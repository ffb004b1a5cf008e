"""Ridge at all strengths from one eigendecomposition.

With S = Σ (x - x̄)(x - x̄)ᵀ = V diag(d) Vᵀ, s = Σ (x - x̄)(y - ȳ) and c = Vᵀ s, the coefficients at
penalty a are V c / (d + a), for every response y. Beside a mean squared error a strength λ adds
½ λ |w|², so the penalty of the sum is a = λ n / 2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ... import showing
from ...typing import FloatArray, IntArray
from .moments import Axes, Moments, Origin

_ROUNDING = 16 * np.finfo(float).eps
_CLEAR = 10.0  # times what rounds


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Centred moments of features times ``unit``, in the axes of the features.

    Attributes
    ----------
    n :
        Rows, as often as they count.
    origin :
        Where moments are counted from.
    mean_x, mean_y :
        (p,) of the features, and (N,), from there: zero without an intercept.
    unit :
        (p,) that features are multiplied by: a penalty Σ s w² is |w|² of features over √s. Zero of
        constant ones.
    d, V, c :
        (p,), (p, p) and (p, N), see above.
    total :
        (N,) Σ (y - ȳ)².
    has_intercept :
        Whether there are means.

    Examples
    --------
    >>> X, Y = np.array([[1.0], [-1.0]]), np.array([[3.0], [1.0]])
    >>> moments = Moments(2.0, X.sum(0), X.T @ X, Y.sum(0), (Y**2).sum(0), X.T @ Y)
    >>> here = Origin(np.zeros(1), np.zeros(1))
    >>> Spectrum.of(moments, np.ones(1), here, True).solution(np.array([2.0]))
    (array([[0.5]]), array([2.]))
    """

    n: float
    origin: Origin
    mean_x: FloatArray
    mean_y: FloatArray
    unit: FloatArray
    d: FloatArray
    V: FloatArray
    c: FloatArray
    total: FloatArray
    has_intercept: bool

    __repr__ = showing.of_fields

    @classmethod
    def of(
        cls, moments: Moments, unit: FloatArray, origin: Origin, has_intercept: bool
    ) -> Spectrum:
        """Decompose moments; without an intercept their origin is zero."""
        n = moments.n
        x, y = moments.x / n, moments.y / n
        if not has_intercept:
            x, y = np.zeros_like(x), np.zeros_like(y)
        centred = moments.about(x, y)
        size = np.diag(moments.xx) + n * (origin.x**2 if has_intercept else 0.0)
        unit = np.where(np.diag(centred.xx) <= _ROUNDING**2 * size, 0.0, unit)
        centred = centred.scaled(unit)
        d, V = np.linalg.eigh(centred.xx)
        total = np.maximum(centred.yy, 0.0)
        c = V.T @ centred.xy
        return cls(n, origin, x, y, unit, np.maximum(d, 0.0), V, c, total, has_intercept)

    def of_outputs(self, which: IntArray) -> Spectrum:
        """Keep some outputs."""
        origin = Origin(self.origin.x, self.origin.y[which])
        mean, c, total = self.mean_y[which], self.c[:, which], self.total[which]
        return replace(self, origin=origin, mean_y=mean, c=c, total=total)

    @cached_property
    def squares(self) -> FloatArray:
        """(p, N) c²."""
        return np.asarray(self.c**2)

    @property
    def coordinates(self) -> Axes:
        """The axes, of features as they are read."""
        return Axes(self.unit[:, None] * self.V, self.mean_x, self.mean_y)

    def resolves(self, strength: float) -> bool:
        """Tell whether eigenvalues are what they seem, or a strength outweighs those that round."""
        rounding = _CLEAR * _ROUNDING * len(self.d) * self.d.max(initial=0.0)
        varying = np.sort(self.d)[np.count_nonzero(self.unit == 0) :]
        return bool((varying >= rounding).all() or self.penalty(strength) >= rounding)

    def penalty(self, strength: FloatArray | float) -> FloatArray:
        """Return a = λ n / 2."""
        return np.asarray(0.5 * self.n * np.asarray(strength))

    def axes(self, strength: FloatArray) -> FloatArray:
        """Return coefficients c / (d + a) in the axes, (p, N), at strengths (N,) > 0."""
        return np.asarray(self.c / (self.d[:, None] + self.penalty(strength)))

    def solution(self, strength: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return coefficients (p, N) and intercepts (N,) at strengths (N,) > 0."""
        coef = self.unit[:, None] * (self.V @ self.axes(strength))
        if not self.has_intercept:
            return coef, np.zeros(coef.shape[1])
        mean_x, mean_y = self.origin.x + self.mean_x, self.origin.y + self.mean_y
        return coef, mean_y - mean_x @ coef

    def residual(self, strength: FloatArray) -> FloatArray:
        """Return Σ (y - ŷ)², (N,): total - Σ c² (d + 2 a) / (d + a)²."""
        d, a = self.d[:, None], self.penalty(strength)
        explained = (self.squares * ((d + 2.0 * a) / (d + a) ** 2)).sum(axis=0)
        return np.asarray(np.maximum(self.total - explained, 0.0))

    def degrees(self, strength: FloatArray) -> FloatArray:
        """Return the trace of the hat matrix, the intercept's one included, (N,)."""
        d, a = self.d[:, None], self.penalty(strength)
        return np.asarray(float(self.has_intercept) + (d / (d + a)).sum(axis=0))

    def error_on(self, tested: Moments, strength: FloatArray) -> FloatArray:
        """Return Σ (y - ŷ)², (S, N), over the rows of other moments, at strengths (S, N).

        With rows about the means of this fit and w in its axes: yy - 2 w·xy + wᵀ xx w.
        """
        there = tested.about(self.mean_x, self.mean_y).scaled(self.unit)
        xy, xx = self.V.T @ there.xy, self.V.T @ there.xx @ self.V
        out = np.empty(strength.shape)
        for s, at in enumerate(strength):
            w = self.axes(at)
            out[s] = there.yy + (w * (xx @ w - 2.0 * xy)).sum(axis=0)
        return np.maximum(out, 0.0)
