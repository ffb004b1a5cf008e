"""Boxcars: on from a start to a stop, as they are or seen through a kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ... import showing
from ...basis.functions.identity import IdentityEval
from ...basis.terms.formula import PlacedRows
from ...io.interop.event_data import labels_and_channels
from ...io.interop.interval_data import read_intervals
from ...rows.terms import Term
from ...typing import Array, FloatArray, IntArray
from ..grid import Grid, Stretches
from ..numbers_in_bins import intervals_in_bins
from ..windows import checked_window, kernels_over
from .contract import Find, PlacedTerm, TermFacts, checked_choice, term_of
from .events import MISSING


@dataclass(frozen=True, eq=False)
class Boxcar:
    """One between starts and stops, zero elsewhere; see :meth:`spikeglm.DesignBuilder.boxcar`.

    A bin is on if its centre is in ``[start, stop)``. Intervals that overlap add up.
    """

    label: str
    intervals: Any
    window: tuple[float, float] | None = None
    basis: Any = 8
    values: str | None = None
    by: str | None = None
    within_trial: bool = False
    missing: str = "lost"
    channels: tuple[Any, ...] | None = None

    kind: ClassVar[str] = "boxcar"
    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        if self.window is not None:
            object.__setattr__(self, "window", checked_window(self.window))
        if not isinstance(self.intervals, str):
            object.__setattr__(self, "intervals", tuple(self.intervals))
        checked_choice(self.missing, "missing", MISSING)
        if self.channels is not None:
            object.__setattr__(self, "channels", tuple(self.channels))

    def place(self, grid: Grid, find: Find) -> PlacedTerm:
        """Return the boxcars on the rows of a grid."""
        found, given = find(self.intervals), None if self.values is None else find(self.values)
        spans, values = read_intervals(found, name=self.label, values=given)
        if values is not None and self.missing == "zero":
            values = np.nan_to_num(values, nan=0.0)
        labels = None if self.by is None else find(self.by)
        of, channels = labels_and_channels(labels, len(spans), self.label, self.channels)
        if self.window is None:
            runs = grid.stretches(0, 0, within_trial=self.within_trial)
            numbers = _in_bins(runs, spans, values, of, len(channels))
            rows, term = plain_values(self.label, numbers, channels)
        else:
            kernels = kernels_over(self.window, self.basis, grid.bin_s)
            runs = grid.stretches(*kernels.reach, within_trial=self.within_trial)
            rows = kernels.on(runs, _in_bins(runs, spans, values, of, len(channels)))
            term = term_of(self.label, channels, rows.meaning())
        facts = _facts(self.label, grid, spans, values, of, channels)
        return PlacedTerm(rows, term, facts, replace(self, channels=channels))


def plain_values(label: str, numbers: Array, channels: tuple[Any, ...]) -> tuple[PlacedRows, Term]:
    """Return numbers (T, S), or (T,), as features as they are, and what they mean."""
    design = IdentityEval(label=label).design(numbers[:, 0] if channels == (0,) else numbers)
    (term,) = design.terms
    rows: Any = design.source
    return rows, replace(term, channels=channels)


def _in_bins(
    runs: Stretches, spans: FloatArray, values: FloatArray | None, of: IntArray, n_channels: int
) -> Array:
    """Return (M, S)."""
    table = []
    for c in range(n_channels):
        mine = of == c
        part = None if values is None else values[mine]
        table.append(intervals_in_bins(runs.times, spans[mine], part))
    numbers = np.column_stack(table) if table else np.zeros((runs.n_bins, 0))
    numbers[runs.in_other_trial] = 0
    return numbers


def _facts(
    label: str,
    grid: Grid,
    spans: FloatArray,
    values: FloatArray | None,
    of: IntArray,
    channels: tuple[Any, ...],
) -> TermFacts:
    """Return how many intervals hold the centre of a row."""
    timed = np.isfinite(spans).all(axis=1) & (spans[:, 1] > spans[:, 0])
    first, last = np.searchsorted(grid.axis.times, spans.T)
    on = timed & (last > first) & (of >= 0)
    per_channel = tuple((name, int((on & (of == c)).sum())) for c, name in enumerate(channels))
    n_without = 0 if values is None else int((timed & np.isnan(values)).sum())
    n_on = int(on.sum())
    n_other = int((timed & (of < 0)).sum())
    n_untimed = int((~timed).sum())
    return TermFacts(
        label, Boxcar.kind, len(spans), n_untimed, n_without, n_other, n_on, n_on, per_channel
    )
