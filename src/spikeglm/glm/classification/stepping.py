"""Mini-batches by hand for classifiers: :mod:`~spikeglm.glm.stepping` with classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...engine.objective import Features, Objective
from ...engine.plan import plan
from ...engine.softmax import SoftmaxObjective
from ...engine.table import Table
from ...engine.threads import one_blas_thread
from ...numerics import quiet
from ...regularizer import UnRegularized
from ...solvers import SVRG, ProxSVRG, SolverAdapterState
from ...solvers.foreign import ForeignSolver
from ...solvers.online import RunningModel, Stepper
from ...typing import ArrayLike, FloatArray
from .. import stepping
from ..choices import read_solver
from ..inputs import FitInputs
from .fitting import residual_degrees_of_freedom
from .inputs import read_class_inputs
from .layout import ClassLayout
from .prediction import known_classes

if TYPE_CHECKING:
    from .classifier import ClassifierGLM


@dataclass(frozen=True, eq=False)
class _Batch:
    """A mini-batch: as read, its shapes, and as an objective in the user's units."""

    inputs: FitInputs
    layout: ClassLayout
    objective: SoftmaxObjective


@dataclass(frozen=True, eq=False)
class GradientSteps:
    """Gradient (and proximal) steps of a length that the user gave, in the units of the features.

    Attributes
    ----------
    stepsize :
        The length.
    n_steps :
        Batches so far.
    """

    stepsize: float
    n_steps: int = 0

    def step(self, batch: Any, theta: FloatArray) -> tuple[FloatArray, GradientSteps]:
        """Go down the gradient of a batch."""
        down = theta - self.stepsize * batch.evaluate(theta, np.arange(theta.shape[1])).gradient
        kinks = batch.kinks()
        if kinks is not None:
            down = kinks.prox(down.T, np.full((theta.shape[1], 1), self.stepsize)).T
        return down, replace(self, n_steps=self.n_steps + 1)


def begin(model: ClassifierGLM, init_params: Any, X: ArrayLike, y: ArrayLike) -> SolverAdapterState:
    """Return the state of an optimiser at the first parameters.

    Raises
    ------
    ValueError, TypeError
        For arguments that cannot be used.
    """
    batch = _read(model, X, y)
    stepper = _stepper(model, batch, _theta(init_params, batch))
    return SolverAdapterState(stepper, stepping.info(None, stepper))


def step(
    model: ClassifierGLM,
    params: Any,
    opt_state: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    n_samples: int | None,
) -> tuple[tuple[Any, FloatArray], SolverAdapterState]:
    """Take one step on a batch; write the new estimates to the model and return them.

    Raises
    ------
    TypeError
        If the state is none, or ``n_samples`` no integer.
    ValueError
        For data or parameters that cannot be used.
    """
    stepping.check_state(opt_state)
    stepping.check_n_samples(n_samples)
    batch = _read(model, X, y)
    theta, goal = _theta(params, batch), batch.objective
    with one_blas_thread(), quiet():
        theta, stepper = opt_state.solver_state.step(goal, theta)
        value = goal.evaluate(theta, np.arange(goal.n_columns)).value
    _write(model, theta, batch, n_samples)
    state = SolverAdapterState(stepper, stepping.info(float(value.sum()), stepper))
    model.update_state_ = state
    vars(model).pop("fit_report_", None)  # of a fit before this update
    return (model.coef_, model.intercept_), state


def _read(model: ClassifierGLM, X: ArrayLike, y: ArrayLike) -> _Batch:
    inputs, layout = read_class_inputs(model, X, y, known_classes(model))
    p, n_classes = inputs.rows.n_features, layout.n_classes
    how = plan(inputs.rows, inputs.columns.n_columns)
    table = Table.cut(inputs.rows, inputs.keep, how.block_rows).in_double()
    as_they_come = Features(np.zeros(p), np.ones(p), np.eye(p))
    weight = stepping.total_weight(inputs.columns, table)
    no_penalty = UnRegularized().bind(None, (0, 0))
    classes = Objective(table, inputs.columns, how, no_penalty, as_they_come, weight)
    penalty = layout.read_penalty(model._regularizer, model.regularizer_strength)
    all_there = np.zeros((n_classes, len(weight) // n_classes), dtype=bool)
    return _Batch(inputs, layout, SoftmaxObjective(classes, penalty, all_there))


def _theta(params: Any, batch: _Batch) -> FloatArray:
    coef, intercept = batch.layout.read_parameters(params)
    mask = batch.inputs.columns.mask
    return batch.objective.stacked(np.vstack([coef if mask is None else coef * mask, intercept]))


def _stepper(model: ClassifierGLM, batch: _Batch, theta: FloatArray) -> Stepper:
    method = read_solver(model.solver_name, model.solver_kwargs, model._regularizer).method
    if isinstance(method, (ForeignSolver, SVRG, ProxSVRG)):
        raise errors.value_error(
            "This solver takes no mini-batches of a classifier.",
            given=f"solver_name={model.solver_name!r}",
            expected="None, or GradientDescent or ProximalGradient",
        )
    stepsize = getattr(method, "stepsize", None)
    if stepsize is not None and stepsize > 0:
        return GradientSteps(float(stepsize))
    stepping.check_memory(theta.shape)
    goal: Any = batch.objective
    with one_blas_thread(), quiet():
        return RunningModel.begun(goal, theta)


def _write(model: ClassifierGLM, theta: FloatArray, batch: _Batch, n_samples: int | None) -> None:
    """Write estimates and degrees of freedom to the model."""
    goal, layout = batch.objective, batch.layout
    W, b = goal.classes.to_user(goal.widened(theta))
    total = goal.total_weight if n_samples is None else np.full(goal.n_columns, float(n_samples))
    model.coef_, model.intercept_ = layout.user_coef(W), layout.user(b)
    model.dof_resid_ = residual_degrees_of_freedom(
        W,
        total,
        regularizer=model._regularizer,
        rank=int(min(len(W), total.min())),
        mask=batch.inputs.columns.mask,
        n_classes=layout.n_classes,
    )
    model.scale_ = np.ones_like(model.dof_resid_)
