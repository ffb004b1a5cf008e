"""Continuous signals: as they are, or the last seconds of them through kernels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ... import errors, showing
from ...io.interop.column_names import require_same_columns
from ...io.interop.timed_data import read_timed
from ..grid import Grid
from ..numbers_in_bins import RULES
from ..windows import checked_window, kernels_over
from .boxcars import plain_values
from .contract import Find, PlacedTerm, TermFacts, checked_choice, term_of
from .values import EDGES, channels_of, numbers_in_bins


@dataclass(frozen=True, eq=False)
class Signal:
    """A signal that acts in proportion to its value; see :meth:`spikeglm.DesignBuilder.signal`."""

    label: str
    signal: str
    window: tuple[float, float] | None = None
    basis: Any = 8
    how: str = "interpolate"
    max_gap_s: float | None = None
    within_trial: bool = False
    edges: str = "lost"
    channels: tuple[Any, ...] | None = None

    kind: ClassVar[str] = "signal"
    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        if self.window is not None:
            object.__setattr__(self, "window", checked_window(self.window))
        checked_choice(self.how, "how", RULES)
        checked_choice(self.edges, "edges", EDGES)
        if self.channels is not None:
            object.__setattr__(self, "channels", tuple(self.channels))

    def place(self, grid: Grid, find: Find) -> PlacedTerm:
        """Return the signal on the rows of a grid."""
        signal = read_timed(find(self.signal), name=self.label)
        channels = known_channels(channels_of(signal.values, signal.columns), self.channels, self)
        rule: dict[str, Any] = {"how": self.how, "max_gap_s": self.max_gap_s}
        if self.window is None:
            numbers, _ = numbers_in_bins(signal, grid.stretches(0, 0), self.label, **rule)
            columns = numbers[:, None] if numbers.ndim == 1 else numbers
            rows, term = plain_values(self.label, columns, channels)
        else:
            kernels = kernels_over(self.window, self.basis, grid.bin_s)
            runs = grid.stretches(*kernels.reach, within_trial=self.within_trial)
            numbers, unknown = numbers_in_bins(signal, runs, self.label, **rule)
            rows = kernels.on(runs, numbers, unknown if self.edges == "lost" else None)
            term = term_of(self.label, channels, rows.meaning())
        facts = TermFacts(self.label, self.kind)
        return PlacedTerm(rows, term, facts, replace(self, channels=channels))


def known_channels(
    found: tuple[Any, ...], known: tuple[Any, ...] | None, spec: Any
) -> tuple[Any, ...]:
    """Return the channels of a signal; ValueError if they are not those that are known."""
    if known is None:
        return found
    require_same_columns(
        found,
        known,
        table=f"the data of {spec.label!r}",
        what="those of the design",
        todo="select them in that order.",
    )
    if len(found) != len(known):
        raise errors.value_error(
            f"The data of {spec.label!r} have another number of columns than those of the design.",
            given=f"{len(found)} columns",
            expected=f"{len(known)} columns",
        )
    return known
