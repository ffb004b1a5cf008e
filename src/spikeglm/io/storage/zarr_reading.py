"""zarr arrays on their way in: a chunk that is not there is never read as its fill value.

zarr reads what was never written, or was lost, as the fill value of the array, without a word.
Floats are therefore read with NaN as the fill value, and where a NaN comes out zarr is asked once
more: what it calls a number then is one that it made up. Integers have no NaN, and zarr leaves out
chunks that are all fill value by itself; so there the chunks are counted.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ... import errors, notices, showing
from ...typing import Array


@dataclass(frozen=True, eq=False)
class ZarrReader:
    """Reads a zarr array of any shape along its first axis, or says what is not there.

    Parameters
    ----------
    values :
        The zarr array.
    name :
        What the user calls it.

    Examples
    --------
    >>> import zarr
    >>> values = zarr.create_array({}, shape=(6,), chunks=(3,), dtype="f8")
    >>> values[:3] = 1.0
    >>> ZarrReader(values, "X").read(slice(0, 3))
    array([1., 1., 1.])
    >>> ZarrReader(values, "X").read(slice(0, 6))
    Traceback (most recent call last):
    ...
    spikeglm.errors.StorageError: Chunks of X are missing. Given: ...
    """

    values: Any
    name: str

    __repr__ = showing.of_fields

    def check(self) -> None:
        """Say once what cannot be told later: integers of which chunks are not stored.

        Raises
        ------
        OSError
            If none of them can have been left out by zarr.

        Warns
        -----
        UserWarning
            If zarr may have left them out.
        """
        if np.dtype(self.values.dtype).kind not in "biu" or self._is_whole:
            return
        if self._fill is None:
            raise self._missing(f"with {self._counted}")
        notices.warn(
            f"{self.name} has {self._counted}; the others are read as {self._fill}. zarr leaves "
            f"out chunks that are {self._fill} all over, and a chunk that was never written or is "
            "lost looks the same. What to do: nothing if there is nothing else in them; to be sure "
            "of it, store them with config={'write_empty_chunks': True}."
        )

    def gap(self) -> str | None:
        """Say what others than this reader would be made up for, as far as can be counted."""
        says_nan = np.dtype(self.values.dtype).kind == "f" and self._marked is None
        return None if says_nan or self._is_whole else f"with {self._counted}"

    def read(self, rows: slice) -> Array:
        """Return some rows.

        Raises
        ------
        OSError
            If a chunk is missing.
        """
        read = np.asarray((self.values if self._marked is None else self._marked)[rows])
        if self._marked is not None and np.isnan(read).any():
            self._check_marks(read, rows)
        if read.dtype.kind in "biu" and self._is_whole and self._may_have_lost(read, rows):
            missing = self.values.nchunks - self.values.nchunks_initialized
            if missing:
                raise self._missing(f"that has lost {missing} chunks since it was opened")
        return read

    @property
    def _fill(self) -> Any:
        """What zarr reads where nothing is; None where the array has no such value."""
        return self.values.metadata.fill_value

    @property
    def _counted(self) -> str:
        return f"{self.values.nchunks_initialized} of {self.values.nchunks} chunks"

    @cached_property
    def _is_whole(self) -> bool:
        return bool(self.values.nchunks_initialized >= self.values.nchunks)

    @cached_property
    def _marked(self) -> Any:
        """The array with NaN as the fill value; None where it has it, or can have none."""
        dtype, fill = np.dtype(self.values.dtype), self._fill
        if dtype.kind != "f" or (fill is not None and not np.isfinite(fill)):
            return None
        inner = self.values.async_array
        marked = dataclasses.replace(inner.metadata, fill_value=dtype.type(np.nan))
        return type(self.values)(dataclasses.replace(inner, metadata=marked))

    def _check_marks(self, read: Array, rows: slice) -> None:
        """Raise if zarr makes up a number for a NaN that was read."""
        made_up = np.isnan(read) & ~np.isnan(np.asarray(self.values[rows]))
        if not made_up.any():
            return
        first = rows.indices(self.values.shape[0])[0]
        where = first + np.flatnonzero(made_up.reshape(len(made_up), -1).any(axis=1))
        raise self._missing(f"without a chunk for rows {where[0]} to {where[-1] + 1}")

    def _may_have_lost(self, read: Array, rows: slice) -> bool:
        """Tell whether all that was read of some chunk is the fill value."""
        if read.ndim != 2 or not read.size:
            return False
        is_fill = read == self._fill
        height, width = self.values.shards or self.values.chunks
        start = rows.indices(self.values.shape[0])[0]
        tops = [0, *range(height - start % height, len(read), height)]
        lefts = range(0, read.shape[1], width)
        per_chunk = np.logical_and.reduceat(np.logical_and.reduceat(is_fill, tops), lefts, axis=1)
        return bool(per_chunk.any())

    def _missing(self, what: str) -> OSError:
        return errors.storage_error(
            f"Chunks of {self.name} are missing.",
            given=f"a zarr array {what}, which zarr reads as {self._fill}",
            expected="all of its chunks",
            todo="write the missing rows; if that is what they are, store them with "
            "config={'write_empty_chunks': True}.",
        )
