"""Proximal quasi-Newton with working sets: sparse coefficients of many columns at once.

Every iteration visits the rows once, for value and gradient at a trial point of each column. From
the gradient follows the column's working set: the features in use and those that most want to be.
On it the loss is replaced by a quadratic model
(:mod:`~spikeglm.solvers.curvature.local_curvature`), the penalised model is minimised
(:mod:`~spikeglm.solvers.sparse.goals`), and its minimiser is the next trial point.
The gradient is that of all features, so the certificate, the violation of the optimality (KKT)
conditions, says nothing about the working set alone.

Source: Lee, Sun & Saunders (2014), SIAM J Optim 24:1420-43, section 2.3 for BFGS models; working
sets as in Massias, Gramfort & Salmon (2018), ICML.
"""

from __future__ import annotations

import numpy as np

from ...regularizer.nonsmooth import Kinks
from ...typing import BoolArray, FloatArray, IntArray
from ..contract import Objective, Outcome, Report, Status
from ..curvature.local_curvature import LocalCurvature
from .free_parameters import FreeParameters
from .goals import set_goals
from .optimality import Conditions, kinks_of, violations
from .smooth_part import change_by_penalty
from .sparse_walk import Walk

_ARMIJO = 1e-4  # of the predicted gain, Lee, Sun & Saunders (2014), algorithm 1
_SHORTER = 0.3  # of a step that was rejected
_FIRST_SET = 16  # features that a working set may gain at first; afterwards it may double
_MOST_REJECTIONS = 20  # 0.3 to this power is 4e-11 of the step
_TIRED = 3  # rejections after which another precision, or another model, is tried
_SLOW = 10  # visits without a fall of the violation after which so is
_PATIENCE = 0.25  # visits, times what a column's own curvature costs, if that is more
_MOST_IDLE = 25  # visits without any fall, then
_ROUNDING = {True: 1e-6, False: 1e-13}  # relative noise of the objective: float32, float64 products
_HIDDEN = 1e3  # times its noise: what the objective falls by may then not show
_SINGLE_IS_ENOUGH = 1e-3  # a violation down to which float32 products are accurate


def minimise_sparse(
    objective: Objective,
    start: FloatArray,
    *,
    tolerance: float,
    max_passes: int,
    row_slope: FloatArray,
    unit: FloatArray,
    h: FloatArray | None = None,
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
        On the largest violation of the optimality conditions, each relative to its strength.
    max_passes :
        Visits of the rows after which unfinished columns get :attr:`Status.LIMIT`.
    row_slope :
        (C,) typical slope of a row's loss, which bounds the units of violations.
    unit :
        (C,) in which Newton decrements of what has no kink are measured.
    h :
        (C,) typical curvature of the loss per row; None where columns share no curvature.
    report :
        Called after each visit.

    Returns
    -------
    Outcome
        Points, certificates and a status per column. An objective comes from a table of
        rows and its columns; a model with ``regularizer="Lasso"`` makes one and calls this.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> model = nmo.GLM(regularizer="Lasso", regularizer_strength=0.1).fit(X, y)
    >>> model.fit_report_.result.certificate, bool(model.fit_report_.result.decrement[0] <= 1e-7)
    ('KKT violation', True)
    """
    start = _within_bounds(objective, start)
    walk = Walk.begin(start, objective.evaluate(start, np.arange(objective.n_columns)))
    curvature = LocalCurvature(objective, h)
    return walk_on(
        objective,
        walk,
        curvature,
        tolerance=tolerance,
        max_passes=max_passes,
        row_slope=row_slope,
        unit=unit,
        report=report,
    )


def _within_bounds(objective: Objective, start: FloatArray) -> FloatArray:
    """Return the nearest point that has a finite value, where the penalty is one of bounds."""
    kinks = kinks_of(objective)
    return kinks.prox(start.T, np.zeros((start.shape[1], 1))).T if kinks.has_bounds else start


def walk_on(
    objective: Objective,
    walk: Walk,
    curvature: LocalCurvature,
    *,
    tolerance: float,
    max_passes: int,
    row_slope: FloatArray,
    unit: FloatArray,
    also: BoolArray | None = None,
    report: Report = lambda passes, left, worst: None,
) -> Outcome:
    """Go on from where the columns stand; see :func:`minimise_sparse`.

    ``also`` (C, p) are features that working sets should contain from the start.
    """
    conditions = Conditions.of(objective, row_slope)
    free = FreeParameters.of(objective, row_slope, unit)
    active = fresh = np.arange(objective.n_columns)
    while True:
        theta, gradient = walk.theta[:, fresh], walk.gradient[:, fresh]
        walk.violation[fresh] = conditions.violation(theta, gradient, fresh)
        if not objective.is_single:
            _look_at_the_free(walk, free, curvature, fresh, tolerance)
        _judge(walk, fresh, tolerance, is_final=not objective.is_single)
        fresh, active = walk.unfinished(fresh), walk.unfinished(active)
        if len(active) == 0 or objective.n_passes >= max_passes:
            break
        if not objective.is_single:
            fresh = _changed_models(walk, curvature, fresh, active)
            active = walk.unfinished(active)
        if len(fresh):
            _aim(objective, walk, conditions.kinks, curvature, fresh, also)
        moving = _still_moving(objective, walk, active, tolerance)
        if len(moving) == 0:
            _change_to_double(objective, walk, curvature, active)
            fresh = active
            continue
        fresh = _try_step(objective, walk, conditions, free, curvature, moving)
        report(objective.n_passes, len(active), float(walk.violation[active].max()))
    return Outcome(
        theta=walk.theta,
        value=walk.value,
        decrement=walk.violation,
        is_exact=True,
        status=tuple(Status.LIMIT if s is None else s for s in walk.status),
        n_iterations=walk.n_iterations,
        n_passes=objective.n_passes,
    )


def _still_moving(objective: Objective, walk: Walk, active: IntArray, tolerance: float) -> IntArray:
    """Return the columns that have not come as far as float32 leads; in float64 that are all."""
    if not objective.is_single:
        return active
    waiting = walk.violation[active] <= max(tolerance, _SINGLE_IS_ENOUGH)
    return active[~(waiting | walk.is_tired(active, idle=_TIRED, slow=_SLOW))]


def _look_at_the_free(
    walk: Walk,
    free: FreeParameters,
    curvature: LocalCurvature,
    columns: IntArray,
    tolerance: float,
) -> None:
    """Let columns whose certificate would hold go on where it says too little; see there."""
    near = columns[walk.violation[columns] <= tolerance]
    near = near[free.are_doubtful(walk.flatness[near], near)]
    if len(near) == 0:
        return
    decrement, is_flat = free.looked_at(walk.theta[:, near], walk.gradient[:, near], near)
    walk.violation[near] = np.maximum(walk.violation[near], decrement)
    walk.flatness[near] = 0.0
    curvature.follows[near[decrement > tolerance]] = True
    for c in near[is_flat & ((decrement > tolerance) | walk.was_separated[near])]:
        walk.status[c] = Status.SEPARATED


def _judge(walk: Walk, columns: IntArray, tolerance: float, *, is_final: bool) -> None:
    """Note the progress of columns at a new point; finish those whose certificate holds."""
    walk.note_progress(columns, _ROUNDING[not is_final] * np.abs(walk.value[columns]))
    for c in walk.unfinished(columns) if is_final else ():
        if walk.violation[c] <= tolerance:
            walk.status[c] = Status.CONVERGED
        elif not np.isfinite(walk.value[c]):
            walk.status[c] = Status.STALLED


def _changed_models(
    walk: Walk, curvature: LocalCurvature, fresh: IntArray, active: IntArray
) -> IntArray:
    """Let columns that make no progress follow their own curvature; return which need a goal.

    Those that make none with it either are done: they stand as near as rounding lets them.
    """
    slow = walk.n_slow[active] > np.maximum(_SLOW, _PATIENCE * curvature.price(active))
    slow |= walk.n_rejections[active] > _TIRED
    follows = curvature.follows[active]
    for c in active[follows & (walk.n_idle[active] > _MOST_IDLE)]:
        walk.status[c] = Status.STALLED
    others = active[slow & ~follows]
    curvature.follows[others] = True
    walk.be_patient(others)
    return walk.unfinished(np.union1d(fresh, others))


def _aim(
    objective: Objective,
    walk: Walk,
    kinks: Kinks,
    curvature: LocalCurvature,
    columns: IntArray,
    also: BoolArray | None,
) -> None:
    """Set each column's goal: the minimiser of its model on its working set."""
    mine, frozen = kinks.take(columns), objective.frozen(columns).T
    theta, gradient = walk.theta[:, columns], walk.gradient[:, columns]
    wanted = _working_sets(theta.T * mine.stretch, violations(theta, gradient, mine), mine, frozen)
    if also is not None:
        wanted |= also[columns] & ~frozen[:, :-1]
    curvature.extend(theta, columns, wanted)
    walk.goal[:, columns] = theta
    walk.step[columns], walk.n_rejections[columns] = 1.0, 0
    set_goals(objective, walk, kinks, curvature, columns)


def _working_sets(
    z: FloatArray, violation: FloatArray, kinks: Kinks, frozen: BoolArray
) -> BoolArray:
    """Return (A, p): features in use, those without penalty, and the worst violators."""
    used = kinks.moves(z) & ~frozen
    used[:, -1] = True  # the intercept, which is not among the features
    wanting = np.where(used, 0.0, violation)
    room = np.maximum(_FIRST_SET, used.sum(axis=1))
    rank = np.argsort(np.argsort(-wanting, axis=1), axis=1)
    chosen = used | ((wanting > 0) & (rank < room[:, None]))
    return (kinks.together(chosen) & ~frozen)[:, :-1]


def _change_to_double(
    objective: Objective, walk: Walk, curvature: LocalCurvature, columns: IntArray
) -> None:
    """Go on in float64 from the goals, or from where they are where a goal is no good."""
    objective.use_double()
    walk.be_patient(columns)
    walk.flatness[columns[walk.flatness[columns] == 0]] = np.inf  # looked at, but elsewhere
    good = walk.n_rejections[columns] == 0
    there = np.where(good, walk.goal[:, columns], walk.theta[:, columns])
    evaluation = objective.evaluate(there, columns)
    limit = walk.value[columns] + _ROUNDING[True] * np.abs(walk.value[columns])
    good = ~good | (evaluation.finite & (evaluation.value <= limit))
    walk.stand(columns[good], there[:, good], evaluation, good)
    back = columns[~good]
    if len(back):
        here = walk.theta[:, back]
        walk.stand(back, here, objective.evaluate(here, back), np.ones(len(back), dtype=bool))


def _try_step(
    objective: Objective,
    walk: Walk,
    conditions: Conditions,
    free: FreeParameters,
    curvature: LocalCurvature,
    columns: IntArray,
) -> IntArray:
    """Visit the rows once with a trial point per column; return the columns that moved."""
    walk.n_slow[columns] += 1
    walk.n_idle[columns] += 1
    step, here, goal = walk.step[columns], walk.theta[:, columns], walk.goal[:, columns]
    trial = np.where(step == 1.0, goal, here + step * (goal - here))
    evaluation = objective.evaluate(trial, columns)
    value = walk.value[columns]
    noise = _ROUNDING[objective.is_single] * np.abs(value)
    with np.errstate(invalid="ignore"):
        bound = value + _ARMIJO * step * walk.gain[columns] + noise
        lower = evaluation.value <= bound
        # A fall that is lost in rounding shows in the gradient.
        violation = conditions.violation(trial, evaluation.gradient, columns)
        nearer = (evaluation.value <= value + _HIDDEN * noise) & (
            violation < walk.violation[columns]
        )
        nearer &= not objective.is_single
        nearer &= -step * walk.gain[columns] <= _HIDDEN * noise
        accepted = evaluation.finite & (lower | nearer)
    moved, stuck = columns[accepted], columns[~accepted]
    move = trial[:, accepted] - here[:, accepted]
    change = evaluation.gradient[:, accepted] - walk.gradient[:, moved]
    change[:-1] -= change_by_penalty(objective, move[:-1], moved)
    curvature.learn(move, change, moved)
    walk.flatness[moved] = free.flatness(move, change, moved)
    walk.stand(moved, trial[:, accepted], evaluation, accepted)
    walk.n_iterations[moved] += 1
    walk.step[stuck] *= _SHORTER
    walk.n_rejections[stuck] += 1
    for c in stuck[walk.n_rejections[stuck] > _MOST_REJECTIONS]:
        walk.status[c] = Status.STALLED
    return moved
