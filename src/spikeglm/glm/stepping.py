"""Mini-batches by hand: one solver step per call, from parameters to parameters.

A fit needs none of this, whatever the length of a recording (rows may be computed or stored). It is
for data that arrive over time, and for scripts written so.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..engine.columns import Columns
from ..engine.objective import Features, Objective
from ..engine.plan import plan
from ..engine.table import Table
from ..engine.threads import one_blas_thread
from ..inference.record import FitResult
from ..numerics import quiet
from ..regularizer import regularizer_of
from ..settings import get_config
from ..solvers import SVRG, OptimizationInfo, ProxSVRG, SolverAdapterState, Status
from ..solvers.foreign import ForeignSolver, ForeignSteps
from ..solvers.online import PlainSteps, ReducedSteps, RunningModel, Stepper
from ..typing import ArrayLike, FloatArray
from .choices import solver_of
from .inputs import FitInputs
from .parameters import check_parameters, dof_resid
from .prediction import estimate_scale

if TYPE_CHECKING:
    from .glm import GLM

_SHARE_OF_MEMORY = 0.25


@dataclass(frozen=True, eq=False)
class _Batch:
    """A mini-batch: as read, and as an objective in the user's units."""

    inputs: FitInputs
    objective: Objective

    @property
    def shape(self) -> tuple[int, int]:
        """(p, N)."""
        return self.inputs.rows.n_features, self.inputs.columns.n_columns


def begin(model: GLM, init_params: Any, X: ArrayLike, y: ArrayLike) -> SolverAdapterState:
    """Return the state of an optimiser at the first parameters.

    Raises
    ------
    ValueError, TypeError
        For arguments that cannot be used.
    """
    batch = _read(model, X, y)
    theta = _read_parameters(model, init_params, batch)
    method = solver_of(model).method
    with one_blas_thread(), quiet():
        stepper = _stepper(method, batch, theta)
    return SolverAdapterState(stepper, info(None, stepper))


def step(
    model: GLM,
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
    check_state(opt_state)
    check_n_samples(n_samples)
    batch = _read(model, X, y)
    theta = _read_parameters(model, params, batch)
    with one_blas_thread(), quiet():
        theta, stepper = opt_state.solver_state.step(batch.objective, theta)
        value = batch.objective.evaluate(theta, np.arange(batch.shape[1])).value
    state = SolverAdapterState(stepper, info(float(value.sum()), stepper))
    _write(model, theta, batch, n_samples)
    vars(model).pop("fit_report_", None)  # of a fit before this update
    return (model.coef_, model.intercept_), state


def last_state(model: GLM) -> SolverAdapterState:
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


def info(value: float | None, stepper: Stepper) -> OptimizationInfo:
    """Return what is known of an optimisation that has no end."""
    return OptimizationInfo(value, stepper.n_steps, converged=False, reached_max_steps=False)


def _read(model: GLM, X: ArrayLike, y: ArrayLike) -> _Batch:
    inputs = model.read_inputs(X, y)
    rows, columns = inputs.rows, inputs.columns
    p = rows.n_features
    how = plan(rows, columns.n_columns)
    table = Table.cut(rows, inputs.keep, how.block_rows).in_double()
    penalty = model.read_penalty(inputs.layout, (p, columns.n_columns))
    as_they_come = Features(np.zeros(p), np.ones(p), np.eye(p))
    weight = total_weight(columns, table)
    return _Batch(inputs, Objective(table, columns, how, penalty, as_they_come, weight))


def total_weight(columns: Columns, table: Table) -> FloatArray:
    """Return the sum of row weights of each column; one where a column has no rows in the batch."""
    if columns.weights is None:
        return np.full(columns.n_columns, float(table.n_kept))
    sums = [columns.weights.block(block.rows).sum(axis=0) for block in table.blocks]
    total = np.broadcast_to(np.sum(sums, axis=0), (columns.n_columns,))
    return np.where(total > 0, total, 1.0)


def _read_parameters(model: GLM, params: Any, batch: _Batch) -> FloatArray:
    coef, intercept = check_parameters(
        params, batch.shape, ndim=model._response_ndim, layout=batch.inputs.layout
    )
    mask = batch.inputs.columns.mask
    return np.vstack([coef if mask is None else coef * mask, intercept])


def _stepper(method: Any, batch: _Batch, theta: FloatArray) -> Stepper:
    if isinstance(method, ForeignSolver):
        return ForeignSteps.begun(method, batch.objective, theta)
    stepsize = getattr(method, "stepsize", None)
    stepsize = float(stepsize) if stepsize is not None and stepsize > 0 else None
    if isinstance(method, (SVRG, ProxSVRG)):
        check_memory(theta.shape)
        return ReducedSteps.begun(batch.objective, theta, stepsize)
    if stepsize is not None:
        return PlainSteps(stepsize)
    check_memory(theta.shape)
    return RunningModel.begun(batch.objective, theta)


def check_memory(shape: tuple[int, int]) -> None:
    """Check that a curvature matrix per neuron fits into the memory budget."""
    n, n_columns = shape
    size, budget = 8 * n_columns * n**2, _SHARE_OF_MEMORY * get_config().memory_bytes
    if size > budget:
        raise errors.value_error(
            "Mini-batches keep a curvature matrix per neuron, which is too large here.",
            given=f"{n_columns} matrices of {n} x {n}, {size / 2**30:.1f} GiB",
            expected=f"at most {budget / 2**30:.1f} GiB, a quarter of the memory budget",
            todo="call fit (X may be stored on disk or computed), update neurons in groups, or "
            "give solver_name='GradientDescent' and solver_kwargs={'stepsize': ...}.",
        )


def _write(model: GLM, theta: FloatArray, batch: _Batch, n_samples: int | None) -> None:
    """Write estimates, degrees of freedom and dispersion to the model."""
    inputs, n_columns = batch.inputs, batch.shape[1]
    in_batch = batch.objective.total_weight
    total = in_batch if n_samples is None else np.full(n_columns, float(n_samples))
    nothing = np.full(n_columns, np.nan)
    record = FitResult(
        coef=theta[:-1],
        intercept=theta[-1],
        status=(Status.INEXACT,) * n_columns,
        decrement=nothing,
        is_exact=False,
        objective=nothing,
        n_iterations=np.zeros(n_columns, dtype=np.intp),
        n_passes=0,
        n_rows=in_batch,
        total_weight=total,
        mean_response=nothing,
        rank=int(min(batch.shape[0], total.min())),
        aliased=np.zeros(0, dtype=np.intp),
        certificate="",
        plan="",
    )
    model.coef_ = model._user_coef(theta[:-1], inputs.layout)
    model.intercept_ = theta[-1]
    model.dof_resid_ = dof_resid(record, regularizer_of(model.regularizer), inputs.columns.mask)
    per_batch = replace(record, total_weight=in_batch)
    # Pearson's sum over the batch stands for that over all samples.
    dof = model.dof_resid_ * in_batch / total
    model.scale_ = estimate_scale(inputs.rows, inputs.columns, per_batch, dof, keep=inputs.keep)


def check_state(opt_state: Any) -> None:
    """Raise a TypeError for what is no state of an optimiser."""
    if not hasattr(getattr(opt_state, "solver_state", None), "step"):
        raise errors.type_error(
            "update needs the state of an optimiser.",
            given=f"opt_state={opt_state!r}"[:200],
            expected="what initialize_optimizer_and_state or the last update returned",
            todo="call state = model.initialize_optimizer_and_state(params, X, y) first.",
        )


def check_n_samples(n_samples: Any) -> None:
    """Raise a TypeError for what is no number of samples."""
    is_int = isinstance(n_samples, numbers.Integral) and not isinstance(n_samples, bool)
    if n_samples is not None and not is_int:
        raise errors.type_error(
            "n_samples must be an integer.",
            given=repr(n_samples),
            expected="the number of samples in all batches together, or None",
        )
