"""A few sizes for all: programs are compiled per shape, so shapes are rounded up.

Rows are rounded up by repeating the last one, with weight zero; columns by repeating the first.
What is repeated is a point at which the model has a value, as zeros might not be.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...typing import Array, IntArray

_FEWEST_ROWS = 256  # a smaller block is filled up to it, so that few shapes are compiled
_LONGEST_RUN = 1024  # rows summed in float32: two digits are lost, not four
_FEWEST_COLUMNS = 8  # fewer cost as much: the time goes into reading the rows
_OCTAVES_TO = 64
_EACH = (1, 4, 16)  # columns of a program that is written out column by column


def rounded_up(n: int, *, fewest: int = _FEWEST_COLUMNS) -> int:
    """Return a size >= n, of few: powers of two up to 64, then four sizes between two of them.

    Rounding costs at most a quarter above 64.

    >>> [rounded_up(n) for n in (1, 9, 30, 64, 65, 831)]
    [8, 16, 32, 64, 80, 896]
    """
    octave = 1 << (max(n, fewest) - 1).bit_length()
    if octave <= _OCTAVES_TO:
        return octave
    step = octave // 8
    return -(-n // step) * step


def written_out(n: int) -> int:
    """Return a size >= n, up to 16, for a program whose length and work grow with its columns.

    >>> [written_out(n) for n in (1, 2, 5)]
    [1, 4, 16]
    """
    return next(size for size in _EACH if size >= n)


def rows_of(n: int, n_devices: int) -> int:
    """Return the rows, >= n, of a block on the devices: a power of two on each.

    >>> rows_of(1000, 1), rows_of(10, 3)
    (1024, 384)
    """
    each = -(-max(n, _FEWEST_ROWS) // n_devices)
    return n_devices << (each - 1).bit_length()


def run_length(n_rows: int, n_devices: int) -> int:
    """Return how many rows of a block are summed up in float32 before float64 takes over.

    A sum of 1000 numbers in float32 has lost about two digits more than one of them.
    """
    return min(_LONGEST_RUN, n_rows // n_devices)


def padded(values: Array, n_rows: int, n_series: int | None = None) -> Array:
    """Return (n_rows, n_series) with the last row, and the first series, repeated at the end."""
    if n_series is not None and n_series > values.shape[1]:
        first = np.broadcast_to(values[:, :1], (len(values), n_series - values.shape[1]))
        values = np.concatenate([values, first], axis=1)
    if n_rows > len(values):
        last = np.broadcast_to(values[-1:], (n_rows - len(values), values.shape[1]))
        values = np.concatenate([values, last])
    return values


class Widened(NamedTuple):
    """Columns with repeated ones among them."""

    columns: IntArray  # the columns, as many as programs are compiled for
    kept: IntArray  # which of them answer for themselves


def widened(columns: IntArray, size: int, n_classes: int = 1) -> Widened:
    """Return columns with the first of each class repeated, up to ``size`` per class.

    >>> widened(np.array([5, 6, 7]), 4)
    Widened(columns=array([5, 6, 7, 5]), kept=array([0, 1, 2]))
    """
    by_class = columns.reshape(n_classes, -1)
    n = by_class.shape[1]
    repeated = np.repeat(by_class[:, :1], size - n, axis=1)
    kept = np.arange(n_classes)[:, None] * size + np.arange(n)
    return Widened(np.concatenate([by_class, repeated], axis=1).ravel(), kept.ravel())
