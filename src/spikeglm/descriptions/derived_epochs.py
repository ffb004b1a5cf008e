"""Epochs that are computed: parts of trials, trials of a kind, times in which a signal is high."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from .. import errors, showing
from ..io.interop.timed_data import read_timed
from ..notices import warn
from ..recordings import Intervals
from ..typing import Array, BoolArray, FloatArray
from .derived import stretches_of


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < np.inf


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


_TYPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("of", "start", "end", "within"), (_is_text, "a name")),
    **dict.fromkeys(("above", "below", "min_s"), (_is_number, "a number")),
    "where": (_is_table, 'a table such as { side = "left" }'),
    "shift_s": (_is_pair, "two numbers, seconds"),
}
_ENDS = ("start", "end")
_OF_TABLES, _OF_SERIES = ("start", "end", "where", "shift_s"), ("above", "below")


@dataclass(frozen=True)
class DerivedEpochs:
    """Epochs that are computed of a table of intervals, or of a series.

    Attributes
    ----------
    of :
        The name of trials or epochs, or of a series of one column.
    start, end :
        Of a table: the columns between which an epoch lasts, by default its own start and end.
    where :
        Of a table: columns and the value, or the values, that they must have.
    shift_s :
        Of a table: seconds that are added to the start and to the end; with ``start`` and ``end``
        the same column, a window around it.
    above, below :
        Of a series: epochs last while it is above the one and below the other, in its own unit. It
        crosses halfway between two samples.
    min_s :
        Shorter epochs are left out, seconds.
    within :
        The name of epochs; what lies outside of them is cut off.

    Examples
    --------
    >>> trials = Intervals.of("trials", [0, 5], [4, 9], {"go": [1, 6], "side": ["left", "right"]})
    >>> DerivedEpochs("trials", end="go", where={"side": "right"}).epochs("plan", trials).spans
    array([[5., 6.]])
    >>> run = (np.arange(6.0), [0.0, 0.0, 9.0, 9.0, 9.0, 0.0])
    >>> DerivedEpochs("series/speed", above=5.0).epochs("run", run).spans
    array([[1.5, 4.5]])
    """

    of: str
    start: str | None = None
    end: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    shift_s: tuple[float, float] = (0.0, 0.0)
    above: float | None = None
    below: float | None = None
    min_s: float = 0.0
    within: str | None = None

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        for name, (is_right, expected) in _TYPES.items():
            value = getattr(self, name)
            if value is not None and not is_right(value):
                raise errors.type_error(
                    f"{name} is of another type.",
                    given=f"{name} = {value!r}",
                    expected=expected,
                    todo="text goes in quotation marks, numbers without, several values in [ ].",
                )
        object.__setattr__(self, "shift_s", tuple(map(float, self.shift_s)))
        if self._said(_OF_TABLES) and self._said(_OF_SERIES):
            raise errors.value_error(
                "Epochs are made of a table or of a series, not of both.",
                given=", ".join((*self._said(_OF_TABLES), *self._said(_OF_SERIES))),
                expected="start, end, where, shift_s (of a table), or above, below (of a series)",
                todo="make two: the second takes the first as within = 'epochs/NAME'.",
            )

    def epochs(self, name: str, data: Any, within: Intervals | None = None) -> Intervals:
        """Return the epochs.

        Parameters
        ----------
        name :
            What they will be called.
        data, within :
            What :attr:`of` and :attr:`within` are the names of.

        Raises
        ------
        ValueError, TypeError
            If the data lack a column, or are nothing of the kind.

        Warns
        -----
        UserWarning
            If none is left, or some have no start or no end.
        """
        is_table = isinstance(data, Intervals)
        found = self._of_table(name, data) if is_table else self._of_series(name, data)
        if within is not None:
            found = _cut(found, within)
        lasts = found["end"] - found["start"]
        found = found.select((lasts > 0) & (lasts >= self.min_s))
        if not len(found):
            warn(
                f"The derived epochs {name!r} are none. Given: {self._in_words}. Expected: one or "
                "more. What to do: look at what they are made of: spikeglm describe FILE."
            )
        return found

    def _of_table(self, name: str, table: Intervals) -> Intervals:
        self._refuse(_OF_SERIES, "a table of intervals", "start, end, where or shift_s")
        keep = np.ones(len(table), dtype=bool)
        for column, wanted in self.where.items():
            keep &= _is_one_of(table[column], wanted, f"{self.of}/{column}")
        table = table.select(keep, name)
        start = _seconds(table[self.start or "start"], self.of) + self.shift_s[0]
        end = _seconds(table[self.end or "end"], self.of) + self.shift_s[1]
        known = np.isfinite(start) & np.isfinite(end)
        if not known.all():
            warn(
                f"{(~known).sum()} of {len(known)} of the derived epochs {name!r} are left out. "
                "Given: rows without a start or an end. Expected: seconds. What to do: nothing, if "
                "that is meant."
            )
        others = {key: column for key, column in table.columns.items() if key not in _ENDS}
        return Intervals.of(name, start, end, others).select(known)

    def _of_series(self, name: str, series: Any) -> Intervals:
        self._refuse(_OF_TABLES, "a series", "above or below, in its unit")
        found = read_timed(series, name=self.of)
        values = np.asarray(found.values, dtype=float)
        values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        if found.times is None or values.ndim != 1:
            raise errors.value_error(
                "Epochs are made of a series of one column, with times.",
                given=f"{self.of!r}, of shape {values.shape}",
                expected="one column",
                todo="name a column, such as 'series/position/x', or derive a speed first.",
            )
        if not self._said(_OF_SERIES):
            raise errors.value_error(
                f"It is not said when {name!r} is.",
                given=f"of = {self.of!r}, a series",
                expected="above or below, in its unit",
                todo="above = 2, for example, for where it is larger than 2.",
            )
        with np.errstate(invalid="ignore"):
            is_on = np.isfinite(values)
            is_on &= True if self.above is None else values > self.above
            is_on &= True if self.below is None else values < self.below
        return Intervals.of(name, *_spans(found.times, is_on).T)

    @property
    def _in_words(self) -> str:
        given = ((each.name, getattr(self, each.name), each.default) for each in fields(self))
        return ", ".join(f"{k} = {v!r}" for k, v, default in given if v not in (default, {}))

    def _said(self, names: tuple[str, ...]) -> list[str]:
        return [n for n in names if getattr(self, n) not in (None, {}, (0.0, 0.0))]

    def _refuse(self, names: tuple[str, ...], what: str, expected: str) -> None:
        if self._said(names):
            raise errors.value_error(
                f"Epochs of {what} are made otherwise.",
                given=f"{', '.join(self._said(names))}, of {self.of!r}",
                expected=expected,
                todo="leave out what does not go with it.",
            )


def _spans(times: FloatArray, is_on: BoolArray) -> FloatArray:
    """Return (k, 2) from when to when samples are on: halfway to the next one, and over no gap."""
    spans = []
    for run in stretches_of(times):
        t, on = times[run], np.concatenate([[False], is_on[run], [False]]).astype(int)
        half = np.median(np.diff(times)) / 2
        borders = np.concatenate([[t[0] - half], (t[1:] + t[:-1]) / 2, [t[-1] + half]])
        spans.append(borders[np.flatnonzero(np.diff(on)).reshape(-1, 2)])
    return np.concatenate([*spans, np.empty((0, 2))])


def _cut(epochs: Intervals, within: Intervals) -> Intervals:
    """Return what of epochs lies within others; columns stay those of the epoch."""
    spans = within.spans
    start = np.maximum(epochs["start"][:, None], spans[:, 0])
    end = np.minimum(epochs["end"][:, None], spans[:, 1])
    row, of = np.nonzero(end > start)
    others = {key: column[row] for key, column in epochs.columns.items() if key not in _ENDS}
    return Intervals.of(epochs.name, start[row, of], end[row, of], others)


def _is_one_of(column: Array, wanted: Any, name: str) -> BoolArray:
    """Return (n,) where a column has one of the values; ValueError for one that it never has."""
    values = wanted if isinstance(wanted, list | tuple) else [wanted]
    never = [value for value in values if not np.isin(column, [value]).any()]
    if never:
        known = np.unique(column[~_is_missing(column)])
        raise errors.unknown_name(f"value of {name}", never[0], known[:20].tolist())
    return np.asarray(np.isin(column, values))


def _is_missing(column: Array) -> BoolArray:
    return np.asarray(column != column)


def _seconds(column: Array, name: str) -> FloatArray:
    if column.dtype.kind not in "iuf":
        raise errors.value_error(
            "Epochs start and end at times.",
            given=f"a column of {name!r} with entries such as {column[0]!r}",
            expected="seconds",
            todo="name columns of times; those of the recording are shown by spikeglm describe.",
        )
    return column.astype(np.float64)
