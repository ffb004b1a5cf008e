"""What strength of tuning is found: shares by n s², and where a logistic curve reaches 95 %."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

import spikeglm as nmo

from .lines import FRESH, WEAK, WEAKEST
from .outcomes import ENOUGH, LETTERS, encoded, selected, share
from .simulated import N_ENCODED, TERMS

SEARCH = "the same, smooth"
EDGES = (0, 10, 20, 40, 60, 80, 120, 200, np.inf)  # of n s²
N_BOOTSTRAPS, GOAL = 200, 0.95


def terms(kept: pd.DataFrame) -> pd.DataFrame:
    """Return a row per term that a fresh, weakly tuned neuron encodes."""
    is_of = kept["neurons"].isin([WEAK, WEAKEST]) & (kept["search"] == SEARCH)
    rows = kept[is_of & kept["seed"].isin(FRESH) & (kept["spikes"] >= ENOUGH)]
    there, found = encoded(rows), selected(rows)
    parts = []
    for j, letter in enumerate(LETTERS[:N_ENCODED]):
        of_term = rows[there[j]]
        spikes = of_term["spikes"].to_numpy()
        parts.append(
            {
                "term": TERMS[j],
                "ns2": spikes * np.square(of_term[f"true_{letter}"].to_numpy()),
                "found": found[j, there[j]],
                "nats": np.log(2) * spikes * of_term[f"gain_{letter}"].to_numpy(),
                "neuron": list(of_term["seed"] * 1000 + of_term["neuron"]),
            }
        )
    return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)


def table(kept: pd.DataFrame) -> Iterator[str]:
    """Yield a line per range of n s²."""
    every = terms(kept)
    for low, high in pairwise(EDGES):
        some = every[(every["ns2"] >= low) & (every["ns2"] < high)]
        if not len(some):
            continue
        by_term = [some.loc[some["term"] == term, "found"] for term in TERMS[:N_ENCODED]]
        shares = [f"{values.sum()} of {len(values)}" for values in by_term]
        named = f"{low} to {high}" if np.isfinite(high) else f"above {low}"
        cells = named, str(len(some)), share(some["found"]), *shares, f"{some['nats'].median():.1f}"
        yield f"| {' | '.join(cells)} |"


def needed(ns2: np.ndarray, found: np.ndarray) -> float:
    """Return the n s² at which a logistic curve over its logarithm says that 95 % are found."""
    x = np.log(ns2)[:, None]
    model = nmo.GLM(observation_model="Bernoulli", regularizer="Ridge", regularizer_strength=1e-6)
    model.fit(x, found.astype(float))
    slope, intercept = float(model.coef_[0]), float(np.squeeze(model.intercept_))
    return float(np.exp((np.log(GOAL / (1 - GOAL)) - intercept) / slope))


def sentence(kept: pd.DataFrame) -> str:
    """Say what is found in 95 %, with the range of resampled terms, and in numbers of spikes."""
    every = terms(kept)
    if every["found"].nunique() < 2:
        return ""
    ns2, found = every["ns2"].to_numpy(), every["found"].to_numpy()
    rng = np.random.default_rng(0)
    draws = [rng.integers(len(ns2), size=len(ns2)) for _ in range(N_BOOTSTRAPS)]
    low, high = np.quantile([needed(ns2[draw], found[draw]) for draw in draws], [0.025, 0.975])
    at = needed(ns2, found)
    spikes = {n: np.sqrt(at / n) for n in (1000, 3000, 10000)}
    told = ", ".join(f"s = {s:.2f} ({s**2 / 2 / np.log(2):.3f} bits)" for s in spikes.values())
    numbers = ", ".join(map(str, spikes))
    return (
        f"By a logistic curve over log n s², 95 % of terms are found from n s² = {at:.0f} on\n"
        f"(95 % of resamplings: {low:.0f} to {high:.0f}). Of {numbers} spikes that is\n"
        f"{told} a spike."
    )
