"""Labels of the groups that rows belong to: trials, sessions, animals; of some rows there is none.

None, NaN, NaT and pandas.NA are no label.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import errors
from ..io.interop.row_labels import require_same_rows
from ..typing import Array, ArrayLike, BoolArray
from .contract import Rows
from .table_labels import row_labels_of


def read_groups(labels: ArrayLike, rows: Rows, *, name: str) -> Array:
    """Return the labels of the groups of all rows, (T,).

    Parameters
    ----------
    labels :
        As a user gives them; an index or times must be those of the rows.
    rows :
        T of them.
    name :
        What the user calls them.

    Raises
    ------
    ValueError
        If there is not one for each row, or they name the rows otherwise.

    Examples
    --------
    >>> from spikeglm.rows import ArrayRows
    >>> read_groups(["mon", "mon", "tue"], ArrayRows(np.zeros((3, 1))), name="sessions").shape
    (3,)
    """
    require_same_rows(row_labels_of(rows), **{name: labels})
    found = np.asarray(labels)
    if found.shape != (rows.n_rows,):
        raise errors.value_error(
            f"{name} must have one label per row.",
            given=f"shape {found.shape}",
            expected=f"({rows.n_rows},)",
        )
    return found


def is_missing(labels: Array) -> BoolArray:
    """Return True, shaped like the labels, where there is none.

    >>> is_missing(np.array(["left", None, float("nan")], dtype=object))
    array([False,  True,  True])
    """
    if labels.dtype.kind != "O":
        return np.asarray(labels != labels)
    none = [_is_none(label) for label in labels.ravel()]
    return np.array(none, dtype=bool).reshape(labels.shape)


def borders(labels: Array) -> BoolArray:
    """Return (T - 1,) True where a row has another label than the row before it.

    Rows without a label that follow each other are together.

    >>> borders(np.array([1.0, 1.0, 2.0, np.nan, np.nan]))
    array([False,  True,  True, False])
    """
    missing = is_missing(labels)
    if labels.dtype.kind == "O":  # what equals nothing may not even be compared
        labels = labels.copy()
        labels[missing] = None
    both_missing = missing[1:] & missing[:-1]
    return np.asarray((labels[1:] != labels[:-1]) & ~both_missing, dtype=bool)


def _is_none(label: Any) -> bool:
    """Tell whether a label is none: whatever does not say that it equals itself."""
    if label is None:
        return True
    try:
        return not bool(label == label)
    except TypeError:
        return True
