"""Columns that belong together: the terms of a design, the leaves of a tree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..typing import BoolArray


class Described(Protocol):
    """What a group of columns can tell of itself."""

    @property
    def n_copies(self) -> int:
        """How often its functions stand side by side: once per channel."""

    def coverage(self) -> tuple[str, ...]:
        """What the data cover of each input that has bounds, in words; may visit all samples."""

    def losses(self) -> list[tuple[str, BoolArray]]:
        """Why rows (T,) are lost beyond the edges of windows, and which; visits all samples."""


@dataclass(frozen=True, eq=False)
class Group:
    """Columns ``start:stop`` of a table, under one name.

    >>> Group("stimulus", 0, 3).columns
    slice(0, 3, None)
    """

    label: str
    start: int
    stop: int
    term: Described | None = None

    @property
    def columns(self) -> slice:
        """Which columns."""
        return slice(self.start, self.stop)

    @property
    def n_copies(self) -> int:
        """How often the same functions stand side by side, once per channel; 1 if not known."""
        return 1 if self.term is None else self.term.n_copies

    def coverage(self) -> tuple[str, ...]:
        """What the data cover of each input that has bounds, in words."""
        return () if self.term is None else self.term.coverage()

    def within(self, label: str, first: int) -> Group:
        """Return the group as one of a larger table, in which its table is called ``label``."""
        name = f"{label}.{self.label}" if self.label else label
        return replace(self, label=name, start=self.start + first, stop=self.stop + first)


def groups_of(rows: Any) -> tuple[Group, ...]:
    """Return the groups of a table's columns; a table that knows none is one without a name."""
    return getattr(rows, "groups", ()) or (Group("", 0, rows.n_features),)
