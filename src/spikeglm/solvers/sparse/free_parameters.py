"""How far parameters without a kink still have to go where the curvature is far from typical.

The optimality (KKT) conditions bound by how much a convex objective F may still fall:

    F(w) - F(w°) <= sum_j v_j |w_j - w°_j|,    v_j the violation of parameter j.

Where a kink of weight k_j holds a parameter, v_j is a share of k_j, and the sum that share of the
penalty at both ends. Nothing holds the others: where curvature vanishes, as with responses that a
feature without penalty predicts perfectly, their slope does so at any distance from the optimum.
Their Newton decrement sqrt(g' H⁻¹ g) tells, as it does for smooth penalties. A kink so weak that
violations are not measured in it (:data:`.optimality.RESOLVED`) holds nothing that is not zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import showing
from ...regularizer.nonsmooth import Kinks
from ...typing import BoolArray, FloatArray, IntArray
from ..contract import FLAT, Objective
from ..curvature.local_curvature import in_batches
from .optimality import RESOLVED, kinks_of
from .smooth_part import add_smooth_penalty

AS_VIOLATION = 1e-2
"""What a decrement of one unit counts as: a tolerance of 1e-7 then leaves 5e-11 of the loss."""

_DOUBTFUL = 1e3  # typical curvature over that along a step, from which decrements count in full
_SINGULAR = 1e-14  # relative eigenvalue that rounding may have made


@dataclass(frozen=True, eq=False)
class FreeParameters:
    """The parameters without a kink of C columns.

    Attributes
    ----------
    objective :
        The column problems.
    kinks :
        Those of the penalty.
    is_free :
        (C, p + 1) which parameters are not frozen and have no kink, or one that holds nothing,
        unless they stand on it.
    h, unit :
        (C,) typical curvature of the loss per row, and in what decrements are measured.
    price :
        (C,) what their curvature costs, in visits for value and gradient.
    """

    objective: Objective
    kinks: Kinks
    is_free: BoolArray
    h: FloatArray
    unit: FloatArray
    price: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, objective: Objective, row_slope: FloatArray, unit: FloatArray) -> FreeParameters:
        """Find them; ``row_slope`` (C,), the typical slope of a row, is sqrt(h) times ``unit``."""
        columns = np.arange(objective.n_columns)
        kinks = kinks_of(objective)
        weights, resolved = kinks.weights(), RESOLVED * row_slope[:, None]
        is_free = (weights == 0) | (weights < resolved)
        is_free &= ~objective.frozen(columns).T
        n = is_free[:, :-1].sum(axis=1)  # one, the intercept, is for free
        h = np.divide(row_slope, unit, out=np.zeros_like(unit), where=unit > 0) ** 2
        return cls(objective, kinks, is_free, h, unit, n**2 / (4.0 * objective.n_parameters))

    def flatness(self, move: FloatArray, change: FloatArray, columns: IntArray) -> FloatArray:
        """Return about how much more than along moves (p + 1, A) the loss typically bends.

        ``change`` (p + 1, A) is that of its gradient.
        """
        bend = np.einsum("pc,pc->c", move, change)
        typical = self.h[columns] * np.einsum("pc,pc->c", move, move)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.where(bend > 0, typical / bend, np.inf)

    def are_doubtful(self, flatness: FloatArray, columns: IntArray) -> BoolArray:
        """Tell of which columns (A,) decrements may be large, given :meth:`flatness`.

        A single free parameter is the intercept, and where that is flat every direction is.
        """
        price = self.price[columns]
        return (flatness > 0) & (price > 0) & (price <= 1.0) | (flatness > _DOUBTFUL)

    def looked_at(
        self, theta: FloatArray, gradient: FloatArray, columns: IntArray
    ) -> tuple[FloatArray, BoolArray]:
        """Return decrements (A,), as violations, and whether there is no optimum; a visit.

        theta and gradient are (p + 1, A), the gradient that of the smooth part.
        """
        decrement, spread = np.zeros((2, len(columns)))
        kinks = self.kinks.take(columns)
        z = theta.T * kinks.stretch
        free = self.is_free[columns] & kinks.moves(z)
        slope = gradient + np.where(free, kinks.slope(z) * kinks.stretch, 0.0).T
        sets = [np.flatnonzero(each[:-1]) for each in free]
        for batch in in_batches([len(s) for s in sets]):
            which = columns[batch]
            steps, decrement[batch] = self._steps(
                theta[:, batch], slope[:, batch] * free[batch].T, which, [sets[a] for a in batch]
            )
            spread[batch] = self.objective.spread(steps)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            flatness = np.where(decrement > 0, self.h[columns] * spread / decrement**2, 0.0)
            # On a slope that ends nowhere only small steps show how flat it has become.
            share = np.where(flatness > _DOUBTFUL, 1.0, AS_VIOLATION)
            violation = share * decrement / self.unit[columns]
        return np.where(self.unit[columns] > 0, violation, 0.0), flatness > FLAT

    def _steps(
        self, theta: FloatArray, gradient: FloatArray, columns: IntArray, sets: list[IntArray]
    ) -> tuple[FloatArray, FloatArray]:
        """Return Newton's steps (p + 1, A) of the free parameters, and decrements (A,)."""
        curvature = self.objective.hessian_on(theta, columns, sets)
        add_smooth_penalty(self.objective, curvature, columns, sets)
        steps, decrement = np.zeros_like(theta), np.zeros(len(columns))
        for a, used in enumerate(sets):
            k = len(used)
            places, inside = np.append(used, -1), np.append(np.arange(k), -1)
            H = curvature[a][np.ix_(inside, inside)]
            steps[places, a], decrement[a] = _newton(H, gradient[places, a])
        return steps, decrement


def _newton(H: FloatArray, slope: FloatArray) -> tuple[FloatArray, float]:
    """Return -H⁻¹ g (k,) and sqrt(g' H⁻¹ g), with eigenvalues no smaller than is resolved."""
    if not (np.isfinite(H).all() and np.isfinite(slope).all()):
        return np.zeros_like(slope), np.inf
    size = np.sqrt(np.maximum(np.diag(H), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(H / size[:, None] / size)
    values = np.maximum(values, _SINGULAR * len(H) * max(values[-1], 1.0))
    along = vectors.T @ (slope / size)
    return -(vectors @ (along / values)) / size, float(np.sqrt(np.sum(along**2 / values)))
