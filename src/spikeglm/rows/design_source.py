"""What a design computes its blocks with: features of signals, all rows of them or a part."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .. import showing
from ..io.interop.row_labels import RowLabels
from ..io.interop.timeseries import TimeAxis
from ..settings import get_config
from ..typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from .design import Reader, Signals

_BLOCK_BYTES = 2**22  # of output per turn of a thread: big enough to hide Python, small for cache
_DOUBLE = np.dtype(np.float64)


class Source(Protocol):
    """What a Design reads from: features of signals, with everything about them decided."""

    @property
    def n_inputs(self) -> int:
        """How many signals."""

    @property
    def readers(self) -> tuple[Reader, ...]:
        """How each of the signals is read."""

    @property
    def n_rows(self) -> int:
        """T."""

    @property
    def n_columns(self) -> int:
        """p."""

    def at(self, signals: Signals) -> Source:
        """Return the same features of other signals."""

    def components(self) -> Sequence[Any]:
        """Return the parts whose columns stand side by side."""

    def write(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, p), float32 or 64; thread-safe."""

    def finite(self, start: int, stop: int) -> BoolArray:
        """Return (stop - start,) True where every feature is finite, without computing them."""

    def edges(self) -> BoolArray:
        """Return (T,) True where a window leaves its epoch."""


@dataclass(frozen=True, eq=False)
class PartOfSource:
    """Rows ``first:last`` of a source, which see the samples that they see there.

    New signals are placed in the features of the whole: all of their rows.
    """

    whole: Source
    first: int
    last: int

    __repr__ = showing.of_fields

    @property
    def n_inputs(self) -> int:
        """How many signals."""
        return self.whole.n_inputs

    @property
    def readers(self) -> tuple[Reader, ...]:
        """How each of the signals is read."""
        return self.whole.readers

    @property
    def n_rows(self) -> int:
        """Rows of the part."""
        return self.last - self.first

    @property
    def n_columns(self) -> int:
        """p."""
        return self.whole.n_columns

    def at(self, signals: Signals) -> Source:
        """Return the same features of other signals."""
        return self.whole.at(signals)

    def components(self) -> Sequence[Any]:
        """Return nothing: parts of the whole tell of all of its rows."""
        return ()

    def write(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` of the part."""
        self.whole.write(self.first + start, self.first + stop, out)

    def finite(self, start: int, stop: int) -> BoolArray:
        """Return (stop - start,) True where every feature is finite."""
        return self.whole.finite(self.first + start, self.first + stop)

    def edges(self) -> BoolArray:
        """Return True where a window leaves its epoch."""
        return self.whole.edges()[self.first : self.last]


def part_of_axis(axis: TimeAxis | None, first: int, last: int) -> TimeAxis | None:
    """Return the times of rows ``first:last``."""
    if axis is None:
        return None
    inside = axis.epoch_starts[(axis.epoch_starts > first) & (axis.epoch_starts < last)]
    starts = np.concatenate([[0], inside - first]).astype(np.intp)
    return replace(axis, times=axis.times[first:last], epoch_starts=starts)


def part_of_labels(labels: RowLabels | None, first: int, last: int) -> RowLabels | None:
    """Return what rows ``first:last`` are called."""
    if labels is None:
        return None
    index = None if labels.index is None else labels.index[first:last]
    return RowLabels(labels.called, part_of_axis(labels.time_axis, first, last), index)


def written_out(
    source: Source,
    start: int = 0,
    stop: int | None = None,
    *,
    dtype: np.dtype[Any] = _DOUBLE,
) -> FloatArray:
    """Write rows ``start:stop`` of a source as an array: blocks of rows in a pool of threads."""
    n_rows = (source.n_rows if stop is None else stop) - start
    table = np.empty((n_rows, source.n_columns), dtype)
    rows = max(1024, _BLOCK_BYTES // (8 * max(source.n_columns, 1)))
    starts = range(0, n_rows, rows)

    def write(first: int) -> None:
        last = min(first + rows, n_rows)
        source.write(start + first, start + last, table[first:last])

    n_threads = min(get_config().workers, len(starts))
    if n_threads < 2:
        for first in starts:
            write(first)
        return table
    with ThreadPoolExecutor(n_threads) as pool:
        for _ in pool.map(write, starts):
            pass
    return table
