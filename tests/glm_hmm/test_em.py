"""Laws of EM over all kinds of models."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.glm_hmm.models import KINDS, drawn, in_double, likelihood_of_paths

import spikeglm as nmo

every_kind = pytest.mark.parametrize("kind", KINDS)


def fitted(kind, n_states=2, starts=None, data=None, **arguments):
    _, X, y, _, of_sessions = drawn(kind) if data is None else data
    observed, link = KINDS[kind][:2]
    maxiter = 12 if kind.endswith("estimated") else 60  # where each turn is a search for scales
    arguments = {"n_restarts": 2, "maxiter": maxiter} | arguments
    model = nmo.GLMHMM(n_states, observed, link, **arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nmo.errors.ConvergenceWarning)
        return model.fit(X, y, model.initialize_params(X, y, of_sessions), of_sessions)


@every_kind
@pytest.mark.parametrize("how", ["Ridge", "none", "priors", "three states"])
def test_no_turn_lowers_the_objective(kind, how):
    arguments = {
        "Ridge": {"regularizer_strength": 5.0},
        "none": {"regularizer": None, "regularizer_strength": None},
        "priors": {
            "dirichlet_transition_proba": 1 + 5 * np.eye(2),
            "dirichlet_initial_proba": np.array([3.0, 1.0]),
        },
        "three states": {"n_states": 3},
    }[how]
    history = fitted(kind, **arguments).fit_report_.history
    assert len(history) > 3
    assert np.diff(history).min() >= -1e-9 * abs(history[-1])


@every_kind
def test_the_history_ends_where_the_score_says(kind):
    """The objective is the log-likelihood less the penalty."""
    model = fitted(kind, regularizer_strength=2.0)
    _, X, y, _, starts = drawn(kind)
    penalty = (model.coef_**2).sum()
    assert_allclose(model.score(X, y, starts) - penalty, model.fit_report_.history[-1], rtol=1e-9)


def test_the_slope_of_the_likelihood_vanishes_at_the_optimum():
    """That of another way to compute it, by automatic differentiation."""
    import jax

    _, X, y, _, starts = data = drawn("Bernoulli", T=120)
    model = fitted("Bernoulli", data=data, tol=1e-13, maxiter=2000, n_restarts=1)

    def objective(coef, intercept, log_initial, log_transition):
        initial = jax.nn.softmax(log_initial)
        transition = jax.nn.softmax(log_transition, axis=1)
        value = likelihood_of_paths(X, y, starts, coef, intercept, initial, transition)
        return value - 0.5 * (coef**2).sum()

    at = (
        model.coef_,
        model.intercept_,
        np.log(np.maximum(model.initial_prob_, 1e-300)),
        np.log(np.maximum(model.transition_prob_, 1e-300)),
    )
    with in_double():
        value, slopes = jax.value_and_grad(objective, argnums=(0, 1, 2, 3))(*at)
    assert_allclose(value, model.fit_report_.history[-1], rtol=1e-10)
    for slope in slopes:
        assert np.abs(np.asarray(slope)).max() < 1e-3


@every_kind
def test_one_state_is_the_glm(kind):
    """The strength of a GLM is per trial, that of states per recording."""
    _, X, y, _, _ = drawn(kind)
    observed, link = KINDS[kind][:2]
    n = np.isfinite(y + X.sum(axis=1)).sum()
    model = nmo.GLMHMM(1, observed, link, regularizer=None, regularizer_strength=None).fit(X, y)
    glm = nmo.GLM(observed, link).fit(X, y)
    assert_allclose(model.coef_[:, 0], glm.coef_, rtol=1e-5)
    assert_allclose(model.intercept_, glm.intercept_, rtol=1e-5)
    if kind.startswith(("Bernoulli", "Poisson")) or kind == "NegativeBinomial":
        assert (model.scale_ == KINDS[kind][2]).all()
        assert_allclose(model.log_likelihood_ / n, glm.score(X, y), rtol=1e-7)
        shrunk = nmo.GLMHMM(1, observed, link, regularizer_strength=7.0).fit(X, y)
        ridge = nmo.GLM(observed, link, "Ridge", 7.0 / n).fit(X, y)
        assert_allclose(shrunk.coef_[:, 0], ridge.coef_, rtol=1e-5)


def test_runs_in_one_batch_end_where_each_ends_by_itself():
    _, X, y, _, starts = drawn("Poisson")
    model = nmo.GLMHMM(2, "Poisson", seed=5)
    firsts = [model.set_params(seed=s).initialize_params(X, y) for s in range(3)]
    alone = [nmo.GLMHMM(2, "Poisson").fit(X, y, p, starts) for p in firsts]
    best = max(each.log_likelihood_ for each in alone)
    many = nmo.GLMHMM(2, "Poisson", n_restarts=3).fit(X, y, session_starts=starts)
    assert many.log_likelihood_ >= best - 0.5


def test_the_same_seed_gives_the_same_fit():
    a, b = fitted("Bernoulli"), fitted("Bernoulli")
    assert (a.coef_ == b.coef_).all() and (a.transition_prob_ == b.transition_prob_).all()


def test_states_come_in_the_order_of_their_occupancy():
    _, X, y, _, starts = drawn("Poisson")
    model = nmo.GLMHMM(3, "Poisson", n_restarts=3, tol=1e-5).fit(X, y, session_starts=starts)
    occupancy = model.smooth_proba(X, y, starts).mean(axis=0)
    assert (np.diff(occupancy) <= 0).all()
    assert_allclose(occupancy, model.fit_report_.occupancy)


def test_a_tolerance_means_the_same_for_few_and_many_trials():
    """Ten copies of a recording take as many turns as one."""
    _, X, y, _, starts = drawn("Bernoulli")
    first = nmo.GLMHMM(2).initialize_params(X, y)
    none = {"regularizer": None, "regularizer_strength": None}
    one = nmo.GLMHMM(2, **none).fit(X, y, first, starts)
    many = np.concatenate([starts + 400 * k for k in range(10)])
    ten = nmo.GLMHMM(2, **none).fit(np.tile(X, (10, 1)), np.tile(y, 10), first, many)
    assert one.fit_report_.n_iterations == ten.fit_report_.n_iterations
    assert_allclose(ten.coef_, one.coef_, rtol=1e-6)
