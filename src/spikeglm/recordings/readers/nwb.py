"""NWB files, read as the HDF5 files that they are: names, sizes and units at once, numbers later.

The layout is that of the NWB schema 2 (Rübel et al. 2022, eLife 11:e78362). What a group is, its
datasets say: whatever has data and times is a signal, also where an extension gave it a name of its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ... import errors, showing
from ..intervals import Events, Intervals
from ..series import Series
from ..units import Units
from .hdf5_tables import column_names, columns_of, text_of
from .hdf5_values import Hdf5File
from .names import short_names
from .nwb_signals import description_of, signal_of
from .nwb_units import units_of
from .parts import Part

_PLACES = ("processing", "acquisition", "stimulus/presentation", "analysis", "intervals",
           "events", "units")  # fmt: skip
_NOT_COLUMNS = ("start_time", "stop_time", "timeseries", "id")
_TAGS = ("tags", "tag", "label", "labels")


@dataclass(frozen=True)
class Found:
    """What a walk through a file comes across, by path."""

    series: dict[str, Series] = field(default_factory=dict)
    events: dict[str, Events] = field(default_factory=dict)
    tables: dict[str, Intervals] = field(default_factory=dict)
    units: dict[str, Units] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    __repr__ = showing.of_fields

    def add(self, path: str, thing: Any) -> None:
        """Keep a thing among its kind; a text is a remark."""
        if isinstance(thing, str):
            self.remarks.append(thing)
            return
        kinds: dict[type, dict[str, Any]] = {
            Series: self.series, Events: self.events, Intervals: self.tables, Units: self.units,
        }  # fmt: skip
        kinds[type(thing)][path] = thing


def read_nwb(name: str, opener: Callable[[], Any]) -> Part:
    """Return what an NWB file holds.

    Parameters
    ----------
    name :
        Its path or address.
    opener :
        Returns the open HDF5 file.

    Raises
    ------
    OSError
        If it cannot be opened, or is damaged.
    ValueError
        If it is no NWB file of version 2.
    """
    file = Hdf5File(name, opener)
    try:
        return _read(file)
    except BaseException:
        file.close()
        raise


def _read(file: Hdf5File) -> Part:
    _check_version(file)
    found = Found()
    try:
        for path, group in _groups(file, found):
            for thing in _things(file, path, group):
                found.add(path, thing)
        return _part(file, found)
    except (errors.StorageError, ConnectionError):
        raise
    except (KeyError, RuntimeError, OSError) as error:
        raise errors.storage_error(
            f"{file.name} is damaged.",
            given=f"{type(error).__name__}: {error}",
            expected="an NWB file that can be read",
            todo="copy or download it again; 'python -m pynwb.validate FILE' says more.",
        ) from error


def _check_version(file: Hdf5File) -> None:
    version = text_of(file.handle.attrs.get("nwb_version"))
    if version.startswith("2"):
        return
    old = file.handle.get("nwb_version")
    if version or old is not None:
        given = f"NWB of version {version or text_of(old[()])}"
    else:
        given = f"HDF5 with {errors.listed(map(repr, file.handle)) or 'nothing'} in it"
    raise errors.value_error(
        f"{file.name} is no NWB file of version 2.",
        given=given,
        expected="an HDF5 file with the attribute nwb_version",
        todo="convert it to NWB, or save its parts as npz, parquet or csv.",
    )


def _groups(file: Hdf5File, found: Found) -> Iterator[tuple[str, Any]]:
    """Walk through the groups where data lie; the same group is met once."""
    from h5py import Group, h5o

    seen = set()
    waiting = [place for place in reversed(_PLACES) if place in file.handle]
    while waiting:
        path = waiting.pop()
        try:
            group = file.handle[path]
        except (KeyError, OSError) as error:  # a link to a file that is not there
            found.remarks.append(f"{path} leads nowhere and is left out ({error})")
            continue
        if not isinstance(group, Group):
            continue
        info = h5o.get_info(group.id)
        if (info.fileno, info.addr) in seen:
            continue
        seen.add((info.fileno, info.addr))
        yield path, group
        if "data" not in group and "colnames" not in group.attrs:
            waiting += [f"{path}/{name}" for name in reversed(list(group))]


def _things(file: Hdf5File, path: str, group: Any) -> Iterator[Any]:
    """Return what one group is: units, intervals, events, a signal, remarks, or nothing."""
    if "colnames" not in group.attrs:
        if "timestamps" in group or "starting_time" in group:
            yield signal_of(file, path, group)
        return
    names = set(column_names(group))
    if "spike_times" in names and "spike_times" in group:
        yield from units_of(file, path, group)
    elif {"start_time", "stop_time"} <= names:
        columns, left_out = columns_of(group, without=_NOT_COLUMNS)
        ends = group["start_time"][:], group["stop_time"][:]
        yield Intervals.of(path, *ends, columns, _descriptions(group))
        yield from (f"{path}: column {each!r} is no numbers or text per row" for each in left_out)
    elif "timestamp" in names:  # a table of events
        texts = [each for each in columns_of(group)[0].values() if each.dtype.kind == "U"]
        times = np.asarray(group["timestamp"][:], dtype=np.float64)
        yield Events(path, times, texts[0] if texts else None, description_of(group))


def _descriptions(group: Any) -> dict[str, str]:
    named = {name: group.get(name) for name in column_names(group)}
    return {name: description_of(each) for name, each in named.items() if each is not None}


def _part(file: Hdf5File, found: Found) -> Part:
    tables = _named(found.tables)
    trials = tables.pop("trials", None)
    units = list(found.units)
    others = [f"{path} is another table of units and is left out" for path in units[1:]]
    return Part(
        units=found.units[units[0]] if units else None,
        series=_named(found.series),
        events=_named(found.events),
        trials=trials,
        epochs=tables | _tagged(tables),
        format=f"NWB {text_of(file.handle.attrs['nwb_version'])}",
        remarks=(*found.remarks, *others),
        close=file.close,
    )


def _named(things: Mapping[str, Any]) -> dict[str, Any]:
    """Return things by short names, which they are told."""
    return {name: replace(things[path], name=name) for path, name in short_names(things).items()}


def _tagged(tables: Mapping[str, Intervals]) -> dict[str, Intervals]:
    """Return a table for each tag of the epochs, such as "run" and "sleep"."""
    epochs = tables.get("epochs")
    column = next((name for name in _TAGS if epochs and name in epochs.columns), None)
    if epochs is None or column is None:
        return {}
    of_rows = [set(str(text).split(", ")) for text in epochs[column]]
    tags = sorted(set().union(*of_rows) - {"", "session"} - set(tables))
    others = {name: each for name, each in epochs.columns.items() if name != column}
    plain = replace(epochs, columns=others)
    return {tag: plain.select(np.array([tag in row for row in of_rows]), tag) for tag in tags}
