"""A recording in words: a line for each name that a description can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import showing

if TYPE_CHECKING:
    from .contract import Recording


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
    rows = [("name", "kind", "what", "when", "unit")]
    rows += [(e.name, e.kind, e.what, e.when, e.unit) for e in recording.entries]
    told = f"{recording.source or 'a recording'}"
    if recording.format:
        told += f" ({recording.format})"
    lines = [told, *showing.table(rows, to_left=range(5))]
    lines += [f"note: {remark}" for remark in (*recording.warnings, *_of_gaps(recording))]
    return "\n".join(lines)


def _of_gaps(recording: Recording) -> list[str]:
    """Say what is odd about the times of signals."""
    told = []
    for name, series in recording.series.items():
        steps = series.steps
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
