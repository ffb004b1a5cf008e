"""Simulated choices: weights within their errors, and trials decoded."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

ENGAGED = np.array([[5.0, 1.0, 1.5], [0.5, 0.3, -0.3]])


def choices(T, seed):
    """Three states of a mouse: engaged, biased to the right, to the left; ragged sessions."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=T), rng.choice([-1.0, 1.0], T)])
    truth = nmo.GLMHMM(3)
    truth.coef_, truth.intercept_ = ENGAGED, np.array([0.0, 2.0, -2.5])
    truth.scale_, truth.initial_prob_ = np.ones(3), np.array([0.6, 0.2, 0.2])
    truth.transition_prob_ = np.array([[0.98, 0.01, 0.01], [0.03, 0.96, 0.01], [0.02, 0.02, 0.96]])
    starts = np.append(0, np.sort(rng.choice(np.arange(1, T), 9, False)))
    y, _, states = truth.simulate(seed, X, session_starts=starts)
    y = y.astype(float)
    y[rng.random(T) < 0.05] = np.nan
    return truth, X, y, states, starts


def test_three_states_are_recovered():
    truth, X, y, states, starts = choices(8000, 0)
    model = nmo.GLMHMM(3, n_restarts=6, regularizer_strength=0.1)
    model.fit(X, y, session_starts=starts)
    assert model.fit_report_.is_well and model.fit_report_.n_agreeing > 1
    errors = model.standard_errors(X, y, starts)
    order = [0, *(1 + np.argsort(-model.intercept_[1:]))]  # engaged, right, left
    assert (np.abs(model.coef_ - truth.coef_[:, order]) < 4 * errors.coef).all()
    assert (np.abs(model.intercept_ - truth.intercept_[order]) < 4 * errors.intercept).all()
    transition = truth.transition_prob_[np.ix_(order, order)]
    assert_allclose(model.transition_prob_, transition, atol=0.02)
    posterior = model.smooth_proba(X, y, starts)[:, order]
    is_confident = posterior.max(axis=1) > 0.9
    assert (posterior.argmax(axis=1) == states)[is_confident].mean() > 0.95


@pytest.mark.slow
def test_errors_cover_what_they_should():
    """Intervals of 1.96 errors, over the weights of twenty recordings; 96 % of sixty did."""
    inside = []
    for seed in range(20):
        truth, X, y, _, starts = choices(3000, seed)
        first = (truth.coef_, truth.intercept_, truth.scale_,
                 truth.initial_prob_, truth.transition_prob_)  # fmt: skip
        model = nmo.GLMHMM(3, regularizer=None, regularizer_strength=None)
        model.fit(X, y, first, starts)
        errors = model.standard_errors(X, y, starts)
        inside += [
            np.abs(model.coef_ - truth.coef_) < 1.96 * errors.coef,
            np.abs(model.intercept_ - truth.intercept_)[None] < 1.96 * errors.intercept,
        ]
    assert 0.91 < np.concatenate(inside).mean() < 0.99  # of 180
