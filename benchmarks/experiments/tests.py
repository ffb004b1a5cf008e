"""Tables, tests of terms, profile intervals and scales: of a population, against one by one."""

from __future__ import annotations

from ..inquiry import TOLD_OF_RIVALS, inquire, of_r
from ..lab import Lab
from ..recordings import slow_population
from ..report import Section

_ROWS, _NEURONS, _SCALE = 20_000, 50, 0.5
_OF_COUNTS = {
    "summary": "a printed table with p values (HC0)",
    "wald": "Wald tests of four terms",
    "lr": "likelihood-ratio tests of four terms",
    "profile": "profile interval of the intercept",
}
_OF_SCALES = {"scales": "negative binomial, scale estimated"}


def run(lab: Lab) -> Section:
    """Ask for tables, tests and intervals of Poisson fits; and for scales of others."""
    n_rows, n_neurons = lab.size(_ROWS, 1_000), lab.size(_NEURONS, 2)
    recording = slow_population(n_rows, n_neurons)
    both = ("statsmodels", "R")
    questions = {"summary": both, "wald": both, "lr": both, "profile": ("R",)}
    counts = inquire(lab, recording, "tests", questions)
    bursting = slow_population(n_rows, n_neurons, scale=_SCALE, seed=1)
    scales = inquire(lab, bursting, "scales", {"scales": both})
    return Section(
        "Tables, tests and scales",
        f"Poisson, log link, {n_rows} × {recording.X.shape[1]}, {n_neurons} neurons, four terms "
        "of six features; each question is a fit and the answer. Of libraries that know one "
        "response at a time as many are measured as 20 s allow, and extrapolated. Differences are "
        f"relative to ours, of p values absolute. {TOLD_OF_RIVALS} "
        "R's profile intervals are interpolated.",
        (
            counts.table(_OF_COUNTS, absolute=("summary",)),
            scales.table(_OF_SCALES),
        ),
        (of_r(lab),),
    )
