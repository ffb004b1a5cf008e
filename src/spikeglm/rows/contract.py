"""What every table of rows offers; the engine reads nothing else of it."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..typing import Array, BoolArray


@runtime_checkable
class Rows(Protocol):
    """A table of T rows (time bins) and p features that can be read in blocks.

    A block never outlives its turn: nothing here requires the (T, p) table to exist.

    ``dtype`` is float32 or float64, or an integer dtype that is read as stored; ``time_axis`` holds
    time stamps and epochs where the rows came from pynapple.
    """

    @property
    def n_rows(self) -> int:
        """T."""
        ...

    @property
    def n_features(self) -> int:
        """p."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the blocks."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...]:
        """p names."""
        ...

    @property
    def time_axis(self) -> Any:
        """Times and epochs, or None."""
        ...

    @property
    def efficient_block_rows(self) -> int:
        """The shortest block whose reading wastes little."""
        ...

    def read(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop`` as (stop - start, p); safe to call from several threads."""
        ...

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where every feature of the row is finite."""
        ...


def read_as(rows: Rows, start: int, stop: int, *, dtype: np.dtype[Any]) -> Array:
    """Return rows ``start:stop`` in ``dtype`` if the table can compute them so, else as they are.

    Tables that can have a method ``read_as(start, stop, *, dtype)``, for float32 and float64.

    >>> import spikeglm as nmo
    >>> design = nmo.basis.HistoryConv(1).design(np.arange(3.0))
    >>> read_as(design, 1, 3, dtype=np.dtype(np.float32))
    array([[0.],
           [1.]], dtype=float32)
    """
    read = getattr(rows, "read_as", None)
    return rows.read(start, stop) if read is None else read(start, stop, dtype=dtype)
