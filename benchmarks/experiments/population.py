"""Thirty coupled neurons, 50 000 × 240: how fast, how exact, and how far from the bare products?"""

from __future__ import annotations

import numpy as np

from ..contestants import OURS
from ..lab import Lab, Race
from ..objective import newton_decrement, objective, relative_gap
from ..problems import Problem, coupled_population
from ..processes import Job, Runs
from ..report import Section, Table, Target, seconds, times

_NEMOS_RATIO, _MOST_BARE_PASSES, _LARGEST_DECREMENT = 80.0, 20.0, 1e-7
_BARE = "bare pass"
_EARLY = "spikeglm_early"


def run(lab: Lab) -> Section:
    """Race on a coupled population without a penalty, beside a bare pass over its rows."""
    problem = coupled_population(lab.size(50_000, 4_000), lab.size(30, 3))
    result, bare, early = _measure(lab, problem)
    fastest = min(bare.measured[0], key=bare.least)
    in_passes = result.runs[OURS].least("refits_s") / bare.least(fastest)
    decrements = {
        name: newton_decrement(problem, arrays["coef"], arrays["intercept"])
        for name in result.finished()
        for arrays in [result.runs[name].arrays]
    }
    size = f"{len(problem.X)} × {problem.n_features}, {problem.n_neurons} neurons"
    n_passes = result.runs[OURS].measured[0]["n_passes"]
    return Section(
        "A coupled population",
        f"Poisson, log link, no penalty, {size}. scikit-learn and glum fit one neuron after the "
        "other. A bare pass is X @ W and X.T @ R over the same rows on the same threads.",
        (
            result.table(lab.contestants),
            _early_table(result, early, bare.least(fastest)),
            _bare_table(bare),
            _decrement_table(decrements),
        ),
        (
            f"Our refit takes {in_passes:.1f} bare passes ({fastest}); it visits all rows "
            f"{n_passes} times, one of them for X'X and one for y alone.",
            f"Simulated rates: {_rates(problem)} spikes per bin.",
        ),
        (
            _against_nemos(result, size),
            _early_against_nemos(result, early, size),
            Target(
                f"{size}: ≤ {_MOST_BARE_PASSES:.0f} bare passes",
                f"{in_passes:.1f}",
                in_passes <= _MOST_BARE_PASSES,
            ),
            Target(
                f"{size}: every Newton decrement ≤ {_LARGEST_DECREMENT:.0e}",
                f"{decrements[OURS].max():.1e}",
                bool(decrements[OURS].max() <= _LARGEST_DECREMENT),
            ),
        ),
    )


def _measure(lab: Lab, problem: Problem) -> tuple[Race, Runs, Runs]:
    folder = problem.save(lab.folder / "population")
    jobs = {name: lab.fit_job(name, folder) for name in lab.present("nemos", "sklearn", "glum")}
    jobs[_EARLY] = lab.fit_job(_EARLY, folder)
    arguments = {"problem": str(folder), "n_repeats": 10, "n_threads": lab.n_threads}
    runs = lab.measure({_BARE: Job("bare_pass", arguments), **jobs}, rounds=min(lab.rounds, 3))
    bare, early = runs.pop(_BARE), runs.pop(_EARLY)
    return Race(problem, runs), bare, early


def _against_nemos(result: Race, size: str) -> Target:
    ratio, promise = result.ratio("nemos", "refits_s"), f"{size}: ≥ {_NEMOS_RATIO:.0f}× NeMoS"
    promise += " at a lower or equal objective"
    if ratio != ratio:
        return Target(promise, times(ratio), None)
    values = result.objectives()
    gap = relative_gap(values["nemos"], values[OURS])
    return Target(
        promise, f"{times(ratio)}, its objective {gap:+.1e}", ratio >= _NEMOS_RATIO and gap >= -1e-9
    )


def _early_gap(result: Race, early: Runs, rival: str) -> float:
    """Return how much worse the objective of a rival is than that of our early fit, relative."""
    ours = objective(result.problem, early.arrays["coef"], early.arrays["intercept"])
    return relative_gap(result.objectives()[rival], ours)


def _early_against_nemos(result: Race, early: Runs, size: str) -> Target:
    promise = f"the same, stopped at a decrement of 1e-7: ≥ {_NEMOS_RATIO:.0f}×"
    if "nemos" not in result.finished():
        return Target(promise, "NeMoS is missing", None)
    ratio = result.runs["nemos"].least("refits_s") / early.least("refits_s")
    gap = _early_gap(result, early, "nemos")
    return Target(
        promise, f"{times(ratio)}, its objective {gap:+.1e}", ratio >= _NEMOS_RATIO and gap >= -1e-9
    )


def _early_table(result: Race, early: Runs, bare_s: float) -> Table:
    decrement = newton_decrement(result.problem, early.arrays["coef"], early.arrays["intercept"])
    refit = early.least("refits_s")
    rows = [
        (
            f"spikeglm, {early.measured[0]['n_passes']} passes" if name == _EARLY else name,
            seconds(runs.least("refits_s"), runs.median("refits_s")),
            times(runs.least("refits_s") / refit),
        )
        for name, runs in [(_EARLY, early), *result.runs.items()]
        if runs.measured
    ]
    return Table(
        (
            f"Asked for a decrement of 1e-7 ({refit / bare_s:.1f} bare passes; the largest is "
            f"{decrement.max():.1e})",
            "Refit (s)",
            "ratio",
        ),
        tuple(rows),
    )


def _bare_table(bare: Runs) -> Table:
    return Table(
        ("One bare pass", "seconds"),
        tuple((way, seconds(bare.least(way), bare.median(way))) for way in bare.measured[0]),
    )


def _decrement_table(decrements: dict[str, np.ndarray]) -> Table:
    return Table(
        ("Exact Newton decrement", "largest", "median over neurons"),
        tuple((name, f"{d.max():.1e}", f"{np.median(d):.1e}") for name, d in decrements.items()),
    )


def _rates(problem: Problem) -> str:
    rates = problem.y.mean(axis=0)
    return f"{rates.min():.3f} to {rates.max():.3f}"
