"""The lines of the tables: kinds of neurons, and ways to search what they encode."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import KFold

import spikeglm as nmo

from .simulated import BIN_S, N_BINS, Kind, behaviour

N_EACH = 8  # neurons for each of the eight sets
CHOSEN_ON = (1,)  # seeds on which settings were compared
FRESH = (2, 3)  # seeds of neurons and trajectories that had no part in it
KINDS = (
    Kind("independent bins"),
    Kind("weak tuning", strength=(0.1, 0.3)),
    Kind("very weak tuning", strength=(0.03, 0.2)),
    Kind("slow drift", drift=0.5),
    Kind("strong drift", drift=1.0, memory_s=30.0),
    Kind("history and coupling", couples="count"),
    Kind("history, coupling, slow drift", drift=0.5, couples="count"),
    Kind("bounded history and coupling", couples="fired"),
    Kind("bounded history, coupling, slow drift", drift=0.5, couples="fired"),
    Kind(
        "strong bounded coupling, slow drift",
        drift=0.5,
        couples="fired",
        coupling=0.5,
        n_coupled=6,
    ),
)
SIMPLE, WEAK, WEAKEST, SLOW, STRONG, SPIKES, BOTH, BOUNDED, BOUNDED_BOTH, TIGHT = (
    kind.title for kind in KINDS
)
ALL_RULES = (SIMPLE, WEAK, SLOW, STRONG, SPIKES, BOTH)
EVERY = (*ALL_RULES, BOUNDED, BOUNDED_BOTH)
HELD_OUT = nmo.selection.InterleavedBlocks(10, n_chunks=5)  # as encode makes them
SHORT = nmo.selection.InterleavedBlocks(10, n_chunks=20)  # blocks of six seconds
RANDOM = KFold(10, shuffle=True, random_state=0)  # single bins, each between others of training
ABLATED = (WEAK, SLOW)  # kinds of which parts of the procedure are left out
FEW = "one neuron in four, smooth, short blocks"
MORE = nmo.selection.InterleavedBlocks(20, n_chunks=10)


class Search(NamedTuple):
    """A way to search, and the line of the table."""

    title: str
    options: dict[str, Any]
    knows: tuple[str, ...] = ()  # that all models have: see design; "gain", an offset that is true
    kinds: tuple[str, ...] = ALL_RULES
    is_smooth: bool = False  # whether strengths are chosen by the data, as encode does
    n_times: int = 20  # functions of time
    fresh: tuple[str, ...] = ()  # kinds whose fresh neurons are searched, too
    one_in: int = 1  # of so many neurons one is searched, to save hours; all drive each other

    @property
    def fits(self) -> tuple[Any, ...]:
        """What its fits depend on: searches that differ by their rules alone share them."""
        return (
            self.options.get("folds", HELD_OUT),
            self.knows,
            self.is_smooth,
            self.n_times,
            self.one_in,
        )


def advised(knows: tuple[str, ...], kinds: tuple[str, ...], fresh: tuple[str, ...]) -> list[Search]:
    """Return the search that the pages advise, and others that lack one of its three parts."""
    title = f"smooth, short blocks, {' and '.join(knows).replace('time', 'drift')} in all models"
    whole = Search(title, {"folds": SHORT}, knows, kinds, True, 60, fresh)
    parts = {
        "a ridge": {"is_smooth": False},
        "blocks of 24 s": {"options": {"folds": HELD_OUT}},
        "20 functions": {"n_times": 20},
    }
    hardest = tuple(kind for kind in (STRONG, BOTH) if kind in kinds)
    return [
        whole,
        *(
            whole._replace(title=f"{title}, but {name}", kinds=hardest, fresh=(), **part)
            for name, part in parts.items()
        ),
    ]


def ablated() -> list[Search]:
    """Return what `encode` does but for one of its parts; nothing is chosen by these lines."""
    rules = {"best score": {"rule": "score"}, "one standard error": {"rule": "one_se"}}
    options = {f"smooth, {name}": {"folds": HELD_OUT, **rule} for name, rule in rules.items()}
    options |= {"smooth, ten runs": {"folds": 10}, "smooth, single bins": {"folds": RANDOM}}
    searches = [Search(name, of, (), (), True, fresh=ABLATED) for name, of in options.items()]
    bare = {"folds": RANDOM, "rule": "score"}
    return [*searches, Search("best score, single bins", bare, (), (), fresh=ABLATED)]


SEARCHES = (
    Search(
        "Hardcastle, interleaved",
        {"folds": HELD_OUT},
        kinds=EVERY,
        fresh=(BOUNDED_BOTH, TIGHT, *ABLATED),
    ),
    Search(
        "the same, gap of 5 s",
        {"folds": nmo.selection.InterleavedBlocks(10, n_chunks=5, gap=round(5 / BIN_S))},
        kinds=(SIMPLE, STRONG),
    ),
    Search("the same, backward", {"folds": HELD_OUT, "how": "backward"}, kinds=(SIMPLE,)),
    Search("the same, alpha .01", {"folds": HELD_OUT, "alpha": 0.01}, kinds=(SIMPLE,)),
    Search(
        "the same, smooth",
        {"folds": HELD_OUT},
        kinds=(SIMPLE, WEAK, SLOW),
        is_smooth=True,
        fresh=(SIMPLE, WEAK, WEAKEST, SLOW),
    ),
    *ablated(),
    Search("smooth, short blocks", {"folds": SHORT}, kinds=(SIMPLE, WEAK), is_smooth=True),
    Search("smooth, twenty folds of ten", {"folds": MORE}, kinds=(WEAK,), is_smooth=True),
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
        "the same, the true gain by spikes and drift in all models",
        {"folds": HELD_OUT},
        knows=("gain", "time"),
        kinds=(BOTH,),
    ),
    Search(
        "one neuron in two, numbers up to two and drift in all models",
        {"folds": HELD_OUT},
        knows=("saturated", "time"),
        kinds=(BOTH,),
        one_in=2,
    ),
    Search(
        f"{FEW}, spikes and drift in all models",
        {"folds": SHORT},
        ("spikes", "time"),
        (BOTH,),
        is_smooth=True,
        n_times=60,
        fresh=(BOTH,),
        one_in=4,
    ),
    *advised(("time",), (SLOW, STRONG), (SLOW, STRONG)),
    *advised(("spikes", "time"), (BOTH, BOUNDED_BOTH), (BOTH, BOUNDED_BOTH, TIGHT)),
    Search(
        "smooth, short blocks, drift in all models, true gain by spikes known",
        {"folds": SHORT},
        knows=("gain", "time"),
        kinds=(BOTH,),
        is_smooth=True,
        n_times=60,
        fresh=(BOTH,),
    ),
    Search("Hardcastle, ten runs", {"folds": 10}),
    Search("one standard error, interleaved", {"folds": HELD_OUT, "rule": "one_se"}),
    Search("best score, interleaved", {"folds": HELD_OUT, "rule": "score"}, kinds=(SIMPLE,)),
    Search("BIC", {"rule": "bic"}),
    Search("AIC", {"rule": "aic"}, kinds=(SIMPLE,)),
)


def design(
    kind: Kind, counts: np.ndarray, knows: tuple[str, ...], n_times: int = 20, *, seed: int = 1
) -> Any:
    """Return position (7 x 7), direction, speed, arousal and what all models have, as splines.

    "time" is a spline; "spikes" are those of all neurons in the last three bins, as they act;
    "saturated" their numbers, but those above two as two.
    """
    animal, B = behaviour(seed - 1), nmo.basis
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
    most = {"spikes": 1 if kind.couples == "fired" else np.inf, "saturated": 2}
    for name in most.keys() & set(knows):
        felt = np.minimum(counts, most[name])
        basis, signals = basis + B.HistoryConv(3, label=name), [*signals, felt]
    return basis.design(*signals)


def model_of(*, is_smooth: bool) -> nmo.PopulationGLM:
    """Return the model that is searched."""
    if is_smooth:
        return nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength="auto")
    return nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=1e-4)
