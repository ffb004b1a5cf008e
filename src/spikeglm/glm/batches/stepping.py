"""Mini-batches by hand: one solver step per call, from parameters to parameters.

A fit needs none of this, whatever the length of a recording (rows may be computed or stored). It is
for data that arrive over time, and for scripts written so.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ... import errors
from ...engine.columns import Columns
from ...engine.coordinates.feature_facts import Features
from ...engine.objective import Objective
from ...engine.runners.plan import planned
from ...engine.runners.threads import one_blas_thread
from ...engine.table import Table
from ...fit.record import FitResult
from ...numerics import quiet
from ...regularizer.base import Penalty
from ...regularizer.firth import is_of_information
from ...settings import get_config
from ...solvers import SVRG, OptimizationInfo, ProxSVRG, SolverAdapterState, Status
from ...solvers.batches.online import PlainSteps, ReducedSteps, Stepper
from ...solvers.batches.running_model import RunningModel
from ...solvers.custom.custom_solver import ForeignSolver, ForeignSteps
from ...typing import ArrayLike, FloatArray
from ..reading.fit_inputs import FitInputs
from ..reading.known_labels import begin_batches, check_batch, check_coefficients, remember
from ..reading.parameter_checks import dof_resid
from ..results import dispersion

if TYPE_CHECKING:
    from ..hooks import Hooks

_SHARE_OF_MEMORY = 0.25  # for the models of the batches so far


class Batch(Protocol):
    """A mini-batch: as read, and as an objective of theta, which are parameters in user's units."""

    @property
    def inputs(self) -> FitInputs:
        """Rows, columns, and the rows that take part."""
        ...

    @property
    def objective(self) -> Any:
        """An :class:`Objective`, or one like it."""
        ...

    def theta(self, coef: FloatArray, intercept: FloatArray) -> FloatArray:
        """Return what the objective takes, for parameters (p, C) and (C,)."""
        ...

    def parameters(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return parameters (p, C) and (C,)."""
        ...

    def stepper(self, method: Any, theta: FloatArray) -> Stepper:
        """Return what a solver remembers before the first step."""
        ...


def begin(model: Hooks, init_params: Any, X: ArrayLike, y: ArrayLike) -> SolverAdapterState:
    """Return the state of an optimiser at the first parameters.

    Raises
    ------
    ValueError, TypeError
        For arguments that cannot be used.
    """
    batch = model._read_batch(X, y)
    begin_batches(model, batch.inputs)
    theta = _read_theta(batch, init_params)
    check_coefficients(model, batch.inputs, init_params)
    method = model._solver().method
    with one_blas_thread(), quiet():
        stepper = batch.stepper(method, theta)
    return SolverAdapterState(stepper, _info(None, stepper))


def step(
    model: Hooks,
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
    _check_state(opt_state)
    _check_n_samples(n_samples)
    batch = model._read_batch(X, y)
    check_batch(model, batch.inputs)
    if batch.inputs.lost is not None:
        batch.inputs.lost.announce()
    theta, goal = _read_theta(batch, params), batch.objective
    check_coefficients(model, batch.inputs, params)
    with one_blas_thread(), quiet():
        theta, stepper = opt_state.solver_state.step(goal, theta)
        value = goal.evaluate(theta, np.arange(goal.n_columns)).value
    _write(model, theta, batch, n_samples)
    model.update_state_ = SolverAdapterState(stepper, _info(float(value.sum()), stepper))
    vars(model).pop("fit_report_", None)  # of a fit before this update
    return (model.coef_, model.intercept_), model.update_state_


def last_state(model: Hooks) -> SolverAdapterState:
    """Return how the last fit or update of a model went, as NeMoS's scripts look it up.

    Raises
    ------
    NotFittedError
        If there was none.
    """
    after_update: SolverAdapterState | None = getattr(model, "update_state_", None)
    if after_update is not None:
        return after_update
    if not hasattr(model, "fit_report_"):
        raise errors.NotFittedError(
            f"This {type(model).__name__} is not fitted yet. What to do: call fit(X, y) first."
        )
    result: FitResult = model.fit_report_.result
    return SolverAdapterState(
        None,
        OptimizationInfo(
            function_val=float(np.nansum(result.objective)),
            num_steps=int(result.n_iterations.max(initial=0)),
            converged=all(status is Status.CONVERGED for status in result.status),
            reached_max_steps=any(status is Status.LIMIT for status in result.status),
        ),
    )


@dataclass(frozen=True, eq=False)
class NumberBatch:
    """A mini-batch whose response is a number: theta (p + 1, N) are weights and intercepts."""

    inputs: FitInputs
    objective: Objective

    def theta(self, coef: FloatArray, intercept: FloatArray) -> FloatArray:
        """Return both, one above the other."""
        return np.vstack([coef, intercept])

    def parameters(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return weights and intercepts."""
        return theta[:-1], theta[-1]

    def stepper(self, method: Any, theta: FloatArray) -> Stepper:
        """Return what a solver remembers before the first step."""
        if isinstance(method, ForeignSolver):
            return ForeignSteps.begun(method, self.objective, theta)
        if isinstance(method, (SVRG, ProxSVRG)):
            check_memory(theta)
            return ReducedSteps.begun(self.objective, theta, given_stepsize(method))
        return plain_or_running(method, self.objective, theta)


def plain_or_running(method: Any, objective: Objective, theta: FloatArray) -> Stepper:
    """Return steps of the length that the user gave, or else a running model."""
    stepsize = given_stepsize(method)
    if stepsize is not None:
        return PlainSteps(stepsize)
    check_memory(theta)
    return RunningModel.begun(objective, theta)


def given_stepsize(method: Any) -> float | None:
    """Return the length of steps that the user gave, None if that is left to the solver."""
    stepsize = getattr(method, "stepsize", None)
    return float(stepsize) if stepsize is not None and stepsize > 0 else None


def in_the_users_units(inputs: FitInputs, penalty: Penalty) -> Objective:
    """Return the objective of a batch: the features are taken as they come."""
    if is_of_information(penalty):
        raise errors.value_error(
            "Firth's penalty is a function of all rows.",
            given="update, which sees a batch",
            expected="fit",
            todo="call fit (X may be stored on disk), or use regularizer='Ridge'.",
        )
    rows, columns = inputs.rows, inputs.columns
    p = rows.n_features
    table, how = planned(rows, inputs.keep, columns.n_columns)
    table = table.in_double()
    as_they_come = Features.as_they_come(p)
    weight = _total_weight(columns, table)
    return Objective(table, columns, how, penalty, as_they_come, weight)


def _total_weight(columns: Columns, table: Table) -> FloatArray:
    """Return the sum of row weights of each column; one where a column has no rows in the batch."""
    if columns.weights is None:
        return np.full(columns.n_columns, float(table.n_kept))
    sums = [columns.weights.block(block.rows).sum(axis=0) for block in table.blocks]
    total = np.broadcast_to(np.sum(sums, axis=0), (columns.n_columns,))
    return np.where(total > 0, total, 1.0)


def _read_theta(batch: Batch, params: Any) -> FloatArray:
    coef, intercept = batch.inputs.shapes.read_first(params)
    mask = batch.inputs.columns.mask
    return batch.theta(coef if mask is None else coef * mask, intercept)


def check_memory(theta: FloatArray) -> None:
    """Check that a curvature matrix per column of theta fits into the memory budget."""
    n, n_columns = theta.shape
    size, budget = 8 * n_columns * n**2, _SHARE_OF_MEMORY * get_config().memory_bytes
    if size > budget:
        raise errors.value_error(
            "Mini-batches keep a curvature matrix per neuron, which is too large here.",
            given=f"{n_columns} matrices of {n} x {n}, {size / 2**30:.1f} GiB",
            expected=f"at most {budget / 2**30:.1f} GiB, a quarter of the memory budget",
            todo="call fit (X may be stored on disk or computed), update neurons in groups, or "
            "give solver_name='GradientDescent' and solver_kwargs={'stepsize': ...}.",
        )


def _write(model: Hooks, theta: FloatArray, batch: Batch, n_samples: int | None) -> None:
    """Write estimates, degrees of freedom and dispersion to the model."""
    inputs, (coef, intercept) = batch.inputs, batch.parameters(theta)
    in_batch = batch.objective.total_weight
    n_neurons, nothing = len(in_batch), np.full(len(in_batch), np.nan)
    total = in_batch if n_samples is None else np.full(n_neurons, float(n_samples))
    record = FitResult(
        coef=coef,
        intercept=intercept,
        status=(Status.INEXACT,) * n_neurons,
        decrement=nothing,
        is_exact=False,
        objective=nothing,
        n_iterations=np.zeros(n_neurons, dtype=np.intp),
        n_passes=0,
        n_rows=in_batch,
        total_weight=total,
        mean_response=nothing,
        rank=int(min(len(coef), total.min())),
        aliased=np.zeros(0, dtype=np.intp),
        certificate="",
        plan="",
        has_intercept=inputs.columns.has_intercept,
    )
    remember(model, inputs)
    model.coef_ = inputs.shapes.user_coef(coef)
    model.intercept_ = inputs.shapes.user_intercept(intercept)
    model.dof_resid_ = dof_resid(inputs.shapes, record, model._regularizer, inputs.columns.mask)
    # What the batch says of residuals and features stands for all samples.
    found = model._dispersion(inputs, record, dof_resid=model.dof_resid_, weight=in_batch)
    dispersion.store(model, found)


def _info(value: float | None, stepper: Stepper) -> OptimizationInfo:
    """Return what is known of an optimisation that has no end."""
    return OptimizationInfo(value, stepper.n_steps, converged=False, reached_max_steps=False)


def _check_state(opt_state: Any) -> None:
    if not hasattr(getattr(opt_state, "solver_state", None), "step"):
        raise errors.type_error(
            "update needs the state of an optimiser.",
            given=f"opt_state={opt_state!r}"[:200],
            expected="what initialize_optimizer_and_state or the last update returned",
            todo="call state = model.initialize_optimizer_and_state(params, X, y) first.",
        )


def _check_n_samples(n_samples: Any) -> None:
    is_int = isinstance(n_samples, numbers.Integral) and not isinstance(n_samples, bool)
    if n_samples is not None and not is_int:
        raise errors.type_error(
            "n_samples must be an integer.",
            given=repr(n_samples),
            expected="the number of samples in all batches together, or None",
        )
