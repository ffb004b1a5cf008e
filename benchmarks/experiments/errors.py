"""How sure: standard errors of five kinds, of one neuron and of a population."""

from __future__ import annotations

from ..asked import ERRORS
from ..inquiry import TOLD_OF_RIVALS, Inquiry, inquire, of_r
from ..lab import Lab
from ..recordings import LAGS, TRIAL, slow_population
from ..report import Section, Target

_ROWS, _NEURONS = 20_000, 50
_NAMES = {
    "model": "of the model",
    "HC0": "HC0",
    "HC3": "HC3",
    "cluster": "cluster",
    "HAC": f"HAC, {LAGS} lags",
}
_SAME = 1e-6  # of an error
_RIVALS = dict.fromkeys(ERRORS, ("statsmodels", "R"))


def run(lab: Lab) -> Section:
    """Ask for the errors of one neuron, and of a population."""
    recording = slow_population(lab.size(_ROWS, 1_000), lab.size(_NEURONS, 2))
    one = inquire(lab, recording.take(1), "errors-of-one", _RIVALS)
    many = inquire(lab, recording, "errors-of-many", _RIVALS)
    size = f"{len(recording.X)} × {recording.X.shape[1]}"
    return Section(
        "Standard errors",
        f"Poisson, log link, {size}, trials of {TRIAL} bins; each question is a fit and its "
        "errors. First one neuron, then "
        f"{recording.n_neurons}; of libraries that know one response at a time as many are "
        "measured as 20 s allow, and extrapolated. No factors for small samples. The difference is "
        f"that of an error, relative to ours. {TOLD_OF_RIVALS} Of a GLM, "
        "statsmodels answers HC1 to HC3 with the numbers of HC0.",
        (one.table(_NAMES), many.table(_NAMES)),
        (of_r(lab),),
        tuple(_agrees(many, kind) for kind in ERRORS),
    )


def _agrees(many: Inquiry, kind: str) -> Target:
    """Judge against R, which is what the field quotes."""
    promise = f"Errors, {_NAMES[kind]}: R's to {_SAME:.0e}"
    if "R" not in many.runs[kind]:
        return Target(promise, "R is missing", None)
    gap = many.difference(kind, "R")
    return Target(promise, f"{gap:.0e}", gap <= _SAME if gap == gap else None)
