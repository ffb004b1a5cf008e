"""What pynapple saves: one object per npz file, told by the entries it has."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array
from ..intervals import Events, Intervals
from ..series import Series
from ..units import Units
from .parts import Part

_FORMAT = "pynapple"
_EPOCHS = {"start", "end"}
_OWN = {"t", "d", "start", "end", "index", "keys", "type", "columns", "_metadata", "rate"}


def is_of_pynapple(entries: dict[str, Any]) -> bool:
    """Tell whether entries are those of a pynapple object.

    >>> is_of_pynapple({"t": 0, "d": 0, "start": 0, "end": 1}), is_of_pynapple({"t": 0})
    (True, False)
    """
    is_table = "type" in entries or not set(entries) - _EPOCHS - {"_metadata"}
    return set(entries) >= _EPOCHS and ("t" in entries or is_table)


def part_of_pynapple(entries: dict[str, Any], name: str, remarks: tuple[str, ...] = ()) -> Part:
    """Return the object of one file, which is called as the file is.

    Examples
    --------
    >>> saved = {"t": [0.1, 0.2, 0.3], "index": [4, 2, 4], "keys": [2, 4], "start": [0], "end": [1]}
    >>> units = part_of_pynapple(saved, "spikes").units
    >>> units.names, units[4], units.support
    ((2, 4), array([0.1, 0.3]), array([[0., 1.]]))
    """
    found: dict[str, Any] = {
        key: value if isinstance(value, dict) else np.asarray(value)
        for key, value in entries.items()
    }
    spans = np.column_stack([found["start"], found["end"]]).astype(np.float64)
    metadata = _metadata(found)
    more: dict[str, Any] = {"format": _FORMAT, "remarks": remarks}
    if "t" not in found:
        return Part.of_intervals(Intervals.of(name, spans[:, 0], spans[:, 1], metadata), **more)
    times = found["t"].astype(np.float64)
    if "index" in found:
        return Part(units=_units(found, times, spans, metadata), **more)
    if "d" not in found:
        return Part(events={name: Events(name, times)}, **more)
    values = found["d"]
    columns: tuple[Any, ...] = tuple(found["columns"].tolist()) if "columns" in found else ()
    if values.ndim == 2 and not columns:
        columns = tuple(range(values.shape[1]))
    return Part(series={name: Series(name, times, values, columns)}, **more)


def _units(found: dict[str, Any], times: Array, spans: Array, metadata: dict[str, Array]) -> Units:
    index = found["index"]
    keys = found["keys"] if "keys" in found else np.unique(index)
    order = np.argsort(index, kind="stable")
    first, last = (np.searchsorted(index[order], keys, side=side) for side in ("left", "right"))
    by_unit = times[order]
    trains = {int(key): by_unit[a:b] for key, a, b in zip(keys, first, last, strict=True)}
    kept = {k: v for k, v in metadata.items() if v.shape[:1] == keys.shape}
    old = {k: v for k, v in found.items() if k not in _OWN and np.shape(v)[:1] == keys.shape}
    return Units.of(trains, kept | old, spans)


def _metadata(found: dict[str, Any]) -> dict[str, Array]:
    """Return the columns of metadata; of a table saved by an older version, too (dict of dicts)."""
    columns = found.get("_metadata")
    if not isinstance(columns, dict):
        return {}
    plain = {k: list(v.values()) if isinstance(v, dict) else v for k, v in columns.items()}
    arrays = {str(k): np.asarray(v) for k, v in plain.items() if k != "rate"}
    return {
        k: v.astype(str) if v.dtype.kind == "O" else v for k, v in arrays.items() if v.ndim == 1
    }
