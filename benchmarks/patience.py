"""NeMoS until it is as close to the optimum as we are: its own rule stops long before that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .contestants import OURS
from .lab import Lab, Race
from .objective import objective, relative_gap
from .processes import Runs
from .report import Table, Target, seconds, times

_PATIENT = "nemos_patient"
CLOSE = 1e-8
"""How much larger an objective may be, relative to ours, to be as good."""


@dataclass(frozen=True)
class Patience:
    """A race, and what NeMoS makes of its problem in 5000 steps; None if it takes no part."""

    race: Race
    patient: Runs | None

    @classmethod
    def measure(cls, lab: Lab, race: Race, folder: Path) -> Patience:
        """Let NeMoS take its time for a saved problem, if it took part in the race."""
        if "nemos" not in race.runs:
            return cls(race, None)
        return cls(race, lab.measure({_PATIENT: lab.fit_job(_PATIENT, folder)}, rounds=1)[_PATIENT])

    def target(self, promise: str, wanted: float) -> Target:
        """Judge the refit to an objective as good as ours: its longest run if none is."""
        runs = [self.race.runs.get("nemos"), self.patient]
        measured = [each for each in runs if each is not None and each.measured]
        if not measured:
            return Target(promise, "NeMoS is missing", None)
        chosen = next((each for each in measured if self._gap(each) <= CLOSE), measured[-1])
        gap = self._gap(chosen)
        more = "more than " if gap > CLOSE else ""
        ratio = self._ratio(chosen)
        return Target(promise, f"{more}{times(ratio)}, its objective {gap:+.1e}", ratio >= wanted)

    def tables(self) -> tuple[Table, ...]:
        """Return the line of the longest run, where there is one."""
        patient = self.patient
        if patient is None or not patient.measured:
            return ()
        row = (
            "nemos, 5000 steps",
            seconds(patient.least("refits_s"), patient.median("refits_s")),
            times(self._ratio(patient)),
            f"{self._gap(patient):+.1e}",
        )
        titles = ("As close as it gets", "Refit (s)", "ratio", "objective above ours")
        return (Table(titles, (row,)),)

    def _ratio(self, runs: Runs) -> float:
        return runs.least("refits_s") / self.race.runs[OURS].least("refits_s")

    def _gap(self, runs: Runs) -> float:
        """Return how much larger an objective is than ours, relative."""
        theirs, ours = (
            objective(self.race.problem, each.arrays["coef"], each.arrays["intercept"])
            for each in (runs, self.race.runs[OURS])
        )
        return relative_gap(theirs, ours)
