"""Methods that go down the gradient, for users who ask for them by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..certificate import judge_of
from ..contract import Outcome
from ..solver_settings import check_settings
from ..task import Task
from .accelerated import descend
from .step_norms import first_step, metric_of

_TOLERANCE, _KKT_TOLERANCE = 1e-8, 1e-6  # nearer, sparse steps take thousands of passes


@dataclass(frozen=True)
class GradientDescent:
    """Nesterov's accelerated gradient descent, in coordinates in which the features look alike.

    Features are centred and decorrelated internally and every neuron finds its own step length, so
    nothing needs to be tuned; a few dozen passes over the rows usually do.

    Parameters
    ----------
    tol :
        On the Newton decrement (see ``fit_report_``); None means 1e-8.
    maxiter :
        Passes over the rows.
    stepsize :
        None, or a number <= 0: found by a search. Otherwise the fixed length of plain gradient
        steps in the units of your features, which then converge as slowly as the textbook says.
    acceleration :
        Whether gradients are taken ahead of the point.

    References
    ----------
    Nesterov (1983), Soviet Math Dokl 27:372-6; O'Donoghue & Candès (2015), Found Comput Math
    15:715-32, for the restarts.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> model = nmo.GLM(solver_name="GradientDescent", solver_kwargs={"tol": 1e-6}).fit(X, y)
    >>> model.fit_report_.status
    ('converged',)
    """

    tol: float | None = None
    maxiter: int = 5_000
    stepsize: float | None = None
    acceleration: bool = True

    no_effect: ClassVar[tuple[str, ...]] = (
        "rtol", "norm", "adjoint", "options", "tags", "throw", "verbose", "maxls",
        "decrease_factor", "max_stepsize", "while_loop_kind", "momentum", "linesearch_kwargs",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        return _solve(self, task)


@dataclass(frozen=True)
class ProximalGradient:
    """FISTA: accelerated gradient steps that end at the minimum of penalty and distance.

    For penalties with absolute values; smooth ones need no such end, so there it is
    :class:`GradientDescent`. Features are centred and scaled internally, but not decorrelated (the
    penalty is on your features), so strongly correlated ones take hundreds of passes; the default
    solver, ProximalNewton, takes about twenty.

    Parameters
    ----------
    tol :
        On the KKT violation relative to the strength; None means 1e-6. For smooth penalties on the
        Newton decrement; None means 1e-8.
    maxiter, stepsize, acceleration :
        See :class:`GradientDescent`.

    References
    ----------
    Beck & Teboulle (2009), SIAM J Imaging Sci 2:183-202.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> model = nmo.GLM(
    ...     regularizer="Lasso", regularizer_strength=0.1, solver_name="ProximalGradient"
    ... )
    >>> model.fit(X, y).coef_.round(2)
    array([0.83, 0.  ])
    """

    tol: float | None = None
    maxiter: int = 5_000
    stepsize: float | None = None
    acceleration: bool = True

    no_effect: ClassVar[tuple[str, ...]] = GradientDescent.no_effect

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        return _solve(self, task)


def _solve(settings: GradientDescent | ProximalGradient, task: Task) -> Outcome:
    is_fixed = settings.stepsize is not None and settings.stepsize > 0
    tolerance = settings.tol or (_TOLERANCE if task.is_smooth else _KKT_TOLERANCE)
    fixed = np.full(len(task.h), float(settings.stepsize or 0.0))
    return descend(
        task,
        metric_of(task, plain=is_fixed),
        judge_of(task, tolerance),
        step=fixed if is_fixed else first_step(task),
        max_passes=settings.maxiter,
        is_fixed=is_fixed,
        has_momentum=settings.acceleration,
    )
