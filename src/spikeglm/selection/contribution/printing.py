"""Contributions as text: of one neuron with their errors, of many by their median."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ... import notebook, showing
from .kinds import QUESTIONS

if TYPE_CHECKING:
    from .result import Contributions

_SIGNIFICANT = 0.05
_MOST_REASONS = 5


def printed(found: Contributions) -> str:
    """Return a table, a row per term and a column per way to ask, and what the numbers mean."""
    return "\n".join([*_heading(found), *_table(_rows(found)), *_notes(found)])


def boxed(found: Contributions) -> str:
    """Return the same for a notebook."""
    (title, full), (head, *rows) = _heading(found), _rows(found)
    table = notebook.table(rows, head)
    return notebook.box("Contributions", title, table=table, lines=[full, *_notes(found)])


def _heading(found: Contributions) -> tuple[str, str]:
    """Return what the numbers are, and that of the full model."""
    N, n_folds = len(found.neurons), len(found.folds.labels)
    unit = found.unit().label
    full, error = found.of_full()
    if N == 1:
        title = f"neuron {found.neurons[0]}, {unit} ± standard error over {n_folds} folds"
        shown = _number(full[0], error[0])
    else:
        title, shown = f"{N} neurons, {unit}, median; {n_folds} folds", _median(full)
    return f"Held-out contributions to {title}", f"full model: {shown} over the constant model"


def _rows(found: Contributions) -> list[list[str]]:
    return _rows_of_one(found) if len(found.neurons) == 1 else _rows_of_many(found)


def _notes(found: Contributions) -> list[str]:
    lines = [f"{how}: {QUESTIONS[how]}" for how in found.how]
    lines += [f"p: {text}" for text in dict.fromkeys(found.p_of) if text]
    return [*lines, *_reasons(found)]


def _rows_of_one(found: Contributions) -> list[list[str]]:
    rows = [["term", *(cell for how in found.how for cell in (how, "p"))]]
    for j, term in enumerate(found.terms):
        row = [str(term)]
        for h, how in enumerate(found.how):
            value, se = found.value(how)[j, 0], found.error(how)[j, 0]
            row += [_number(value, se), _p(found.p_value[h, j, 0])]
        rows.append(row)
    return rows


def _rows_of_many(found: Contributions) -> list[list[str]]:
    rows = [["term", *(cell for how in found.how for cell in (how, "q <= .05"))]]
    for j, term in enumerate(found.terms):
        row = [str(term)]
        for h, how in enumerate(found.how):
            q = found.q_value[h, j]
            n = int((q <= _SIGNIFICANT).sum())
            row += [_median(found.value(how)[j]), str(n) if np.isfinite(q).any() else "-"]
        rows.append(row)
    return rows


def _reasons(found: Contributions) -> list[str]:
    """Return what there is to know of some numbers, the most frequent first."""
    said = [str(text) for text in found.reason.ravel() if text]
    counted = sorted({text: said.count(text) for text in said}.items(), key=lambda pair: -pair[1])
    return [f"{n} of {found.reason.size} numbers: {text}" for text, n in counted[:_MOST_REASONS]]


def _number(value: float, se: float) -> str:
    if not np.isfinite(value):
        return "-"
    return f"{value:.3g} ± {se:.2g}" if np.isfinite(se) else f"{value:.3g}"


def _median(values: np.ndarray) -> str:
    known = values[np.isfinite(values)]
    return f"{np.median(known):.3g}" if len(known) else "-"


def _p(value: float) -> str:
    return "-" if not np.isfinite(value) else showing.p_value(value, ".2g")


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
