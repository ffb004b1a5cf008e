"""Bins of time, of place, of whatever lies along the rows: where a term contributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...io.interop.row_labels import require_same_rows
from ...io.interop.timeseries import to_array
from ...rows.contract import Rows
from ...rows.table_labels import row_labels_of
from ...typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Bins:
    """Q bins of a variable.

    Attributes
    ----------
    edges :
        (Q + 1,), the last one included.
    of_rows :
        (T,) the bin of a row; Q where it is in none.

    >>> Bins.of(np.array([0.0, 1.0, 2.0, np.nan]), 2, None).of_rows
    array([0, 1, 1, 2])
    """

    edges: FloatArray
    of_rows: IntArray

    __repr__ = showing.of_fields

    @property
    def centres(self) -> FloatArray:
        """(Q,) the middle of each bin."""
        return 0.5 * (self.edges[1:] + self.edges[:-1])

    @property
    def n_bins(self) -> int:
        """Q."""
        return len(self.edges) - 1

    @classmethod
    def of(cls, over: Any, bins: Any, rows: Rows | None) -> Bins:
        """Read a variable, (T,), and a number of bins of equal width, or their edges.

        Raises
        ------
        ValueError, TypeError
            If it is no number per row, or edges do not rise.
        """
        if rows is not None:
            require_same_rows(row_labels_of(rows), over=over)
        values = to_array(over, name="over").astype(np.float64)
        T = len(values) if rows is None else rows.n_rows
        known = np.isfinite(values)
        if values.shape != (T,) or not known.any():
            raise errors.value_error(
                "over must be a number per row.",
                given=f"shape {values.shape}, {known.sum()} of them finite",
                expected=f"({T},), such as the time within a trial, or a position",
            )
        edges = to_array(bins, name="bins").astype(np.float64)
        if edges.ndim == 0:
            edges = np.linspace(values[known].min(), values[known].max(), int(edges) + 1)
        if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
            raise errors.value_error(
                "There are no such bins.",
                given=f"bins={bins!r}",
                expected="a number of them, or edges that rise",
            )
        place = np.searchsorted(edges, np.where(known, values, np.inf), side="right") - 1
        place = np.where(values == edges[-1], len(edges) - 2, place)
        inside = known & (place >= 0) & (place < len(edges) - 1)
        return cls(edges, np.where(inside, place, len(edges) - 1))
