"""The ways to say which frequencies a Fourier basis has."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import errors
from ...notices import warn
from ...typing import Array, BoolArray, FloatArray

_MOST = 10**7  # tuples of frequencies: their features of one row would fill 80 MB
_KINDS = "an int, a tuple (low, high), an array of integers, or a list with one of these per input"


def frequencies_per_dimension(frequencies: Any, ndim: int) -> list[FloatArray]:
    """Return one sorted array of frequencies per dimension."""
    if not isinstance(frequencies, list):
        return [_frequencies(frequencies)] * ndim
    if len(frequencies) != ndim:
        raise errors.value_error(
            "A list of frequencies has one entry per input variable.",
            given=f"{len(frequencies)} entries with ndim={ndim}",
            expected=f"{ndim} entries",
            todo="For a list of frequencies of one variable, pass an array: np.array([...]).",
        )
    return [_frequencies(entry) for entry in frequencies]


def selected(frequencies: list[FloatArray], mask: Any) -> tuple[Any, FloatArray]:
    """Return the mask as it is reported, and the selected tuples (ndim, K), last axis fastest."""
    _check_number(math.prod(map(len, frequencies)))
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*frequencies, indexing="ij")])
    if mask is None or (isinstance(mask, str) and mask == "all"):
        return "all", grid
    if isinstance(mask, str):
        if mask != "no-intercept":
            raise errors.unknown_name("frequency_mask", mask, ["no-intercept", "all"])
        return mask, grid[:, grid.any(axis=0)]
    if callable(mask):
        return mask, grid[:, _asked(mask, grid)]
    keep = _checked_mask(mask, tuple(map(len, frequencies)))
    return keep, grid[:, keep.ravel().astype(bool)]


def _frequencies(entry: Any) -> FloatArray:
    if isinstance(entry, tuple):
        return _range(entry)
    if hasattr(entry, "__array__") and np.ndim(entry) > 0:
        return _array(np.asarray(entry))
    try:
        count = operator.index(entry)
    except TypeError:
        raise errors.type_error(
            "These are no frequencies.", given=repr(entry), expected=_KINDS
        ) from None
    if count < 1:
        raise errors.value_error(
            "An int is the number of frequencies, 0 to k - 1.",
            given=count,
            expected="an int >= 1",
        )
    _check_number(count)
    return np.arange(count, dtype=np.float64)


def _check_number(count: int) -> None:
    if count > _MOST:
        raise errors.value_error(
            "There are too many frequencies.", given=count, expected=f"at most {_MOST}"
        )


def _range(pair: tuple[Any, ...]) -> FloatArray:
    whole = all(isinstance(end, int | np.integer) for end in pair)
    if len(pair) != 2 or not whole or not 0 <= pair[0] < pair[1]:
        raise errors.value_error(
            "A tuple of frequencies is a range.",
            given=repr(pair),
            expected="(low, high) with integers 0 <= low < high",
        )
    _check_number(pair[1] - pair[0])
    return np.arange(pair[0], pair[1], dtype=np.float64)


def _array(values: Array) -> FloatArray:
    if values.dtype.kind not in "biuf":
        raise errors.type_error(
            "These are no frequencies.", given=f"an array of {values.dtype}", expected=_KINDS
        )
    if values.ndim != 1 or values.size == 0 or (values < 0).any() or (values % 1 != 0).any():
        raise errors.value_error(
            "Frequencies are whole numbers of cycles per period.",
            given=f"an array of shape {values.shape} with values {values.tolist()}",
            expected="a 1-D array of non-negative integers",
        )
    if (np.diff(values.astype(np.float64)) < 0).any():
        warn("The frequencies were not in order: they are sorted.")
    return np.sort(values.astype(np.float64))


def _checked_mask(mask: Any, shape: tuple[int, ...]) -> Array:
    keep = np.asarray(mask)
    if keep.dtype.kind not in "biuf" or keep.shape != shape or not np.isin(keep, (0, 1)).all():
        raise errors.value_error(
            "A frequency mask has one 0 or 1 per tuple of frequencies.",
            given=f"an array of {keep.dtype} of shape {keep.shape}",
            expected=f"zeros and ones of shape {shape}",
        )
    return keep


def _asked(mask: Callable[..., Any], grid: FloatArray) -> BoolArray:
    keep = np.zeros(grid.shape[1], dtype=bool)
    for j, frequency in enumerate(grid.T):
        try:
            answer = np.asarray(mask(*frequency.tolist()))
        except Exception as error:
            raise errors.type_error(
                "The frequency mask function failed.",
                given=f"{type(error).__name__}: {error}, called with {frequency.tolist()}",
                expected="a function of one frequency per input variable",
            ) from error
        if answer.size != 1 or answer.dtype.kind not in "biuf" or answer.item() not in (0, 1):
            raise errors.value_error(
                "The frequency mask function must say yes or no.",
                given=repr(answer),
                expected="one True or False (or 1 or 0) per tuple of frequencies",
            )
        keep[j] = bool(answer.item())
    return keep
