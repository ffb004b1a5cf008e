"""Limited-memory BFGS for many columns at once, preconditioned by the curvature they share.

Source: Nocedal & Wright, Numerical Optimization (2nd ed.), algorithm 7.4; the initial matrix H0 is
the inverse of a :class:`Curvature`, rescaled by their eq. 7.20 in its metric.
"""

from __future__ import annotations

import numpy as np

from ...typing import FloatArray, IntArray
from ..contract import Evaluation, Objective
from ..curvature.shared_curvature import Curvature

_MEMORY = 20  # steps remembered, each two numbers per coefficient
_ADAPT_AT_VISITS = {3, 10, 30, 60, 100}


class LBFGSDirections:
    """Quasi-Newton directions.

    Each column has steps of its own. A visit writes one slot of the memory; a column that took no
    step in that visit leaves its slot empty (``inverse_sy`` = 0), which adds nothing.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> nmo.GLM(solver_name="LBFGS").fit(X, y).fit_report_.n_passes < 15
    True
    """

    is_exact = False

    def __init__(
        self, objective: Objective, curvature: Curvature, *, memory_size: int = _MEMORY
    ) -> None:
        self._objective, self._curvature, self._memory = objective, curvature, memory_size
        shape = (memory_size, objective.n_parameters, objective.n_columns)
        self._steps, self._changes = np.zeros(shape), np.zeros(shape)
        self._inverse_sy = np.zeros((memory_size, objective.n_columns))
        self._scale = np.ones(objective.n_columns)
        self._n_visits = self._n_pairs = 0

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Evaluate a trial point; early on, and in long walks again, adapt the shared curvature.

        The third visit is the first whose points lie near the optimum, and later is too late for
        most of the gain (docs/decisions/0002-solver.md).
        """
        self._n_visits += 1
        if self._n_visits not in _ADAPT_AT_VISITS:
            return self._objective.evaluate(theta, active)
        evaluation, self._curvature, adapted = self._curvature.observed(
            self._objective, theta, active
        )
        self._scale[adapted] = 1.0
        return evaluation

    def propose(self, gradient: FloatArray, active: IntArray) -> FloatArray:
        """Return -H⁻¹ g by the two-loop recursion, (p + 1, A)."""
        q = gradient.copy()
        all_columns = len(active) == self._steps.shape[2]
        mine = slice(None) if all_columns else active  # views where nothing is left out
        pairs = [
            (self._steps[k][:, mine], self._changes[k][:, mine], self._inverse_sy[k][mine])
            for k in self._newest_first()
        ]
        alphas = []
        for step, change, inverse_sy in pairs:
            alpha = inverse_sy * _dot(step, q)
            q -= alpha * change
            alphas.append(alpha)
        r = self._scale[active] * self._curvature.solve(q, active)
        for (step, change, inverse_sy), alpha in zip(
            reversed(pairs), reversed(alphas), strict=True
        ):
            r += step * (alpha - inverse_sy * _dot(change, r))
        return -r

    def decrement(
        self, gradient: FloatArray, direction: FloatArray, active: IntArray
    ) -> FloatArray:
        """Return sqrt(g' H⁻¹ g), (A,), for the inverse curvature of the direction."""
        return np.sqrt(np.abs(_dot(gradient, direction)))

    def learn(self, step: FloatArray, change: FloatArray, active: IntArray) -> None:
        """Store the accepted steps (p + 1, A) and their changes of gradient."""
        slot = self._n_pairs % self._memory
        self._n_pairs += 1
        sy = _dot(step, change)
        usable = sy > 1e-12 * np.sqrt(_dot(step, step) * _dot(change, change))
        self._inverse_sy[slot] = 0.0
        columns = active[usable]
        self._steps[slot][:, columns] = step[:, usable]
        self._changes[slot][:, columns] = change[:, usable]
        self._inverse_sy[slot, columns] = 1.0 / sy[usable]
        metric = _dot(change, self._curvature.solve(change, active))
        self._scale[columns] = sy[usable] / metric[usable]

    def _newest_first(self) -> list[int]:
        filled = min(self._n_pairs, self._memory)
        return [(self._n_pairs - 1 - k) % self._memory for k in range(filled)]


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the sum over rows of a·b (p, C), (C,)."""
    if a.shape[1] == 1:  # a third of the time, and hundreds of these are in a fit of milliseconds
        return a.T.dot(b)[0]
    return np.einsum("pc,pc->c", a, b)
