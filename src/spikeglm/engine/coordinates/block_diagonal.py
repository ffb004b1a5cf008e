"""Square matrices of which only blocks along the diagonal are kept: one block is all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from ... import showing
from ...typing import FloatArray, IntArray

_IDENTITY_WIDTH = 512  # so that an identity of many features takes no square of them


@dataclass(frozen=True, eq=False)
class BlockDiagonal:
    """A (p, p) matrix that is zero outside of square blocks along its diagonal.

    >>> matrix = BlockDiagonal((np.array([[2.0]]), np.array([[1.0, 3.0], [0.0, 1.0]])))
    >>> matrix @ np.ones((3, 1))
    array([[2.],
           [4.],
           [1.]])
    """

    blocks: tuple[FloatArray, ...]

    __repr__ = showing.of_fields

    @classmethod
    def identity(cls, n: int) -> BlockDiagonal:
        """Return the (n, n) identity."""
        widths = [min(_IDENTITY_WIDTH, n - start) for start in range(0, n, _IDENTITY_WIDTH)]
        return cls(tuple(np.eye(width) for width in widths))

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """The rows, and columns, of each block."""
        edges = np.cumsum([0, *(len(block) for block in self.blocks)]).tolist()
        return tuple(slice(*edge) for edge in pairwise(edges))

    def __len__(self) -> int:
        """p."""
        return sum(len(block) for block in self.blocks)

    def __matmul__(self, right: FloatArray) -> FloatArray:
        """Return the product with ``right`` (p, ...)."""
        if len(self.blocks) == 1:
            return self.blocks[0] @ right
        pairs = zip(self.blocks, self.slices, strict=True)
        return np.concatenate([block @ right[s] for block, s in pairs])

    @property
    def diagonal(self) -> FloatArray:
        """(p,) entries of the diagonal."""
        return np.concatenate([np.diag(block) for block in self.blocks])

    @property
    def dense(self) -> FloatArray:
        """All of it, (p, p); not a copy where it is one block."""
        everything = np.arange(len(self))
        return self.blocks[0] if len(self.blocks) == 1 else self.part(everything, everything)

    def transposed_times(self, right: FloatArray) -> FloatArray:
        """Return ``self' @ right``, (p, ...)."""
        if len(self.blocks) == 1:
            return self.blocks[0].T @ right
        pairs = zip(self.blocks, self.slices, strict=True)
        return np.concatenate([block.T @ right[s] for block, s in pairs])

    def times_rows(self, X: FloatArray) -> FloatArray:
        """Return ``X @ self'``, (B, p): the product with each row of X."""
        if len(self.blocks) == 1:
            return X @ self.blocks[0].T
        pairs = zip(self.blocks, self.slices, strict=True)
        return np.concatenate([X[:, s] @ block.T for block, s in pairs], axis=1)

    def map(self, function: Callable[[FloatArray, slice], FloatArray]) -> BlockDiagonal:
        """Return the matrix whose blocks are ``function(block, where)``."""
        pairs = zip(self.blocks, self.slices, strict=True)
        return BlockDiagonal(tuple(function(block, s) for block, s in pairs))

    def part(self, rows: IntArray, columns: IntArray) -> FloatArray:
        """Return the entries at some rows and columns, as an ordinary matrix."""
        if len(self.blocks) == 1:
            return self.blocks[0][np.ix_(rows, columns)]
        out = np.zeros((len(rows), len(columns)))
        for block, s in zip(self.blocks, self.slices, strict=True):
            i, j = (np.flatnonzero((k >= s.start) & (k < s.stop)) for k in (rows, columns))
            out[np.ix_(i, j)] = block[np.ix_(rows[i] - s.start, columns[j] - s.start)]
        return out
