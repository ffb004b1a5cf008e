"""How firmly a penalty, or a mask, holds what the data leave open."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...regularizer.base import PenaltyTerm
from ...regularizer.squares import Squares, squares_of
from ...typing import BoolArray, FloatArray, IntArray
from ..coordinates.feature_facts import Features

MASKED = 1e12  # how much of a masked feature counts: less than a millionth of it is none


class Settling(NamedTuple):
    """Penalty over curvature, by weights of standardised features and by sums of them."""

    size: FloatArray  # (p + R, C); inf where masked
    sums: Squares | None  # R sums of weights that a penalty with matrices squares; None: R is 0

    @classmethod
    def of(
        cls,
        penalty: PenaltyTerm,
        features: Features,
        mask: BoolArray | None,
        h: FloatArray,
        n_classes: int = 1,
    ) -> Settling:
        """Measure it for columns whose loss has a curvature h (C,), and a mask (p, K C)."""
        p, K, N = len(features.scale), n_classes, len(h)
        sums = squares_of(penalty, N)
        if sums is None:
            curvature = penalty.curvature((p * K, N))
            curvature = np.broadcast_to(curvature, (p * K, N)).reshape(p, K, N)
            size = curvature.max(axis=1) * features.inverse_scale[:, None] ** 2 / h
        else:
            sums = sums.in_units(features.inverse_scale)
            strongest = sums.strength.reshape(-1, K, N).max(axis=1)
            size = np.vstack([np.zeros((p, N)), strongest / h])
        if mask is not None:
            size[:p][~mask.reshape(p, K, N).all(axis=1)] = np.inf
        return cls(size, sums)

    def take(self, columns: IntArray) -> Settling:
        """Keep only some columns."""
        return Settling(self.size[:, columns], self.sums)

    @property
    def n_features(self) -> int:
        """p."""
        return len(self.size) if self.sums is None else self.sums.n_coefficients

    @property
    def is_masked(self) -> BoolArray:
        """(p,) whether a column cannot use a feature."""
        return np.asarray(np.isinf(self.size[: self.n_features]).any(axis=1))

    def free(self, directions: FloatArray, weight: FloatArray) -> FloatArray:
        """Return (m, k) those mixtures of directions (p, m) that weights (p + R,) leave alone."""
        return _free(self._seen(directions), weight)

    def untouched(self, directions: FloatArray, weight: FloatArray) -> FloatArray:
        """Return (m, k) mixtures of directions in which nothing that has a weight takes part."""
        seen = self._seen(directions)
        if self.sums is not None:
            size = self.sums.size[:, None]
            seen[self.n_features :] /= np.where(size > 0, size, 1.0)
        return _free(seen, np.where(weight > 0, MASKED, 0.0))

    def _seen(self, directions: FloatArray) -> FloatArray:
        """Return the weights of directions and, below them, their sums, (p + R, m)."""
        if self.sums is None:
            return directions
        return np.vstack([directions, self.sums.along(directions)])


def _free(seen: FloatArray, weight: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(seen.T @ (weight[:, None] * seen))
    return np.asarray(vectors[:, values < 1.0])
