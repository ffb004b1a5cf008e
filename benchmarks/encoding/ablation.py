"""What each part of the procedure brings: the same neurons searched without it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from .lines import ABLATED, FRESH
from .outcomes import ENOUGH, cells, is_right

WHOLE = "the same, smooth"  # what encode does
LEFT_OUT = {
    WHOLE: "nothing",
    "smooth, best score": "the test: any gain counts",
    "smooth, one standard error": "the test, for one standard error",
    "smooth, ten runs": "that blocks are dealt in turn: a fold is one run",
    "smooth, single bins": "blocks: folds of single bins",
    "Hardcastle, interleaved": "strengths by the data, for a weak ridge",
    "best score, single bins": "all of these",
}


def table(kept: pd.DataFrame) -> Iterator[str]:
    """Yield a line per kind of neurons and part that is left out."""
    for kind in ABLATED:
        whole = of_search(kept, kind, WHOLE)
        for search, part in LEFT_OUT.items():
            both = whole.index.intersection(of_search(kept, kind, search).index)
            if len(both):
                yield f"| {kind} | {part} | {compared(kept, kind, search, both)}"


def of_search(kept: pd.DataFrame, kind: str, search: str) -> pd.DataFrame:
    """Return the rows of fresh neurons with enough spikes, by seed and neuron."""
    is_of = (kept["neurons"] == kind) & (kept["search"] == search) & kept["seed"].isin(FRESH)
    return kept[is_of & (kept["spikes"] >= ENOUGH)].set_index(["seed", "neuron"], drop=False)


def compared(kept: pd.DataFrame, kind: str, search: str, both: pd.MultiIndex) -> str:
    """Return shares, and how many of the same neurons are right with and without the part alone."""
    with_it, without = (of_search(kept, kind, name).loc[both] for name in (WHOLE, search))
    right, still = is_right(with_it), is_right(without)
    seeds = ", ".join(str(seed) for seed in np.unique(without["seed"]))
    changed = f"{np.sum(right & ~still)} | {np.sum(still & ~right)} |"
    return f"{seeds} | {cells(without)} {changed}"
