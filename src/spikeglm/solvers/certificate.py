"""How far a point is from the optimum, whoever found it: the same certificate for every solver.

A solver asks for a cheap estimate while it walks. Where the estimate is small enough, one visit of
the rows confirms it with the curvature found there. That verdict is what a fit reports.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from ..typing import BoolArray, FloatArray, IntArray
from .contract import FLAT, Evaluation, Outcome, Status
from .curvature.shared_curvature import Curvature
from .smooth.newton import NewtonDirections
from .sparse.free_parameters import FreeParameters
from .sparse.optimality import Conditions
from .task import Task

_MOST_VISITS = 100.0  # that a look at parameters without a kink may cost at the end


class Verdict(NamedTuple):
    """What a visit of the rows says of A columns."""

    value: FloatArray  # (A,) objective
    decrement: FloatArray  # (A,) Newton decrement, or largest violation
    is_flat: BoolArray  # (A,) whether the objective falls for ever, ever more slowly


class Judge(Protocol):
    """Measures the distance to the optimum."""

    @property
    def is_exact(self) -> bool:
        """Whether verdicts rest on each column's own curvature."""
        ...

    @property
    def tolerance(self) -> FloatArray:
        """(C,) what the certificate of each column must not exceed."""
        ...

    def estimate(self, theta: FloatArray, gradient: FloatArray, columns: IntArray) -> FloatArray:
        """Return the certificate (A,) as far as it is known without a visit of the rows."""
        ...

    def confirm(self, theta: FloatArray, columns: IntArray) -> Verdict:
        """Return the certificate at points theta (p + 1, A), from a visit of the rows."""
        ...


class DecrementJudge:
    """The Newton decrement sqrt(g' H⁻¹ g), for smooth penalties.

    H is a model of the curvature, adapted to each column at the points that are confirmed; where
    Hessians cost next to nothing, verdicts use those.
    """

    def __init__(self, task: Task, tolerance: float) -> None:
        self._objective, self._h = task.objective, task.h
        self.curvature: Curvature = task.curvature()
        self._newton = NewtonDirections(task.objective) if task.hessians_are_cheap else None
        self.is_exact = self._newton is not None
        self.unit, self.tolerance = task.unit, tolerance * task.unit

    def step(self, theta: FloatArray, columns: IntArray) -> FloatArray:
        """Return the step (p + 1, A) that the curvature at points theta asks for, from a visit."""
        return self._step(theta, columns)[1]

    def estimate(self, theta: FloatArray, gradient: FloatArray, columns: IntArray) -> FloatArray:
        """Return sqrt(g' H⁻¹ g) with H as last seen."""
        step = self.curvature.solve(gradient, columns)
        return np.sqrt(np.abs(np.einsum("pc,pc->c", gradient, step)))

    def confirm(self, theta: FloatArray, columns: IntArray) -> Verdict:
        """Look at the curvature there, and return the decrement."""
        evaluation, step = self._step(theta, columns)
        slope = np.einsum("pc,pc->c", evaluation.gradient, step)
        with np.errstate(divide="ignore", invalid="ignore"):
            flatness = self._h[columns] * self._objective.spread(step) / -slope
        is_flat = (slope < 0) & (flatness > FLAT)
        decrement = np.sqrt(np.abs(slope))
        if self._newton is not None:
            decrement = self._newton.decrement(evaluation.gradient, step, columns)
        decrement = np.where(evaluation.finite, decrement, np.inf)
        return Verdict(evaluation.value, decrement, is_flat)

    def _step(self, theta: FloatArray, columns: IntArray) -> tuple[Evaluation, FloatArray]:
        if self._newton is not None:
            evaluation = self._newton.evaluate(theta, columns)
            return evaluation, self._newton.propose(evaluation.gradient, columns)
        evaluation, self.curvature, _ = self.curvature.observed(self._objective, theta, columns)
        return evaluation, -self.curvature.solve(evaluation.gradient, columns)


class ViolationJudge:
    """The violation of the optimality (KKT) conditions, for penalties with kinks."""

    is_exact = True

    def __init__(self, task: Task, tolerance: float) -> None:
        self._objective = task.objective
        self._conditions = Conditions.of(task.objective, task.row_slope)
        self._free = FreeParameters.of(task.objective, task.row_slope, task.unit)
        self.tolerance = np.full(task.objective.n_columns, tolerance)

    def estimate(self, theta: FloatArray, gradient: FloatArray, columns: IntArray) -> FloatArray:
        """Return the largest violation, each relative to its strength."""
        return self._conditions.violation(theta, gradient, columns)

    def confirm(self, theta: FloatArray, columns: IntArray) -> Verdict:
        """Return the violation there; of what has no kink the decrement, where that says more."""
        evaluation = self._objective.evaluate(theta, columns)
        violation = self.estimate(theta, evaluation.gradient, columns)
        is_flat = np.zeros(len(columns), dtype=bool)
        near = np.flatnonzero(
            (violation <= self.tolerance[columns]) & (self._free.price[columns] <= _MOST_VISITS)
        )
        if len(near):
            decrement, flat = self._free.looked_at(
                theta[:, near], evaluation.gradient[:, near], columns[near]
            )
            is_flat[near] = flat & (decrement > self.tolerance[columns[near]])
            violation[near] = np.maximum(violation[near], decrement)
        violation = np.where(evaluation.finite, violation, np.inf)
        return Verdict(evaluation.value, violation, is_flat & evaluation.finite)


def judge_of(task: Task, tolerance: float) -> Judge:
    """Return who measures the distance to the optimum of this task."""
    is_smooth = task.objective.kinks() is None
    return DecrementJudge(task, tolerance) if is_smooth else ViolationJudge(task, tolerance)


class Ledger:
    """The columns of a solve: which are done, and with what verdict."""

    def __init__(self, task: Task, judge: Judge) -> None:
        n = task.objective.n_columns
        self._task, self._judge = task, judge
        self.value, self.decrement = np.full(n, np.nan), np.full(n, np.inf)
        self.status: list[Status | None] = [None] * n
        self.n_iterations = np.zeros(n, dtype=np.intp)

    @property
    def active(self) -> IntArray:
        """The columns without a status."""
        return np.array([c for c, s in enumerate(self.status) if s is None], dtype=np.intp)

    def settle(self, theta: FloatArray, gradient: FloatArray, columns: IntArray) -> None:
        """Finish those columns whose certificate holds at theta (p + 1, C)."""
        estimate = self._judge.estimate(theta[:, columns], gradient[:, columns], columns)
        self.decrement[columns] = estimate
        self.confirm(theta, columns[estimate <= self._judge.tolerance[columns]])

    def confirm(self, theta: FloatArray, columns: IntArray) -> None:
        """Take the verdict on some columns, from a visit of the rows."""
        if len(columns) == 0:
            return
        verdict = self._judge.confirm(theta[:, columns], columns)
        self.value[columns], self.decrement[columns] = verdict.value, verdict.decrement
        for c, decrement, is_flat in zip(columns, verdict.decrement, verdict.is_flat, strict=True):
            if is_flat:
                self.status[c] = Status.SEPARATED
            elif decrement <= self._judge.tolerance[c]:
                self.status[c] = Status.CONVERGED
            elif not np.isfinite(decrement):
                self.status[c] = Status.STALLED

    def give_up(self, columns: IntArray) -> None:
        """Note columns that the solver brings no further."""
        for c in columns:
            self.status[c] = self.status[c] or Status.INEXACT

    def closed(self, theta: FloatArray) -> Outcome:
        """Certify the columns that did not finish where they are, and return the outcome."""
        before = tuple(self.status)
        left = [c for c, status in enumerate(before) if status in (None, Status.INEXACT)]
        for c in left:
            self.status[c] = None
        self.confirm(theta, np.array(left, dtype=np.intp))
        final = [new or old or Status.LIMIT for new, old in zip(self.status, before, strict=True)]
        return Outcome(
            theta,
            self.value,
            self.decrement,
            self._judge.is_exact,
            tuple(final),
            self.n_iterations,
            self._task.objective.n_passes,
        )
