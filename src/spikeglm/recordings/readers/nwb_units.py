"""The table of units of an NWB file: names and metadata at once, spike times later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import errors
from ...typing import Array
from ..units import Units
from .hdf5_tables import columns_of, stops_of
from .hdf5_values import Hdf5File, Hdf5Trains

_TIMES = ("spike_times", "obs_intervals", "waveforms", "waveform_mean", "waveform_sd")


def units_of(file: Hdf5File, path: str, group: Any) -> Iterator[Any]:
    """Return the units of a table, and remarks on them.

    Raises
    ------
    OSError
        If spike times and units do not fit each other.
    """
    n_times, ids = group["spike_times"].shape[0], np.asarray(group["id"][:])
    stops = stops_of(group, "spike_times")
    stops = np.arange(1, n_times + 1) if stops is None else stops
    _check(file, stops, len(ids), n_times)
    columns, _ = columns_of(group, without=_TIMES)
    names = tuple(ids.tolist())
    if len(set(names)) < len(names):
        yield f"ids of {path} are not unique: units are numbered from 0 to {len(ids) - 1}"
        columns, names = {"id": ids, **columns}, tuple(range(len(ids)))
    support, remark = _observed(path, group)
    if remark:
        yield remark
    trains = Hdf5Trains(file, f"{path}/spike_times", stops)
    yield Units(names, trains, np.diff(stops, prepend=0), columns, support)


def _check(file: Hdf5File, stops: Array, n_units: int, n_times: int) -> None:
    is_right = len(stops) == n_units and (np.diff(stops, prepend=0) >= 0).all()
    if not is_right or (len(stops) and stops[-1] != n_times):
        raise errors.storage_error(
            f"The spike times of {file.name} do not fit its units.",
            given=f"{n_units} units, {len(stops)} ends up to {stops.max(initial=0)}, "
            f"{n_times} spike times",
            expected="an end per unit, none below the one before, the last at the last spike",
            todo="write the file again.",
        )


def _observed(path: str, group: Any) -> tuple[Array | None, str]:
    """Return (k, 2) when all units were observed, None where the file does not say; a remark."""
    stops = stops_of(group, "obs_intervals")
    if "obs_intervals" not in group or stops is None:
        return None, ""
    spans = np.asarray(group["obs_intervals"][:], dtype=np.float64).reshape(-1, 2)
    each_unit = [part[np.argsort(part[:, 0])] for part in np.split(spans, stops[:-1])]
    known = [part for part in each_unit if len(part)]
    if not known:
        return None, ""
    common = known[0]
    for part in known[1:]:
        common = both(common, part)
    if all(np.array_equal(part, known[0]) for part in known):
        return common, ""
    return common, (
        f"{path} were not all observed at the same time: epochs/session is when all of them were; "
        "select units, and name epochs, to use more"
    )


def both(a: Array, b: Array) -> Array:
    """Return (m, 2) where spans of one list overlap those of the other.

    >>> both(np.array([[0, 5]]), np.array([[-1, 1], [4, 9]]))
    array([[0, 1],
           [4, 5]])
    """
    start = np.maximum(a[:, None, 0], b[None, :, 0]).ravel()
    end = np.minimum(a[:, None, 1], b[None, :, 1]).ravel()
    keep = end > start
    order = np.argsort(start[keep], kind="stable")
    return np.column_stack([start[keep], end[keep]])[order]
