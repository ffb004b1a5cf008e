"""Strengths of the entries of a penalty: numbers, arrays, or in the words of the entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import errors
from ..io.interop.timeseries import to_array
from ..typing import ArrayLike, BoolArray, FloatArray
from .base import check_sizes, numbers_of


def strengths_of(strength: ArrayLike, n_entries: int, n_columns: int) -> FloatArray:
    """Return a strength per entry and neuron, (R, N), of a number or an array.

    Raises
    ------
    TypeError
        If it is not numeric.
    ValueError
        If it does not fit, or is negative or not finite.

    >>> strengths_of([1.0, 2.0], 2, 3)
    array([[1., 1., 1.],
           [2., 2., 2.]])
    """
    expected = f"a number, or {n_entries} numbers, one per entry"
    values = numbers_of(strength, name="regularizer_strength", expected=expected)
    check_sizes(values, strength)
    if values.ndim == 1:
        values = values[:, None]
    shape = n_entries, n_columns
    if values.ndim and values.shape not in {shape, (n_entries, 1), (1, n_columns)}:
        raise errors.value_error(
            "regularizer_strength does not fit the entries.",
            given=f"an array of shape {np.shape(strength)}",
            expected=f"a number, ({n_entries},), (1, {n_columns}) or {shape}",
        )
    return np.array(np.broadcast_to(values, shape))


def strengths_in_words(
    strengths: Mapping[str, Any],
    names: Sequence[tuple[str, ...]],
    n_neurons: int | None,
    without_entry: Sequence[str] = (),
) -> FloatArray:
    """Return a strength per entry, (R, N), or (R, 1) where there is one neuron.

    Parameters
    ----------
    strengths :
        By name: a number; a tuple with one for each of the entries that are called so; for a
        population an array (N,), one per neuron, or (entries, N).
    names :
        What each entry can be called, the general name (of a term) first: a special one has the
        last word.
    n_neurons :
        N, None for a single one.
    without_entry :
        Other names that are known, of what has no entry: their strength is zero.

    Raises
    ------
    ValueError
        If a name is unknown, an entry has no strength, or a strength does not fit.

    >>> names = [("place", "place[x]"), ("place", "place[y]"), ("speed",)]
    >>> strengths_in_words({"place": (1.0, 2.0), "speed": 3.0, "place[y]": 9.0}, names, None).T
    array([[1., 9., 3.]])
    """
    _check_names(strengths, names, without_entry)
    out = np.zeros((len(names), n_neurons or 1))
    is_known = np.zeros(len(names), dtype=bool)
    for depth in range(max(map(len, names), default=0)):
        for label, value in strengths.items():
            own = np.array([each[depth : depth + 1] == (label,) for each in names], dtype=bool)
            if own.any():
                out[own] = _each(value, label, int(own.sum()), n_neurons)
                is_known |= own
    _check_complete(strengths, names, is_known)
    return out


def _each(value: Any, label: str, n_entries: int, n_neurons: int | None) -> FloatArray:
    """Return the strengths (entries, N) of those entries that have a name."""
    name = f"regularizer_strength[{label!r}]"
    expected = ["a number", f"a tuple of {n_entries}"]
    expected += [] if n_neurons is None else [f"({n_neurons},)", f"({n_entries}, {n_neurons})"]
    shape = n_entries, n_neurons or 1
    if isinstance(value, tuple):
        parts = [to_array(part, name=name) for part in value]
        fits = len(parts) == n_entries and all(p.shape in {(), shape[1:]} for p in parts)
        values = np.array([np.broadcast_to(p, shape[1:]) for p in parts]) if fits else None
    else:
        values = to_array(value, name=name)
        if n_neurons is None and values.ndim == 1:
            values = values[:, None]
        fits = values.shape in {(), shape, shape[1:], (n_entries, 1)}
    if not fits or values is None:
        raise errors.value_error(
            f"{name} does not fit.",
            given=repr(value)[:200],
            expected=", ".join(expected[:-1]) + f" or {expected[-1]}",
        )
    numbers = numbers_of(values, name=name, expected=expected[0])
    return np.asarray(np.broadcast_to(numbers, shape))


def _check_names(
    strengths: Mapping[str, Any],
    names: Sequence[tuple[str, ...]],
    without_entry: Sequence[str],
) -> None:
    known = dict.fromkeys(name for each in names for name in each)
    for label, value in strengths.items():
        if label in without_entry and label not in known:
            if np.any(np.asarray(value) != 0):
                raise errors.value_error(
                    f"No penalty is known for {label!r}, which could have a strength.",
                    given=f"regularizer_strength[{label!r}]={value!r}",
                    expected="0, or no entry",
                    todo=f"Smoothness(ridge=[{label!r}]) penalises squares of its coefficients.",
                )
        elif label not in known:
            raise errors.unknown_name("entry in regularizer_strength", label, list(known))


def _check_complete(
    strengths: Mapping[str, Any], names: Sequence[tuple[str, ...]], is_known: BoolArray
) -> None:
    missing = [each[-1] for each, known in zip(names, is_known, strict=True) if not known]
    if missing:
        raise errors.value_error(
            "regularizer_strength lacks entries.",
            given=f"strengths for {', '.join(map(repr, strengths))}",
            expected=f"one for each of {', '.join(repr(each[-1]) for each in names)}",
            todo=f"add {', '.join(map(repr, missing))}; 0 leaves an entry out.",
        )
