"""True sets found, and terms added falsely: ``python -m benchmarks.encoding`` writes RESULTS.md.

It takes an hour of one core, and RatInABox: ``pip install ratinabox``. With words behind it, only
lines that contain one of them are computed, and all others kept: ``python -m benchmarks.encoding
bounded told``.
"""

from __future__ import annotations

import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import spikeglm as nmo
from spikeglm.encoding.missing import dependence_table, missing

from .simulated import BIN_S, MINUTES, N_BINS, TERMS, Kind, Population, behaviour, population

RESULTS = Path(__file__).with_name("RESULTS.md")
N_EACH = 8  # neurons for each of the eight sets
ENOUGH = 1000  # spikes
KINDS = (
    Kind("independent bins"),
    Kind("weak tuning", strength=(0.1, 0.3)),
    Kind("slow drift", drift=0.5),
    Kind("strong drift", drift=1.0, memory_s=30.0),
    Kind("history and coupling", couples="count"),
    Kind("history, coupling, slow drift", drift=0.5, couples="count"),
    Kind("bounded history and coupling", couples="fired"),
    Kind("bounded history, coupling, slow drift", drift=0.5, couples="fired"),
)
HELD_OUT = nmo.selection.InterleavedBlocks(10, n_chunks=5)
SHORT = nmo.selection.InterleavedBlocks(10, n_chunks=20)  # blocks of six seconds


class Search(NamedTuple):
    """A way to search, and the line of the table."""

    title: str
    options: dict[str, Any]
    knows: tuple[str, ...] = ()  # what all models have: "time", a spline of it; "spikes" of all
    kinds: tuple[str, ...] = tuple(kind.title for kind in KINDS[:6])
    is_smooth: bool = False  # whether strengths are chosen by the data, as encode does
    n_times: int = 20  # functions of time


SIMPLE, WEAK, SLOW, STRONG, SPIKES, BOTH, BOUNDED, BOUNDED_BOTH = (kind.title for kind in KINDS)
EVERY = tuple(kind.title for kind in KINDS)
SEARCHES = (
    Search("Hardcastle, interleaved", {"folds": HELD_OUT}, kinds=EVERY),
    Search(
        "the same, gap of 5 s",
        {"folds": nmo.selection.InterleavedBlocks(10, n_chunks=5, gap=round(5 / BIN_S))},
        kinds=(SIMPLE, STRONG),
    ),
    Search("the same, backward", {"folds": HELD_OUT, "how": "backward"}, kinds=(SIMPLE,)),
    Search("the same, alpha .01", {"folds": HELD_OUT, "alpha": 0.01}, kinds=(SIMPLE,)),
    Search("the same, smooth", {"folds": HELD_OUT}, kinds=(SIMPLE, WEAK, SLOW), is_smooth=True),
    Search(
        "the same, drift in all models",
        {"folds": HELD_OUT},
        knows=("time",),
        kinds=(SLOW, STRONG, BOTH),
    ),
    Search(
        "the same, spikes in all models",
        {"folds": HELD_OUT},
        knows=("spikes",),
        kinds=(SPIKES, BOUNDED),
    ),
    Search(
        "the same, spikes and drift in all models",
        {"folds": HELD_OUT},
        knows=("spikes", "time"),
        kinds=(BOTH, BOUNDED_BOTH),
    ),
    Search(
        "smooth, short blocks, drift in all models",
        {"folds": SHORT},
        knows=("time",),
        kinds=(SLOW, STRONG),
        is_smooth=True,
        n_times=60,
    ),
    Search(
        "smooth, short blocks, spikes and drift in all models",
        {"folds": SHORT},
        knows=("spikes", "time"),
        kinds=(BOUNDED_BOTH,),
        is_smooth=True,
        n_times=60,
    ),
    Search("Hardcastle, ten runs", {"folds": 10}),
    Search("one standard error, interleaved", {"folds": HELD_OUT, "rule": "one_se"}),
    Search("best score, interleaved", {"folds": HELD_OUT, "rule": "score"}, kinds=(SIMPLE,)),
    Search("BIC", {"rule": "bic"}),
    Search("AIC", {"rule": "aic"}, kinds=(SIMPLE,)),
)


def design(kind: Kind, counts: np.ndarray, knows: tuple[str, ...], n_times: int = 20) -> Any:
    """Return position (7 x 7), direction, speed, arousal and what all models have, as splines."""
    animal, B = behaviour(), nmo.basis
    place = B.BSplineEval(7) * B.BSplineEval(7)
    place.label = "position"
    basis = (
        place
        + B.CyclicBSplineEval(8, label="direction", bounds=(0, 2 * np.pi))
        + B.BSplineEval(5, label="speed")
        + B.BSplineEval(5, label="arousal")
    )
    signals = [*animal.position.T, animal.direction, animal.speed, animal.arousal]
    if "time" in knows:
        basis, signals = basis + B.BSplineEval(n_times, label="time"), [*signals, np.arange(N_BINS)]
    if "spikes" in knows:
        felt = np.minimum(counts, 1) if kind.couples == "fired" else counts
        basis, signals = basis + B.HistoryConv(3, label="spikes"), [*signals, felt]
    return basis.design(*signals)


def model_of(*, is_smooth: bool) -> nmo.PopulationGLM:
    """Return the model that is searched."""
    if is_smooth:
        return nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength="auto")
    return nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=1e-4)


def is_asked(line: str) -> bool:
    """Whether a line is to be computed: all, or those with one of the words of the command."""
    return len(sys.argv) < 2 or any(word in line for word in sys.argv[1:])


class Line(NamedTuple):
    """A line of a table: how it begins, and what computes the rest."""

    begins: str
    compute: Callable[[], str]


def searches() -> Iterator[Line]:
    """Yield the first table: a line per kind of neuron and search."""
    for kind in KINDS:
        for search in SEARCHES:
            if kind.title in search.kinds:
                begins = f"| {kind.title} | {search.title} | "
                yield Line(begins, partial(line_of, kind, search))


def diagnoses() -> Iterator[Line]:
    """Yield the second: a line per kind of neuron and what the model knows."""
    for kind in KINDS:
        every = ("time",) * bool(kind.drift) + ("spikes",) * bool(kind.couples)
        for knows in dict.fromkeys(((), every)):
            begins = f"| {kind.title} | told, {' and '.join(knows) or 'nothing'} in the model | "
            yield Line(begins, partial(told_of_missing, kind, knows))


def computed(table: Iterator[Line]) -> dict[str, str]:
    """Return the lines that are asked for, "" for others."""
    out = {}
    for line in table:
        out[line.begins] = line.begins + line.compute() if is_asked(line.begins) else ""
        print(out[line.begins], end="\n" * bool(out[line.begins]), flush=True)
    return out


def line_of(kind: Kind, search: Search) -> str:
    """Simulate, search, and return the cells."""
    neurons = population(kind, N_EACH)
    X = design(kind, neurons.counts, search.knows, search.n_times)
    model = model_of(is_smooth=search.is_smooth)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of folds next to each other
        found = nmo.selection.search_terms(
            model, X, neurons.counts, always=search.knows, **search.options
        )
    return told(neurons, found)


def told_of_missing(kind: Kind, knows: tuple[str, ...]) -> str:
    """Fit as encode does, and return the shares of neurons that are told of drift and of spikes."""
    counts = population(kind, N_EACH).counts
    X, model = design(kind, counts, knows, 60), model_of(is_smooth=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = dependence_table(model.fit(X, counts), X, counts, {})
    enough = counts.sum(axis=0) >= ENOUGH
    who = {"drift": np.zeros(len(enough), bool), "spikes": np.zeros(len(enough), bool)}
    for one in missing(table):
        who["drift" if "drift" in one.what else "spikes"] = one.who
    return f"{enough.sum()} | {share(who['drift'][enough])} | {share(who['spikes'][enough])} |"


def told(neurons: Population, found: nmo.selection.TermSearch) -> str:
    """Return cells: shares of neurons with enough spikes, and of terms that are there or not."""
    enough = found.is_known & (neurons.counts.sum(axis=0) >= ENOUGH)
    selected, encoded = found.selected[:, enough], neurons.encoded[:, enough]
    assert found.terms[: len(TERMS)] == TERMS
    is_true = (selected == encoded).all(axis=0)
    missed = ~selected[encoded]
    added = [(selected[j] & ~encoded[j]).sum() / (~encoded[j]).sum() for j in range(len(TERMS))]
    every = selected[~encoded]
    cells = [
        share(is_true),
        share(missed),
        share(every),
        *(f"{value:.3f}" for value in added),
    ]
    return f"{enough.sum()} | " + " | ".join(cells) + " |"


def share(values: np.ndarray) -> str:
    """Return a share with its standard error."""
    p = values.mean()
    return f"{p:.3f} ± {np.sqrt(p * (1 - p) / len(values)):.3f}"


_TEXT = """# Which variables: simulated neurons

`python -m benchmarks.encoding` wrote this page with spikeglm {version}, NumPy {numpy}, Python
{python}.

{n} neurons a line, {each} for each set of position, direction and speed (one set is "none"), 1 to
8 spikes/s, over {minutes} minutes of a trajectory by RatInABox in bins of {bin_ms:g} ms. A term
that is encoded changes the log rate by a standard deviation of .3 to .7 over time; "weak tuning":
.1 to .3. *Arousal* drives nobody: it goes with speed (r = .6), and slowly on its own. *Drift* is a
gain of every neuron that forgets in 100 s (strong: 30 s), with a standard deviation of its
logarithm of .5 (strong: 1). *History and coupling*: no spikes after a spike, a burst, and four
other neurons, by the number of spikes in a bin; cells that fire 50 in a bin of the highest speed
then drive each other until a ceiling holds them (in 2 % of bins, up to 8 % of some neurons), which
makes what they do no linear sum. *Bounded*: the same by whether a neuron fired in a bin, without a
ceiling. The models know neither drift nor spikes, but for "drift in all models", a spline of
time (20 functions; "smooth": 60), and "spikes in all models", those of all neurons in the last
three bins. All are Poisson, with splines (7 x 7 for position) and a weak Ridge penalty; "smooth":
with strengths that are chosen by the data, as `nmo.encode` does.

Of neurons with at least {enough} spikes: the share whose set is found exactly; of the terms that
neurons encode the share that is missed; of those that they do not encode the share that is added,
of all and by term. After a ± stands the standard error. "Interleaved" are ten folds of five runs
each, dealt in turn; "short blocks" ten folds of twenty; "ten runs" are ten folds of one run each.

| neurons | search | n | true set | missed | added | position | direction | speed | arousal |
|---|---|---|---|---|---|---|---|---|---|
{table}

Of the same neurons the share that `nmo.encode` tells that drift, or spikes just before, are missing
from its model:

| neurons | model | n | told of drift | told of spikes |
|---|---|---|---|---|
{told}
"""


def main() -> None:
    """Make the tables; lines that were not asked for, and what is said below, are kept."""
    tables = computed(searches()), computed(diagnoses())
    there = RESULTS.read_text() if RESULTS.exists() else ""
    cells = [line.split(" | ") for line in there.splitlines() if line.startswith("| ")]
    known = {f"{each[0]} | {each[1]} | ": " | ".join(each) for each in cells}
    shown = [
        "\n".join(filter(None, (line or known.get(begins) for begins, line in table.items())))
        for table in tables
    ]
    text = _TEXT.format(
        version=nmo.__version__,
        numpy=np.__version__,
        python=platform.python_version(),
        n=8 * N_EACH,
        each=N_EACH,
        minutes=MINUTES,
        bin_ms=1000 * BIN_S,
        enough=ENOUGH,
        table=shown[0],
        told=shown[1],
    )
    _, mark, said = there.partition("## How to read it")
    RESULTS.write_text(text + (f"\n{mark}{said}" if mark else ""))


if __name__ == "__main__":
    main()
