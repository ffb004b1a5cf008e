"""Strengths chosen on folds: sets x strengths x folds x neurons in one call, against loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..lab import Lab
from ..objective import objective, relative_gap
from ..problems import Problem, sparse_population
from ..processes import Job, Runs
from ..report import Section, Table, Target, seconds, times

_NEMOS_RATIO, _GLMNET_RATIO, _SETS_S = 50.0, 10.0, 60.0
_N_SETS, _N_STRENGTHS, _N_FOLDS, _SMALLEST = 10, 8, 3, 0.01
_OURS, _NEMOS, _GLMNET = "strengths", "strengths_nemos", "strengths_glmnet"
_AS_EXACT = "strengths_glmnet, as exact"
_THRESHOLDS = {_GLMNET: 1e-7, _AS_EXACT: 1e-11}  # glmnet's own, and one that ends where we do
_LABELS = {
    _OURS: "spikeglm, one call",
    _NEMOS: "NeMoS, GridSearchCV",
    _GLMNET: "R's glmnet, as it comes",
    _AS_EXACT: "R's glmnet, as exact",
}


def run(lab: Lab) -> Section:
    """Race for an elastic net over nested sets; sets of terms and a group lasso by themselves."""
    n_neurons = lab.size(18, 2)
    problem = sparse_population(
        lab.size(21_676, 1_500), n_neurons, n_sources=lab.size(22, 4), l1_ratio=0.9, share=1.0
    )
    arguments = _arguments(problem, problem.save(lab.folder / "strengths"), lab.size(_N_SETS, 2))
    jobs = {_OURS: Job(_OURS, arguments)}
    jobs |= {_NEMOS: Job(_NEMOS, arguments)} if "nemos" in lab.contestants else {}
    if not lab.quick:
        for name, threshold in _THRESHOLDS.items():
            jobs[name] = Job(_GLMNET, {**arguments, "threshold": threshold})
    runs = lab.measure(jobs, rounds=1)
    sizes = arguments["sizes"]
    share = np.sum(sizes) / sizes[arguments["measured"]]  # of sets, in units of the measured one
    sets, promise = _sets_table(lab)
    size = f"{len(problem.X)} × {problem.n_features}, {n_neurons} neurons"
    return Section(
        "Strengths chosen on folds",
        f"Poisson, log link, elastic net of ratio 0.9, {size}: {len(sizes)} nested sets of "
        "features "
        f"× {len(arguments['strengths'])} strengths × {_N_FOLDS} folds. The others are measured on "
        f"one set of {sizes[arguments['measured']]} features, and the time for all is that times "
        f"{share:.1f} (proportional to features). GridSearchCV gives all neurons one strength; "
        "glmnet fits a path per neuron and fold, on one core: with its own threshold "
        f"({_THRESHOLDS[_GLMNET]:.0e}), and with one that brings it to our objective "
        f"({_THRESHOLDS[_AS_EXACT]:.0e}), of which the target is.",
        (_table(runs, problem, arguments, share), sets, _group_table(lab)),
        _notes(runs),
        (
            _target(runs, _NEMOS, share, _NEMOS_RATIO, size),
            _target(runs, _AS_EXACT, share, _GLMNET_RATIO, size),
            promise,
        ),
    )


def _arguments(problem: Problem, folder: Path, n_sets: int) -> dict[str, Any]:
    strengths = problem.strength * np.geomspace(1.0, _SMALLEST, _N_STRENGTHS)
    sizes = np.linspace(problem.n_features / n_sets, problem.n_features, n_sets).astype(int)
    return {
        "problem": str(folder),
        "sizes": sizes.tolist(),
        "measured": n_sets // 2,
        "strengths": strengths.tolist(),
        "n_folds": _N_FOLDS,
    }


def _table(runs: dict[str, Runs], problem: Problem, arguments: Any, share: float) -> Table:
    ours, rows = runs[_OURS], []
    for name, found in runs.items():
        if not found.measured:
            rows.append((_LABELS[name], f"FAILED: {found.failure}", "", ""))
            continue
        factor = 1.0 if name == _OURS else share
        all_s = found.least("seconds") * factor
        ratio = times(all_s / ours.least("seconds")) if ours.measured else "–"
        rows.append((_LABELS[name], f"{all_s:.4g}", ratio, _gaps(found, ours, problem, arguments)))
    return Table(("Way", "Seconds", "ratio", "objective above ours, worst strength"), tuple(rows))


def _gaps(found: Runs, ours: Runs, problem: Problem, arguments: Any) -> str:
    """Return by how much the objectives on all rows exceed ours, where coefficients were saved."""
    if "coef" not in found.arrays or "coef" not in ours.arrays:
        return "–"
    X = problem.X[:, : arguments["sizes"][arguments["measured"]]]
    gaps = []
    for s, strength in enumerate(arguments["strengths"]):
        alone = Problem(X, problem.y, strength, problem.l1_ratio)
        both = (
            objective(alone, runs.arrays["coef"][s], runs.arrays["intercept"][s])
            for runs in (found, ours)
        )
        gaps.append(relative_gap(*both))
    return f"{max(gaps):+.1e}"


def _notes(runs: dict[str, Runs]) -> tuple[str, ...]:
    if not runs[_OURS].measured:
        return ()
    found = runs[_OURS].measured[0]
    chosen = "have" if found["chosen_are_certified"] else "have NOT all"
    return (
        f"Of {found['n_fits']} fits to folds {found['n_certified']} have a certificate; the fits "
        f"to all rows at the chosen strengths {chosen} one.",
    )


def _target(runs: dict[str, Runs], rival: str, share: float, wanted: float, size: str) -> Target:
    promise = (
        f"{size}, {_N_SETS} sets × {_N_STRENGTHS} × {_N_FOLDS}: ≥ {wanted:.0f}× {_LABELS[rival]}"
    )
    if rival not in runs or not (runs[rival].measured and runs[_OURS].measured):
        return Target(promise, "is missing", None)
    ratio = runs[rival].least("seconds") * share / runs[_OURS].least("seconds")
    return Target(promise, f"{times(ratio)} (extrapolated)", ratio >= wanted)


def _sets_table(lab: Lab) -> tuple[Table, Target]:
    """Fit all sets of four variables on folds, for many cells, as it was published."""
    size = {
        "n_rows": lab.size(60_000, 600),
        "n_neurons": lab.size(100, 2),
        "n_folds": lab.size(10, 2),
        "n_bins": lab.size(10, 3),
        "n_checked": lab.size(20, 2),
    }
    jobs = {"term_sets": Job("term_sets", size)}
    found = lab.measure(jobs, rounds=lab.size(2, 1))["term_sets"]
    promise = (
        f"{size['n_neurons']} cells × 15 models × {size['n_folds']} folds, {size['n_rows']} bins: "
        f"< {_SETS_S:.0f} s on two cores"
    )
    titles = ("Position, direction, speed, theta: all sets", "seconds", "certified", "worst score")
    if not found.measured:
        row = (promise, f"FAILED: {found.failure}", "", "")
        return Table(titles, (row,)), Target(promise, "is missing", None)
    first, least = found.measured[0], found.least("seconds")
    row = (
        f"{size['n_rows']} × {first['n_features']}, {first['n_fits']} fits",
        seconds(least, found.median("seconds")),
        f"{first['n_certified']} of {first['n_fits']}",
        f"{first['gap']:.1e} from a refit's",
    )
    return Table(titles, (row,)), Target(promise, f"{least:.3g} s", least < _SETS_S)


def _group_table(lab: Lab) -> Table:
    size = {
        "n_rows": lab.size(20_000, 600),
        "n_groups": lab.size(20, 4),
        "group_size": lab.size(8, 3),
        "n_neurons": lab.size(200, 2),
        "n_strengths": lab.size(30, 4),
        "n_folds": lab.size(5, 2),
    }
    rows = []
    for model in ("Gaussian", "Poisson"):
        found = lab.measure({model: Job("group_paths", {"model": model, **size})}, rounds=1)[model]
        if not found.measured:
            rows.append((model, f"FAILED: {found.failure}", "", ""))
            continue
        first = found.measured[0]
        certified = f"{first['n_certified']} of {first['n_fits']}"
        time = seconds(found.least("seconds"), found.median("seconds"))
        rows.append((model, time, certified, f"{first['n_groups_used']:.1f}"))
    title = (
        f"Group lasso, {size['n_strengths']} strengths × {size['n_neurons']} neurons × "
        f"{size['n_folds']} folds, {size['n_rows']} × {size['n_groups'] * size['group_size']}"
    )
    return Table((title, "seconds", "certified", "groups of a neuron"), tuple(rows))
