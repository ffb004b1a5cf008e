"""Accelerated (proximal) gradient descent of many columns at once.

Every column has a point x, a point y ahead of it where the gradient is taken, and a step length of
its own. A visit of the rows evaluates the next x and, on the chance that it is accepted, also the
next y: one read of the rows for both.

Source: Beck & Teboulle (2009), SIAM J Imaging Sci 2:183-202, eqs. 4.1-4.3; with the restarts of
O'Donoghue & Candès (2015), Found Comput Math 15:715-32, section 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...typing import BoolArray, FloatArray, IntArray
from ..certificate import Judge, Ledger
from ..contract import Outcome
from ..task import Task
from .step_norms import Metric

_SHORTER, _LONGER = 0.5, 1.05  # after a rejected step, and after an accepted one
_ADAPT_AT = 3  # accepted visits: points that lie near the optimum
_MOST_REJECTIONS = 60  # halvings: no step of a float is left
_MOST_IDLE = 300  # steps without a fall of the objective beyond rounding
_ROUNDING = 1e-13  # of an objective, relative


@dataclass
class _Places:
    """Points (p + 1, A) with objective (A,), and value and gradient of its differentiable part."""

    theta: FloatArray
    objective: FloatArray
    value: FloatArray
    gradient: FloatArray

    def put(self, columns: IntArray, other: _Places, which: BoolArray) -> None:
        """Move some columns to the points that another record has for them."""
        self.theta[:, columns] = other.theta[:, which]
        self.objective[columns] = other.objective[which]
        self.value[columns] = other.value[which]
        self.gradient[:, columns] = other.gradient[:, which]

    def take(self, columns: IntArray | slice) -> _Places:
        """Return the record of some columns."""
        return _Places(
            self.theta[:, columns],
            self.objective[columns],
            self.value[columns],
            self.gradient[:, columns],
        )


@dataclass
class _Run:
    """Where each of the C columns stands."""

    here: _Places  # x
    ahead: _Places  # y
    full_gradient: FloatArray  # (p + 1, C) at x, of all that has a gradient
    momentum: FloatArray  # (C,) t
    step: FloatArray  # (C,)
    n_rejections: IntArray  # (C,) of the current step
    n_idle: IntArray  # (C,)


def descend(
    task: Task,
    metric: Metric,
    judge: Judge,
    *,
    step: FloatArray,
    max_passes: int,
    is_fixed: bool = False,
    has_momentum: bool = True,
) -> Outcome:
    """Minimise all columns by gradient steps.

    Parameters
    ----------
    task, metric, judge :
        What to minimise, how steps are measured, and when it is done.
    step :
        (C,) first step lengths; shortened where the loss bends more than they assume.
    max_passes :
        Visits of the rows.
    is_fixed :
        Whether step lengths stay as they are.
    has_momentum :
        Whether gradients are taken ahead of the point.
    """
    objective = task.objective
    objective.use_double()
    ledger = Ledger(task, judge)
    run = _begin(task, metric, step)
    ledger.settle(run.here.theta, run.full_gradient, ledger.active)
    n_visits = 0
    while len(active := ledger.active) and objective.n_passes < max_passes:
        moved = _visit(task, metric, run, active, is_fixed=is_fixed, has_momentum=has_momentum)
        ledger.n_iterations[moved] += 1
        ledger.settle(run.here.theta, run.full_gradient, moved)
        ledger.give_up(active[_is_stuck(run)[active]])
        n_visits += 1
        if n_visits == _ADAPT_AT and not is_fixed and len(active := ledger.active):
            metric = _adapted(metric, run, step, active)
        task.report(objective.n_passes, len(ledger.active), float(ledger.decrement.max()))
    return ledger.closed(run.here.theta)


def _begin(task: Task, metric: Metric, step: FloatArray) -> _Run:
    columns = np.arange(task.objective.n_columns)
    here, _, gradient = _evaluated(task, metric, [task.start], columns)
    n = len(columns)
    return _Run(
        here=here,
        ahead=here.take(columns),
        full_gradient=gradient,
        momentum=np.ones(n),
        step=step.copy(),
        n_rejections=np.zeros(n, dtype=np.intp),
        n_idle=np.zeros(n, dtype=np.intp),
    )


def _adapted(metric: Metric, run: _Run, step: FloatArray, columns: IntArray) -> Metric:
    """Return the metric for the neighbourhood of x; if it is another one, start over with it."""
    adapted = metric.adapted(run.here.theta[:, columns], columns)
    if adapted is not metric:
        _forget(run, columns)
        run.step[columns] = step[columns]
    return adapted


def _visit(
    task: Task,
    metric: Metric,
    run: _Run,
    columns: IntArray,
    *,
    is_fixed: bool,
    has_momentum: bool,
) -> IntArray:
    """Visit the rows once with a trial step per column; return the columns that moved."""
    here, ahead, step = run.here.take(columns), run.ahead.take(columns), run.step[columns]
    move = metric.move(ahead.theta, ahead.gradient, step, columns)
    t = run.momentum[columns]
    t_next = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t**2))
    points = [move.theta]
    if has_momentum:
        points.append(move.theta + (t - 1.0) / t_next * (move.theta - here.theta))
    trial, beyond, gradient = _evaluated(task, metric, points, columns)
    finite = np.isfinite(trial.objective) & np.isfinite(trial.gradient).all(axis=0)
    short_enough = (
        finite if is_fixed else finite & _is_short(ahead, trial, move.squared_length, step)
    )
    change = trial.theta - here.theta
    uphill = np.einsum("pc,pc->c", move.force, change) > 0
    noise = _ROUNDING * np.abs(here.objective)
    back = short_enough & (t > 1) & (trial.objective > here.objective + noise) & (not is_fixed)
    accepted = short_enough & ~back
    _forget(run, columns[back])
    _shorten(run, columns[~short_enough], is_fixed=is_fixed)
    moved = columns[accepted]
    _count_idle(run, moved, (trial.objective < here.objective)[accepted])
    run.here.put(moved, trial, accepted)
    run.full_gradient[:, moved] = gradient[:, accepted]
    keeps = accepted & ~uphill if has_momentum else np.zeros_like(accepted)
    run.ahead.put(columns[keeps], beyond, keeps)
    run.momentum[columns[keeps]] = t_next[keeps]
    restarts = accepted & ~keeps
    run.ahead.put(columns[restarts], trial, restarts)
    run.momentum[columns[restarts]] = 1.0
    if not is_fixed:
        run.step[moved] *= _LONGER
    return moved


def _evaluated(
    task: Task, metric: Metric, points: list[FloatArray], columns: IntArray
) -> tuple[_Places, _Places, FloatArray]:
    """Evaluate one or two points per column in one visit; the gradient is that of the first."""
    theta = np.hstack(points)
    asked = np.tile(columns, len(points))
    evaluation = task.objective.evaluate(theta, asked)
    value, gradient = metric.differentiable(theta, evaluation, asked)
    both = _Places(theta, evaluation.value, value, gradient)
    n = len(columns)
    return both.take(slice(0, n)), both.take(slice(-n, None)), evaluation.gradient[:, :n]


def _is_short(
    start: _Places, trial: _Places, squared_length: FloatArray, step: FloatArray
) -> BoolArray:
    """Return (A,) whether the loss bends no more along the step than its length assumes.

    Either by its values, or, where they drown in rounding, by its gradients.
    """
    change = trial.theta - start.theta
    allowed = squared_length / (2.0 * step)
    linear = np.einsum("pc,pc->c", start.gradient, change)
    bend = np.einsum("pc,pc->c", trial.gradient - start.gradient, change)
    return (trial.value <= start.value + linear + allowed) | (bend <= allowed)


def _forget(run: _Run, columns: IntArray) -> None:
    """Go on from x itself: momentum leads uphill, or downhill has another meaning now."""
    everything = np.ones(len(columns), dtype=bool)
    run.ahead.put(columns, run.here.take(columns), everything)
    run.momentum[columns] = 1.0


def _shorten(run: _Run, columns: IntArray, *, is_fixed: bool) -> None:
    run.n_rejections[columns] += _MOST_REJECTIONS + 1 if is_fixed else 1
    run.step[columns] *= _SHORTER


def _count_idle(run: _Run, columns: IntArray, improved: BoolArray) -> None:
    run.n_rejections[columns] = 0
    run.n_idle[columns] = np.where(improved, 0, run.n_idle[columns] + 1)


def _is_stuck(run: _Run) -> BoolArray:
    return (run.n_rejections > _MOST_REJECTIONS) | (run.n_idle > _MOST_IDLE)
