"""Splits that respect time: gaps, scikit-learn's interface both ways, warnings of leaks."""

import warnings

import numpy as np
import pytest
from scipy.stats import poisson
from sklearn.model_selection import KFold, cross_val_score, cross_validate

from spikeglm import GLM, PopulationGLM
from spikeglm.basis import BSplineConv, HistoryConv, IdentityEval, RaisedCosineLogConv
from spikeglm.rows.terms import terms_of
from spikeglm.selection import (
    ContiguousBlocks,
    EpochFolds,
    InterleavedBlocks,
    SessionFolds,
    TrialFolds,
    cross_validated,
    fixed_folds,
)

RNG = np.random.default_rng(3)
T = 240
COUNTS = RNG.poisson(1.0, T).astype(float)
PLAIN = RNG.normal(size=(T, 2))
TRIALS = np.arange(T) // 12
TIMES = np.arange(T) / 10
EPOCHS = np.column_stack([np.arange(0, 24, 3.0), np.arange(0, 24, 3.0) + 2.0])
ACAUSAL, AHEAD = {"predictor_causality": "acausal"}, {"predictor_causality": "anti-causal"}
SPLITTERS = {
    "contiguous": ContiguousBlocks(4),
    "interleaved": InterleavedBlocks(4, n_chunks=3),
    "trials": TrialFolds(TRIALS, n_folds=4),
    "each trial": TrialFolds(TRIALS, n_folds=None),
    "sessions": SessionFolds(np.repeat(["a", "b", "c"], T // 3)),
    "epochs": EpochFolds(EPOCHS, n_folds=4, times=TIMES),
    "fixed": fixed_folds(InterleavedBlocks(3, n_chunks=2), PLAIN),
}
each = pytest.mark.parametrize("splitter", SPLITTERS.values(), ids=list(SPLITTERS))


@each
def test_folds_are_disjoint_and_test_each_row_once_at_most(splitter):
    pairs = list(splitter.split(PLAIN))
    assert len(pairs) == splitter.get_n_splits()
    tested = np.concatenate([test for _, test in pairs])
    assert len(np.unique(tested)) == len(tested)
    assert all(len(np.intersect1d(train, test)) == 0 for train, test in pairs)


@each
def test_scikit_learn_takes_them_and_agrees_with_us(splitter):
    model = GLM(regularizer="Ridge", regularizer_strength=0.1)
    scores = cross_validate(model, PLAIN, COUNTS, cv=splitter)["test_score"]
    held_out = cross_validated(model, PLAIN, COUNTS, splitter)
    for k, score in enumerate(scores):
        rows = held_out.folds == k
        ours = poisson.logpmf(COUNTS[rows], held_out.prediction[rows]).mean()
        np.testing.assert_allclose(score, ours, rtol=1e-6)


@pytest.mark.parametrize("gap", [0, 1, 7])
@pytest.mark.parametrize("make", [ContiguousBlocks, InterleavedBlocks])
def test_no_row_of_training_is_closer_than_the_gap(make, gap):
    for train, test in make(3, gap=gap).split(PLAIN):
        distance = np.abs(train[:, None] - test).min(axis=1)
        assert distance.min() == gap + 1
        others = np.setdiff1d(np.arange(T), np.concatenate([train, test]))
        assert all(np.abs(test - row).min() <= gap for row in others)


@pytest.mark.parametrize(
    ("basis", "inputs", "gap"),
    [
        (HistoryConv(9, label="past"), (COUNTS,), 9),
        (
            BSplineConv(4, window_size=7, conv_kwargs=ACAUSAL, label="s"),
            (COUNTS,),
            6,
        ),
        (
            BSplineConv(4, window_size=8, conv_kwargs=AHEAD, label="s"),
            (COUNTS,),
            8,
        ),
        (HistoryConv(4, label="h") * IdentityEval(label="x"), (COUNTS, PLAIN[:, 0]), 4),
        (
            HistoryConv(4, label="h")
            + RaisedCosineLogConv(3, window_size=15, label="long")
            + BSplineConv(4, window_size=6, conv_kwargs=AHEAD, label="s"),
            (COUNTS, COUNTS, COUNTS),
            21,
        ),
        (IdentityEval(label="x"), (PLAIN[:, 0],), 0),
    ],
    ids=["history", "acausal", "anti-causal", "product", "several", "none"],
)
def test_a_gap_is_as_long_as_the_longest_kernel(basis, inputs, gap):
    design = basis.design(*inputs)
    (train, test), *_ = ContiguousBlocks(2).split(design)
    assert train.min() - test.max() == gap + 1
    written, given = design.to_array(), fixed_folds(2, design.to_array(), terms=basis)
    np.testing.assert_array_equal(np.flatnonzero(given.training[:, 0]), train)
    # Nothing that a training row depends on is what a tested row depends on, and one row less is
    # not enough: seen by changing a sample.
    past, future = np.max([term.reach for term in terms_of(design)], axis=0)
    assert past + future == gap and len(written) == T


def test_samples_of_training_do_not_reach_tested_features():
    basis = HistoryConv(6, label="past")
    for train, test in InterleavedBlocks(3, n_chunks=2).split(basis.design(COUNTS)):
        changed = COUNTS.copy()
        changed[train] += 1.0  # responses that the fit has seen
        before, after = basis.compute_features(COUNTS)[test], basis.compute_features(changed)[test]
        np.testing.assert_array_equal(before, after)


def test_gaps_in_seconds_end_at_the_borders_of_epochs():
    nap = pytest.importorskip("pynapple")
    epochs = nap.IntervalSet([0.0, 12.0], [11.95, 24.0])
    counts = nap.Tsd(t=TIMES, d=COUNTS, time_support=epochs)
    design = HistoryConv("500 ms", label="past").design(counts)
    (train, test), _ = ContiguousBlocks(2).split(design)  # the border is the border of an epoch
    assert train.min() == test.max() + 1
    (train, test), *_ = ContiguousBlocks(3).split(design)
    assert train.min() - test.max() == 6
    (train, test), *_ = ContiguousBlocks(3, gap="1 s").split(design)
    assert train.min() - test.max() == 11
    whole = nap.IntervalSet(EPOCHS[:, 0], EPOCHS[:, 1])
    same, given = EpochFolds(whole).split(design), EpochFolds(EPOCHS, times=TIMES).split(design)
    for one, other in zip(same, given, strict=True):
        np.testing.assert_array_equal(one[1], other[1])


def test_rows_outside_of_trials_and_epochs_take_no_part():
    trials = np.where(np.arange(T) % 12 < 2, np.nan, TRIALS)
    for splitter in (TrialFolds(trials, n_folds=3), SPLITTERS["epochs"]):
        used = np.unique(np.concatenate([np.concatenate(p) for p in splitter.split(PLAIN)]))
        outside = (
            np.isnan(trials)
            if isinstance(splitter, TrialFolds)
            else ~((TIMES[:, None] >= EPOCHS[:, 0]) & (TIMES[:, None] <= EPOCHS[:, 1])).any(axis=1)
        )
        np.testing.assert_array_equal(used, np.flatnonzero(~outside))


def test_a_shuffled_split_of_lagged_features_warns_and_a_gap_does_not():
    design = HistoryConv(5, label="past").design(COUNTS)
    with pytest.warns(UserWarning, match=r"240 of 240 tested rows .* 'past'"):
        cross_validated(GLM(), design, COUNTS, KFold(4, shuffle=True, random_state=0))
    with pytest.warns(UserWarning, match="within 5 bins"):
        cross_validated(GLM(), design, COUNTS, ContiguousBlocks(4, gap=4))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cross_validated(GLM(), design.to_array()[5:], COUNTS[5:], KFold(4))
        for folds in (4, ContiguousBlocks(4, gap=5), InterleavedBlocks(4, n_chunks=3)):
            fixed_folds(folds, design)


def test_a_shuffled_split_of_a_time_series_warns():
    nap = pytest.importorskip("pynapple")
    position = nap.TsdFrame(t=TIMES, d=PLAIN)
    with pytest.warns(UserWarning, match="neighbour in time"):
        fixed_folds(KFold(4, shuffle=True, random_state=0), position)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fixed_folds(KFold(4), position)


def test_folds_made_once_serve_models_with_other_kernels():
    large = (HistoryConv(8, label="past") + IdentityEval(label="x")).design(COUNTS, PLAIN[:, 0])
    small = IdentityEval(label="x").design(PLAIN[:, 0])
    folds = fixed_folds(4, large)
    assert fixed_folds(folds, small) is folds
    both = [cross_validated(GLM(), X, COUNTS, folds) for X in (large, small)]
    np.testing.assert_array_equal(both[0].folds, both[1].folds)
    assert folds.to_frame()["n_left_out"].tolist() == [8, 16, 16, 8]
    pairs = cross_validated(GLM(), small, COUNTS, list(folds.split()))
    np.testing.assert_array_equal(pairs.prediction, both[1].prediction)
    population = np.column_stack([COUNTS, COUNTS[::-1]])
    assert cross_validated(PopulationGLM(), small, population, folds).prediction.shape == (T, 2)


@pytest.mark.parametrize(
    ("folds", "match"),
    [
        (lambda: ContiguousBlocks(1), "n_folds=1"),
        (lambda: InterleavedBlocks(3, n_chunks=0), "n_chunks=0"),
        (lambda: ContiguousBlocks(2, gap=-1), "gap=-1"),
        (lambda: ContiguousBlocks(2, gap="1 s"), "seconds"),
        (lambda: ContiguousBlocks(2, gap=200), "train on"),
        (lambda: TrialFolds(TRIALS[:5]), "one label per row"),
        (lambda: TrialFolds(TRIALS, n_folds=50), "not enough trials"),
        (lambda: SessionFolds(np.zeros(T)), "not enough sessions"),
        (lambda: EpochFolds(EPOCHS), "when the rows are"),
        (lambda: EpochFolds([1.0, 2.0], times=TIMES), "epochs cannot be used"),
        (lambda: InterleavedBlocks(30, n_chunks=30), "900 blocks of 240 rows"),
        (lambda: fixed_folds(3, PLAIN[:9]), "made for these rows"),
    ],
)
def test_what_cannot_be_dealt_is_refused(folds, match):
    with pytest.raises(ValueError, match=match):
        fixed_folds(folds(), PLAIN)
    with pytest.raises(TypeError, match="whole number of bins"):
        fixed_folds(ContiguousBlocks(2, gap=0.5), PLAIN)


def test_grid_search_of_scikit_learn_sees_the_gap():
    folds = ContiguousBlocks(3, gap=10)
    scores = cross_val_score(GLM(), PLAIN, COUNTS, cv=folds)
    by_hand = []
    for train, test in folds.split(PLAIN):
        by_hand.append(GLM().fit(PLAIN[train], COUNTS[train]).score(PLAIN[test], COUNTS[test]))
    np.testing.assert_allclose(scores, by_hand, rtol=1e-9)
