"""scikit-learn: PoissonRegressor with ``newton-cholesky``, recommended where rows >> features."""

from __future__ import annotations

from sklearn.linear_model import PoissonRegressor

from ..problems import Array, Problem
from . import Fitted, neuron_by_neuron


def fit(problem: Problem) -> Fitted:
    """Fit each neuron. Half the mean deviance is the mean negative log-likelihood: alpha = λ."""

    def fit_one(y: Array) -> tuple[Array, float]:
        model = PoissonRegressor(alpha=problem.strength, solver="newton-cholesky")
        model.fit(problem.X, y)
        return model.coef_, model.intercept_

    return neuron_by_neuron(problem, fit_one)
