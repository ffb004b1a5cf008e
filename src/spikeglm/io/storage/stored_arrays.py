"""Arrays in files, on their way in: what is missing there is said before it is used.

A memory map of a file that has become shorter kills the process where it is read, one of a file
that was replaced shows the old one, and zarr and HDF5 read what is not there as zeros; none of them
says a word.
"""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ... import errors, notices, showing
from ...typing import Array
from .hdf5_reading import Hdf5Reader
from .zarr_reading import ZarrReader

_MAPS = Path("/proc/self/maps")  # Linux
_STORED = {("zarr", "Array"), ("h5py", "Dataset")}


class Reader(Protocol):
    """Reads a stored array."""

    def check(self) -> None:
        """Raise an OSError, or warn, if something is known to be missing."""
        ...

    def gap(self) -> str | None:
        """Say what is made up where others read the array."""
        ...

    def read(self, rows: slice) -> Array:
        """Return some rows; OSError if they are not there."""
        ...


@dataclass(frozen=True, eq=False)
class PlainReader:
    """Reads what makes nothing up: a memory map, or anything with slices that read.

    >>> PlainReader(np.arange(3), "y").read(slice(2))
    array([0, 1])
    """

    values: Any
    name: str

    __repr__ = showing.of_fields

    def check(self) -> None:
        """Nothing is known beforehand."""

    def gap(self) -> str | None:
        """Nothing is known."""
        return None

    def read(self, rows: slice) -> Array:
        """Return some rows."""
        return np.asarray(self.values[rows])


def is_in_file(x: Any) -> bool:
    """Tell whether ``x`` is a memory map, a zarr array or an HDF5 dataset, of any shape.

    >>> is_in_file([1.0])
    False
    """
    is_map = isinstance(x, np.memmap) and getattr(x, "_mmap", None) is not None
    return is_map or _kind(x) in _STORED


def is_open(x: Any) -> bool:
    """Tell whether ``x`` can be asked for its entries: the file of an HDF5 dataset may be closed.

    >>> is_open([1.0])
    True
    """
    return _kind(x) != ("h5py", "Dataset") or bool(x)


def from_file(x: Any, *, name: str) -> Array:
    """Return all of a stored array, in the dtype it is stored in; of a memory map no copy is made.

    Parameters
    ----------
    x :
        What :func:`is_in_file` knows, any shape.
    name :
        What the user calls it.

    Raises
    ------
    OSError
        If the file is closed or too short, or a chunk is missing or damaged.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "y.dat")
    >>> counts = np.memmap(path, np.int8, "w+", shape=(8192, 2))
    >>> from_file(counts, name="y").dtype
    dtype('int8')
    >>> os.truncate(path, 5000)
    >>> from_file(counts, name="y")
    Traceback (most recent call last):
    ...
    spikeglm.errors.StorageError: The file of y is too short. Given: ...
    """
    if isinstance(x, np.memmap):
        check_map(x, name=name)
        return np.asarray(x)
    if not is_open(x):
        raise closed(name)
    reader = reader_of(x, name=name)
    reader.check()
    try:
        return reader.read(slice(None)) if x.shape else np.asarray(x[()])
    except errors.StorageError:
        raise
    except Exception as error:
        raise unreadable(name, error, expected="a stored array, all of it there") from error


def check_behind(x: Any, *, name: str) -> None:
    """Check the dataset that a view of h5py (``dataset.astype``, ``.fields``) reads from.

    Raises
    ------
    OSError
        If its file is closed, or it is not all there.

    >>> check_behind([1.0], name="X")
    """
    dataset = getattr(x, "_dset", None) if _kind(x)[0] == "h5py" else None
    if dataset is None:
        return
    if not is_open(dataset):
        raise closed(name)
    reader_of(dataset, name=name).check()


def reader_of(x: Any, *, name: str) -> Reader:
    """Return what reads a stored array along its first axis, and never what a storage makes up.

    >>> reader_of(np.arange(3), name="y").read(slice(1, 3))
    array([1, 2])
    """
    match _kind(x):
        case ("zarr", "Array"):
            return ZarrReader(x, name)
        case ("h5py", "Dataset"):
            return Hdf5Reader(x, name)
    return PlainReader(x, name)


def warn_of_gaps_behind(x: Any, *, name: str) -> None:
    """Warn if a dask array is made from a storage that makes some of its numbers up.

    Which of them reach the array only Dask knows: it may have cut them off.

    Warns
    -----
    UserWarning
        If chunks of a zarr array or of an HDF5 dataset are not there.

    >>> import dask.array as da
    >>> warn_of_gaps_behind(da.ones(3), name="X")
    """
    graph = getattr(x, "dask", None)
    layers = getattr(graph, "layers", {})
    originals = [layers[key] for key in layers if str(key).startswith("original-")]
    for source in (value for layer in originals for value in layer.values()):
        gap = reader_of(source, name=name).gap() if is_open(source) else None
        if gap is not None:
            kind = "an HDF5 dataset" if _kind(source)[0] == "h5py" else "a zarr array"
            notices.warn(
                f"{name} is computed by Dask from {kind} {gap}; what is not there is read as the "
                "fill value. What to do: nothing if you cut that off; otherwise write the missing "
                "rows, or pass the array itself, of which missing rows are an error."
            )


def closed(name: str) -> OSError:
    """Build the error for a dataset of a file that is no longer open.

    >>> print(closed("X"))
    The file of X is closed. Given: an HDF5 dataset of a closed file. Expected: an open one. ...
    """
    return errors.storage_error(
        f"The file of {name} is closed.",
        given="an HDF5 dataset of a closed file",
        expected="an open one",
        todo="call this inside of 'with h5py.File(...)', or read the dataset first: dataset[:].",
    )


def unreadable(what: str, error: Exception, *, expected: str) -> OSError:
    """Build the error for what a storage could not give, with its own words.

    >>> print(unreadable("y", RuntimeError("chunk 3 is damaged"), expected="all of it"))
    y could not be read. Given: RuntimeError: chunk 3 is damaged. Expected: all of it. ...
    """
    return errors.storage_error(
        f"{what} could not be read.",
        given=f"{type(error).__name__}: {error}",
        expected=expected,
        todo="check the file; nothing was changed.",
    )


def start_in_file(x: np.memmap[Any, Any]) -> int:
    """Return the byte of its file at which a memory map, or a part of one, begins.

    A part keeps the offset of the whole; its address tells where it begins.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "y.dat")
    >>> start_in_file(np.memmap(path, np.int16, "w+", offset=6, shape=(10, 2))[3:])
    18
    """
    start_of_map = np.frombuffer(getattr(x, "_mmap", b""), np.uint8).__array_interface__["data"][0]
    page = x.offset - x.offset % mmap.ALLOCATIONGRANULARITY
    return int(page + x.__array_interface__["data"][0] - start_of_map)


def _kind(x: Any) -> tuple[str, str]:
    return type(x).__module__.partition(".")[0], type(x).__name__


def is_gone(x: np.memmap[Any, Any]) -> bool:
    """Tell whether the file of a memory map has no name, any more: what was mapped is still there.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "y.dat")
    >>> is_gone(np.memmap(path, np.int8, "w+", shape=3))
    False
    """
    return x.filename is None or not os.path.exists(x.filename)


def check_map(x: np.memmap[Any, Any], *, name: str) -> None:
    """Refuse a memory map of a file that is shorter than it, or that is another one by now.

    Raises
    ------
    OSError
        If the file ends before the map, or was replaced since it was mapped.
    """
    if x.filename is None or is_gone(x) or not x.size:
        return
    if is_replaced(x):
        raise replaced(f"The file of {name}", x.filename)
    _, end_in_memory = np.lib.array_utils.byte_bounds(x)
    end = start_in_file(x) + end_in_memory - x.__array_interface__["data"][0]
    size = os.path.getsize(x.filename)
    if size < end:
        raise errors.storage_error(
            f"The file of {name} is too short.",
            given=f"{x.filename}, of {size} bytes",
            expected=f"{end} bytes, {x.shape} of {x.dtype}",
            todo="write the file again; nothing was changed.",
        )


def replaced(what: str, path: Any) -> OSError:
    """Build the error for a memory map that shows another file than the one of its name.

    >>> print(replaced("X.dat", "X.dat"))
    X.dat was replaced. Given: a memory map of what X.dat was before. Expected: ...
    """
    return errors.storage_error(
        f"{what} was replaced.",
        given=f"a memory map of what {path} was before",
        expected="one of the file that is there now",
        todo="map the file again: np.memmap(...), or np.load(..., mmap_mode='r').",
    )


def is_replaced(x: np.memmap[Any, Any]) -> bool:
    """Tell whether the name of a memory map leads to another file by now; only Linux knows.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "y.dat")
    >>> counts = np.memmap(path, np.int8, "w+", shape=3)
    >>> is_replaced(counts)
    False
    """
    if is_gone(x) or not x.size or not _MAPS.exists():
        return False
    name, address = str(x.filename), x.__array_interface__["data"][0]
    for line in _MAPS.read_bytes().splitlines():
        span, _, _, _, inode, *path = line.split(maxsplit=5)
        first, stop = (int(part, 16) for part in span.split(b"-"))
        if first <= address < stop:
            is_its_name = path == [os.path.realpath(name).encode(errors="surrogateescape")]
            return not is_its_name and int(inode) != os.stat(name).st_ino
    return False
