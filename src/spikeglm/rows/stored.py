"""Rows that stay where they are stored: ``numpy.memmap``, zarr arrays, HDF5 datasets.

Only the blocks that are being worked on are in memory. Integers and float32 travel as they are
stored, and become what a product needs when it needs them.
"""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .. import errors
from ..typing import Array, BoolArray
from .arrays import finite_rows

_SCAN_BYTES = 2**24
_DEFAULT_BLOCK_ROWS = 1024


@dataclass(frozen=True, eq=False)
class StoredRows:
    """A stored (T, p) array as a table of rows; a block is read from storage when it is its turn.

    Parameters
    ----------
    values :
        A ``numpy.memmap``, zarr array, HDF5 dataset, or anything with ``shape``, ``dtype`` and
        slices that read.
    names :
        p feature names, or None.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "X.dat")
    >>> X = np.memmap(path, dtype=np.float32, mode="w+", shape=(5, 2))
    >>> X[3] = 1.0, 2.0
    >>> StoredRows(X).read(2, 4)
    array([[0., 0.],
           [1., 2.]], dtype=float32)
    """

    values: Any
    names: tuple[str, ...] | None = None
    time_axis: Any = field(default=None)

    is_stored = True

    @property
    def waits_for_storage(self) -> bool:
        """Whether it is worth while to read ahead; of a plain file the system does it by itself."""
        return self._file is None

    @property
    def n_rows(self) -> int:
        """T, the number of time bins."""
        return int(self.values.shape[0])

    @property
    def n_features(self) -> int:
        """p, the number of features."""
        return int(self.values.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the stored array."""
        return np.dtype(self.values.dtype)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names given, or ``x0, x1, ...``."""
        return self.names or tuple(f"x{j}" for j in range(self.n_features))

    @property
    def efficient_block_rows(self) -> int:
        """The rows of a chunk, where the storage has them: reading half of one costs all."""
        chunks = getattr(self.values, "chunks", None)
        return int(chunks[0]) if chunks else _DEFAULT_BLOCK_ROWS

    def read(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop`` as stored.

        Raises
        ------
        OSError
            If the storage cannot give them: a truncated file, a chunk that is missing or damaged.
        """
        start, stop, _ = slice(start, stop).indices(self.n_rows)
        if self._file is not None:
            return self._file.read(start, stop)
        try:
            return np.asarray(self.values[start:stop])
        except Exception as error:
            raise errors.storage_error(
                f"Rows {start} to {stop} of X could not be read.",
                given=f"{type(error).__name__}: {error}",
                expected=f"an array of {self.n_rows} rows, all of them stored",
                todo="check the file; nothing was changed.",
            ) from error

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where every feature of the row is finite; computed once, in one read."""
        return self._valid_rows

    @cached_property
    def _valid_rows(self) -> BoolArray:
        self._check_complete()
        valid = np.ones(self.n_rows, dtype=bool)
        step = max(self.efficient_block_rows, _SCAN_BYTES // max(self._row_bytes, 1))
        if self.dtype.kind not in "biu":
            for start in range(0, self.n_rows, step):
                valid[start : start + step] = finite_rows(self.read(start, start + step))
        valid.flags.writeable = False
        return valid

    def _check_complete(self) -> None:
        """Refuse a zarr array of measurements with chunks that are not there.

        zarr reads them as its fill value without a word. Among counts a chunk of zeros is usual,
        and zarr leaves it out by itself.
        """
        n_chunks, n_there = (getattr(self.values, n, 0) for n in ("nchunks", "nchunks_initialized"))
        if self.dtype.kind == "f" and n_there < n_chunks:
            raise errors.storage_error(
                "Chunks of X are missing.",
                given=f"a zarr array with {n_there} of {n_chunks} chunks",
                expected="all of its chunks",
                todo="write the missing rows; if they are zeros, store them with "
                "config={'write_empty_chunks': True}.",
            )

    @property
    def _row_bytes(self) -> int:
        return self.n_features * self.dtype.itemsize

    @cached_property
    def _file(self) -> MappedFile | None:
        return MappedFile.of(self.values) if isinstance(self.values, np.memmap) else None


@dataclass(frozen=True)
class MappedFile:
    """The part of a file that a memory map shows, read as a file.

    Reading through the map would count all of it as memory of this process, and kill the process
    where the file has become shorter.
    """

    path: Path
    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, int]

    @classmethod
    def of(cls, values: np.memmap[Any, Any]) -> MappedFile | None:
        """Return where the rows lie; None where they are no plain run of bytes of a file."""
        mapping, path = getattr(values, "_mmap", None), getattr(values, "filename", None)
        is_plain = values.flags.c_contiguous and getattr(values, "mode", "c") != "c"
        if mapping is None or path is None or not is_plain:
            return None
        # A slice of a map keeps the offset of the whole; its address tells where it begins.
        start_of_map = np.frombuffer(mapping, np.uint8).__array_interface__["data"][0]
        page = values.offset - values.offset % mmap.ALLOCATIONGRANULARITY
        offset = page + values.__array_interface__["data"][0] - start_of_map
        return cls(Path(path), offset, values.dtype, (values.shape[0], values.shape[1]))

    def read(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop``; OSError if the file ends before."""
        values = np.empty((stop - start, self.shape[1]), self.dtype)
        first = self.offset + start * values.strides[0]
        with self.path.open("rb", buffering=0) as file:
            file.seek(first)
            n_bytes = file.readinto(values.data.cast("B")) if values.size else 0
            _read_soon(file.fileno(), first + values.nbytes, values.nbytes)
        if n_bytes < values.nbytes:
            raise errors.storage_error(
                f"{self.path} is too short.",
                given=f"a file that ends in row {start + n_bytes // values.strides[0]}",
                expected=f"{self.shape[0]} rows of {values.strides[0]} bytes",
                todo="write the file again; nothing was changed.",
            )
        return values


def _read_soon(file: int, start: int, n_bytes: int) -> None:
    """Tell the system which bytes are wanted next, where it can be told: it fetches them now."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file, start, n_bytes, os.POSIX_FADV_WILLNEED)


def is_stored(x: Any) -> bool:
    """Tell whether ``x`` is a stored array: a memory map, a zarr array or an HDF5 dataset.

    >>> is_stored([[1.0, 2.0]])
    False
    """
    if isinstance(x, np.memmap):
        return x.ndim == 2 and getattr(x, "mode", "c") != "c" and x.flags.c_contiguous
    package = type(x).__module__.partition(".")[0]
    return package in {"zarr", "h5py"} and len(getattr(x, "shape", ())) == 2
