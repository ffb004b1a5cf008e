"""Questions about fits, and what libraries answer: one file per library.

Each has ``ask(folder, question, budget_s) -> Answer`` about the recording in a folder. Libraries
that know one response at a time are asked neuron by neuron until the budget is spent; seconds are
then extrapolated to all, and the report says so. A question includes the fit that it is about: some
libraries answer while they fit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..problems import Array
from ..recordings import Recording

ERRORS = ("model", "HC0", "HC3", "cluster", "HAC")


@dataclass(frozen=True)
class Answer:
    """Numbers (n, k) about the first k of N neurons, and what it took to ask.

    Attributes
    ----------
    values :
        (n, k).
    seconds, n_asked :
        Seconds that a number of neurons took, at least k.
    """

    values: Array
    seconds: float
    n_asked: int

    def of_all(self, n_neurons: int) -> float:
        """Return the seconds for N neurons, extrapolated where not all were asked about."""
        return self.seconds * n_neurons / self.n_asked


def at_once(recording: Recording, of_all: Callable[[Recording], Array]) -> Answer:
    """Ask about all neurons together."""
    begin = time.perf_counter()
    values = np.asarray(of_all(recording))
    return Answer(values, time.perf_counter() - begin, values.shape[1])


def one_by_one(
    recording: Recording, of_one: Callable[[Recording, Array], Array], budget_s: float
) -> Answer:
    """Ask about one neuron after the other, until none is left or the time is spent."""
    found: list[Array] = []
    begin = time.perf_counter()
    for y in recording.y.T:
        found.append(np.asarray(of_one(recording, np.ascontiguousarray(y))))
        if time.perf_counter() - begin > budget_s:
            break
    seconds = time.perf_counter() - begin
    return Answer(np.column_stack(found), seconds, len(found))
