"""What a named solver is asked to do: minimise this, from here, and in which units to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from .. import errors, showing
from ..engine.objective import Objective as EngineObjective
from ..typing import FloatArray, IntArray
from .contract import Objective, Outcome, Report
from .curvature.shared_curvature import Curvature, SharedCurvature

CHEAP_HESSIANS = 3_000_000  # multiplications; beyond, shared curvature is faster (measured)


def _say_nothing(passes: int, left: int, worst: float) -> None:
    """Report to nobody."""


@dataclass(frozen=True, eq=False)
class Task:
    """One solve of C columns.

    Attributes
    ----------
    objective :
        The column problems.
    start :
        (p + 1, C) first point.
    h :
        (C,) typical curvature of the loss per row.
    h_at_start :
        (C,) that at the first point, where it is larger: a step from far above with the small
        curvature of the optimum would lead far below it. None means ``h``.
    unit :
        (C,) in which each column's Newton decrement is measured.
    n_rows :
        Rows that take part.
    is_smooth :
        Whether the penalty has a gradient everywhere.
    report :
        Called after each visit of the rows.
    curvature_of :
        Makes the model of the curvature, given the objective and ``h``.
    is_of_features :
        Whether a column has a parameter per feature, so that their correlation says how parameters
        go together; not so for classes.

    Examples
    --------
    A solver that reports the task it was given, and leaves it to another:

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> @dataclass(frozen=True)
    ... class Chatty:
    ...     tol: float = 1e-6
    ...     def solve(self, task):
    ...         print(task.n_rows, "rows,", task.start.shape, "parameters")
    ...         return nmo.solvers.GradientDescent(tol=self.tol).solve(task)
    >>> nmo.solvers.register("Chatty", Chatty, replace=True)
    >>> nmo.regularizer.Ridge.allow_solver("Chatty")
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = nmo.GLM("Gaussian", regularizer="Ridge", solver_name="Chatty").fit(X, X[:, 0])
    200 rows, (3, 1) parameters
    """

    objective: Objective
    start: FloatArray
    h: FloatArray
    unit: FloatArray
    n_rows: int
    is_smooth: bool
    report: Report = _say_nothing
    curvature_of: Callable[[Objective, FloatArray], Curvature] = SharedCurvature.of
    is_of_features: bool = True
    h_at_start: FloatArray | None = None

    __repr__ = showing.of_fields

    def take(self, columns: IntArray) -> Task:
        """Return the task of some columns."""
        return replace(
            self,
            objective=over_rows(self).take(columns),
            start=self.start[:, columns],
            h=self.h[columns],
            unit=self.unit[columns],
            h_at_start=None if self.h_at_start is None else self.h_at_start[columns],
        )

    @property
    def hessians_are_cheap(self) -> bool:
        """Whether computing each column's own Hessian costs next to nothing."""
        work = self.n_rows * self.objective.n_parameters**2 * self.objective.n_columns
        return work <= CHEAP_HESSIANS

    @property
    def row_slope(self) -> FloatArray:
        """(C,) typical size of a row's slope by the linear predictor: sqrt(h) times the unit."""
        return np.sqrt(self.h) * self.unit

    def curvature(self) -> Curvature:
        """Return the model of the curvature that the columns share."""
        h = self.h if self.h_at_start is None else np.maximum(self.h, self.h_at_start)
        return self.curvature_of(self.objective, h)


def over_rows(task: Task) -> EngineObjective:
    """Return the objective of a task as one over rows of a table, which some solvers look into.

    Raises
    ------
    ValueError
        If it is of another kind (a classifier's).
    """
    if not isinstance(task.objective, EngineObjective):
        raise errors.value_error(
            "This solver (or a stepsize) cannot be used for this kind of model.",
            given=type(task.objective).__name__,
            expected="a GLM or a PopulationGLM",
            todo="leave solver_name=None, or name LBFGS or GradientDescent without a stepsize.",
        )
    return task.objective


class Method(Protocol):
    """A solver with its settings: a frozen dataclass whose fields are the ``solver_kwargs``.

    Examples
    --------
    >>> from spikeglm.solvers import GradientDescent
    >>> GradientDescent(maxiter=50).maxiter
    50
    """

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        ...
