"""Tables of rows as bytes, for a process that sees the same files: what is stored stays there.

A memory map or an HDF5 dataset, however deep it lies in a table, travels as the place of its data
and is opened again where it arrives. Everything else travels as it is.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from ..typing import Array
from .contract import Rows
from .files import MappedFile
from .sections import Section
from .series import StoredSeries


def to_send(rows: Rows) -> bytes:
    """Return a table as bytes; needs cloudpickle, which Dask brings.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.rows import ArrayRows
    >>> received(to_send(ArrayRows(np.ones((2, 1))))).n_rows
    2
    """
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # its base is only known here
        def reducer_override(self, part: Any) -> Any:
            place = _place_of(part)
            return super().reducer_override(part) if place is None else place

    stream = BytesIO()
    Pickler(stream, protocol=pickle.HIGHEST_PROTOCOL).dump(rows)
    return stream.getvalue()


def received(content: bytes) -> Rows:
    """Return the table that :func:`to_send` of one's own session turned into bytes."""
    return pickle.loads(content)


@dataclass(frozen=True)
class SentSeries:
    """Where rows ``start:stop`` of a stored series lie, for a process that sees the same files."""

    content: bytes
    start: int
    stop: int
    held_bytes: int

    def opened(self) -> StoredSeries:
        """Return the series, counted from ``start``."""
        return StoredSeries(Section(received(self.content), self.start, self.stop), self.held_bytes)


def cut_to_send(values: Array | StoredSeries) -> Callable[[int, int], Array | SentSeries]:
    """Return how to take rows ``start:stop`` of an array, or of a series, to send them."""
    if not isinstance(values, StoredSeries):
        return lambda start, stop: values[start:stop]
    content, held_bytes = to_send(values.table), values.held_bytes
    return lambda start, stop: SentSeries(content, start, stop, held_bytes)


def _place_of(part: Any) -> tuple[Any, ...] | None:
    """Return how to open a stored array again, None for anything else."""
    if isinstance(part, np.memmap):
        table: Any = part.reshape(len(part), -1) if part.size else None
        file = None if table is None else MappedFile.of(table)
        if file is not None:
            return np.memmap, (file.path.resolve(), file.dtype, "r", file.offset, part.shape)
    if type(part).__module__.startswith("h5py") and hasattr(part, "chunks"):
        return _open_hdf5, (part.file.filename, part.name)
    return None


def _open_hdf5(path: str, name: str) -> Any:
    import h5py

    return h5py.File(path, "r")[name]
