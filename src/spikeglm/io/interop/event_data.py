"""Where the times of events enter: arrays in seconds out.

Times are seconds on one clock. A missing time (NaN) is no event: it is left out and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...typing import FloatArray, IntArray
from .category_labels import to_labels
from .entries import require_one_each
from .frames import column_labels, is_named_table
from .numbers import pynapple_name, to_array
from .row_labels import RowLabels, agreed

ONE: tuple[Any, ...] = (0,)
"""What the only channel is called."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Events in time, each in one of some channels.

    Attributes
    ----------
    times :
        (n,) seconds, sorted.
    channel :
        (n,) the number of the channel of each.
    values :
        (n,) what each counts, NaN where it is missing; None for one each.
    channels :
        What the channels are called.
    n_given, n_without_time, n_other :
        How many came in; without a time; of a category that is none of the channels.
    """

    times: FloatArray
    channel: IntArray
    values: FloatArray | None
    channels: tuple[Any, ...]
    n_given: int
    n_without_time: int = 0
    n_other: int = 0

    __repr__ = showing.of_fields

    @property
    def n_without_value(self) -> int:
        """How many have a time and no value."""
        return 0 if self.values is None else int(np.isnan(self.values).sum())


def read_events(
    x: Any, *, name: str, values: Any = None, by: Any = None, channels: Any = None
) -> Moments:
    """Return events of one kind, or of several.

    Parameters
    ----------
    x :
        Times (n,) in seconds: an array, a list, a column of a table, a pynapple Ts; a Tsd is times
        with values. A TsGroup, or a dict of times, is several kinds.
    name :
        What the user calls it.
    values :
        (n,) a number for each event, or (n, S) several, each a channel.
    by :
        (n,) a label for each event: each label is a channel.
    channels :
        The channels that there are, in their order; None: those that are found.

    Raises
    ------
    TypeError
        If they are no times: epochs, text, dates.
    ValueError
        If there is not one value or label per event, or pandas calls them otherwise.

    Examples
    --------
    >>> found = read_events([0.5, np.nan, 0.1], name="cues", by=["left", "left", "right"])
    >>> found.times, found.channel, found.channels, found.n_without_time
    (array([0.1, 0.5]), array([1, 0]), ('left', 'right'), 1)
    """
    kinds = _kinds(x, name)
    agreed(*_labels_of({name: x, f"the values of {name}": values, f"the labels of {name}": by}))
    if kinds is not None:
        if values is not None or by is not None:
            raise errors.value_error(
                "Several kinds of events have no values or labels of their own here.",
                given=f"{name} as a {type(x).__name__} with values or by",
                expected="times in one array, with a value or a label for each",
                todo="put the times in one array, and what kind each is in by=.",
            )
        times = [_times(part, f"{name}[{kind!r}]") for kind, part in kinds.items()]
        of = np.repeat(np.arange(len(times)), [len(each) for each in times])
        found = tuple(kinds)
        return _moments(_joined(times), of, None, *_in_order(found, channels, of))
    times_of_all = _times(x, name)
    if values is None and pynapple_name(x) == "Tsd":
        values = x.values
    if by is not None:
        return _by_label(times_of_all, values, by, name, channels)
    if values is None:
        found = ONE if channels is None else tuple(channels)
        return _moments(times_of_all, np.zeros(len(times_of_all), np.intp), None, found)
    table, found = _value_table(values, len(times_of_all), name)
    n, s = table.shape
    of = np.tile(np.arange(s), n)
    each = np.repeat(times_of_all, s)
    moments = _moments(each, of, table.ravel(), *_in_order(found, channels, of))
    return _counted_once(moments, s)


def _labels_of(tables: dict[str, Any]) -> list[RowLabels | None]:
    """Return what pandas calls the events in each table; times of pynapple are no names."""
    return [
        RowLabels.of(x, called=name)
        for name, x in tables.items()
        if x is not None and is_named_table(x)
    ]


def _kinds(x: Any, name: str) -> dict[Any, Any] | None:
    if pynapple_name(x) == "TsGroup":
        return {_plain(key): x[key] for key in x.keys()}  # noqa: SIM118 (iterating gives no keys)
    if isinstance(x, Mapping):
        return {_plain(key): part for key, part in x.items()}
    return None


def _plain(key: Any) -> Any:
    """Return a name as numbers or text of Python's own."""
    return key.item() if isinstance(key, np.generic) else key


def _times(x: Any, name: str) -> FloatArray:
    kind = pynapple_name(x)
    if kind in ("Ts", "Tsd"):
        return np.asarray(x.t, dtype=np.float64)
    if kind is not None:
        raise errors.type_error(
            f"{name} cannot be read as the times of events.",
            given=f"a pynapple {kind}",
            expected="a Ts, a TsGroup, or times in seconds",
            todo="take their starts, epochs.start, or make them a boxcar."
            if kind == "IntervalSet"
            else "give the times of the events alone.",
        )
    times = to_array(x, name=name).astype(np.float64)
    if times.ndim > 2 or (times.ndim == 2 and times.shape[1] != 1):
        raise errors.value_error(
            f"{name} cannot be read as the times of events.",
            given=f"an array of shape {times.shape}",
            expected="(n_events,) seconds",
            todo="intervals are boxcars; several kinds of events are a dict of times.",
        )
    return times.ravel()


def _joined(parts: list[FloatArray]) -> FloatArray:
    return np.concatenate(parts) if parts else np.empty(0)


def _value_table(values: Any, n: int, name: str) -> tuple[FloatArray, tuple[Any, ...]]:
    numbers = to_array(values, name=f"The values of {name}").astype(np.float64)
    require_one_each(numbers, n, f"values of {name}", "event")
    if numbers.ndim == 1:
        return numbers[:, None], ONE
    found = column_labels(values) if is_named_table(values) else None
    return numbers.reshape(n, -1), found or tuple(range(numbers.shape[1]))


def _by_label(times: FloatArray, values: Any, by: Any, name: str, channels: Any) -> Moments:
    of, order = labels_and_channels(by, len(times), name, channels)
    numbers = None if values is None else _value_table(values, len(times), name)[0][:, 0]
    return _moments(times, of, numbers, order)


def _is_missing(label: Any) -> bool:
    return label is None or label != label or label == ""


def _in_order(
    found: tuple[Any, ...], channels: Any, of: IntArray
) -> tuple[tuple[Any, ...], IntArray | None]:
    """Return the channels that are wanted, and which of them each one found is, -1 for none."""
    if channels is None or tuple(channels) == found:
        return found, None
    place = {name: i for i, name in enumerate(channels)}
    return tuple(channels), np.array([place.get(name, -1) for name in found], dtype=np.intp)[of]


def _moments(
    times: FloatArray,
    of: IntArray,
    values: FloatArray | None,
    channels: tuple[Any, ...],
    placed: IntArray | None = None,
) -> Moments:
    of = of if placed is None else placed
    timed, known = np.isfinite(times), of >= 0
    keep = np.flatnonzero(timed & known)
    order = keep[np.argsort(times[keep], kind="stable")]
    return Moments(
        times[order],
        of[order],
        None if values is None else values[order],
        channels,
        len(times),
        int((~timed).sum()),
        int((timed & ~known).sum()),
    )


def _counted_once(moments: Moments, s: int) -> Moments:
    """Return events of which each has s values, told as so many events."""
    counts = (moments.n_given, moments.n_without_time, moments.n_other)
    given, without, other = (n // max(s, 1) for n in counts)
    parts = moments.times, moments.channel, moments.values, moments.channels
    return Moments(*parts, given, without, other)


def labels_and_channels(
    labels: Any, n: int, name: str, channels: Any = None
) -> tuple[IntArray, tuple[Any, ...]]:
    """Return (n,) the channel of each label, -1 for none, and the channels; one for no labels.

    >>> labels_and_channels(["b", "a", None], 3, "delay")
    (array([ 1,  0, -1]), ('a', 'b'))
    """
    if labels is None:
        return np.zeros(n, dtype=np.intp), ONE
    found = np.ravel(to_labels(labels, name=f"The labels of {name}"))
    require_one_each(found, n, f"labels of {name}", "one")
    known = {label for label in found.tolist() if not _is_missing(label)}
    order = tuple(sorted(known, key=lambda label: (str(type(label)), label)))
    order = order if channels is None else tuple(channels)
    place = {label: i for i, label in enumerate(order)}
    return np.array([place.get(label, -1) for label in found.tolist()], dtype=np.intp), order
