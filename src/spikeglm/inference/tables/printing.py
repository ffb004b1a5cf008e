"""How a summary looks as text and in a notebook: all of one neuron, a line each of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from ... import notebook, showing
from .coefficients import UNDETERMINED

if TYPE_CHECKING:
    from .summary_table import Summary

NUMBERS = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")
_SHOWN = 20  # neurons
_NAME, _WIDTH = 20, 10  # letters of a feature and of a number
_SEPARATOR = " · "
_OF_MANY = (
    "to_frame() has all coefficients; inference.term_tests(model, X, y) tells which terms matter"
)


def text(summary: Summary) -> str:
    """Return a summary as text."""
    return _of_one(summary) if len(summary.neurons) == 1 else _of_many(summary)


def html(summary: Summary) -> str:
    """Return a summary as HTML."""
    n = len(summary.neurons)
    if n == 1:
        rows = [(name, *cells, note) for _, name, cells, note in _rows(summary, 0)]
        lines, notes = _facts(summary, 0), [*_of_terms(summary)[1:], *_notes(summary, 0)]
        table = notebook.table(rows, ("", *_header(summary), ""))
        return notebook.box(f"Summary: {summary.ended[0]}", table=table, lines=[*lines, *notes])
    table = notebook.table([_line(summary, i) for i in range(min(n, _SHOWN))], _PER_NEURON)
    more = [f"{n - _SHOWN} more neurons"] if n > _SHOWN else []
    lines = [*more, _OF_MANY]
    return notebook.box(f"Summary: {_ended(summary)}", _model(summary), table=table, lines=lines)


def _of_one(summary: Summary) -> str:
    rows = _rows(summary, 0)
    letters = max(_NAME, *(len(name) + 1 for _, name, _, _ in rows), 0)
    header = f"{'':<{letters}}" + "".join(f"{name:>{_WIDTH}}" for name in _header(summary))
    lines, before = [summary.ended[0], *_facts(summary, 0), header], rows[0][0] if rows else ""
    for term, name, cells, note in rows:
        if term != before:
            lines.append("-" * len(header))
        numbers = "".join(f"{cell:>{_WIDTH}}" for cell in cells)
        lines.append(f"{name:<{letters}}{numbers}  {note}".rstrip())
        before = term
    return "\n".join([*lines, *_of_terms(summary), *_notes(summary, 0)])


def _of_terms(summary: Summary) -> list[str]:
    """Return which terms matter, where they have several coefficients."""
    if summary.whole_terms is None:
        return []
    table = showing.table(list(summary.whole_terms), to_left=(0, 5))
    return ["", "Does the term add anything beside all others? (Wald tests)", *table]


def _of_many(summary: Summary) -> str:
    n = len(summary.neurons)
    rows = [_PER_NEURON, *(_line(summary, i) for i in range(min(n, _SHOWN)))]
    lines = showing.table(rows)
    more = [f"... {n - _SHOWN} more neurons"] if n > _SHOWN else []
    head = [_ended(summary), f"{_model(summary)}; standard errors: {_method(summary)}"]
    return "\n".join([*head, *lines, *more, _OF_MANY])


def _ended(summary: Summary) -> str:
    counts = Counter(summary.ended).most_common()
    return f"{len(summary.neurons)} neurons: " + ", ".join(f"{n} {word}" for word, n in counts)


def _model(summary: Summary) -> str:
    return f"{summary.model} model, link {summary.link}"


def _method(summary: Summary) -> str:
    methods = dict.fromkeys(summary.method)
    return next(iter(methods)) if len(methods) == 1 else summary.cov_type


def _facts(summary: Summary, neuron: int) -> list[str]:
    facts = summary.facts
    total = f"{facts.total[neuron]:.6g} {summary.counted}" if summary.is_count else ""
    size = ", ".join(filter(None, [f"{facts.n_rows[neuron]:.6g} rows", total]))
    numbers = {
        "log-likelihood": facts.log_likelihood,
        "deviance explained": facts.deviance_explained,
        "AIC": summary.aic,
        "edf": facts.edf,
        "dispersion": facts.dispersion,
    }
    return [
        f"{_model(summary)}; {size}",
        _SEPARATOR.join(f"{name} {values[neuron]:.4g}" for name, values in numbers.items()),
        f"standard errors: {summary.method[neuron]}",
    ]


_PER_NEURON = ("neuron", "status", "rows", "total", "log-lik.", "dev. expl.", "AIC", "edf")


def _line(summary: Summary, neuron: int) -> tuple[str, ...]:
    facts = summary.facts
    numbers = (
        facts.n_rows,
        facts.total,
        facts.log_likelihood,
        facts.deviance_explained,
        summary.aic,
        facts.edf,
    )
    cells = (f"{values[neuron]:.5g}" for values in numbers)
    return (str(summary.neurons[neuron]), summary.ended[neuron], *cells)


def _header(summary: Summary) -> tuple[str, ...]:
    tail = (1.0 - summary.level) / 2.0
    statistic = "t" if np.isfinite(summary.dof[0]) else "z"
    return (
        "estimate",
        "std error",
        statistic,
        "p",
        f"[{tail:.4g}",
        f"{1 - tail:.4g}]",
    )


def _rows(summary: Summary, neuron: int) -> list[tuple[str, str, tuple[str, ...], str]]:
    """Return what is printed: a term, a parameter's name and numbers, and a mark of a note.

    Of a term none of whose coefficients has an error a line for all: they mean nothing alone.
    """
    marks, status = _marks(summary, neuron), summary.status[:, neuron]
    out = []
    for term, places in _runs(summary.terms):
        notes = {marks.get(str(word), "") for word in status[places]}
        if term and len(places) > 1 and notes == {marks.get(UNDETERMINED)}:
            blank = ("",) * len(NUMBERS)
            out.append((term, f"{term} ({len(places)} coefficients)", blank, notes.pop()))
            continue
        for i in places:
            note = marks.get(str(status[i]), "")
            out.append((term, summary.features[i], _cells(summary, i, neuron), note))
    return out


def _runs(terms: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Return terms in their order, each with the places of its parameters."""
    found = groupby(range(len(terms)), key=lambda i: terms[i])
    return [(term, list(places)) for term, places in found]


def _cells(summary: Summary, i: int, neuron: int) -> tuple[str, ...]:
    values = [float(getattr(summary, name)[i, neuron]) for name in NUMBERS]
    formats = (".5g", ".4g", ".3f", ".3g", ".5g", ".5g")
    return tuple(
        ""
        if np.isnan(value)
        else (showing.p_value(value, form) if name == "p_value" else f"{value:{form}}")
        for name, value, form in zip(NUMBERS, values, formats, strict=True)
    )


def _marks(summary: Summary, neuron: int) -> dict[str, str]:
    """Return a mark for each reason for which a parameter has no error."""
    said = dict.fromkeys(str(word) for word in summary.status[:, neuron])
    reasons = [word for word in said if word != summary.ended[neuron]]
    return {word: f"[{i}]" for i, word in enumerate(reasons, start=1)}


def _notes(summary: Summary, neuron: int) -> list[str]:
    marked = [f"{mark} {word}" for word, mark in _marks(summary, neuron).items()]
    return [*marked, *filter(None, [summary.remark])]
