"""The times of rows: those of a pynapple object or an array, or bins cut out of epochs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import errors
from .interval_data import read_intervals
from .numbers import SERIES, pynapple_name, to_array
from .timeseries import TimeAxis, time_axis_of

_APART = 1e-6  # seconds between epochs that follow each other


def axis_of_rows(x: Any, *, name: str) -> TimeAxis:
    """Return the time axis of rows: a Tsd, TsdFrame, TsdTensor or Ts, or centres of bins (T,).

    Raises
    ------
    TypeError, ValueError
        If it has no times.

    Examples
    --------
    >>> axis_of_rows(np.array([0.05, 0.15, 0.25]), name="rows").times
    array([0.05, 0.15, 0.25])
    """
    import pynapple as nap

    if pynapple_name(x) == "Ts":
        x = nap.Tsd(t=x.t, d=np.zeros(len(x)), time_support=x.time_support)
    elif pynapple_name(x) not in SERIES:
        times = to_array(x, name=name).astype(np.float64)
        if times.ndim != 1 or len(times) < 2 or not (np.diff(times) > 0).all():
            raise errors.value_error(
                f"{name} does not say when rows are.",
                given=f"an array of shape {times.shape}",
                expected="a pynapple time series, or times (T,) of the centres of bins, increasing",
                todo="or give bin_s and epochs.",
            )
        half = float(np.median(np.diff(times))) / 2
        support = nap.IntervalSet(times[0] - half, times[-1] + half)
        x = nap.Tsd(t=times, d=np.zeros(len(times)), time_support=support)
    axis = time_axis_of(x)
    assert axis is not None
    return axis


def axis_of_bins(bin_s: float, epochs: Any) -> TimeAxis:
    """Return the bins that pynapple's ``count(bin_s, ep=epochs)`` makes.

    Raises
    ------
    ValueError
        If no bin fits into the epochs.

    Examples
    --------
    >>> axis_of_bins(0.5, [[0.0, 1.0], [2.0, 2.6]]).times
    array([0.25, 0.75, 2.25])
    """
    import pynapple as nap

    if pynapple_name(epochs) != "IntervalSet":
        spans = read_intervals(epochs, name="epochs")[0]
        spans = spans[np.isfinite(spans).all(axis=1) & (spans[:, 1] > spans[:, 0])]
        spans = spans[np.argsort(spans[:, 0], kind="stable")]
        touching = np.flatnonzero(np.abs(spans[1:, 0] - spans[:-1, 1]) < _APART)
        spans[touching, 1] = spans[touching + 1, 0] - _APART  # as pynapple does, which warns of it
        epochs = nap.IntervalSet(start=spans[:, 0], end=spans[:, 1])
    empty = nap.Ts(t=np.empty(0), time_support=epochs)
    counts = empty.count(bin_s, ep=epochs)
    if len(counts) == 0:
        raise errors.value_error(
            "No bin fits into the epochs.",
            given=f"{len(epochs)} epochs and bins of {bin_s:g} s",
            expected="epochs that are longer than half a bin",
        )
    axis = time_axis_of(counts)
    assert axis is not None
    return axis
