"""spikeglm, with its defaults."""

from __future__ import annotations

import numpy as np

import spikeglm as nmo

from ..problems import Problem
from . import Fitted


def fit(problem: Problem) -> Fitted:
    """Fit one neuron with GLM, more with PopulationGLM."""
    one = problem.n_neurons == 1
    model = (nmo.GLM if one else nmo.PopulationGLM)(
        regularizer="Ridge" if problem.strength else "UnRegularized",
        regularizer_strength=problem.strength or None,
    )
    model.fit(problem.X, problem.y[:, 0] if one else problem.y)
    coef = np.reshape(model.coef_, (-1, problem.n_neurons))
    return Fitted(coef, model.intercept_, model.fit_report_.n_passes)
