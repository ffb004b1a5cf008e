"""Arrays in files, on their way in: what is missing there is said before it is used.

A memory map of a file that has become shorter kills the process where it is read, and zarr reads
a chunk that is not there as zeros; neither says a word.
"""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np

from .. import errors
from ..typing import Array

_STORED = {("zarr", "Array"), ("h5py", "Dataset")}


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
    OSError: The file of y is too short. Given: ...y.dat, of 5000 bytes. Expected: 16384 bytes, ...
    """
    if isinstance(x, np.memmap):
        check_length(x, name=name)
        return np.asarray(x)
    if not is_open(x):
        raise closed(name)
    check_chunks(x, name=name)
    try:
        return np.asarray(x[...])
    except Exception as error:
        raise unreadable(name, error, expected="a stored array, all of it there") from error


def check_chunks(x: Any, *, name: str) -> None:
    """Refuse a zarr array of measurements with chunks that are not there.

    zarr reads them as its fill value without a word. Among counts a chunk of zeros is usual,
    and zarr leaves it out by itself.

    Raises
    ------
    OSError
        If one is missing.

    >>> check_chunks([1.0], name="X")
    """
    n_chunks, n_there = (getattr(x, n, 0) for n in ("nchunks", "nchunks_initialized"))
    if n_there < n_chunks and np.dtype(x.dtype).kind == "f":
        raise errors.storage_error(
            f"Chunks of {name} are missing.",
            given=f"a zarr array with {n_there} of {n_chunks} chunks",
            expected="all of its chunks",
            todo="write the missing rows; if they are zeros, store them with "
            "config={'write_empty_chunks': True}.",
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


def check_length(x: np.memmap[Any, Any], *, name: str) -> None:
    """Refuse a memory map of a file that is shorter than it.

    Raises
    ------
    OSError
        If the file ends before the map.
    """
    if x.filename is None or is_gone(x) or not x.size:
        return
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
