"""Norms of groups of coordinates: the kinks of a group lasso."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .. import showing
from ..typing import Array, BoolArray, FloatArray, IntArray
from .nonsmooth import gathered, inverse, measured_in


@dataclass(frozen=True, eq=False)
class GroupNorms:
    """sum_g weight_g |z_g|, Euclidean norms of groups of coordinates.

    Attributes
    ----------
    group :
        (C, a) the group of each coordinate, -1 for none.
    weight :
        (C, G) >= 0.
    stretch :
        (C, a): a group's coordinates are multiplied by it so that their norm is that of the user's
        coefficients, but for one factor per group, which is in the weight.
    """

    group: IntArray
    weight: FloatArray
    stretch: FloatArray

    __repr__ = showing.of_fields
    is_piecewise_linear = False
    has_bounds = False

    @property
    def unit(self) -> FloatArray:
        """(C, a) the weight of each coordinate's group, the typical one where it has none."""
        return measured_in(self.weight, self._spread(self.weight, 0.0))

    def take(self, columns: IntArray | BoolArray) -> GroupNorms:
        """Keep only some columns."""
        return GroupNorms(self.group[columns], self.weight[columns], self.stretch[columns])

    def on(self, sets: Sequence[IntArray], size: int) -> GroupNorms:
        """Keep some coordinates of each column and, in the last place, the last."""
        return replace(
            self,
            group=gathered(self.group, sets, size, -1),
            stretch=gathered(self.stretch, sets, size, 1.0),
        )

    def times(self, factor: FloatArray) -> GroupNorms:
        """Return the same with each column's weights multiplied, (C,)."""
        return replace(self, weight=self.weight * factor[:, None])

    def dual_norm(self, slope: FloatArray) -> FloatArray:
        """Return the largest norm of a group's slope over its weight, (C,)."""
        return (self._norms(slope) * inverse(self.weight)).max(axis=1, initial=0.0)

    def in_units(self, unit: FloatArray) -> GroupNorms:
        """Return the norms of w = unit z as a function of z, for unit (p,); an intercept is added.

        |w_g| is |stretch z_g| / σ_g with stretch = σ_g unit, where the factor σ_g, the inverse of
        the group's mean unit, leaves the stretch near one.
        """
        inside = np.broadcast_to(unit > 0, self.group.shape)
        count = self._sum(inside.astype(float))
        total = self._sum(np.where(inside, unit, 0.0))
        sigma = np.divide(count, total, out=np.ones_like(total), where=total > 0)
        stretch = unit * self._spread(sigma, 1.0)
        stretch = np.where(inside & (self.group >= 0), stretch, 1.0)
        one = np.ones((len(stretch), 1))
        return GroupNorms(
            np.hstack([self.group, np.full((len(stretch), 1), -1)]),
            self.weight / sigma,
            np.hstack([stretch, one]),
        )

    def value(self, z: FloatArray) -> FloatArray:
        """Return the penalty of each column, (C,)."""
        return np.einsum("cg,cg->c", self.weight, self._norms(z))

    def prox(self, z: FloatArray, step: FloatArray) -> FloatArray:
        """Shorten each group by step · weight, and stop at zero."""
        norms = self._norms(z)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(norms > 0, np.maximum(1.0 - step * self.weight / norms, 0.0), 0.0)
        return z * self._spread(factor, 1.0) + 0.0  # no -0.0

    def moves(self, z: FloatArray) -> BoolArray:
        """Return (C, a) True in groups that are not zero, and where nothing is penalised."""
        return self._spread((self._norms(z) > 0) | (self.weight == 0), True)

    def slope(self, z: FloatArray) -> FloatArray:
        """Return weight · z_g / |z_g|, (C, a)."""
        return z * self._spread(self._weight_by_norm(z), 0.0)

    def bend(self, z: FloatArray) -> FloatArray:
        """Return weight / |z_g| · (1 - u u') with u = z_g / |z_g|, (C, a, a)."""
        by_norm = self._spread(self._weight_by_norm(z), 0.0)
        u = z * self._spread(inverse(self._norms(z)), 0.0)
        out = np.where(self.blocks(), -by_norm[:, :, None] * u[:, :, None] * u[:, None, :], 0.0)
        diagonal = np.arange(z.shape[1])
        out[:, diagonal, diagonal] += by_norm
        return out

    def same_side(self, z: FloatArray, other: FloatArray) -> BoolArray:
        """Return (C,) True where the same groups are zero in both."""
        return ((self._norms(z) > 0) == (self._norms(other) > 0)).all(axis=1)

    def violation(self, z: FloatArray, slope: FloatArray) -> FloatArray:
        """Return the norm of the slope beyond the weight where a group is zero; else its size."""
        beyond = np.maximum(self._norms(slope) - self.weight, 0.0)
        here = np.abs(slope + self.slope(z))
        return np.where(self.moves(z), here, self._spread(beyond, 0.0))

    def together(self, chosen: BoolArray) -> BoolArray:
        """Return whole groups of which a coordinate is chosen."""
        return chosen | self._spread(self._sum(chosen.astype(float)) > 0, False)

    def blocks(self) -> BoolArray:
        """Return (C, a, a) True for pairs of coordinates in one group."""
        same = self.group[:, :, None] == self.group[:, None, :]
        return same & (self.group >= 0)[:, :, None]

    def weights(self) -> FloatArray:
        """Return (C, a) the weight of each coordinate's group, 0 for none."""
        return self._spread(self.weight, 0.0)

    def groups(self) -> tuple[IntArray, FloatArray]:
        """Return the group (C, a) of each coordinate, the last for none, and weights (C, G + 1)."""
        n_columns, n_groups = self.weight.shape
        group = np.where(self.group >= 0, self.group, n_groups)
        return group, np.hstack([self.weight, np.zeros((n_columns, 1))])

    @cached_property
    def _labels(self) -> IntArray:
        """(C, a) numbers of groups over all columns; the last stands for none."""
        n_columns, n_groups = self.weight.shape
        first = n_groups * np.arange(n_columns)[:, None]
        return np.where(self.group >= 0, first + self.group, self.weight.size)

    def _sum(self, values: FloatArray) -> FloatArray:
        n = self.weight.size
        sums = np.bincount(self._labels.ravel(), values.ravel(), minlength=n + 1)
        return sums[:n].reshape(self.weight.shape).astype(np.float64)

    def _norms(self, z: FloatArray) -> FloatArray:
        return np.sqrt(self._sum(z**2))

    def _spread(self, per_group: Array, otherwise: float | bool) -> Array:
        """Return (C, a) the value of each coordinate's group."""
        return np.append(per_group.ravel(), otherwise)[self._labels].astype(per_group.dtype)

    def _weight_by_norm(self, z: FloatArray) -> FloatArray:
        return self.weight * inverse(self._norms(z))
