"""Weights that are given and stay, while others are learned."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from tests.glm_hmm.models import KINDS, drawn, in_double, likelihood_of_paths

import spikeglm as nmo

PRECISE = {"n_restarts": 2, "tol": 1e-11}


@pytest.fixture(scope="module")
def choices():
    """One state listens to the first feature, the other does not; both know the second."""
    truth = nmo.GLMHMM(2)
    truth.coef_, truth.intercept_ = np.array([[2.5, 0.0], [0.8, -0.8]]), np.array([1.0, -0.5])
    truth.scale_, truth.initial_prob_ = np.ones(2), np.full(2, 0.5)
    truth.transition_prob_ = np.array([[0.95, 0.05], [0.05, 0.95]])
    X, starts = np.random.default_rng(0).normal(size=(1000, 2)), np.arange(0, 1000, 250)
    y = truth.simulate(1, X, session_starts=starts).y.astype(float)
    y[7] = np.nan
    return X, y, starts


@pytest.fixture(scope="module")
def half(choices):
    """The weight of the first feature is given in one state, and learned in the other."""
    X, y, starts = choices
    model = nmo.GLMHMM(2, frozen_weights={"x0": [np.nan, 0.3]}, **PRECISE)
    return model.fit(X, y, session_starts=starts)


def test_the_slope_by_what_is_learned_vanishes_and_what_is_given_stays(choices, half):
    """By automatic differentiation of the likelihood: a given weight has no prior and no slope."""
    import jax

    X, y, starts = choices
    assert half.coef_[0, 1] == 0.3 != half.coef_[0, 0]
    assert half.fit_report_.is_well and half.n_parameters_ == 3 + 2 + 1 + 2
    with in_double():

        def log_p(coef, intercept):
            chain = half.initial_prob_, half.transition_prob_
            return likelihood_of_paths(X, y, starts, coef, intercept, *chain)

        slopes = jax.grad(log_p, argnums=(0, 1))(half.coef_, half.intercept_)
    by_coef, by_intercept = map(np.asarray, slopes)
    assert_allclose(by_coef[[0, 1, 1], [0, 0, 1]], half.coef_[[0, 1, 1], [0, 0, 1]], atol=1e-3)
    assert abs(by_coef[0, 1] - 0.3) > 0.1  # where it is no optimum
    assert_allclose(by_intercept, 0.0, atol=1e-3)
    history = half.fit_report_.history
    assert np.diff(history).min() >= -1e-9 * abs(history[-1])
    prior = 0.5 * (half.coef_[[0, 1, 1], [0, 0, 1]] ** 2).sum()
    assert_allclose(half.score(X, y, starts) - prior, history[-1], rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_one_state_is_the_glm_beside_an_offset(kind):
    """A given weight predicts what an offset does."""
    _, X, y, _, _ = drawn(kind)
    observed, link = KINDS[kind][:2]
    none = {"regularizer": None, "regularizer_strength": None}
    frozen = {"x1": 0.2, "intercept": 0.5}
    there = np.isfinite(y + X.sum(axis=1))
    model = nmo.GLMHMM(1, observed, link, frozen_weights=frozen, **none).fit(X, y)
    offset = 0.2 * X[there, 1] + 0.5
    glm = nmo.GLM(observed, link, fit_intercept=False)
    glm.fit(X[there, :1], y[there], offset=offset)
    assert_allclose(model.coef_[0, 0], glm.coef_[0], rtol=1e-5)
    assert model.coef_[1, 0] == 0.2 and model.intercept_[0] == 0.5
    n_dispersions = kind in ("Gaussian", "Gamma") or kind.endswith("estimated")
    assert model.n_parameters_ == 1 + n_dispersions


@pytest.mark.parametrize("kind", KINDS)
def test_weights_frozen_where_they_would_be_leave_the_others_there(kind):
    """Also with two outputs: the same optimum, of the same likelihood."""
    _, X, y, _, starts = drawn(kind, n_outputs=2)
    observed, link = KINDS[kind][:2]
    options = {"regularizer": None, "regularizer_strength": None, "tol": 1e-10}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nmo.errors.ConvergenceWarning)
        free = nmo.GLMHMM(2, observed, link, n_restarts=2, maxiter=300, **options)
        free.fit(X, y, session_starts=starts)
        frozen = {"x0": free.coef_[0], "intercept": free.intercept_}
        model = nmo.GLMHMM(2, observed, link, frozen_weights=frozen, maxiter=300, **options)
        chain = free.initial_prob_, free.transition_prob_
        model.fit(X, y, (0.8 * free.coef_, free.intercept_, free.scale_, *chain), starts)
    assert (model.coef_[0] == free.coef_[0]).all() and (model.intercept_ == free.intercept_).all()
    assert_allclose(model.coef_[1], free.coef_[1], atol=2e-3)
    assert_allclose(model.log_likelihood_, free.log_likelihood_, atol=1e-2)


def test_where_all_weights_are_given_the_chain_is_learned(choices, half):
    X, y, starts = choices
    frozen = nmo.glm_hmm.weights_of(half, ["x0", "x1", "intercept"])
    model = nmo.GLMHMM(2, frozen_weights=frozen, **PRECISE).fit(X, y, session_starts=starts)
    assert (model.coef_ == half.coef_).all() and (model.intercept_ == half.intercept_).all()
    assert_allclose(model.transition_prob_, half.transition_prob_, atol=1e-4)
    assert model.fit_report_.is_well and model.n_parameters_ == 1 + 2


def test_errors_are_those_of_what_is_learned_and_the_table_says_which(choices, half):
    X, y, starts = choices
    errors, step = half.standard_errors(X, y, starts), 1e-2
    assert np.isnan(errors.coef[0, 1]) and np.isfinite(errors.coef[[0, 1, 1], [0, 0, 1]]).all()
    at_edge = int(half.initial_prob_.max() > 1 - 1e-7)
    assert np.isfinite(errors.intercept).all() and len(errors.covariance) == 8 - at_edge
    table = errors.to_frame()
    assert table["is_frozen"].tolist() == [False, True, *[False] * 4]
    assert np.isnan(table["error"][1]) and table["estimate"][1] == 0.3
    chain = half.scale_, half.initial_prob_, half.transition_prob_

    def objective(move):
        coef = half.coef_ + np.array([[move, 0], [0, 0]])
        loss = half.compute_loss((coef, half.intercept_, *chain), X, y, starts)
        return loss * np.isfinite(y).sum() + 0.5 * coef[0, 0] ** 2

    bend = (objective(step) - 2 * objective(0.0) + objective(-step)) / step**2
    assert_allclose(np.linalg.inv(errors.covariance)[0, 0], bend, rtol=1e-3)
    given = nmo.GLMHMM(2, frozen_weights={"intercept": half.intercept_}, **PRECISE)
    given = given.fit(X, y, session_starts=starts).standard_errors(X, y, starts)
    assert np.isnan(given.intercept).all() and np.isfinite(given.coef).all()


def test_what_is_asked_beside_the_fit_keeps_given_weights(choices, half, tmp_path):
    """Saved and loaded, cloned, one turn at a time, started, of single animals, held out."""
    X, y, starts = choices
    half.save_params(tmp_path / "half.npz")
    loaded = nmo.load_model(tmp_path / "half.npz")
    assert_allclose(loaded.frozen_weights["x0"], [np.nan, 0.3])
    again = clone(loaded).fit(X, y, session_starts=starts)
    assert_allclose(again.coef_, half.coef_, rtol=1e-12)
    first = half.initialize_params(X, y, starts)
    assert first[0][0, 1] == 0.3 != first[0][0, 0]
    stepping = clone(half)
    state = stepping.initialize_optimizer_and_state(first, X, y)
    second, _ = stepping.update(first, state, X, y, starts)
    assert second[0][0, 1] == 0.3 and second[0][0, 0] != first[0][0, 0]
    animals = np.repeat(["a", "b"], 500)
    fits = nmo.glm_hmm.fit_individuals(half, X, y, animals, starts)
    for model in fits.models:
        assert_allclose(model.coef_[0, 1], 0.3, rtol=1e-14)
        assert abs(model.coef_[0, 0] - half.coef_[0, 0]) > 1e-3
    chosen = nmo.glm_hmm.select_states(
        X, y, starts, n_states=[1, 2], n_restarts=2, folds=2, frozen_weights={"x1": 0.1}, tol=1e-5
    )
    assert all((model.coef_[1] == 0.1).all() for model in chosen.models)


def test_terms_and_shapes_and_glms(choices):
    X, y, starts = choices
    table = nmo.basis.IdentityEval(label="sound") + nmo.basis.BSplineEval(4, label="place")
    D = table.design(X[:, 0], X[:, 1])
    glm = nmo.GLM("Bernoulli", None, "Ridge", 1e-3).fit(D, np.nan_to_num(y))
    weights = nmo.glm_hmm.weights_of(glm, ["place", "intercept"])
    assert_allclose(weights["place"], glm.coef_[1:])
    options = {"n_restarts": 1, "tol": 1e-4}
    model = nmo.GLMHMM(2, frozen_weights=weights, **options).fit(D, y, session_starts=starts)
    assert (model.coef_[1:] == glm.coef_[1:, None]).all()
    assert (model.intercept_ == glm.intercept_).all() and model.coef_[0, 0] != model.coef_[0, 1]
    by_state = {"place": np.arange(8.0).reshape(4, 2) / 8, "sound": 1.0}
    model = nmo.GLMHMM(2, frozen_weights=by_state, **options).fit(D, y, session_starts=starts)
    assert (model.coef_[1:] == by_state["place"]).all() and (model.coef_[0] == 1).all()
    counts = np.random.default_rng(1).poisson(np.exp(0.3 * X[:, [0, 0, 1]]))
    of_two = {"x0": np.array([0.3, 0.3, 0.0]), "x1": np.array([[0, 0.5], [0, 0], [np.nan, 0]])}
    model = nmo.GLMHMM(2, "Poisson", frozen_weights=of_two, **options).fit(X, counts)
    assert (model.coef_[0] == np.array([[0.3, 0.3, 0.0]]).T).all()
    assert model.coef_[1, 0, 1] == 0.5 and model.coef_[1, 2, 0] not in (0.0, 0.5)


def test_frozen_beside_shared_weights(choices):
    """Of three features one is given in each state, one is the same, one is free."""
    X, y, starts = choices
    X = np.column_stack([X, np.random.default_rng(5).normal(size=1000)])
    model = nmo.GLMHMM(2, frozen_weights={"x0": [2.0, 0.0]}, shared_features=["x2"], **PRECISE)
    model.fit(X, y, session_starts=starts)
    assert (model.coef_[0] == [2.0, 0.0]).all() and model.coef_[2, 0] == model.coef_[2, 1]
    assert model.coef_[1, 0] != model.coef_[1, 1] and model.n_parameters_ == 2 + 1 + 2 + 1 + 2
    errors = model.standard_errors(X, y, starts)
    assert np.isnan(errors.coef[0]).all() and errors.coef[2, 0] == errors.coef[2, 1] > 0


def test_states_that_arguments_tell_apart_keep_their_order(choices):
    """They used to come by occupancy, and errors took the masks of other states."""
    X, y, starts = choices
    for k in (0, 1):
        mask = np.ones((2, 2))
        mask[0, k] = 0
        masked = nmo.GLMHMM(2, feature_mask=mask, **PRECISE).fit(X, y, session_starts=starts)
        assert masked.coef_[0, k] == 0 != masked.coef_[0, 1 - k]
        errors = masked.standard_errors(X, y, starts)
        assert errors.coef[0, k] == 0 < errors.coef[0, 1 - k]
        frozen = {"x0": np.where(np.arange(2) == k, 0.0, np.nan)}
        given = nmo.GLMHMM(2, frozen_weights=frozen, **PRECISE).fit(X, y, session_starts=starts)
        assert_allclose(given.coef_, masked.coef_, atol=1e-4)
        assert_allclose(given.transition_prob_, masked.transition_prob_, atol=1e-4)
        assert given.n_parameters_ == masked.n_parameters_
    sticky = nmo.GLMHMM(2, dirichlet_transition_proba=[[1, 1], [1, 200]], **PRECISE)
    sticky.fit(X, y, session_starts=starts)
    assert sticky.transition_prob_[1, 1] > max(0.97, sticky.transition_prob_[0, 0])


@pytest.mark.parametrize(
    "arguments",
    [
        {"frozen_weights": {"x0": [np.nan, 0.3], "intercept": 0.2}},
        {"feature_mask": np.array([[1, 0], [1, 1]])},
        {"dirichlet_transition_proba": np.array([[1, 1], [1, 200.0]]),
         "dirichlet_initial_proba": np.array([1, 3.0])},
        {"regularizer_strength": np.array([[1, 9.0], [2, 3]])},
    ],
)  # fmt: skip
def test_arguments_of_states_go_with_them_into_another_order(choices, arguments):
    X, y, starts = choices
    model = nmo.GLMHMM(2, **arguments, **PRECISE).fit(X, y, session_starts=starts)
    other = nmo.glm_hmm.order_states(model, [1, 0])
    here, there = (each.standard_errors(X, y, starts) for each in (model, other))
    assert_allclose(there.coef, here.coef[:, ::-1], rtol=1e-6)
    assert_allclose(there.intercept, here.intercept[::-1], rtol=1e-6)
    chain = other.initial_prob_, other.transition_prob_
    start = other.coef_, other.intercept_, other.scale_, *chain
    again = clone(other).fit(X, y, start, starts)
    assert_allclose(again.coef_, model.coef_[:, ::-1], atol=1e-3)
    name = next(iter(arguments))
    assert getattr(model, name) is arguments[name]  # what the user gave stays as it was


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"frozen_weights": {"speed": 1.0}}, ValueError, "Unknown feature"),
        ({"frozen_weights": ["x0"]}, TypeError, "must be a dict"),
        ({"frozen_weights": {"x0": "much"}}, TypeError, "no number"),
        ({"frozen_weights": {"x0": np.inf}}, ValueError, "infinite"),
        ({"frozen_weights": {"x0": [1.0, 2.0, 3.0]}}, ValueError, "do not fit"),
        ({"frozen_weights": {"intercept": [1.0, np.nan]}}, ValueError, "feature of ones"),
        ({"frozen_weights": {"x0": 1.0}, "shared_features": ["x0"]}, ValueError, "shared"),
        ({"frozen_weights": {"intercept": 1.0}, "shared_features": ["x0"]}, ValueError, "shared"),
        ({"frozen_weights": {"x0": 1.0}, "feature_mask": [0, 1]}, ValueError, "feature_mask"),
    ],
)
def test_what_cannot_be_frozen_is_told(choices, options, error, message):
    X, y, starts = choices
    with pytest.raises(error, match=message):
        nmo.GLMHMM(2, **options).fit(X, y, session_starts=starts)


def test_weights_of_what_has_none():
    with pytest.raises(ValueError, match="no weights"):
        nmo.glm_hmm.weights_of(nmo.GLM())
    glm = nmo.GLM().fit(np.random.default_rng(0).normal(size=(50, 2)), np.ones(50))
    assert list(nmo.glm_hmm.weights_of(glm)) == ["x0", "x1"]
    with pytest.raises(ValueError, match="Unknown feature"):
        nmo.glm_hmm.weights_of(glm, "speed")
