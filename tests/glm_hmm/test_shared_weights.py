"""Weights that are the same in all states."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.glm_hmm.models import in_double, likelihood_of_paths

import spikeglm as nmo


@pytest.fixture(scope="module")
def choices():
    """One feature counts alike in both states, the other has opposite signs."""
    truth = nmo.GLMHMM(2)
    truth.coef_, truth.intercept_ = np.array([[0.8, 0.8], [2.0, -1.5]]), np.array([1.0, -0.5])
    truth.scale_, truth.initial_prob_ = np.ones(2), np.full(2, 0.5)
    truth.transition_prob_ = np.array([[0.95, 0.05], [0.05, 0.95]])
    X, starts = np.random.default_rng(0).normal(size=(1000, 2)), np.arange(0, 1000, 250)
    y = truth.simulate(1, X, session_starts=starts).y.astype(float)
    y[7] = np.nan
    model = nmo.GLMHMM(2, n_restarts=2, shared_features=["x0"], tol=1e-11)
    return model.fit(X, y, session_starts=starts), X, y, starts


def test_the_slope_vanishes_where_a_shared_weight_has_one_prior(choices):
    """By automatic differentiation of the likelihood: a shared weight moves all states."""
    import jax

    model, X, y, starts = choices
    assert model.coef_[0, 0] == model.coef_[0, 1] and model.coef_[1, 0] != model.coef_[1, 1]
    assert model.fit_report_.is_well and model.n_parameters_ == 1 + 2 + 2 + 1 + 2
    with in_double():

        def log_p(coef, intercept):
            chain = model.initial_prob_, model.transition_prob_
            return likelihood_of_paths(X, y, starts, coef, intercept, *chain)

        slopes = jax.grad(log_p, argnums=(0, 1))(model.coef_, model.intercept_)
    by_coef, by_intercept = map(np.asarray, slopes)
    assert_allclose(by_coef[0].sum(), model.coef_[0, 0], atol=1e-3)
    assert_allclose(by_coef[1], model.coef_[1], atol=1e-3)
    assert_allclose(by_intercept, 0.0, atol=1e-3)
    history = model.fit_report_.history
    assert np.diff(history).min() >= -1e-9 * abs(history[-1])


def test_errors_are_those_of_a_weight_that_moves_all_states(choices):
    model, X, y, starts = choices
    errors, step = model.standard_errors(X, y, starts), 1e-2
    assert errors.coef[0, 0] == errors.coef[0, 1] < errors.coef[1].min()
    chain = model.scale_, model.initial_prob_, model.transition_prob_

    def objective(move):
        coef = model.coef_ + np.array([[move, move], [0, 0]])
        loss = model.compute_loss((coef, model.intercept_, *chain), X, y, starts)
        return loss * np.isfinite(y).sum() + 0.5 * coef[0, 0] ** 2

    bend = (objective(step) - 2 * objective(0.0) + objective(-step)) / step**2
    assert_allclose(np.linalg.inv(errors.covariance)[0, 0], bend, rtol=1e-3)


def test_intercepts_and_bools_and_outputs(choices):
    _, X, y, starts = choices
    counts = np.random.default_rng(1).poisson(
        np.exp(0.3 * X[:, [0, 0]] + np.nan_to_num(y)[:, None])
    )
    options = {"n_restarts": 1, "tol": 1e-4}
    model = nmo.GLMHMM(2, "Poisson", shared_features=["x1", "intercept"], **options)
    model.fit(X, counts, session_starts=starts)
    assert (model.coef_[1, :, 0] == model.coef_[1, :, 1]).all()
    assert (model.intercept_[:, 0] == model.intercept_[:, 1]).all()
    assert (model.coef_[0] != model.coef_[0, :, :1])[:, 1].all()
    by_name = nmo.GLMHMM(2, "Gaussian", shared_features=["x0"], **options)
    by_bool = nmo.GLMHMM(2, "Gaussian", shared_features=np.array([True, False]), **options)
    fits = [m.fit(X, counts[:, 0], session_starts=starts) for m in (by_name, by_bool)]
    assert (fits[0].coef_ == fits[1].coef_).all() and fits[0].coef_[0, 0] == fits[0].coef_[0, 1]
    own = nmo.GLMHMM(2, "Gaussian", **options).fit(X, counts[:, 0], session_starts=starts)
    assert own.log_likelihood_ > fits[0].log_likelihood_ - 0.1


def test_when_all_is_shared_there_is_one_model(choices):
    """Then states cannot be told apart, and weights are those of the GLM."""
    _, X, y, starts = choices
    model = nmo.GLMHMM(2, shared_features=["x0", "x1", "intercept"], n_restarts=1, maxiter=5)
    start = np.full((2, 2), 0.1), np.zeros(2), np.ones(2), np.full(2, 0.5), np.full((2, 2), 0.5)
    model.fit(X, y, start, starts)
    there = np.isfinite(y)
    glm = nmo.GLM("Bernoulli", None, "Ridge", 1.0 / there.sum()).fit(X[there], y[there])
    assert_allclose(model.coef_[:, 1], glm.coef_, atol=1e-4)
    assert_allclose(model.intercept_[1], glm.intercept_[0], atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shared_features": ["speed"]}, "Unknown feature"),
        ({"shared_features": np.array([True])}, "do not fit the features"),
        ({"shared_features": ["x0"], "regularizer": "Lasso"}, "cannot share"),
    ],
)
def test_what_cannot_be_shared_is_told(choices, options, message):
    _, X, y, starts = choices
    with pytest.raises(ValueError, match=message):
        nmo.GLMHMM(2, **options).fit(X, y, session_starts=starts)
