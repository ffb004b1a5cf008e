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
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import spikeglm as nmo
from spikeglm.selection.searching.rules import rule_named
from spikeglm.selection.searching.search_terms import searched
from spikeglm.selection.set_problem import SetProblem

from .lines import N_EACH, Search, design, model_of
from .simulated import N_ENCODED, TERMS, Kind, Population, population

NEURONS = Path(__file__).with_name("neurons.csv")
KEY = ["neurons", "search", "seed"]
ENOUGH = 1000  # spikes
Z = 1.959964  # of a normal variable, 95 %
LETTERS = tuple(term[0].upper() for term in TERMS)


@lru_cache(maxsize=1)
def problem(kind: Kind, seed: int, *fits: Any) -> tuple[SetProblem, Population]:
    """Simulate, and return what searches share that differ by their rules alone."""
    folds, knows, is_smooth, n_times, one_in = fits
    every = population(kind, N_EACH, seed=seed)
    X = design(kind, every.counts, knows, n_times, seed=seed)
    neurons = every.some(one_in)
    offset = neurons.log_gain if "gain" in knows else None
    model = model_of(is_smooth=is_smooth)
    read = SetProblem.read(model, X, neurons.counts, folds=folds, offset=offset)
    return read.remembering(), neurons


def computed(kind: Kind, search: Search, seed: int) -> pd.DataFrame:
    """Search as ``search_terms`` does, and return a row per neuron."""
    how, rule, alpha = (
        search.options.get(name, usual)
        for name, usual in (("how", "forward"), ("rule", "hardcastle"), ("alpha", 0.05))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of folds next to each other
        shared, neurons = problem(kind, seed, *search.fits)
        always = [name for name in search.knows if name != "gain"]
        found = searched(shared, how, rule_named(rule, alpha), always)
    assert found.terms == TERMS
    N = len(found.neurons)
    table: dict[str, Any] = {
        "neurons": [kind.title] * N,
        "search": search.title,
        "seed": seed,
        "neuron": np.arange(N) * search.one_in,
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


def is_right(rows: pd.DataFrame) -> np.ndarray:
    """Return of which neurons the set is found, (N,)."""
    answered = (rows["found"] != "?").to_numpy()
    return np.asarray((encoded(rows) == selected(rows)).all(axis=0) & answered)


def cells(rows: pd.DataFrame) -> str:
    """Return the shares of neurons with enough spikes, and of terms that are there or not.

    A neuron without an answer is one whose set is not found.
    """
    rows = rows[rows["spikes"] >= ENOUGH]
    there, found = encoded(rows), selected(rows)
    added = [mean(found[j, ~there[j]]) for j in range(len(TERMS))]
    shares = share(is_right(rows)), share(~found[there]), share(found[~there])
    return " | ".join([str(len(rows)), *shares, *(f"{value:.3f}" for value in added)]) + " |"


def mean(values: np.ndarray) -> float:
    """Return the mean, NaN of nothing."""
    return float(np.mean(values)) if len(values) else np.nan


def share(values: np.ndarray) -> str:
    """Return a share with its 95 % interval.

    Wilson's, as that of all or none of n does not end where the share is. Terms of one neuron, and
    neurons over one trajectory, are taken for independent.
    """
    n, p = max(1, len(values)), mean(values)
    around = (p + Z**2 / 2 / n) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(p * (1 - p) / n + (Z / 2 / n) ** 2)
    return f"{p:.3f} [{max(0.0, around - half):.2f}, {min(1.0, around + half):.2f}]"


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
