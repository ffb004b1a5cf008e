"""Sparse coefficients: one strength against other libraries, and a whole path against one fit."""

from __future__ import annotations

import numpy as np

from ..contestants import OURS
from ..lab import Lab, Race
from ..patience import CLOSE, Patience
from ..problems import Problem, coupled_population, sparse_population
from ..processes import Job, Runs
from ..report import Section, Table, Target, seconds, times

_NEMOS_RATIO, _GLUM_RATIO = 30.0, 5.0
_MOST_COLD_FITS, _N_STRENGTHS, _SMALLEST = 8.0, 30, 0.01


def run(lab: Lab) -> Section:
    """Race with an elastic net; then 30 strengths of a lasso in the time of how many fits?"""
    n_rows, n_neurons = lab.size(21_676, 3_000), lab.size(18, 3)
    problem = sparse_population(
        n_rows, n_neurons, n_sources=lab.size(22, 4), l1_ratio=0.9, share=0.01
    )
    patience = _measure(lab, problem)
    result = patience.race
    path = _measure_path(lab)
    size = f"{n_rows} × {problem.n_features}, {n_neurons} neurons"
    used = np.count_nonzero(result.runs[OURS].arrays["coef"], axis=0)
    return Section(
        "Sparse coefficients",
        "Poisson, log link, elastic net of ratio 0.9 at 1 % of the largest useful strength, "
        f"{size}. glum fits one neuron after the other. NeMoS stops by its own rule, and after "
        "5000 steps. The path: a lasso at 30 strengths down to 1 % of each neuron's largest.",
        (result.table(lab.contestants), *patience.tables(), _path_table(path)),
        (
            f"Coefficients that are not zero: {used.min()} to {used.max()} of "
            f"{problem.n_features} per neuron.",
            f"Our refit visits all rows {result.runs[OURS].measured[0]['n_passes']} times.",
        ),
        (
            patience.target(
                f"{size}: ≥ {_NEMOS_RATIO:.0f}× NeMoS to within {CLOSE:.0e} of the optimum",
                _NEMOS_RATIO,
            ),
            _against_glum(result, size),
            _path_target(path),
        ),
    )


def _measure(lab: Lab, problem: Problem) -> Patience:
    folder = problem.save(lab.folder / "sparse")
    jobs = {name: lab.fit_job(name, folder) for name in lab.present("nemos", "glum")}
    result = Race(problem, lab.measure(jobs, rounds=min(lab.rounds, 3)))
    return Patience.measure(lab, result, folder)


def _measure_path(lab: Lab) -> Runs:
    problem = coupled_population(lab.size(21_676, 2_000), lab.size(30, 3))
    arguments = {
        "problem": str(problem.save(lab.folder / "path")),
        "n_strengths": lab.size(_N_STRENGTHS, 5),
        "smallest": _SMALLEST,
        "n_repeats": lab.size(3, 1),
    }
    return lab.measure({"path": Job("path", arguments)}, rounds=1)["path"]


def _against_glum(result: Race, size: str) -> Target:
    ratio, promise = result.ratio("glum", "refits_s"), f"{size}: ≥ {_GLUM_RATIO:.0f}× glum"
    return Target(promise, times(ratio), ratio >= _GLUM_RATIO if ratio == ratio else None)


def _path_table(path: Runs) -> Table:
    if not path.measured:
        return Table(("Path", "FAILED"), ((path.failure, ""),))
    found = path.measured[0]
    rows = (
        ("one cold fit", seconds(path.least("cold_s"), path.median("cold_s")), "cold_passes"),
        ("the path", seconds(path.least("path_s"), path.median("path_s")), "path_passes"),
    )
    return Table(
        (
            f"{_N_STRENGTHS} strengths; {found['n_nonzero']:.0f} coefficients at the smallest, "
            f"{found['difference']:.0e} from the cold fit",
            "seconds",
            "passes",
        ),
        tuple((name, time, str(found[passes])) for name, time, passes in rows),
    )


def _path_target(path: Runs) -> Target:
    promise = f"{_N_STRENGTHS} strengths × 30 neurons: < {_MOST_COLD_FITS:.0f} cold fits"
    if not path.measured:
        return Target(promise, "failed", None)
    ratio = path.least("path_s") / path.least("cold_s")
    return Target(promise, f"{ratio:.1f}", ratio < _MOST_COLD_FITS)
