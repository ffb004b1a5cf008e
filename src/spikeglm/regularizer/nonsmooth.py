"""Penalties that are not smooth at zero, in the coordinates in which a solver works.

A solver's coordinates z of a column are its coefficients in units of its own, ``w = unit * z``,
with the intercept in the last place. Arrays are (C, a): one row per column, so that columns with
different working sets can lie side by side, padded by coordinates without a penalty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from .. import showing
from ..numerics import soft_threshold
from ..typing import Array, BoolArray, FloatArray, IntArray

_LEAST_WEIGHT = 1e-3  # of the typical one; smaller weights are not resolved to the same digits


class Kinks(Protocol):
    """What solvers ask of the part of a penalty that is not smooth at zero."""

    is_piecewise_linear: bool
    has_bounds: bool  # from which no strength leads away: kinks between zero and infinity

    @property
    def unit(self) -> FloatArray:
        """(C, a) the slope in which the violation of each coordinate is measured: its weight.

        For coordinates without a penalty the median weight of the column, for those with nearly
        none a thousandth of it, and one in columns without a penalty.
        """
        ...

    @property
    def stretch(self) -> FloatArray:
        """(C, a) or (1, 1): the functions below take ``stretch * z``."""
        ...

    def take(self, columns: IntArray | BoolArray) -> Self:
        """Keep only some columns."""
        ...

    def on(self, sets: Sequence[IntArray], size: int) -> Self:
        """Keep some coordinates of each column and, in the last of ``size`` places, the last."""
        ...

    def times(self, factor: FloatArray) -> Self:
        """Return the same with each column's weights multiplied, (C,)."""
        ...

    def dual_norm(self, slope: FloatArray) -> FloatArray:
        """Return (C,) the factor of the weights from which such a slope holds all at zero."""
        ...

    def value(self, z: FloatArray) -> FloatArray:
        """Return the penalty of each column, (C,)."""
        ...

    def prox(self, z: FloatArray, step: FloatArray) -> FloatArray:
        """Return argmin_v penalty(v) + |v - z|² / (2 step), (C, a), for steps (C, 1)."""
        ...

    def moves(self, z: FloatArray) -> BoolArray:
        """Return (C, a) True where a coordinate can move a little without meeting a kink."""
        ...

    def slope(self, z: FloatArray) -> FloatArray:
        """Return the derivative (C, a) of the penalty by coordinates that move."""
        ...

    def bend(self, z: FloatArray) -> FloatArray:
        """Return the second derivative (C, a, a) by coordinates that move."""
        ...

    def same_side(self, z: FloatArray, other: FloatArray) -> BoolArray:
        """Return (C,) True where no kink lies between two points."""
        ...

    def violation(self, z: FloatArray, slope: FloatArray) -> FloatArray:
        """Return how far coordinates are from optimal, (C, a), given the slope of all the rest."""
        ...

    def together(self, chosen: BoolArray) -> BoolArray:
        """Return (C, a) True for chosen coordinates and those bound to them by a kink."""
        ...

    def blocks(self) -> BoolArray:
        """Return (C, a, a) True for pairs of coordinates that are bound by a kink."""
        ...

    def weights(self) -> FloatArray:
        """Return (C, a) the weight of each coordinate's kink, 0 where it has none."""
        ...

    def groups(self) -> tuple[IntArray, FloatArray]:
        """Return the group (C, a) of coordinates bound by a kink, and weights (C, G + 1).

        The last group is that of coordinates without a kink.
        """
        ...


@dataclass(frozen=True, eq=False)
class AbsoluteValues:
    """sum_j weight_j |z_j| with weights (C, a) >= 0."""

    weight: FloatArray

    __repr__ = showing.of_fields
    is_piecewise_linear = True
    has_bounds = False

    @property
    def stretch(self) -> FloatArray:
        """(1, 1) one: each value stands for itself."""
        return np.ones((1, 1))

    @property
    def unit(self) -> FloatArray:
        """(C, a) the weight of each coordinate, the typical one where it has none."""
        return measured_in(self.weight, self.weight)

    def take(self, columns: IntArray | BoolArray) -> AbsoluteValues:
        """Keep only some columns."""
        return AbsoluteValues(self.weight[columns])

    def on(self, sets: Sequence[IntArray], size: int) -> AbsoluteValues:
        """Keep some coordinates of each column and, in the last place, the last."""
        return AbsoluteValues(gathered(self.weight, sets, size, 0.0))

    def times(self, factor: FloatArray) -> AbsoluteValues:
        """Return the same with each column's weights multiplied, (C,)."""
        return AbsoluteValues(self.weight * factor[:, None])

    def dual_norm(self, slope: FloatArray) -> FloatArray:
        """Return the largest |slope| / weight, (C,)."""
        return (np.abs(slope) * inverse(self.weight)).max(axis=1)

    def value(self, z: FloatArray) -> FloatArray:
        """Return the penalty of each column, (C,)."""
        return np.einsum("ca,ca->c", self.weight, np.abs(z))

    def prox(self, z: FloatArray, step: FloatArray) -> FloatArray:
        """Move each coordinate towards zero by step · weight, and stop there."""
        return soft_threshold(z, step * self.weight)

    def moves(self, z: FloatArray) -> BoolArray:
        """Return (C, a) True for coordinates that are not zero, or not penalised."""
        return (z != 0) | (self.weight == 0)

    def slope(self, z: FloatArray) -> FloatArray:
        """Return weight · sign(z), (C, a)."""
        return self.weight * np.sign(z)

    def bend(self, z: FloatArray) -> FloatArray:
        """Return zeros, (C, a, a)."""
        return np.zeros((*z.shape, z.shape[1]))

    def same_side(self, z: FloatArray, other: FloatArray) -> BoolArray:
        """Return (C,) True where all penalised coordinates have the same sign in both."""
        return ((np.sign(z) == np.sign(other)) | (self.weight == 0)).all(axis=1)

    def violation(self, z: FloatArray, slope: FloatArray) -> FloatArray:
        """Return |slope| beyond the weight where z is zero, |slope + weight · sign z| elsewhere."""
        at_zero = np.maximum(np.abs(slope) - self.weight, 0.0)
        return np.where(z == 0, at_zero, np.abs(slope + self.weight * np.sign(z)))

    def together(self, chosen: BoolArray) -> BoolArray:
        """Return the chosen coordinates: each has a kink of its own."""
        return chosen

    def blocks(self) -> BoolArray:
        """Return (C, a, a) True for each coordinate with itself."""
        n_columns, n = self.weight.shape
        return np.broadcast_to(np.eye(n, dtype=bool), (n_columns, n, n))

    def weights(self) -> FloatArray:
        """Return (C, a) the weights."""
        return self.weight

    def groups(self) -> tuple[IntArray, FloatArray]:
        """Return each coordinate as a group by itself, and weights (C, a + 1)."""
        n_columns, n = self.weight.shape
        none = np.zeros((n_columns, 1))
        return np.broadcast_to(np.arange(n), (n_columns, n)), np.hstack([self.weight, none])


def gathered(values: Array, sets: Sequence[IntArray], size: int, padding: float) -> Array:
    """Return (C, size): some coordinates of each column of (C, a), and the last in the last place.

    >>> gathered(np.arange(8).reshape(2, 4), [np.array([2]), np.array([0, 1])], 3, -1)
    array([[ 2, -1,  3],
           [ 4,  5,  7]])
    """
    out = np.full((len(values), size), padding, dtype=values.dtype)
    for c, chosen in enumerate(sets):
        out[c, : len(chosen)] = values[c, chosen]
    out[:, -1] = values[:, -1]
    return out


def inverse(norms: FloatArray) -> FloatArray:
    """Return 1 / x, and 0 for 0."""
    with np.errstate(divide="ignore"):
        return np.where(norms > 0, 1.0 / norms, 0.0)


def measured_in(weight: FloatArray, of_coordinates: FloatArray) -> FloatArray:
    """Return the units of coordinates (C, a), given the weights of kinks (C, G) and theirs (C, a).

    >>> measured_in(np.array([[1.0, 3.0, 2.0]]), np.array([[1.0, 3.0, 1e-9, 0.0]])).tolist()
    [[1.0, 3.0, 0.002, 2.0]]
    """
    n = (weight > 0).sum(axis=1, keepdims=True)
    ordered = np.sort(np.where(weight > 0, weight, np.inf), axis=1)
    ordered = np.hstack([ordered, np.full_like(n, np.inf, dtype=float)])
    middle = [np.take_along_axis(ordered, np.maximum(k, 0) // 2, axis=1) for k in (n - 1, n)]
    typical = np.where(n > 0, 0.5 * (middle[0] + middle[1]), 1.0)  # the median, where there is one
    floor = _LEAST_WEIGHT * typical
    return np.where(of_coordinates > 0, np.maximum(of_coordinates, floor), typical)
