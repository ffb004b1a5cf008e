"""Where numbers enter: anything array-like in, a NumPy array of a real dtype out.

NumPy and pandas turn text, dates, durations and labels into numbers when asked to; here nothing is
taken for a number that its owner did not call one.
"""

from __future__ import annotations

import datetime
import os
from typing import Any

import numpy as np

from ...typing import Array, ArrayLike
from ..storage.stored_arrays import check_behind, from_file, is_in_file, warn_of_gaps_behind
from .dask_calls import checked, is_dask, reaching
from .entries import PLAIN, advice_for_entry, in_pythons_words, is_real
from .frames import is_from, is_named_table, package_of
from .refusals import (
    advice_for,
    advice_for_nothing,
    advice_for_own,
    advice_for_ragged,
    not_numbers,
)
from .table_numbers import numbers_of_table

SERIES = ("Tsd", "TsdFrame", "TsdTensor")


def to_array(x: ArrayLike, *, name: str) -> Array:
    """Return the numbers of ``x`` as a NumPy array of a real dtype, without a copy where possible.

    Parameters
    ----------
    x :
        NumPy or JAX array (any shape), pandas Series (n,) or DataFrame (n, columns), a table of
        polars, pyarrow or Dask, an xarray or dask array, pynapple Tsd (n,), TsdFrame (n, columns)
        or TsdTensor (n, ...), a number, a list of numbers (n,), a list of lists (n, columns), or a
        stored array. Booleans and integers keep their dtype; what pandas, polars or pyarrow call
        missing (NA) is NaN.
    name :
        What the user calls this input; opens the error message.

    Raises
    ------
    TypeError
        ``x`` is not made of real numbers: text, labels, complex numbers, dates, durations, records,
        ragged lists, None, masked or sparse arrays, epochs, spike times that were not counted yet.
        For a table the message names the column.
    OSError
        ``x`` is stored, and the file is not whole.

    Examples
    --------
    >>> to_array([[1, 2], [3, 4]], name="X").shape
    (2, 2)
    """
    _refuse_unreadable(x, name)
    array = _numbers_of(x, name)
    if array.dtype.kind not in "biuf":
        given = f"{_kind(x)} of dtype {array.dtype}"
        raise not_numbers(name, given, advice_for(array.dtype))
    return array


def is_series(x: object) -> bool:
    """Tell whether ``x`` is a pynapple time series with values.

    >>> is_series([1.0])
    False
    """
    return pynapple_name(x) in SERIES


def pynapple_name(x: object) -> str | None:
    """Return the name of the pynapple class that ``x`` is an instance of (a user may subclass it).

    >>> pynapple_name([1.0]) is None
    True
    """
    for cls in type(x).__mro__:
        if cls.__module__.partition(".")[0] == "pynapple":
            return cls.__name__
    return None


def _kind(x: object) -> str:
    package = package_of(x)
    name = type(x).__name__
    return name if package == "builtins" else f"{package}.{name}"


def _refuse_unreadable(x: object, name: str) -> None:
    """Raise for what NumPy would turn into an array of the wrong thing."""
    if x is None:
        raise not_numbers(name, "None", "")
    if isinstance(x, (str, bytes, os.PathLike)):
        todo = "Open the file and pass what is in it, e.g. np.load(path, mmap_mode='r')."
        raise not_numbers(name, repr(x), todo)
    if isinstance(x, (datetime.date, datetime.time, datetime.timedelta)):
        raise not_numbers(name, repr(x), "Convert it to seconds, as a float.")
    series = pynapple_name(x)
    if series is not None and series not in SERIES:
        raise not_numbers(name, f"a pynapple {series}", advice_for_nothing(series))
    if isinstance(x, np.ma.MaskedArray):
        raise not_numbers(name, "a masked array", "Say what a masked entry is: .filled(np.nan).")
    if package_of(x) == "scipy" and hasattr(x, "toarray"):
        raise not_numbers(name, f"a sparse {type(x).__name__}", "Call .toarray() on it.")
    if package_of(x) == "spikeglm" and not hasattr(x, "__array__"):
        raise not_numbers(name, f"a spikeglm {type(x).__name__}", advice_for_own(x))
    if isinstance(x, (dict, set)):
        raise not_numbers(name, f"a {type(x).__name__}", "Pass its arrays one by one.")


def _numbers_of(x: Any, name: str) -> Array:
    if type(x) is np.ndarray:
        return _from_objects(x, name) if x.dtype == object else x
    if pynapple_name(x) is not None:
        return to_array(x.values, name=name)
    if is_in_file(x):
        return from_file(x, name=name)
    if is_named_table(x):
        return numbers_of_table(x, name=name, read=to_array)
    if package_of(x) == "dask" and hasattr(x, "compute"):
        warn_of_gaps_behind(x, name=name)
        with reaching():
            values = checked(x, name=name).compute() if is_dask(x) else x.compute()
        return to_array(values, name=name)  # whose chunks may be masked or sparse
    if is_from("xarray", x) and hasattr(x, "data"):
        return to_array(x.data, name=name)
    if isinstance(x, (list, tuple)):
        _look_inside(x, name)
    check_behind(x, name=name)
    try:
        array = np.asarray(x)
        return _from_objects(array, name) if array.dtype == object else array
    except ValueError as error:
        raise not_numbers(name, f"a ragged {_kind(x)}", advice_for_ragged(x)) from error


def _look_inside(x: list[Any] | tuple[Any, ...], name: str) -> None:
    """Raise for what a list would lose of its entries: masks, and which columns are labels."""
    for entry in x:
        if type(entry) in PLAIN or type(entry) is np.ndarray:
            continue
        if isinstance(entry, (list, tuple)):
            _look_inside(entry, name)
        elif isinstance(entry, np.ma.MaskedArray):
            to_array(entry, name=f"An entry of {name}")
        elif getattr(entry, "ndim", 0) == 1 and (is_named_table(entry) or is_series(entry)):
            # Its entries are rows, which NumPy would make columns.
            todo = (
                "Put columns side by side: numpy.column_stack(...); give the inputs of a basis "
                "one by one: compute_features(*inputs)."
            )
            raise not_numbers(name, f"a {_kind(x)} of {_kind(entry)}", todo)


def _from_objects(array: Array, name: str) -> Array:
    """Return Python numbers that were stored as objects as float64."""
    for entry in array.flat:
        if not is_real(entry):
            raise not_numbers(
                name, f"objects such as {in_pythons_words(entry)}", advice_for_entry(entry)
            )
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise not_numbers(name, f"objects ({error})", advice_for(array.dtype)) from error
