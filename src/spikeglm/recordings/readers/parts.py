"""What readers return: what a file holds, before it is known what else belongs to the recording."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ... import errors, showing
from ..contract import Recording, nothing
from ..intervals import Events, Intervals
from ..series import Series
from ..units import Units

_USUAL = (
    "units",
    "spikes",
    "neurons",
)  # what the file of the units is called


@dataclass(frozen=True)
class Part:
    """What one file holds; see :class:`spikeglm.recordings.Recording`.

    Examples
    --------
    >>> Part(units=Units.of({0: [0.5]})).recording("a.csv").names
    ('units', 'epochs/session')
    """

    units: Units | None = None
    series: Mapping[str, Series] = field(default_factory=dict)
    events: Mapping[str, Events] = field(default_factory=dict)
    trials: Intervals | None = None
    epochs: Mapping[str, Intervals] = field(default_factory=dict)
    format: str = ""
    remarks: tuple[str, ...] = ()
    close: Callable[[], None] = field(default=nothing, repr=False)

    __repr__ = showing.of_fields

    @classmethod
    def of_intervals(cls, table: Intervals, **more: Any) -> Part:
        """Return the part that a table of intervals is: trials, if it is called so."""
        if table.name == "trials":
            return cls(trials=table, **more)
        return cls(epochs={table.name: table}, **more)

    def recording(self, source: str) -> Recording:
        """Return the recording, if this is all there is."""
        return Recording(
            units=self.units,
            series=self.series,
            events=self.events,
            trials=self.trials,
            epochs=self.epochs,
            source=source,
            format=self.format,
            warnings=self.remarks,
            close=self.close,
        )


def merged(parts: Iterable[tuple[str, Part]]) -> Part:
    """Return one part of several, each with the name of its file.

    Of several files with units, the one that is called so has them, and remarks name the others.

    Raises
    ------
    ValueError
        If entries of two files have the same name.

    Examples
    --------
    >>> one, other = Part(units=Units.of({0: [0.5]})), Part(units=Units.of({0: [0.7]}))
    >>> merged([("a.npz", one), ("spikes.npz", other)]).remarks
    ('a.npz has units, too, and is left out: read it alone to use them',)
    """
    by_name = dict(parts)
    found: dict[str, dict[str, Any]] = {"series": {}, "events": {}, "epochs": {}}
    for file, part in by_name.items():
        for kind, things in found.items():
            for key, thing in getattr(part, kind).items():
                _put(things, key, thing, kind, file)
    remarks = [remark for part in by_name.values() for remark in part.remarks]
    alone: dict[str, Any] = {}
    for kind in ("units", "trials"):
        files = [file for file, part in by_name.items() if getattr(part, kind) is not None]
        files.sort(key=lambda file: not file.lower().startswith((*_USUAL, "trials")))
        alone[kind] = getattr(by_name[files[0]], kind) if files else None
        remarks += [
            f"{file} has {kind}, too, and is left out: read it alone to use them"
            for file in files[1:]
        ]
    formats = sorted({part.format for part in by_name.values() if part.format})
    whole: dict[str, Any] = found | alone
    return Part(**whole, format=", ".join(formats), remarks=tuple(remarks))


def _put(things: dict[str, Any], key: str, thing: Any, kind: str, file: str) -> None:
    if key in things:
        raise errors.value_error(
            "Two files of this folder have entries of the same name.",
            given=f"{kind}/{key}, a second time in {file}",
            expected="a name for each",
            todo="rename a file, or move one of them away.",
        )
    things[key] = thing
