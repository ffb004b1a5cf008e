"""Newton's method: each column's own curvature, for few features or few columns.

Its decrement is exact, and the last Hessian is what standard errors need.
Source: Boyd & Vandenberghe, Convex Optimization, section 9.5.
"""

from __future__ import annotations

import numpy as np

from ...numerics import quiet
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
        H, unit = self._in_units(active)
        direction = _direction(H, gradient / unit.T) / unit.T
        return np.where(self._objective.frozen(active), 0.0, direction)

    def decrement(
        self, gradient: FloatArray, direction: FloatArray, active: IntArray
    ) -> FloatArray:
        """Return sqrt(g' H⁻¹ g), (A,), with no more curvature than H is sure to have."""
        slope = np.einsum("pc,pc->c", gradient, direction)
        H, unit = self._in_units(active)
        scaled = np.where(self._objective.frozen(active), 0.0, gradient / unit.T)
        return np.sqrt(np.fmax(np.abs(slope), _hidden_fall(H, scaled)))

    def _in_units(self, active: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return Hessians (A, p + 1, p + 1) in units (A, p + 1) in which their diagonals are one.

        There a strong penalty on one feature hides no other.
        """
        H = self._hessian[active]
        unit = np.sqrt(np.abs(np.diagonal(H, axis1=1, axis2=2)))
        unit[unit == 0] = 1.0
        return H / (unit[:, :, None] * unit[:, None, :]), unit

    def learn(self, step: FloatArray, change: FloatArray, active: IntArray) -> None:
        """Nothing to remember: the next Hessian replaces the last."""


def _direction(H: FloatArray, gradient: FloatArray) -> FloatArray:
    """Return -H⁻¹ g, (p + 1, A), for H (A, p + 1, p + 1) whose diagonal is one or minus one."""
    if _is_clear(H):
        return -np.linalg.solve(H, gradient.T[:, :, None])[:, :, 0].T
    return _positive_direction(H, gradient)


def _positive_direction(H: FloatArray, gradient: FloatArray) -> FloatArray:
    """Return -|H|⁻¹ g: eigenvalues by absolute value, those that are zero as large as the largest.

    A direction without curvature is not one without slope: at the edge of a link's domain the loss
    falls along it in a straight line.
    """
    values, vectors = np.linalg.eigh(H)
    size = np.abs(values)
    largest = size.max(axis=1, keepdims=True)
    largest[largest == 0] = 1.0
    inverse = 1.0 / np.where(size > _SINGULAR * H.shape[-1] * largest, size, largest)
    along = np.einsum("cij,ic->cj", vectors, gradient)
    return -np.einsum("cij,cj->ic", vectors, inverse * along)


def _hidden_fall(H: FloatArray, gradient: FloatArray) -> FloatArray:
    """Return what g' H⁻¹ g, (A,), may be in directions whose curvature is lost in rounding.

    One row with a mean at the edge of what its model allows weighs 1e15 times as much as others,
    and hides their curvature. Their slope is not hidden, and counts with the largest that can be.
    """
    if np.isfinite(H).all() and _is_clear(H):
        return np.zeros(len(H))
    values, vectors = np.linalg.eigh(np.nan_to_num(H))
    size = np.abs(values)
    rounding = _SINGULAR * H.shape[-1] * size.max(axis=1, keepdims=True)
    along = np.einsum("cij,ic->cj", vectors, gradient)
    with quiet():
        return np.where(size <= rounding, along**2 / rounding, 0.0).sum(axis=1)


def _is_clear(H: FloatArray) -> bool:
    """Tell whether all Hessians (A, p + 1, p + 1) are positive definite beyond doubt."""
    try:
        factor = np.linalg.cholesky(H)
    except np.linalg.LinAlgError:
        return False
    pivots = np.diagonal(factor, axis1=1, axis2=2) ** 2
    return bool((pivots >= _DOUBTFUL * H.shape[-1]).all())
