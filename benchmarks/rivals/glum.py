"""glum: GeneralizedLinearRegressor, whose default for a smooth penalty is IRLS-LS."""

from __future__ import annotations

import glum
import numpy as np

from ..problems import Array, Problem
from . import Fitted, neuron_by_neuron


def fit(problem: Problem) -> Fitted:
    """Fit each neuron. Its objective is half the mean deviance plus our penalty: alpha is λ."""
    X = np.asfortranarray(problem.X)  # columns in one piece are what its matrix products want

    def fit_one(y: Array) -> tuple[Array, float]:
        model = glum.GeneralizedLinearRegressor(
            family="poisson", alpha=problem.strength, l1_ratio=problem.l1_ratio
        )
        model.fit(X, y)
        return model.coef_, model.intercept_

    return neuron_by_neuron(problem, fit_one)
