"""A recording in words: a line for each name that a description can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import notebook, showing
from .entries import labels_text
from .sessions import remarks_on
from .units import Units

if TYPE_CHECKING:
    from .contract import Recording

_HEADER = ("name", "kind", "what", "when", "unit")
_MOST_VALUES = 12  # of a column of metadata that are told


def text_of(recording: Recording) -> str:
    """Return the text of :meth:`spikeglm.recordings.Recording.describe`.

    Examples
    --------
    >>> from spikeglm.recordings import Recording, Units
    >>> print(text_of(Recording(units=Units.of({0: [0.1, 2.0]}), source="session.nwb")))
    session.nwb
    name            kind       what                                            when        unit
    units           units      1 unit, 2 spikes; 1.05 to 1.05, median 1.05 Hz  0.1 to 2 s
    epochs/session  intervals  1 interval, 1.9 s long                          0.1 to 2 s
    """
    table = showing.table([_HEADER, *_rows(recording)], to_left=range(len(_HEADER)))
    return "\n".join([title_of(recording), *table, *_remarks(recording)])


def html_of(recording: Recording) -> str:
    """Return the same for a notebook.

    >>> from spikeglm.recordings import Recording
    >>> "<td>epochs/session</td>" in html_of(Recording(source="<a>.nwb"))
    True
    """
    table = notebook.table(_rows(recording), _HEADER)
    return notebook.box(title_of(recording), table=table, lines=_remarks(recording))


def line_of(recording: Recording) -> str:
    """Return one line: where it is from, and how much there is of each kind.

    >>> from spikeglm.recordings import Recording, Units
    >>> line_of(Recording(units=Units.of({0: [0.1]}), source="a.nwb"))
    "Recording('a.nwb', units=1, series=0, events=0, trials=0, epochs=1)"
    """
    parts = {
        "units": recording.units or (),
        "series": recording.series,
        "events": recording.events,
        "trials": recording.trials or (),
        "epochs": recording.epochs,
    }
    told = ", ".join(f"{name}={len(part)}" for name, part in parts.items())
    return f"Recording({recording.source!r}, {told})"


def title_of(recording: Recording) -> str:
    """Return where it is from, and what kind of file that is."""
    told = recording.source or "a recording"
    return f"{told} ({recording.format})" if recording.format else told


def _rows(recording: Recording) -> list[tuple[str, ...]]:
    return [(e.name, e.kind, e.what, e.when, e.unit) for e in recording.entries]


def _remarks(recording: Recording) -> list[str]:
    by = [] if recording.units is None else _by_metadata(recording.units)
    noted = dict.fromkeys((*recording.warnings, *remarks_on(recording)))
    return [*by, *(f"note: {remark}" for remark in noted)]


def _by_metadata(units: Units) -> list[str]:
    """Say how many units there are of each label that describes a few."""
    texts = {key: col.astype(str) for key, col in units.metadata.items() if col.dtype.kind in "UOb"}
    few = {
        key: col for key, col in texts.items() if len(set(col)) <= min(_MOST_VALUES, len(col) // 2)
    }
    return [f"units by {key}: {labels_text(col)}" for key, col in few.items()]
