"""Does the time of a fit grow linearly with rows and with neurons?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..contestants import OURS
from ..lab import Lab
from ..problems import Problem, coupled_population
from ..report import Section, Table, Target, seconds

_LINEAR = 1.1  # log-log slope; a little above one for the clock's sake
_MADE_OF = 10  # neurons whose history makes the features


def run(lab: Lab) -> Section:
    """Time refits over more than 1.5 decades of rows, and of neurons."""
    rows = lab.size((6_000, 15_000, 38_000, 96_000, 240_000), (1_000, 2_000))
    neurons = lab.size((8, 20, 50, 128, 320), (2, 4))
    full = coupled_population(max(rows), lab.size(_MADE_OF, 2))
    crowd = _crowd(full, lab.size(20_000, 1_000), max(neurons))
    by_rows = _measure(lab, "rows", rows, lambda n: Problem(full.X[:n], full.y[:n]))
    by_neurons = _measure(lab, "neurons", neurons, lambda n: Problem(crowd.X, crowd.y[:, :n]))
    return Section(
        "Growth",
        f"spikeglm's refit without a penalty, {full.n_features} features; rows with "
        f"{full.n_neurons} neurons, neurons with {len(crowd.X)} rows. The slope is that of "
        "log time over log size: 1 is linear.",
        (by_rows[1], by_neurons[1]),
        targets=(_target("rows", by_rows[0]), _target("neurons", by_neurons[0])),
    )


def _crowd(full: Problem, n_rows: int, n_neurons: int) -> Problem:
    """Return the first rows with many neurons that all listen to the same few."""
    rng = np.random.default_rng(1)
    X = full.X[:n_rows]
    rates = np.exp(rng.uniform(np.log(0.03), np.log(0.2), n_neurons))
    weights = rng.normal(0.0, 0.1, (full.n_features, n_neurons))
    eta = (X - X.mean(axis=0)) @ weights
    return Problem(X, rng.poisson(rates * np.exp(eta)).astype(np.float64))


def _measure(
    lab: Lab, axis: str, sizes: tuple[int, ...], problem_of: Callable[[int], Problem]
) -> tuple[float, Table]:
    jobs = {}
    for size in sizes:
        folder = problem_of(size).save(lab.folder / f"growth-{axis}-{size}")
        jobs[f"{size} {axis}"] = lab.fit_job(OURS, folder)
    runs = lab.measure(jobs, rounds=min(lab.rounds, 3))
    least = np.array([r.least("refits_s") for r in runs.values()])
    slope = float(np.polyfit(np.log(sizes), np.log(least), 1)[0])
    lines = tuple(
        (
            label,
            seconds(r.least("refits_s"), r.median("refits_s")),
            str(r.measured[0]["n_passes"]),
            f"{1e3 * r.least('refits_s') / r.measured[0]['n_passes']:.2f}",
        )
        for label, r in runs.items()
    )
    titles = (f"Growth with {axis}, slope {slope:.2f}", "Refit (s)", "passes", "ms per pass")
    return slope, Table(titles, lines)


def _target(axis: str, slope: float) -> Target:
    return Target(
        f"Time grows linearly with {axis} (slope ≤ {_LINEAR})", f"{slope:.2f}", slope <= _LINEAR
    )
