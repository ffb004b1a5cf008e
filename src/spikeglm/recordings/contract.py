"""What every recording is, whatever file it comes from: units, signals, events, trials, epochs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .. import errors
from .describing import html_of, line_of, text_of
from .entries import Entry, entries_of
from .intervals import Events, Intervals
from .series import Series
from .sessions import session_of
from .units import Units
from .wanted import description_of, texts_in


def nothing() -> None:
    """Close nothing: all is in memory."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A recording: what :func:`spikeglm.recordings.read` returns.

    Names are those that :meth:`describe` prints: ``"units"``, ``"units/3"``, ``"series/position"``,
    ``"series/position/x"``, ``"events/lick"``, ``"trials"``, ``"trials/choice"``, ``"epochs/run"``.
    ``recording[name]`` is what :class:`spikeglm.DesignBuilder` takes for it.

    Attributes
    ----------
    units :
        Spike times, or None. ``recording.units[3]`` reads those of one unit.
    series :
        Signals in time by name.
    events :
        Moments by name.
    trials :
        The table of trials, or None.
    epochs :
        Other tables of intervals by name; ``"session"`` is all that was recorded.
    source :
        The path or address it was read from.
    format :
        What kind of file that is.
    warnings :
        What was found odd, in words.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> from spikeglm.recordings import Recording, Series, Units
    >>> t = np.arange(1000) / 50
    >>> recording = Recording(
    ...     units=Units.of({0: [0.5, 3.2], 1: [7.0]}),
    ...     series={"speed": Series("speed", t, np.abs(np.sin(t)), unit="cm/s")},
    ... )
    >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs="epochs/session").tuning("series/speed")
    >>> X = builder.design(recording.data(builder))
    >>> X.counts(recording.units).sum(axis=0)
    array([2, 1])
    """

    units: Units | None = None
    series: Mapping[str, Series] = field(default_factory=dict)
    events: Mapping[str, Events] = field(default_factory=dict)
    trials: Intervals | None = None
    epochs: Mapping[str, Intervals] = field(default_factory=dict)
    source: str = ""
    format: str = ""
    warnings: tuple[str, ...] = ()
    close: Callable[[], None] = field(default=nothing, repr=False)

    def __repr__(self) -> str:
        return line_of(self)

    def _repr_html_(self) -> str:
        """Show :meth:`describe` in a notebook."""
        return html_of(self)

    def __post_init__(self) -> None:
        if "session" not in self.epochs:
            spans = session_of(self)
            session = Intervals.of("session", spans[:, 0], spans[:, 1])
            object.__setattr__(self, "epochs", {"session": session, **self.epochs})
        if self.units is not None and self.units.support is None:
            units = replace(self.units, support=self.epochs["session"].spans)
            object.__setattr__(self, "units", units)

    def describe(self) -> str:
        """Return what there is, a line for each name that a description can use.

        Examples
        --------
        >>> from spikeglm.recordings import Recording, Units
        >>> text = Recording(units=Units.of({0: [0.1, 2.0]}), source="a.nwb").describe()
        >>> text.splitlines()[2].split()[:4]
        ['units', 'units', '1', 'unit,']
        """
        return text_of(self)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The lines of :meth:`describe`, one for each name."""
        return tuple(entries_of(self))

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that :meth:`describe` prints."""
        return tuple(entry.name for entry in self.entries)

    def __getitem__(self, name: str) -> Any:
        """Return the data of a name, as :class:`spikeglm.DesignBuilder` takes them.

        Units are a mapping from names to times, signals are pynapple objects, tables of
        intervals are such tables, columns and events are arrays.

        Raises
        ------
        ValueError
            If there is no such name, or its times go back.
        OSError
            If the file can no longer be read.
        """
        found = self._found(name)
        if found is None:
            raise errors.unknown_name("name in this recording", name, self.names, meant=self._meant)
        return found()

    def __contains__(self, name: object) -> bool:
        return self._found(name) is not None

    def data(self, wanted: Any = None) -> dict[str, Any]:
        """Return the data that a description names, by their names: only these are read.

        Parameters
        ----------
        wanted :
            The path of a description file, its text, a :class:`spikeglm.DesignBuilder`, or a list
            of names. None: all there is.

        Raises
        ------
        ValueError
            If a description names data that are not there.
        OSError
            If a file cannot be read.

        Examples
        --------
        >>> from spikeglm.recordings import Recording, Units
        >>> recording = Recording(units=Units.of({0: [0.1, 2.0], 1: [0.5]}))
        >>> list(recording.data(["units"])), recording.data(["units/1"])
        (['units'], {'units/1': array([0.5])})
        """
        if wanted is None:
            return {name: self[name] for name in self.names}
        found: dict[str, Any] = {}
        described = description_of(wanted)
        held = getattr(wanted, "data", {})  # by a builder
        for text, is_a_name in texts_in(described):
            if text in held:
                continue
            name = text if text in self else text.rpartition(".")[0]
            if name in self:
                found[name] = self[name]
            elif is_a_name or isinstance(described, list | tuple):
                self._refuse(text, described)
        return found

    def to_pynapple(self) -> dict[str, Any]:
        """Return everything as pynapple objects by name: a TsGroup, Tsd, TsdFrame, IntervalSet, Ts.

        Examples
        --------
        >>> from spikeglm.recordings import Recording, Units
        >>> list(Recording(units=Units.of({0: [0.1, 2.0]})).to_pynapple())
        ['units', 'epochs/session']
        """
        parts: dict[str, Any] = {} if self.units is None else {"units": self.units}
        parts |= {f"series/{name}": each for name, each in self.series.items()}
        parts |= {f"events/{name}": each for name, each in self.events.items()}
        parts |= {} if self.trials is None else {"trials": self.trials}
        parts |= {f"epochs/{name}": each for name, each in self.epochs.items()}
        return {name: part.to_pynapple() for name, part in parts.items()}

    def _found(self, name: object) -> Callable[[], Any] | None:
        """Return what gives the data of a name, None where there are none."""
        kind, _, rest = str(name).partition("/")
        if kind == "units" and self.units is not None:
            return _of_units(self.units, rest)
        if kind == "trials" and self.trials is not None:
            return _of_table(self.trials, rest)
        if kind == "epochs":
            table, column = _split(rest, self.epochs)
            return None if table is None else _of_table(self.epochs[table], column)
        if kind == "series":
            series, column = _split(rest, self.series)
            return None if series is None else _of_series(self.series[series], column)
        if kind == "events" and rest in self.events:
            return lambda: self.events[rest].times
        return None

    @property
    def _meant(self) -> dict[str, str]:
        """What whoever leaves out the first part of a name means."""
        return {name.rpartition("/")[2].lower(): name for name in reversed(self.names)}

    def _refuse(self, name: str, described: Any) -> None:
        """Raise for a name that is none here, nor a column of the trials, nor a label of a term."""
        trials = described.get("trials") if isinstance(described, Mapping) else None
        if (
            isinstance(trials, str)
            and trials in self
            and name in getattr(self[trials], "columns", ())
        ):
            return
        self[name]


def _split(rest: str, known: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the name of a table or signal (which may have a slash), and that of a column."""
    if rest in known:
        return rest, ""
    name, _, column = rest.rpartition("/")
    return (name, column) if name in known else (None, "")


def _of_units(units: Units, name: str) -> Callable[[], Any] | None:
    if not name:
        return lambda: units
    known = {str(each): each for each in units}
    return (lambda: units[known[name]]) if name in known else None


def _of_table(table: Intervals, column: str) -> Callable[[], Any] | None:
    if not column:
        return lambda: table
    return (lambda: table[column]) if column in table.columns else None


def _of_series(series: Series, column: str) -> Callable[[], Any] | None:
    if not column:
        return series.to_pynapple
    if column not in map(str, series.columns):
        return None
    return lambda: series.column(column).to_pynapple()
