"""NeMoS with a tolerance of 1e-9 and 5000 steps, ten times its default."""

from __future__ import annotations

from ..problems import Problem
from . import Fitted
from .nemos import fit_until


def fit(problem: Problem) -> Fitted:
    """Fit as closely as 5000 steps allow."""
    return fit_until(problem, {"tol": 1e-9, "maxiter": 5000})
