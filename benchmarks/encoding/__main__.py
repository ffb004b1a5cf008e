"""True sets found, and terms added falsely: ``python -m benchmarks.encoding`` writes RESULTS.md.

It takes half an hour of one core, and RatInABox: ``pip install ratinabox``.
"""

from __future__ import annotations

import platform
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import spikeglm as nmo

from .simulated import BIN_S, MINUTES, N_BINS, TERMS, Kind, Population, behaviour, population

RESULTS = Path(__file__).with_name("RESULTS.md")
N_EACH = 8  # neurons for each of the eight sets
ENOUGH = 1000  # spikes
KINDS = (
    Kind("independent bins"),
    Kind("weak tuning", strength=(0.1, 0.3)),
    Kind("slow drift", drift=0.5),
    Kind("strong drift", drift=1.0, memory_s=30.0),
    Kind("history and coupling", couples=True),
    Kind("history, coupling, slow drift", drift=0.5, couples=True),
)
HELD_OUT = nmo.selection.InterleavedBlocks(10, n_chunks=5)


class Search(NamedTuple):
    """A way to search, and the line of the table."""

    title: str
    options: dict[str, Any]
    knows: tuple[str, ...] = ()  # what all models have: "time", a spline of it; "spikes" of all
    kinds: tuple[str, ...] = tuple(kind.title for kind in KINDS)
    n_each: int = N_EACH


SIMPLE, STRONG = KINDS[0].title, KINDS[3].title
SEARCHES = (
    Search("Hardcastle, interleaved", {"folds": HELD_OUT}),
    Search(
        "the same, gap of 5 s",
        {"folds": nmo.selection.InterleavedBlocks(10, n_chunks=5, gap=round(5 / BIN_S))},
        kinds=(SIMPLE, STRONG),
    ),
    Search("the same, backward", {"folds": HELD_OUT, "how": "backward"}, kinds=(SIMPLE,)),
    Search("the same, alpha .01", {"folds": HELD_OUT, "alpha": 0.01}, kinds=(SIMPLE,)),
    Search(
        "the same, drift in all models",
        {"folds": HELD_OUT},
        knows=("time",),
        kinds=tuple(kind.title for kind in KINDS if kind.drift),
    ),
    Search(
        "the same, spikes in all models",
        {"folds": HELD_OUT},
        knows=("spikes",),
        kinds=(KINDS[4].title,),
        n_each=N_EACH // 2,
    ),
    Search("Hardcastle, ten runs", {"folds": 10}),
    Search("one standard error, interleaved", {"folds": HELD_OUT, "rule": "one_se"}),
    Search("best score, interleaved", {"folds": HELD_OUT, "rule": "score"}, kinds=(SIMPLE,)),
    Search("BIC", {"rule": "bic"}),
    Search("AIC", {"rule": "aic"}, kinds=(SIMPLE,)),
)


def design(counts: np.ndarray, knows: tuple[str, ...]) -> Any:
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
        basis, signals = basis + B.BSplineEval(20, label="time"), [*signals, np.arange(N_BINS)]
    if "spikes" in knows:
        basis, signals = basis + B.HistoryConv(3, label="spikes"), [*signals, counts]
    return basis.design(*signals)


def lines() -> Iterator[str]:
    """Yield the table, a line per kind of neuron and search."""
    for kind in KINDS:
        for search in SEARCHES:
            if kind.title in search.kinds:
                line = line_of(kind, search)
                print(line, flush=True)
                yield line


def line_of(kind: Kind, search: Search) -> str:
    """Simulate, search, and return the line."""
    neurons = population(kind, search.n_each)
    X = design(neurons.counts, search.knows)
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of folds next to each other
        found = nmo.selection.search_terms(
            model, X, neurons.counts, always=search.knows, **search.options
        )
    return told(kind, search, neurons, found)


def told(kind: Kind, search: Search, neurons: Population, found: nmo.selection.TermSearch) -> str:
    """Return a line: shares of neurons with enough spikes, and of terms that are there or not."""
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
    return f"| {kind.title} | {search.title} | {enough.sum()} | " + " | ".join(cells) + " |"


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
logarithm of .5 (strong: 1); *history and coupling*: no spikes after a spike, a burst, and four
other neurons. The models know neither, but for "drift in all models", a spline of time, and "spikes
in all models", those of all neurons in the last three bins (half as many neurons). All are Poisson,
with splines (7 x 7 for position) and a weak Ridge penalty.

Of neurons with at least {enough} spikes: the share whose set is found exactly; of the terms that
neurons encode the share that is missed; of those that they do not encode the share that is added,
of all and by term. After a ± stands the standard error. "Interleaved" are ten folds of five runs
each, dealt in turn; "ten runs" are ten folds of one run each.

| neurons | search | n | true set | missed | added | position | direction | speed | arousal |
|---|---|---|---|---|---|---|---|---|---|
{table}
"""


def main() -> None:
    """Make the table; what is said below it is kept."""
    text = _TEXT.format(
        version=nmo.__version__,
        numpy=np.__version__,
        python=platform.python_version(),
        n=8 * N_EACH,
        each=N_EACH,
        minutes=MINUTES,
        bin_ms=1000 * BIN_S,
        enough=ENOUGH,
        table="\n".join(lines()),
    )
    there = RESULTS.read_text() if RESULTS.exists() else ""
    _, mark, said = there.partition("## How to read it")
    RESULTS.write_text(text + (f"\n{mark}{said}" if mark else ""))


if __name__ == "__main__":
    main()
