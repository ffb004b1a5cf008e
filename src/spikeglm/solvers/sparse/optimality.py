"""How far a point is from the optimum of a penalty with kinks: the certificate of sparse fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...regularizer.nonsmooth import AbsoluteValues, Kinks
from ...typing import FloatArray, IntArray
from ..contract import Objective

RESOLVED = 1e-5
"""Share of a row's typical slope below which strengths are not resolved to more digits.

With a tolerance of 1e-7 the slope of the mean loss must then vanish to 1e-12 of that of a row. A
strength that is smaller still could ask for digits that sums over rows do not have.
"""

_NOTHING = 1e-100  # a response without any size has no typical slope
_COARSEST = 0.1  # of it, for what has no strength or a huge one: 1e-8, as for smooth penalties


def violations(theta: FloatArray, gradient: FloatArray, kinks: Kinks) -> FloatArray:
    """Return how far each parameter is from optimal, (C, p + 1), in units of the gradient.

    Where a parameter is off the kinks the slope must vanish; on a kink, the slope of the smooth
    part must not exceed the weight of the kink.
    """
    z, slope = theta.T, gradient.T
    return kinks.violation(z * kinks.stretch, slope / kinks.stretch)


@dataclass(frozen=True, eq=False)
class Conditions:
    """The optimality (KKT) conditions of C columns, and the slopes in which they are measured.

    Attributes
    ----------
    kinks :
        Of the penalty.
    unit :
        (C, p + 1) the strengths, within reason.
    """

    kinks: Kinks
    unit: FloatArray

    @classmethod
    def of(cls, objective: Objective, row_slope: FloatArray | None) -> Conditions:
        """Return the conditions of an objective.

        ``row_slope`` (C,) is the typical size of a row's slope, by parameters of standardised
        features; None where it is not known. Strengths far below it are not resolved, and without
        an upper bound a huge one would excuse an intercept that is not fitted.
        """
        kinks = kinks_of(objective)
        if row_slope is None:
            return cls(kinks, kinks.unit)
        size = np.where(row_slope > _NOTHING, row_slope, np.nan)[:, None]
        unit = np.full_like(kinks.unit, np.inf) if kinks.has_bounds else kinks.unit
        return cls(kinks, np.fmin(np.fmax(unit, RESOLVED * size), _COARSEST * size))

    def violation(self, theta: FloatArray, gradient: FloatArray, columns: IntArray) -> FloatArray:
        """Return the largest violation (A,) at points (p + 1, A) of some columns."""
        worst = violations(theta, gradient, self.kinks.take(columns))
        return (worst / self.unit[columns]).max(axis=1)


def kinks_of(objective: Objective) -> Kinks:
    """Return the kinks of the objective's penalty; where it is smooth, those of weight zero."""
    kinks = objective.kinks()
    if kinks is None:
        return AbsoluteValues(np.zeros((objective.n_columns, objective.n_parameters)))
    return kinks
