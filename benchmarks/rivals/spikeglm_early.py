"""spikeglm, stopped as soon as the objective is certified to 1e-7.

Half the square of the Newton decrement estimates what the objective could still fall: a decrement
of 4e-4 certifies 8e-8. The default goes on to 1e-8, which certifies the coefficients as well.
"""

from __future__ import annotations

from ..problems import Problem
from . import Fitted
from .spikeglm import fit_until

DECREMENT = 4e-4


def fit(problem: Problem) -> Fitted:
    """Fit to a Newton decrement of 4e-4."""
    return fit_until(problem, {"tol": DECREMENT})
