"""Data and arguments that go wrong: a status or an error that says what to do, never a number."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.glm_hmm.models import drawn

import spikeglm as nmo

X = np.random.default_rng(0).normal(size=(60, 2))
Y = (np.random.default_rng(1).random(60) < 0.5).astype(float)
N = len(Y)


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"n_states": 0}, ValueError, "n_states is too small"),
        ({"n_states": 2.5}, TypeError, "whole number"),
        ({"n_states": "two"}, TypeError, "whole number"),
        ({"maxiter": 0}, ValueError, "maxiter"),
        ({"tol": 0.0}, ValueError, "tol must be positive"),
        ({"n_restarts": 0}, ValueError, "n_restarts"),
        ({"dirichlet_transition_proba": np.ones((3, 3))}, ValueError, "does not fit the states"),
        ({"dirichlet_initial_proba": np.array([0.5, 2.0])}, ValueError, ">= 1"),
        ({"regularizer_strength": "auto"}, ValueError, "cannot be found automatically"),
        ({"regularizer": "Firth", "regularizer_strength": None}, ValueError, "shares? out"),
        ({"observation_model": "QuasiPoisson"}, ValueError, "States cannot be told apart"),
        ({"model_initialization_funcs": {"glm_params": "kmeans"}}, KeyError, "glm_params"),
        ({"hmm_initialization_funcs": {"initial_proba_init": "none"}}, ValueError, "Unknown"),
    ],
)
def test_arguments_that_cannot_be_used(arguments, error, match):
    with pytest.raises(error, match=match):
        nmo.GLMHMM(**({"n_states": 2} | arguments)).fit(X, Y)


@pytest.mark.parametrize(
    ("starts", "error", "match"),
    [
        (np.ones(N - 1, dtype=bool), ValueError, "does not fit the data"),
        (np.array([0, N]), ValueError, "no numbers of rows"),
        (np.array([0, 5, 5]), ValueError, "come twice"),
        (np.array([0.0, 5.0]), TypeError, "cannot be read"),
        ([0, 5], TypeError, "cannot be read"),
        ((np.arange(N) >= 30).astype(int), ValueError, "marks or labels"),
    ],
)
def test_session_marks_that_cannot_be_used(starts, error, match):
    with pytest.raises(error, match=match):
        nmo.GLMHMM(2).fit(X, Y, session_starts=starts)


def test_marks_as_bools_integers_and_numbers_mean_the_same():
    marks = np.isin(np.arange(N), [0, 20, 40])
    scores = []
    model = nmo.GLMHMM(2, n_restarts=1).fit(X, Y)
    for given in (marks, marks.astype(int), np.array([20, 40]), np.array([40, 0, 20])):
        scores.append(model.score(X, Y, given))
    assert np.ptp(scores) == 0


def test_labels_of_sessions():
    labels = np.repeat(["mon", "tue", "wed"], 20)
    assert np.flatnonzero(nmo.glm_hmm.session_starts(labels)).tolist() == [0, 20, 40]
    with pytest.raises(ValueError, match="do not lie together"):
        nmo.glm_hmm.session_starts([1, 1, 2, 1])


def test_epochs_need_times():
    import pynapple as nap

    with pytest.raises(TypeError, match="neither y nor X has any"):
        nmo.GLMHMM(2).fit(X, Y, session_starts=nap.IntervalSet(0, 10))


@pytest.mark.parametrize("y", [Y + 2, -Y, Y + 0.5])
def test_responses_that_the_model_cannot_have(y):
    with pytest.raises(ValueError, match="cannot produce"):
        nmo.GLMHMM(2).fit(X, y)


def test_nothing_but_gaps():
    with pytest.raises(ValueError, match="At least a NaN"):
        nmo.GLMHMM(2).fit(X, np.full(N, np.nan))


def test_more_states_than_trials():
    with pytest.raises(ValueError, match="too few trials"):
        nmo.GLMHMM(3).fit(X[:3], Y[:3])


def test_sessions_of_one_trial():
    """There are no moves to learn from; they stay as they begin."""
    first = nmo.GLMHMM(2).initialize_params(X, Y)
    model = nmo.GLMHMM(2, tol=1e-4).fit(X, Y, first, np.arange(N))
    assert np.isfinite(model.log_likelihood_)
    assert_allclose(model.transition_prob_, first[4], rtol=1e-12)
    assert (np.abs(model.transition_prob_.sum(axis=1) - 1) < 1e-12).all()


def test_a_state_that_no_trial_speaks_for_is_told():
    first = nmo.GLMHMM(2).initialize_params(X, Y)
    coef, intercept, scale, _, _ = first
    never = (coef, intercept, scale, np.array([1.0, 0.0]), np.array([[1.0, 0.0], [0.5, 0.5]]))
    with pytest.warns(nmo.errors.ConvergenceWarning, match="a state is empty"):
        model = nmo.GLMHMM(2).fit(X, Y, never)
    assert model.fit_report_.status == "a state is empty"
    assert np.isfinite(model.coef_).all()


def test_a_state_that_fits_few_responses_exactly_is_told():
    y = np.random.default_rng(0).normal(size=N)
    y[30:34] = 7.0
    first = (
        np.zeros((2, 2)), np.array([0.0, 7.0]), np.array([1.0, 1e-3]),
        np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.1, 0.9]]),
    )  # fmt: skip
    model = nmo.GLMHMM(2, "Gaussian", regularizer_strength=1e6)
    with pytest.warns(nmo.errors.ConvergenceWarning, match="collapsed"):
        model.fit(X, y, first)
    assert (model.scale_ > 0).all()


def test_a_state_that_predicts_perfectly_keeps_finite_weights():
    """Separation within a state: the default penalty holds the weights."""
    y = np.where(np.arange(N) < 30, X[:, 0] > 0, Y).astype(float)
    model = nmo.GLMHMM(2, n_restarts=3).fit(X, y)
    assert np.isfinite(model.coef_).all() and np.abs(model.coef_).max() < 100


def test_a_state_that_is_separated_is_told():
    """Without a penalty its weights have no finite optimum."""
    y = (X[:, 0] > 0).astype(float)
    model = nmo.GLMHMM(2, regularizer=None, regularizer_strength=None, n_restarts=2)
    with pytest.warns(nmo.errors.ConvergenceWarning, match="separated: features predict"):
        model.fit(X, y)
    assert model.fit_report_.status == "a state is separated"


def test_too_few_turns_are_told():
    _, features, y, _, starts = drawn("Bernoulli")
    with pytest.warns(nmo.errors.ConvergenceWarning, match="raise maxiter"):
        model = nmo.GLMHMM(2, maxiter=2).fit(features, y, session_starts=starts)
    assert not model.fit_report_.is_well and len(model.fit_report_.history) == 3


def test_a_model_without_estimates_names_what_is_missing():
    model = nmo.GLMHMM(2)
    model.coef_ = np.zeros((2, 2))
    with pytest.raises(
        nmo.exceptions.NotFittedError, match="set intercept_, scale_, initial_prob_"
    ):
        model.score(X, Y)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({3: np.array([0.7, 0.7])}, "holds no probabilities"),
        ({4: np.array([[0.5, 0.5]])}, "does not fit the states"),
        ({0: np.zeros((3, 2))}, "do not fit each other"),
        ({2: np.ones(3)}, "does not fit the states"),
    ],
)
def test_first_parameters_that_do_not_fit(change, match):
    first = list(nmo.GLMHMM(2).initialize_params(X, Y))
    for place, value in change.items():
        first[place] = value
    with pytest.raises(ValueError, match=match):
        nmo.GLMHMM(2).fit(X, Y, tuple(first))
    with pytest.raises(ValueError, match="five parts"):
        nmo.GLMHMM(2).fit(X, Y, tuple(first[:2]))


def test_other_features_than_those_of_the_fit():
    model = nmo.GLMHMM(2, n_restarts=1).fit(X, Y)
    with pytest.raises(ValueError, match="X has 1 features, but GLMHMM is expecting 2"):
        model.smooth_proba(X[:, :1], Y)


def test_arguments_stay_what_they_were():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        a, b = X.copy(), Y.copy()
        starts = np.array([0, 20])
        nmo.GLMHMM(2, n_restarts=2).fit(a, b, session_starts=starts)
    assert (a == X).all() and (b == Y).all() and starts.tolist() == [0, 20]
