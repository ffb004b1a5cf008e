"""Where recordings leave for pynapple: spike times, signals and intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...typing import Array, FloatArray

_HALF_S = 0.5  # around a lone time
_KEPT = ("rate", "index")  # columns that pynapple has itself


def spike_group(
    trains: Mapping[Any, FloatArray],
    metadata: Mapping[str, Array] | None = None,
    support: FloatArray | None = None,
) -> Any:
    """Return a TsGroup of spike times (seconds, sorted), with a column of metadata each.

    Names that are text become the column ``unit``. Columns of several numbers per unit are left
    out.

    Examples
    --------
    >>> spike_group({"a": np.array([0.1]), "b": np.array([0.2])})["unit"].tolist()
    ['a', 'b']
    """
    import pynapple as nap

    are_numbers = all(isinstance(name, int | np.integer) for name in trains)
    keys = list(trains) if are_numbers else list(range(len(trains)))
    if support is None:
        ends = [edge for times in trains.values() if len(times) for edge in (times[0], times[-1])]
        support = np.array([[min(ends, default=0.0), max(ends, default=1.0)]])
    epochs = nap.IntervalSet(support[:, 0], support[:, 1])
    more = {str(k): v for k, v in (metadata or {}).items() if k not in _KEPT and np.ndim(v) == 1}
    if not are_numbers:
        more["unit"] = np.array([str(name) for name in trains])
    of_key = dict(zip(keys, trains.values(), strict=True))
    group = {key: nap.Ts(t=times, time_support=epochs) for key, times in of_key.items()}
    return nap.TsGroup(group, time_support=epochs, metadata=more or None)


def time_series(times: FloatArray, values: Array | None, columns: Any = ()) -> Any:
    """Return a Ts of times alone, a Tsd of (n,), a TsdFrame of (n, S), or a TsdTensor.

    Examples
    --------
    >>> time_series(np.array([0.0, 0.5]), np.array([1, 2])).values
    array([1, 2])
    >>> len(time_series(np.array([3.0]), None))
    1
    """
    import pynapple as nap

    about: dict[str, Any] = {"t": times}
    if len(times) and times[0] == times[-1]:  # pynapple divides by how long it lasts
        about["time_support"] = nap.IntervalSet(times[0] - _HALF_S, times[0] + _HALF_S)
    if values is None:
        return nap.Ts(**about)
    if values.ndim == 1:
        return nap.Tsd(d=values, **about)
    if values.ndim == 2:
        return nap.TsdFrame(d=values, columns=list(columns) or None, **about)
    return nap.TsdTensor(d=values, **about)


def interval_set(spans: FloatArray, metadata: Mapping[str, Array] | None = None) -> Any:
    """Return an IntervalSet of (n, 2) starts and ends, seconds; missing ones are left out.

    Examples
    --------
    >>> interval_set(np.array([[0.0, 1.0], [2.0, np.nan]])).values
    array([[0., 1.]])
    """
    import pynapple as nap

    keep = np.isfinite(spans).all(axis=1)
    order = np.flatnonzero(keep)[np.argsort(spans[keep, 0], kind="stable")]
    more = {str(k): np.asarray(v)[order] for k, v in (metadata or {}).items() if np.ndim(v) == 1}
    return nap.IntervalSet(spans[order, 0], spans[order, 1], metadata=more or None)
