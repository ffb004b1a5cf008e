"""Solvers: consume an objective; know nothing of rows, neurons, time."""

from .contract import ADVICE, Outcome, Status
from .descent import minimise
from .lbfgs import LBFGS
from .named import SOLVERS, direction_of
from .newton import Newton
from .proximal_newton import minimise_sparse

__all__ = [
    "ADVICE",
    "LBFGS",
    "SOLVERS",
    "Newton",
    "Outcome",
    "Status",
    "direction_of",
    "minimise",
    "minimise_sparse",
]
