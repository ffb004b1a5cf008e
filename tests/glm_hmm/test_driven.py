"""Transitions that follow inputs, and fits of individuals near the common one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.glm_hmm.driven_moves import Inputs


def driven(T=6000, seed=0):
    """Two states; an input makes it likely to leave the first one."""
    rng = np.random.default_rng(seed)
    X, U = rng.normal(size=(T, 1)), rng.normal(size=(T, 1))
    truth = nmo.GLMHMM(2, "Poisson")
    truth.coef_, truth.intercept_ = np.array([[1.0, -1.0]]), np.array([1.0, 0.0])
    truth.scale_, truth.initial_prob_ = np.ones(2), np.array([0.5, 0.5])
    truth.transition_prob_ = np.array([[0.9, 0.1], [0.1, 0.9]])
    truth.transition_coef_ = np.zeros((1, 2, 2))
    truth.transition_coef_[0, 0, 1] = 2.0
    starts = np.arange(0, T, 500)
    y, _, states = truth.simulate(1, X, session_starts=starts, transition_inputs=U)
    return truth, X, U, y, states, starts


@pytest.fixture(scope="module")
def fit():
    truth, X, U, y, states, starts = driven()
    model = nmo.GLMHMM(2, "Poisson", n_restarts=3)
    model.fit(X, y, session_starts=starts, transition_inputs=U)
    return model, truth, X, U, y, states, starts


def test_weights_of_inputs_are_recovered(fit):
    model, truth, X, U, y, states, starts = fit
    order = [0, 1] if model.coef_[0, 0] > 0 else [1, 0]
    errors = model.standard_errors(X, y, starts, transition_inputs=U)
    found = model.transition_coef_[:, order][..., order]
    error = errors.transition_coef[:, order][..., order]
    off = ~np.eye(2, dtype=bool)
    assert (np.abs(found - truth.transition_coef_)[:, off] < 4 * error[:, off]).all()
    assert (found[:, ~off] == 0).all()
    path = model.decode_state(X, y, starts, "index", transition_inputs=U)
    assert (np.array(order)[path.astype(int)] == states).mean() > 0.9


def test_inputs_help_where_they_act_and_the_objective_never_falls(fit):
    model, _, X, U, y, _, starts = fit
    plain = nmo.GLMHMM(2, "Poisson", n_restarts=3).fit(X, y, session_starts=starts)
    assert model.log_likelihood_ > plain.log_likelihood_ + 50
    first = model.initialize_params(X, y, starts)
    again = nmo.GLMHMM(2, "Poisson").fit(X, y, first, starts, transition_inputs=U)
    history = again.fit_report_.history
    assert np.diff(history).min() > -1e-9 * abs(history[-1])
    assert_allclose(again.score(X, y, starts, transition_inputs=U), again.log_likelihood_)
    assert again.n_parameters_ == plain.n_parameters_ + 2


def test_inputs_that_are_missing_or_do_not_fit_are_told(fit):
    model, _, X, U, y, _, starts = fit
    with pytest.raises(ValueError, match="fitted with transition_inputs"):
        model.score(X, y, starts)
    with pytest.raises(ValueError, match="do not fit the data"):
        model.fit(X, y, session_starts=starts, transition_inputs=U[1:])
    with pytest.raises(ValueError, match="have gaps"):
        model.fit(X, y, session_starts=starts, transition_inputs=np.where(U > 2, np.nan, U))


def test_the_slope_of_moves_is_that_of_their_value():
    """By differences, and Newton ends where it is zero."""
    rng = np.random.default_rng(0)
    inputs = Inputs(rng.normal(size=(40, 2)), 0.7)
    joint, counts = rng.random((40, 1, 3, 3)), rng.random((3, 3))
    transition, weights = rng.dirichlet(np.ones(3), (1, 3)), rng.normal(size=(2, 1, 3, 3))
    weights[:, :, np.arange(3), np.arange(3)] = 0.0

    def value(w):
        p = inputs.matrices(transition, w)
        seen = (joint * np.log(p)).sum() + (counts * np.log(transition[0])).sum()
        return seen + inputs.log_prior(w)[0]

    slope = inputs.slope(joint, counts, transition, weights)[1:]
    step = np.zeros_like(weights)
    step[1, 0, 0, 2] = 1e-5
    by_difference = (value(weights + step) - value(weights - step)) / 2e-5
    assert_allclose(slope[1, 0, 0, 2], by_difference, rtol=1e-6)
    best = inputs.best(joint, counts, transition, weights)
    left = inputs.slope(joint, counts, *best)[..., ~np.eye(3, dtype=bool)]
    assert np.abs(left).max() < 1e-4


def test_individuals_are_near_the_common_model_and_keep_its_states():
    rng = np.random.default_rng(0)
    X, parts, labels = rng.normal(size=(3000, 1)), [], np.repeat(["a", "b", "c"], 1000)
    for k, gain in enumerate((1.0, 2.0, 3.0)):
        of = nmo.GLMHMM(2)
        of.coef_, of.intercept_ = np.array([[gain * 2, 0.2]]), np.array([0.0, 1.5])
        of.scale_, of.initial_prob_ = np.ones(2), np.full(2, 0.5)
        of.transition_prob_ = np.array([[0.97, 0.03], [0.03, 0.97]])
        parts.append(of.simulate(k, X[1000 * k : 1000 * (k + 1)]).y)
    y, starts = np.concatenate(parts), np.arange(0, 3000, 250)
    model = nmo.GLMHMM(2, n_restarts=4).fit(X, y, session_starts=starts)
    fits = nmo.glm_hmm.fit_individuals(model, X, y, labels, starts)
    steepest = model.coef_[0].argmax()
    slopes = [fits[label].coef_[0, steepest] for label in "abc"]
    assert slopes[0] < model.coef_[0, steepest] < slopes[2] and min(fits.gain) > 0
    tight = nmo.glm_hmm.fit_individuals(model, X, y, labels, starts, spread=1e-3, moves=1e6)
    assert_allclose(tight["a"].coef_, model.coef_, atol=0.01)
    assert_allclose(tight["a"].transition_prob_, model.transition_prob_, atol=0.01)
    assert len(fits.to_frame()) == 3 * 2 * 2
    with pytest.raises(ValueError, match="trials of two animals"):
        nmo.glm_hmm.fit_individuals(model, X, y, np.roll(labels, 10), starts)


def test_turns_visits_and_individuals_know_of_inputs(fit):
    model, _, X, U, y, _, starts = fit
    params = model.initialize_params(X, y, starts, transition_inputs=U)
    state, objectives = model.initialize_optimizer_and_state(params, X, y), []
    again = nmo.GLMHMM(2, "Poisson", transition_strength=0.0, regularizer="UnRegularized")
    for _ in range(4):
        objectives.append(-again.compute_loss(params, X, y, starts, transition_inputs=U))
        params, state = again.update(params, state, X, y, starts, transition_inputs=U)
    assert (np.diff(objectives) > 0).all() and np.abs(params[5]).max() > 0.1

    visits = nmo.glm_hmm.state_visits(model, X, y, starts, transition_inputs=U)
    states = model.smooth_proba(X, y, starts, transition_inputs=U)
    odds = np.log(model.transition_prob_) + U[:, :, None] * model.transition_coef_[0]
    moves = np.exp(odds) / np.exp(odds).sum(axis=-1, keepdims=True)
    later = np.setdiff1d(np.arange(1, len(y)), starts)
    expected = [np.average(moves[later, k, k], weights=states[later - 1, k]) for k in (0, 1)]
    assert_allclose(visits.stay_prob, expected)

    animals = np.repeat(["a", "b"], len(y) // 2)
    given = {"transition_inputs": U, "moves": 1e7}
    near = nmo.glm_hmm.fit_individuals(model, X, y, animals, starts, spread=1e-3, **given)
    assert_allclose(near["b"].transition_coef_, model.transition_coef_, atol=0.01)
    free = nmo.glm_hmm.fit_individuals(model, X, y, animals, starts, spread=10.0, **given)
    moved = np.abs(free["b"].transition_coef_ - model.transition_coef_).max()
    assert moved > np.abs(near["b"].transition_coef_ - model.transition_coef_).max()


def test_inputs_that_drive_states_predict_sessions_that_were_held_out(fit):
    _, _, X, U, y, _, starts = fit
    arguments = {"n_states": [2], "n_restarts": 1, "folds": 2, "tol": 1e-4}
    of = {"observation_model": "Poisson", **arguments}
    few = slice(0, 2000)
    plain = nmo.glm_hmm.select_states(X[few], y[few], starts[:4], **of)
    driven = nmo.glm_hmm.select_states(X[few], y[few], starts[:4], transition_inputs=U[few], **of)
    assert driven.mean[0] > plain.mean[0] + 0.02
