"""Classifiers from mini-batches: what `update` leads to, and what it refuses."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

T, K = 2000, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, 4))
Y = np.argmax(X @ RNG.normal(size=(4, K)) + RNG.gumbel(size=(T, K)), axis=1)
PENALTIES = {"UnRegularized": None, "Ridge": 0.05, "Lasso": 0.02, "ElasticNet": (0.02, 0.5)}
of_penalties = pytest.mark.parametrize("name", PENALTIES)


def updated(model, y, *, epochs=8, size=100):
    params = model.set_classes(y).initialize_params(X, y)
    state = model.initialize_optimizer_and_state(params, X[:size], y[:size])
    for _ in range(epochs):
        for k in range(0, T, size):
            batch = slice(k, k + size)
            params, state = model.update(params, state, X[batch], y[batch], n_samples=T)
    return params, state


@of_penalties
def test_batches_lead_to_the_fit_of_all_rows(name):
    arguments = {"regularizer": name, "regularizer_strength": PENALTIES[name]}
    model = nmo.ClassifierGLM(K, **arguments)
    (coef, intercept), state = updated(model, Y)
    fit = nmo.ClassifierGLM(K, **arguments).fit(X, Y)
    assert_allclose(coef, fit.coef_, atol=0.02)
    assert_allclose(intercept, fit.intercept_, atol=0.02)
    assert_allclose(model.predict_proba(X), fit.predict_proba(X), atol=0.03)
    assert model.score(X, Y) == pytest.approx(fit.score(X, Y), abs=1e-3)
    assert (model.coef_ is coef) or (model.coef_ == coef).all()
    assert state.stats.num_steps == 8 * T // 100
    assert model.solver_state_.stats == state.stats
    assert_allclose(model.dof_resid_, fit.dof_resid_, atol=2)


def test_all_rows_at_once_lead_there_too():
    model = nmo.ClassifierGLM(K, regularizer_strength=0.05)
    updated(model, Y, epochs=60, size=T)
    fit = nmo.ClassifierGLM(K, regularizer_strength=0.05).fit(X, Y)
    assert_allclose(model.coef_, fit.coef_, atol=0.01)


def test_a_population_is_its_neurons():
    y = np.column_stack([Y, Y[::-1]])
    together = nmo.ClassifierPopulationGLM(K)
    updated(together, y, epochs=1)
    for n in range(2):
        alone = nmo.ClassifierGLM(K)
        updated(alone, y[:, n], epochs=1)
        assert_allclose(together.coef_[:, n], alone.coef_, rtol=1e-9, atol=1e-12)


def test_steps_of_a_given_length_are_gradient_steps():
    model = nmo.ClassifierGLM(
        K, regularizer_strength=0.1,
        solver_name="GradientDescent", solver_kwargs={"stepsize": 0.3},
    ).set_classes(Y)  # fmt: skip
    start = np.zeros((4, K)), np.zeros(K)
    state = model.initialize_optimizer_and_state(start, X, Y)
    (coef, intercept), state = model.update(start, state, X, Y)
    slope = np.full((T, K), 1 / K) - np.eye(K)[Y]
    assert_allclose(coef, -0.3 * X.T @ slope / T, atol=1e-12)
    assert_allclose(intercept, -0.3 * slope.mean(axis=0), atol=1e-12)
    (coef2, _), _ = model.update((coef, intercept), state, X, Y)
    powers = np.exp(X @ coef + intercept)
    slope = powers / powers.sum(axis=1, keepdims=True) - np.eye(K)[Y]
    assert_allclose(coef2, coef - 0.3 * (X.T @ slope / T + 0.1 * coef), atol=1e-12)


def test_a_batch_without_one_of_the_classes():
    model = nmo.ClassifierGLM(K).set_classes(Y)
    params = model.initialize_params(X, Y)
    state = model.initialize_optimizer_and_state(params, X[:100], Y[:100])
    (coef, intercept), _ = model.update(params, state, X[Y < 2][:50], Y[Y < 2][:50])
    assert np.isfinite(coef).all()
    assert np.isfinite(intercept).all()


def test_what_is_refused():
    model = nmo.ClassifierGLM(K)
    params = np.zeros((4, K)), np.zeros(K)
    with pytest.raises(RuntimeError, match="set_classes"):
        model.initialize_optimizer_and_state(params, X, Y)
    model.set_classes(Y)
    with pytest.raises(TypeError, match="state"):
        model.update(params, None, X, Y)
    state = model.initialize_optimizer_and_state(params, X, Y)
    with pytest.raises(TypeError, match="n_samples"):
        model.update(params, state, X, Y, n_samples=1.5)
    with pytest.raises(ValueError, match="coef"):
        model.update((np.zeros((3, K)), np.zeros(K)), state, X, Y)
    with pytest.raises(ValueError, match="mini-batches"):
        model.set_params(solver_name="SVRG").initialize_optimizer_and_state(params, X, Y)


def test_functions_for_responses_that_are_numbers_say_so():
    with pytest.raises(TypeError, match="GridSearchCV"):
        nmo.selection.regularization_path(nmo.ClassifierGLM(K, regularizer="Lasso"), X, Y)
