"""Hidden states: one fit against others at the same likelihood, many starts, a grid."""

from __future__ import annotations

import numpy as np

from ..hidden_states import made
from ..lab import Lab
from ..objective import log_likelihood_of_states
from ..processes import Job, Runs
from ..report import Section, Table, Target, seconds, times

_LEAST_RATIO, _MOST_STARTS, _MOST_GRID_S = 20.0, 5.0, 600.0
_SAME = 1e-6  # nats a trial


def run(lab: Lab) -> Section:
    """Fit three states from the same parameters; then twenty starts, and 1 to 5 states on folds."""
    n = lab.size(100_000, 2_500)
    of_grid, most, n_restarts = lab.size((20_000, 5, 20), (2_500, 2, 2))
    runs = lab.measure(
        {name: _job(name, n, lab.size(2, 1)) for name in lab.present("nemos", "dynamax")},
        rounds=min(lab.rounds, 2),
    )
    sizes = {"n_trials": n, "n_of_grid": of_grid, "n_restarts": n_restarts, "most_states": most}
    starts = lab.measure({"starts": Job("hidden_restarts", sizes)}, rounds=1)["starts"]
    value = _log_likelihoods(runs, n)
    return Section(
        "Hidden states",
        f"GLM-HMM of choices: {n} trials in sessions of 500, three inputs, three states, one fit "
        "from the same parameters, no prior; one function recomputes the log-likelihood. Then "
        f"{n_restarts} starts of the same, and on {of_grid} trials 1 to {most} states, each from "
        f"{n_restarts} starts, on 5 folds of sessions.",
        (_table(lab, runs, value), _starts_table(starts, n_restarts)),
        targets=(*_ratios(runs, value, n), *_of_starts(starts, runs, n_restarts, most)),
    )


def _job(rival: str, n_trials: int, n_refits: int) -> Job:
    arguments = {"rival": rival, "n_trials": n_trials, "n_refits": n_refits}
    return Job("hidden_states", arguments, Job("hidden_states", {**arguments, "n_trials": 1_000}))


def _log_likelihoods(runs: dict[str, Runs], n_trials: int) -> dict[str, float]:
    X, y, starts = made(n_trials)
    begins = np.isin(np.arange(n_trials), starts)
    return {
        name: log_likelihood_of_states(X, y, begins, **run.arrays)
        for name, run in runs.items()
        if run.measured
    }


def _table(lab: Lab, runs: dict[str, Runs], value: dict[str, float]) -> Table:
    lines = []
    for name, run in runs.items():
        label = f"{lab.contestants[name].distribution} {lab.contestants[name].version}"
        if run.failure:
            lines.append((label, f"FAILED: {run.failure}", *[""] * 3))
            continue
        lines.append(
            (
                label,
                seconds(run.least("first_s"), run.median("first_s")),
                seconds(run.least("refits_s"), run.median("refits_s")),
                times(run.least("refits_s") / runs["spikeglm"].least("refits_s")),
                f"{value[name]:.4f}",
            )
        )
    titles = ("Library", "Fresh process (s)", "Again (s)", "ratio", "Log-likelihood")
    return Table(titles, tuple(lines))


def _starts_table(starts: Runs, n_restarts: int) -> Table:
    titles = ("spikeglm", "seconds")
    if starts.failure:
        return Table(titles, ((f"FAILED: {starts.failure}", ""),))
    told = starts.measured[0]
    return Table(
        titles,
        (
            (f"{n_restarts} starts", f"{told['restarts_s']:.3g}"),
            ("the grid", f"{told['grid_s']:.3g}"),
        ),
    )


def _ratios(runs: dict[str, Runs], value: dict[str, float], n: int) -> tuple[Target, ...]:
    promise = f"Three hidden states, {n} trials: ≥ {_LEAST_RATIO:.0f}× NeMoS, as likely"
    if "nemos" not in value:
        return (Target(promise, "not measured", None),)
    ratio = runs["nemos"].least("refits_s") / runs["spikeglm"].least("refits_s")
    above = (value["nemos"] - value["spikeglm"]) / n
    told = f"{times(ratio)}, its log-likelihood {above:+.1e} a trial"
    return (Target(promise, told, bool(ratio >= _LEAST_RATIO and above <= _SAME)),)


def _of_starts(
    starts: Runs, runs: dict[str, Runs], n_restarts: int, most: int
) -> tuple[Target, ...]:
    if starts.failure:
        return (Target(f"{n_restarts} starts: < {_MOST_STARTS:.0f} × one", "failed", None),)
    told, one = starts.measured[0], runs["spikeglm"].least("refits_s")
    ratio = told["restarts_s"] / one
    return (
        Target(
            f"{n_restarts} starts of hidden states: < {_MOST_STARTS:.0f} × one",
            times(ratio),
            ratio < _MOST_STARTS,
        ),
        Target(
            f"1 to {most} states × {n_restarts} starts × 5 folds: ≤ {_MOST_GRID_S:.0f} s",
            f"{told['grid_s']:.0f} s",
            told["grid_s"] <= _MOST_GRID_S,
        ),
    )
