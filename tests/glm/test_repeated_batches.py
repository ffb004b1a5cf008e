"""Updates that get all rows each time: they lead to the fit, as fast as Newton's method."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import MODELS, simulated

import spikeglm as nmo
from spikeglm.regularizer import GroupLasso

LINKS = {
    "Poisson": "exp",
    "Gaussian": "identity",
    "Gamma": "exp",
    "Bernoulli": "logistic",
    "NegativeBinomial": "exp",
}
PENALTIES = {
    "UnRegularized": ("UnRegularized", None),
    "Ridge": ("Ridge", 0.1),
    "Lasso": ("Lasso", 0.05),
    "GroupLasso": (GroupLasso([[1, 1, 0], [0, 0, 1]]), 0.04),
}
of_penalties = pytest.mark.parametrize("penalty", PENALTIES)


def repeated(model, X, y, *, n_steps, start=None):
    params = model.initialize_params(X, y) if start is None else start
    state = model.initialize_optimizer_and_state(params, X, y)
    for _ in range(n_steps):
        params, state = model.update(params, state, X, y)
    return params, state


def assert_same(params, best, atol):
    assert_allclose(params[0], best.coef_, atol=atol)
    assert_allclose(params[1], best.intercept_, atol=atol)


@of_penalties
@pytest.mark.parametrize("name", LINKS)
def test_updates_with_all_rows_reach_the_optimum_in_ten_steps(name, penalty):
    X, y = simulated(name, LINKS[name], 400, 2)
    kind, strength = PENALTIES[penalty]
    arguments = {"regularizer": kind, "regularizer_strength": strength}
    make = lambda: nmo.PopulationGLM(MODELS[name], LINKS[name], **arguments)  # noqa: E731
    params, _ = repeated(make(), X, y, n_steps=12)
    assert_same(params, make().fit(X, y), atol=2e-7)


@pytest.mark.parametrize("penalty", ["UnRegularized", "Ridge", "Lasso"])
def test_so_do_those_of_a_classifier(penalty):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = np.argmax(X @ np.eye(3) + rng.gumbel(size=(300, 3)), axis=1)
    kind, strength = PENALTIES[penalty]
    make = lambda: nmo.ClassifierGLM(3, regularizer=kind, regularizer_strength=strength)  # noqa: E731
    model = make()
    model.set_classes(y)
    start = rng.normal(size=(3, 3)), np.array([1.0, 0.5, -0.3])  # no class balances another
    params, _ = repeated(model, X, y, n_steps=14, start=start)
    assert_same(params, make().fit(X, y), atol=2e-7)


@pytest.mark.parametrize("penalty", ["Ridge", "Lasso"])
@pytest.mark.parametrize("gain", [0.5, 2.0])
def test_so_does_svrg_that_gets_all_rows(penalty, gain):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    y = rng.poisson(np.exp(gain * X[:, 0] - 1.0))
    kind, strength = PENALTIES[penalty]
    arguments = {"regularizer": kind, "regularizer_strength": strength}
    solver = "SVRG" if penalty == "Ridge" else "ProxSVRG"
    params, _ = repeated(nmo.GLM(**arguments, solver_name=solver), X, y, n_steps=12)
    assert_same(params, nmo.GLM(**arguments).fit(X, y), atol=2e-7)


def test_gaps_weights_of_gaps_and_masks_change_nothing():
    X, y = simulated("Poisson", "exp", 400, 2)
    y = y.copy()
    y[:60, 0] = np.nan
    mask = np.array([[1, 0], [1, 1], [0, 1]])
    params, _ = repeated(nmo.PopulationGLM(feature_mask=mask), X, y, n_steps=14)
    assert_same(params, nmo.PopulationGLM(feature_mask=mask).fit(X, y), atol=1e-7)


def test_a_batch_that_came_again_and_again_makes_the_others_be_forgotten_only_meanwhile():
    X, y = simulated("Poisson", "exp", 800, 1)
    best = nmo.PopulationGLM().fit(X, y)
    params = np.zeros((3, 1)), np.zeros(1)
    model = nmo.PopulationGLM()
    state = model.initialize_optimizer_and_state(params, X[:50], y[:50])
    for k in range(0, 400, 50):
        params, state = model.update(params, state, X[k : k + 50], y[k : k + 50])
    for _ in range(16):
        params, state = model.update(params, state, X[400:450], y[400:450])
    assert_same(params, nmo.PopulationGLM().fit(X[400:450], y[400:450]), atol=1e-7)
    after_one = model.update(params, state, X[450:500], y[450:500])[0]
    far = np.abs(after_one[0] - best.coef_).max()
    assert far < 0.5 * np.abs(params[0] - best.coef_).max()
    assert far < np.abs(nmo.PopulationGLM().fit(X[400:500], y[400:500]).coef_ - best.coef_).max()


def test_a_few_steps_on_every_batch_are_no_worse_than_one():
    X, y = simulated("Poisson", "exp", 1000, 1)
    best = nmo.PopulationGLM().fit(X, y)
    far = []
    for n_steps in (1, 3):
        model = nmo.PopulationGLM()
        params = np.zeros((3, 1)), np.zeros(1)
        state = model.initialize_optimizer_and_state(params, X[:50], y[:50])
        for k in range(0, 1000, 50):
            for _ in range(n_steps):
                params, state = model.update(params, state, X[k : k + 50], y[k : k + 50])
        far.append(np.abs(params[0] - best.coef_).max())
    assert far[1] <= 1.2 * far[0]
