"""A solver of the user's own in the place of one of ours, under :mod:`.solver_protocol`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any, ClassVar, cast

import numpy as np

from ... import errors
from ...engine.objective import Objective
from ...io.interop.autodiff import double_precision
from ...io.interop.forks import inherited
from ...numerics import namespace
from ...regularizer.base import Penalty
from ...regularizer.penalised import penalised, proximal
from ...typing import Array, BoolArray, FloatArray
from ..certificate import Ledger, judge_of
from ..contract import Outcome
from ..task import Task, over_rows
from .solver_protocol import ModelParams

# That an answer may be off: a user's solver has a rule of its own.
_SHARE_OF_A_STANDARD_ERROR = 0.01
_KKT_TOLERANCE = 1e-3  # the same for penalties with kinks, relative to the strength


@dataclass(frozen=True, eq=False)
class ForeignSolver:
    """A class of the user's, with its arguments.

    It gets all rows in memory and all neurons at once, and may stop where it likes: its point is
    then certified to a hundredth of a standard error (or 1e-3 of the strength, for sparse
    penalties).

    Attributes
    ----------
    kind :
        The class.
    kwargs :
        The user's ``solver_kwargs``.
    regularizer, strength :
        As given to the model.
    ndim :
        1 where y is one neuron's, 2 for a population.

    Examples
    --------
    >>> ForeignSolver(dict, {}, None, None, 1).kind
    <class 'dict'>
    """

    kind: Any
    kwargs: dict[str, Any] = field(default_factory=dict)
    regularizer: Any = None
    strength: Any = None
    ndim: int = 2

    reads_rows: ClassVar[bool] = True  # as the user has them

    def solve(self, task: Task) -> Outcome:
        """Let it minimise all columns, then certify each."""
        objective = over_rows(task)
        objective.use_double()
        start = self.params(objective, task.start)
        solver = self.built(objective, start)
        with _double():
            params, *_ = solver.run(start, *self.data(objective))
        return self._certified(task, params)

    def built(self, objective: Objective, start: ModelParams) -> Any:
        """Return an instance of the user's class for an objective."""
        return self.kind(
            unregularized_loss=_loss(objective),
            regularizer=BoundRegularizer(
                self.regularizer, cast(Penalty, objective.penalty), self.strength
            ),
            regularizer_strength=self.strength,
            has_aux=False,
            init_params=start,
            **self.kwargs,
        )

    def params(self, objective: Objective, theta: FloatArray) -> ModelParams:
        """Return parameters theta in the shapes that the user knows."""
        W, b = objective.to_user(theta)
        return ModelParams(self._squeezed(W), b)

    def data(self, objective: Objective) -> tuple[Array, Array]:
        """Return the rows and responses in the shapes that the user knows."""
        X, y = _data(objective)
        return X, self._squeezed(y)

    def theta(self, objective: Objective, params: Any) -> FloatArray:
        """Return the user's parameters as the solvers' theta, (p + 1, C)."""
        shape = len(objective.features.mean), objective.n_columns
        W = np.asarray(params.coef, dtype=np.float64).reshape(shape)
        b = np.asarray(params.intercept, dtype=np.float64).reshape(shape[1:])
        theta = objective.from_user(W, b)
        theta[objective.frozen(np.arange(shape[1]))] = 0.0
        return theta

    def _certified(self, task: Task, params: Any) -> Outcome:
        theta = self.theta(over_rows(task), params)
        tolerance = _SHARE_OF_A_STANDARD_ERROR / np.sqrt(task.n_rows)
        ledger = Ledger(task, judge_of(task, tolerance if task.is_smooth else _KKT_TOLERANCE))
        ledger.give_up(ledger.active)
        return ledger.closed(theta)

    def _squeezed(self, values: Array) -> Array:
        return values[:, 0] if self.ndim == 1 else values


@dataclass(frozen=True, eq=False)
class ForeignSteps:
    """A user's solver between two mini-batches, with its own state.

    Attributes
    ----------
    method :
        The class with its arguments.
    solver, state :
        The instance, and what its last update returned.
    n_steps :
        Batches so far.
    """

    method: ForeignSolver
    solver: Any
    state: Any
    n_steps: int = 0

    @classmethod
    def begun(cls, method: ForeignSolver, batch: Objective, theta: FloatArray) -> ForeignSteps:
        """Make the solver and its first state."""
        start = method.params(batch, theta)
        solver = method.built(batch, start)
        with _double():
            return cls(method, solver, solver.init_state(start, *method.data(batch)))

    def step(self, batch: Objective, theta: FloatArray) -> tuple[FloatArray, ForeignSteps]:
        """Let it update the parameters on a batch."""
        method, params = self.method, self.method.params(batch, theta)
        with _double():
            params, state, *_ = self.solver.update(params, self.state, *method.data(batch))
        after = replace(self, state=state, n_steps=self.n_steps + 1)
        return method.theta(batch, params), after


@dataclass(frozen=True, eq=False)
class BoundRegularizer:
    """A regularizer whose strength is known: what a user's solver asks to know the penalty.

    Attributes
    ----------
    kind :
        The user's regularizer.
    penalty :
        It, bound to the neurons of this fit.
    strength :
        As the user gave it.
    """

    kind: Any
    penalty: Penalty
    strength: Any

    def penalized_loss(
        self, loss: Callable[..., Any], params: Any = None, strength: Any = None
    ) -> Callable[..., Any]:
        """Return ``loss`` plus the penalty, with the arguments of ``loss``."""
        return penalised(loss, self.penalty)

    def get_proximal_operator(self, params: Any = None, strength: Any = None) -> Callable[..., Any]:
        """Return ``prox(params, hyperparams, scaling)``, of the penalty times ``scaling``."""
        return proximal(self.penalty)


def _data(objective: Objective) -> tuple[FloatArray, FloatArray]:
    """Return all rows that take part, (T, p) and (T, C); NaN where a response is missing."""
    columns, table = objective.columns, objective.table
    X = np.concatenate([table.read(block) for block in table.blocks])
    blocks = [columns.block(block.rows) for block in table.blocks]
    y = np.concatenate([block.y for block in blocks])
    if columns.offsets is not None:
        raise _not_offered("offset")
    if columns.weights is None:
        return X, y
    of_blocks = [columns.weights.block(block.rows) for block in table.blocks]
    weight = np.broadcast_to(np.concatenate(of_blocks), y.shape)
    if not np.isin(weight, (0.0, 1.0)).all():
        raise _not_offered("sample_weight")
    return X, np.where(weight > 0, y, np.nan)


def _not_offered(argument: str) -> ValueError:
    return errors.value_error(
        f"A solver of your own cannot take {argument}: its loss sees X and y only.",
        given=f"{argument} and a solver_name that is not built in",
        expected="a built-in solver",
        todo="leave solver_name=None.",
    )


def _loss(objective: Objective) -> Callable[[Any, Any, Any], Any]:
    """Return the loss, mean over rows and sum over neurons, in NumPy or JAX like its arguments."""
    likelihood, mask = objective.columns.likelihood, objective.columns.mask
    has_gaps = objective.columns.weights is not None
    has_intercept = objective.columns.has_intercept

    def loss(params: Any, X: Any, y: Any) -> Any:
        xp = namespace(params.coef, params.intercept, X, y)
        coef = params.coef if mask is None else params.coef * _like(mask, params.coef)
        eta = X @ coef + params.intercept if has_intercept else X @ coef
        if not has_gaps:
            return likelihood.value(eta, y, xp).mean(axis=0).sum()
        present = xp.isfinite(y)
        value = likelihood.value(eta, xp.where(present, y, 1.0), xp)
        return (xp.where(present, value, 0.0).sum(axis=0) / present.sum(axis=0)).sum()

    return loss


def _like(mask: BoolArray, coef: Any) -> Array:
    return mask.reshape(coef.shape)


def _double() -> AbstractContextManager[Any]:
    """Return a context in which JAX computes in float64, where it is installed and can be used.

    Also where nobody has imported it: the solver may be the first, and would get float32.
    """
    is_usable = find_spec("jax") is not None and not inherited().has_jax
    return double_precision() if is_usable else nullcontext()
