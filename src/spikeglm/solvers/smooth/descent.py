"""The one driver loop of the smooth solvers: how far to go, when to stop, which columns are left.

Every column walks by itself. Each visit of the rows evaluates one trial point per unfinished
column; a column that accepts it asks for a new direction, a column that does not shortens its
step (and after the second time tries several at once), and a column whose certificate holds drops
out. The unit step is nearly always accepted, so a visit is an iteration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...typing import BoolArray, FloatArray, IntArray
from ..contract import FLAT, Direction, Evaluation, Objective, Outcome, Report, Status
from .line_search import Trials

_ARMIJO = 1e-4  # Nocedal & Wright, eq. 3.6
_CURVATURE = 0.9  # their eq. 3.6b, where values are equal but for rounding
_ROUNDING = {True: 1e-6, False: 1e-13}  # relative noise of the objective: float32, float64 products
_EPS = {True: np.finfo(np.float32).eps, False: np.finfo(np.float64).eps}
_SINGLE_IS_ENOUGH = 1e-5  # units: a decrement down to which float32 products are accurate
_MOST_IDLE = 25  # visits without a fall of the objective beyond rounding, or of the decrement
_TIRED = 3  # rejections or idle visits in float32 after which float64 takes over
_HIDDEN = 1e6  # times its noise: what the objective promises to fall by may then not show
_OFTEN = 2  # rejections of a step, from which shorter ones are tried in the same visit
_NEARER = 0.9  # share of the lowest decrement that counts as a fall of it
_NEARLY_DONE = 1e-3  # decrements: Newton's next step squares them


@dataclass
class _Walk:
    """Where each of the C columns stands."""

    theta: FloatArray  # (p + 1, C) accepted points
    value: FloatArray  # (C,)
    gradient: FloatArray  # (p + 1, C)
    direction: FloatArray  # (p + 1, C)
    slope: FloatArray  # (C,) derivative along the direction, < 0
    step: FloatArray  # (C,) trial step length
    decrement: FloatArray  # (C,)
    lowest: FloatArray  # (C,) decrement so far
    row_slope: FloatArray  # (C,) typical derivative of a row's loss by the linear predictor
    n_iterations: IntArray  # (C,)
    n_rejections: IntArray  # (C,) of the current step
    n_idle: IntArray  # (C,) visits since the objective or the decrement last fell
    status: list[Status | None]  # None while walking


def minimise(
    objective: Objective,
    direction: Direction,
    start: FloatArray,
    *,
    tolerance: float,
    unit: FloatArray,
    max_passes: int,
    h: FloatArray,
    report: Report = lambda passes, left, worst: None,
) -> Outcome:
    """Minimise all columns until each one's Newton decrement is below the tolerance.

    Parameters
    ----------
    objective :
        The column problems.
    direction :
        Where to go: :class:`LBFGS` or :class:`Newton`.
    start :
        (p + 1, C) first point.
    tolerance :
        On the Newton decrement.
    unit :
        (C,) in which each column's decrement is measured.
    max_passes :
        Visits of the rows after which unfinished columns get :attr:`Status.LIMIT`.
    h :
        (C,) typical curvature of the loss per row, against which flatness is judged.
    report :
        Called after each visit.

    Examples
    --------
    It is what ``fit`` calls:

    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> nmo.GLM(solver_kwargs={"tol": 1e-12}).fit(X, y).fit_report_.result.decrement < 1e-12
    array([ True])
    """
    everything = np.arange(objective.n_columns)
    enough = unit * max(tolerance, _SINGLE_IS_ENOUGH)
    wanted = unit * tolerance
    walk = _begin(objective, direction, start, unit * np.sqrt(h))
    active = everything
    fresh = everything  # columns that need a direction
    while len(active) and objective.n_passes < max_passes:
        _aim(objective, direction, walk, fresh, wanted, h)
        waiting = (walk.decrement <= enough) | _is_tired(walk)
        active = np.array([c for c in active if walk.status[c] is None], dtype=np.intp)
        if objective.is_single and len(active) and waiting[active].all():
            _change_to_double(objective, direction, walk, active)
            fresh = active
            continue
        moving = active[~waiting[active]] if objective.is_single else active
        if len(moving) == 0:
            break
        fresh = _try_step(objective, direction, walk, moving)
        report(objective.n_passes, len(active), float(walk.decrement[active].max()))
    else:  # out of passes: certify the points that were reached last
        _aim(objective, direction, walk, fresh, wanted, h)
    status = tuple(Status.LIMIT if s is None else s for s in walk.status)
    return Outcome(
        walk.theta,
        walk.value,
        walk.decrement,
        direction.is_exact,
        status,
        walk.n_iterations,
        objective.n_passes,
    )


def _begin(
    objective: Objective, direction: Direction, start: FloatArray, row_slope: FloatArray
) -> _Walk:
    n = objective.n_columns
    evaluation = direction.evaluate(start, np.arange(n))
    return _Walk(
        theta=start.copy(),
        value=evaluation.value,
        gradient=evaluation.gradient,
        direction=np.zeros_like(start),
        slope=np.zeros(n),
        step=np.ones(n),
        decrement=np.full(n, np.inf),
        lowest=np.full(n, np.inf),
        row_slope=row_slope,
        n_iterations=np.zeros(n, dtype=np.intp),
        n_rejections=np.zeros(n, dtype=np.intp),
        n_idle=np.zeros(n, dtype=np.intp),
        status=[None] * n,
    )


def _change_to_double(
    objective: Objective, direction: Direction, walk: _Walk, columns: IntArray
) -> None:
    """Go on in double precision from where the next step leads.

    Near the optimum that step is sound, and evaluating it saves evaluating the point before it
    again. Columns that gave up in float32, or whose step leads up, start over from where they are;
    so do those that began near the optimum, which float32 may not tell from it.
    """
    objective.use_double()
    tired = _is_tired(walk)[columns] | (walk.n_iterations[columns] == 0)
    move = np.where(tired, 0.0, walk.step[columns] * walk.direction[:, columns])
    noise = _noise(walk, columns, is_single=True)
    there = direction.evaluate(walk.theta[:, columns] + move, columns)
    sound = tired | (there.finite & (there.value <= walk.value[columns] + noise))
    _stand(walk, columns[sound], move[:, sound], there, sound)
    if not sound.all():
        back = columns[~sound]
        here = direction.evaluate(walk.theta[:, back], back)
        _stand(walk, back, np.zeros((len(move), len(back))), here, np.ones(len(back), dtype=bool))


def _stand(
    walk: _Walk, columns: IntArray, move: FloatArray, evaluation: Evaluation, which: BoolArray
) -> None:
    walk.theta[:, columns] += move
    walk.value[columns] = evaluation.value[which]
    walk.gradient[:, columns] = evaluation.gradient[:, which]
    walk.n_rejections[columns] = walk.n_idle[columns] = 0


def _aim(
    objective: Objective,
    direction: Direction,
    walk: _Walk,
    columns: IntArray,
    tolerance: FloatArray,
    h: FloatArray,
) -> None:
    """Give columns at a new point a direction; finish those whose certificate holds."""
    if len(columns) == 0:
        return
    gradient = walk.gradient[:, columns]
    D = direction.propose(gradient, columns)
    slope = np.einsum("pc,pc->c", gradient, D)
    walk.direction[:, columns], walk.slope[columns] = D, slope
    walk.step[columns], walk.n_rejections[columns] = 1.0, 0
    walk.decrement[columns] = np.sqrt(np.abs(slope))
    if not objective.is_single:
        # Near the optimum the objective falls by less than its rounding long before the slope does.
        nearer = columns[walk.decrement[columns] < _NEARER * walk.lowest[columns]]
        walk.lowest[nearer], walk.n_idle[nearer] = walk.decrement[nearer], 0
    near = walk.decrement[columns] < _NEARLY_DONE
    flat = np.zeros(len(columns), dtype=bool)
    flat[near] = _flatness(objective, D[:, near], slope[near], h[columns[near]]) > FLAT
    for c, is_flat in zip(columns, flat, strict=True):
        if is_flat:
            walk.status[c] = Status.SEPARATED
        elif not (np.isfinite(walk.value[c]) and walk.slope[c] <= 0):
            if objective.is_single:  # float64 may reach further
                walk.n_idle[c] = _TIRED + 1
            else:
                walk.status[c] = Status.STALLED  # no value to improve on, or no way down
    if not objective.is_single:
        _finish(direction, walk, columns, gradient, tolerance)


def _finish(
    direction: Direction,
    walk: _Walk,
    columns: IntArray,
    gradient: FloatArray,
    tolerance: FloatArray,
) -> None:
    """Stop columns whose step has no more to offer: at the optimum, if that is all there is."""
    left = walk.decrement[columns] <= tolerance[columns]
    left &= np.array([walk.status[c] is None for c in columns], dtype=bool)
    if not left.any():
        return
    done = columns[left]
    walk.decrement[done] = direction.decrement(gradient[:, left], walk.direction[:, done], done)
    for c in done:
        is_all = walk.decrement[c] <= tolerance[c]
        walk.status[c] = Status.CONVERGED if is_all else Status.STALLED


def _flatness(objective: Objective, D: FloatArray, slope: FloatArray, h: FloatArray) -> FloatArray:
    """Return the typical curvature over the curvature along D.

    Where some features predict the response perfectly the loss falls for ever, ever more slowly:
    directions then lead far in units of the features while their curvature vanishes.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(slope < 0, h * objective.spread(D) / -slope, 0.0)


def _is_tired(walk: _Walk) -> BoolArray:
    """Return (C,) True for columns that float32 products bring no further."""
    return (walk.n_rejections > _TIRED) | (walk.n_idle > _TIRED)


def _try_step(
    objective: Objective, direction: Direction, walk: _Walk, columns: IntArray
) -> IntArray:
    """Visit the rows once with a trial point or more per column; return the columns that moved."""
    trials = _trials(objective, direction, walk, columns)
    of, step = columns[trials.which], trials.step
    move = step * walk.direction[:, of]
    there = direction.evaluate(walk.theta[:, of] + move, of)
    slope_there = np.einsum("pc,pc->c", there.gradient, walk.direction[:, of])
    slope, value = walk.slope[of], walk.value[of]
    noise = _noise(walk, of, is_single=objective.is_single)
    with np.errstate(invalid="ignore"):
        lower = there.value <= value + _ARMIJO * step * slope
        same = (there.value <= value + noise) & (np.abs(slope_there) <= -_CURVATURE * slope)
        same &= -step * slope <= _HIDDEN * noise
    best, accepted = trials.lowest(there.value, there.finite & (lower | same))
    moved, chosen = columns[accepted], best[accepted]
    _count_idle(walk, columns, accepted & (value[best] - there.value[best] > noise[best]))
    change = there.gradient[:, chosen] - walk.gradient[:, moved]
    walk.theta[:, moved] += move[:, chosen]
    walk.value[moved] = there.value[chosen]
    walk.gradient[:, moved] = there.gradient[:, chosen]
    walk.n_iterations[moved] += 1
    direction.learn(move[:, chosen], change, moved)
    if not accepted.all():
        stuck, last = columns[~accepted], trials.shortest[~accepted]
        walk.step[stuck] = _shorter(step[last], slope[last], slope_there[last], there.finite[last])
        walk.n_rejections[stuck] += 1
    return moved


def _noise(walk: _Walk, columns: IntArray, *, is_single: bool) -> FloatArray:
    """Return by how much the objective may be off, (A,).

    It is a sum that rounds. And where large weights cancel each other, as those of features that
    are nearly the same, it is the loss at linear predictors that have lost digits.
    """
    cancelled = np.abs(walk.theta[:, columns]).sum(axis=0) * walk.row_slope[columns]
    return _ROUNDING[is_single] * np.abs(walk.value[columns]) + _EPS[is_single] * cancelled


def _trials(objective: Objective, direction: Direction, walk: _Walk, columns: IntArray) -> Trials:
    """Return the steps to try: also shorter ones, where the last have often been rejected."""
    own = Trials.of(walk.step[columns])
    often = np.flatnonzero(walk.n_rejections[columns] >= _OFTEN)
    if direction.is_exact or len(often) == 0:
        return own
    moves = np.sqrt(objective.spread(walk.direction[:, columns[often]]))
    return own.with_shorter(often, moves)


def _count_idle(walk: _Walk, columns: IntArray, improved: BoolArray) -> None:
    """Give up on columns that have come no nearer for many visits."""
    walk.n_idle[columns] = np.where(improved, 0, walk.n_idle[columns] + 1)
    for c in columns[walk.n_idle[columns] > _MOST_IDLE]:
        walk.status[c] = Status.STALLED


def _shorter(
    step: FloatArray, slope: FloatArray, slope_there: FloatArray, finite: BoolArray
) -> FloatArray:
    """Return the step at which the derivative along the direction should vanish (secant rule)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        secant = step * slope / (slope - slope_there)
    usable = finite & np.isfinite(secant)
    return np.clip(np.where(usable, secant, 0.25 * step), 0.1 * step, 0.6 * step)
