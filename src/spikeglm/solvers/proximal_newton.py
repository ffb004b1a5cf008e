"""Proximal Newton with working sets: sparse coefficients of many columns at once.

Every iteration takes two visits of the rows. The first gives value and gradient at a trial point
of each column. From the gradient follows the column's working set: the features in use and those
that most want to be. The second gives the column's own curvature on its working set alone, which
costs little while solutions are sparse. The penalised quadratic model on the working set is then
minimised exactly (:mod:`~spikeglm.solvers.lasso_subproblem`) and gives the next trial point.

Source: Lee, Sun & Saunders (2014), SIAM J Optim 24:1420-43; working sets as in Massias, Gramfort &
Salmon (2018), ICML. The certificate is the violation of the optimality (KKT) conditions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..typing import FloatArray, IntArray
from .contract import Objective, Outcome, Report, Status
from .lasso_subproblem import solve_lasso

_ARMIJO = 1e-4
_SHORTER = 0.3
_FIRST_SET = 16  # features that a working set may gain at first; afterwards it may double
_MOST_REJECTIONS = 20
_ROUNDING = 1e-13


@dataclass
class _State:
    """Where each of the C columns stands; theta and gradient (p + 1, C), the others (C,)."""

    theta: FloatArray
    value: FloatArray
    gradient: FloatArray
    goal: FloatArray  # (p + 1, C) minimiser of the model
    gain: FloatArray  # predicted change of the objective, < 0
    step: FloatArray
    violation: FloatArray
    n_iterations: IntArray
    n_rejections: IntArray
    status: list[Status | None]


def minimise_sparse(
    objective: Objective,
    start: FloatArray,
    *,
    tolerance: float,
    max_passes: int,
    report: Report = lambda passes, left, worst: None,
) -> Outcome:
    """Minimise all columns until each one's KKT violation is below the tolerance.

    Parameters
    ----------
    objective :
        The column problems; its gradient is that of the smooth part, its value that of all.
    start :
        (p + 1, C) first point.
    tolerance :
        On the largest violation of the optimality conditions, relative to the largest strength of
        the column.
    max_passes :
        Visits of the rows after which unfinished columns get :attr:`Status.LIMIT`.
    report :
        Called after each iteration.
    """
    objective.use_double()
    everything = np.arange(objective.n_columns)
    l1 = np.vstack([objective.l1(everything), np.zeros((1, objective.n_columns))])
    state = _begin(objective, start)
    active = fresh = everything
    while len(active) and objective.n_passes < max_passes:
        _judge(state, l1, fresh, tolerance)
        fresh = np.array([c for c in fresh if state.status[c] is None], dtype=np.intp)
        if len(fresh):
            _aim(objective, state, l1, fresh)
        active = np.array([c for c in active if state.status[c] is None], dtype=np.intp)
        if len(active) == 0 or objective.n_passes >= max_passes:
            break
        fresh = _try_step(objective, state, active)
        active = np.array([c for c in active if state.status[c] is None], dtype=np.intp)
        report(objective.n_passes, len(active), float(state.violation.max()))
    _judge(state, l1, fresh, tolerance)
    return Outcome(
        theta=state.theta,
        value=state.value,
        decrement=state.violation,
        is_exact=True,
        status=tuple(Status.LIMIT if s is None else s for s in state.status),
        n_iterations=state.n_iterations,
        n_passes=objective.n_passes,
    )


def violations(theta: FloatArray, gradient: FloatArray, l1: FloatArray) -> FloatArray:
    """Return how far each parameter is from optimal, (p + 1, C), in units of the gradient.

    Where a parameter is not zero the slope must vanish; where it is zero, the smooth slope must not
    exceed the weight of the absolute value.
    """
    at_zero = np.maximum(np.abs(gradient) - l1, 0.0)
    return np.where(theta == 0, at_zero, np.abs(gradient + l1 * np.sign(theta)))


def _begin(objective: Objective, start: FloatArray) -> _State:
    n = objective.n_columns
    evaluation = objective.evaluate(start, np.arange(n))
    return _State(
        theta=start.copy(),
        value=evaluation.value,
        gradient=evaluation.gradient,
        goal=start.copy(),
        gain=np.zeros(n),
        step=np.ones(n),
        violation=np.full(n, np.inf),
        n_iterations=np.zeros(n, dtype=np.intp),
        n_rejections=np.zeros(n, dtype=np.intp),
        status=[None] * n,
    )


def _judge(state: _State, l1: FloatArray, columns: IntArray, tolerance: float) -> None:
    """Measure the columns at a new point; finish those whose certificate holds."""
    worst = violations(state.theta[:, columns], state.gradient[:, columns], l1[:, columns])
    unit = l1[:, columns].max(axis=0)
    state.violation[columns] = worst.max(axis=0) / np.where(unit > 0, unit, 1.0)
    for c in columns:
        if state.violation[c] <= tolerance:
            state.status[c] = Status.CONVERGED
        elif not np.isfinite(state.value[c]):
            state.status[c] = Status.STALLED


def _aim(objective: Objective, state: _State, l1: FloatArray, columns: IntArray) -> None:
    """Minimise the model of each column on its working set."""
    theta, gradient, l1 = state.theta[:, columns], state.gradient[:, columns], l1[:, columns]
    sets = [
        _working_set(theta[:-1, a], violations(theta, gradient, l1)[:-1, a], l1[:-1, a])
        for a in range(len(columns))
    ]
    H = objective.hessian_on(theta, columns, sets)
    size = H.shape[1]
    here, slope, weight = (np.zeros((len(columns), size)) for _ in range(3))
    for a, used in enumerate(sets):
        rows = np.append(used, -1)  # the working set, and the intercept in the last place
        places = np.append(np.arange(len(used)), size - 1)
        here[a, places], slope[a, places] = theta[rows, a], gradient[rows, a]
        weight[a, places] = l1[rows, a]
    z = solve_lasso(H, np.einsum("aij,aj->ai", H, here) - slope, weight, here)
    state.goal[:, columns] = theta
    for a, used in enumerate(sets):
        state.goal[used, columns[a]] = z[a, : len(used)]
        state.goal[-1, columns[a]] = z[a, -1]
    change = np.sum(weight * (np.abs(z) - np.abs(here)), axis=1)
    state.gain[columns] = np.einsum("aj,aj->a", slope, z - here) + change
    state.step[columns], state.n_rejections[columns] = 1.0, 0


def _working_set(theta: FloatArray, violation: FloatArray, l1: FloatArray) -> IntArray:
    """Return the features in use, those without penalty, and the worst violators."""
    used = (theta != 0) | ((l1 == 0) & (violation > 0))
    room = max(_FIRST_SET, int(used.sum()))
    wanting = np.where(used, 0.0, violation)
    worst = np.argsort(wanting)[::-1][:room]
    used[worst[wanting[worst] > 0]] = True
    return np.flatnonzero(used)


def _try_step(objective: Objective, state: _State, columns: IntArray) -> IntArray:
    """Visit the rows once with a trial point per column; return the columns that moved."""
    step, here, goal = state.step[columns], state.theta[:, columns], state.goal[:, columns]
    trial = np.where(step == 1.0, goal, here + step * (goal - here))
    evaluation = objective.evaluate(trial, columns)
    value = state.value[columns]
    bound = value + _ARMIJO * step * state.gain[columns] + _ROUNDING * np.abs(value)
    with np.errstate(invalid="ignore"):
        accepted = evaluation.finite & (evaluation.value <= bound)
    moved, stuck = columns[accepted], columns[~accepted]
    state.theta[:, moved] = trial[:, accepted]
    state.value[moved] = evaluation.value[accepted]
    state.gradient[:, moved] = evaluation.gradient[:, accepted]
    state.n_iterations[moved] += 1
    state.step[stuck] *= _SHORTER
    state.n_rejections[stuck] += 1
    for c in stuck[state.n_rejections[stuck] > _MOST_REJECTIONS]:
        state.status[c] = Status.STALLED
    return moved
