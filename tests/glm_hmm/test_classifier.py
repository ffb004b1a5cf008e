"""Labels of several classes whose probabilities depend on a hidden state."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import log_softmax
from sklearn.base import clone
from tests.glm_hmm.enumeration import enumerated

import spikeglm as nmo


def truth():
    """An animal that listens to a sound in one state, and in the other repeats its last choice."""
    of = nmo.ClassifierGLMHMM(2)
    of.classes_ = np.array(["left", "right", "wait"])
    of.coef_ = np.zeros((2, 3, 2))
    of.coef_[0, :, 0], of.coef_[1, :, 1] = [-3.0, 3.0, 0.0], [1.5, -1.5, 0.0]
    of.intercept_ = np.array([[0.0, 0.7], [0.0, 0.0], [0.0, -0.7]])
    of.scale_, of.initial_prob_ = np.ones((3, 2)), np.array([0.7, 0.3])
    of.transition_prob_ = np.array([[0.97, 0.03], [0.05, 0.95]])
    return of


@pytest.fixture(scope="module")
def choices():
    X, starts = np.random.default_rng(0).normal(size=(1600, 2)), np.arange(0, 1600, 200)
    y, p, states = truth().simulate(1, X, session_starts=starts)
    assert_allclose(p.sum(axis=1), 1.0)
    y = y.astype(object)
    y[[5, 6, 300]] = None
    model = nmo.ClassifierGLMHMM(2, n_restarts=3, seed=1).fit(X, y, session_starts=starts)
    return model, X, y, states, starts


def test_messages_are_those_of_all_paths():
    of, X = truth(), np.random.default_rng(3).normal(size=(7, 2))
    y = np.array(["left", "wait", "right", "right", "left", "left", "wait"])
    starts = np.array([True, False, False, True, False, False, False])
    eta = np.einsum("tp,pck->tkc", X, of.coef_) + of.intercept_.T
    code = np.searchsorted(of.classes_, y)
    log_emission = log_softmax(eta, axis=-1)[np.arange(7), :, code]
    expected = enumerated(log_emission, of.initial_prob_, of.transition_prob_, starts)
    assert_allclose(of.score(X, y, starts), expected[0])
    assert_allclose(of.smooth_proba(X, y, starts), expected[1])
    assert_allclose(of.filter_proba(X, y, starts), expected[2])
    assert (of.decode_state(X, y, starts, "index") == expected[4]).all()


def test_states_and_weights_are_recovered(choices):
    model, X, y, states, starts = choices
    of, errors = truth(), model.standard_errors(X, y, starts)
    assert model.fit_report_.is_well and model.classes_.tolist() == ["left", "right", "wait"]
    close = np.abs(model.coef_ - of.coef_) < 4 * errors.coef + 0.1  # 0.1: what the ridge shrinks
    assert close.all() and (np.abs(model.intercept_ - of.intercept_) < 4 * errors.intercept).all()
    assert_allclose(model.coef_.sum(axis=1), 0.0, atol=1e-8)
    posterior = model.smooth_proba(X, y, starts)
    sure = posterior.max(axis=1) > 0.95
    assert (posterior.argmax(axis=1) == states)[sure].mean() > 0.95
    history = model.fit_report_.history
    assert np.diff(history).min() >= -1e-9 * abs(history[-1])
    assert model.n_parameters_ == 2 * 2 * 2 + 2 * 2 + 1 + 2
    assert_allclose(model.score(X, y, starts), model.log_likelihood_)
    assert errors.to_frame()["class"].unique().tolist() == ["left", "right", "wait"]


def test_two_classes_are_a_bernoulli_model(choices):
    """With weights w and -w a ridge of 2 costs what one of 1 costs on their difference."""
    _, X, y, _, starts = choices
    y = np.where(y == "left", "left", "other")
    start = np.array([[0.5, -0.5], [0.1, 0.2]]), np.array([0.0, 0.5])
    chain = np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.1, 0.9]])
    numbers = nmo.GLMHMM(2).fit(X, y == "other", (*start, np.ones(2), *chain), starts)
    halves = [np.stack([-0.5 * part, 0.5 * part], axis=-2) for part in start]
    labels = nmo.ClassifierGLMHMM(2, 2, regularizer_strength=2.0)
    labels.fit(X, y, (*halves, np.ones((2, 2)), *chain), starts)
    assert_allclose(labels.log_likelihood_, numbers.log_likelihood_, rtol=1e-8)
    assert_allclose(np.diff(labels.coef_, axis=1)[:, 0], numbers.coef_, atol=1e-4)
    assert labels.n_parameters_ == numbers.n_parameters_
    errors = labels.standard_errors(X, y, starts), numbers.standard_errors(X, y == "other", starts)
    assert_allclose(2 * errors[0].coef[:, 0], errors[1].coef, rtol=1e-3)
    assert_allclose(2 * errors[0].intercept[0], errors[1].intercept, rtol=1e-3)
    assert_allclose(errors[0].transition_prob, errors[1].transition_prob, rtol=1e-3)


def test_predictions_are_labels_of_the_past_alone(choices):
    model, X, y, _, starts = choices
    p, labels = model.predict_proba(X, y, starts), model.predict(X, y, starts)
    assert (labels == model.classes_[p.argmax(axis=1)]).all() and labels.dtype.kind == "U"
    other = y.copy()
    other[100] = "wait" if y[100] == "left" else "left"
    changed = model.predict_proba(X, other, starts)
    assert_allclose(changed[:101], p[:101], atol=1e-12)
    assert np.abs(changed[101] - p[101]).max() > 1e-3
    gap = X.copy()
    gap[400] = np.nan
    assert model.predict(gap, y, starts)[400] is None
    accuracy = nmo.glm_hmm.state_accuracy(model, X, y, starts)
    known = np.array([label is not None for label in y])
    assert_allclose(accuracy.predicted[2], (labels == y)[known].mean())


def test_a_classifier_is_cloned_pickled_saved_and_loaded(choices, tmp_path):
    model, X, y, _, starts = choices
    again = clone(model)
    assert again.get_params() == model.get_params() and not again.__sklearn_is_fitted__()
    model.save_params(tmp_path / "labels.npz")
    for copy in (pickle.loads(pickle.dumps(model)), nmo.load_model(tmp_path / "labels.npz")):
        assert copy.score(X, y, starts) == model.score(X, y, starts)
        assert (copy.predict(X, y, starts) == model.predict(X, y, starts)).all()


def test_numbers_of_states_and_animals_are_compared(choices):
    _, X, y, _, starts = choices
    options = {"n_states": [1, 2], "n_restarts": 1, "folds": 2, "tol": 1e-4}
    found = nmo.glm_hmm.select_states(
        X, y, starts, estimator=nmo.ClassifierGLMHMM, regularizer_strength=0.5, **options
    )
    assert found.best.n_states == 2 and found.mean[1] > found.mean[0] + 0.1
    one = nmo.ClassifierGLM(3, regularizer_strength=0.5 / 798).fit(X[known(y)], y[known(y)])
    assert_allclose(found.models[0].coef_[..., 0], one.coef_, atol=0.02)
    animals = np.repeat(["a", "b"], 800)
    near = nmo.glm_hmm.fit_individuals(found.best, X, y, animals, starts, spread=1e-3, moves=1e6)
    assert_allclose(near["b"].coef_, found.best.coef_, atol=0.01)
    assert near["b"].predict(X, y, starts).shape == (1600,)


def known(y):
    return np.array([label is not None for label in y])


def test_masks_leave_out_a_feature_of_all_classes_of_a_state(choices):
    _, X, y, _, starts = choices
    mask = np.array([[1, 0], [1, 1]])
    model = nmo.ClassifierGLMHMM(2, n_restarts=1, tol=1e-4, feature_mask=mask)
    model.fit(X, y, session_starts=starts)
    assert (model.coef_[0, :, 1] == 0).all() and (model.coef_ != 0).sum() == 9
    strong = nmo.ClassifierGLMHMM(2, n_restarts=1, tol=1e-4)
    strong.set_params(regularizer_strength=np.array([1e6, 1.0])[:, None, None])
    coef = strong.fit(X, y, session_starts=starts).coef_
    assert np.abs(coef[0]).max() < 1e-2 < np.abs(coef[1]).max()


def test_a_state_that_has_one_label_only_is_told():
    """Some columns have nothing left to gain while others walk on."""
    X, y = np.random.default_rng(0).normal(size=(60, 1)), np.repeat(["a", "b", "c"], 20)
    with pytest.warns(nmo.errors.ConvergenceWarning, match="separated"):
        model = nmo.ClassifierGLMHMM(3, n_restarts=3, tol=1e-4).fit(X, y)
    assert (model.predict(X, y) == y).mean() > 0.9


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.repeat(["a", "b"], [15, 15]), "n_classes"),
        (np.tile(["a", "b", "c"], (30, 1)), "one label per row"),
        (None, "y to be passed"),
    ],
)
def test_labels_that_cannot_be_used_are_told(y, message):
    with pytest.raises(ValueError, match=message):
        nmo.ClassifierGLMHMM(2, n_classes=3).fit(np.zeros((30, 1)), y)


def test_a_plain_model_names_the_classifier():
    with pytest.raises((ValueError, TypeError), match="Classifier"):
        nmo.GLMHMM(2, "Categorical").fit(np.zeros((30, 1)), np.arange(30) % 3)
