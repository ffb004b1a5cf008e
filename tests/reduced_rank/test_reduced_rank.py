"""Reduced rank equals the SVD solution, chosen by folds as a loop over refits would."""

import pickle

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from sklearn.base import clone

import spikeglm as nmo
from spikeglm import PopulationGLM, ReducedRankRegression, config_context
from spikeglm.plotting import plot_rank_choice
from spikeglm.selection import InterleavedBlocks, fixed_folds

RNG = np.random.default_rng(2)
T, P, N, RANK = 250, 8, 15, 3
X = RNG.normal(size=(T, P)) * np.geomspace(3, 0.3, P) + 4
TRUE = RNG.normal(size=(P, RANK)) @ RNG.normal(size=(RANK, N))
Y = X @ TRUE + 3 * RNG.normal(size=(T, N)) + 30
FOLDS = fixed_folds(InterleavedBlocks(4, n_chunks=3), X)


def by_svd(X, Y, rank, penalty):
    """The textbook: the ridge fit, projected on the main axes of its (augmented) predictions."""
    mean_x, mean_y = X.mean(axis=0), Y.mean(axis=0)
    rows = np.vstack([X - mean_x, np.sqrt(penalty) * np.eye(X.shape[1])])
    responses = np.vstack([Y - mean_y, np.zeros((X.shape[1], Y.shape[1]))])
    full = np.linalg.lstsq(rows, responses, rcond=None)[0]
    axes = np.linalg.svd(rows @ full, full_matrices=False)[2][:rank].T
    coef = full @ axes @ axes.T
    return coef, mean_y - mean_x @ coef


@pytest.mark.parametrize("n_outputs", [N, 5])
@pytest.mark.parametrize("strength", [0.0, 0.7])
@pytest.mark.parametrize("rank", [0, 1, 3, 5])
def test_a_given_rank_is_the_solution_by_svd(rank, strength, n_outputs):
    y = Y[:, :n_outputs]
    model = ReducedRankRegression(rank, strength).fit(X, y)
    coef, intercept = by_svd(X, y, rank, strength * T / 2)
    np.testing.assert_allclose(model.coef_, coef, atol=1e-11)
    np.testing.assert_allclose(model.intercept_, intercept, rtol=1e-11)
    np.testing.assert_allclose(model.weights_ @ model.loadings_.T, model.coef_, atol=1e-12)
    np.testing.assert_allclose(model.loadings_.T @ model.loadings_, np.eye(rank), atol=1e-12)
    np.testing.assert_allclose(model.predict(X), X @ coef + intercept, rtol=1e-9)
    np.testing.assert_allclose(model.transform(X), X @ model.weights_)
    assert model.rank_choice_ is None and set(model.status_) == {"converged"}


def test_all_components_are_the_plain_fit():
    full = ReducedRankRegression(P, 0.5).fit(X, Y)
    plain = PopulationGLM("Gaussian", regularizer="Ridge", regularizer_strength=0.5).fit(X, Y)
    np.testing.assert_allclose(full.coef_, plain.coef_, atol=1e-6)
    np.testing.assert_allclose(full.intercept_, plain.intercept_, rtol=1e-6)
    assert full.next_singular_value_ == 0


def test_held_out_scores_are_a_loop_over_refits():
    strengths = [3.0, 0.1]
    choice = ReducedRankRegression("folds", strengths, folds=FOLDS, rule="min").fit(X, Y)
    choice = choice.rank_choice_
    total, null = np.zeros((2, P + 1, N)), np.zeros(N)
    for k, (train, test) in enumerate(FOLDS.split()):
        off = ((Y[test] - Y[train].mean(axis=0)) ** 2).sum(axis=0)
        null += off
        for s, strength in enumerate(strengths):
            for rank in range(P + 1):
                coef, intercept = by_svd(X[train], Y[train], rank, strength * len(train) / 2)
                errors = ((Y[test] - X[test] @ coef - intercept) ** 2).sum(axis=0)
                total[s, rank] += errors
                np.testing.assert_allclose(
                    choice.fold_r2[s, k, rank], 1 - errors.sum() / off.sum(), atol=1e-10
                )
    s, rank = choice.chosen
    mean = choice.fold_r2.mean(axis=1)
    assert mean[s, rank] == mean.max()
    np.testing.assert_allclose(choice.r2_by_output, 1 - total[s] / null, atol=1e-10)
    np.testing.assert_allclose(choice.se, choice.fold_r2.std(axis=1, ddof=1) / 2)


def test_the_rank_of_simulated_data_is_found():
    model = ReducedRankRegression(folds=FOLDS).fit(X, Y)
    assert model.rank_ == RANK and model.rank_choice_.reason == ""
    assert model.rank_choice_.at_rule("min").rank >= RANK
    difference = np.diff(model.rank_choice_.fold_r2[model.rank_choice_.chosen[0]], axis=1)
    assert (difference[:, :RANK] > 0).all()
    frame = model.rank_choice_.to_frame()
    assert frame["is_chosen"].sum() == 1 and len(frame) == 13 * (P + 1)
    assert frame.loc[frame["is_chosen"], "rank"].item() == RANK
    by_output = model.rank_choice_.outputs_to_frame()
    assert len(by_output) == N * (P + 1) and by_output["r2"].max() < 1
    assert f"rank {RANK}" in repr(model.rank_choice_)
    assert plot_rank_choice(model.rank_choice_).get_xlabel() == "Rank"


def test_a_given_rank_takes_the_best_strength_and_a_given_strength_the_best_rank():
    by_strength = ReducedRankRegression(2, [3.0, 0.1, 0.01], folds=FOLDS).fit(X, Y)
    assert by_strength.rank_ == 2 and by_strength.strength_ in (3.0, 0.1, 0.01)
    mean = by_strength.rank_choice_.mean
    assert mean[list(by_strength.rank_choice_.strength).index(by_strength.strength_), 2] == (
        mean[:, 2].max()
    )
    by_rank = ReducedRankRegression("folds", 0.1, folds=FOLDS, max_rank=4).fit(X, Y)
    assert by_rank.strength_ == 0.1 and by_rank.rank_choice_.fold_r2.shape == (1, 4, 5)


def test_standardised_features_and_outputs_are_those_of_scaled_data():
    sx, sy = X.std(axis=0), Y.std(axis=0)
    scaled = ReducedRankRegression(2, 0.3).fit(X / sx, Y / sy)
    here = ReducedRankRegression(2, 0.3, features="standardised", outputs="standardised").fit(X, Y)
    np.testing.assert_allclose(here.coef_, scaled.coef_ / sx[:, None] * sy, rtol=1e-8)
    np.testing.assert_allclose(here.predict(X), scaled.predict(X / sx) * sy, rtol=1e-8)
    folds = {"folds": FOLDS, "regularizer_strength": [0.3, 0.1]}
    there = ReducedRankRegression(**folds).fit(X / sx, Y / sy).rank_choice_
    both = ReducedRankRegression(features="standardised", outputs="standardised", **folds)
    np.testing.assert_allclose(both.fit(X, Y).rank_choice_.fold_r2, there.fold_r2, rtol=1e-8)


def test_without_an_intercept():
    model = ReducedRankRegression(2, 0.5, fit_intercept=False).fit(X, Y)
    rows = np.vstack([X, np.sqrt(0.25 * T) * np.eye(P)])
    full = np.linalg.lstsq(rows, np.vstack([Y, np.zeros((P, N))]), rcond=None)[0]
    axes = np.linalg.svd(rows @ full, full_matrices=False)[2][:2].T
    np.testing.assert_allclose(model.coef_, full @ axes @ axes.T, atol=1e-10)
    assert not model.intercept_.any()


def test_missing_responses_cost_rows_and_outputs_that_are_nowhere_a_status():
    y = np.column_stack([Y, np.full(T, np.nan), np.full(T, 5.0)])
    y[:30, 2] = np.nan
    with pytest.warns(UserWarning, match=r"30 of 250 rows are left out.*2 \(30 missing\)"):
        model = ReducedRankRegression(2, 0.5).fit(X, y)
    few = ReducedRankRegression(2, 0.5).fit(X[30:], Y[30:])
    np.testing.assert_allclose(model.coef_[:, :N], few.coef_, atol=1e-10)
    assert model.status_[N:] == ("no valid rows", "does not vary")
    assert np.isnan(model.coef_[:, N]).all() and np.isnan(model.predict(X)[:, N]).all()
    np.testing.assert_allclose(model.predict(X)[:, N + 1], 5.0)
    y = Y.copy()
    y[: T // 2, 0] = y[T // 2 :, 1] = np.nan
    with pytest.raises(ValueError, match="No row has a response of all outputs"):
        ReducedRankRegression(2, 0.5).fit(X, y)


def test_copies_of_features_and_small_memory_change_no_prediction():
    twice = np.hstack([X, X[:, :2], np.ones((T, 1))])
    plain = ReducedRankRegression(2, 0.0).fit(X, Y)
    np.testing.assert_allclose(
        ReducedRankRegression(2, 0.0).fit(twice, Y).predict(twice), plain.predict(X), rtol=1e-8
    )
    with config_context(memory=300_000, n_threads=2):
        again = ReducedRankRegression(2, 0.0).fit(X, Y)
    np.testing.assert_allclose(again.coef_, plain.coef_, atol=1e-11)
    moved = ReducedRankRegression(2, 0.0).fit(X + 1e6, Y - 1e6)
    np.testing.assert_allclose(moved.coef_, plain.coef_, atol=1e-6)


def test_times_and_names_come_back():
    times = np.arange(T) * 0.1
    tsd = nap.TsdFrame(t=times, d=X)
    frame = nap.TsdFrame(t=times, d=Y, columns=[f"n{k}" for k in range(N)])
    model = ReducedRankRegression(2, 0.5).fit(tsd, frame)
    assert isinstance(model.predict(tsd), nap.TsdFrame)
    assert list(model.predict(tsd).columns) == list(frame.columns)
    assert isinstance(model.transform(tsd), nap.TsdFrame)
    table = pd.DataFrame(Y).add_prefix("cell")
    named = ReducedRankRegression(folds=FOLDS).fit(X, table)
    assert named.rank_choice_.outputs_to_frame()["neuron"][0] == "cell0"
    assert named.score(X, table) > named.rank_choice_.mean.max() - 0.02


def test_it_is_an_estimator():
    model = ReducedRankRegression(2, 0.5, folds=3)
    assert repr(clone(model)) == "ReducedRankRegression(rank=2, regularizer_strength=0.5, folds=3)"
    with pytest.raises(nmo.exceptions.NotFittedError):
        model.predict(X)
    model.fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert np.isnan(model.predict(np.where(np.arange(T)[:, None] == 3, np.nan, X))[3]).all()
    with pytest.raises(ValueError, match="other features"):
        model.predict(X[:, :3])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"rank": -1}, "no such rank"),
        ({"rank": "best"}, "no such rank"),
        ({"max_rank": 0}, "no such rank"),
        ({"regularizer_strength": -1.0}, "cannot be used"),
        ({"regularizer_strength": [0.0, 1.0]}, "cannot be used"),
        ({"rule": "max"}, "rule"),
        ({"features": "scaled"}, "scale of features"),
        ({"outputs": "scaled"}, "scale of outputs"),
    ],
)
def test_what_cannot_be_used_is_refused(arguments, match):
    with pytest.raises(ValueError, match=match):
        ReducedRankRegression(**arguments).fit(X, Y)


@pytest.mark.parametrize("arguments", [{"rank": 2, "regularizer_strength": 0.5}, {"folds": 3}])
def test_what_was_saved_predicts_the_same(arguments, tmp_path):
    model = ReducedRankRegression(**arguments).fit(X, pd.DataFrame(Y).add_prefix("cell"))
    model.save_params(tmp_path / "model.npz")
    again = nmo.load_model(tmp_path / "model.npz")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert repr(again) == repr(model) and again.status_ == model.status_
    assert again.neuron_columns_ == model.neuron_columns_ and again.rank_ == model.rank_
    if model.rank_choice_ is not None:
        assert again.rank_choice_.rank == model.rank_choice_.rank
        assert again.rank_choice_.outputs_to_frame().equals(model.rank_choice_.outputs_to_frame())
