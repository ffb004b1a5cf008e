"""Bounds of coefficients as a penalty: nothing within, infinite outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import showing
from ..typing import BoolArray, FloatArray, IntArray
from .nonsmooth import gathered

_ROUNDING = 1e-12  # share of a bound within which a coefficient is on it
_OUTSIDE = 1e-9  # share of a bound beyond which it is outside


@dataclass(frozen=True, eq=False)
class Box:
    """Zero where low <= z <= high, infinite elsewhere; the kinks are at the bounds.

    Attributes
    ----------
    low, high :
        (C, a) in units of the coordinates, infinite where there is no bound.
    """

    low: FloatArray
    high: FloatArray

    __repr__ = showing.of_fields
    is_piecewise_linear = True
    has_bounds = True

    @property
    def stretch(self) -> FloatArray:
        """(1, 1) one: each value stands for itself."""
        return np.ones((1, 1))

    @property
    def unit(self) -> FloatArray:
        """(C, a) ones: bounds have no strength."""
        return np.ones_like(self.low)

    def take(self, columns: IntArray | BoolArray) -> Box:
        """Keep only some columns."""
        return Box(self.low[columns], self.high[columns])

    def on(self, sets: Sequence[IntArray], size: int) -> Box:
        """Keep some coordinates of each column and, in the last place, the last."""
        low = gathered(self.low, sets, size, -np.inf)
        return Box(low, gathered(self.high, sets, size, np.inf))

    def times(self, factor: FloatArray) -> Box:
        """Return the same: bounds have no strength."""
        return self

    def dual_norm(self, slope: FloatArray) -> FloatArray:
        """Return (C,) zeros: no strength holds anything."""
        return np.zeros(len(slope))

    def value(self, z: FloatArray) -> FloatArray:
        """Return (C,) zero within, infinity outside."""
        below = z < self.low - _OUTSIDE * _size(self.low)
        above = z > self.high + _OUTSIDE * _size(self.high)
        return np.where((below | above).any(axis=1), np.inf, 0.0)

    def prox(self, z: FloatArray, step: FloatArray) -> FloatArray:
        """Return the nearest point within, (C, a)."""
        return np.clip(z, self.low, self.high)

    def at_low(self, z: FloatArray) -> BoolArray:
        """Return (C, a) True on a lower bound."""
        return np.asarray(z <= self.low + _ROUNDING * _size(self.low))

    def at_high(self, z: FloatArray) -> BoolArray:
        """Return (C, a) True on an upper bound."""
        return np.asarray(z >= self.high - _ROUNDING * _size(self.high))

    def moves(self, z: FloatArray) -> BoolArray:
        """Return (C, a) True for coordinates that are on no bound."""
        return ~(self.at_low(z) | self.at_high(z))

    def slope(self, z: FloatArray) -> FloatArray:
        """Return zeros, (C, a)."""
        return np.zeros_like(z)

    def bend(self, z: FloatArray) -> FloatArray:
        """Return zeros, (C, a, a)."""
        return np.zeros((*z.shape, z.shape[1]))

    def same_side(self, z: FloatArray, other: FloatArray) -> BoolArray:
        """Return (C,) True where the same coordinates are on the same bounds."""
        low = self.at_low(z) == self.at_low(other)
        return np.asarray((low & (self.at_high(z) == self.at_high(other))).all(axis=1))

    def violation(self, z: FloatArray, slope: FloatArray) -> FloatArray:
        """Return |slope|; on a bound only what of it points inwards, downhill."""
        low, high = self.at_low(z), self.at_high(z)
        downhill = np.where(low, np.maximum(-slope, 0.0), np.abs(slope))
        downhill = np.where(high, np.maximum(slope, 0.0), downhill)
        return np.where(low & high, 0.0, downhill)

    def together(self, chosen: BoolArray) -> BoolArray:
        """Return the chosen coordinates: each has bounds of its own."""
        return chosen

    def blocks(self) -> BoolArray:
        """Return (C, a, a) True for each coordinate with itself."""
        n_columns, n = self.low.shape
        return np.broadcast_to(np.eye(n, dtype=bool), (n_columns, n, n))

    def groups(self) -> tuple[IntArray, FloatArray]:
        """Return no groups: all coordinates are in the last one, of no weight."""
        return np.zeros(self.low.shape, dtype=np.intp), np.zeros((len(self.low), 1))

    def weights(self) -> FloatArray:
        """Return zeros, (C, a)."""
        return np.zeros_like(self.low)


def _size(bound: FloatArray) -> FloatArray:
    return np.where(np.isfinite(bound), np.abs(bound), 0.0)
