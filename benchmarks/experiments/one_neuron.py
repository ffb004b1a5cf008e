"""One neuron, 20 000 × 26: how long from a cold start, and how long again?"""

from __future__ import annotations

from collections.abc import Iterator

from ..lab import Lab, Race, race
from ..problems import one_neuron
from ..report import Section, Target, times

_FRESH_RATIO, _REFIT_RATIO = 4.0, 100.0
_NOT_SLOWER = 0.98  # two per cent: what the clock cannot tell


def run(lab: Lab) -> Section:
    """Race all libraries on one neuron's Poisson regression without a penalty."""
    problem = one_neuron(lab.size(20_000, 2_000))
    rivals = lab.present("nemos", "sklearn", "glum", "statsmodels")
    result = race(lab, problem, "one-neuron", rivals, rounds=lab.rounds)
    size = f"{len(problem.X)} × {problem.n_features}"
    return Section(
        "One neuron",
        f"Poisson, log link, no penalty, {size}. The fresh process imports the library, reads the "
        "data and fits; a refit makes a new model in the same process.",
        (result.table(lab.contestants),),
        targets=tuple(_targets(result, size)),
    )


def _targets(result: Race, size: str) -> Iterator[Target]:
    for what, key, nemos_ratio in (
        ("fresh process", "first_s", _FRESH_RATIO),
        ("refit", "refits_s", _REFIT_RATIO),
    ):
        ratio = result.ratio("nemos", key)
        promise = f"{size}, {what}: ≥ {nemos_ratio:.0f}× NeMoS"
        yield Target(promise, times(ratio), _reached(ratio, nemos_ratio))
        for rival in ("sklearn", "glum"):
            ratio = result.ratio(rival, key)
            promise = f"{size}, {what}: not slower than {rival}"
            yield Target(promise, times(ratio), _reached(ratio, _NOT_SLOWER))


def _reached(ratio: float, wanted: float) -> bool | None:
    return None if ratio != ratio else ratio >= wanted
