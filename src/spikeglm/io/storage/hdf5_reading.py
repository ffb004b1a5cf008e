"""HDF5 datasets on their way in: what was never written is never read as the fill value.

HDF5 reads as its fill value a chunk that was never written, what lies beyond the end of an external
file, and whatever a virtual dataset cannot find. A fill value of NaN is none of this: NaN says that
a number is missing, and the rows are left out as any others with a gap.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, notices, showing
from ...typing import Array

_MOST_LEVELS = 10  # of virtual datasets that are made of virtual datasets


@dataclass(frozen=True, eq=False)
class Hdf5Reader:
    """Reads an HDF5 dataset of any shape along its first axis, or says what is not there.

    Parameters
    ----------
    values :
        The dataset, of an open file.
    name :
        What the user calls it.

    Examples
    --------
    >>> import h5py
    >>> file = h5py.File("made-up.h5", "w", driver="core", backing_store=False)
    >>> values = file.create_dataset("X", (6,), "f8", chunks=(3,))
    >>> values[:3] = 1.0
    >>> Hdf5Reader(values, "X").check()
    Traceback (most recent call last):
    ...
    spikeglm.errors.StorageError: X is not all there. Given: an HDF5 dataset /X with 1...
    """

    values: Any
    name: str

    __repr__ = showing.of_fields

    def check(self) -> None:
        """Raise unless all of the dataset is in its files, as far as HDF5 can tell.

        Raises
        ------
        OSError
            If something was never written, or is in a file that is not there.

        Warns
        -----
        UserWarning
            If a virtual dataset is made of sources that grow: of these nothing can be known.
        """
        reason = self.gap()
        if reason is not None:
            raise errors.storage_error(
                f"{self.name} is not all there.",
                given=f"an HDF5 dataset {self.values.name} {reason}, which HDF5 reads as "
                f"{self.values.fillvalue}",
                expected="a dataset of which all was written",
                todo="write the missing rows, also where they are "
                f"{self.values.fillvalue}, or read the part that is there: dataset[:n].",
            )
        if self.values.is_virtual and _grows(self.values):
            notices.warn(
                f"{self.name} is a virtual dataset of sources that grow, or are found by number: "
                "HDF5 does not say what it misses, and reads it as "
                f"{self.values.fillvalue}. What to do: list the sources one by one."
            )

    def gap(self) -> str | None:
        """Say what of the dataset is made up when it is read, None if nothing is known to be."""
        return _gap(self.values)

    def read(self, rows: slice) -> Array:
        """Return some rows.

        Raises
        ------
        OSError
            If an external file is shorter than the dataset.
        """
        read = np.asarray(self.values[rows] if self.values.shape else self.values[()])
        if self.values.external:  # the other kinds keep what they have while they are open
            self.check()
        return read


def _gap(values: Any, level: int = 0) -> str | None:
    """Say what of a dataset is made up when it is read, None if nothing is known to be."""
    if not values.size:
        return None
    if values.is_virtual:
        return None if _grows(values) else _virtual_gap(values, level)
    if _fills_with_nan(values):
        return None
    if values.external:
        return _external_gap(values)
    if values.chunks:
        n_chunks = math.prod(-(-n // c) for n, c in zip(values.shape, values.chunks, strict=True))
        n_there = values.id.get_num_chunks()
        return None if n_there >= n_chunks else f"with {n_there} of {n_chunks} chunks"
    from h5py import h5d

    is_empty = values.id.get_space_status() == h5d.SPACE_STATUS_NOT_ALLOCATED
    return "that was never written" if is_empty else None


def _fills_with_nan(values: Any) -> bool:
    """Tell whether HDF5 reads what is not there as NaN: it then says so itself."""
    from h5py import h5d

    if values.dtype.kind != "f" or np.isfinite(values.fillvalue):
        return False
    return bool(values.id.get_create_plist().get_fill_time() != h5d.FILL_TIME_NEVER)


def _external_gap(values: Any) -> str | None:
    left = values.size * values.dtype.itemsize
    for path, offset, size in values.external:
        wanted = min(left, size)
        there = _found(path, _external_places(values))
        n_bytes = 0 if there is None else os.path.getsize(there) - offset
        if n_bytes < wanted:
            return f"of which {path} holds {max(0, n_bytes)} of {wanted} bytes"
        left -= wanted
    return None


def _virtual_gap(values: Any, level: int) -> str | None:
    if level > _MOST_LEVELS:
        return "made of datasets that are made of each other"
    says_nan, mapped = _fills_with_nan(values), 0
    for source in values.virtual_sources():
        mapped += source.vspace.get_select_npoints()
        with _opened(values, source) as dataset:
            lack = None if says_nan else _lack(source, dataset)
            if lack is None and dataset is not None:
                inner = _gap(dataset, level + 1)
                lack = None if inner is None else f"is one {inner}"
        if lack is not None:
            return f"of which the source {source.file_name}:{source.dset_name} {lack}"
    if mapped < values.size and not says_nan:
        return f"whose sources cover {mapped} of {values.size} numbers"
    return None


def _lack(source: Any, dataset: Any) -> str | None:
    """Say what a source has less than a virtual dataset takes from it."""
    if dataset is None:
        return "is not there"
    from h5py import h5s

    if source.src_space.get_select_type() == h5s.SEL_ALL:  # it has no bounds, in a file reopened
        is_short = dataset.size < source.vspace.get_select_npoints()
    else:
        _, last = source.src_space.get_select_bounds()
        is_short = any(n <= k for n, k in zip(dataset.shape, last, strict=True))
    return f"is too short, {dataset.shape}" if is_short else None


def _grows(values: Any) -> bool:
    """Tell whether a virtual dataset has sources without end, or with a number in their names."""
    from h5py import h5s

    def is_endless(source: Any) -> bool:
        if "%b" in source.file_name or "%b" in source.dset_name:
            return True
        regular = source.vspace.get_select_type() == h5s.SEL_HYPERSLABS
        endless = regular and source.vspace.is_regular_hyperslab()
        return endless and h5s.UNLIMITED in _ends(source.vspace.get_regular_hyperslab())

    return any(is_endless(source) for source in values.virtual_sources())


def _ends(slab: Any) -> tuple[int, ...]:
    _, _, count, block = slab
    return (*count, *block)


@contextmanager
def _opened(values: Any, source: Any) -> Iterator[Any]:
    """Give the dataset that a virtual one is made of, None where it is not there."""
    import h5py

    if source.file_name == ".":
        yield values.file.get(source.dset_name)
        return
    path = _found(source.file_name, _virtual_places(values))
    try:
        file = None if path is None else h5py.File(path, "r")
    except OSError:  # no HDF5 file, or a damaged one: HDF5 fills in for it, too
        file = None
    if file is None:
        yield None
        return
    with file:
        found = file.get(source.dset_name)
        yield found if isinstance(found, h5py.Dataset) else None


def _found(name: str, places: list[str]) -> str | None:
    """Return the first of the paths in some folders that there is."""
    paths = [name] if os.path.isabs(name) else [os.path.join(place, name) for place in places]
    return next((path for path in paths if os.path.isfile(path)), None)


def _virtual_places(values: Any) -> list[str]:
    """Return where HDF5 looks for sources: H5Pset_virtual_prefix in its reference manual."""
    folder = os.path.dirname(os.path.abspath(values.file.filename))
    own = values.id.get_access_plist().get_virtual_prefix().decode()
    return [*_prefixes(os.environ.get("HDF5_VDS_PREFIX", ""), own, folder), folder, os.curdir]


def _external_places(values: Any) -> list[str]:
    """Return where HDF5 looks for external files: H5Pset_efile_prefix in its reference manual."""
    folder = os.path.dirname(os.path.abspath(values.file.filename))
    own = values.id.get_access_plist().get_efile_prefix().decode()
    return _prefixes(os.environ.get("HDF5_EXTFILE_PREFIX", ""), own, folder)[:1] or [os.curdir]


def _prefixes(of_environment: str, own: str, folder: str) -> list[str]:
    given = [prefix for prefix in (of_environment, own) if prefix]
    return [prefix.replace("${ORIGIN}", folder) for prefix in given]
