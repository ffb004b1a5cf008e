"""When something was recorded, and what looks odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import errors
from ..typing import FloatArray
from .entries import span_text
from .series import Steps
from .units import Units

if TYPE_CHECKING:
    from .contract import Recording

INVALID = "invalid_times"
_UNLIKELY = 20.0  # expected spikes of all units in a stretch that has none: once in exp(20)
_SHORT_S = 1.0


def session_of(recording: Recording) -> FloatArray:
    """Return (k, 2) when something was recorded, seconds, without what is called invalid.

    It is what the units say of themselves; else from the first to the last of all there is.

    Examples
    --------
    >>> from spikeglm.recordings import Intervals, Recording, Units
    >>> units, holes = Units.of({0: [0.0, 9.0]}), Intervals.of("invalid_times", [2], [3])
    >>> Recording(units=units, epochs={"invalid_times": holes}).epochs["session"].spans
    array([[0., 2.],
           [3., 9.]])
    """
    units = recording.units
    if units is not None and units.support is not None:
        spans = units.support
    else:
        ends = np.concatenate([*_ends(recording), np.empty(0)])
        ends = ends[np.isfinite(ends)]
        spans = np.array([[ends.min(), ends.max()]]) if len(ends) else np.empty((0, 2))
    holes = recording.epochs.get(INVALID)
    return spans if holes is None else without(spans, holes.spans)


def without(spans: FloatArray, holes: FloatArray) -> FloatArray:
    """Return spans (k, 2) without holes (m, 2).

    >>> without(np.array([[0.0, 10.0]]), np.array([[-1.0, 1.0], [4.0, 5.0]]))
    array([[ 1.,  4.],
           [ 5., 10.]])
    """
    left = [tuple(span) for span in spans]
    for start, end in holes[np.isfinite(holes).all(axis=1)]:
        pieces = [piece for a, b in left for piece in ((a, min(b, start)), (max(a, end), b))]
        left = [(a, b) for a, b in pieces if b > a]
    return np.array(sorted(set(left))).reshape(-1, 2)


def remarks_on(recording: Recording) -> tuple[str, ...]:
    """Return what looks odd, in words.

    Examples
    --------
    >>> from spikeglm.recordings import Recording, Units
    >>> remarks_on(Recording(units=Units.of({0: [0.0, 9.0], 7: []})))
    ('1 of 2 units have no spikes: 7',)
    """
    told = []
    units = recording.units
    if units is not None:
        told += _on_units(units)
        told += _on_clocks(recording, units)
    holes, trials = recording.epochs.get(INVALID), recording.trials
    if holes is not None and trials is not None:
        n = sum(bool((_overlap(span, holes.spans)).any()) for span in trials.spans)
        if n:
            told.append(f"{n} trial(s) overlap epochs/{INVALID}: rows there count no spikes")
    tables = {f"epochs/{name}": table.spans for name, table in recording.epochs.items()}
    tables |= {} if trials is None else {"trials": trials.spans}
    told += [text for name, spans in tables.items() for text in _on_spans(name, spans)]
    told += [
        text for name, each in recording.series.items() for text in _on_times(name, each.steps)
    ]
    return tuple(told)


def _on_spans(name: str, spans: FloatArray) -> list[str]:
    """Say which intervals have no length, or less than none, or no end."""
    told = []
    back, empty = spans[:, 1] < spans[:, 0], spans[:, 1] == spans[:, 0]
    for which, what in ((back, "end before they start"), (empty, "end where they start")):
        if which.any():
            first = int(np.flatnonzero(which)[0])
            start, end = spans[first]
            told.append(
                f"{name}: {int(which.sum())} of {len(spans)} intervals {what}, the first (number "
                f"{first}) from {start:.6g} to {end:.6g} s: no bin lies in them"
            )
    missing = int((~np.isfinite(spans)).any(axis=1).sum())
    if missing:
        told.append(f"{name}: {missing} of {len(spans)} intervals have no start or no end")
    return told


def _on_times(name: str, steps: Steps) -> list[str]:
    """Say what is odd about the times of a signal."""
    told = []
    if len(steps.gaps):
        longest = steps.gaps[np.argmax(steps.gaps[:, 1] - steps.gaps[:, 0])]
        told.append(
            f"series/{name} has {len(steps.gaps)} gap(s), the longest from {longest[0]:.6g} to "
            f"{longest[1]:.6g} s: rows there are lost, or say max_gap_s= of the term"
        )
    if steps.backwards is not None:
        told.append(f"series/{name}: its times go back at sample {steps.backwards}")
    if steps.n_missing:
        told.append(f"series/{name}: {steps.n_missing} samples without a time are left out")
    if steps.n_repeated:
        told.append(f"series/{name}: {steps.n_repeated} samples share their time with another")
    if not steps.is_complete:
        told.append(f"series/{name} is long: gaps were looked for in its first part only")
    return told


def _ends(recording: Recording) -> list[FloatArray]:
    ends = [np.array([each.steps.start, each.steps.end]) for each in recording.series.values()]
    ends += [each.times for each in recording.events.values()]
    ends += [table.spans.ravel() for name, table in recording.epochs.items() if name != INVALID]
    if recording.trials is not None:
        ends.append(recording.trials.spans.ravel())
    if recording.units is not None:
        ends.append(recording.units.ends)
    return ends


def _on_units(units: Units) -> list[str]:
    silent = [str(name) for name, n in zip(units.names, units.n_spikes, strict=True) if n == 0]
    if not silent:
        return []
    return [f"{len(silent)} of {len(units)} units have no spikes: {errors.listed(silent)}"]


def _on_clocks(recording: Recording, units: Units) -> list[str]:
    """Compare when spikes are with when all else is."""
    spikes, total = units.ends, int(units.n_spikes.sum())
    others = {f"series/{name}": np.array([s.steps.start, s.steps.end])
              for name, s in recording.series.items()}  # fmt: skip
    if recording.trials is not None and len(recording.trials):
        others["trials"] = recording.trials.spans.ravel()
    if not len(spikes) or not total:
        return []
    told = []
    for name, times in others.items():
        known = times[np.isfinite(times)]
        if len(known) and (known.min() > spikes[1] or known.max() < spikes[0]):
            where = span_text(np.array([[known.min(), known.max()]]))
            told.append(
                f"{name} is at {where} and spikes are at {span_text(spikes[None])}: another clock, "
                "or another unit than seconds"
            )
    if told:
        return told
    session = recording.epochs["session"].spans
    rate = total / max(spikes[1] - spikes[0], 1e-9)
    for start, end in ((session[0, 0], spikes[0]), (spikes[1], session[-1, 1])):
        if end - start > max(_SHORT_S, _UNLIKELY / rate):
            told.append(
                f"no unit has a spike at {span_text(np.array([[start, end]]))}: where spikes were "
                "not recorded, name other epochs than epochs/session"
            )
    return told


def _overlap(span: FloatArray, holes: FloatArray) -> FloatArray:
    return (holes[:, 0] < span[1]) & (holes[:, 1] > span[0])
