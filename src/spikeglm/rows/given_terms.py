"""What the columns of a plain table mean, said by whoever computed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import errors
from .contract import Rows
from .stacked import StackedRows
from .terms import Term, terms_of


def are_labelled(terms: Sequence[Term]) -> bool:
    """Tell whether columns belong to terms that have names."""
    return any(term.label for term in terms)


def with_terms(rows: Rows, terms: Any) -> Rows:
    """Return a table whose columns mean what somebody says.

    Parameters
    ----------
    rows :
        A table in memory, in a file or on a cluster. One that knows its terms is returned as it
        is, if they are the same.
    terms :
        A basis that has computed features, a design, or the terms themselves.

    Raises
    ------
    TypeError
        If they are nothing of the kind.
    ValueError
        If they have another number of columns, or the table knows other terms.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> from spikeglm.rows import ArrayRows
    >>> basis = nmo.basis.HistoryConv(2, label="past")
    >>> X = basis.compute_features(np.arange(5.0))
    >>> with_terms(ArrayRows(X), basis).feature_names
    ('past[0]', 'past[1]')
    """
    found = read_terms(terms)
    n_columns = found[-1].stop if found else 0
    if n_columns != rows.n_features:
        described = ", ".join(f"{term.label!r} ({term.stop - term.start})" for term in found)
        raise errors.value_error(
            f"These terms have {n_columns} columns, but X has {rows.n_features}.",
            given=f"terms {described}",
            expected=f"terms that have {rows.n_features} columns together",
            todo="pass the basis that computed this X, after it did; or fit to basis.design(...), "
            "which knows its terms.",
        )
    known = terms_of(rows)
    if are_labelled(known):
        if _places(known) == _places(found):
            return rows
        raise errors.value_error(
            "X knows terms of its own.",
            given=f"terms {', '.join(repr(t.label) for t in found)} for columns of "
            f"{', '.join(repr(t.label) for t in known)}",
            expected="terms for a plain array",
            todo="leave terms out.",
        )
    return described_by(rows, found)


def with_known_terms(rows: Rows, known: Sequence[Term]) -> Rows:
    """Return a table with terms that are known from before, if it has none and they fit."""
    fits = bool(known) and known[-1].stop == rows.n_features
    if not fits or not are_labelled(known) or are_labelled(terms_of(rows)):
        return rows
    return described_by(rows, tuple(known))


def described_by(rows: Any, terms: tuple[Term, ...]) -> Rows:
    """Return a plain table with these terms, and names of features if it had none."""
    unnamed = tuple(f"x{j}" for j in range(rows.n_features))
    names = names_of(terms) if tuple(rows.feature_names) == unnamed else tuple(rows.feature_names)
    found: Rows = replace(rows, terms=terms, **{rows.names_field: names})
    return found


def read_terms(terms: Any) -> tuple[Term, ...]:
    """Return the terms of a basis or a design, or those of a sequence.

    Raises
    ------
    TypeError
        If it has none.
    """
    found = getattr(terms, "terms_", getattr(terms, "terms", terms))
    if isinstance(found, (list, tuple)) and all(isinstance(term, Term) for term in found):
        return tuple(found)
    raise errors.type_error(
        "terms says what the columns of X mean.",
        given=f"{terms!r}"[:200],
        expected="the basis that computed X, a design, or a tuple of terms",
        todo="pass terms=basis, after basis.compute_features(...).",
    )


def basis_of(rows: Any, terms: Any = None) -> Any:
    """Return what computes the features of a table, as it was for this one; None for nobody knows.

    A tree of bases for a tree of tables, with None where a table is plain.
    """
    for maker in (terms, rows):
        if hasattr(maker, "frozen"):
            return maker.frozen()
        if getattr(maker, "basis", None) is not None:
            return maker.basis
    structure = getattr(rows, "structure", None)
    if structure is None or not isinstance(rows, StackedRows):
        return None
    bases = [basis_of(part) for part in rows.parts]
    return None if all(b is None for b in bases) else structure.tree_of(iter(bases))


def names_of(terms: Sequence[Term]) -> tuple[str, ...]:
    """Return names of features as a design has them, ``label[channel,function]``.

    >>> names_of([Term("past", 0, 2, (2,)), Term("other", 2, 4, (2, 1), (0, 1))])
    ('past[0]', 'past[1]', 'other[0,0]', 'other[1,0]')
    """
    found: list[str] = []
    for term in terms:
        for channel in np.ndindex(*term.shape[:-1]):
            where = "" if term.n_channels == 1 else "".join(f"{k}," for k in channel)
            found += [f"{term.label}[{where}{j}]" for j in range(term.n_functions)]
    return tuple(found)


def without_meaning(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Return where terms are and what they are called, and nothing of their functions."""
    return tuple(replace(term, meaning=None) for term in terms)


def told(terms: Sequence[Term]) -> str:
    """Return terms in words, with how many columns they have.

    >>> told([Term("past", 0, 4, (2, 2), ("a", "b")), Term("x", 4, 7, (3,))])
    'past (2 channels x 2), x (3)'
    """
    return ", ".join(
        f"{term.label or 'columns without names'} "
        + (f"({term.n_channels} channels x " if len(term.shape) > 1 else "(")
        + f"{term.n_functions})"
        for term in terms
    )


def by_term(columns: Iterable[int], names: Sequence[str], terms: Sequence[Term]) -> list[str]:
    """Return columns by name, and by term or channel where all of one are among them.

    >>> names, terms = names_of(term := [Term("past", 0, 4, (2, 2), ("a", "b"))]), term
    >>> by_term([0, 2, 3], names, terms), by_term(range(4), names, terms)
    (['past[0,0]', 'channel b of past'], ['past'])
    """
    wanted = set(map(int, columns))
    found: list[tuple[int, str]] = []
    for term in terms if are_labelled(terms) else ():
        for place, name, part in _parts(term):
            if len(part) > 1 and wanted >= part:
                found.append((place, name))
                wanted -= part
    found += [(j, names[j]) for j in wanted]
    return [name for _, name in sorted(found)]


def _parts(term: Term) -> Iterator[tuple[int, str, set[int]]]:
    """Yield a term, then its channels: first column, name, columns."""
    yield term.start, term.label, set(range(term.start, term.stop))
    for c, channel in enumerate(term.channels if len(term.shape) > 1 else ()):
        start = term.start + c * term.n_functions
        yield (
            start,
            f"channel {channel} of {term.label}",
            set(range(start, start + term.n_functions)),
        )


def _places(terms: Sequence[Term]) -> list[tuple[str, int, int]]:
    return [(term.label, term.start, term.stop) for term in terms]
