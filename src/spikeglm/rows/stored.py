"""Rows that stay where they are stored: ``numpy.memmap``, zarr arrays, HDF5 datasets.

Only the blocks that are being worked on are in memory. Integers and float32 travel as they are
stored, and become what a product needs when it needs them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .. import errors, showing
from ..io.storage.stored_arrays import Reader, is_in_file, is_open, reader_of, unreadable
from ..settings import get_config
from ..typing import Array, BoolArray
from .files import ChunkFiles, MappedFile
from .scanning import valid_as_read
from .terms import Term

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
    called :
        What the user calls the table.
    terms :
        What its columns mean; () where nobody said it.

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
    called: str = "X"
    terms: tuple[Term, ...] = ()

    __repr__ = showing.of_fields
    names_field = "names"

    is_stored = True

    @classmethod
    def checked(cls, values: Any, *, called: str) -> StoredRows:
        """Return the rows of a stored array, of which it is known to be whole, where that can be.

        Raises
        ------
        OSError
            If something is missing.

        Warns
        -----
        UserWarning
            If something may be missing.
        """
        rows = cls(values, called=called)
        rows._reader.check()
        return rows

    @property
    def waits_for_storage(self) -> bool:
        """Whether it is worth while to read ahead; of plain files the system does it by itself."""
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
        as_files = self._file.read(start, stop) if self._file is not None else None
        if as_files is not None:
            return as_files
        try:
            return self._reader.read(slice(start, stop))
        except errors.StorageError:
            raise
        except Exception as error:
            what = f"Rows {start} to {stop} of {self.called}"
            expected = f"an array of {self.n_rows} rows, all of them stored"
            raise unreadable(what, error, expected=expected) from error

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where every feature of the row is finite; computed once, in one read."""
        return self._valid_rows

    @cached_property
    def _valid_rows(self) -> BoolArray:
        valid = valid_as_read(self, n_threads=get_config().workers)
        valid.flags.writeable = False
        return valid

    @cached_property
    def _reader(self) -> Reader:
        return reader_of(self.values, name=self.called)

    @cached_property
    def _file(self) -> MappedFile | ChunkFiles | None:
        if isinstance(self.values, np.memmap):
            return MappedFile.of(self.values)
        return ChunkFiles.of(self.values) if _package(self.values) == "zarr" else None


def is_stored(x: Any) -> bool:
    """Tell whether ``x`` is a table of real numbers in a memory map, zarr array or HDF5 dataset.

    >>> is_stored([[1.0, 2.0]])
    False
    """
    if not is_in_file(x) or not is_open(x) or len(x.shape) != 2 or x.dtype.kind not in "biuf":
        return False
    return not isinstance(x, np.memmap) or (x.mode != "c" and x.flags.c_contiguous)


def _package(x: Any) -> str:
    return type(x).__module__.partition(".")[0]
