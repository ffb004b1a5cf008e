"""Data in another order: rows that come from elsewhere, as they are read, never copied.

A *move* says for each row from which row it comes. What is moved is the response (with its row
weights and offset), or some of the features, while all else stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from ... import showing
from ...engine.columns import Columns, Source
from ...rows.contract import Rows
from ...rows.sections import Part
from ...rows.terms import Term, terms_of
from ...typing import Array, BoolArray, IntArray


class Move(Protocol):
    """Where rows come from."""

    def of(self, rows: IntArray) -> IntArray:
        """Return (B,) the rows that come to lie at some rows (B,)."""
        ...


@dataclass(frozen=True)
class Rolled:
    """Row t + ``steps`` comes to lie at row t; what leaves T rows at one end enters at the other.

    >>> Rolled(1, 4).of(np.arange(4))
    array([1, 2, 3, 0])
    """

    steps: int
    n_rows: int

    def of(self, rows: IntArray) -> IntArray:
        """Return (B,) the rows that come to lie at some rows (B,)."""
        return (rows + self.steps) % self.n_rows


@dataclass(frozen=True, eq=False)
class Exchanged:
    """Row k of one session comes to lie at row k of another.

    Attributes
    ----------
    session, place :
        (T,) the session of each row, -1 for rows that stay, and how many rows of it come before.
    starts :
        (S,) first row of each session.
    order :
        (S,) which session comes to lie at each.

    >>> Exchanged(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0, 2]),
    ...           np.array([1, 0])).of(np.arange(4))
    array([2, 3, 0, 1])
    """

    session: IntArray
    place: IntArray
    starts: IntArray
    order: IntArray

    __repr__ = showing.of_fields

    def of(self, rows: IntArray) -> IntArray:
        """Return (B,) the rows that come to lie at some rows (B,)."""
        session = self.session[rows]
        there = self.starts[self.order[session]] + self.place[rows]
        return np.where(session < 0, rows, there)


@dataclass(frozen=True, eq=False)
class MovedSeries:
    """Numbers per row (T, S) under D moves, side by side: (T, D S), gathered block by block.

    >>> y = np.arange(4)[:, None]
    >>> MovedSeries(y, (Rolled(0, 4), Rolled(1, 4)))[1:3]
    array([[1, 2],
           [2, 3]])
    """

    values: Any
    moves: tuple[Move, ...]

    __repr__ = showing.of_fields
    ndim = 2

    @property
    def shape(self) -> tuple[int, int]:
        """(T, D S)."""
        return self.values.shape[0], self.values.shape[1] * len(self.moves)

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the numbers."""
        dtype: np.dtype[Any] = self.values.dtype
        return dtype

    def __len__(self) -> int:
        """T."""
        return len(self.values)

    def __getitem__(self, rows: slice | IntArray) -> Array:
        """Return (B, D S) of a slice of rows or of some."""
        places = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else rows
        return np.concatenate([self.values[move.of(places)] for move in self.moves], axis=1)


@dataclass(frozen=True, eq=False)
class MovedRows(Part):
    """A table of which some features (p,) come from other rows.

    >>> from spikeglm.rows import ArrayRows
    >>> table = ArrayRows(np.column_stack([np.arange(4.0), np.arange(4.0)]))
    >>> MovedRows(table, Rolled(1, 4), np.array([False, True])).read(2, 4)
    array([[2., 3.],
           [3., 0.]])
    """

    move: Move
    is_moved: BoolArray

    __repr__ = showing.of_fields

    @property
    def n_rows(self) -> int:
        """T."""
        return self.whole.n_rows

    @property
    def time_axis(self) -> None:
        """None: what lies in a row is of several times."""
        return

    @property
    def efficient_block_rows(self) -> int:
        """That of the whole."""
        return self.whole.efficient_block_rows

    @property
    def terms(self) -> tuple[Term, ...]:
        """Those of the whole."""
        return terms_of(self.whole)

    def read(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop``."""
        stop = min(stop, self.n_rows)
        values = _gathered(self.whole, self.move.of(np.arange(start, stop)))
        if not self.is_moved.all():
            stays = ~self.is_moved
            values[:, stays] = self.whole.read(start, stop)[:, stays]
        return values

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where a row is finite, and the one that it takes from."""
        valid = self.whole.valid_rows()
        return valid & valid[self.move.of(np.arange(self.n_rows))]


@dataclass(frozen=True, eq=False)
class ReplacedRows(Part):
    """A table of which some features (p,) are those of another table (T, q).

    >>> from spikeglm.rows import ArrayRows
    >>> table, other = ArrayRows(np.zeros((3, 2))), ArrayRows(np.ones((3, 1)))
    >>> ReplacedRows(table, other, np.array([False, True])).read(0, 1)
    array([[0., 1.]])
    """

    other: Rows
    is_replaced: BoolArray

    __repr__ = showing.of_fields

    @property
    def n_rows(self) -> int:
        """T."""
        return self.whole.n_rows

    @property
    def time_axis(self) -> Any:
        """That of the whole."""
        return self.whole.time_axis

    @property
    def efficient_block_rows(self) -> int:
        """The longer of both."""
        return max(self.whole.efficient_block_rows, self.other.efficient_block_rows)

    @property
    def terms(self) -> tuple[Term, ...]:
        """Those of the whole."""
        return terms_of(self.whole)

    def read(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop``."""
        stop = min(stop, self.n_rows)
        values = np.array(self.whole.read(start, stop), dtype=float)
        values[:, self.is_replaced] = self.other.read(start, stop)
        return values

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where both tables are finite."""
        return self.whole.valid_rows() & self.other.valid_rows()


def moved_columns(columns: Columns, moves: tuple[Move, ...]) -> Columns:
    """Return N columns under each of D moves of response, row weights and offset, D N of them."""
    each = np.tile(np.arange(columns.n_columns), len(moves))

    def moved(source: Source) -> Source:
        n_series = source.values.shape[1]
        of = np.add.outer(n_series * np.arange(len(moves)), source.of)
        return Source(MovedSeries(source.values, moves), of.ravel())

    return replace(
        columns.take(each),
        responses=moved(columns.responses),
        weights=None if columns.weights is None else moved(columns.weights),
        offsets=None if columns.offsets is None else moved(columns.offsets),
    )


def _gathered(rows: Rows, places: IntArray) -> Array:
    """Return rows (B, p) from places (B,), of which most follow one another; a new array."""
    breaks = np.flatnonzero(np.diff(places) != 1) + 1
    runs = np.split(places, breaks)
    return np.concatenate([rows.read(int(run[0]), int(run[-1]) + 1) for run in runs if len(run)])
