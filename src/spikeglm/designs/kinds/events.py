"""Events: a kernel over the time around each of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ... import showing
from ...io.interop.event_data import Moments, read_events
from ...typing import IntArray
from ..grid import Grid, Stretches
from ..numbers_in_bins import events_in_bins
from ..windows import checked_window, kernels_over
from .contract import Find, PlacedTerm, TermFacts, checked_choice, term_of

MISSING = ("lost", "zero")


@dataclass(frozen=True, eq=False)
class Events:
    """A kernel over a window around events; see :meth:`spikeglm.DesignBuilder.events`.

    Row t has Σ_e v_e f_j(t - t_e) for function j: the sum over the events e that it sees, in whole
    bins. Park et al. (2014), Encoding and decoding in parietal cortex during sensorimotor
    decision-making, Nature Neuroscience 17:1395.
    """

    label: str
    times: str
    window: tuple[float, float]
    basis: Any = 8
    values: str | None = None
    by: str | None = None
    within_trial: bool = False
    missing: str = "lost"
    channels: tuple[Any, ...] | None = None

    kind: ClassVar[str] = "events"
    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        object.__setattr__(self, "window", checked_window(self.window))
        checked_choice(self.missing, "missing", MISSING)
        if self.channels is not None:
            object.__setattr__(self, "channels", tuple(self.channels))

    def place(self, grid: Grid, find: Find) -> PlacedTerm:
        """Return the kernels on the rows of a grid."""
        values, by = (None if name is None else find(name) for name in (self.values, self.by))
        times = find(self.times)
        events = read_events(times, name=self.label, values=values, by=by, channels=self.channels)
        kernels = kernels_over(self.window, self.basis, grid.bin_s)
        runs = grid.stretches(*kernels.reach, within_trial=self.within_trial)
        numbers = events_in_bins(runs, events, missing_is_zero=self.missing == "zero")
        rows = kernels.on(runs, numbers)
        facts = facts_of(self.label, self.kind, events, runs, kernels.window.lags)
        term = term_of(self.label, events.channels, rows.meaning())
        return PlacedTerm(rows, term, facts, replace(self, channels=events.channels))


def facts_of(label: str, kind: str, events: Moments, runs: Stretches, lags: IntArray) -> TermFacts:
    """Return how many events there are, and how many rows see."""
    event, place = runs.bins_of(events)
    seen = np.unique(event[runs.seen_through(lags)[place]])
    per_channel = np.bincount(events.channel[seen], minlength=len(events.channels))
    per_event = max(1, len(events.times)) / max(1, _n_used(events))  # of several values each
    in_rows = (runs.grid.row_of(events.times) >= 0).sum()
    return TermFacts(
        label,
        kind,
        events.n_given,
        events.n_without_time,
        math.ceil(events.n_without_value / per_event),
        events.n_other,
        round(int(in_rows) / per_event),
        round(len(seen) / per_event),
        tuple(zip(events.channels, per_channel.tolist(), strict=True)),
    )


def _n_used(events: Moments) -> int:
    return events.n_given - events.n_without_time - events.n_other
