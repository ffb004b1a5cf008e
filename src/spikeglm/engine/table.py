"""The rows of one fit, cut into blocks: which rows count, and in which precision they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..rows.arrays import ArrayRows
from ..rows.contract import Rows
from ..typing import Array, BoolArray, IntArray


@dataclass(frozen=True)
class Block:
    """Rows ``start:stop`` of a table, of which ``keep`` (a slice or indices) take part."""

    start: int
    stop: int
    keep: slice | IntArray

    @property
    def rows(self) -> slice | IntArray:
        """The kept rows as an index into arrays of all T rows."""
        if isinstance(self.keep, slice):
            return slice(self.start + self.keep.start, self.start + self.keep.stop)
        return self.start + self.keep


@dataclass(frozen=True, eq=False)
class Table:
    """Rows, cut into blocks, without the rows that are not finite.

    Attributes
    ----------
    rows :
        The table itself.
    blocks :
        Where to cut; blocks without any kept row are absent.
    n_kept :
        Number of rows that take part.
    is_single :
        Whether blocks are read in float32, whatever they are stored in.
    shift :
        (p,) subtracted from each row, or None. Set where a feature's mean is so much larger than
        its spread that products would lose digits.
    copy :
        (T, p) what reading in float32 gives, or None where it is read and converted every time.
    """

    rows: Rows
    blocks: tuple[Block, ...]
    n_kept: int
    is_single: bool = False
    shift: Array | None = None
    copy: Array | None = None

    @classmethod
    def cut(cls, rows: Rows, keep: BoolArray, block_rows: int) -> Table:
        """Cut a table into blocks of ``block_rows`` rows and leave out rows not in ``keep``."""
        blocks = tuple(_cut(keep, block_rows))
        return cls(rows, blocks, int(keep.sum()), is_single=bool(rows.dtype == np.float32))

    def in_double(self) -> Table:
        """Return the same rows, read in float64."""
        return replace(self, is_single=False)

    def in_single(self) -> Table:
        """Return the same rows, read in float32."""
        return replace(self, is_single=True)

    @property
    def copy_pays(self) -> bool:
        """Whether reading costs more than reading a copy: rows in memory need none."""
        return not isinstance(self.rows, ArrayRows)

    @property
    def waits_for_storage(self) -> bool:
        """Whether reading a block means to wait for a disk."""
        is_copied = self.is_single and self.copy is not None
        return not is_copied and getattr(self.rows, "is_stored", False)

    def moved(self, shift: Array) -> Table:
        """Return the table with ``shift`` (p,) subtracted from every row."""
        return replace(self, shift=shift, copy=None)

    def read(self, block: Block) -> Array:
        """Return the kept rows of a block, (B, p), float32 or float64."""
        if self.is_single and self.copy is not None:
            return self.copy[block.rows]
        values = self.rows.read(block.start, block.stop)[block.keep]
        wanted = np.float32 if self.is_single else np.float64
        if self.shift is not None:  # before any digit is dropped
            stored = values.dtype if values.dtype == np.float32 else np.float64
            values = values - self.shift.astype(stored)
        return values.astype(wanted, copy=False)


def _cut(keep: BoolArray, block_rows: int) -> Iterator[Block]:
    n_rows = len(keep)
    for start in range(0, n_rows, block_rows):
        stop = min(start + block_rows, n_rows)
        kept = np.flatnonzero(keep[start:stop])
        if len(kept) == 0:
            continue
        if len(kept) == kept[-1] + 1 - kept[0]:  # one run of rows: a view, not a copy
            yield Block(start, stop, slice(int(kept[0]), int(kept[-1]) + 1))
        else:
            yield Block(start, stop, kept)
