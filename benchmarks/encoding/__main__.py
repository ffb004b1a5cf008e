"""True sets found, and terms added falsely: ``python -m benchmarks.encoding`` writes RESULTS.md.

It takes hours of one core, and RatInABox: ``pip install ratinabox``. What each search found for
each neuron is kept in ``neurons.csv``, and counted on the page. With words behind it, only lines
that contain one of them are computed, and all others kept: ``python -m benchmarks.encoding "seed
3" told``; ``python -m benchmarks.encoding page`` computes none.
"""

from __future__ import annotations

import platform
import sys
import warnings
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import spikeglm as nmo
from spikeglm.encoding.missing import dependence_table, missing

from . import ablation, outcomes, power
from .lines import CHOSEN_ON, EVERY, FRESH, KINDS, N_EACH, SEARCHES, Search, design, model_of
from .simulated import BIN_S, MINUTES, Kind, population
from .text import PAGE

RESULTS = Path(__file__).with_name("RESULTS.md")
FIRST_OF_REST = "## Fresh neurons"  # what stands above is kept, line by line
OLD = " †"


class Line(NamedTuple):
    """A line of the tables of searches."""

    kind: Kind
    search: Search
    seeds: tuple[int, ...]

    @property
    def begins(self) -> str:
        """How the line begins."""
        return f"| {self.kind.title} | {self.search.title} | "

    def rows(self, kept: pd.DataFrame) -> pd.DataFrame:
        """Return the rows that are kept of it."""
        of_line = (kept["neurons"] == self.kind.title) & (kept["search"] == self.search.title)
        return kept[of_line & kept["seed"].isin(self.seeds)]


def lines(seeds: tuple[int, ...]) -> Iterator[Line]:
    """Yield the lines of some seeds."""
    for kind in KINDS:
        for search in SEARCHES:
            if kind.title in (search.kinds if seeds == CHOSEN_ON else search.fresh):
                yield Line(kind, search, seeds)


def is_asked(text: str) -> bool:
    """Whether a line is to be computed: all, or those with one of the words of the command."""
    return len(sys.argv) < 2 or any(word in text for word in sys.argv[1:])


def search_all() -> None:
    """Compute the rows that are asked for."""
    asked = [
        (line, seed)
        for line in (*lines(CHOSEN_ON), *lines(FRESH))
        for seed in line.seeds
        if is_asked(f"{line.begins}seed {seed}")
    ]
    together: dict[Any, list[tuple[Line, int]]] = {}  # one after another, those that share fits
    for line, seed in asked:
        together.setdefault((line.kind, seed, line.search.fits), []).append((line, seed))
    for line, seed in chain(*together.values()):
        outcomes.keep(outcomes.computed(line.kind, line.search, seed))
        print(f"{line.begins}seed {seed}", flush=True)


def diagnoses(known: dict[str, str]) -> Iterator[str]:
    """Yield lines of who is told what is missing, by kind of neuron and what the model knows."""
    for kind in (kind for kind in KINDS if kind.title in EVERY):
        every = ("time",) * bool(kind.drift) + ("spikes",) * bool(kind.couples)
        for knows in dict.fromkeys(((), every)):
            begins = f"| {kind.title} | told, {' and '.join(knows) or 'nothing'} in the model | "
            if is_asked(begins):
                yield begins + told_of_missing(kind, knows)
            elif begins in known:
                yield known[begins]


def told_of_missing(kind: Kind, knows: tuple[str, ...]) -> str:
    """Fit as encode does, and return the shares of neurons that are told of drift and of spikes."""
    counts = population(kind, N_EACH).counts
    X, model = design(kind, counts, knows, 60), model_of(is_smooth=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = dependence_table(model.fit(X, counts), X, counts, {})
    enough = counts.sum(axis=0) >= outcomes.ENOUGH
    who = {"drift": np.zeros(len(enough), bool), "spikes": np.zeros(len(enough), bool)}
    for one in missing(table):
        who["drift" if "drift" in one.what else "spikes"] = one.who
    shares = [outcomes.share(values[enough]) for values in who.values()]
    return f"{enough.sum()} | {' | '.join(shares)} |"


def chosen_on(kept: pd.DataFrame, known: dict[str, str]) -> Iterator[str]:
    """Yield the lines of the first table: counted from rows, or kept as they stand."""
    for line in lines(CHOSEN_ON):
        rows = line.rows(kept)
        if len(rows):
            yield line.begins + outcomes.cells(rows)
        elif line.begins in known:
            yield known[line.begins]


def fresh(kept: pd.DataFrame) -> Iterator[str]:
    """Yield the lines of fresh neurons; they say what was found of each seed."""
    for line in lines(FRESH):
        rows = line.rows(kept)
        if len(rows):
            yield f"{line.begins}{by_seed(rows)} | {outcomes.cells(rows)}"


def by_seed(rows: pd.DataFrame) -> str:
    """Return the share of sets that are found, seed by seed: how much trajectories matter."""
    enough = rows[rows["spikes"] >= outcomes.ENOUGH]
    shares = (
        f"{seed}: {outcomes.is_right(some).mean():.3f}" for seed, some in enough.groupby("seed")
    )
    return ", ".join(shares)


def errors(kept: pd.DataFrame) -> Iterator[str]:
    """Yield each wrong term of searches with drift or spikes in their models."""
    for line in (*lines(CHOSEN_ON), *lines(FRESH)):
        if line.search.knows and line.search.knows != ("gain", "time"):
            for wrong in outcomes.wrong(line.rows(kept)):
                yield f"| {line.search.title} {wrong}"


def known_lines(text: str) -> dict[str, str]:
    """Return the lines of a page that may be kept, by how they begin, with a mark."""
    above, _, _ = text.partition(FIRST_OF_REST)
    known = {}
    for line in above.splitlines():
        if line.startswith("| "):
            kind, search, *rest = line.split(" | ")
            search = search.removesuffix(OLD)
            known[f"{kind} | {search} | "] = " | ".join([kind, search + OLD, *rest])
    return known


def main() -> None:
    """Compute what is asked for, and make the page; what is said below its tables is kept."""
    there = RESULTS.read_text() if RESULTS.exists() else ""
    known = known_lines(there)
    search_all()
    kept = outcomes.kept()
    text = PAGE.format(
        version=nmo.__version__,
        numpy=np.__version__,
        python=platform.python_version(),
        n=8 * N_EACH,
        each=N_EACH,
        minutes=MINUTES,
        bin_ms=1000 * BIN_S,
        enough=outcomes.ENOUGH,
        table="\n".join(chosen_on(kept, known)),
        told="\n".join(diagnoses(known)),
        fresh="\n".join(fresh(kept)),
        errors="\n".join(errors(kept)),
        ablation="\n".join(ablation.table(kept)),
        spikes="\n".join(ablation.spikes_table(kept)),
        power="\n".join(power.table(kept)),
        found_in_95=power.sentence(kept),
        heading=FIRST_OF_REST,
    )
    _, mark, said = there.partition("## How to read it")
    RESULTS.write_text(text + (f"\n{mark}{said}" if mark else ""))


if __name__ == "__main__":
    main()
