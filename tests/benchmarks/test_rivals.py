"""Every adapter that can run here minimises the one objective that all are judged by."""

import importlib

import numpy as np
import pytest
from benchmarks.contestants import contestants
from benchmarks.objective import newton_decrement, objective, relative_gap
from benchmarks.problems import Problem

_PRESENT = [c.name for c in contestants().values() if c.version and c.name not in ("nemos", "R")]


@pytest.mark.parametrize("rival", _PRESENT)
@pytest.mark.parametrize("strength", [0.0, 0.05])
def test_adapter_reaches_the_optimum_of_the_shared_objective(rival, strength):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 3)) * [1.0, 0.5, 2.0]
    y = rng.poisson(np.exp(X @ [[0.3, -0.2], [0.5, 0.1], [-0.1, 0.2]] - 0.5)).astype(float)
    problem = Problem(X, y, strength)
    fitted = importlib.import_module(f"benchmarks.rivals.{rival}").fit(problem)
    assert fitted.coef.shape == (3, 2) and fitted.intercept.shape == (2,)
    assert newton_decrement(problem, fitted.coef, fitted.intercept).max() < 3e-3
    moved = objective(problem, fitted.coef * 1.1, fitted.intercept)
    assert relative_gap(moved, objective(problem, fitted.coef, fitted.intercept)) > 1e-4
