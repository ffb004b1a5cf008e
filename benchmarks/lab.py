"""What every experiment is given: who takes part, at which size, and how to measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .contestants import OURS, Contestant
from .objective import WORSE, objective, relative_gap
from .problems import Array, Problem, one_neuron
from .processes import Job, Runs, in_turn
from .report import Table, seconds, times


@dataclass(frozen=True)
class Lab:
    """The setting of a run.

    Attributes
    ----------
    contestants :
        Libraries that are installed and wanted; spikeglm is among them.
    folder :
        Where problems are kept while they are measured.
    quick :
        Toy sizes: shows that everything runs, says nothing about speed.
    rounds :
        Counted processes per contestant.
    n_threads :
        Cores and threads that each process may use.
    timeout_s :
        After which a process is given up.
    """

    contestants: Mapping[str, Contestant]
    folder: Path
    quick: bool = False
    rounds: int = 5
    n_threads: int = 2
    timeout_s: float = 900.0

    def size(self, full: Any, toy: Any) -> Any:
        """Return the size of a problem in this run."""
        return toy if self.quick else full

    def present(self, *names: str) -> list[str]:
        """Return those of the named contestants that take part, spikeglm first."""
        return [name for name in (OURS, *names) if name in self.contestants]

    def measure(self, jobs: Mapping[str, Job], *, rounds: int) -> dict[str, Runs]:
        """Run jobs in turn, after their rehearsals (toy runs have none)."""
        if self.quick:
            jobs = {name: replace(job, rehearsal=None) for name, job in jobs.items()}
        return in_turn(jobs, rounds=rounds, n_threads=self.n_threads, timeout_s=self.timeout_s)

    def fit_job(self, rival: str, problem: Path) -> Job:
        """Return the job that fits a saved problem with a library; one refit at least."""
        arguments = {"rival": rival, "n_refits": self.size(5, 1), "refit_budget_s": 10.0}
        small = Job("fit", {**arguments, "problem": str(self._small_problem()), "n_refits": 1})
        return Job("fit", {**arguments, "problem": str(problem)}, rehearsal=small)

    def _small_problem(self) -> Path:
        folder = self.folder / "rehearsal"
        return folder if folder.exists() else one_neuron(1_000).save(folder)


@dataclass(frozen=True)
class Race:
    """Several libraries on one problem."""

    problem: Problem
    runs: Mapping[str, Runs]

    def finished(self) -> list[str]:
        """Return the libraries that have a result."""
        return [name for name, runs in self.runs.items() if runs.measured]

    def ratio(self, rival: str, key: str) -> float:
        """Return the rival's least time over ours; NaN where one is missing."""
        if rival not in self.runs:
            return float("nan")
        return self.runs[rival].least(key) / self.runs[OURS].least(key)

    def objectives(self) -> dict[str, Array]:
        """Return the objective of each library's fit, (N,), recomputed independently."""
        return {
            name: objective(self.problem, arrays["coef"], arrays["intercept"])
            for name in self.finished()
            for arrays in [self.runs[name].arrays]
        }

    def table(self, contestants: Mapping[str, Contestant]) -> Table:
        """Return times, ratios and objective gaps, one line per library."""
        values = self.objectives()
        best = min(values.values(), key=lambda value: value.sum())
        titles = (
            "Library",
            "Fresh process, first fit (s)",
            "ratio",
            "Refit (s)",
            "ratio",
            "Objective",
            "gap to the best",
        )
        lines = []
        for name, runs in self.runs.items():
            label = f"{contestants[name].distribution} {contestants[name].version}"
            if runs.failure:
                lines.append((label, f"FAILED: {runs.failure}", *[""] * 5))
                continue
            gap = relative_gap(values[name], best)
            lines.append(
                (
                    label,
                    seconds(runs.least("first_s"), runs.median("first_s")),
                    times(self.ratio(name, "first_s")),
                    seconds(runs.least("refits_s"), runs.median("refits_s")),
                    times(self.ratio(name, "refits_s")),
                    f"{values[name].sum():.10f}",
                    f"{gap:.1e}" + (" **worse**" if gap > WORSE else ""),
                )
            )
        return Table(titles, tuple(lines))


def race(lab: Lab, problem: Problem, name: str, rivals: list[str], *, rounds: int) -> Race:
    """Let libraries fit a problem in turn."""
    folder = problem.save(lab.folder / name)
    jobs = {rival: lab.fit_job(rival, folder) for rival in rivals}
    return Race(problem, lab.measure(jobs, rounds=rounds))
