"""Arrays with names (npz): what pynapple saves, and what ``np.savez`` saves.

Nothing is unpickled but plain arrays, numbers and text: a file runs no code.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ... import errors
from ...io.files.plain_objects import read_npz_entries
from ...typing import Array
from ..intervals import Events, Intervals
from ..series import Series
from .parts import Part
from .pynapple_files import is_of_pynapple, part_of_pynapple
from .tables import ENDS, STARTS, TIMES, UNITS, units_of

_SPIKES = ("spike_times", "spikes_times", "spikes.times", "spikes")
_OF_SPIKES = (*UNITS, "spikes_clusters", "spikes.clusters", "clusters")
_SEPARATORS = ("_", ".", "/")


def read_npz(path: Path) -> Part:
    """Return what an npz file holds.

    Raises
    ------
    OSError
        If it is damaged.
    ValueError
        If no entry says when anything was.
    """
    try:
        entries, left_out = read_npz_entries(path)
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        raise errors.storage_error(
            f"{path} cannot be read.",
            given=f"{type(error).__name__}: {error}",
            expected="a whole npz file of numbers and text",
            todo="write it again with np.savez; lists of different lengths become a key each.",
        ) from error
    remarks = tuple(
        f"{path.name}: {name} is no numbers or text and is left out" for name in left_out
    )
    if is_of_pynapple(entries):
        return part_of_pynapple(entries, path.stem, remarks)
    return part_of_arrays(entries, str(path), remarks)


def part_of_arrays(entries: dict[str, Any], source: str, remarks: tuple[str, ...] = ()) -> Part:
    """Return what arrays are, by their names.

    ``spike_times`` with ``spike_clusters``; ``NAME`` with ``NAME_times``; ``NAME_start`` and
    ``NAME_end`` with further ``NAME_*``; what is as long as ``time``.

    Raises
    ------
    ValueError
        If nothing of it has a time.

    Examples
    --------
    >>> t = np.arange(3) / 10
    >>> part = part_of_arrays({"time": t, "speed": t, "lick_times": t, "trials_start": t,
    ...     "trials_end": t + 0.05, "trials_choice": t}, "a.npz")
    >>> list(part.series), list(part.events), list(part.trials.columns)
    (['speed'], ['lick'], ['start', 'end', 'choice'])
    """
    left = {name: np.asarray(value) for name, value in entries.items()}
    units = _units(left)
    tables = _tables(left)
    series, events = _own_times(left)
    shared = next((left.pop(name) for name in list(left) if name.lower() in TIMES), None)
    if shared is not None:
        for name in [key for key, each in left.items() if _goes_with(each, shared)]:
            series[name] = _series(name, shared, left.pop(name))
        if not series:
            events["time"] = Events("time", shared.astype(float))
    if units is None and not (tables or series or events):
        raise errors.value_error(
            f"{source} does not say when anything was.",
            given=", ".join(f"{n} {v.shape}" for n, v in list(left.items())[:8]) or "no entries",
            expected="'time' with arrays as long, 'spike_times' with 'spike_clusters', 'NAME' with "
            "'NAME_times', or 'trials_start' with 'trials_end', in seconds",
            todo="save it again with such names.",
        )
    remarks += tuple(
        f"{name} {each.shape} has no times and is left out" for name, each in left.items()
    )
    trials = tables.pop("trials", None)
    return Part(units, series, events, trials, tables, "npz", remarks)


def _units(left: dict[str, Array]) -> Any:
    times = next((name for name in left if name.lower() in _SPIKES), None)
    of = next((name for name in left if name.lower() in _OF_SPIKES), None)
    if times is None or of is None or left[times].shape != left[of].shape:
        return None
    return units_of(left.pop(times), left.pop(of))


def _tables(left: dict[str, Array]) -> dict[str, Intervals]:
    found = {}
    for start, name in [(key, _stem(key, STARTS)) for key in list(left)]:
        end = next((key for key in left if name and _stem(key, ENDS) == name), None)
        if not name or end is None or start not in left or left[start].ndim != 1:
            continue
        starts, ends = left.pop(start), left.pop(end)
        keys = [k for k, v in left.items() if k.startswith(name) and len(k) > len(name) + 1
                and k[len(name)] in _SEPARATORS and v.shape[:1] == starts.shape]  # fmt: skip
        columns = {key[len(name) + 1 :]: left.pop(key) for key in keys}
        found[name] = Intervals.of(name, starts, ends, columns)
    return found


def _own_times(left: dict[str, Array]) -> tuple[dict[str, Series], dict[str, Events]]:
    series, events = {}, {}
    for key, name in [(key, _stem(key, TIMES)) for key in list(left)]:
        if not name or left[key].ndim != 1:
            continue
        times = left.pop(key)
        if name in left and _goes_with(left[name], times):
            series[name] = _series(name, times, left.pop(name))
        else:
            events[name] = Events(name, times.astype(np.float64))
    return series, events


def _stem(key: str, ends: tuple[str, ...]) -> str:
    """Return what stands before ``_start``, ``.times`` and the like; ``""`` for none of them.

    >>> _stem("lick_times", TIMES), _stem("speed", TIMES)
    ('lick', '')
    """
    for end in sorted(ends, key=len, reverse=True):
        for separator in _SEPARATORS:
            if key.lower().endswith(separator + end) and len(key) > len(end) + 1:
                return key[: -len(end) - 1]
    return ""


def _goes_with(values: Array, times: Array) -> bool:
    return values.ndim > 0 and values.dtype.kind in "biuf" and len(values) == len(times)


def _series(name: str, times: Array, values: Array) -> Series:
    columns = tuple(range(values.shape[1])) if values.ndim == 2 else ()
    return Series(name, times.astype(np.float64), values, columns)
