"""Signals and events of an NWB file, in the units that it says.

What is stored times ``conversion`` plus ``offset`` is in ``unit`` (TimeSeries of the NWB schema 2).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intervals import Events, Intervals
from ..series import Regular, Series
from .hdf5_tables import text_of
from .hdf5_values import Hdf5File, Hdf5Values

_AXES = ("x", "y", "z")


def signal_of(file: Hdf5File, path: str, group: Any) -> Series | Events | Intervals | str:
    """Return what a group with times is; a text says why it is nothing."""
    data = group.get("data")
    if data is None:
        if "timestamps" not in group:
            return f"{path} has no samples and is left out"
        return Events(path, _stamps(group), None, description_of(group))
    if data.dtype.kind not in "biuf":
        labels = np.array([text_of(each) for each in data[:]], dtype=str)
        times = np.asarray(_times(file, path, group, len(labels))[:], dtype=np.float64)
        return Events(path, times, labels, description_of(group))
    if text_of(group.attrs.get("neurodata_type")) == "IntervalSeries":
        return _of_edges(path, group)
    if 0 in data.shape:
        return f"{path} has no samples in this file and is left out"
    times = _times(file, path, group, data.shape[0])
    if times.shape[0] != data.shape[0]:
        n = f"{data.shape[0]} samples and {times.shape[0]} times"
        return f"{path} has {n}, and is left out"
    scale = data.attrs.get("conversion", 1.0)
    if "channel_conversion" in group and len(data.shape) == 2:
        scale = scale * np.asarray(group["channel_conversion"][:])
    values = Hdf5Values(
        file, f"{path}/data", data.shape, scale, float(data.attrs.get("offset", 0.0))
    )
    unit = text_of(data.attrs.get("unit"))
    return Series(path, times, values, _columns(group, data.shape), unit, description_of(group))


def description_of(group: Any) -> str:
    """Return what whoever wrote the file says of a group or dataset."""
    text = text_of(group.attrs.get("description"))
    return "" if text == "no description" else text


def _stamps(group: Any) -> Any:
    return np.asarray(group["timestamps"][:], dtype=np.float64)


def _times(file: Hdf5File, path: str, group: Any, n: int) -> Any:
    if "timestamps" in group:
        return Hdf5Values(file, f"{path}/timestamps", group["timestamps"].shape)
    start = group["starting_time"]
    return Regular(float(start[()]), float(start.attrs["rate"]), n)


def _columns(group: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    if len(shape) != 2:
        return ()
    n = shape[1]
    kind = text_of(group.attrs.get("neurodata_type"))
    if kind == "SpatialSeries" and n <= len(_AXES):
        return _AXES[:n]
    for region in ("electrodes", "rois"):
        rows = group.get(region)
        if rows is not None and "table" in rows.attrs and rows.shape == (n,):
            ids = np.asarray(group.file[rows.attrs["table"]]["id"][:])
            return tuple(ids[np.asarray(rows[:], dtype=np.intp)].tolist())
    return tuple(range(n))


def _of_edges(path: str, group: Any) -> Intervals | str:
    """Return the intervals of an IntervalSeries: above zero one starts, below zero it ends."""
    edges, times = np.asarray(group["data"][:]), _stamps(group)
    start, end = times[edges > 0], times[edges < 0]
    if len(start) != len(end) or (end < start).any():
        return f"{path} has {len(start)} starts and {len(end)} ends of intervals and is left out"
    return Intervals.of(path, start, end, {"kind": edges[edges > 0]})
