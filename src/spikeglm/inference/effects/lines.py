"""A plain column as a term: what it does to the linear predictor is a straight line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...rows.contract import Rows
from ...rows.given_terms import are_labelled
from ...rows.terms import Term
from ...typing import Array, ArrayLike, FloatArray

_MOST_NAMES = 10  # that a message lists
_BLOCK = 4096  # rows, at least, that are read at once


@dataclass(frozen=True, eq=False)
class Line:
    """The meaning of one column of numbers: its function is the number itself.

    Attributes
    ----------
    name :
        What the column is called.
    column :
        Which of the table.
    rows :
        (T, p) the data of the fit, which say what the column covered; None without them.
    """

    name: str
    column: int
    rows: Rows | None = None

    kind = "value"
    units = ("",)
    n_functions = 1
    __repr__ = showing.of_fields

    def axes(self, n_points: int, channel: int) -> tuple[Array, ...]:
        """Return points (n,) over what the data covered.

        Raises ValueError without the data of the fit.
        """
        if self.rows is None:
            raise errors.value_error(
                f"It is not known what {self.name!r} covered.",
                given="a plain column, and no data",
                expected="the data of the fit, or points",
                todo=f"ask for model.curve({self.name!r}, X, y), or pass at=[...].",
            )
        values = self.values()
        values = values[np.isfinite(values)]
        first, last = (values.min(), values.max()) if values.size else (0.0, 0.0)
        return (np.linspace(first, last, n_points),)

    def values(self) -> FloatArray:
        """Return the column (T,) of the data of the fit."""
        rows = self.rows
        if rows is None or not rows.n_rows:
            return np.zeros(0)
        step = max(rows.efficient_block_rows, _BLOCK)
        parts = [
            np.array(rows.read(start, min(start + step, rows.n_rows))[:, self.column], float)
            for start in range(0, rows.n_rows, step)
        ]
        return np.concatenate(parts)

    def functions(self, points: tuple[ArrayLike, ...], channel: int) -> FloatArray:
        """Return the points (n,) as a column (n, 1)."""
        return np.asarray(points[0], dtype=float)[:, None]

    def penalties(self, channel: int) -> tuple[FloatArray, ...]:
        """Return nothing: a line has no roughness."""
        return ()

    def coverage(self) -> tuple[str, ...]:
        """Return nothing: a line has no bounds."""
        return ()


def term_of(
    terms: Sequence[Term], label: Any, *, names: Sequence[Any] = (), rows: Rows | None = None
) -> Term:
    """Return the term of a label, among those of a fit; of a plain column a straight line.

    Parameters
    ----------
    terms :
        Those of the fit.
    label :
        What is asked for.
    names :
        (p,) what the columns are called, where they belong to no terms.
    rows :
        The data of the fit, where they are there.

    Raises
    ------
    ValueError
        If there is no such term and no such column.
    TypeError
        If it is no text.

    Examples
    --------
    >>> line = term_of((Term("", 0, 2),), "speed", names=("place", "speed"))
    >>> line.columns, line.functions([3.0])
    (slice(1, 2, None), array([[3.]]))
    """
    if not isinstance(label, str):
        raise errors.type_error(
            "A term is called by its label.",
            given=type(label).__name__,
            expected="a text",
            todo="the label comes first, then data: model.curve(label, X, y); partial_effect and "
            "its like take model, X, y, label.",
        )
    found = {term.label: term for term in terms if term.label}
    if not are_labelled(terms):
        found = {name: Term(str(name), j, j + 1) for j, name in enumerate(names)}
    if label not in found and not are_labelled(terms):
        raise errors.value_error(
            f"There is no term or column {label!r}.",
            given="a fit to columns that belong to no terms",
            expected=f"one of {', '.join(map(repr, list(found)[:_MOST_NAMES])) or 'none'}",
            todo="fit to basis.design(...), or with fit(X, y, terms=basis), which have terms; or "
            "name the columns of X, as a data frame does.",
        )
    if label not in found:
        raise errors.unknown_name("term", label, list(found))
    term = found[label]
    if term.meaning is not None or term.stop - term.start != 1:
        return term
    meaning = Line(term.label, term.start, rows)
    return Term(term.label, term.start, term.stop, (1,), (0,), (term.label,), meaning)
