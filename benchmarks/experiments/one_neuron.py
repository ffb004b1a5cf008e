"""One neuron, 20 000 × 26: how long from a cold start, and how long again?"""

from __future__ import annotations

from collections.abc import Iterator

from ..lab import Lab, Race, race
from ..patience import CLOSE, Patience
from ..problems import one_neuron
from ..report import Section, Target, times

_FRESH_RATIO, _REFIT_RATIO = 4.0, 100.0
_NOT_SLOWER = 0.98  # two per cent: what the clock cannot tell


def run(lab: Lab) -> Section:
    """Race all libraries on one neuron's Poisson regression without a penalty."""
    problem = one_neuron(lab.size(20_000, 2_000))
    rivals = lab.present("nemos", "sklearn", "glum", "statsmodels")
    result = race(lab, problem, "one-neuron", rivals, rounds=lab.rounds)
    patience = Patience.measure(lab, result, lab.folder / "one-neuron")
    size = f"{len(problem.X)} × {problem.n_features}"
    return Section(
        "One neuron",
        f"Poisson, log link, no penalty, {size}. The fresh process imports the library, reads the "
        "data and fits; a refit makes a new model in the same process. NeMoS stops by its own "
        "rule, and after 5000 steps.",
        (result.table(lab.contestants), *patience.tables()),
        targets=tuple(_targets(patience, size)),
    )


def _targets(patience: Patience, size: str) -> Iterator[Target]:
    result = patience.race
    ratio = result.ratio("nemos", "first_s")
    promise = f"{size}, fresh process: ≥ {_FRESH_RATIO:.0f}× NeMoS"
    yield Target(promise, times(ratio), _reached(ratio, _FRESH_RATIO))
    yield from _not_slower(result, "first_s", f"{size}, fresh process")
    promise = f"{size}, refit: ≥ {_REFIT_RATIO:.0f}× NeMoS to within {CLOSE:.0e} of the optimum"
    yield patience.target(promise, _REFIT_RATIO)
    yield from _not_slower(result, "refits_s", f"{size}, refit")


def _not_slower(result: Race, key: str, what: str) -> Iterator[Target]:
    for rival in ("sklearn", "glum"):
        ratio = result.ratio(rival, key)
        yield Target(f"{what}: not slower than {rival}", times(ratio), _reached(ratio, _NOT_SLOWER))


def _reached(ratio: float, wanted: float) -> bool | None:
    return None if ratio != ratio else ratio >= wanted
