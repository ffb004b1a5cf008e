"""Where continuous signals and spikes enter: samples with their times in seconds out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...typing import Array, BoolArray, FloatArray
from .entries import require_one_each
from .event_data import Moments, read_events
from .frames import column_labels, index_of
from .numbers import SERIES, pynapple_name, to_array

_SAME_TIME = 1e-9  # seconds: pynapple's precision


@dataclass(frozen=True, eq=False)
class Timed:
    """A continuous signal: samples (n, S) at times (n,), or one per row where it has no times.

    Attributes
    ----------
    values :
        (n, S) numbers as they came, or (n,) where a sample is one number.
    times :
        (n,) seconds, or None.
    support :
        (k, 2) the epochs in which it was recorded, or None.
    columns :
        What the S columns are called, or None.
    """

    values: Array
    times: FloatArray | None = None
    support: FloatArray | None = None
    columns: tuple[Any, ...] | None = None

    __repr__ = showing.of_fields


def read_timed(x: Any, *, name: str) -> Timed:
    """Return a signal: pynapple, a pair (times, values), or values per row in anything else.

    A pandas object has times where its index is a float: seconds.

    Raises
    ------
    TypeError
        If it holds no numbers.
    ValueError
        If times and values differ in number, times do not increase, or an index is neither times
        nor the rows from 0 on.

    Examples
    --------
    >>> read_timed(([0.0, 0.1], [1.0, 2.0]), name="speed").times
    array([0. , 0.1])
    """
    kind = pynapple_name(x)
    if kind in SERIES:
        values, support = np.asarray(x.values), np.asarray(x.time_support.values)
        return Timed(_flat(values), np.asarray(x.t), support, column_labels(x))
    if isinstance(x, tuple) and len(x) == 2 and np.ndim(x[0]) == 1:
        times = to_array(x[0], name=f"The times of {name}").astype(np.float64)
        values = to_array(x[1], name=name)
        require_one_each(values, len(times), f"samples of {name}", "time")
        _require_increasing(times, name)
        return Timed(_flat(values), times, None, column_labels(x[1]))
    return Timed(_flat(to_array(x, name=name)), _times_of_index(x, name), None, column_labels(x))


def read_spikes(x: Any, *, name: str) -> Timed | tuple[Moments, FloatArray | None]:
    """Return counts as a signal, or spike times with the epochs in which they are known.

    Times are a pynapple Ts or TsGroup, a dict of times by neuron, or a list of arrays of times.
    Anything else is counts: (n,) of one neuron, (n, N) of many.

    Raises
    ------
    TypeError, ValueError
        If it is nothing of the kind.

    Examples
    --------
    >>> spikes, _ = read_spikes([[0.1, 0.2], [0.15]], name="spikes")
    >>> spikes.channels, spikes.times
    ((0, 1), array([0.1 , 0.15, 0.2 ]))
    """
    kind = pynapple_name(x)
    if kind in ("Ts", "TsGroup"):
        return read_events(x, name=name), np.asarray(x.time_support.values)
    if isinstance(x, Mapping):  # one that knows when it was recorded says so
        return read_events(x, name=name), getattr(x, "support", None)
    if isinstance(x, list) and any(np.ndim(part) == 1 or pynapple_name(part) for part in x):
        return read_events(dict(enumerate(x)), name=name), None
    return read_timed(x, name=name)


def is_known(spans: FloatArray | None, times: FloatArray) -> BoolArray:
    """Return (n,) True where a time lies in one of the epochs (k, 2); everywhere for None.

    >>> is_known(np.array([[0.0, 1.0]]), np.array([0.5, 2.0]))
    array([ True, False])
    """
    if spans is None:
        return np.ones(len(times), dtype=bool)
    place = np.searchsorted(spans[:, 0] - _SAME_TIME, times, side="right") - 1
    inside = place >= 0
    inside[inside] = times[inside] <= spans[place[inside], 1] + _SAME_TIME
    return inside


def _require_increasing(times: FloatArray, name: str) -> None:
    if not (np.diff(times) > 0).all():
        raise errors.value_error(
            f"The times of {name} do not increase.",
            given=_disorder(times),
            expected="seconds in increasing order, none of them missing",
            todo="sort times and values alike (order = np.argsort(times)), and drop what comes "
            "twice or has no time.",
        )


def _disorder(times: FloatArray) -> str:
    """Say where times do not increase first."""
    k = int(np.flatnonzero(~(np.diff(times) > 0))[0])
    return f"{times[k + 1]:.6g} after {times[k]:.6g} s, at {k + 1} of {len(times)} times"


def _times_of_index(x: Any, name: str) -> FloatArray | None:
    """Return the times of a pandas object, None where its index counts rows, or for no index."""
    index = index_of(x)
    if index is None or np.array_equal(index, np.arange(len(index))):
        return None
    if getattr(index.dtype, "kind", "O") != "f":
        raise errors.value_error(
            f"The index of {name} says neither times nor rows.",
            given=f"an index of {index.dtype} that starts with {index[:1].tolist()}",
            expected="seconds as floats, or 0, 1, 2, ... for a value per row",
            todo="give a pair (times, values), or .to_numpy() for a value per row.",
        )
    times = np.asarray(index, dtype=np.float64)
    _require_increasing(times, name)
    return times


def _flat(values: Array) -> Array:
    """Return (n,) or (n, S)."""
    return values if values.ndim < 3 else values.reshape(len(values), -1)
