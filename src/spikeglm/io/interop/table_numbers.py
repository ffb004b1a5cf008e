"""Numbers of tables whose columns have types of their own: a column that has none is named."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...typing import Array
from .entries import advice_for_entry, is_real, short
from .frames import column_labels, in_memory, is_from, package_of
from .refusals import advice_for, column_without_numbers, not_numbers

Read = Callable[..., Array]


def numbers_of_table(x: Any, *, name: str, read: Read) -> Array:
    """Return the numbers of a table or a column; what is missing (NA) is NaN.

    Parameters
    ----------
    x :
        What :func:`~spikeglm.io.interop.frames.is_named_table` knows.
    name :
        What the user calls it.
    read :
        ``read(array, name=...)`` for arrays.

    Raises
    ------
    TypeError
        If a column holds no real numbers; the message names it.
    """
    x = in_memory(x)
    if isinstance(x, np.ndarray):
        return read(x, name=name)
    if not hasattr(x, "to_numpy"):
        raise not_numbers(
            name, f"a {package_of(x)} {type(x).__name__}", "Pass a table or a column."
        )
    if is_from("pandas", x):
        return _pandas_numbers(x, name)
    labels = column_labels(x)
    if labels is None:
        return _of_column(x.to_numpy(), name, getattr(x, "name", None))
    columns = [_of_column(x[label].to_numpy(), name, label) for label in labels]
    return np.column_stack(columns) if columns else np.empty((len(x), 0))


def _pandas_numbers(x: Any, name: str) -> Array:
    """Look at the type of each column, then convert all at once."""
    if hasattr(x, "columns"):
        for j, (column, dtype) in enumerate(zip(x.columns, x.dtypes, strict=True)):
            _check_pandas(dtype, partial(_column, x, j), name, column)
    else:
        dtype, column = getattr(x, "dtype", None), getattr(x, "name", None)
        if dtype is None:
            raise not_numbers(name, f"a pandas {type(x).__name__}", "Pass a table or a column.")
        _check_pandas(dtype, lambda: x, name, column)
    values: Array = x.to_numpy()
    if values.dtype.kind in "biuf":
        return values
    # Nullable and mixed columns come out as objects; their missing entries are NaN.
    return x.to_numpy(dtype=np.float64, na_value=np.nan)


def _column(x: Any, j: int) -> Any:
    return x.iloc[:, j]


def _check_pandas(dtype: Any, values: Callable[[], Any], name: str, column: Any) -> None:
    """Raise unless a pandas dtype is one of numbers, or of objects that are or are missing."""
    if getattr(dtype, "str", "") == "|O":
        column_values = values()
        is_missing = column_values.isna().to_numpy()
        entries = column_values.to_numpy()
        is_date = np.array([isinstance(entry, _DATES) for entry in entries], dtype=bool)
        _check_entries(entries[~is_missing | is_date], name, column)  # NaT is a missing date
    elif getattr(dtype, "kind", "O") not in "biuf":
        kind = dtype.kind if dtype.kind in "cMm" else "U"
        advice = _OF_INTERVALS if str(dtype).startswith(("period", "interval")) else None
        given = f"values of type {dtype}"
        raise _refused(name, column, given, advice or advice_for(np.dtype(_EXAMPLES[kind])))


_EXAMPLES = {"c": "c16", "M": "M8[s]", "m": "m8[s]", "U": "U1"}
_DATES = (datetime.date, datetime.timedelta, np.datetime64, np.timedelta64)
_OF_INTERVALS = "Take a number of each, e.g. its start or its middle in seconds."


def _of_column(values: Any, name: str, column: Any) -> Array:
    array = np.asarray(values)
    if array.dtype == object:
        array = array.copy()
        array[[entry is None for entry in array.tolist()]] = np.nan
        _check_entries(array, name, column)
        return array.astype(np.float64)
    if array.dtype.kind not in "biuf":
        raise _refused(name, column, f"values of type {array.dtype}", advice_for(array.dtype))
    return array


def _check_entries(entries: Array, name: str, column: Any) -> None:
    for entry in entries.ravel():
        if not is_real(entry):
            raise _refused(name, column, short(entry), advice_for_entry(entry))


def _refused(name: str, column: Any, given: str, todo: str) -> TypeError:
    if column is None:
        return not_numbers(name, given, todo)
    return column_without_numbers(name, column, given, todo)
