"""The words for what is no number, and what to do about it."""

from __future__ import annotations

from typing import Any

from ... import errors

_EXPECTED = (
    "real numbers in an array, a list, a pandas or a pynapple object (Tsd, TsdFrame, TsdTensor)"
)
_BY_KIND = {
    "c": "Complex data not supported: take the real part, or modulus and phase as two inputs.",
    "M": "Convert the dates to seconds, as floats: (t - t[0]) / np.timedelta64(1, 's').",
    "m": "Convert the durations to seconds, as floats: t / np.timedelta64(1, 's').",
    "O": "Make its rows equally long and all its entries numbers (use np.nan for a gap).",
    "V": "Take the fields that are numbers, e.g. numpy.lib.recfunctions.structured_to_unstructured "
    "of them.",
}
_TEXT = (
    "Text cannot enter as a number: labels enter by basis.Category, as y by ClassifierGLM; digits "
    "by .astype(float)."
)
_OF_PYNAPPLE = {
    "IntervalSet": "Epochs are no signal: .restrict(epochs) the inputs to them, or make a signal "
    "that is 1 inside: numpy.isfinite(epochs.in_interval(tsd)).",
}


def not_numbers(name: str, given: str, todo: str) -> TypeError:
    """Build the error for an input that does not consist of numbers."""
    return errors.type_error(
        f"{name} cannot be read as numbers.", given=given, expected=_EXPECTED, todo=todo
    )


def column_without_numbers(name: str, column: Any, given: str, todo: str) -> TypeError:
    """Build the error for a column of a table that is no number."""
    return errors.type_error(
        f"{name} cannot be read as numbers.",
        given=f"{given} in column {column!r}",
        expected="real numbers in all columns",
        todo=todo,
    )


def advice_for(dtype: Any) -> str:
    """Return what to do about an array of a NumPy dtype.

    >>> import numpy as np
    >>> print(advice_for(np.dtype("M8[s]")))
    Convert the dates to seconds, as floats: (t - t[0]) / np.timedelta64(1, 's').
    """
    if dtype.kind == "V" and dtype.names is None:
        return "Convert it first, e.g. by .astype(numpy.float32)."
    return _BY_KIND.get(dtype.kind, _TEXT if dtype.kind in "USTa" else "Convert it to numbers.")


def advice_for_nothing(series: str) -> str:
    """Return what to do about a pynapple object that has times only.

    >>> advice_for_nothing("Ts")
    'Count the spikes in bins first: call .count(bin_size) on it.'
    """
    counted = "Count the spikes in bins first: call .count(bin_size) on it."
    return _OF_PYNAPPLE.get(series, counted)
