"""Products, padding and shifts of arrays of samples. NumPy in, NumPy out; JAX in, JAX out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import errors, numerics
from ...typing import Array, ArrayLike
from .tree_functions import validate_axis

_CAUSALITIES = ("causal", "acausal", "anti-causal")


def row_wise_kron(A: ArrayLike, C: ArrayLike, jit: bool = False, transpose: bool = True) -> Array:
    """Return the products of every column of A with every column of C, row by row.

    Parameters
    ----------
    A, C :
        (fa, n) and (fc, n); with ``transpose=False`` (n, fa) and (n, fc).
    jit :
        Has no effect: there is nothing to compile.
    transpose :
        Whether samples are the columns.

    Returns
    -------
    array
        (fa * fc, n), or (n, fa * fc): column i * fc + j is A_i C_j.

    Raises
    ------
    ValueError
        If A and C are not two tables of equally many samples.

    References
    ----------
    Khatri & Rao (1968), Sankhya A 30:167-80 (the transposed product of their definition).

    Examples
    --------
    >>> row_wise_kron([[1, 2]], [[1, 10, 100]], transpose=False)
    array([[  1,  10, 100,   2,  20, 200]])
    """
    xp = numerics.namespace(A, C)
    a, c = xp.asarray(A), xp.asarray(C)
    if a.ndim != 2 or c.ndim != 2 or a.shape[transpose] != c.shape[transpose]:
        raise errors.value_error(
            "A and C do not share their samples.",
            given=f"shapes {a.shape} and {c.shape}",
            expected=f"two tables of equal length along axis {int(transpose)}",
        )
    left, right = (a.T, c.T) if transpose else (a, c)
    products = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
    return products.T if transpose else products


def nan_pad(
    conv_time_series: ArrayLike,
    pad_size: int,
    predictor_causality: str = "causal",
    axis: int = 0,
) -> Array:
    """Add samples of NaN where a convolution has none.

    Parameters
    ----------
    conv_time_series :
        Floats, any shape.
    pad_size :
        How many.
    predictor_causality :
        ``"causal"`` adds them before, ``"anti-causal"`` after, ``"acausal"`` half on either side,
        the odd one after.
    axis :
        The axis of the samples.

    Raises
    ------
    ValueError
        If an argument is out of range, or the series cannot hold NaN.

    Examples
    --------
    >>> nan_pad(np.array([1.0, 2.0]), 3, "acausal")
    array([nan,  1.,  2., nan, nan])
    """
    _check_causality(predictor_causality, _CAUSALITIES)
    if not isinstance(pad_size, (int, np.integer)) or pad_size < 0:
        raise errors.value_error(
            "pad_size must count samples.", given=repr(pad_size), expected="an integer >= 0"
        )
    x, xp = _floats(conv_time_series, axis)
    before = {"causal": pad_size, "acausal": pad_size // 2, "anti-causal": 0}[predictor_causality]
    widths = [(0, 0)] * x.ndim
    widths[axis] = (before, pad_size - before)
    return xp.pad(x, widths, constant_values=np.nan)


def shift_time_series(
    time_series: ArrayLike, predictor_causality: str = "causal", axis: int = 0
) -> Array:
    """Shift a series by one sample, NaN coming in.

    Parameters
    ----------
    time_series :
        Floats, any shape.
    predictor_causality :
        ``"causal"`` shifts to later samples, ``"anti-causal"`` to earlier ones.
    axis :
        The axis of the samples.

    Raises
    ------
    ValueError
        If an argument is out of range, or the series cannot hold NaN.

    Examples
    --------
    >>> shift_time_series(np.array([1.0, 2.0, 3.0]))
    array([nan,  1.,  2.])
    """
    _check_causality(predictor_causality, ("causal", "anti-causal"))
    x, xp = _floats(time_series, axis)
    is_causal = predictor_causality == "causal"
    rest = xp.moveaxis(x, axis, 0)
    rest = rest[:-1] if is_causal else rest[1:]
    return nan_pad(xp.moveaxis(rest, 0, axis), min(1, x.shape[axis]), predictor_causality, axis)


def one_over_x(x: ArrayLike) -> Any:
    """Return 1 / x.

    >>> one_over_x(np.array([2.0, 4.0]))
    array([0.5 , 0.25])
    """
    return 1.0 / numerics.namespace(x).asarray(x)


def _check_causality(given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise errors.unknown_name("predictor_causality", given, list(known))


def _floats(series: ArrayLike, axis: int) -> tuple[Array, Any]:
    """Return a series that can hold NaN, and its namespace."""
    xp = numerics.namespace(series)
    x = xp.asarray(series)
    if x.dtype.kind != "f":
        raise errors.value_error(
            "The series cannot hold NaN.",
            given=f"an array of {x.dtype}",
            expected="floats",
            todo="call .astype(float) on it.",
        )
    validate_axis(x, axis)
    return x, xp
