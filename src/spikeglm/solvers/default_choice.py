"""The solvers that ``solver_name=None`` chooses among, with the settings a user may give them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Any, ClassVar

import numpy as np

from .. import errors
from ..engine.jeffreys_objective import JeffreysObjective
from ..regularizer.firth import is_of_information
from ..typing import IntArray
from .certificate import DecrementJudge
from .contract import Direction, Outcome, Status
from .smooth.descent import minimise
from .smooth.lbfgs import LBFGSDirections
from .smooth.newton import NewtonDirections
from .smooth.normal_equations import minimise_quadratic
from .smooth.scoring import ScoringDirections
from .solver_settings import check_settings
from .sparse.proximal_newton import minimise_sparse
from .task import Task, over_rows

# 1e-5 standard errors of a million bins (docs/architecture.md).
_TOLERANCE, _KKT_TOLERANCE = 1e-8, 1e-7
_FEW = 300  # parameters of which Newton's steps cost less than hundreds of others
_PATIENCE = 150  # passes in which L-BFGS ends, or a shared curvature is none for the column
_MOST_ENTRIES = 2**24  # of Hessians at a time


@dataclass(frozen=True)
class LBFGS:
    """``"LBFGS"``: limited-memory BFGS on a curvature that all neurons share.

    Parameters
    ----------
    tol :
        On the Newton decrement (see ``fit_report_``); None means 1e-8.
    maxiter :
        Passes over the rows.
    memory_size :
        Steps remembered.

    References
    ----------
    Nocedal & Wright, Numerical Optimization (2nd ed.), algorithm 7.4.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> nmo.GLM(solver_name="LBFGS", solver_kwargs={"memory_size": 5}).fit(X, y).coef_.shape
    (2,)
    """

    tol: float | None = None
    maxiter: int = 500
    memory_size: int = 20

    no_effect: ClassVar[tuple[str, ...]] = (
        "rtol", "norm", "adjoint", "options", "tags", "throw", "verbose", "stepsize",
        "scale_init_precond", "linesearch_kwargs",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        direction = LBFGSDirections(task.objective, task.curvature(), memory_size=self.memory_size)
        outcome = _descend(task, direction, self.tol, self.maxiter)
        if not (task.is_of_features and task.hessians_are_cheap):
            return outcome
        outcome, doubtful = _looked_at(task, outcome, self.tol or _TOLERANCE)
        n_passes = max(self.maxiter - outcome.n_passes, 1)
        return _newton_for(doubtful, task, outcome, Newton(self.tol, n_passes))


@dataclass(frozen=True)
class Newton:
    """``"Newton"``: each neuron's own curvature; few passes, each (features)² / 4 times as costly.

    Parameters
    ----------
    tol, maxiter :
        See :class:`LBFGS`.

    References
    ----------
    Boyd & Vandenberghe, Convex Optimization, section 9.5.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> nmo.GLM(solver_name="Newton").fit(X, y).fit_report_.result.is_exact
    True
    """

    tol: float | None = None
    maxiter: int = 500

    no_effect: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        return _descend(task, NewtonDirections(task.objective), self.tol, self.maxiter)


@dataclass(frozen=True)
class Cheapest:
    """``solver_name=None``: ProximalNewton for penalties with kinks; else Newton or LBFGS.

    Newton where Hessians cost next to nothing, and for columns of few features that LBFGS, with a
    curvature that all share, does not bring to their end.

    Parameters
    ----------
    tol, maxiter :
        See :class:`LBFGS`.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> nmo.GLM(solver_kwargs={"tol": 1e-10}).fit(X, y).fit_report_.status
    ('converged',)
    """

    tol: float | None = None
    maxiter: int = 500

    no_effect: ClassVar[tuple[str, ...]] = (
        *LBFGS.no_effect, "memory_size", "acceleration", "maxls", "decrease_factor",
        "max_stepsize", "while_loop_kind",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        if task.is_smooth and getattr(task.objective, "is_quadratic", False):
            quadratic: Any = task.objective
            return minimise_quadratic(
                quadratic, task.start, tolerance=self.tol or _TOLERANCE, unit=task.unit
            )
        choice = self._choice(task)
        if choice is LBFGS and task.is_of_features and task.objective.n_parameters <= _FEW:
            return self._one_after_the_other(task)
        return choice(self.tol, self.maxiter).solve(task)

    def _one_after_the_other(self, task: Task) -> Outcome:
        """Take L-BFGS, and then Newton for columns whose curvature is too unlike that of others."""
        first = LBFGS(self.tol, min(self.maxiter, _PATIENCE)).solve(task)
        unfinished = Status.LIMIT, Status.STALLED
        left = np.flatnonzero([status in unfinished for status in first.status])
        n_passes = self.maxiter - first.n_passes
        return _newton_for(left, task, first, Newton(self.tol, n_passes)) if n_passes > 0 else first

    def _choice(self, task: Task) -> type[ProximalNewton | Newton | LBFGS | FisherScoring]:
        if is_of_information(getattr(task.objective, "penalty", None)):
            return FisherScoring
        if not task.is_smooth:
            return ProximalNewton
        return Newton if task.hessians_are_cheap else LBFGS


@dataclass(frozen=True)
class FisherScoring:
    """What ``regularizer="Firth"`` takes: the expected curvature of the loss, and what steps teach.

    A step takes two visits of the rows, each as costly as Newton's.

    Parameters
    ----------
    tol, maxiter :
        See :class:`LBFGS`.

    References
    ----------
    Firth (1993), Biometrika 80:27-38; Heinze & Schemper (2002), Stat Med 21:2409-19, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(50, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 2))
    >>> nmo.GLM(regularizer="Firth").fit(X, y).fit_report_.status
    ('converged',)
    """

    tol: float | None = None
    maxiter: int = 500

    no_effect: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each.

        Raises
        ------
        ValueError
            For classes, and for links that are not canonical.
        """
        if not task.is_of_features:
            raise errors.value_error(
                "Firth's penalty is not there for classifiers.",
                given="labels",
                expected="counts or choices, of a GLM or PopulationGLM",
                todo="use GLM('Bernoulli', regularizer='Firth') for one class against the others, "
                "or regularizer='Ridge'.",
            )
        objective: Any = JeffreysObjective.of(over_rows(task))  # has what these directions ask
        return _descend(
            replace(task, objective=objective), ScoringDirections(objective), self.tol, self.maxiter
        )


@dataclass(frozen=True)
class ProximalNewton:
    """Newton steps on working sets of features, for penalties whose coefficients can be zero.

    Parameters
    ----------
    tol :
        On the violation of the optimality (KKT) conditions relative to the strength; None means
        1e-7.
    maxiter :
        Passes over the rows.

    References
    ----------
    Lee, Sun & Saunders (2014), SIAM J Optim 24:1420-43.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> model = nmo.GLM(regularizer="Lasso", regularizer_strength=0.1)
    >>> model.fit(X, y).coef_.round(2)
    array([0.83, 0.  ])
    """

    tol: float | None = None
    maxiter: int = 500

    no_effect: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        is_quadratic = getattr(task.objective, "is_quadratic", False)  # knows its own curvature
        return minimise_sparse(
            task.objective,
            task.start,
            tolerance=self.tol or _KKT_TOLERANCE,
            max_passes=self.maxiter,
            h=task.h if task.is_of_features and not is_quadratic else None,
            row_slope=task.row_slope,
            unit=task.unit,
            report=task.report,
        )


def _descend(task: Task, direction: Direction, tol: float | None, maxiter: int) -> Outcome:
    return minimise(
        task.objective,
        direction,
        task.start,
        tolerance=tol or _TOLERANCE,
        unit=task.unit,
        max_passes=maxiter,
        h=task.h,
        report=task.report,
    )


def _looked_at(task: Task, outcome: Outcome, tolerance: float) -> tuple[Outcome, IntArray]:
    """Judge columns that are called converged by their own curvature; return who is not.

    Steps tell of the curvature where they led. A start at which it is 1e30 times that of the end,
    or none at all, leaves an estimate that calls any point optimal.
    """
    done = np.flatnonzero([status is Status.CONVERGED for status in outcome.status])
    if len(done) == 0:
        return outcome, done
    judge = DecrementJudge(task, tolerance)
    verdict = judge.confirm(outcome.theta[:, done], done)
    decrement = outcome.decrement.copy()
    decrement[done] = verdict.decrement
    doubtful = done[~(verdict.decrement <= judge.tolerance[done])]
    return replace(outcome, decrement=decrement, n_passes=task.objective.n_passes), doubtful


def _newton_for(left: IntArray, task: Task, before: Outcome, newton: Newton) -> Outcome:
    """Return the outcome with some columns taken further by Newton's method."""
    if len(left) == 0:
        return before
    start = task.start.copy()
    start[:, left] = before.theta[:, left]
    n_turns = ceil(len(left) * task.objective.n_parameters**2 / _MOST_ENTRIES)
    parts = [(np.arange(len(before.status)), before)]
    for some in np.array_split(left, n_turns):
        after = newton.solve(replace(task, start=start).take(some))
        n_iterations = before.n_iterations[some] + after.n_iterations
        parts.append((some, replace(after, n_iterations=n_iterations)))
    return Outcome.of_parts(parts)
