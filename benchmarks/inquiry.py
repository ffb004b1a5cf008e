"""Several libraries are asked the same about a recording: how long, and do they agree?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .contestants import OURS, R
from .lab import Lab
from .processes import Job, Runs
from .r_packages import versions
from .recordings import Recording
from .report import Table, seconds, times

_BUDGET_S = 20.0  # of a library that is asked neuron by neuron
TOLD_OF_RIVALS = (
    "Rivals are timed with their defaults; their numbers, of ten neurons, are of fits that go on "
    "until nothing changes (by default errors stand on the weights of the step before, and the "
    "negative binomial of statsmodels stops 1e-5 nats short of the most likely scale)."
)
TITLES = ("Question", "Library", "all neurons (s)", "measured", "ratio", "largest difference")


@dataclass(frozen=True)
class Inquiry:
    """What libraries said to some questions, as columns or one neuron after the other.

    Attributes
    ----------
    n_neurons :
        N.
    runs :
        By question, and by library.
    """

    n_neurons: int
    runs: Mapping[str, Mapping[str, Runs]]

    def ratio(self, question: str, library: str) -> float:
        """Return the library's least time over ours; NaN where one is missing."""
        found = self.runs.get(question, {})
        if library not in found or OURS not in found:
            return float("nan")
        return found[library].least("seconds") / found[OURS].least("seconds")

    def ours(self, question: str) -> float:
        """Return the seconds that we need."""
        return self.runs[question][OURS].least("seconds")

    def difference(self, question: str, library: str, *, relative: bool = True) -> float:
        """Return by how much an answer differs from ours, at most, of neurons that both know."""
        ours, theirs = (self.runs[question][name] for name in (OURS, library))
        if not (ours.measured and theirs.measured):
            return float("nan")
        there = theirs.arrays["values"]
        here = ours.arrays["values"][:, : there.shape[1]]
        return float(np.max(np.abs(there - here) / (np.abs(here) if relative else 1.0)))

    def table(self, names: Mapping[str, str], *, absolute: tuple[str, ...] = ()) -> Table:
        """Return a line per question and library; ``names`` says what the questions are called."""
        lines = []
        for question, name in names.items():
            for library, runs in self.runs[question].items():
                called, name = name, ""
                if runs.failure:
                    lines.append((called, library, f"FAILED: {runs.failure}", *[""] * 3))
                    continue
                asked = int(runs.measured[0]["n_asked"])
                gap = self.difference(question, library, relative=question not in absolute)
                lines.append(
                    (
                        called,
                        library,
                        seconds(runs.least("seconds"), runs.median("seconds")),
                        "all" if asked == self.n_neurons else f"{asked} of {self.n_neurons}",
                        times(self.ratio(question, library)),
                        "" if library == OURS else f"{gap:.0e}",
                    )
                )
        return Table(TITLES, tuple(lines))


def inquire(
    lab: Lab, recording: Recording, name: str, questions: Mapping[str, tuple[str, ...]]
) -> Inquiry:
    """Ask us, and the libraries named with each question, in turn."""
    folder = recording.save(lab.folder / name)
    few = recording.take(1).save(lab.folder / f"{name}-rehearsal")
    found = {}
    for question, libraries in questions.items():
        jobs = {}
        for library in lab.present(*libraries):
            more = {"question": question, "budget_s": lab.size(_BUDGET_S, 0.0), "n_repeats": 3}
            how = {"library": library.lower(), **more}
            first = Job("ask", {**how, "recording": str(few), "n_repeats": 1})
            jobs[library] = Job("ask", {**how, "recording": str(folder)}, rehearsal=first)
        found[question] = lab.measure(jobs, rounds=min(lab.rounds, 2))
    return Inquiry(recording.n_neurons, found)


def of_r(lab: Lab) -> str:
    """Return which R and which packages take part, for a note."""
    if R not in lab.contestants:
        return "R takes no part: Rscript is not there."
    return ", ".join(f"{name} {number}" for name, number in versions().items()) + "."
