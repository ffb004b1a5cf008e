"""Arguments that are assigned later: masks stay after a fit, solvers give way with a warning."""

import nemos
import numpy as np
import pytest

import spikeglm

both = pytest.mark.parametrize("library", [nemos, spikeglm], ids=["nemos", "spikeglm"])
X = np.random.default_rng(0).normal(size=(100, 3))
Y = np.random.default_rng(1).poisson(1.0, (100, 2)).astype(float)


@both
@pytest.mark.parametrize("mask", [None, np.array([[1.0, 0], [0, 1], [1, 1]])])
def test_a_mask_stays_after_a_fit(library, mask):
    model = library.glm.PopulationGLM()
    model.feature_mask = mask
    model.fit(X, Y)
    with pytest.raises(AttributeError, match=r"feature_mask.* cannot be set after"):
        model.feature_mask = np.ones((3, 2))
    assert (model.feature_mask is None) == (mask is None)


@both
@pytest.mark.parametrize("by_name", [False, True])
def test_a_solver_gives_way_to_a_regularizer_that_it_cannot_handle(library, by_name):
    model = library.glm.GLM(regularizer="Ridge", regularizer_strength=0.1, solver_name="BFGS")
    with pytest.warns(UserWarning, match="BFGS"):
        if by_name:
            model.set_params(regularizer="Lasso", regularizer_strength=0.01)
        else:
            model.regularizer = "Lasso"
    assert model.solver_name != "BFGS"
    assert np.isfinite(model.fit(X, Y[:, 0]).coef_).all()
