"""Names of the built-in solvers, and directions of the smooth second-order ones."""

from __future__ import annotations

from collections.abc import Callable

from .. import errors
from ..typing import FloatArray
from .contract import Direction, Objective
from .curvature import Curvature, SharedCurvature
from .lbfgs import LBFGS
from .newton import Newton
from .task import CHEAP_HESSIANS

SOLVERS = (
    "GradientDescent",
    "ProximalGradient",
    "LBFGS",
    "BFGS",
    "NonlinearCG",
    "SVRG",
    "ProxSVRG",
    "Newton",
    "ProximalNewton",
)


def direction_of(
    name: str | None,
    objective: Objective,
    h: FloatArray,
    *,
    n_rows: int,
    curvature: Callable[[Objective, FloatArray], Curvature] = SharedCurvature.of,
) -> Direction:
    """Return the solver's directions for an objective; None chooses by the cost of a Hessian.

    ``curvature`` makes the model of the curvature, given the objective and ``h``, if one is needed.

    Raises
    ------
    ValueError
        For a name that is no solver.
    """
    if name is None:
        work = n_rows * objective.n_parameters**2 * objective.n_columns
        name = "Newton" if work <= CHEAP_HESSIANS else "LBFGS"
    if name == "Newton":
        return Newton(objective)
    if name == "LBFGS":
        return LBFGS(objective, curvature(objective, h))
    raise errors.unknown_name("solver", name, list(SOLVERS))
