"""Where intervals and tables of trials enter: starts and ends in seconds out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ... import errors
from ...typing import FloatArray
from .entries import require_one_each
from .frames import column_labels
from .numbers import pynapple_name, to_array

_ENDS = (
    ("start", "end"),
    ("start", "stop"),
    ("start_time", "stop_time"),
    ("start_time", "end_time"),
)


def read_intervals(
    x: Any, *, name: str, values: Any = None
) -> tuple[FloatArray, FloatArray | None]:
    """Return starts and ends (n, 2) of intervals in seconds, and a number for each, or None.

    Parameters
    ----------
    x :
        A pynapple IntervalSet, an array (n, 2), a table with the columns start and end (or stop,
        start_time and stop_time), or a pair of arrays.
    name :
        What the user calls them.
    values :
        (n,) a number for each.

    Raises
    ------
    TypeError, ValueError
        If they are nothing of the kind.

    Examples
    --------
    >>> read_intervals(([0.0, 2.0], [1.0, 3.0]), name="delay")[0]
    array([[0., 1.],
           [2., 3.]])
    """
    spans = _spans(x, name)
    if values is None:
        return spans, None
    numbers = to_array(values, name=f"The values of {name}").astype(np.float64).ravel()
    require_one_each(numbers, len(spans), f"values of {name}", "interval")
    return spans, numbers


def columns_of(table: Any) -> tuple[str, ...]:
    """Return the names of the columns of a table of trials; () for what has none.

    >>> columns_of({"start": [0.0], "choice": ["left"]})
    ('start', 'choice')
    """
    if pynapple_name(table) == "IntervalSet":
        return ("start", "end", *map(str, table.metadata_columns))
    if isinstance(table, Mapping):
        return tuple(map(str, table))
    return tuple(map(str, column_labels(table) or ()))


def column_of(table: Any, name: str) -> Any:
    """Return a column of a table of trials.

    >>> column_of({"choice": ["left"]}, "choice")
    ['left']
    """
    return table[name]


def trial_spans(table: Any) -> FloatArray:
    """Return (n, 2) where trials start and end, in seconds, NaN where it is missing."""
    return _spans(table, "trials")


def _spans(x: Any, name: str) -> FloatArray:
    if pynapple_name(x) == "IntervalSet":
        return np.asarray(x.values, dtype=np.float64).reshape(-1, 2)
    if pynapple_name(x) is not None:
        raise errors.type_error(
            f"{name} cannot be read as intervals.",
            given=f"a pynapple {type(x).__name__}",
            expected="an IntervalSet, or starts and ends in seconds",
        )
    columns = columns_of(x)
    if columns:
        ends = next((pair for pair in _ENDS if set(pair) <= set(columns)), None)
        if ends is None:
            raise errors.value_error(
                f"{name} does not say where its intervals start and end.",
                given=f"columns {', '.join(map(repr, columns[:12]))}",
                expected="'start' and 'end', or 'start_time' and 'stop_time'",
                todo="rename two columns, or give a pair of them: (table['go'], table['stop']).",
            )
        x = tuple(column_of(x, end) for end in ends)
    if isinstance(x, tuple) and len(x) == 2 and np.ndim(x[0]) == 1:
        starts, stops = (to_array(part, name=f"An end of {name}").ravel() for part in x)
        require_one_each(stops, len(starts), f"ends of {name}", "start")
        return np.column_stack([starts, stops]).astype(np.float64)
    spans = to_array(x, name=name).astype(np.float64)
    if spans.ndim != 2 or spans.shape[1] != 2:
        raise errors.value_error(
            f"{name} cannot be read as intervals.",
            given=f"an array of shape {spans.shape}",
            expected="(n, 2), starts and ends in seconds, or a pair (starts, ends)",
        )
    return spans
