"""spikeglm, stopped at a Newton decrement of 1e-7, ten times the default."""

from __future__ import annotations

from ..problems import Problem
from . import Fitted
from .spikeglm import fit_until

DECREMENT = 1e-7


def fit(problem: Problem) -> Fitted:
    """Fit to a Newton decrement of 1e-7."""
    return fit_until(problem, {"tol": DECREMENT})
