"""Numbers per row that stay where they are stored: responses too many for memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..io.storage.stored_arrays import check_map, is_gone
from ..settings import get_config
from ..typing import Array, BoolArray, IntArray
from .contract import Rows
from .stored import StoredRows, is_stored

_SHARE_TO_HOLD = 1 / 8  # of the memory budget
_PIECE_BYTES = 2**22  # read at a time
_FAR = 4096  # rows between two that are wanted, beyond which those between are not read


@dataclass(frozen=True, eq=False)
class StoredSeries:
    """A stored (T, S) table that is indexed by rows like an array, and reads no others.

    Parameters
    ----------
    table :
        The table.
    held_bytes :
        Up to which size whole chunks of the storage are kept, by each thread, until it asks for
        rows of others.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "y.dat")
    >>> counts = np.memmap(path, np.int8, "w+", shape=(6, 2))
    >>> counts[:, 0] = np.arange(6)
    >>> series = StoredSeries(StoredRows(counts))
    >>> series[np.array([4, 1])]
    array([[4, 0],
           [1, 0]], dtype=int8)
    """

    table: Rows
    held_bytes: int = 0
    _held: threading.local = field(default_factory=threading.local, repr=False)

    is_stored = True
    ndim = 2

    @property
    def shape(self) -> tuple[int, int]:
        """(T, S)."""
        return self.table.n_rows, self.table.n_features

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the stored numbers."""
        return self.table.dtype

    @property
    def size(self) -> int:
        """T S."""
        return self.table.n_rows * self.table.n_features

    @property
    def nbytes(self) -> int:
        """What all of it would take in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        """T."""
        return self.table.n_rows

    def __getitem__(self, rows: slice | IntArray) -> Array:
        """Return some rows, (B, S), as stored: a run of them, or indices in any order.

        Raises
        ------
        OSError
            If the storage cannot give them.
        """
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            return self._run(start, stop)[::step]
        order = np.argsort(rows, kind="stable")
        wanted = rows[order]
        out = np.empty((len(rows), self.shape[1]), self.dtype)
        for part in np.split(np.arange(len(wanted)), np.flatnonzero(np.diff(wanted) > _FAR) + 1):
            if len(part):
                first, last = int(wanted[part[0]]), int(wanted[part[-1]])
                out[order[part]] = self._run(first, last + 1)[wanted[part] - first]
        return out

    def finite_rows(self) -> BoolArray:
        """Return (T,) True where all numbers of a row are finite."""
        return self.table.valid_rows()

    def _run(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop``; where half of a chunk costs all of it, by whole chunks."""
        chunk = self.table.efficient_block_rows
        first, last = start - start % chunk, min(-(-stop // chunk) * chunk, len(self))
        row_bytes = self.shape[1] * self.dtype.itemsize
        pays = getattr(self.table, "waits_for_storage", False) and chunk > stop - start
        if not pays or (last - first) * row_bytes > self.held_bytes:
            return self.table.read(start, stop)
        held = getattr(self._held, "run", None)
        if held is None or not (held[0] <= start and stop <= held[1]):
            held = self._held.run = first, last, self.table.read(first, last)
        return held[2][start - held[0] : stop - held[0]]


def stored_series(values: Any, *, name: str) -> Array | StoredSeries | None:
    """Return numbers per row that are stored: read if they take little of the memory budget.

    Parameters
    ----------
    values :
        A memory map (T,) or (T, S), a zarr array or HDF5 dataset (T, S).
    name :
        What the user calls it.

    Returns
    -------
    numpy.ndarray, StoredSeries or None
        Shaped like the values. None for anything else.

    Raises
    ------
    OSError
        If the storage cannot give them.

    >>> stored_series(np.zeros((2, 1)), name="y") is None
    True
    """
    is_single = isinstance(values, np.memmap) and values.ndim == 1
    table = values[:, None] if is_single else values
    if not is_stored(table) or (isinstance(table, np.memmap) and is_gone(table)):
        return None
    if isinstance(table, np.memmap):
        check_map(table, name=name)
    settings = get_config()
    budget = int(_SHARE_TO_HOLD * settings.memory_bytes)
    series = StoredSeries(StoredRows.checked(table, called=name), budget // settings.workers)
    if is_single:
        return series[:][:, 0]
    return series[:] if series.nbytes <= budget else series


def pieces(values: Array | StoredSeries) -> Iterator[slice]:
    """Yield slices of consecutive rows of (T, S) numbers, a few MiB each.

    >>> list(pieces(np.zeros((3, 1))))
    [slice(0, 3, None)]
    """
    n_rows = len(values)
    step = max(1, _PIECE_BYTES // max(1, values.shape[1] * values.dtype.itemsize))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
