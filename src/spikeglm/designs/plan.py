"""What a design is made of, without the data: names and settings, and how they become rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import errors, notebook, showing
from ..basis.tree.basis import Basis
from ..io.interop.interval_data import trial_spans
from ..io.interop.row_times import axis_of_bins, axis_of_rows
from ..notices import warn
from ..typing import FloatArray
from .built import BuiltDesign
from .finding import Finder
from .grid import Grid
from .kinds.contract import PlacedTerm, TermKind
from .kinds.history import History
from .toml_files import read_description, write_description
from .words import described, term_from

_SETTINGS = ("rows", "bin_s", "epochs", "trials")
_ANY = 8  # stands for a basis that is written beside its term
_LONG_S = 5.0  # of a bin: most likely milliseconds
_SHORT_S = 1e-4  # spikes are sampled every 0.03 ms or so


@dataclass(frozen=True, eq=False)
class DesignPlan:
    """Terms, the names of their data, and how rows are made: all of a design but the data.

    A builder makes it, a file can hold it, and a design keeps the one that makes the same features
    of other data: ``design.basis``, and after a fit ``model.basis_``.

    Attributes
    ----------
    terms :
        In the order of their columns.
    rows :
        The name of what gives the rows their times; None where they are cut out of epochs.
    bin_s :
        Length of the bins to cut, seconds.
    epochs, trials :
        The names of what bins are cut out of, and of the table of trials; None for none.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 10]])
    >>> builder = builder.events([2.0, 5.0], window=(0, 1), basis=4, label="cue")
    >>> plan = builder.design().basis
    >>> plan.design({"epochs": [[0, 3]], "cue": [1.0]})
    Design(n_rows=30, n_features=4)
    """

    terms: tuple[TermKind, ...] = ()
    rows: str | None = None
    bin_s: float | None = None
    epochs: str | None = None
    trials: str | None = None

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        given = self.bin_s
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        if given is not None and not (is_number and 0 < given < float("inf")):
            raise errors.value_error(
                "bin_s is the length of a bin.",
                given=f"{given!r}",
                expected="a number of seconds, above zero",
                todo="write 0.02 for 20 ms.",
            )
        object.__setattr__(self, "bin_s", None if given is None else float(given))

    def design(self, data: Mapping[str, Any]) -> BuiltDesign:
        """Return the design of these data, each by its name.

        Raises
        ------
        ValueError, TypeError
            If data are missing, or are not what a term takes.

        Warns
        -----
        UserWarning
            If no row sees an event of a term, or trials overlap or lack an end.

        Examples
        --------
        >>> plan = DesignPlan.from_toml('''
        ... bin_s = 0.5
        ... epochs = "session"
        ... [[terms]]
        ... kind = "boxcar"
        ... label = "delay"
        ... intervals = "delays"
        ... ''')
        >>> plan.design({"session": [[0, 2]], "delays": [[0.5, 1.5]]}).to_array().ravel()
        array([0., 1., 1., 0.])
        """
        if not self.terms:
            raise errors.value_error(
                "This design has no terms.",
                given="a builder without terms",
                expected="one term or more",
                todo="call events, boxcar, signal, tuning or history first.",
            )
        find = Finder(dict(data), self.trials)
        grid = self._grid(find)
        placed = tuple(term.place(grid, find) for term in self.terms)
        _warn_of_nothing(placed, grid)
        kept = DesignPlan(
            tuple(each.kept for each in placed), self.rows, self.bin_s, self.epochs, self.trials
        )
        return BuiltDesign.of_terms(placed, grid, kept)

    def unseen(self, data: Mapping[str, Any]) -> BuiltDesign:
        """Return the design of a session that has no spikes yet: histories without data are silent.

        ``model.simulate(inputs=data)`` takes it, and feeds back what it draws.

        Raises what :meth:`design` raises; ValueError where the design has rows of its own and
        ``data`` do not say when the new ones are.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 1]])
        >>> plan = builder.history({"a": [0.5], "b": []}, window=0.2, basis=2).design().basis
        >>> plan.unseen({"epochs": [[0, 9]]})
        Design(n_rows=90, n_features=4)
        """
        data = dict(data)
        if self.rows is not None and self.rows not in data:
            raise errors.value_error(
                "It is not said when the bins of the new session are.",
                given=f"data named {', '.join(map(repr, data)) or 'nothing'}",
                expected=f"{self.rows!r} among them: the times of bins, seconds",
                todo=f"pass {{{self.rows!r}: times, ...}}.",
            )
        for term in self.terms:
            names: Any = term
            if term.kind == History.kind and names.channels and names.spikes not in data:
                data[names.spikes] = {channel: [] for channel in names.channels}
        return self.design(data)

    def to_toml(self, path: str | Path | None = None) -> str:
        """Return the description as TOML, and write it to a file if one is named.

        Raises
        ------
        TypeError
            If a basis has functions of your own, which text cannot hold.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs="session")
        >>> print(builder.events("cue", window=(0, 1), label="cue").plan.to_toml())
        bin_s = 0.1
        epochs = "session"
        <BLANKLINE>
        [[terms]]
        kind = "events"
        label = "cue"
        times = "cue"
        window = [0.0, 1.0]
        <BLANKLINE>
        """
        return write_description(self.description, path)

    @classmethod
    def from_toml(cls, source: str | Path) -> DesignPlan:
        """Read a description: the text itself, or the path of a file (TOML; YAML with PyYAML).

        Raises
        ------
        OSError
            If there is no such file.
        ValueError
            If the text is no TOML, or describes no design.

        Examples
        --------
        >>> text = 'bin_s = 0.1\\nepochs = "session"\\n'
        >>> DesignPlan.from_toml(text).to_toml() == text
        True
        """
        return cls.from_description(read_description(source))

    @property
    def description(self) -> dict[str, Any]:
        """The plan in plain numbers, text, lists and dicts; what is by default is left out."""
        settings = {name: getattr(self, name) for name in _SETTINGS}
        found: dict[str, Any] = {k: v for k, v in settings.items() if v is not None}
        if self.terms:
            found["terms"] = [described(term) for term in self.terms]
        return found

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> DesignPlan:
        """Return the plan that a description is of.

        Raises
        ------
        ValueError
            If it has entries that nobody knows.

        Examples
        --------
        >>> DesignPlan.from_description({"bin_s": 0.1, "epochs": "session"}).bin_s
        0.1
        """
        known = (*_SETTINGS, "terms")
        for name in description:
            if name not in known:
                raise errors.unknown_name("entry of a design", name, known)
        written = description.get("terms", ())
        if not isinstance(written, list | tuple):
            raise errors.type_error(
                "terms are a list: two brackets for each.",
                given=f"terms = {written!r}",
                expected="[[terms]], or [[design.terms]] in a description of an analysis",
            )
        terms = tuple(term_from(each) for each in written)
        settings = {name: description.get(name) for name in _SETTINGS}
        return cls(checked_labels(terms), **settings)

    def _repr_html_(self) -> str:
        """Show the terms in a notebook."""
        settings = [f"{name}={getattr(self, name)!r}" for name in _SETTINGS if getattr(self, name)]
        rows = [(term.label, term.kind, _said_of(term)) for term in self.terms]
        head = ("term", "kind", "of")
        return notebook.box(
            "Design", ", ".join(settings), table=notebook.table(rows, head) if rows else ""
        )

    def _grid(self, find: Finder) -> Grid:
        trials = None if self.trials is None else trial_spans(find(self.trials))
        if trials is not None:
            _warn_of_trials(trials)
        if (self.rows is None) == (self.bin_s is None):
            raise errors.value_error(
                "It is not said when rows are.",
                given="neither rows nor bin_s" if self.rows is None else "both rows and bin_s",
                expected="rows (counts, or times of bins), or bin_s with epochs",
            )
        if self.rows is not None:
            return Grid.of(axis_of_rows(find(self.rows), name="rows"), trials)
        if self.epochs is None and trials is None:
            raise errors.value_error(
                "Bins are cut out of epochs.",
                given=f"bin_s={self.bin_s!r} and no epochs",
                expected="epochs, or trials",
            )
        epochs = trials if self.epochs is None else find(self.epochs)
        assert self.bin_s is not None
        if self.bin_s >= _LONG_S:
            warn(
                f"Bins of {self.bin_s:g} seconds are long. Given: bin_s={self.bin_s:g}. Expected: "
                "seconds, mostly 0.001 to 0.5. What to do: if these are milliseconds, say "
                f"bin_s={self.bin_s / 1000:g}."
            )
        if self.bin_s < _SHORT_S:
            warn(
                f"Bins of {self.bin_s:g} seconds are short, and there are very many. Given: "
                f"bin_s={self.bin_s:g}. Expected: seconds, mostly 0.001 to 0.5. What to do: if "
                f"20 ms are meant, say bin_s=0.02."
            )
        return Grid.of(axis_of_bins(self.bin_s, epochs), trials, bin_s=self.bin_s)

    def _stored(self) -> StoredPlan:
        """What a file holds of it."""
        return StoredPlan.of(self)


@dataclass(frozen=True, eq=False)
class StoredPlan:
    """A plan as the file of a model holds it: words, and bases that keep what data have decided.

    Attributes
    ----------
    settings :
        rows, bin_s, epochs and trials of the plan.
    terms :
        Each term in words, without its basis where that keeps what data have decided.
    bases :
        Those bases, None for others.

    Examples
    --------
    >>> plan = DesignPlan.from_toml('bin_s = 0.1')
    >>> StoredPlan.of(plan).restored().bin_s
    0.1
    """

    settings: dict[str, Any]
    terms: tuple[dict[str, Any], ...]
    bases: tuple[Any, ...]

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, plan: DesignPlan) -> StoredPlan:
        """Return a plan as a file can hold it; TypeError for functions of one's own."""
        words, bases = [], []
        for term in plan.terms:
            known: Any = term
            keeps = _is_kept(known.basis)
            bases.append(known.basis if keeps else None)
            words.append(described(replace(known, basis=_ANY) if keeps else known))
        settings = {name: getattr(plan, name) for name in _SETTINGS}
        return cls(settings, tuple(words), tuple(bases))

    def restored(self) -> DesignPlan:
        """Return the plan."""
        terms = []
        for words, basis in zip(self.terms, self.bases, strict=True):
            term: Any = term_from(words)
            terms.append(term if basis is None else replace(term, basis=basis))
        return DesignPlan(checked_labels(tuple(terms)), **self.settings)


def _said_of(term: Any) -> str:
    """Return the data and settings of a term that are not what they are by default."""
    given = ((f.name, getattr(term, f.name), f.default) for f in fields(term) if f.name != "label")
    return ", ".join(f"{k}={showing.shown(v)}" for k, v, d in given if repr(v) != repr(d))


def _is_kept(basis: Any) -> bool:
    return isinstance(basis, Basis) and any(leaf.memory.is_kept for leaf in basis.node.leaves())


def checked_labels(terms: tuple[TermKind, ...]) -> tuple[TermKind, ...]:
    """Return terms, if each has a label of its own.

    Raises
    ------
    ValueError
        If not.
    """
    labels = [term.label for term in terms]
    for label in labels:
        if not isinstance(label, str) or not label or labels.count(label) > 1:
            raise errors.value_error(
                "Each term has a label of its own.",
                given=f"{label!r}, {labels.count(label)} times",
                expected="a text that no other term has",
                todo="say label='...'.",
            )
    return terms


def _warn_of_nothing(placed: tuple[PlacedTerm, ...], grid: Grid) -> None:
    facts = [each.facts for each in placed]
    empty = [f for f in facts if f.n_seen == 0 and (f.n_events or 0) > f.n_without_time]
    if empty:
        first, last = grid.axis.times[0], grid.axis.times[-1]
        told = ", ".join(f"{each.label!r} ({each.n_events} given)" for each in empty)
        warn(
            f"No row sees an event of some terms, whose columns are zero. Given: {told}. Expected: "
            f"times in seconds on the clock of the rows, which lie from {first:.6g} to "
            f"{last:.6g} s. What to do: check units and clocks, or leave the terms out."
        )


def _warn_of_trials(trials: FloatArray) -> None:
    known = trials[trials[:, 1] > trials[:, 0]]
    if len(known) < len(trials):
        warn(
            f"{len(trials) - len(known)} of {len(trials)} trials have no beginning, no end, or end "
            "before they begin. Given: such trials. Expected: seconds, the end after the start. "
            "What to do: nothing, if they are to have no rows; else correct them."
        )
    known = known[np.argsort(known[:, 0], kind="stable")]
    n = int((known[:-1, 1] > known[1:, 0] + 1e-9).sum())
    if n:
        warn(
            f"{n} of {len(trials)} trials overlap the next one. Given: trials that end after the "
            "next one starts. Expected: one trial at a time. What to do: shorten them; until then "
            "a moment is in the trial that started last."
        )
