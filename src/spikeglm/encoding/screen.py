"""One screen that a person can read: terms, sets, and how good the model is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..selection.printed_tables import PrintedTable
from .missing import TABLE, missing

if TYPE_CHECKING:
    import pandas as pd

    from .result import Encoding

_MOST_SETS, _MOST_NEURONS = 8, 12
_NO_ANSWER = "?"
_LEVEL = 0.05  # above it, a term that is encoded is told to contribute nothing of its own
_OF_NEURONS = ("neuron", "{}s", "encodes", "held out", "deviance explained", "KS / bound")


def text(encoding: Encoding) -> str:
    """Return the screen as lines of text."""
    return "\n\n".join(part.text() for part in _parts(encoding))


def html(encoding: Encoding) -> str:
    """Return the screen for a notebook."""
    return "".join(part.html() for part in _parts(encoding))


def _parts(encoding: Encoding) -> list[PrintedTable]:
    table, neurons = encoding.table(), encoding.neurons()
    if encoding.n_neurons == 1:
        return [_of_one(encoding, table, neurons)]
    return [_of_terms(encoding, table, neurons), _of_neurons(encoding, neurons)]


def _title(encoding: Encoding, whom: str) -> str:
    origin = encoding.origin
    return (
        f"What {whom}: {type(encoding.model).__name__}, {origin['rows']:,} rows, "
        f"{len(origin['tested_rows'])} folds ({origin['settings']['folds'].partition('(')[0]}); "
        f"contributions in {encoding.unit}"
    )


def _of_terms(encoding: Encoding, table: pd.DataFrame, neurons: pd.DataFrame) -> PrintedTable:
    known = neurons["set"] != _NO_ANSWER
    rows = []
    for term, part in table.groupby("term", sort=False):
        yes = part["is_encoded"] == True  # noqa: E712  (None where there is no answer)
        is_searched = part["is_encoded"].notna().any()
        by = f"{yes.sum()} of {known.sum()}" if is_searched else "always"
        of_whom = part[yes] if yes.any() else part
        cells = [_quartiles(of_whom[how]) for how in encoding.how]
        shares = _quartiles(of_whom[f"{encoding.how[0]}_share"], percent=True)
        rows.append((str(term), by, *cells, shares))
    header = ("term", "encoded by", *encoding.how, f"share ({encoding.how[0]})")
    notes = [
        "median [quartiles] over the neurons that encode the term, over all where none does",
        *_sets(neurons),
        *_shared(encoding, table),
        *_by_chance(encoding, table),
        f"held out, all terms: {_quartiles(neurons['held_out'][known])} {encoding.unit}",
        *_missing(encoding),
        *_warned(encoding),
    ]
    title = _title(encoding, f"{len(neurons)} neurons encode")
    return PrintedTable(title, header, tuple(rows), tuple(notes))


def _sets(neurons: pd.DataFrame) -> list[str]:
    counts = neurons["set"].value_counts()
    shown = [f"{name} {n}" for name, n in counts.items() if name != _NO_ANSWER]
    more = len(shown) - _MOST_SETS
    lines = [f"sets: {', '.join(shown[:_MOST_SETS])}{f', and {more} more' if more > 0 else ''}"]
    unknown = neurons[neurons["set"] == _NO_ANSWER]
    if len(unknown):
        why = unknown["reason"].value_counts()
        told = [f"{n} neuron{'' if n == 1 else 's'}, {reason}" for reason, n in why.items()]
        lines.append(f"no answer: {'; '.join(told)}")
    return lines


def _shared(encoding: Encoding, table: pd.DataFrame) -> list[str]:
    """Tell which terms the search took that are not shown to add to all others."""
    if "unique" not in encoding.how:
        return []
    is_shared = (table["is_encoded"] == True) & (table["unique_p"] > _LEVEL)  # noqa: E712  (None)
    whose = _terms_of(encoding, table, is_shared)
    say = f"encoded, but not shown to add to the others (unique p > {_LEVEL})"
    return [f"{say}: {whose}"] if whose else []


def _by_chance(encoding: Encoding, table: pd.DataFrame) -> list[str]:
    """Tell which terms the search took that a correction over neurons would not."""
    if "unique" not in encoding.how:
        return []
    is_weak = (table["unique_p"] <= _LEVEL) & (table["unique_q"] > _LEVEL)
    whose = _terms_of(encoding, table, is_weak & (table["is_encoded"] == True))  # noqa: E712
    say = f"encoded, but not when corrected over neurons (unique q > {_LEVEL})"
    return [f"{say}: {whose}"] if whose else []


def _terms_of(encoding: Encoding, table: pd.DataFrame, which: pd.Series) -> str:
    n = table["term"][which].value_counts(sort=False)
    shown = (str(term) + (f" {k}" if encoding.n_neurons > 1 else "") for term, k in n.items())
    return ", ".join(shown)


def _of_neurons(encoding: Encoding, neurons: pd.DataFrame) -> PrintedTable:
    order = np.argsort(-neurons["held_out"].fillna(-np.inf).to_numpy(), kind="stable")
    rows = tuple(_row(neurons.iloc[k]) for k in order[:_MOST_NEURONS])
    more = len(neurons) - len(rows)
    notes = [f"and {more} more"] if more > 0 else []
    notes.append(".table() .neurons() .curve(term) .plot() .plot(neuron) .save(path)")
    return PrintedTable("Neurons, best first", _header(encoding), rows, tuple(notes))


def _header(encoding: Encoding) -> tuple[str, ...]:
    return tuple(name.format(encoding.event) for name in _OF_NEURONS)


def _row(neuron: pd.Series) -> tuple[str, ...]:
    explained = neuron.get("held_out_deviance_explained", np.nan)
    ks, bound = neuron.get("ks_distance", np.nan), neuron.get("ks_band_95", np.nan)
    return (
        str(neuron["neuron"]),
        f"{neuron['n_spikes']:,.0f}",
        str(neuron["set"]),
        _number(neuron["held_out"]),
        f"{100 * explained:.1f} %" if np.isfinite(explained) else "-",
        f"{ks:.3f} / {bound:.3f}" if np.isfinite(ks) else "-",
    )


def _of_one(encoding: Encoding, table: pd.DataFrame, neurons: pd.DataFrame) -> PrintedTable:
    neuron = neurons.iloc[0]
    rows = []
    for _, row in table.iterrows():
        cells = [
            cell
            for how in encoding.how
            for cell in (f"{_number(row[how])} ± {_number(row[how + '_se'])}", _p(row[how + "_p"]))
        ]
        answer = {True: "yes", False: "no"}.get(row["is_encoded"], "-")
        rows.append((str(row["term"]), answer, *cells))
    header = ("term", "encoded", *(cell for how in encoding.how for cell in (how, "p")))
    good = zip(_header(encoding)[1:], _row(neuron)[1:], strict=True)
    notes = [", ".join(f"{name}: {value}" for name, value in good)]
    notes += [str(neuron["reason"])] if neuron["reason"] else []
    notes += _shared(encoding, table)
    notes += _missing(encoding)
    notes += _warned(encoding)
    notes.append(".table() .curve(term) .plot() .save(path)")
    return PrintedTable(_title(encoding, "the neuron encodes"), header, tuple(rows), tuple(notes))


def _missing(encoding: Encoding) -> list[str]:
    """Tell what the residuals say is missing from the model, and what to type."""
    lines, N = [], encoding.n_neurons
    for one in missing(encoding.tables.get(TABLE), encoding.event):
        who = f", {one.who.sum()} of {N} neurons" if N > 1 else ""
        lines.append(f"! {one.what}{who}: the answers may be wrong. What to do:")
        lines.append(f"  {one.todo}")
    return lines


def _warned(encoding: Encoding) -> list[str]:
    n = len(encoding.warnings)
    return [f"{n} warning(s) while this was made, see .warnings"] if n else []


def _quartiles(values: Any, *, percent: bool = False) -> str:
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        return "-"
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    if len(values) == 1:
        return f"{_percent(middle)} %" if percent else _number(middle)
    if percent:
        return f"{_percent(middle)} % [{_percent(low)}, {_percent(high)}]"
    return f"{_number(middle)} [{_number(low)}, {_number(high)}]"


def _percent(share: float) -> str:
    return f"{round(100 * share):d}"  # no -0


def _number(value: float) -> str:
    return f"{value:.2g}" if np.isfinite(value) else "-"


def _p(value: float) -> str:
    return "-" if not np.isfinite(value) else f"{value:.2g}" if value >= 1e-4 else "<1e-4"
