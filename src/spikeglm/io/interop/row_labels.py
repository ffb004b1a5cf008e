"""What an input calls its rows: an index (pandas, xarray) or times (pynapple).

Two inputs that both name their rows must name the same rows in the same order; rows are never put
in order here, nor is a default index 0 .. n-1 taken for no name
(docs/decisions/0015-labels.md). What has no labels pairs by position.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ... import errors, showing
from ..storage.stored_arrays import is_in_file
from .frames import index_of
from .timeseries import TimeAxis, check_same_time, is_pynapple, time_axis_of

_SAME_SECONDS = 1e-9  # pynapple's precision: labels that are closer are one time


@dataclass(frozen=True, eq=False)
class RowLabels:
    """The labels of n rows.

    Attributes
    ----------
    called :
        What the user calls the input that they come from.
    time_axis :
        Times and epochs, of a pynapple object.
    index :
        A pandas.Index, of anything else.
    """

    called: str
    time_axis: TimeAxis | None = None
    index: Any = None

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, x: Any, *, called: str) -> RowLabels | None:
        """Return the labels of an input, None if it has none.

        >>> RowLabels.of([1.0, 2.0], called="y") is None
        True
        """
        if type(x) is np.ndarray or is_in_file(x):
            return None
        if is_pynapple(x):
            return cls(called, time_axis=time_axis_of(x))
        index = index_of(x)
        return None if index is None else cls(called, index=index)

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def keys(self) -> Any:
        """What is compared: the index, or times (n,) in seconds."""
        return self.index if self.time_axis is None else self.time_axis.times

    def check(self, other: RowLabels) -> None:
        """Check that another input has these rows.

        Costs nothing where both hold one object or a range, else a comparison of n labels.

        Raises
        ------
        ValueError
            If their labels or their order differ.
        """
        if self.time_axis is not None and other.time_axis is not None:
            check_same_time(self.time_axis, other.time_axis, called=(self.called, other.called))
        elif not _are_same(self.keys, other.keys):
            raise _disagree(self, other)


def require_same_rows(known: RowLabels | None = None, **inputs: Any) -> RowLabels | None:
    """Check that all inputs that name their rows name the same; return what they are called.

    Parameters
    ----------
    known :
        Labels that are known already.
    **inputs :
        Anything that a user passes, by what the user calls it; None and numbers have no rows.

    Raises
    ------
    ValueError
        If two of them disagree.

    Examples
    --------
    >>> import pandas as pd
    >>> y = pd.Series([0, 1, 2])
    >>> require_same_rows(y=y, offset=[0.0, 0.0, 1.0], sample_weight=y + 1.0).called
    'y'
    >>> require_same_rows(y=y, sample_weight=y[::-1])
    Traceback (most recent call last):
    ...
    ValueError: The rows of y and sample_weight do not agree. ...
    """
    labels = [RowLabels.of(x, called=name) for name, x in inputs.items() if x is not None]
    return agreed(known, *labels)


def agreed(*labels: RowLabels | None) -> RowLabels | None:
    """Check labels against the first; return that.

    Raises
    ------
    ValueError
        If some disagree.
    """
    named = [each for each in labels if each is not None]
    for other in named[1:]:
        named[0].check(other)
    return named[0] if named else None


def _are_same(first: Any, other: Any) -> bool:
    """Compare two of: a pandas.Index, an array of times."""
    if first is other:
        return True
    if len(first) != len(other):
        return False
    kinds = {getattr(keys.dtype, "kind", "O") for keys in (first, other)}
    if "f" in kinds and kinds <= set("iuf"):
        a, b = np.asarray(first, dtype=np.float64), np.asarray(other, dtype=np.float64)
        close = np.abs(a - b) <= _SAME_SECONDS + 4 * np.finfo(float).eps * np.abs(a)
        return bool((close | (np.isnan(a) & np.isnan(b))).all())
    if hasattr(first, "equals") and hasattr(other, "equals") and first.equals(other):
        return True
    # One by one: pandas calls numbers of another kind (Int64), and moments told in another time
    # zone, not equal.
    try:
        return np.array_equal(np.asarray(first, dtype=object), np.asarray(other, dtype=object))
    except (TypeError, ValueError):  # a missing label is equal to nothing
        return False


def _disagree(first: RowLabels, other: RowLabels) -> ValueError:
    a, b = first.called, other.called
    are_names = a.isidentifier() and b.isidentifier()
    where = _first_difference(first.keys, other.keys)
    is_time = first.time_axis is not None or other.time_axis is not None
    return errors.value_error(
        f"The rows of {a} and {b} do not agree.",
        given=f"{a} with {_described(first)}, {b} with {_described(other)}{where}",
        expected="the same labels (index) in the same order",
        todo="give both the same times, in seconds, as index"
        if is_time
        else f"{f'{b}.loc[{a}.index]' if are_names else '.loc[other.index]'} puts rows in order, "
        "index.intersection finds those that both have, .reindex fills gaps; rows that pair by "
        "position: .to_numpy(), or .reset_index(drop=True) on both.",
    )


def _described(labels: RowLabels) -> str:
    keys, n = labels.keys, len(labels)
    what = "times" if labels.time_axis is not None else "labels"
    if n == 0:
        return "no rows"
    return f"{n} rows, {what} {_text(keys[0])} to {_text(keys[n - 1])}"


def _first_difference(first: Any, other: Any) -> str:
    if len(first) != len(other):
        return ""
    i = next((i for i, (a, b) in enumerate(zip(first, other, strict=True)) if a != b), None)
    return "" if i is None else f"; row {i} is {_text(first[i])} and {_text(other[i])}"


def _text(label: Any) -> str:
    text = repr(label) if isinstance(label, str) else str(label)
    return text if len(text) < 40 else text[:37] + "..."
