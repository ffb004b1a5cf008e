"""What every kind of term is: a description that can be placed on rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

from ... import errors, showing
from ...basis.terms.formula import PlacedRows
from ...rows.terms import Meaning, Term
from ..grid import Grid

Find: TypeAlias = Callable[[Any], Any]
"""``find(name)``: the data of this name, or a tuple of those of several names."""

ALL, OWN, OTHERS = "all", "own", "others"


@dataclass(frozen=True)
class TermFacts:
    """What became of the data of a term.

    Attributes
    ----------
    label, kind :
        Of the term.
    n_events :
        Events, intervals or spikes that were given; None for signals.
    n_without_time, n_without_value, n_of_no_channel :
        Of those: how many lack a time, lack a value, or have a label that is no channel.
    n_in_rows :
        How many are in the bin of some row.
    n_seen :
        How many some row sees through its window, those between epochs included.
    per_channel :
        How many of each channel some row sees.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 1]])
    >>> design = builder.events([0.3, 5.0], window=(0, 0.2), label="cue").design()
    >>> design.facts[0].n_seen, design.facts[0].n_outside
    (1, 1)
    """

    label: str
    kind: str
    n_events: int | None = None
    n_without_time: int = 0
    n_without_value: int = 0
    n_of_no_channel: int = 0
    n_in_rows: int | None = None
    n_seen: int | None = None
    per_channel: tuple[tuple[Any, int], ...] = ()

    __repr__ = showing.of_fields

    @property
    def n_outside(self) -> int:
        """How many have a time, and no row sees them."""
        if self.n_events is None or self.n_seen is None:
            return 0
        return self.n_events - self.n_without_time - self.n_of_no_channel - self.n_seen


@dataclass(frozen=True, eq=False)
class PlacedTerm:
    """A term on the rows of a recording.

    Attributes
    ----------
    rows :
        Computes its columns.
    term :
        What they mean, counted from zero.
    facts :
        What became of its data.
    kept :
        The description, with everything decided that data decide.
    mask :
        Which neurons use which channels: True, ``"own"``, ``"others"`` or a list of channels.
    """

    rows: PlacedRows
    term: Term
    facts: TermFacts
    kept: TermKind
    mask: Any = True

    __repr__ = showing.of_fields


class TermKind(Protocol):
    """A term as it is described: a label, the names of its data, and settings."""

    kind: ClassVar[str]

    @property
    def label(self) -> str:
        """What it is called."""

    def place(self, grid: Grid, find: Find) -> PlacedTerm:
        """Return the term on the rows of a grid."""


def term_of(label: str, channels: tuple[Any, ...], meaning: Meaning) -> Term:
    """Return a term of S channels of b functions; one channel called 0 is no axis of its own."""
    b = meaning.n_functions
    shape = (b,) if channels == (0,) else (len(channels), b)
    return Term(label, 0, len(channels) * b, shape, channels, (label,), meaning)


def checked_choice(value: Any, name: str, known: tuple[str, ...]) -> str:
    """Return a word that is one of a few."""
    if value not in known:
        raise errors.unknown_name(name, value, known)
    return str(value)
