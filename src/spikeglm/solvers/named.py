"""Names of the solvers, and the choice where the user made none."""

from __future__ import annotations

from .. import errors
from ..typing import FloatArray
from .contract import Direction, Objective
from .lbfgs import LBFGS
from .newton import Newton

SOLVERS = ("LBFGS", "Newton")
_NEWTON_UP_TO = 48  # features; beyond, p/4 passes per Hessian cost more than they save


def direction_of(name: str | None, objective: Objective, h: FloatArray) -> Direction:
    """Return the solver's directions for an objective; None chooses by the number of features.

    Raises
    ------
    ValueError
        For a name that is no solver.
    """
    if name is None:
        name = "Newton" if objective.n_parameters <= _NEWTON_UP_TO else "LBFGS"
    if name == "Newton":
        return Newton(objective)
    if name == "LBFGS":
        return LBFGS(objective, h)
    raise errors.unknown_name("solver", name, list(SOLVERS))
