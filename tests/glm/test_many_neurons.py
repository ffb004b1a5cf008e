"""Populations in which every neuron asks for something of its own: masks, strengths, weights."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import SOLVERS, Case
from tests.glm import dense

import spikeglm as nmo

T, P, N = 500, 6, 90
POISSON = Case("Poisson", "exp")
both = pytest.mark.parametrize("solver", [*SOLVERS, None])


def population(dependent=False):
    rng = np.random.default_rng(0)
    X = rng.dirichlet(np.ones(P), T) if dependent else rng.normal(size=(T, P))
    X = np.column_stack([X, X[:, 0]]) if dependent else X
    coef = rng.normal(0, 0.3, (X.shape[1], N))
    return X, rng.poisson(np.exp(X @ coef + rng.uniform(-1, 1, N))).astype(float), rng


def assert_optimal(model, X, y, *, ridge, mask=None):
    """Each neuron's dense decrement, over the features it may use, keeps the promise."""
    assert model.fit_report_.converged
    for n in range(N):
        used = np.ones(X.shape[1], bool) if mask is None else mask[:, n] == 1
        parameters = np.append(model.coef_[used, n], model.intercept_[n])
        strength = np.broadcast_to(ridge, (X.shape[1], N))[used, n]
        g = dense.gradient(parameters, X[:, used], y[:, n], POISSON, ridge=strength)
        H = dense.hessian(parameters, X[:, used], y[:, n], POISSON, ridge=strength)
        assert (
            g @ np.linalg.pinv(H, rcond=1e-9) @ g < 1e-14
        )  # ten times the promise: LBFGS estimates it
        assert np.abs(g).max() < 1e-6


@both
@pytest.mark.parametrize("dependent", [False, True])
def test_a_mask_for_each_neuron(dependent, solver):
    X, y, rng = population(dependent)
    mask = rng.integers(0, 2, (X.shape[1], N))
    model = nmo.PopulationGLM(solver_name=solver, feature_mask=mask).fit(X, y)
    assert_optimal(model, X, y, ridge=0.0, mask=mask)
    assert (model.coef_[mask == 0] == 0).all()


@both
@pytest.mark.parametrize("dependent", [False, True])
def test_a_strength_for_each_neuron(dependent, solver):
    X, y, rng = population(dependent)
    strength = 10.0 ** rng.uniform(-4, 3, (1, N))
    strength[0, ::9] = 0.0
    model = nmo.PopulationGLM(
        regularizer="Ridge", regularizer_strength=strength, solver_name=solver
    ).fit(X, y)
    assert_optimal(model, X, y, ridge=strength)
    for n in (0, 1, 50, 89):
        alone = nmo.GLM(
            regularizer="Ridge", regularizer_strength=strength[0, n], solver_name=solver
        ).fit(X, y[:, n])
        assert_allclose(model.coef_[:, n], alone.coef_, rtol=1e-5, atol=2e-7)


@both
def test_a_strength_for_each_coefficient(solver):
    X, y, rng = population()
    strength = 10.0 ** rng.uniform(-4, 3, (P, N)) * rng.integers(0, 2, (P, N))
    model = nmo.PopulationGLM(
        regularizer="Ridge", regularizer_strength=strength, solver_name=solver
    ).fit(X, y)
    assert_optimal(model, X, y, ridge=strength)


@both
def test_folds_as_weights_for_each_neuron(solver):
    X, y, rng = population()
    weights = (rng.integers(0, 10, (T, 1)) != np.arange(N) % 10).astype(np.uint8)
    model = nmo.PopulationGLM(solver_name=solver).fit(X, y, sample_weight=weights)
    assert model.fit_report_.converged
    for n in (0, 7, 33):
        kept = weights[:, n] == 1
        alone = nmo.GLM(solver_name=solver).fit(X[kept], y[kept, n])
        assert_allclose(model.coef_[:, n], alone.coef_, rtol=1e-6, atol=1e-7)


@both
def test_rates_that_differ_by_a_million(solver):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(T, 3))
    intercept = np.linspace(-3, 11, 8)
    y = rng.poisson(np.exp(X @ rng.normal(0, 0.3, (3, 8)) + intercept)).astype(float)
    model = nmo.PopulationGLM(solver_name=solver).fit(X, y)
    for n in range(8):
        oracle = POISSON.oracle(X, y[:, n])
        assert_allclose(model.coef_[:, n], oracle.coef, rtol=1e-6, atol=1e-7)


@both
def test_a_start_does_not_bring_masked_features_in(solver):
    X, y, rng = population()
    mask = rng.integers(0, 2, (P, N))
    cold = nmo.PopulationGLM(solver_name=solver, feature_mask=mask).fit(X, y)
    start = rng.normal(0, 0.1, (P, N)), rng.normal(0, 0.1, N)
    warm = nmo.PopulationGLM(solver_name=solver, feature_mask=mask).fit(X, y, start)
    assert (warm.coef_[mask == 0] == 0).all()
    assert_allclose(warm.coef_, cold.coef_, rtol=1e-6, atol=1e-7)


def test_the_loss_ignores_masked_coefficients():
    X, y, rng = population()
    mask = rng.integers(0, 2, (P, N))
    coef, intercept = rng.normal(0, 0.1, (P, N)), np.zeros(N)
    masked = nmo.PopulationGLM(feature_mask=mask).compute_loss((coef, intercept), X, y)
    assert_allclose(masked, nmo.PopulationGLM().compute_loss((coef * mask, intercept), X, y))


@pytest.mark.parametrize("model", ["Gaussian", "Poisson"])
def test_a_neuron_without_any_response_warns_once_and_has_no_dispersion(model):
    X, y, _ = population()
    y = y[:, :3].astype(float)
    y[:, 1] = np.nan
    with pytest.warns(nmo.exceptions.NothingToFitWarning) as caught:
        fit = nmo.PopulationGLM(model).fit(X, y)
    assert [w.category.__name__ for w in caught] == ["NothingToFitWarning"]
    assert fit.fit_report_.status == ("converged", "no valid rows", "converged")
    assert list(np.isnan(fit.scale_)) == [False, model == "Gaussian", False]
