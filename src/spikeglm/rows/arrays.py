"""Rows held in memory as one array."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import showing
from ..io.interop.row_labels import RowLabels
from ..typing import Array, BoolArray
from .terms import Term

_SCAN_ROWS = 16384  # looked at in one turn, in cache


@dataclass(frozen=True, eq=False)
class ArrayRows:
    """A (T, p) array as a table of rows; reading a block is a view, never a copy.

    ``row_labels`` and ``columns`` are what the user calls its rows and columns, None for nothing;
    ``terms`` say what its columns mean, () where nobody said it.

    >>> import numpy as np
    >>> table = ArrayRows(np.arange(6.0).reshape(3, 2))
    >>> table.read(1, 3)
    array([[2., 3.],
           [4., 5.]])
    """

    values: Array
    names: tuple[str, ...] | None = None
    time_axis: Any = field(default=None)
    row_labels: RowLabels | None = None
    columns: tuple[Any, ...] | None = None
    terms: tuple[Term, ...] = ()

    __repr__ = showing.of_fields
    names_field = "names"

    @property
    def n_rows(self) -> int:
        """T, the number of time bins."""
        return self.values.shape[0]

    @property
    def n_features(self) -> int:
        """p, the number of features."""
        return self.values.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the stored array."""
        return self.values.dtype

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names given, or ``x0, x1, ...``."""
        return self.names or tuple(f"x{j}" for j in range(self.n_features))

    @property
    def efficient_block_rows(self) -> int:
        """Views cost nothing: long enough only to hide Python."""
        return 256

    def read(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop``: a view."""
        return self.values[start:stop]

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where every feature of the row is finite."""
        return finite_rows(self.values)


def finite_rows(values: Array) -> BoolArray:
    """Return (T,) True where all entries of a row are finite, for a (T,) or (T, p) array.

    A row sum is finite if its terms are; only the blocks whose sums are not (NaN, inf, or an
    overflow of finite values) are looked at entry by entry. That makes a clean table cost one
    read and no temporary of its size.
    """
    if values.dtype.kind in "biu":
        return np.ones(values.shape[0], dtype=bool)
    if values.ndim == 1:
        return np.isfinite(values)
    valid = np.ones(values.shape[0], dtype=bool)
    with np.errstate(all="ignore"):
        for start in range(0, values.shape[0], _SCAN_ROWS):
            block = values[start : start + _SCAN_ROWS]
            if not np.isfinite(block.sum()):
                valid[start : start + _SCAN_ROWS] = np.isfinite(block).all(axis=1)
    return valid
