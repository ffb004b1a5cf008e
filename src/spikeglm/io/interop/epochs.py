"""Which epoch each time is in."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import FloatArray, IntArray
from .numbers import pynapple_name


def is_epochs(x: object) -> bool:
    """Tell whether ``x`` is a pynapple IntervalSet.

    >>> is_epochs([0, 1])
    False
    """
    return pynapple_name(x) == "IntervalSet"


def epoch_of(times: FloatArray, epochs: Any) -> IntArray:
    """Return the number of the epoch that each time (T,) is in, -1 for none.

    ``epochs`` are a pynapple IntervalSet, or its (n, 2) starts and ends in seconds.

    >>> epoch_of(np.array([0.5, 1.5, 2.5]), np.array([[0.0, 1.0], [2.0, 3.0]]))
    array([ 0, -1,  1])
    """
    start, end = np.asarray(getattr(epochs, "values", epochs), dtype=float).reshape(-1, 2).T
    last_started = np.searchsorted(start, times, side="right") - 1
    if len(start) == 0:
        return np.full(len(times), -1)
    return np.where((last_started >= 0) & (times <= end[last_started]), last_started, -1)
