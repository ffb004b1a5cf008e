"""Spike history: the bins before a row, of the neuron itself and of others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ... import showing
from ...io.interop.event_data import Moments
from ...io.interop.timed_data import Timed, is_known, read_spikes
from ...typing import Array, BoolArray, FloatArray, IntArray
from ..grid import Grid, Stretches
from ..numbers_in_bins import beyond, events_in_bins
from ..windows import past_kernels
from .contract import ALL, Find, PlacedTerm, TermFacts, checked_choice, term_of
from .signals import known_channels
from .values import EDGES, channels_of, numbers_in_bins

NEURONS = (ALL, "own", "others")


@dataclass(frozen=True, eq=False)
class History:
    """The spikes before a row, by neuron; see :meth:`spikeglm.DesignBuilder.history`.

    Truccolo et al. (2005), J. Neurophysiol. 93:1074; Pillow et al. (2008), Nature 454:995.
    """

    label: str
    spikes: str
    window: float
    basis: Any = 8
    neurons: Any = ALL
    within_trial: bool = False
    edges: str = "lost"
    channels: tuple[Any, ...] | None = None

    kind: ClassVar[str] = "history"
    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        checked_choice(self.edges, "edges", EDGES)
        if isinstance(self.neurons, str):
            checked_choice(self.neurons, "neurons", NEURONS)
        else:
            object.__setattr__(self, "neurons", tuple(self.neurons))
        if self.channels is not None:
            object.__setattr__(self, "channels", tuple(self.channels))

    def place(self, grid: Grid, find: Find) -> PlacedTerm:
        """Return the history on the rows of a grid."""
        kernels = past_kernels(self.window, self.basis, grid.bin_s)
        runs = grid.stretches(*kernels.reach, within_trial=self.within_trial)
        found = read_spikes(find(self.spikes), name=self.label)
        if isinstance(found, Timed):
            channels = channels_of(found.values, found.columns)
            counts, unknown = numbers_in_bins(found, runs, self.label, how="same")
            counts = _as_counts(counts)
        else:
            channels = found[0].channels
            counts, unknown = _counted(*found, runs)
        channels = known_channels(channels, self.channels, self)
        rows = kernels.on(runs, counts, unknown if self.edges == "lost" else None)
        term = term_of(self.label, channels, rows.meaning())
        facts = self._facts(counts[runs.is_row], channels, found)
        return PlacedTerm(rows, term, facts, replace(self, channels=channels), self._mask(channels))

    def _facts(self, counts: Array, channels: tuple[Any, ...], found: Any) -> TermFacts:
        """Return how many spikes there are, and how many in rows, by neuron."""
        table = counts.reshape(len(counts), -1)
        in_rows: IntArray = np.asarray(np.nansum(table, axis=0, dtype=float).round(), np.intp)
        n = int(in_rows.sum())
        spikes = None if isinstance(found, Timed) else found[0]
        per_channel = tuple(zip(channels, in_rows.tolist(), strict=True))
        n_given, n_lost = (n, 0) if spikes is None else (spikes.n_given, spikes.n_without_time)
        return TermFacts(
            self.label,
            self.kind,
            n_given,
            n_lost,
            n_in_rows=n,
            n_seen=n,
            per_channel=per_channel,
        )

    def _mask(self, channels: tuple[Any, ...]) -> Any:
        if self.neurons == ALL or len(channels) < 2:
            return True
        return self.neurons if isinstance(self.neurons, str) else list(self.neurons)


def _counted(
    spikes: Moments, support: FloatArray | None, runs: Stretches
) -> tuple[Array, BoolArray]:
    """Return counts (M, N), and where no spikes are known: outside of their epochs.

    Times that come without epochs are known from the first row to the last one.
    """
    grid = runs.grid
    if support is None:
        support = np.array([[grid.lower[0], grid.lower[-1] + grid.bin_s]])
    return events_in_bins(runs, spikes), beyond(is_known(support, runs.times), runs)


def _as_counts(numbers: Array) -> Array:
    """Return small whole numbers in a byte each, where they are that."""
    with np.errstate(invalid="ignore"):
        small = numbers.astype(np.uint8)
    return small if (small == numbers).all() else numbers
