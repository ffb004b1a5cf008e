"""Numbers of another implementation, and of forward recursions in SciPy, on a chain of six trials.

Where that implementation takes exp(scale) for a scale, the numbers are those of the recursion.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

X = np.array([0.5, 1.0, -0.75, 0.0, 2.0, -1.0])[:, None]
Y = np.array([1.0, 1.0, 0.0, 1.0, 1.0, 0.0])
COEF, INTERCEPT = np.array([[1.0, -0.5]]), np.array([0.2, 0.0])
INITIAL, TRANSITION = np.array([0.6, 0.4]), np.array([[0.9, 0.1], [0.2, 0.8]])
TWO = np.array([0, 3])


def toy(model="Bernoulli", scale=(1.0, 1.0), **arguments):
    toy = nmo.GLMHMM(2, model, **arguments)
    toy.coef_, toy.intercept_, toy.scale_ = COEF, INTERCEPT, np.array(scale)
    toy.initial_prob_, toy.transition_prob_ = INITIAL, TRANSITION
    return toy


@pytest.mark.parametrize(
    ("starts", "score", "smooth", "filt"),
    [
        (
            None,
            -2.879415,
            [0.842297, 0.899540, 0.910592, 0.912905, 0.941536, 0.905908],
            [0.695978, 0.817244, 0.840596, 0.803832, 0.914949, 0.905908],
        ),
        (
            TWO,
            -3.030945,
            [0.813644, 0.857955, 0.840596, 0.808405, 0.897416, 0.878153],
            [0.695978, 0.817244, 0.840596, 0.622571, 0.853879, 0.878153],
        ),
    ],
)
def test_posteriors_of_the_toy(starts, score, smooth, filt):
    model = toy()
    assert_allclose(model.score(X, Y, starts), score, atol=5e-7)
    assert_allclose(model.smooth_proba(X, Y, starts)[:, 0], smooth, atol=5e-7)
    assert_allclose(model.filter_proba(X, Y, starts)[:, 0], filt, atol=5e-7)
    assert (model.decode_state(X, Y, starts, "index") == 0).all()
    assert (model.decode_state(X, Y, starts)[:, 0] == 1).all()


def test_a_missing_first_trial_is_no_part_of_the_session():
    gap = X.copy()
    gap[0] = np.nan
    found = toy().smooth_proba(gap, Y)
    assert np.isnan(found[0]).all()
    assert_allclose(found[1:, 0], [0.859435, 0.889126, 0.901117, 0.936559, 0.902777], atol=5e-7)


@pytest.mark.parametrize(
    ("starts", "coef", "intercept", "initial", "transition", "likelihood"),
    [
        (
            None,
            [1.036605, 0.184323],
            [0.567374, 0.751433],
            [0.842297, 0.157703],
            [[0.963883, 0.036117], [0.459081, 0.540919]],
            0.618844,
        ),
        (
            TWO,
            [1.006643, 0.261540],
            [0.551969, 0.748183],
            [0.811025, 0.188975],
            [[0.953299, 0.046701], [0.408667, 0.591333]],
            0.603411,
        ),
    ],
)
def test_one_turn_of_em(starts, coef, intercept, initial, transition, likelihood):
    """The strength of the Ridge is of the sum over trials."""
    model = nmo.GLMHMM(2, regularizer_strength=1.0)
    given = (COEF, INTERCEPT, np.ones(2), INITIAL, TRANSITION)
    state = model.initialize_optimizer_and_state(given, X, Y)
    found, state = model.update(given, state, X, Y, starts)
    assert_allclose(found[0][0], coef, atol=1e-6)
    assert_allclose(found[1], intercept, atol=1e-6)
    assert_allclose(found[3], initial, atol=1e-6)
    assert_allclose(found[4], transition, atol=1e-6)
    assert_allclose(np.exp(state.log_likelihood / 6), likelihood, atol=5e-7)


def test_one_turn_of_em_with_a_dispersion():
    y = np.array([0.6, 1.3, -0.4, 0.3, 1.9, -0.2])
    model = nmo.GLMHMM(2, "Gaussian", regularizer=None, regularizer_strength=None)
    given = (COEF, INTERCEPT, np.ones(2), INITIAL, TRANSITION)
    found, _ = model.update(given, model.initialize_optimizer_and_state(given, X, y), X, y)
    assert_allclose(found[0][0], [0.776646, 0.703292], atol=1e-6)
    assert_allclose(found[1], [0.357163, 0.346686], atol=1e-6)
    assert_allclose(found[2], [0.021415, 0.024527], atol=1e-6)
    assert_allclose(found[3], [0.875737, 0.124263], atol=1e-6)
    assert_allclose(found[4], [[0.966218, 0.033782], [0.671572, 0.328428]], atol=1e-6)


@pytest.mark.parametrize(
    ("model", "scale", "score"),
    [
        ("Gaussian", (1.0, 1.0), -7.704340),
        ("Gaussian", (0.5, 2.0), -7.233197),
        ("Poisson", (1.0, 1.0), -8.419814),
    ],
)
def test_the_scale_is_the_scale(model, scale, score):
    assert_allclose(toy(model, scale).score(X, Y), score, atol=5e-7)


def test_the_score_is_that_of_the_fit():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 1))
    y = features[:, 0] * np.where(np.arange(300) // 50 % 2, 1.0, -1.0) + rng.normal(size=300) / 4
    model = nmo.GLMHMM(2, "Gaussian").fit(features, y)
    assert_allclose(model.score(features, y), model.log_likelihood_, rtol=1e-12)
    assert (model.scale_ < 0.2).all()
    choices = nmo.GLMHMM(2).fit(features, y > 0)
    assert_allclose(choices.scale_, 1.0)


def test_dirichlet_priors_act():
    rng = np.random.default_rng(0)
    features, y = rng.normal(size=(200, 1)), rng.integers(0, 2, 200)
    sticky = 1.0 + 1000.0 * np.eye(2)
    plain = nmo.GLMHMM(2, n_restarts=2).fit(features, y)
    stuck = nmo.GLMHMM(2, n_restarts=2, dirichlet_transition_proba=sticky).fit(features, y)
    assert np.diag(stuck.transition_prob_).min() > 0.9
    assert not np.allclose(plain.transition_prob_, stuck.transition_prob_)


def test_an_output_that_says_nothing_of_states_changes_no_posterior():
    one, both = toy("Gaussian", (0.5, 2.0)), nmo.GLMHMM(2, "Gaussian")
    both.coef_ = np.stack([COEF, np.zeros((1, 2))], axis=1)
    both.intercept_ = np.stack([INTERCEPT, np.zeros(2)])
    both.scale_ = np.array([[0.5, 2.0], [1.0, 1.0]])
    both.initial_prob_, both.transition_prob_ = INITIAL, TRANSITION
    found = both.smooth_proba(X, np.column_stack([Y, 1.0 - Y]))
    assert_allclose(found, one.smooth_proba(X, Y), atol=1e-12)
