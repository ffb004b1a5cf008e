"""How features go together: all of it, or what of it fits into memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import showing
from ...typing import FloatArray, IntArray
from .block_diagonal import BlockDiagonal

UNSEEN = 1e-8
"""Share of a feature's variance in a sample that counts as none."""


@dataclass(frozen=True, eq=False)
class Correlation:
    """The correlation matrix R of p features: a few shared factors, and blocks of the rest.

        R  =  blocks  +  factor factor'

    Up to some thousand features R is one block and there is no factor. Of more features only
    blocks along the diagonal fit into memory; what features of different blocks have in common
    is then left to k factors (Nyström's approximation: Tropp, Yurtsever, Udell & Cevher 2017,
    Fixed-rank approximation of a positive-semidefinite matrix from streaming data, NeurIPS 30,
    algorithm 3).

    Attributes
    ----------
    blocks :
        (p, p); rows of zeros for constant features.
    factor :
        (p, k), or None.
    null_space :
        (p, m) orthonormal combinations of features that are constant; None: not yet looked for.
    """

    blocks: BlockDiagonal
    factor: FloatArray | None = None
    null_space: FloatArray | None = None

    __repr__ = showing.of_fields

    @classmethod
    def none(cls, n_features: int) -> Correlation:
        """Return that of features that do not go together."""
        return cls(BlockDiagonal.identity(n_features))

    @classmethod
    def with_factors(
        cls, blocks: BlockDiagonal, sketch: FloatArray, directions: FloatArray
    ) -> Correlation:
        """Return R of which blocks (p, p) are known, and the products with some directions (p, k).

        >>> R = np.full((4, 4), 0.5) + np.diag([0.5] * 4)
        >>> halves = BlockDiagonal((R[:2, :2], R[2:, 2:]))
        >>> Ω = np.ones((4, 1))
        >>> Correlation.with_factors(halves, R @ Ω, Ω).dense.round(1)
        array([[1. , 0.5, 0.6, 0.6],
               [0.5, 1. , 0.6, 0.6],
               [0.6, 0.6, 1. , 0.5],
               [0.6, 0.6, 0.5, 1. ]])
        """
        shift = np.sqrt(len(sketch)) * np.finfo(float).eps * np.linalg.norm(sketch)
        shifted = sketch + shift * directions
        core = directions.T @ shifted
        values, vectors = np.linalg.eigh((core + core.T) / 2)
        kept = values > np.finfo(float).eps * len(sketch) * values[-1]
        if not kept.any():  # all features are constant
            return cls(blocks)
        factor = shifted @ (vectors[:, kept] / np.sqrt(values[kept]))
        rest = blocks.map(lambda block, where: block - factor[where] @ factor[where].T)
        return cls(rest, factor)

    def __len__(self) -> int:
        """p."""
        return len(self.blocks)

    def __matmul__(self, right: FloatArray) -> FloatArray:
        """Return the product with ``right`` (p, ...)."""
        out = self.blocks @ right
        return out if self.factor is None else out + self.factor @ (self.factor.T @ right)

    @property
    def diagonal(self) -> FloatArray:
        """(p,) variances of the standardised features: 1, or 0 for those that are constant."""
        own = self.blocks.diagonal
        return own if self.factor is None else own + (self.factor**2).sum(axis=1)

    @property
    def dense(self) -> FloatArray:
        """All of it, (p, p)."""
        everything = np.arange(len(self))
        return self.part(everything, everything)

    def part(self, rows: IntArray, columns: IntArray) -> FloatArray:
        """Return the entries at some rows and columns."""
        out = self.blocks.part(rows, columns)
        return out if self.factor is None else out + self.factor[rows] @ self.factor[columns].T

    def surely_definite(self, own: float) -> Correlation:
        """Return R with unit diagonal, of which the share ``own`` is each feature's alone.

        A sample may not have seen a feature vary, or have seen it vary with others only.
        """
        variance = self.diagonal
        is_seen = variance > UNSEEN
        unit = np.sqrt((1 - own) / np.where(is_seen, variance, 1.0)) * is_seen

        def scaled(block: FloatArray, where: slice) -> FloatArray:
            out = block * np.outer(unit[where], unit[where])
            out[np.diag_indices(len(out))] += np.where(is_seen[where], own, 1.0)
            return out

        factor = None if self.factor is None else self.factor * unit[:, None]
        return Correlation(self.blocks.map(scaled), factor)
