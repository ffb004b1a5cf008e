"""The most likely overdispersion of each column, given means: Newton's method, safeguarded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import numerics, showing
from ..typing import BoolArray, FloatArray
from .overdispersion import scale_terms

_LONGEST = 3.0  # step, in log scale
_LARGEST = 1e8  # scale; beyond, the likelihood knows none
_MOST_STEPS = 60
_DONE = 1e-10  # standard errors


class ScaleSums(NamedTuple):
    """Per column, over rows: the log-likelihood as a function of the scale, and the means."""

    value: FloatArray  # (C,) sum a (log p + log y!)
    slope: FloatArray  # (C,) its derivative by the scale
    curvature: FloatArray  # (C,) its second derivative
    square: FloatArray  # (C,) sum a mu²


@dataclass(frozen=True, eq=False)
class ScaleSearch:
    """Where a search for C scales stands; a step needs one visit of the rows.

    Steps are Newton's in the logarithm of the scale, kept between a scale that is too small and one
    that is too large.

    Attributes
    ----------
    scale :
        (C,) to be looked at next.
    low, high :
        (C,) scales known to be too small and too large; 0 and inf where none is.
    decrement :
        (C,) how far the last scale was from the best, in standard errors of it; inf at first, 0
        where the best scale is zero.
    """

    scale: FloatArray
    low: FloatArray
    high: FloatArray
    decrement: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def begun(cls, at_zero: ScaleSums) -> ScaleSearch:
        """Return the first scales, by moments, given sums at scale zero.

        There the slope is half of what squared residuals are above counts: where it is not
        positive the best scale is zero.
        """
        with numerics.quiet():
            moment = np.nan_to_num(2.0 * at_zero.slope / at_zero.square, posinf=1.0)
        is_over = (at_zero.slope > 0) & np.isfinite(at_zero.slope) & (moment > 0)
        scale = np.where(is_over, np.clip(moment, 1e-12, 1e3), 0.0)
        return cls.at(scale, np.where(is_over, np.inf, 0.0))

    @classmethod
    def at(cls, scale: FloatArray, decrement: FloatArray) -> ScaleSearch:
        """Return a search that begins at scales (C,)."""
        return cls(scale, np.zeros_like(scale), np.full_like(scale, np.inf), decrement)

    def looked(self, sums: ScaleSums, wanted: FloatArray | float) -> ScaleSearch:
        """Return the search after sums at its scales; those nearer than ``wanted`` (C,) stay."""
        s = self.scale
        with numerics.quiet():
            slope, bend = s * sums.slope, s**2 * sums.curvature + s * sums.slope
            decrement = np.where(
                sums.curvature < 0, np.abs(sums.slope) / np.sqrt(-sums.curvature), np.inf
            )
            newton = np.where(bend < 0, -slope / bend, _LONGEST * np.sign(slope))
        decrement = np.where(s > 0, decrement, 0.0)
        low = np.where(slope > 0, s, self.low)
        high = np.where(slope <= 0, s, self.high)
        new = s * np.exp(np.clip(np.nan_to_num(newton), -_LONGEST, _LONGEST))
        with numerics.quiet():
            between = np.sqrt(low * high)
        is_inside = ((new > low) & (new < high)) | ~np.isfinite(between)
        new = np.where(is_inside, new, between)
        stays = (decrement <= wanted) | (new > _LARGEST)
        return ScaleSearch(np.where(stays, s, new), low, high, decrement)

    def unfinished(self, wanted: FloatArray | float) -> BoolArray:
        """Return (C,) True where the next look is not the last."""
        return (self.decrement > wanted) & (self.scale < _LARGEST)


def best_scale(y: FloatArray, mean: FloatArray) -> FloatArray:
    """Return the most likely scale of each column, (C,), of counts and means (T, C).

    >>> import numpy as np
    >>> best_scale(np.array([[0.0], [9.0], [1.0], [2.0]]), np.full((4, 1), 3.0)).round(2)
    array([1.23])
    """

    def sums(scale: FloatArray) -> ScaleSums:
        terms = (*scale_terms(y, mean, scale), mean**2)
        return ScaleSums(*(term.sum(axis=0) for term in terms))

    search = ScaleSearch.begun(sums(np.zeros(y.shape[1])))
    for _ in range(_MOST_STEPS):
        if not search.unfinished(_DONE).any():
            break
        search = search.looked(sums(search.scale), _DONE)
    return search.scale
