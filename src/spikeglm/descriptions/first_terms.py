"""Terms that are worth a first look at a recording, by what its signals and trials are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..recordings import Recording, Series

_POSITION = re.compile(r"pos(ition)?|location|place|tracking|xy", re.IGNORECASE)
_ANGLE = re.compile(
    r"\bhd\b|head.?dir|heading|direction|angle|yaw|azimuth|orientation|phase", re.IGNORECASE
)
_SPEED = re.compile(r"speed|velocity|running", re.IGNORECASE)
_NOT_BEHAVIOUR = re.compile(r"lfp|electrical|raw|acquisition|waveform|image|frame", re.IGNORECASE)
_MOST_OTHERS, _MOST_EVENTS = 4, 6
_MOST_LABELS, _OFTEN = 4, 5  # of trials that get kernels of their own, and how many of each
_FASTEST_HZ = 500.0  # behaviour is sampled more slowly: what is faster is a voltage
_SLACK = 0.1  # radians beyond a circle
_LOOKED_AT = 20_000  # samples whose values are looked at
WINDOW_S, BEFORE_S = 1.0, 0.5
MOST_WITH_HISTORY = 12  # units: each has columns of its own, that all fits of all units carry
SPEED = "speed"
_SYMBOLS = {
    "meter": "m", "centimeter": "cm", "millimeter": "mm", "micrometer": "µm", "second": "s",
    "millisecond": "ms", "degree": "deg", "radian": "rad", "pixel": "px", "volt": "V",
    "hertz": "Hz",
}  # fmt: skip
"""Units as files spell them out, in whatever number and English, and as axes show them."""
_NO_UNITS = ("", "n.a.", "na", "none", "not known", "unknown", "unitless", "dimensionless")


def first_terms(recording: Recording) -> list[dict[str, Any]]:
    """Return terms in words: position, heading, speed, other signals, events, history.

    Examples
    --------
    >>> from spikeglm.recordings import Recording, Series, Units
    >>> t = np.arange(500) / 50
    >>> place = Series("position", t, np.column_stack([np.sin(t), np.cos(t)]), ("x", "y"), "cm")
    >>> found = first_terms(Recording(units=Units.of({0: [0.1, 2.0]}), series={"position": place}))
    >>> [(term["kind"], term["label"]) for term in found]
    [('tuning', 'position (cm)'), ('tuning', 'speed (cm/s)'), ('history', 'history')]
    """
    found = [*_of_series(recording), *_of_events(recording)]
    if recording.units is not None and len(recording.units) <= MOST_WITH_HISTORY:
        found.append(_history())
    return _with_labels_of_their_own(found)


def position_of(recording: Recording) -> tuple[str, ...]:
    """Return the names of one or two coordinates of where the animal is, () where there are none.

    Examples
    --------
    >>> from spikeglm.recordings import Recording, Series
    >>> track = Series("position", np.arange(9.0), np.arange(9.0))
    >>> position_of(Recording(series={"position": track}))
    ('series/position',)
    """
    if {"x", "y"} <= set(recording.series):
        return "series/x", "series/y"
    for name, series in recording.series.items():
        if not _POSITION.search(name) or _is_no_behaviour(name, series):
            continue
        if len(series.shape) == 1 or series.shape[1:] == (1,):
            return (f"series/{name}",)
        if len(series.columns) in (2, 3):
            by_letter = {str(each).lower(): each for each in series.columns}
            pair = [by_letter.get(c, d) for c, d in zip("xy", series.columns, strict=False)]
            return tuple(f"series/{name}/{column}" for column in pair)
    return ()


def derives_speed(recording: Recording) -> str:
    """Return the series whose speed is worth a term, "" where there is none or speed is there.

    Examples
    --------
    >>> from spikeglm.recordings import Recording, Series
    >>> track = Series("position", np.arange(9.0), np.arange(9.0))
    >>> derives_speed(Recording(series={"position": track}))
    'series/position'
    """
    place = position_of(recording)
    has_speed = any(_SPEED.search(name) for name in recording.series)
    if not place or has_speed or place == ("series/x", "series/y"):
        return ""
    return place[0] if len(place) == 1 else place[0].rpartition("/")[0]


def _of_series(recording: Recording) -> Iterator[dict[str, Any]]:
    place = position_of(recording)
    if place:
        label = _with_unit("position", _unit(recording, place[0]))
        yield _tuning(label, list(place), [8, 8] if len(place) == 2 else 10)
    source = derives_speed(recording)
    if source:
        unit = _unit(recording, source)
        yield _tuning(_with_unit(SPEED, unit and f"{unit}/s"), [f"series/{SPEED}"], 6)
    n_others = 0
    for name, series in recording.series.items():
        is_used = any(p == f"series/{name}" or p.startswith(f"series/{name}/") for p in place)
        if is_used or len(series.shape) > 1 or _is_no_behaviour(name, series):
            continue
        values = np.asarray(series.values[: min(series.shape[0], _LOOKED_AT)])
        if values.dtype.kind not in "iuf" or len(np.unique(values[np.isfinite(values)])) < 3:
            continue
        circle = _circle(values, series.unit) if _ANGLE.search(name) else None
        label = _with_unit(_last(name), series.unit)
        n_others += 1
        if circle is not None:
            basis = {"name": "CyclicBSplineEval", "n_basis_funcs": 8, "bounds": circle}
            yield _tuning(label, [f"series/{name}"], basis)
        elif n_others <= _MOST_OTHERS:
            yield _tuning(label, [f"series/{name}"], 6)


def _of_events(recording: Recording) -> Iterator[dict[str, Any]]:
    times = [e.name for e in recording.entries if e.kind == "times" and e.name[:7] == "trials/"]
    names = [f"events/{name}" for name in recording.events] + times
    if recording.trials is not None and not names:
        names = ["trials/start"]
    by = _kind_of_trials(recording)
    for name in names[:_MOST_EVENTS]:
        yield {
            "kind": "events",
            "label": _last(name).removesuffix("_time").removesuffix("_times"),
            "times": name,
            "window": [-BEFORE_S, WINDOW_S],
            "basis": 8,
        } | ({"by": by} if by and name[:7] == "trials/" else {})


def _kind_of_trials(recording: Recording) -> str:
    """Return the first column that calls trials by few names, each of them often; "" for none."""
    columns = {} if recording.trials is None else recording.trials.columns
    for name, column in columns.items():
        if column.ndim == 1 and column.dtype.kind not in "iuf":
            labels, n = np.unique(column.astype(str), return_counts=True)
            if 2 <= len(labels) <= _MOST_LABELS and n.min() >= _OFTEN:
                return name
    return ""


def _history() -> dict[str, Any]:
    basis = {"name": "RaisedCosineLogEval", "n_basis_funcs": 5}
    return {
        "kind": "history",
        "label": "history",
        "spikes": "units",
        "window": 0.2,
        "basis": basis,
        "neurons": "own",
    }


def _tuning(label: str, signals: list[str], basis: Any) -> dict[str, Any]:
    return {"kind": "tuning", "label": label, "signals": signals, "basis": basis}


def _is_no_behaviour(name: str, series: Series) -> bool:
    return bool(_NOT_BEHAVIOUR.search(name)) or series.steps.rate > _FASTEST_HZ


def _circle(values: Any, unit: str) -> list[float] | None:
    """Return one period of an angle; None if its values lie on no circle that is known."""
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    half = 180.0 if unit.lower().startswith("deg") or high > 2 * np.pi + _SLACK else float(np.pi)
    slack = _SLACK * half
    if low < -slack and high <= half + slack and low >= -half - slack:
        return [-half, half]
    return [0.0, 2 * half] if low >= -slack and high <= 2 * half + slack else None


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _unit(recording: Recording, name: str) -> str:
    """Return the unit of a series, or of one of its columns, by the name of a description."""
    known = {f"series/{key}": series.unit for key, series in recording.series.items()}
    return known.get(name) or known.get(name.rpartition("/")[0], "")


def _with_unit(label: str, unit: str) -> str:
    """Return a label with its unit, as axes and maps read it; without where nobody knows it."""
    unit = "/".join(map(_symbol, unit.strip().split("/")))
    is_known = unit.partition("/")[0].lower() not in _NO_UNITS and not set(unit) & set('()"\\')
    return f"{label} ({unit})" if unit and is_known else label


def _symbol(unit: str) -> str:
    """Return the symbol of a unit that is spelled out, another unit as it is.

    >>> _symbol("centimeters"), _symbol("Metre"), _symbol("a.u.")
    ('cm', 'm', 'a.u.')
    """
    one = unit.strip().lower().removesuffix("s")
    american = f"{one[:-2]}er" if one.endswith("metre") else one
    return _SYMBOLS.get(american, unit)


def _with_labels_of_their_own(terms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[str, int] = {}
    for term in terms:
        n = seen[term["label"]] = seen.get(term["label"], 0) + 1
        if n > 1:
            stem, bracket, unit = term["label"].partition(" (")
            term["label"] = f"{stem} {n}{bracket}{unit}"
    return terms
