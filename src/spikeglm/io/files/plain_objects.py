"""Entries of npz files that hold objects: plain ones are read, and nothing of them can run.

Pynapple saves metadata as a dict of arrays, which NumPy pickles. A pickle may call what it wants:
here it may make NumPy arrays, numbers, text, lists and dicts, and anything else is not read.
"""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

_PLAIN = {
    (module, name)
    for module in ("numpy._core.multiarray", "numpy.core.multiarray")
    for name in ("_reconstruct", "scalar")
} | {("numpy", "ndarray"), ("numpy", "dtype"), ("numpy._core.numeric", "_frombuffer")}


class PlainUnpickler(pickle.Unpickler):
    """Makes arrays, numbers, text, lists and dicts, and calls nothing else.

    >>> import io
    >>> PlainUnpickler(io.BytesIO(pickle.dumps({"a": np.arange(2)}))).load()
    {'a': array([0, 1])}
    >>> PlainUnpickler(io.BytesIO(pickle.dumps(print))).load()
    Traceback (most recent call last):
    ...
    _pickle.UnpicklingError: builtins.print is not plain
    """

    def find_class(self, module: str, name: str) -> Any:
        """Return what makes an array."""
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not plain")


def read_npz_entries(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the entries of an npz file by name, and the names of those that are not plain.

    Raises
    ------
    zipfile.BadZipFile, OSError, ValueError, EOFError
        If it is no zip file of arrays.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "a.npz")
    >>> np.savez(path, t=np.arange(2), more=np.array({"area": "CA1"}), bad=np.array(print))
    >>> read_npz_entries(path)
    ({'t': array([0, 1]), 'more': {'area': 'CA1'}}, ['bad'])
    """
    found: dict[str, Any] = {}
    left_out = []
    with zipfile.ZipFile(path) as archive:
        for entry in archive.namelist():
            if not entry.endswith(".npy"):
                continue
            name = entry.removesuffix(".npy")
            with archive.open(entry) as file:
                try:
                    found[name] = _array(cast(BinaryIO, file))
                except pickle.UnpicklingError:
                    left_out.append(name)
    return found, left_out


def _array(file: BinaryIO) -> Any:
    version = np.lib.format.read_magic(file)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read_header is None:
        raise ValueError(f"an array of version {version} of the npy format")
    shape, is_fortran, dtype = read_header(file)
    if not dtype.hasobject:
        count = int(np.prod(shape, dtype=np.int64))
        if not count * dtype.itemsize:
            return np.zeros(shape, dtype)
        values = np.frombuffer(file.read(count * dtype.itemsize), dtype=dtype, count=count)
        return values.reshape(shape, order="F" if is_fortran else "C").copy()
    array = PlainUnpickler(file).load()
    return array.item() if shape == () else array
