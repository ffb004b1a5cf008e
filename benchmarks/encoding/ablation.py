"""What each part of the procedure brings: the same neurons searched without it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from .lines import ABLATED, BOTH, CHOSEN_ON, FRESH
from .outcomes import ENOUGH, cells, is_right

WHOLE = "the same, smooth"  # what encode does
SPIKES_KNOWN = "the same, spikes and drift in all models"  # of which .84 were right
OTHER_SPIKES = {
    SPIKES_KNOWN: "the spikes of all, by their numbers",
    "one neuron in two, numbers up to two and drift in all models": "the same, up to two a bin",
    "the same, the true gain by spikes and drift in all models": "what they truly do to the rate",
    "smooth, short blocks, drift in all models, true gain by spikes known": "the same, and "
    "strengths by the data, blocks of 6 s, 60 functions of time",
}
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
        of_kind = enough(kept, kind, FRESH)
        for search, part in LEFT_OUT.items():
            yield from compared(of_kind, WHOLE, search, f"| {kind} | {part} |")


def spikes_table(kept: pd.DataFrame) -> Iterator[str]:
    """Yield a line per way in which models know spikes that drive by their numbers."""
    of_kind = enough(kept, BOTH, CHOSEN_ON)
    for search, words in OTHER_SPIKES.items():
        yield from compared(of_kind, SPIKES_KNOWN, search, f"| {words} |")


def enough(kept: pd.DataFrame, kind: str, seeds: tuple[int, ...]) -> pd.DataFrame:
    """Return the rows of some neurons that have enough spikes."""
    of_kind = (kept["neurons"] == kind) & kept["seed"].isin(seeds)
    return kept[of_kind & (kept["spikes"] >= ENOUGH)]


def compared(kept: pd.DataFrame, whole: str, search: str, begins: str) -> Iterator[str]:
    """Yield shares, and how many of the same neurons are right in one of two searches alone."""
    of = {
        name: rows.set_index(["seed", "neuron"], drop=False)
        for name, rows in kept.groupby("search")
    }
    if search not in of:
        return
    if whole not in of:  # it takes hours, and may not have been computed
        seeds = ", ".join(map(str, np.unique(of[search]["seed"])))
        yield f"{begins} {seeds} | {cells(of[search])} ? | ? |"
        return
    both = of[whole].index.intersection(of[search].index)
    with_it, without = of[whole].loc[both], of[search].loc[both]
    right, still = is_right(with_it), is_right(without)
    seeds = ", ".join(str(seed) for seed in np.unique(without["seed"]))
    changed = f"{np.sum(right & ~still)} | {np.sum(still & ~right)} |"
    yield f"{begins} {seeds} | {cells(without)} {changed}"
