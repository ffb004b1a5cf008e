"""spikeglm, with its defaults."""

from __future__ import annotations

from typing import Any

import numpy as np

import spikeglm as nmo

from ..problems import Problem
from . import Fitted, regularizer_of


def fit(problem: Problem) -> Fitted:
    """Fit one neuron with GLM, more with PopulationGLM."""
    return fit_until(problem, None)


def fit_until(problem: Problem, solver_kwargs: dict[str, Any] | None) -> Fitted:
    """Fit with another tolerance than the default."""
    one = problem.n_neurons == 1
    model = (nmo.GLM if one else nmo.PopulationGLM)(
        **regularizer_of(problem),
        solver_kwargs=solver_kwargs,
    )
    model.fit(problem.X, problem.y[:, 0] if one else problem.y)
    coef = np.reshape(model.coef_, (-1, problem.n_neurons))
    return Fitted(coef, model.intercept_, model.fit_report_.n_passes)
