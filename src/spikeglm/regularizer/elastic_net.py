"""The penalty that mixes absolute values and squares, and its penalty object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, showing
from ..numerics import soft_threshold
from ..typing import ArrayLike, FloatArray, IntArray
from .base import Regularizer, strength_array
from .nonsmooth import AbsoluteValues


@dataclass(frozen=True)
class ElasticNet(Regularizer):
    """Elastic net: sum λ [ r |w| + ½ (1 - r) w² ].

    ``regularizer_strength`` is a tuple (λ, r), each a number or an array; a number alone is λ, with
    r = 0.5. Coefficients that do not pay for themselves are exactly zero; of correlated features
    several are kept, where :class:`Lasso` keeps one.

    >>> import numpy as np
    >>> penalty = ElasticNet().bind((0.5, 0.3), (3, 1))
    >>> penalty.value(np.array([[0.4], [-0.2], [0.7]])).round(5)
    array([0.31575])

    References
    ----------
    Zou & Hastie (2005), J R Stat Soc B 67:301-20, in the parametrisation of glmnet.
    """

    default_strength = (1.0, 0.5)
    default_solver = "ProximalNewton"
    allowed_solvers = ("ProximalGradient", "ProxSVRG", "ProximalNewton")

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> ElasticNetPenalty:
        """Return the penalty for coefficients (p, C).

        Raises
        ------
        TypeError
            If the strength is a tuple of other than two parts, or not numeric.
        ValueError
            If the ratio is not in (0, 1], or a shape does not fit.
        """
        if not isinstance(strength, tuple):
            strength = (strength, 0.5)
        if len(strength) != 2:
            raise errors.type_error(
                "The strength of an elastic net has two parts.",
                given=f"a tuple of {len(strength)}",
                expected="(strength, ratio)",
            )
        size, ratio = (strength_array(part, shape) for part in strength)
        if (ratio <= 0).any() or (ratio > 1).any():
            raise errors.value_error(
                "The ratio of an elastic net is out of range.",
                given=f"ratio={strength[1]!r}",
                expected="0 < ratio <= 1",
                todo="use regularizer='Ridge' for a ratio of 0.",
            )
        return ElasticNetPenalty(size * ratio, size * (1 - ratio))

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return the number of coefficients that are not zero (Zou, Hastie & Tibshirani 2007)."""
        return np.count_nonzero(coef, axis=0).astype(float)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}


@dataclass(frozen=True, eq=False)
class ElasticNetPenalty:
    """sum l1 |w| + ½ l2 w², with arrays that broadcast to (p, C)."""

    l1_weight: FloatArray
    l2_weight: FloatArray

    __repr__ = showing.of_fields
    is_smooth = False

    def take(self, columns: IntArray) -> ElasticNetPenalty:
        """Keep only some columns."""
        return ElasticNetPenalty(_taken(self.l1_weight, columns), _taken(self.l2_weight, columns))

    def times(self, factor: FloatArray) -> ElasticNetPenalty:
        """Return the penalty with each column's strengths multiplied, (C,)."""
        return ElasticNetPenalty(self.l1_weight * factor, self.l2_weight * factor)

    def value(self, W: FloatArray) -> FloatArray:
        """Return the penalty of each column, (C,)."""
        return (self.l1_weight * abs(W) + 0.5 * self.l2_weight * W**2).sum(axis=0)

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return the derivative of the squares, (p, C)."""
        return self.l2_weight * W

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return the second derivative of the squares, (p, C)."""
        return np.broadcast_to(self.l2_weight, shape)

    def kinks(self, unit: FloatArray, n_columns: int) -> AbsoluteValues:
        """Return the absolute values as a function of z with w = unit z; unit is (p,)."""
        weight = np.broadcast_to(self.l1_weight, (len(unit), n_columns)).T * unit
        return AbsoluteValues(np.hstack([weight, np.zeros((n_columns, 1))]))

    def prox(self, W: FloatArray, step: float | FloatArray) -> FloatArray:
        """Return soft(w, step l1) / (1 + step l2), (p, C)."""
        return soft_threshold(W, step * self.l1_weight) / (1.0 + step * self.l2_weight)


def _taken(weight: FloatArray, columns: IntArray) -> FloatArray:
    return weight if weight.shape[1] == 1 else weight[:, columns]
