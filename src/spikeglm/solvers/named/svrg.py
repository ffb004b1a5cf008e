"""Stochastic gradients whose noise vanishes at the optimum.

An epoch starts from an anchor, whose gradient over all rows is known. Each inner step takes the
gradient over a few rows at the current point, less that at the anchor, plus the full one: right on
average, and ever less noisy as both points approach the optimum. The last point is the next anchor.

Source: Johnson & Zhang (2013), NeurIPS 26; Xiao & Zhang (2014), SIAM J Optim 24:2057-75, where the
penalty has no gradient.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ... import showing
from ...engine.minibatches import minibatches
from ...engine.objective import Objective
from ...io.interop.random_keys import as_generator
from ...typing import FloatArray, IntArray
from ..certificate import Ledger, judge_of
from ..contract import Evaluation, Outcome
from ..solver_settings import check_settings
from ..task import Task, over_rows
from .step_norms import Metric, first_step, metric_of

_TOLERANCE, _KKT_TOLERANCE = 1e-8, 1e-6
_FEWEST_ROWS = 32  # of a mini-batch: fewer are mostly Python
_SHORTER, _A_LITTLE_SHORTER, _LONGER = 0.5, 0.7, 1.1  # epoch up, no nearer, nearer
_ADAPT_AT = 2  # epochs, when points are near enough for their curvature to be the optimum's
_MOST_REJECTIONS = 40  # halvings of a step
_ROUNDING = 1e-13  # of an objective, relative
_SEED = 123  # the same fit for the same data; ``key`` takes another


@dataclass(frozen=True)
class SVRG:
    """Stochastic variance-reduced gradient steps, for penalties that are smooth (or none).

    The rows are read block by block in random order. Features are centred and decorrelated
    internally; each neuron's step length adapts from epoch to epoch, and an epoch that leads up is
    taken back: nothing needs to be tuned.

    Parameters
    ----------
    tol :
        On the Newton decrement (KKT violation for penalties that are not smooth); None means 1e-8
        (1e-6).
    maxiter :
        Epochs, each of which visits all rows twice.
    stepsize :
        None, or a number <= 0: adapted. Otherwise the fixed length of steps in the units of your
        features; see :func:`svrg_optimal_batch_and_stepsize`.
    batch_size :
        Rows per inner step; None takes as many as there are parameters, but 32 or more.
    key :
        Of the order of the rows: an int, a NumPy Generator or a JAX key; None means 123.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> nmo.GLM(solver_name="SVRG").fit(X, y).fit_report_.status
    ('converged',)
    """

    tol: float | None = None
    maxiter: int = 1_000
    stepsize: float | None = None
    batch_size: int | None = None
    key: Any = None

    no_effect: ClassVar[tuple[str, ...]] = ()

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        return _solve(self, task)


@dataclass(frozen=True)
class ProxSVRG:
    """:class:`SVRG` whose steps end at the minimum of penalty and distance: also for sparse ones.

    Parameters
    ----------
    tol, maxiter, stepsize, batch_size, key :
        See :class:`SVRG`.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> model = nmo.GLM(regularizer="Lasso", regularizer_strength=0.1, solver_name="ProxSVRG")
    >>> model.fit(X, y).coef_.round(2)
    array([0.83, 0.  ])
    """

    tol: float | None = None
    maxiter: int = 1_000
    stepsize: float | None = None
    batch_size: int | None = None
    key: Any = None

    no_effect: ClassVar[tuple[str, ...]] = ()

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        return _solve(self, task)


@dataclass
class _Walk:
    """Where each of the C columns stands: its anchor, and what is known there."""

    anchor: FloatArray  # (p + 1, C)
    value: FloatArray  # (C,)
    gradient: FloatArray  # (p + 1, C)
    step: FloatArray  # (C,)
    n_rejections: IntArray  # (C,) of the current epoch


def _solve(settings: SVRG | ProxSVRG, task: Task) -> Outcome:
    objective = over_rows(task)
    objective.use_double()
    rng = as_generator(_SEED if settings.key is None else settings.key)
    batch_size = settings.batch_size or max(_FEWEST_ROWS, objective.n_parameters)
    is_fixed = settings.stepsize is not None and settings.stepsize > 0
    tolerance = settings.tol or (_TOLERANCE if task.is_smooth else _KKT_TOLERANCE)
    metric = metric_of(task, plain=is_fixed)
    ledger = Ledger(task, judge_of(task, tolerance))
    longest = first_step(task, batch_rows=batch_size)
    walk = _begin(task, longest / 2, settings.stepsize if is_fixed else None)
    ledger.settle(walk.anchor, walk.gradient, ledger.active)
    for epoch in range(settings.maxiter):
        active = ledger.active
        if len(active) == 0:
            break
        if epoch == _ADAPT_AT and not is_fixed:
            metric = metric.adapted(walk.anchor[:, active], active)
        batches = minibatches(objective, rng, batch_size=batch_size)
        trial = _epoch(metric, batches, walk, active)
        moved = _take(walk, trial, objective.evaluate(trial, active), active, is_fixed=is_fixed)
        before = ledger.decrement[moved]
        ledger.n_iterations[moved] += 1
        ledger.settle(walk.anchor, walk.gradient, moved)
        if not is_fixed:
            nearer = ledger.decrement[moved] < before
            walk.step[moved] *= np.where(nearer, _LONGER, _A_LITTLE_SHORTER)
            walk.step[active] = np.minimum(walk.step[active], longest[active])
        ledger.give_up(active[walk.n_rejections[active] > _MOST_REJECTIONS])
        task.report(objective.n_passes, len(ledger.active), float(ledger.decrement.max()))
    return ledger.closed(walk.anchor)


def _begin(task: Task, step: FloatArray, fixed: float | None) -> _Walk:
    everything = np.arange(len(step))
    evaluation = task.objective.evaluate(task.start, everything)
    return _Walk(
        task.start.copy(),
        evaluation.value,
        evaluation.gradient,
        step if fixed is None else np.full(len(step), float(fixed)),
        np.zeros(len(step), dtype=np.intp),
    )


def _epoch(
    metric: Metric, batches: Iterable[Objective], walk: _Walk, columns: IntArray
) -> FloatArray:
    """Return where an epoch of inner steps leads from the anchors, (p + 1, A)."""
    anchor, step = walk.anchor[:, columns], walk.step[columns]
    theta, twice = anchor, np.tile(columns, 2)
    for batch in batches:
        points = np.hstack([theta, anchor])
        evaluation = batch.evaluate(points, twice)
        here, there = np.hsplit(evaluation.gradient, 2)
        estimate = walk.gradient[:, columns] + here - there
        theta = metric.move(theta, estimate, step, columns).theta
    return theta


def _take(
    walk: _Walk, trial: FloatArray, there: Evaluation, columns: IntArray, *, is_fixed: bool
) -> IntArray:
    """Make the trial points the next anchors, but where they lie higher; return who moved."""
    value = walk.value[columns]
    lower = there.value <= value + _ROUNDING * np.abs(value)
    accepted = there.finite & (lower | is_fixed)
    moved, stuck = columns[accepted], columns[~accepted]
    walk.anchor[:, moved] = trial[:, accepted]
    walk.value[moved], walk.gradient[:, moved] = there.value[accepted], there.gradient[:, accepted]
    walk.n_rejections[moved] = 0
    walk.n_rejections[stuck] += _MOST_REJECTIONS + 1 if is_fixed else 1
    walk.step[stuck] *= _SHORTER
    return moved
