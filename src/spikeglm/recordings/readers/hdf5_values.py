"""Numbers that stay in an HDF5 file until they are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ... import errors, showing
from ...io.storage.stored_arrays import reader_of, unreadable
from ...typing import Array, FloatArray, IntArray

_MOST_SPIKES = 5_000_000  # that are read to know when the first and the last one is
_OF_LOCKS = re.compile(r"\block")  # HDF5 says "sblock" of its superblock, of files that are cut off
_SOME = 64  # units whose first and last spike stand for all


@dataclass(frozen=True, eq=False)
class Hdf5File:
    """An HDF5 file that is opened when it is first needed, and stays open.

    Attributes
    ----------
    name :
        Its path or address.
    opener :
        Returns the open file.
    """

    name: str
    opener: Callable[[], Any]

    __repr__ = showing.of_fields

    @cached_property
    def handle(self) -> Any:
        """The open file.

        Raises
        ------
        OSError
            If it cannot be opened.
        """
        try:
            return self.opener()
        except ConnectionError:
            raise
        except (OSError, RuntimeError) as error:
            raise errors.storage_error(
                f"{self.name} cannot be opened as HDF5.",
                given=f"{error}",
                expected="a whole HDF5 file",
                todo="set HDF5_USE_FILE_LOCKING=FALSE, or close it where it is being written."
                if _OF_LOCKS.search(str(error))
                else "copy or download it again: it is cut off, damaged, or still being written.",
            ) from error

    @cached_property
    def _whole(self) -> set[str]:
        """Datasets of which nothing is missing."""
        return set()

    def dataset(self, path: str) -> Any:
        """Return a dataset.

        Raises
        ------
        OSError
            If it is not there, or not all of it.
        """
        found = self.handle[path]
        if path not in self._whole:
            reader_of(found, name=f"{self.name}:{path}").check()
            self._whole.add(path)
        return found

    def close(self) -> None:
        """Close the file; it is opened again when something is read."""
        handle = self.__dict__.pop("handle", None)
        if handle is not None:
            handle.close()

    def __getstate__(self) -> dict[str, Any]:
        return {"name": self.name, "opener": self.opener}


@dataclass(frozen=True, eq=False)
class Hdf5Values:
    """A dataset of an HDF5 file, in its unit of measurement: ``values[rows]``.

    Attributes
    ----------
    shape :
        (n, ...)
    scale, offset :
        What is stored times ``scale`` (one number, or one per column) plus ``offset`` is in units.
    """

    file: Hdf5File
    path: str
    shape: tuple[int, ...]
    scale: Any = 1.0
    offset: float = 0.0

    __repr__ = showing.of_fields

    def __getitem__(self, where: Any) -> Array:
        """Return some of it.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        dataset = self.file.dataset(self.path)
        try:
            values = np.asarray(dataset[where])
        except OSError as error:
            raise unreadable(
                f"{self.file.name}:{self.path}", error, expected="a dataset that is whole"
            ) from error
        scale = self.scale
        if np.ndim(scale) and isinstance(where, tuple) and len(where) > 1:
            scale = np.asarray(scale)[where[1]]
        if np.ndim(scale) == 0 and scale == 1 and self.offset == 0:
            return values
        return values * scale + self.offset


@dataclass(frozen=True, eq=False)
class Hdf5Trains:
    """Spike times of N units in one dataset, one after the other: ``trains[i]`` reads one unit.

    Attributes
    ----------
    stops :
        (N,) where in the dataset the times of each unit end.
    """

    file: Hdf5File
    path: str
    stops: IntArray

    __repr__ = showing.of_fields

    @property
    def starts(self) -> IntArray:
        """(N,) where the times of each unit begin."""
        return np.concatenate([[0], self.stops[:-1]]).astype(np.intp)

    def __len__(self) -> int:
        return len(self.stops)

    def __getitem__(self, i: Any) -> FloatArray:
        stop = int(self.stops[i])
        start = int(self.stops[i - 1]) if i else 0
        values = Hdf5Values(self.file, self.path, (stop,))
        return np.asarray(values[start:stop], dtype=np.float64)

    def ends(self) -> FloatArray:
        """Return the first and the last time of all; of very many spikes, those of some units."""
        return self._ends

    @cached_property
    def _ends(self) -> FloatArray:
        n = int(self.stops[-1]) if len(self.stops) else 0
        if n <= _MOST_SPIKES:
            times = Hdf5Values(self.file, self.path, (n,))[:n]
        else:
            values = Hdf5Values(self.file, self.path, (n,))
            active = np.flatnonzero(self.stops > self.starts)
            some = active[np.unique(np.linspace(0, len(active) - 1, _SOME).astype(int))]
            pairs = [(self.starts[i], self.stops[i] - 1) for i in some]  # NWB has them in order
            times = np.array([values[place] for pair in pairs for place in pair], dtype=np.float64)
        known = times[np.isfinite(times)]
        return np.array([known.min(), known.max()] if len(known) else [], dtype=np.float64)
