"""The absolute-value penalty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..typing import ArrayLike, FloatArray
from .base import Regularizer, strength_array
from .elastic_net import ElasticNetPenalty


@dataclass(frozen=True)
class Lasso(Regularizer):
    """Lasso (L1) penalty: sum λ |w|; coefficients that do not pay for themselves are exactly zero.

    >>> import numpy as np
    >>> penalty = Lasso().bind(0.5, (3, 1))
    >>> penalty.value(np.array([[0.4], [-0.2], [0.7]]))
    array([0.65])

    References
    ----------
    Tibshirani (1996), J R Stat Soc B 58:267-88.
    """

    default_strength = 1.0
    default_solver = "ProximalNewton"
    allowed_solvers = ("ProximalGradient", "ProxSVRG", "ProximalNewton")

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> ElasticNetPenalty:
        """Return the penalty for coefficients (p, C); a strength broadcasts to them."""
        size = strength_array(strength, shape)
        return ElasticNetPenalty(size, np.zeros_like(size))

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return the number of coefficients that are not zero (Zou, Hastie & Tibshirani 2007)."""
        return np.count_nonzero(coef, axis=0).astype(float)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}
