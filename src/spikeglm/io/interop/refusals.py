"""The words for what is no number, and what to do about it."""

from __future__ import annotations

from typing import Any

import numpy as np

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
COUNT_FIRST = (
    "Count them first, in the bins of the features: numpy.histogram(times, edges)[0] of each "
    "neuron, side by side by numpy.column_stack."
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


def advice_for_own(x: Any) -> str:
    """Return what to do about an object of this library that is no array: a basis, a result."""
    if hasattr(x, "design") and hasattr(x, "compute_features"):
        return "A basis makes features of signals: pass X = basis.design(signal, ...)."
    return "Pass the arrays that it holds."


def advice_for_ragged(x: Any) -> str:
    """Return what to do about lists of different lengths.

    >>> advice_for_ragged([[1.0], [1.0, 2.0]])
    'Make all its rows equally long, or pass one array per row.'
    """
    if isinstance(x, (list, tuple)) and all(map(look_like_times, x)):
        return "They look like spike times. " + COUNT_FIRST
    return "Make all its rows equally long, or pass one array per row."


def look_like_times(x: Any) -> bool:
    """Tell whether an array (n,) of numbers ascends and has fractions, as spike times do.

    >>> import numpy as np
    >>> look_like_times(np.array([0.1, 0.25, 3.0])), look_like_times(np.array([0, 1, 1]))
    (True, False)
    """
    if type(x) is not np.ndarray or x.ndim != 1 or x.dtype.kind != "f" or len(x) < 2:
        return False
    return bool(np.isfinite(x).all() and (np.diff(x) >= 0).all() and (x % 1 != 0).any())
