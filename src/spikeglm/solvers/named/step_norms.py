"""Which way is down, for methods that only know the gradient: it depends on how steps are measured.

A gradient step from theta minimises  g·d + |d|²/(2 step)  over d, plus the penalty at theta + d
where that has no gradient. The method is the same whatever |d| is; how fast it is, is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from ...engine.coordinates.correlation import Correlation
from ...engine.objective import Objective as EngineObjective
from ...regularizer.nonsmooth import Kinks
from ...typing import FloatArray, IntArray
from ..contract import Evaluation, Objective
from ..curvature.shared_curvature import Curvature
from ..task import Task, over_rows

_POWER_STEPS = 20  # of the power iteration; its result is a bound that steps adapt to


class Move(NamedTuple):
    """A step d of A columns: where it leads, and its length |d| in the metric."""

    theta: FloatArray  # (p + 1, A)
    squared_length: FloatArray  # (A,)
    force: FloatArray  # (p + 1, A) of which -d is the Riesz representative: |d|² = -force·d


class Metric(Protocol):
    """A measure of steps in which the gradient step can be computed."""

    def differentiable(
        self, theta: FloatArray, evaluation: Evaluation, columns: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return value (A,) and gradient (p + 1, A) of the part that the gradient describes."""
        ...

    def move(
        self, theta: FloatArray, gradient: FloatArray, step: FloatArray, columns: IntArray
    ) -> Move:
        """Take the gradient step from theta (p + 1, A) with step lengths (A,)."""
        ...

    def adapted(self, theta: FloatArray, columns: IntArray) -> Metric:
        """Return the metric that suits the neighbourhood of theta better, if there is one."""
        ...


@dataclass(frozen=True, eq=False)
class CurvatureMetric:
    """|d|² = d' H d with a model H of the curvature: for penalties without kinks.

    In it all features look uncorrelated and of one size, so a step length of one is about right.
    """

    objective: Objective
    curvature: Curvature

    def differentiable(
        self, theta: FloatArray, evaluation: Evaluation, columns: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the objective itself."""
        return evaluation.value, evaluation.gradient

    def move(
        self, theta: FloatArray, gradient: FloatArray, step: FloatArray, columns: IntArray
    ) -> Move:
        """Go -step H⁻¹ g."""
        down = self.curvature.solve(gradient, columns)
        squared = step**2 * np.einsum("pc,pc->c", gradient, down)
        return Move(theta - step * down, squared, step * gradient)

    def adapted(self, theta: FloatArray, columns: IntArray) -> CurvatureMetric:
        """Adapt H to the curvature at theta; one visit of the rows."""
        _, curvature, _ = self.curvature.observed(self.objective, theta, columns)
        return replace(self, curvature=curvature)


@dataclass(frozen=True, eq=False)
class StandardMetric:
    """|d|² = sum of squares, of steps in standard deviations of the features: for sparse penalties.

    Within a group all features are measured in one unit, so that the penalty is a norm here, too,
    and the step that minimises it has a closed form.
    """

    kinks: Kinks

    def differentiable(
        self, theta: FloatArray, evaluation: Evaluation, columns: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the objective without the kinks of the penalty."""
        kinks = self.kinks.take(columns)
        return evaluation.value - kinks.value(theta.T * kinks.stretch), evaluation.gradient

    def move(
        self, theta: FloatArray, gradient: FloatArray, step: FloatArray, columns: IntArray
    ) -> Move:
        """Go down the gradient, then to the minimum of kinks and distance."""
        kinks = self.kinks.take(columns)
        z = theta.T * kinks.stretch
        pace = step[:, None]
        new = kinks.prox(z - pace * gradient.T / kinks.stretch, pace)
        force = (z - new) * kinks.stretch
        return Move((new / kinks.stretch).T, np.sum((new - z) ** 2, axis=1), force.T)

    def adapted(self, theta: FloatArray, columns: IntArray) -> StandardMetric:
        """Return this one."""
        return self


@dataclass(frozen=True, eq=False)
class PlainMetric:
    """|d|² = |dw|² + db² in the user's weights and intercept: the textbook's method.

    It serves those who give a step length, which means nothing in other units.
    """

    objective: EngineObjective
    kinks: Kinks | None

    @classmethod
    def of(cls, objective: EngineObjective) -> PlainMetric:
        """Return the metric for an objective."""
        ones = np.ones(len(objective.features.mean))
        return cls(objective, objective.penalty.kinks(ones, objective.n_columns))

    def differentiable(
        self, theta: FloatArray, evaluation: Evaluation, columns: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the objective without the kinks of the penalty."""
        if self.kinks is None:
            return evaluation.value, evaluation.gradient
        users = np.vstack(self.objective.to_user(theta))
        return evaluation.value - self.kinks.take(columns).value(users.T), evaluation.gradient

    def move(
        self, theta: FloatArray, gradient: FloatArray, step: FloatArray, columns: IntArray
    ) -> Move:
        """Go down the gradient, then to the minimum of kinks and distance."""
        features = self.objective.features
        z = np.vstack(self.objective.to_user(theta))
        by_z = gradient.copy()
        by_z[:-1] = by_z[:-1] * features.scale[:, None] + features.mean[:, None] * gradient[-1]
        by_z[self.objective.frozen(columns)] = 0.0
        new: FloatArray = z - step * by_z
        if self.kinks is not None:
            new = self.kinks.take(columns).prox(new.T, step[:, None]).T
        force = z - new
        force[:-1] -= features.mean[:, None] * force[-1]
        force[:-1] *= features.inverse_scale[:, None]
        there = self.objective.from_user(new[:-1], new[-1])
        return Move(there, np.sum((new - z) ** 2, axis=0), force)

    def adapted(self, theta: FloatArray, columns: IntArray) -> PlainMetric:
        """Return this one."""
        return self


def metric_of(task: Task, *, plain: bool) -> Metric:
    """Return the best metric for a task, or the plain one, in which users give step lengths."""
    objective = task.objective
    if plain:
        return PlainMetric.of(over_rows(task))
    kinks = objective.kinks()
    if kinks is None:
        return CurvatureMetric(objective, task.curvature())
    return StandardMetric(kinks)


def first_step(task: Task, *, batch_rows: float = np.inf) -> FloatArray:
    """Return step lengths (C,) that suit the best metric of a task.

    The inverse of the largest curvature; of the mean loss over a few rows that is larger, since
    (z'z) of a single row is on average the sum of all eigenvalues.
    """
    n = task.objective.n_parameters
    if task.is_smooth:
        return np.full(len(task.h), 1.0 / (1.0 + n / batch_rows))
    largest = _largest_eigenvalue(task.objective.features.correlation)
    return 1.0 / (task.h * (max(largest, 1.0) + n / batch_rows))


def _largest_eigenvalue(R: Correlation) -> float:
    """Return it by power iteration (Golub & Van Loan, Matrix Computations, section 8.2)."""
    v: FloatArray = np.ones(len(R))
    size = 0.0
    for _ in range(_POWER_STEPS):
        v = R @ v
        size = float(np.linalg.norm(v))
        if size == 0:
            break
        v = v / size
    return size
