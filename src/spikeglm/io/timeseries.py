"""Where time series enter and leave: anything array-like in, NumPy or pynapple out.

The only module that knows pynapple. Objects are recognised by the module their class comes from,
so that receiving NumPy imports nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors
from ..typing import Array, ArrayLike, FloatArray, IntArray
from .storage import from_file, is_in_file, warn_of_gaps_behind

_SERIES = ("Tsd", "TsdFrame", "TsdTensor")
_EXPECTED = (
    "real numbers in an array, a list, a pandas or a pynapple object (Tsd, TsdFrame, TsdTensor)"
)


@dataclass(frozen=True, eq=False)
class TimeAxis:
    """The time of the rows of a pynapple object, kept so that results can get it back.

    Attributes
    ----------
    times : array (T,)
        Time of each row, seconds.
    time_support : pynapple.IntervalSet
        The epochs.
    epoch_starts : int array
        First row of each epoch that has rows, in order; the first entry is 0.
    columns : tuple or None
        Column names of the TsdFrame it came from.
    metadata : pandas.DataFrame-like or None
        Per-column metadata of that TsdFrame.
    """

    times: FloatArray
    time_support: Any
    epoch_starts: IntArray
    columns: tuple[Any, ...] | None = None
    metadata: Any = None

    def __len__(self) -> int:
        return len(self.times)


def to_array(x: ArrayLike, *, name: str) -> Array:
    """Return the numbers of ``x`` as a NumPy array of a real dtype, without a copy where possible.

    Parameters
    ----------
    x :
        NumPy or JAX array (any shape), pandas Series (n,) or DataFrame (n, columns), pynapple Tsd
        (n,), TsdFrame (n, columns) or TsdTensor (n, ...), a number, a list of numbers (n,), a list
        of lists (n, columns), or a stored array. Booleans and integers keep their dtype.
    name :
        What the user calls this input; opens the error message.

    Raises
    ------
    TypeError
        ``x`` is not made of real numbers: text, complex numbers, dates, ragged lists, None,
        masked or sparse arrays, spike times that were not counted yet.
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
        raise _not_numbers(name, f"{_kind(x)} of dtype {array.dtype}", _advice(array.dtype.kind))
    return array


def time_axis_of(*xs: ArrayLike) -> TimeAxis | None:
    """Return the time axis of the first pynapple object among ``xs``, None if there is none.

    Raises
    ------
    ValueError
        Two pynapple objects differ in length, in times (beyond pynapple's precision) or in epochs.

    Examples
    --------
    >>> time_axis_of([1.0, 2.0]) is None
    True
    """
    axes = [_axis(x) for x in xs if is_pynapple(x)]
    for other in axes[1:]:
        check_same_time(axes[0], other)
    return axes[0] if axes else None


def check_same_time(first: TimeAxis, other: TimeAxis) -> None:
    """Check that two time axes are one.

    Raises
    ------
    ValueError
        They differ in length, in times (beyond pynapple's precision) or in epochs.
    """
    todo = "Bring them to the same bins and epochs, e.g. with .bin_average or .restrict."
    if len(first) != len(other):
        raise errors.value_error(
            "Two pynapple inputs differ in length.",
            given=f"{len(first)} and {len(other)} rows",
            expected="the same time axis",
            todo=todo,
        )
    if not _close(first.times, other.times):
        raise errors.value_error(
            "Two pynapple inputs differ in their times.",
            given=f"times that differ by up to {np.abs(first.times - other.times).max():.3g} s",
            expected="the same time axis",
            todo=todo,
        )
    if not _close(first.time_support.values, other.time_support.values):
        raise errors.value_error(
            "Two pynapple inputs differ in their epochs (time_support).",
            given=f"{len(first.time_support)} and {len(other.time_support)} epochs",
            expected="the same epochs, with the same edges",
            todo=todo,
        )


def to_pynapple(values: Array, axis: TimeAxis, *, columns: Any = None, metadata: Any = None) -> Any:
    """Return ``values`` (T, ...) as a Tsd (1-D), TsdFrame (2-D) or TsdTensor (more) on ``axis``.

    Parameters
    ----------
    values : array (T, ...)
        One row per time of ``axis``.
    axis :
        Where the rows lie in time.
    columns, metadata :
        Names of the columns and per-column metadata of the TsdFrame; used for 2-D values only.

    Raises
    ------
    ValueError
        ``values`` does not have one row per time.

    Examples
    --------
    >>> import pynapple as nap
    >>> counts = nap.Tsd(t=[0.0, 0.1, 0.2], d=[1, 0, 2])
    >>> type(to_pynapple(2 * counts.values, time_axis_of(counts))).__name__
    'Tsd'
    """
    import pynapple as nap

    if values.ndim == 0 or len(values) != len(axis):
        raise errors.value_error(
            "These values do not have one row per time.",
            given=f"shape {values.shape}",
            expected=f"{len(axis)} rows",
        )
    common = {"t": axis.times, "time_support": axis.time_support}
    if values.ndim == 1:
        return nap.Tsd(d=values, **common)
    if values.ndim == 2:
        return nap.TsdFrame(d=values, columns=columns, metadata=metadata, **common)
    return nap.TsdTensor(d=values, **common)


def is_pynapple(x: object) -> bool:
    """Tell whether ``x`` is a pynapple time series with values (Tsd, TsdFrame or TsdTensor)."""
    return _pynapple_name(x) in _SERIES


def _pynapple_name(x: object) -> str | None:
    """The name of the pynapple class that ``x`` is an instance of (a user may subclass it)."""
    for cls in type(x).__mro__:
        if cls.__module__.partition(".")[0] == "pynapple":
            return cls.__name__
    return None


def _package(x: object) -> str:
    return type(x).__module__.partition(".")[0]


def _kind(x: object) -> str:
    package = _package(x)
    name = type(x).__name__
    return name if package == "builtins" else f"{package}.{name}"


def _refuse_unreadable(x: object, name: str) -> None:
    """Raise for what NumPy would turn into an array of the wrong thing."""
    if x is None:
        raise _not_numbers(name, "None", "")
    if isinstance(x, (str, bytes, os.PathLike)):
        todo = "Open the file and pass what is in it, e.g. np.load(path, mmap_mode='r')."
        raise _not_numbers(name, repr(x), todo)
    spikes = _pynapple_name(x)
    if spikes is not None and spikes not in _SERIES:
        todo = "Count the spikes in bins first: call .count(bin_size) on it."
        raise _not_numbers(name, f"a pynapple {spikes}", todo)
    if isinstance(x, np.ma.MaskedArray):
        raise _not_numbers(name, "a masked array", "Say what a masked entry is: .filled(np.nan).")
    if _package(x) == "scipy" and hasattr(x, "toarray"):
        raise _not_numbers(name, f"a sparse {type(x).__name__}", "Call .toarray() on it.")
    if isinstance(x, (dict, set)):
        raise _not_numbers(name, f"a {type(x).__name__}", "Pass its arrays one by one.")


def _numbers_of(x: Any, name: str) -> Array:
    if _package(x) == "pandas":
        return _pandas_values(x)
    if is_pynapple(x):
        return _numbers_of(x.values, name)  # which may be a dataset that is not read yet
    if is_in_file(x):
        return from_file(x, name=name)
    warn_of_gaps_behind(x, name=name)
    try:
        array = np.asarray(x)
        return _from_objects(array, name) if array.dtype == object else array
    except ValueError as error:
        todo = "Make all its rows equally long, or pass one array per row."
        raise _not_numbers(name, f"a ragged {_kind(x)}", todo) from error


def _from_objects(array: Array, name: str) -> Array:
    """Return Python numbers that were stored as objects as float64."""
    if any(entry is None or isinstance(entry, (str, bytes)) for entry in array.flat):
        return array
    try:
        return array.astype(np.float64)
    except (
        TypeError,
        ValueError,
    ) as error:  # NumPy's words say which type stands where a number should
        raise _not_numbers(name, f"objects ({error})", _advice("O")) from error


def _pandas_values(x: Any) -> Array:
    """Nullable pandas columns come out as objects; their missing entries are NaN."""
    values = x.to_numpy()
    if values.dtype != object:
        return values
    try:
        return x.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        return values


def _not_numbers(name: str, given: str, todo: str) -> TypeError:
    return errors.type_error(
        f"{name} cannot be read as numbers.", given=given, expected=_EXPECTED, todo=todo
    )


def _advice(dtype_kind: str) -> str:
    return {
        "c": "Complex data not supported: take the real part, or modulus and phase as two inputs.",
        "M": "Convert the dates to seconds, as floats.",
        "m": "Convert the durations to seconds, as floats.",
        "O": "Make its rows equally long and all its entries numbers (use np.nan for a gap).",
    }.get(dtype_kind, "Convert it to numbers first.")


def _axis(series: Any) -> TimeAxis:
    times = np.asarray(series.t)
    starts = np.searchsorted(times, np.asarray(series.time_support.start))
    starts = np.unique(np.concatenate(([0], starts[starts < len(times)])))
    is_frame = _pynapple_name(series) == "TsdFrame"
    return TimeAxis(
        times=times,
        time_support=series.time_support,
        epoch_starts=starts.astype(np.intp),
        columns=tuple(series.columns) if is_frame else None,
        metadata=series.metadata if is_frame else None,
    )


def _close(a: Array, b: Array) -> bool:
    """Equal within the precision to which pynapple keeps times."""
    import pynapple as nap

    tolerance = 10.0**-nap.nap_config.time_index_precision
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=0.0, atol=tolerance))
