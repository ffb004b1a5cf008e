"""What the user calls the rows and the columns of a table, whatever holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import showing
from ..io.interop.labelled_rows import labelled
from ..io.interop.row_labels import RowLabels
from ..typing import Array
from .contract import Rows
from .stacked import StackedRows

ONLY = ""
"""The name of the only leaf of a table that is no tree."""


@dataclass(frozen=True, eq=False)
class TableLabels:
    """Labels of rows, and those of columns leaf by leaf; None where there are none.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> TableLabels.of(nmo.basis.HistoryConv(2, label="past").design([1.0, 0.0, 2.0])).columns
    {'': ('past[0]', 'past[1]')}
    """

    rows: RowLabels | None
    columns: dict[str, tuple[Any, ...] | None]

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, rows: Rows) -> TableLabels:
        """Return the labels of a table."""
        known: Any = getattr(rows, "table_labels", None)
        if known is not None:
            return cls(known.rows, known.columns)
        if not isinstance(rows, StackedRows):
            return cls(_row_labels(rows), {ONLY: _columns(rows)})
        leaves, parts = rows.labels, rows.parts
        columns = {leaf: _columns(part) for leaf, part in zip(leaves, parts, strict=True)}
        return cls(_row_labels(rows), columns)


def row_labels_of(rows: Rows) -> RowLabels | None:
    """Return what the user calls the rows of a table."""
    return TableLabels.of(rows).rows


def like_rows(values: Array, rows: Rows, names: tuple[Any, ...] | None, metadata: Any) -> Any:
    """Return values (T,) or (T, N) as pynapple where the rows have times; N with their names.

    Named neurons of rows with an index make a data frame; what there is of a single one is an array
    then, as scikit-learn expects it.

    >>> import numpy as np, pandas as pd, spikeglm as nmo
    >>> from spikeglm.glm.reading.fit_inputs import read_rows
    >>> rows = read_rows(pd.DataFrame({"x": [1.0, 2.0]}, index=["p", "q"]))
    >>> like_rows(np.zeros((2, 1)), rows, ("a",), None).loc["q", "a"].item()
    0.0
    """
    labels = row_labels_of(rows)
    has_names = values.ndim == 2 and names is not None
    if labels is None or (labels.time_axis is None and not has_names):
        return values
    return labelled(values, labels, columns=names, metadata=metadata)


def _row_labels(rows: Any) -> RowLabels | None:
    known: RowLabels | None = getattr(rows, "row_labels", None)
    if known is None and rows.time_axis is not None:
        return RowLabels("X", time_axis=rows.time_axis)
    return known


def _columns(rows: Any) -> tuple[Any, ...] | None:
    """Return the labels of columns: those that were given, or the names of computed features."""
    if hasattr(rows, "columns"):
        given: tuple[Any, ...] | None = rows.columns
        return given
    unnamed = tuple(f"x{j}" for j in range(rows.n_features))
    return None if rows.feature_names == unnamed else tuple(rows.feature_names)
