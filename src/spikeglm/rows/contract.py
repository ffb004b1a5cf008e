"""What every table of rows offers; the engine reads nothing else of it."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..typing import Array, BoolArray


@runtime_checkable
class Rows(Protocol):
    """A table of T rows (time bins) and p features that can be read in blocks.

    A block never outlives its turn: nothing here requires the (T, p) table to exist.

    Attributes
    ----------
    n_rows, n_features :
        T and p.
    dtype :
        What the blocks are made of (float32 or float64; integers are read as stored).
    feature_names :
        One name per feature, for tables and figures.
    time_axis :
        Time stamps and epochs where the rows came from pynapple, else None.
    """

    @property
    def n_rows(self) -> int: ...
    @property
    def n_features(self) -> int: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def feature_names(self) -> tuple[str, ...]: ...
    @property
    def time_axis(self) -> Any: ...

    def read(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop`` as (stop - start, p); safe to call from several threads."""
        ...

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where every feature of the row is finite."""
        ...
