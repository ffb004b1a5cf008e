"""The rows of one fit, cut into blocks: which rows count, and in which precision they are read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from .. import showing
from ..rows.arrays import ArrayRows
from ..rows.contract import Rows, read_as
from ..rows.dask_rows import DaskRows
from ..typing import Array, BoolArray, FloatArray, IntArray
from .combinations import Combinations

_MOST_RUNS, _RUN = 256, 512  # of a sample where rows are computed: so many, of so many rows
_MOST_STORED_RUNS = 32  # where they are fetched
_RUN_ROWS = 64  # that a sample takes from one place, where reading costs
_MOST_LEFT_OUT = 8  # of which one is taken


@dataclass(frozen=True)
class Block:
    """Rows ``start:stop`` of a table, of which ``keep`` (a slice or indices) take part."""

    start: int
    stop: int
    keep: slice | IntArray

    __repr__ = showing.of_fields

    @property
    def rows(self) -> slice | IntArray:
        """The kept rows as an index into arrays of all T rows."""
        if isinstance(self.keep, slice):
            return slice(self.start + self.keep.start, self.start + self.keep.stop)
        return self.start + self.keep

    @property
    def indices(self) -> IntArray:
        """The kept rows, counted from the start of the block."""
        return np.arange(self.stop - self.start)[self.keep]

    def part(self, start: int, stop: int, *, every: int = 1) -> Block:
        """Return kept rows ``start:stop:every`` of the block as one by itself."""
        kept = self.indices[start:stop:every]
        first, last = int(kept[0]), int(kept[-1])
        return Block(self.start + first, self.start + last + 1, _as_slice(kept - first))

    def thinned(self, every: int) -> Block:
        """Return the block with one of ``every`` kept rows."""
        return replace(self, keep=self.indices[::every])

    def runs(self, length: int) -> list[Block]:
        """Return the block cut where more than ``length`` rows are left out, each as it starts."""
        cuts = np.flatnonzero(np.diff(self.indices) > length) + 1
        return [self.part(start, stop) for start, stop in pairwise([0, *cuts, len(self.indices)])]


@dataclass(frozen=True, eq=False)
class Held:
    """Rows that were read already, as a block: no table is asked for them again.

    Attributes
    ----------
    rows :
        (B,) which of all T rows.
    values :
        (B, p).
    """

    rows: IntArray
    values: Array

    __repr__ = showing.of_fields

    @property
    def indices(self) -> IntArray:
        """The rows, counted from the first that is held."""
        return np.arange(len(self.rows))

    def thinned(self, every: int) -> Held:
        """Return one of ``every`` rows."""
        return Held(self.rows[::every], self.values[::every])

    def part(self, start: int, stop: int | None) -> Held:
        """Return rows ``start:stop`` of the block as one by itself."""
        return Held(self.rows[start:stop], self.values[start:stop])


@dataclass(frozen=True)
class Together:
    """Blocks that are read one by one and computed with as one."""

    parts: tuple[Block, ...]

    @property
    def rows(self) -> IntArray:
        """The kept rows as an index into arrays of all T rows."""
        return np.concatenate([part.start + part.indices for part in self.parts])


@dataclass(frozen=True, eq=False)
class Table:
    """Rows, cut into blocks, without the rows that are not finite.

    Attributes
    ----------
    rows :
        The table itself.
    blocks :
        Where to cut: each a :class:`Block`, some :class:`Together`, or :class:`Held` in memory;
        blocks without any kept row are absent.
    n_kept :
        Number of rows that take part.
    is_single :
        Whether blocks are read in float32, whatever they are stored in.
    shift :
        (p,) subtracted from each row, or None. Set where a feature's mean is so much larger than
        its spread that products would lose digits.
    combinations :
        Of the moved features, in the place of some of them, or None. Set where features are so
        nearly the same that products would not tell them apart.
    copy :
        (T, p) what reading in float32 gives, or None where it is read and converted every time.
    """

    rows: Rows
    blocks: tuple[Any, ...]
    n_kept: int
    is_single: bool = False
    shift: Array | None = None
    combinations: Combinations | None = None
    copy: Array | None = None

    __repr__ = showing.of_fields

    @classmethod
    def cut(
        cls, rows: Rows, keep: BoolArray, block_rows: int, *, ends: Sequence[int] = ()
    ) -> Table:
        """Cut a table into blocks of ``block_rows`` rows and leave out rows not in ``keep``.

        With ``ends`` no block goes beyond one of them.
        """
        blocks = tuple(cut(keep, block_rows, ends=ends))
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
        return not is_copied and getattr(self.rows, "waits_for_storage", False)

    def sampled(self, n_rows: int) -> Table:
        """Return about ``n_rows`` of the rows, from all over: enough for what only guides a fit.

        Regularly spaced ones where that is cheap. Where reading one row costs as much as its
        neighbours, they come from runs as long as reads efficiently: neighbours are alike (an
        animal stays where it is), and what one long run shows is not what the features do.
        """
        if self.n_kept <= n_rows:
            return self
        if self.copy is not None:  # in memory, and moved already
            return replace(self, rows=ArrayRows(self.copy), shift=None, copy=None).sampled(n_rows)
        if isinstance(self.rows, ArrayRows):
            return self.thinned(self.n_kept // n_rows)
        is_fetched = isinstance(self.rows, DaskRows) or getattr(self.rows, "is_stored", False)
        most = _MOST_STORED_RUNS if is_fetched else _MOST_RUNS
        efficient = self.rows.efficient_block_rows if is_fetched else _RUN
        length = max(efficient, math.ceil(n_rows / most))
        wanted = _in_runs(n_rows, self.n_kept, length=length, most=most)
        runs = [run for block in self._with(wanted) for run in block.runs(length)]
        return self.only(runs)

    def thinned(self, every: int) -> Table:
        """Return the table with one of ``every`` kept rows of each block."""
        blocks = tuple(block.thinned(every) for block in self.blocks)
        return replace(self, blocks=blocks, n_kept=sum(len(block.indices) for block in blocks))

    def spread(self, n_rows: int) -> Table:
        """Return ``n_rows`` kept rows (or all), from the first to the last, however it is cut."""
        wanted = np.unique(np.linspace(0, self.n_kept - 1, min(n_rows, self.n_kept)).astype(int))
        rows = [row for block in self._with(wanted) for row in block.start + block.indices]
        return self.only([Block(row, row + 1, slice(0, 1)) for row in map(int, rows)])

    def scattered(self, n_rows: int, *, at_a_time: int) -> Table:
        """Return about ``n_rows`` of the rows from all over, ``at_a_time`` in a block.

        Rows next to each other are alike, so they are spread: one by one where that is cheap, else
        in runs of which some rows are left out.
        """
        n_rows = min(n_rows, self.n_kept)
        if isinstance(self.rows, ArrayRows):
            parts = self._with(_one_of_each(n_rows, self.n_kept))
            return replace(self, blocks=_in_groups(parts, at_a_time), n_kept=n_rows)
        every = min(self.n_kept // n_rows, _MOST_LEFT_OUT)
        room = max(1, self.n_kept // (len(self.blocks) * every))  # that a block has for a run
        n_runs = min(math.ceil(n_rows / min(room, _RUN_ROWS)), len(self.blocks))
        each = math.ceil(n_rows / n_runs)
        places = np.unique(np.linspace(0, len(self.blocks) - 1, n_runs).astype(int))
        parts = [self.blocks[k].part(0, each * every, every=every) for k in places]
        return replace(self, blocks=_in_groups(parts, at_a_time), n_kept=n_rows)

    def in_blocks_of(self, n_rows: int) -> Table:
        """Return the table with blocks joined until they have about ``n_rows`` rows."""
        parts = [part for block in self.blocks for part in getattr(block, "parts", (block,))]
        return replace(self, blocks=_in_groups(parts, n_rows))

    def _with(self, wanted: IntArray) -> list[Block]:
        """Return blocks of only the wanted kept rows, which are counted through all blocks."""
        blocks, before = [], 0
        for block in self.blocks:
            n = len(block.indices)
            first, last = np.searchsorted(wanted, [before, before + n])
            if last > first:
                blocks.append(replace(block, keep=block.indices[wanted[first:last] - before]))
            before += n
        return blocks

    def only(self, blocks: Sequence[Block]) -> Table:
        """Return the table of some blocks; what lies on a cluster is fetched, all at once."""
        n_kept = sum(len(block.indices) for block in blocks)
        rows = self.rows
        if isinstance(rows, DaskRows):  # all at once: each question to a cluster costs its while
            rows = rows.fetched([(block.start, block.stop) for block in blocks])
        return replace(self, rows=rows, blocks=tuple(blocks), n_kept=n_kept)

    def moved(self, shift: Array) -> Table:
        """Return the table with ``shift`` (p,) subtracted from every row."""
        return replace(self, shift=shift, copy=None)

    def with_combinations(self, combinations: Combinations) -> Table:
        """Return the table with combinations of the features in the place of some."""
        if not combinations.places.size:
            return replace(self, combinations=combinations)
        return replace(self, combinations=combinations, copy=None, is_single=False)

    @property
    def is_plain(self) -> bool:
        """Whether rows are read as they are."""
        return self.shift is None and (
            self.combinations is None or not self.combinations.places.size
        )

    @property
    def origin(self) -> FloatArray:
        """(p,) what is subtracted from each row: the shift, or zeros."""
        zeros = np.zeros(self.rows.n_features)
        return zeros if self.shift is None else np.asarray(self.shift, dtype=np.float64)

    @property
    def stored_rounding(self) -> float:
        """How exactly the rows are stored, relative to their size: 0 for whole numbers."""
        dtype = self.rows.dtype
        return float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0

    def weights_of_rows(self, W: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return weights (p, A) and intercepts (A,) of the plain rows, given those of these."""
        if self.combinations is not None:
            W, b = self.combinations.weights_of_rows(W, b)
        return W, b if self.shift is None else b - self.shift @ W

    def weights_here(self, W: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the inverse of :meth:`weights_of_rows`."""
        b = b if self.shift is None else b + self.shift @ W
        return (W, b) if self.combinations is None else self.combinations.weights_here(W, b)

    def read(self, block: Block | Together | Held) -> Array:
        """Return the kept rows of a block, (B, p), float32 or float64."""
        if isinstance(block, Held):
            return block.values
        if isinstance(block, Together):
            return np.concatenate([self.read(part) for part in block.parts])
        if self.is_single and self.copy is not None:
            return self.copy[block.rows]
        wanted = np.dtype(np.float32 if self.is_single else np.float64)
        if self.shift is None:
            values = read_as(self.rows, block.start, block.stop, dtype=wanted)[block.keep]
        else:  # before any digit is dropped
            values = self.rows.read(block.start, block.stop)[block.keep]
            in_single = self.is_single and values.dtype == np.float32
            values = values - self.shift.astype(np.float32 if in_single else np.float64)
        if self.combinations is not None:
            values = self.combinations.of_rows(values)
        # What came by a network or lies at an odd place of a file may be out of line with memory:
        # BLAS would copy it for each product.
        return np.require(values.astype(wanted, copy=False), requirements="A")


def first_row(block: Block | Together | Held) -> int:
    """Return the first kept row of a block.

    >>> first_row(Together((Block(4, 8, np.array([1, 3])), Block(8, 9, slice(0, 1)))))
    5
    """
    rows = getattr(block, "parts", (block,))[0].rows
    return rows.start if isinstance(rows, slice) else int(rows[0])


def _in_runs(n: int, total: int, *, length: int, most: int) -> IntArray:
    """Return about ``n`` places in ``range(total)``: in at most ``most`` runs of about ``length``.

    >>> _in_runs(6, 100, length=9, most=2)
    array([ 0,  4,  8, 90, 94, 98])
    """
    if total <= most * length:
        return np.arange(0, total, total // n)
    starts = np.linspace(0, total - length, most).astype(int) // length * length
    return np.add.outer(starts, np.linspace(0, length - 1, math.ceil(n / most)).astype(int)).ravel()


def _one_of_each(n: int, total: int) -> IntArray:
    """Return one of each of ``n`` equal shares of ``range(total)``, each at a random place.

    Regular places would see a task that repeats itself always at the same moment.
    """
    edges = np.arange(n + 1) * total // n
    places = np.random.default_rng(0).random(n) * np.diff(edges)
    return edges[:-1] + places.astype(int)


def _in_groups(blocks: Sequence[Block], n_rows: int) -> tuple[Together, ...]:
    groups: list[Together] = []
    group: list[Block] = []
    total = 0
    for block in blocks:
        group.append(block)
        total += len(block.indices)
        if total >= n_rows:
            groups.append(Together(tuple(group)))
            group, total = [], 0
    return (*groups, Together(tuple(group))) if group else tuple(groups)


def cut(keep: BoolArray, block_rows: int, *, ends: Sequence[int] = ()) -> Iterator[Block]:
    """Yield blocks of ``block_rows`` rows (or less, to end where asked) of which some are kept.

    >>> [(block.start, block.stop) for block in cut(np.ones(10, dtype=bool), 4, ends=[6])]
    [(0, 3), (3, 6), (6, 10)]
    """
    n_rows = len(keep)
    for start, stop in _pieces(n_rows, block_rows, ends):
        kept = np.flatnonzero(keep[start:stop])
        if len(kept) == 0:
            continue
        yield Block(start, stop, _as_slice(kept))


def _pieces(n_rows: int, block_rows: int, ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield where to cut: runs that end where asked, each in equal pieces."""
    if not len(ends):
        yield from ((k, min(k + block_rows, n_rows)) for k in range(0, n_rows, block_rows))
        return
    for first, last in pairwise([0, *ends, n_rows]):
        n_pieces = math.ceil((last - first) / block_rows)
        yield from pairwise(np.linspace(first, last, n_pieces + 1).astype(int).tolist())


def _as_slice(kept: IntArray) -> slice | IntArray:
    """Return indices as a slice where they are one run: it gives a view, not a copy."""
    first, last = int(kept[0]), int(kept[-1])
    return slice(first, last + 1) if len(kept) == last + 1 - first else kept
