"""No penalty: maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..typing import ArrayLike, FloatArray, IntArray
from .base import Regularizer


@dataclass(frozen=True)
class UnRegularized(Regularizer):
    """No penalty: the fit is the maximum-likelihood estimate. Any strength is ignored.

    >>> import numpy as np
    >>> UnRegularized().bind(None, (2, 3)).value(np.ones((2, 3)))
    array([0., 0., 0.])
    """

    default_strength = None
    default_solver = "LBFGS"
    allowed_solvers = (
        "GradientDescent",
        "BFGS",
        "LBFGS",
        "NonlinearCG",
        "ProximalGradient",
        "SVRG",
        "ProxSVRG",
        "Newton",
        "PolynomialApproximation",
    )

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> NoPenalty:
        """Return the penalty that is zero."""
        return NoPenalty()

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return the rank of the features for each column."""
        return np.full(coef.shape[1], float(rank))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}


@dataclass(frozen=True)
class NoPenalty:
    """Zero, with the derivatives of zero.

    Attributes
    ----------
    is_of_information :
        Whether there is a penalty on the information of the rows, which solvers know
        (:class:`~spikeglm.regularizer.Firth`): on coefficients alone that is zero.
    """

    is_of_information: bool = False

    is_smooth = True

    def take(self, columns: IntArray) -> NoPenalty:
        """Keep only some columns."""
        return self

    def times(self, factor: FloatArray) -> NoPenalty:
        """Return itself."""
        return self

    def value(self, W: FloatArray) -> FloatArray:
        """Return zeros, (C,)."""
        return np.zeros(W.shape[1])

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return zeros, (p, C)."""
        return np.zeros_like(W)

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return zeros, (p, C)."""
        return np.zeros(shape)

    def kinks(self, unit: FloatArray, n_columns: int) -> None:
        """Return None: it is smooth."""

    def prox(self, W: FloatArray, step: float | FloatArray) -> FloatArray:
        """Return W itself."""
        return W
