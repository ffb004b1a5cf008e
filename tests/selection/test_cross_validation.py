"""All folds in one fit give what one fit per fold gives."""

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)

from spikeglm import GLM, ClassifierGLM, ClassifierPopulationGLM, PopulationGLM
from spikeglm.basis import HistoryConv
from spikeglm.exceptions import NothingToFitWarning
from spikeglm.selection import cross_validated, interleaved_blocks

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 4))
Y = RNG.poisson(np.exp(X @ RNG.normal(0, 0.3, (4, 3)) - 1))
FOLDS = interleaved_blocks(600, 4, block_rows=30)


@pytest.mark.parametrize("y", [Y[:, 0], Y], ids=["one neuron", "population"])
@pytest.mark.parametrize("missing", [False, True])
def test_each_row_is_predicted_by_the_fit_that_left_it_out(y: np.ndarray, missing: bool) -> None:
    y = y.astype(float)
    if missing:
        y[(slice(5, 40), 0)[: y.ndim]] = np.nan
    make = GLM if y.ndim == 1 else PopulationGLM
    model = make(regularizer="Ridge", regularizer_strength=0.1)
    held_out = cross_validated(model, X, y, FOLDS)
    for fold in range(4):
        rows = fold == FOLDS
        alone = make(regularizer="Ridge", regularizer_strength=0.1)
        alone.fit(X[~rows], y[~rows])
        np.testing.assert_allclose(held_out.prediction[rows], alone.predict(X[rows]), rtol=1e-6)
        null = np.broadcast_to(np.nanmean(y[~rows], axis=0), y[rows].shape)
        np.testing.assert_allclose(held_out.training_mean[rows], null, rtol=1e-12)
    assert not hasattr(model, "coef_")


def test_rows_that_are_not_finite_are_not_predicted() -> None:
    spoilt = X.copy()
    spoilt[[3, 50], 1] = np.inf, np.nan
    held_out = cross_validated(GLM(), spoilt, Y[:, 0], FOLDS)
    assert list(np.flatnonzero(np.isnan(held_out.prediction))) == [3, 50]


def test_a_warning_names_the_neuron_and_the_fold() -> None:
    only_in_fold_2 = np.where(FOLDS[:, None] == 2, Y, Y * [1, 0, 1])
    with pytest.warns(NothingToFitWarning, match="1 without fold 2"):
        cross_validated(PopulationGLM(), X, only_in_fold_2, FOLDS)


def test_a_lazy_design_and_pynapple_are_taken() -> None:
    nap = pytest.importorskip("pynapple")
    counts = nap.Tsd(t=np.arange(600) / 100, d=Y[:, 0])
    design = HistoryConv(3).design(counts)
    lazy = cross_validated(GLM(), design, counts, FOLDS)
    written = cross_validated(GLM(), design.to_array(), Y[:, 0], FOLDS)
    np.testing.assert_allclose(lazy.prediction, written.prediction, rtol=1e-6)
    assert np.isnan(lazy.prediction[:3]).all()


def test_blocks_are_dealt_in_turn_and_every_fold_gets_one() -> None:
    folds = interleaved_blocks(1003, 5, block_rows=100)
    assert set(folds) == set(range(5))
    assert (np.diff(np.flatnonzero(folds == 0)) > 1).sum() == 2


@pytest.mark.parametrize("arguments", [(10, 1, 2), (10, 5, 3), (10, 2, 0)])
def test_impossible_folds_are_refused(arguments: tuple[int, int, int]) -> None:
    n_rows, n_folds, block_rows = arguments
    with pytest.raises(ValueError, match="What to do"):
        interleaved_blocks(n_rows, n_folds, block_rows=block_rows)


def test_folds_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="folds"):
        cross_validated(GLM(), X, Y[:, 0], np.zeros(600))
    with pytest.raises(ValueError, match="folds"):
        cross_validated(GLM(), X, Y[:, 0], FOLDS[:-1])


def test_a_feature_that_one_fold_lacks_leaves_its_predictions_sane() -> None:
    rare = np.zeros(600)
    rare[FOLDS == 0] = RNG.normal(size=(FOLDS == 0).sum())  # constant where fold 0 is held out
    held_out = cross_validated(GLM(), np.column_stack([X, rare]), Y[:, 0], FOLDS)
    plain = cross_validated(GLM(), X, Y[:, 0], FOLDS)
    rows = FOLDS == 0
    np.testing.assert_allclose(held_out.prediction[rows], plain.prediction[rows], rtol=0.5)


def same(one, other):
    np.testing.assert_allclose(one.prediction, other.prediction, rtol=1e-7)
    np.testing.assert_allclose(one.training_mean, other.training_mean, rtol=1e-12)
    np.testing.assert_array_equal(one.folds, other.folds)


def test_a_number_of_folds_is_a_splitter_is_pairs_is_fold_numbers():
    y = Y[:, 0]
    splitter = KFold(7)
    numbers = np.empty(600, dtype=int)
    for k, (_, test) in enumerate(splitter.split(X)):
        numbers[test] = k
    expected = cross_validated(GLM(), X, y, numbers)
    masks = [(numbers != k, numbers == k) for k in range(7)]
    for folds in (7, np.int64(7), splitter, list(splitter.split(X)), splitter.split(X), masks):
        same(cross_validated(GLM(), X, y, folds), expected)


@pytest.mark.parametrize(
    "splitter", [GroupKFold(3), LeaveOneGroupOut(), StratifiedKFold(3), TimeSeriesSplit(3)], ids=str
)
def test_splitters_decide_which_rows_train_and_which_test(splitter):
    y, trials = Y[:, 0] > 0, np.arange(600) // 10 % 6
    groups = trials if "Group" in type(splitter).__name__ else None
    held_out = cross_validated(GLM("Bernoulli"), X, y, splitter, groups=groups)
    untested = np.ones(600, dtype=bool)
    for k, (train, test) in enumerate(splitter.split(X, y, groups)):
        alone = GLM("Bernoulli").fit(X[train], y[train])
        np.testing.assert_allclose(held_out.prediction[test], alone.predict(X[test]), rtol=1e-6)
        np.testing.assert_allclose(held_out.training_mean[test], y[train].mean(), rtol=1e-12)
        assert (held_out.folds[test] == k).all()
        untested[test] = False
    assert (held_out.folds[untested] == -1).all()
    assert np.isnan(held_out.prediction[untested]).all()
    assert untested.any() == isinstance(splitter, TimeSeriesSplit)


def test_a_row_that_a_pair_lists_twice_counts_twice():
    train, test = RNG.integers(0, 400, 500), np.arange(400, 600)
    held_out = cross_validated(GLM(), X, Y[:, 0], [(train, test)])
    alone = GLM().fit(X[train], Y[train, 0])
    np.testing.assert_allclose(held_out.prediction[test], alone.predict(X[test]), rtol=1e-6)


@pytest.mark.parametrize("shape", [(600,), (600, 2)], ids=["one neuron", "population"])
@pytest.mark.parametrize("missing", [False, True])
def test_classifiers_predict_probabilities_of_rows_they_have_not_seen(shape, missing):
    rng = np.random.default_rng(1)
    bins = (X[:, 0] + rng.normal(size=(600, 2)).T).T
    labels = np.array(["left", "right", "stay"], dtype=object)[np.digitize(bins, [-0.5, 0.5])]
    labels = labels[:, 0] if len(shape) == 1 else labels
    if missing:
        labels[(slice(5, 40), 0)[: labels.ndim]] = None
    make = ClassifierGLM if labels.ndim == 1 else ClassifierPopulationGLM
    model = make(3, regularizer="Ridge", regularizer_strength=0.1)
    held_out = cross_validated(model, X, labels, FOLDS)
    assert held_out.prediction.shape == held_out.training_mean.shape == (*shape, 3)
    assert list(held_out.classes) == ["left", "right", "stay"]
    assert not hasattr(model, "coef_")
    for fold in range(4):
        rows = fold == FOLDS
        alone = make(3, regularizer="Ridge", regularizer_strength=0.1).fit(X[~rows], labels[~rows])
        np.testing.assert_allclose(
            held_out.prediction[rows], alone.predict_proba(X[rows]), rtol=1e-5
        )
        known = labels[~rows].reshape(len(labels[~rows]), -1)
        share = [
            [(column == c).sum() / (column != None).sum() for c in held_out.classes]  # noqa: E711
            for column in known.T
        ]
        null = np.broadcast_to(np.squeeze(share), held_out.training_mean[rows].shape)
        np.testing.assert_allclose(held_out.training_mean[rows], null, rtol=1e-12)


def test_a_classifiers_offset_and_penalty_per_class_go_with_the_folds():
    rng = np.random.default_rng(2)
    labels, offset = rng.integers(0, 3, 600), rng.normal(size=(600, 3))
    strength = np.array([[0.1, 0.2, 0.3]]) * np.ones((4, 1))
    make = {"n_classes": 3, "regularizer": "Ridge", "regularizer_strength": strength}
    held_out = cross_validated(ClassifierGLM(**make), X, labels, FOLDS, offset=offset)
    rows = FOLDS == 1
    alone = ClassifierGLM(**make).fit(X[~rows], labels[~rows], offset=offset[~rows])
    expected = alone.predict_proba(X[rows], offset=offset[rows])
    np.testing.assert_allclose(held_out.prediction[rows], expected, rtol=1e-5)


EVEN, ODD = np.arange(0, 600, 2), np.arange(1, 600, 2)


@pytest.mark.parametrize(
    ("folds", "match"),
    [
        (1, "at least two"),
        (601, "no more than"),
        (True, "folds"),
        (2.5, "folds"),
        ("KFold", "folds"),
        ([(EVEN, EVEN)], "row 0, which pair 0 trains and tests on"),
        ([(EVEN, ODD), (EVEN, ODD)], "row 1, which pairs 0 and 1 test.*once per repeat"),
        ([(EVEN, ODD + 1)], "row 600"),
        ([(EVEN, ODD - 2)], "row -1"),
        ([(EVEN, ODD, ODD)], "3 parts"),
        ([(EVEN / 2, ODD)], "float64"),
        (ShuffleSplit(3, random_state=0), "once per repeat"),
    ],
)
def test_folds_that_would_mislead_are_refused(folds, match):
    with pytest.raises((ValueError, TypeError), match=match):
        cross_validated(GLM(), X, Y[:, 0], folds)


def test_groups_without_a_splitter_are_refused():
    with pytest.raises(ValueError, match="groups are for splitters"):
        cross_validated(GLM(), X, Y[:, 0], 5, groups=FOLDS)


def test_a_row_without_a_fold_is_refused():
    """Rows of a NaN were one more fold, and predicted by all the others."""
    folds = np.repeat([0.0, 1.0, np.nan], 20)
    with pytest.raises(ValueError, match="NaN or inf in 20 of 60 rows"):
        cross_validated(GLM(), np.ones((60, 1)), np.ones(60), folds)
