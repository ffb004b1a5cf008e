"""NeMoS: GLM or PopulationGLM with its default solver (L-BFGS, tol 1e-4, 500 steps), x64 on."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

import nemos as nmo  # noqa: E402  (after x64 is on, as the JAX documentation asks)

from ..problems import Problem  # noqa: E402
from . import Fitted, regularizer_of  # noqa: E402


def fit(problem: Problem) -> Fitted:
    """Fit one neuron with GLM, more with PopulationGLM, and wait for the device."""
    return fit_until(problem, {})


def fit_until(problem: Problem, solver_kwargs: dict[str, Any]) -> Fitted:
    """Fit with another stopping rule than the default."""
    one = problem.n_neurons == 1
    model = (nmo.glm.GLM if one else nmo.glm.PopulationGLM)(
        inverse_link_function=jax.numpy.exp,  # its default too
        **regularizer_of(problem),
        solver_kwargs=solver_kwargs,
    )
    model.fit(problem.X, problem.y[:, 0] if one else problem.y)
    coef, intercept = jax.block_until_ready((model.coef_, model.intercept_))
    coef = np.asarray(coef, dtype=np.float64).reshape(-1, problem.n_neurons)
    return Fitted(coef, np.asarray(intercept, dtype=np.float64))
