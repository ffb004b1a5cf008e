"""What a model can be asked, and what data may look like."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from tests.glm_hmm.models import KINDS, drawn, truth

import spikeglm as nmo


@pytest.fixture(scope="module")
def choices():
    """A fitted model of choices, with its data."""
    _, X, y, states, starts = drawn("Bernoulli", T=600)
    model = nmo.GLMHMM(2, n_restarts=3).fit(X, y, session_starts=starts)
    return model, X, y, states, starts


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_that_share_states_are_fitted_together(kind):
    of, X, y, states, starts = drawn(kind, n_outputs=3, T=500)
    y[40, 1] = np.nan  # of one output only
    observed, link = KINDS[kind][:2]
    model = nmo.GLMHMM(2, observed, link, n_restarts=3).fit(X, y, session_starts=starts)
    assert model.coef_.shape == (2, 3, 2) and model.intercept_.shape == (3, 2)
    assert model.scale_.shape == (3, 2)
    path = model.decode_state(X, y, starts, "index")
    agreement = (path == states)[np.isfinite(path)].mean()
    best = np.nanmean(of.decode_state(X, y, starts, "index") == states)
    assert max(agreement, 1 - agreement) > best - 0.05
    assert model.log_likelihood_ > of.score(X, y, starts) - 5


def test_a_missing_trial_says_nothing_and_the_state_moves_on(choices):
    model, X, y, _, starts = choices
    found = model.filter_proba(X, y, starts)
    before = found[10:13] @ model.transition_prob_
    assert_allclose(found[11:14][:2], before[:2], atol=1e-12)  # trials 11 and 12 are missing
    assert np.isfinite(found[20]).all()


def test_ends_of_sessions_without_data_are_no_part_of_them(choices):
    model, X, y, _, _ = choices
    gap = y.copy()
    gap[[0, 1, 299, 300, 301, 599]] = np.nan
    found = model.smooth_proba(X, gap, np.array([0, 300]))
    outside = np.isnan(found[:, 0])
    assert np.flatnonzero(outside).tolist() == [0, 1, 299, 300, 301, 599]
    alone = model.smooth_proba(X[302:599], gap[302:599])
    assert_allclose(found[302:599], alone, atol=1e-12)


def test_masks_leave_coefficients_out(choices):
    _, X, y, _, starts = choices
    by_state = np.array([[1, 0], [1, 1]])
    model = nmo.GLMHMM(2, n_restarts=2, feature_mask=by_state).fit(X, y, session_starts=starts)
    assert (model.coef_ == 0).sum() == 1 and model.n_parameters_ == 3 + 2 + 1 + 2
    for_all = nmo.GLMHMM(2, n_restarts=2, feature_mask=[1, 0]).fit(X, y, session_starts=starts)
    assert (for_all.coef_[1] == 0).all() and (for_all.coef_[0] != 0).all()


def test_strengths_by_feature_and_state(choices):
    _, X, y, _, starts = choices
    strong = nmo.GLMHMM(2, n_restarts=2, regularizer_strength=np.array([[1e6], [0.1]]))
    coef = strong.fit(X, y, session_starts=starts).coef_
    assert np.abs(coef[0]).max() < 1e-3 < np.abs(coef[1]).max()


@pytest.mark.parametrize("regularizer", ["Lasso", "ElasticNet"])
def test_penalties_that_select(choices, regularizer):
    _, X, y, _, starts = choices
    strength = (200.0, 0.9) if regularizer == "ElasticNet" else 200.0
    model = nmo.GLMHMM(2, "Bernoulli", None, regularizer, strength, n_restarts=2)
    assert (model.fit(X, y, session_starts=starts).coef_ == 0).any()


def test_a_model_is_cloned_pickled_saved_and_loaded(choices, tmp_path):
    model, X, y, _, starts = choices
    again = clone(model)
    assert again.get_params() == model.get_params() and not again.__sklearn_is_fitted__()
    model.save_params(tmp_path / "states.npz")
    for copy in (pickle.loads(pickle.dumps(model)), nmo.load_model(tmp_path / "states.npz")):
        assert copy.score(X, y, starts) == model.score(X, y, starts)
        assert str(copy.fit_report_) == str(model.fit_report_)
        assert copy.n_states == 2


def test_a_saved_model_keeps_how_starts_are_found(tmp_path):
    model = nmo.GLMHMM(3)
    model.setup(transition_proba_init="sticky", transition_proba_init_kwargs={"prob_stay": 0.9})
    model.save_params(tmp_path / "states.npz")
    loaded = nmo.load_model(tmp_path / "states.npz")
    assert loaded.hmm_initialization_funcs == model.hmm_initialization_funcs


def test_pynapple_epochs_are_sessions(choices):
    import pynapple as nap

    model, X, y, _, starts = choices
    times = np.arange(600.0) + 0.5
    epochs = nap.IntervalSet(starts + 0.1, np.append(starts[1:], 600) - 0.1)
    tsd = nap.Tsd(times, y, time_support=epochs)
    frame = nap.TsdFrame(times, X, time_support=epochs)
    expected = model.smooth_proba(X, y, starts)
    found = model.smooth_proba(frame, tsd)
    assert isinstance(found, nap.TsdFrame) and list(found.columns) == ["state_0", "state_1"]
    assert_allclose(found.values, expected)
    assert_allclose(model.smooth_proba(X, tsd).values, expected)
    one = nap.Tsd(times, y)
    assert_allclose(model.smooth_proba(X, one, epochs).values, expected)
    path = model.decode_state(frame, tsd, state_format="index")
    assert isinstance(path, nap.Tsd)


def test_data_frames_give_data_frames(choices):
    import pandas as pd

    model, X, y, _, starts = choices
    index = [f"trial {t}" for t in range(600)]
    found = model.smooth_proba(pd.DataFrame(X, index=index), y, starts)
    assert list(found.columns) == ["state_0", "state_1"] and list(found.index) == index


def test_simulated_choices_have_the_moments_of_the_model():
    of = truth("Poisson", n_states=3)
    X = np.random.default_rng(0).normal(size=(20_000, 2))
    y, rate, states = of.simulate(1, X)
    stays = np.array([(states[1:] == k)[states[:-1] == k].mean() for k in range(3)])
    assert_allclose(stays, 0.95, atol=0.01)
    assert_allclose(y.mean(), rate.mean(), rtol=0.02)
    expected = np.exp((X @ of.coef_ + of.intercept_)[np.arange(len(X)), states])
    assert_allclose(rate, expected)
    assert of.simulate(1, X, "one-hot").states.sum() == len(X)


def test_a_design_gives_features_block_by_block(choices):
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.5, 500)
    basis = nmo.basis.HistoryConv(3, label="past")
    lazy, array = basis.design(counts), np.asarray(basis.compute_features(counts))
    arguments = {"n_restarts": 2, "maxiter": 20, "tol": 1e-3}
    a = nmo.GLMHMM(2, "Poisson", **arguments).fit(lazy, counts)
    b = nmo.GLMHMM(2, "Poisson", **arguments).fit(array, counts)
    assert_allclose(a.coef_, b.coef_, rtol=1e-6)


@pytest.mark.parametrize("option", ["split", "random", "kmeans"])
def test_every_start_leads_somewhere(choices, option):
    best, X, y, _, starts = choices
    model = nmo.GLMHMM(2, n_restarts=4)
    model.setup(glm_params_init=option, transition_proba_init="dirichlet",
                initial_proba_init="kmeans" if option == "kmeans" else "random")  # fmt: skip
    model.fit(X, y, session_starts=starts)
    assert model.log_likelihood_ > best.log_likelihood_ - 10


def test_a_start_of_ones_own(choices):
    _, X, y, _, starts = choices
    seen = []

    def mine(n_states, X, y, session_starts, random_key, stay=0.5):
        seen.append(session_starts.sum())
        return np.full((n_states, n_states), (1 - stay) / (n_states - 1)) + np.eye(n_states) * (
            stay - (1 - stay) / (n_states - 1)
        )

    model = nmo.GLMHMM(2, n_restarts=2)
    model.setup(transition_proba_init=mine, transition_proba_init_kwargs={"stay": 0.7})
    transition = model.initialize_params(X, y, starts)[4]
    assert_allclose(transition, [[0.7, 0.3], [0.3, 0.7]])
    assert seen == [len(starts)]
    with pytest.raises(ValueError, match="lacks arguments"):
        model.setup(transition_proba_init=lambda n_states: None)
