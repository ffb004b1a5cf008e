"""Scores of strengths that need no folds and no further pass: GCV, and the marginal likelihood.

Both are smooth in ρ = log a, the logarithm of the penalty; larger is better.

Generalised cross-validation: -½ n RSS / (n - τ)², with τ the trace of the hat matrix: leave-one-out
with every row's leverage at the mean (Golub, Heath & Wahba 1979, eq. 1.4).

Marginal likelihood of responses under the prior that the penalty states, w ~ N(0, φ / a), with a
flat prior on the intercept and φ at its maximum D / (n - 1), where D = RSS + a |w|², which is
total - Σ c² / (d + a):

    -½ (n - 1) (log(2π D / (n - 1)) + 1) + ½ Σ log(a / (d + a)) - ½ log n

(MacKay 1992, eq. 4.8; it is restricted maximum likelihood.)
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ...typing import BoolArray, FloatArray
from .spectrum import Spectrum

_HALVINGS = 60  # of a bracket of strengths


class Criterion(Protocol):
    """A smooth score of strengths, and its slope along their logarithm.

    >>> isinstance(GCV().name, str)
    True
    """

    name: str

    def score(self, at: Spectrum, strength: FloatArray) -> FloatArray:
        """Return the score (N,) of strengths (N,)."""
        ...

    def slope(self, at: Spectrum, strength: FloatArray) -> FloatArray:
        """Return something of the sign of the derivative of the score by log strength, (N,)."""
        ...

    def is_known(self, at: Spectrum) -> BoolArray:
        """Return (N,) whether an output has a score."""
        ...


class GCV:
    """Generalised cross-validation.

    >>> from .moments import Moments
    """

    name = "minus half the generalised cross-validation error (per bin)"

    def score(self, at: Spectrum, strength: FloatArray) -> FloatArray:
        """Return -½ n RSS / (n - τ)²."""
        left = at.n - at.degrees(strength)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(left > 0, -0.5 * at.n * at.residual(strength) / left**2, np.nan)

    def slope(self, at: Spectrum, strength: FloatArray) -> FloatArray:
        """Return -d log(RSS / (n - τ)²) / dρ."""
        d, a = at.d[:, None], at.penalty(strength)
        by_residual = 2.0 * (at.squares * (a**2 / (d + a) ** 3)).sum(axis=0)
        by_degrees = -(d * a / (d + a) ** 2).sum(axis=0)
        left = at.n - at.degrees(strength)
        with np.errstate(divide="ignore", invalid="ignore"):
            return -by_residual / at.residual(strength) - 2.0 * by_degrees / left

    def is_known(self, at: Spectrum) -> BoolArray:
        """Return where there are rows enough."""
        return np.full(len(at.total), at.n > 1 + at.has_intercept)


class Evidence:
    """The marginal likelihood, in nats, with all constants."""

    name = "log marginal likelihood (nats)"

    def score(self, at: Spectrum, strength: FloatArray) -> FloatArray:
        """Return the formula above."""
        d, a = at.d[:, None], at.penalty(strength)
        dof = at.n - at.has_intercept
        D = self._deviance(at, strength)
        shrunk = -np.log1p(d / a).sum(axis=0) - at.has_intercept * np.log(at.n)
        with np.errstate(divide="ignore", invalid="ignore"):
            fit = -0.5 * dof * (np.log(2.0 * np.pi * D / dof) + 1.0)
        return np.where(self.is_known(at), fit + 0.5 * shrunk, np.nan)

    def slope(self, at: Spectrum, strength: FloatArray) -> FloatArray:
        """Return its derivative by ρ."""
        d, a = at.d[:, None], at.penalty(strength)
        by_fit = (at.squares * (a / (d + a) ** 2)).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            fit = -(at.n - at.has_intercept) * by_fit / self._deviance(at, strength)
        return 0.5 * (fit + (d / (d + a)).sum(axis=0))

    def is_known(self, at: Spectrum) -> BoolArray:
        """Return where the response varies, and has rows enough."""
        return np.asarray((at.total > 0) & (at.n > 1 + at.has_intercept))

    def _deviance(self, at: Spectrum, strength: FloatArray) -> FloatArray:
        a = at.penalty(strength)
        return np.asarray(at.total - (at.squares / (at.d[:, None] + a)).sum(axis=0))


def refined(criterion: Criterion, at: Spectrum, strength: FloatArray) -> FloatArray:
    """Return the strengths (N,) of a local maximum next to the best of a grid (S, N), falling.

    Between the neighbours of that best strength the slope changes its sign; halving the bracket
    finds where. At an end of the grid, the end.
    """
    scores = np.array([criterion.score(at, row) for row in strength])
    scores = np.where(np.isfinite(scores), scores, -np.inf)
    best, each = scores.argmax(axis=0), np.arange(strength.shape[1])
    low = np.log(strength[np.minimum(best + 1, len(strength) - 1), each])
    high = np.log(strength[np.maximum(best - 1, 0), each])
    is_inside = (best > 0) & (best < len(strength) - 1) & np.isfinite(scores[best, each])
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        rises = criterion.slope(at, np.exp(middle)) > 0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    found = np.exp(0.5 * (low + high))
    better = is_inside & (criterion.score(at, found) >= scores[best, each])
    return np.where(better, found, strength[best, each])
