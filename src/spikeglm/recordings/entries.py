"""What a recording holds, entry by entry: names that a description can use, and what each is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..typing import Array
from .intervals import ENDS, Events, Intervals
from .series import Series
from .units import Units

if TYPE_CHECKING:
    from .contract import Recording

_MOST_COLUMNS = 8  # of a signal that are told one by one
_MOST_LABELS = 6
_FEW = 1e-3  # of a unit of time or rate: digits beyond are not told


@dataclass(frozen=True)
class Entry:
    """One line of what a recording holds.

    Attributes
    ----------
    name :
        What a description calls it: ``"units"``, ``"series/position/x"``, ``"trials/choice"``.
    kind :
        ``"units"``, ``"series"``, ``"column"`` of a series, ``"intervals"``, ``"events"``; of
        columns of intervals ``"times"``, ``"values"`` or ``"labels"``.
    what :
        In words: how many, which values.
    when :
        From when to when, in words.
    unit :
        Of measurement, or ``""``.

    Examples
    --------
    >>> entries_of_intervals(Intervals.of("trials", [0.0], [2.0]), "trials")[0].when
    '0 to 2 s'
    """

    name: str
    kind: str
    what: str
    when: str = ""
    unit: str = ""


def entries_of(recording: Recording) -> Iterator[Entry]:
    """Return a line for each name that a description can use.

    Examples
    --------
    >>> from spikeglm.recordings import Recording, Units
    >>> [each.name for each in entries_of(Recording(units=Units.of({0: [0.1, 2.0]})))]
    ['units', 'epochs/session']
    """
    if recording.units is not None:
        yield _of_units(recording.units)
    for name, series in recording.series.items():
        yield from _of_series(series, f"series/{name}")
    for name, events in recording.events.items():
        yield _of_events(events, f"events/{name}")
    if recording.trials is not None:
        yield from entries_of_intervals(recording.trials, "trials")
    for name, intervals in recording.epochs.items():
        yield from entries_of_intervals(intervals, f"epochs/{name}")


def _of_units(units: Units) -> Entry:
    n, total = len(units), int(units.n_spikes.sum())
    what = f"{n} unit{'s' * (n != 1)}, {total:,} spikes"
    if units.support is not None and n:
        seconds = float((units.support[:, 1] - units.support[:, 0]).sum())
        rates = units.n_spikes / seconds if seconds > 0 else np.full(n, np.nan)
        low, middle, high = (_number(value) for value in np.quantile(rates, [0, 0.5, 1]))
        what += f"; {low} to {high}, median {middle} Hz"
    return Entry("units", "units", what, span_text(units.support))


def _of_series(series: Series, name: str) -> Iterator[Entry]:
    steps, columns = series.steps, series.columns
    size = f"{series.shape[0]:,} samples"
    if series.shape[1:]:
        size += " of " + " x ".join(map(str, series.shape[1:]))
    if columns and len(columns) <= _MOST_COLUMNS:
        size = f"{series.shape[0]:,} samples: {', '.join(map(str, columns))}"
    when = span_text(np.array([[steps.start, steps.end]]))
    if np.isfinite(steps.rate):
        when += f" at {_number(steps.rate)} Hz"
    if len(steps.gaps):
        when += f", {len(steps.gaps)} gap{'s' * (len(steps.gaps) > 1)}"
    yield Entry(name, "series", size, when, series.unit)
    if len(columns) <= _MOST_COLUMNS:
        for column in columns:
            yield Entry(f"{name}/{column}", "column", "", "", series.unit)


def _of_events(events: Events, name: str) -> Entry:
    labels = "" if events.labels is None else f": {labels_text(events.labels)}"
    times = events.times[np.isfinite(events.times)]
    ends = np.array([[times.min(), times.max()]]) if len(times) else None
    return Entry(name, "events", f"{len(events.times):,} events{labels}", span_text(ends))


def entries_of_intervals(intervals: Intervals, name: str) -> list[Entry]:
    """Return a line for a table of intervals, and one for each of its columns."""
    spans = intervals.spans[np.isfinite(intervals.spans).all(axis=1)]
    ends = np.array([[spans[:, 0].min(), spans[:, 1].max()]]) if len(spans) else None
    n = len(intervals)
    what = f"{n:,} interval{'s' * (n != 1)}"
    if len(spans):
        what += f", {_number(np.median(spans[:, 1] - spans[:, 0]))} s long" + " (median)" * (n > 1)
        n_back = int((spans[:, 1] < spans[:, 0]).sum())
        what += f"; {n_back} of them end before they start" * (n_back > 0)
    found = [Entry(name, "intervals", what, span_text(ends))]
    for key, column in intervals.columns.items():
        if key not in ENDS:
            found.append(_of_column(f"{name}/{key}", key, column, ends))
    return found


def _of_column(name: str, key: str, column: Array, ends: Array | None) -> Entry:
    if column.ndim > 1:
        return Entry(name, "values", f"{' x '.join(map(str, column.shape[1:]))} numbers each")
    if column.dtype.kind not in "iuf":
        return Entry(name, "labels", labels_text(column))
    known = column[np.isfinite(column)].astype(float)
    lack = "" if len(known) == len(column) else f", {len(column) - len(known)} missing"
    if len(known) == 0:
        return Entry(name, "values", "all missing")
    if ends is not None and are_times(key, known, ends):
        return Entry(name, "times", f"{len(known):,} times{lack}", span_text(_range(known)))
    values = np.unique(known)
    if len(values) <= _MOST_LABELS:
        return Entry(name, "values", ", ".join(_number(v) for v in values) + lack)
    return Entry(name, "values", f"{_number(known.min())} to {_number(known.max())}{lack}")


def are_times(key: str, known: Array, ends: Array) -> bool:
    """Tell whether a column of numbers is called a time, and lies where the intervals are.

    >>> are_times("reward_time", np.array([1.0]), np.array([[0.0, 2.0]]))
    True
    """
    is_called = any(part in ("time", "times", "onset", "offset") for part in key.lower().split("_"))
    around = ends[0, 1] - ends[0, 0]
    return bool(
        is_called and known.min() >= ends[0, 0] - around and known.max() <= ends[0, 1] + around
    )


def _range(values: Array) -> Array:
    return np.array([[values.min(), values.max()]])


def labels_text(column: Array) -> str:
    """Return the labels of a column and how many there are of each, the most frequent first.

    >>> labels_text(np.array(["CA3", "CA1", "CA3"]))
    'CA3 2, CA1 1'
    """
    found, n = np.unique(column.astype(str), return_counts=True)
    most = np.argsort(-n, kind="stable")[:_MOST_LABELS]
    told = ", ".join(f"{found[i]} {n[i]:,}" for i in most)
    return told + f", ... ({len(found)} in all)" * (len(found) > _MOST_LABELS)


def span_text(spans: Array | None) -> str:
    """Return from when to when, and how much of it where there are pauses.

    >>> span_text(np.array([[0.0, 10.0], [20.0, 3600.0]]))
    '0 to 3600 s, 2 parts'
    """
    if spans is None or not len(spans) or not np.isfinite(spans).any():
        return ""
    text = f"{_number(np.nanmin(spans), 6)} to {_number(np.nanmax(spans), 6)} s"
    return text + f", {len(spans)} parts" * (len(spans) > 1)


def _number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:.0f}"
