"""What a search found for each neuron: computed once, kept in a file, counted in tables.

``neurons.csv`` has a row per neuron of a line and a seed: its spikes; ``ceiling``, the share of
bins in which a ceiling held what spikes do to it; ``true_P``, ``true_D``, ``true_S``, the standard
deviation of the log rate by position, direction and speed (0 where they are not encoded);
``found``, the terms that were found by their first letters ("-" for none, "?" for no answer); and
for each term that was tried ``gain_``, what it added to held-out bits per spike when it was tried
last, with ``p_``, its signed rank test.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import spikeglm as nmo

from .lines import N_EACH, Search, design, model_of
from .simulated import N_ENCODED, TERMS, Kind, population

NEURONS = Path(__file__).with_name("neurons.csv")
KEY = ["neurons", "search", "seed"]
ENOUGH = 1000  # spikes
LETTERS = tuple(term[0].upper() for term in TERMS)


def computed(kind: Kind, search: Search, seed: int) -> pd.DataFrame:
    """Simulate, search, and return a row per neuron."""
    neurons = population(kind, N_EACH, seed=seed)
    X = design(kind, neurons.counts, search.knows, search.n_times, seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of folds next to each other
        found = nmo.selection.search_terms(
            model_of(is_smooth=search.is_smooth),
            X,
            neurons.counts,
            always=[name for name in search.knows if name != "gain"],
            offset=neurons.log_gain if "gain" in search.knows else None,
            **search.options,
        )
    assert found.terms == TERMS
    N = len(found.neurons)
    table: dict[str, Any] = {
        "neurons": [kind.title] * N,
        "search": search.title,
        "seed": seed,
        "neuron": np.arange(N),
        "spikes": neurons.counts.sum(axis=0).astype(int),
        "ceiling": neurons.at_ceiling.round(4),
    }
    for j, letter in enumerate(LETTERS[:N_ENCODED]):
        table[f"true_{letter}"] = neurons.strength[j].round(4)
    table["found"] = [letters(found, n) for n in range(N)]
    return pd.DataFrame(table).join(tried(found))


def letters(found: nmo.selection.TermSearch, n: int) -> str:
    """Return the terms of a neuron by their letters."""
    if not found.is_known[n]:
        return "?"
    return "".join(np.array(LETTERS)[found.selected[:, n]]) or "-"


def tried(found: nmo.selection.TermSearch) -> pd.DataFrame:
    """Return what each term gained when it was tried last, with its p value; rows are neurons."""
    shape = (len(TERMS), len(found.neurons))
    gain, p_value = np.full(shape, np.nan), np.full(shape, np.nan)
    for row in found.steps_frame().itertuples():
        was, is_now = (set(name.split(" + ")) - {"none"} for name in (row[3], row.to))
        (term,) = was ^ is_now
        gain[TERMS.index(term), row.neuron] = row.difference
        p_value[TERMS.index(term), row.neuron] = row.p_value
    columns = {f"gain_{letter}": gain[j].round(5) for j, letter in enumerate(LETTERS)}
    columns |= {f"p_{letter}": p_value[j].round(4) for j, letter in enumerate(LETTERS)}
    return pd.DataFrame(columns)


def kept() -> pd.DataFrame:
    """Return all rows that are kept."""
    if not NEURONS.exists():
        return pd.DataFrame(columns=[*KEY, "neuron"])
    return pd.read_csv(NEURONS)


def keep(rows: pd.DataFrame) -> None:
    """Keep rows, in the place of those of the same line and seed."""
    before = kept()
    if len(before):
        new = pd.MultiIndex.from_frame(rows[KEY])
        before = before[~pd.MultiIndex.from_frame(before[KEY]).isin(new)]
        rows = pd.concat([before, rows])
    rows.sort_values([*KEY, "neuron"]).to_csv(NEURONS, index=False)


def encoded(rows: pd.DataFrame) -> np.ndarray:
    """Return which terms drive neurons, (4, N)."""
    true = [rows[f"true_{letter}"] > 0 for letter in LETTERS[:N_ENCODED]]
    return np.array([*true, np.zeros(len(rows), dtype=bool)])


def selected(rows: pd.DataFrame) -> np.ndarray:
    """Return which terms were found, (4, N)."""
    return np.array([rows["found"].str.contains(letter) for letter in LETTERS])


def cells(rows: pd.DataFrame) -> str:
    """Return the shares of neurons with enough spikes, and of terms that are there or not.

    A neuron without an answer is one whose set is not found.
    """
    rows = rows[rows["spikes"] >= ENOUGH]
    there, found = encoded(rows), selected(rows)
    is_true = (there == found).all(axis=0) & (rows["found"] != "?").to_numpy()
    added = [mean(found[j, ~there[j]]) for j in range(len(TERMS))]
    shares = share(is_true), share(~found[there]), share(found[~there])
    return " | ".join([str(len(rows)), *shares, *(f"{value:.3f}" for value in added)]) + " |"


def mean(values: np.ndarray) -> float:
    """Return the mean, NaN of nothing."""
    return float(np.mean(values)) if len(values) else np.nan


def share(values: np.ndarray) -> str:
    """Return a share with its standard error."""
    p = mean(values)
    return f"{p:.3f} ± {np.sqrt(p * (1 - p) / max(1, len(values))):.3f}"


def wrong(rows: pd.DataFrame) -> list[str]:
    """Return a line of a table for each term that is wrong in a neuron with enough spikes."""
    rows = rows[rows["spikes"] >= ENOUGH]
    is_wrong = encoded(rows) != selected(rows)
    lines = []
    for n, row in enumerate(rows.to_dict("records")):
        for j in np.flatnonzero(is_wrong[:, n]):
            letter = LETTERS[j]
            strength = row.get(f"true_{letter}", 0.0)
            what = f"missed, {strength:.2f}" if strength else "added"
            gain, p = row[f"gain_{letter}"], row[f"p_{letter}"]
            nats = np.log(2) * gain * row["spikes"]
            lines.append(
                f"| {row['neurons']} | {row['seed']}, {row['neuron']} | {row['spikes']} | "
                f"{TERMS[j]} | {what} | {nats:.1f} | {p:.3f} | {row['ceiling']:.3f} |"
            )
    return lines
