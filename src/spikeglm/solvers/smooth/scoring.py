"""Newton directions that learn what the curvature at hand leaves out: scoring, accelerated.

Fisher scoring of a penalised likelihood takes the curvature of the likelihood for that of both, and
converges by a constant factor a step, which is near one where events are few. The steps taken tell
what is missing: limited-memory BFGS, whose first matrix is the curvature of the column where it
stands.

Source: Nocedal & Wright, Numerical Optimization (2nd ed.), algorithm 7.4.
"""

from __future__ import annotations

import numpy as np

from ...typing import FloatArray, IntArray
from ..contract import Evaluation, Objective
from .newton import NewtonDirections

_MEMORY = 8  # steps
_CURVED = 1e-8  # of |s| |y|: a step along which the gradient rises less teaches nothing


class ScoringDirections:
    """L-BFGS directions whose first matrix is each column's own, as the objective gives it.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(50, 2))
    >>> model = nmo.GLM(regularizer="Firth").fit(X, np.zeros(50))
    >>> bool(model.fit_report_.result.n_iterations[0] < 20)
    True
    """

    is_exact = True

    def __init__(self, objective: Objective) -> None:
        self._newton = NewtonDirections(objective)
        shape = _MEMORY, objective.n_parameters, objective.n_columns
        self._steps, self._changes = np.zeros(shape), np.zeros(shape)
        self._weights = np.zeros((_MEMORY, objective.n_columns))  # 1 / s'y, zero for none

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Evaluate a trial point together with its curvature."""
        return self._newton.evaluate(theta, active)

    def propose(self, gradient: FloatArray, active: IntArray) -> FloatArray:
        """Return a descent direction (p + 1, A)."""
        steps, changes = self._steps[:, :, active], self._changes[:, :, active]
        weights, taken = self._weights[:, active], []
        q = gradient
        for s, y, rho in zip(steps[::-1], changes[::-1], weights[::-1], strict=True):
            along = rho * (s * q).sum(axis=0)
            q = q - along * y
            taken.append(along)
        direction = self._newton.propose(q, active)
        for s, y, rho, along in zip(steps, changes, weights, taken[::-1], strict=True):
            direction = direction - s * (along + rho * (y * direction).sum(axis=0))
        # The decrement is never less than that by the curvature at hand alone.
        plain = self._newton.propose(gradient, active)
        leads_as_far = (gradient * (direction - plain)).sum(axis=0) <= 0
        return np.where(leads_as_far, direction, plain)

    def decrement(
        self, gradient: FloatArray, direction: FloatArray, active: IntArray
    ) -> FloatArray:
        """Return sqrt(g' B⁻¹ g), (A,), B the curvature with or without what was learned."""
        return self._newton.decrement(gradient, direction, active)

    def learn(self, step: FloatArray, change: FloatArray, active: IntArray) -> None:
        """Note accepted steps and the change of gradient along them; both (p + 1, A)."""
        product = (step * change).sum(axis=0)
        size = np.linalg.norm(step, axis=0) * np.linalg.norm(change, axis=0)
        teaches = product > _CURVED * size
        some = active[teaches]
        for memory, new in ((self._steps, step[:, teaches]), (self._changes, change[:, teaches])):
            memory[:-1, :, some] = memory[1:, :, some]
            memory[-1, :, some] = new.T  # advanced indices come first
        self._weights[:-1, some] = self._weights[1:, some]
        self._weights[-1, some] = 1.0 / product[teaches]
