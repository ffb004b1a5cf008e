"""From counts per bin to spike times, for whoever goes on in pynapple."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import errors
from ...typing import Array, FloatArray
from .timeseries import is_pynapple


def spike_trains(counts: Any, bin_s: float) -> Any:
    """Return the spikes of binned counts as a pynapple TsGroup.

    When in its bin a spike came is not known: n of them divide it evenly, so that counting them in
    the same bins gives the counts again.

    Parameters
    ----------
    counts :
        Tsd (T,) or TsdFrame (T, N) of counts, times at the centres of bins; missing ones are none.
    bin_s :
        Seconds of a bin.

    Raises
    ------
    TypeError
        If they have no times.
    ValueError
        If they are no counts.

    Examples
    --------
    >>> import pynapple as nap
    >>> counts = nap.Tsd(t=[0.5, 1.5, 2.5], d=[1, 0, 2], time_support=nap.IntervalSet(0, 3))
    >>> spike_trains(counts, 1.0)[0].t
    array([0.5 , 2.25, 2.75])
    """
    import pynapple as nap

    if not is_pynapple(counts):
        raise errors.type_error(
            "Spike times need times of bins.",
            given=type(counts).__name__,
            expected="a pynapple Tsd or TsdFrame of counts",
            todo="fit to pynapple objects: then what is simulated has times.",
        )
    values = np.asarray(counts.values, dtype=float)
    table = values.reshape(len(values), -1)
    known = np.nan_to_num(table, nan=0.0)
    if (known < 0).any() or (known != np.floor(known)).any():
        raise errors.value_error(
            "Only counts are spikes.",
            given="numbers that are no counts",
            expected="0, 1, 2, ... per bin",
        )
    times = np.asarray(counts.t)
    trains = {n: nap.Ts(_times(times, column, bin_s)) for n, column in enumerate(known.T)}
    names = getattr(counts, "columns", None)
    metadata = getattr(counts, "metadata", None)
    more: dict[str, Any] = {}
    if metadata is not None and len(metadata.columns):
        more = {str(name): np.asarray(metadata[name]) for name in metadata.columns}
    if names is not None and list(names) != list(range(len(trains))):
        more["neuron"] = np.array([str(name) for name in names])
    return nap.TsGroup(trains, time_support=counts.time_support, metadata=more or None)


def _times(times: FloatArray, counts: Array, bin_s: float) -> FloatArray:
    """Return when n spikes of each bin come: at the centres of n equal parts of it."""
    n = counts.astype(int)
    number = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    share = (number + 0.5) / np.repeat(n, n) - 0.5
    return np.repeat(times, n) + bin_s * share
