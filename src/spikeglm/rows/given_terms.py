"""What the columns of a plain table mean, said by whoever computed it."""

from __future__ import annotations

from collections.abc import Sequence
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


def _places(terms: Sequence[Term]) -> list[tuple[str, int, int]]:
    return [(term.label, term.start, term.stop) for term in terms]
