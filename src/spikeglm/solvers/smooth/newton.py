"""Newton's method: each column's own curvature, for few features or few columns.

Its decrement is exact, and the last Hessian is what standard errors need.
Source: Boyd & Vandenberghe, Convex Optimization, section 9.5.
"""

from __future__ import annotations

import numpy as np

from ...typing import FloatArray, IntArray
from ..contract import Evaluation, Objective

_SINGULAR = 1e-14  # relative eigenvalue that counts as none
_DOUBTFUL = 1e-12  # pivot that may be rounding, of either sign


class NewtonDirections:
    """Newton directions; where the Hessian is indefinite its eigenvalues are made positive.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> nmo.GLM(solver_name="Newton").fit(X, y).fit_report_.n_passes < 10
    True
    """

    is_exact = True

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        n = objective.n_parameters
        self._hessian = np.zeros((objective.n_columns, n, n))
        self._trial = self._hessian

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Evaluate a trial point together with its Hessian; one pass."""
        evaluation, hessian = self._objective.evaluate_with_hessian(theta, active)
        usable = evaluation.finite & np.isfinite(hessian).all(axis=(1, 2))
        self._hessian[active[usable]] = hessian[usable]
        return evaluation

    def propose(self, gradient: FloatArray, active: IntArray) -> FloatArray:
        """Return -H⁻¹ g, (p + 1, A)."""
        H = self._hessian[active]
        # In units in which the diagonal is one: a strong penalty on one feature hides no other.
        unit = np.sqrt(np.abs(np.diagonal(H, axis1=1, axis2=2)))
        unit[unit == 0] = 1.0
        H = H / (unit[:, :, None] * unit[:, None, :])
        direction = _direction(H, gradient / unit.T) / unit.T
        return np.where(self._objective.frozen(active), 0.0, direction)

    def learn(self, step: FloatArray, change: FloatArray, active: IntArray) -> None:
        """Nothing to remember: the next Hessian replaces the last."""


def _direction(H: FloatArray, gradient: FloatArray) -> FloatArray:
    """Return -H⁻¹ g, (p + 1, A), for H (A, p + 1, p + 1) whose diagonal is one or minus one."""
    try:
        factor = np.linalg.cholesky(H)
        pivots = np.diagonal(factor, axis1=1, axis2=2) ** 2
        if (pivots < _DOUBTFUL * H.shape[-1]).any():
            raise np.linalg.LinAlgError
        return -np.linalg.solve(H, gradient.T[:, :, None])[:, :, 0].T
    except np.linalg.LinAlgError:
        return _positive_direction(H, gradient)


def _positive_direction(H: FloatArray, gradient: FloatArray) -> FloatArray:
    """Return -|H|⁻¹ g: eigenvalues by absolute value, those that are zero as large as the largest.

    A direction without curvature is not one without slope: at the edge of a link's domain the loss
    falls along it in a straight line. Left out, that slope would be missing in the certificate.
    """
    values, vectors = np.linalg.eigh(H)
    size = np.abs(values)
    largest = size.max(axis=1, keepdims=True)
    largest[largest == 0] = 1.0
    inverse = 1.0 / np.where(size > _SINGULAR * H.shape[-1] * largest, size, largest)
    along = np.einsum("cij,ic->cj", vectors, gradient)
    return -np.einsum("cij,cj->ic", vectors, inverse * along)
