"""The questions: one file each, ``run(lab) -> Section``, in the order of the report."""

from __future__ import annotations

from collections.abc import Callable

from ..lab import Lab
from ..report import Section
from . import (
    errors,
    features,
    growth,
    hidden_states,
    importing,
    memory,
    one_neuron,
    population,
    smoothness,
    sparse,
    strengths,
    tests,
)

EXPERIMENTS: dict[str, Callable[[Lab], Section]] = {
    "one_neuron": one_neuron.run,
    "population": population.run,
    "sparse": sparse.run,
    "strengths": strengths.run,
    "growth": growth.run,
    "features": features.run,
    "memory": memory.run,
    "errors": errors.run,
    "tests": tests.run,
    "smoothness": smoothness.run,
    "hidden_states": hidden_states.run,
    "importing": importing.run,
}
