"""The conventions of NeMoS's classifiers in numbers: its toy problem, to six digits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.observation_models import CategoricalObservations

X = np.array([[0.5, -1], [1, 0.25], [-0.75, 0.5], [0, 1.5], [2, -0.5], [-1, -1]])
Y = np.array([0, 1, 2, 0, 1, 2])
COEF = np.array([[0.1, 0.2, -0.3], [0, 0.5, 0.5]])
INTERCEPT = np.array([0.1, 0, -0.1])
digits = {"rtol": 0, "atol": 6e-7}


def at_the_toys_parameters():
    model = nmo.ClassifierGLM(3).set_classes(Y)
    model.coef_, model.intercept_ = COEF, INTERCEPT
    return model


def test_the_observation_model_at_fixed_parameters():
    log_p, hot = at_the_toys_parameters().predict_log_proba(X), np.eye(3)[Y]
    model = CategoricalObservations()
    assert_allclose(model.log_likelihood(hot, log_p), -1.005215, **digits)
    assert_allclose(model._negative_log_likelihood(hot, log_p), 1.005215, **digits)
    assert_allclose(model.likelihood(hot, log_p), np.exp(-1.0052147), **digits)
    assert_allclose(model.deviance(hot, log_p).sum(), 2 * 6 * 1.0052147, rtol=1e-6)
    assert_allclose(model.estimate_scale(hot, log_p, 3), [1.0])
    two = np.stack([hot, hot[::-1]], axis=1), np.stack([log_p, log_p], axis=1)
    assert model.deviance(*two).shape == (6, 2)
    assert model.log_likelihood(*two) == pytest.approx(
        model.log_likelihood(hot, log_p) + model.log_likelihood(hot[::-1], log_p)
    )
    assert_allclose(model.estimate_scale(*two, 3), [1.0, 1.0])


@pytest.mark.parametrize("solver", ["LBFGS", "Newton", None])
def test_the_fit_of_the_toy(solver):
    model = nmo.ClassifierGLM(3, solver_name=solver).fit(X, Y)
    expected = [[-0.006718, 0.299248, -0.292530], [0.073516, -0.013770, -0.059746]]
    assert_allclose(model.coef_, expected, rtol=0, atol=1.1e-6)
    assert_allclose(model.intercept_, [0.032836, -0.102144, 0.069308], rtol=0, atol=1e-5)
    assert_allclose(model.fit_report_.result.objective, 0.975997, **digits)
    assert_allclose(model.score(X, Y), -0.883831, **digits)
    assert_allclose(model.score(X, Y, "pseudo-r2-McFadden"), 0.195502, **digits)
    assert_allclose(model.dof_resid_, [0])
    assert_allclose(model.scale_, [1])


def test_first_parameters():
    model = nmo.ClassifierGLM(3).set_classes(Y)
    coef, intercept = model.initialize_params(X, [0, 0, 0, 1, 1, 2])
    assert_allclose(intercept, [0.501359, 0.095894, -0.597253], **digits)
    assert_allclose(coef, np.zeros((2, 3)))
    assert_allclose(model.initialize_params(X, Y)[1], np.zeros(3), atol=1e-15)
    both = nmo.ClassifierPopulationGLM(3).set_classes(Y)
    coef, intercept = both.initialize_params(X, np.column_stack([Y, [0, 0, 0, 1, 1, 2]]))
    assert coef.shape == (2, 2, 3)
    assert_allclose(intercept, [[0, 0, 0], [0.501359, 0.095894, -0.597253]], **digits)


@pytest.mark.parametrize(
    ("regularizer", "strength"),
    [("UnRegularized", None), ("Ridge", 1.0), ("Lasso", 0.05), ("ElasticNet", (0.05, 0.5))],
)
@pytest.mark.parametrize("kind", [nmo.ClassifierGLM, nmo.ClassifierPopulationGLM])
def test_residual_degrees_of_freedom(kind, regularizer, strength):
    """T - rank (K - 1) - (K - 1), T - p (K - 1) - (K - 1), T - nonzeros - (K - 1)."""
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(100, 5))
    wide[:, 4] = wide[:, 0]
    y = rng.integers(0, 3, (100, 2))
    if kind is nmo.ClassifierGLM:
        y = y[:, 0]
    model = kind(3, regularizer=regularizer, regularizer_strength=strength).fit(wide, y)
    used = {"UnRegularized": 4 * 2, "Ridge": 5 * 2}.get(regularizer)
    if used is None:
        used = np.count_nonzero(model.coef_, axis=(0, -1))
    assert_allclose(model.dof_resid_, np.broadcast_to(100 - used - 2, model.dof_resid_.shape))


def test_relations_of_classes():
    assert issubclass(nmo.ClassifierGLM, nmo.GLM)
    assert issubclass(nmo.ClassifierPopulationGLM, nmo.PopulationGLM)
    assert isinstance(nmo.ClassifierGLM().observation_model, CategoricalObservations)
    for model in ("Categorical", CategoricalObservations()):
        with pytest.raises(TypeError, match="ClassifierGLM"):
            nmo.GLM(model).fit(X, Y)
