"""statsmodels: GLM by IRLS, its default; a ridge penalty goes through ``fit_regularized``."""

from __future__ import annotations

import numpy as np
import statsmodels.api as sm

from ..problems import Array, Problem
from . import Fitted, neuron_by_neuron


def fit(problem: Problem) -> Fitted:
    """Fit each neuron; the penalty, like λ, multiplies half the squares beside the mean loss."""
    X = sm.add_constant(problem.X, has_constant="add")
    alpha = np.append(0.0, np.full(problem.n_features, problem.strength))

    def fit_one(y: Array) -> tuple[Array, float]:
        model = sm.GLM(y, X, family=sm.families.Poisson())
        result = model.fit_regularized(alpha=alpha, L1_wt=0.0) if problem.strength else model.fit()
        return result.params[1:], result.params[0]

    return neuron_by_neuron(problem, fit_one)
