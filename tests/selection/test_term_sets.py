"""Sets of terms fitted as masks of one problem equal fits to the columns of each set."""

import warnings

import numpy as np
import pytest
from scipy.stats import poisson
from sklearn.linear_model import PoissonRegressor
from tests.catalogue import CANONICAL, MODELS, simulated
from tests.counting_rows import CountingRows
from tests.models import MODELS as ROWS

from spikeglm import GLM, ClassifierGLM, PopulationGLM, config_context
from spikeglm.basis import BSplineEval, HistoryConv, IdentityEval
from spikeglm.exceptions import NothingToFitWarning
from spikeglm.observation_models import NegativeBinomialObservations, QuasiPoissonObservations
from spikeglm.selection import (
    ContiguousBlocks,
    InterleavedBlocks,
    cross_validated,
    fit_term_sets,
    fixed_folds,
)

GROUPS = {"a": [0], "b": [1, 2]}
SETS = [(), ["a"], ["b"], ["a", "b"]]
COLUMNS = [[], [0], [1, 2], [0, 1, 2]]
EXACT = {"tol": 1e-10}


def by_hand(score, folds, n_neurons):
    """``score(columns, train, test, n)`` of every set, fold and neuron, (M, K, N)."""
    return np.array(
        [
            [
                [score(columns, train, test, n) for n in range(n_neurons)]
                for train, test in folds.split()
            ]
            for columns in COLUMNS
        ]
    )


@pytest.mark.parametrize(("name", "link"), CANONICAL)
def test_scores_are_those_of_single_fits_of_every_observation_model(name, link):
    X, y = simulated(name, link, 400, 2)
    folds = fixed_folds(InterleavedBlocks(3, n_chunks=2), X)
    model = PopulationGLM(MODELS[name], inverse_link_function=link, solver_kwargs=EXACT)
    found = fit_term_sets(model, X, y, SETS, folds=folds, terms=GROUPS)
    row = ROWS[name]

    def mean_and_scale(columns, train, test, n):
        if not columns:
            mean = y[train, n].mean()
            alone = row.model.estimate_scale(y[train, n, None], np.array([[mean]]), len(train) - 1)
            return np.full(len(test), mean), alone
        alone = GLM(MODELS[name], inverse_link_function=link, solver_kwargs=EXACT)
        alone.fit(X[np.ix_(train, columns)], y[train, n])
        return alone.predict(X[np.ix_(test, columns)]), alone.scale_

    def log_likelihood(columns, train, test, n):
        mean, scale = mean_and_scale(columns, train, test, n)
        return row.log_density(
            y[test, n], mean, scale if row.is_continuous else row.model.scale
        ).sum()

    def squared_error(columns, train, test, n):
        return np.square(y[test, n] - mean_and_scale(columns, train, test, n)[0]).sum()

    expected = by_hand(log_likelihood, folds, 2)
    np.testing.assert_allclose(found.sums.log_likelihood, expected, rtol=1e-6)
    np.testing.assert_allclose(
        found.sums.squared_error, by_hand(squared_error, folds, 2), rtol=1e-6
    )
    np.testing.assert_allclose(found.null.log_likelihood, expected[0], rtol=1e-6)
    for k, (_, test) in enumerate(folds.split()):
        np.testing.assert_allclose(found.n_spikes[k], y[test].sum(axis=0))
        assert (found.n_rows[k] == len(test)).all()


def test_gains_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    y = rng.poisson(np.exp(X @ [0.5, -0.3, 0.0] - 1))
    folds = fixed_folds(4, X)
    model = GLM(regularizer="Ridge", regularizer_strength=0.01, solver_kwargs=EXACT)
    found = fit_term_sets(model, X, y, SETS, folds=folds, terms=GROUPS)

    def gain(columns, train, test, n):
        null = poisson.logpmf(y[test], y[train].mean()).sum()
        if not columns:
            return 0.0
        ridge = PoissonRegressor(alpha=0.01, tol=1e-10, solver="newton-cholesky")
        ridge.fit(X[np.ix_(train, columns)], y[train])
        return poisson.logpmf(y[test], ridge.predict(X[np.ix_(test, columns)])).sum() - null

    gains = by_hand(gain, folds, 1)
    spikes = np.array([y[test].sum() for _, test in folds.split()])
    bits = gains[..., 0] / spikes / np.log(2)
    np.testing.assert_allclose(found.gain("bits_per_spike")[..., 0], bits, rtol=1e-5, atol=1e-9)
    value, error = found.total()
    np.testing.assert_allclose(value[:, 0], gains[..., 0].sum(axis=1) / spikes.sum() / np.log(2))
    off = gains[..., 0] / np.log(2) - value * spikes
    expected = np.sqrt(np.square(off).sum(axis=1) * 4 / 3) / spikes.sum()
    np.testing.assert_allclose(error[:, 0], expected, atol=1e-12)
    frame = found.to_frame()
    assert len(frame) == 16 and frame["bits_per_spike"].iloc[4] == found.gain()[1, 0, 0]


@pytest.mark.parametrize("regularizer", ["Lasso", "Ridge", "Smoothness"])
def test_penalties_have_their_strengths_in_all_sets(regularizer):
    rng = np.random.default_rng(1)
    speed, place = rng.uniform(0, 1, (2, 500))
    y = rng.poisson(np.exp(np.outer(np.sin(6 * place), [1.0, 0.0]) - 0.5))
    basis = BSplineEval(5, label="speed") + BSplineEval(6, label="place")
    X, folds = basis.design(speed, place), fixed_folds(3, speed[:, None])
    by_term = {"speed": [0.3, 0.02], "place": [0.001, 0.01]}
    if regularizer == "Smoothness":
        given, alone = by_term, [{"place": by_term["place"][n]} for n in range(2)]
    else:
        given = np.repeat(np.array(list(by_term.values())), [5, 6], axis=0)
        alone = by_term["place"]
    model = PopulationGLM(regularizer=regularizer, regularizer_strength=given, solver_kwargs=EXACT)
    found = fit_term_sets(model, X, y, [["place"]], folds=folds, fits_all_rows=True)
    small = BSplineEval(6, label="place").design(place)
    for n in range(2):
        single = GLM(regularizer=regularizer, regularizer_strength=alone[n], solver_kwargs=EXACT)
        held_out = cross_validated(single, small, y[:, n], folds).prediction
        for k, (_, test) in enumerate(folds.split()):
            expected = poisson.logpmf(y[test, n], held_out[test]).sum()
            np.testing.assert_allclose(found.sums.log_likelihood[0, k, n], expected, rtol=1e-6)
        single.fit(small, y[:, n])
        np.testing.assert_allclose(found.all_rows.coef[0, 5:, n], single.coef_, atol=1e-5)
        expected = poisson.logpmf(y[:, n], single.predict(small)).sum()
        np.testing.assert_allclose(found.all_rows.sums.log_likelihood[0, n], expected, rtol=1e-7)


def test_automatic_strengths_are_chosen_without_the_tested_rows_and_kept():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(400, 3))
    y = rng.poisson(np.exp(X @ [0.5, -0.3, 0.0] - 0.5))
    folds, auto = fixed_folds(3, X), {"regularizer": "Ridge", "regularizer_strength": "auto"}
    found = fit_term_sets(GLM(**auto), X, y, SETS, folds=folds, terms=GROUPS)
    for k, (train, test) in enumerate(folds.split()):
        (strength,) = GLM(**auto).fit(X[train], y[train]).regularizer_strength_
        alone = GLM(regularizer="Ridge", regularizer_strength=strength)
        alone.fit(X[np.ix_(train, [1, 2])], y[train])
        expected = poisson.logpmf(y[test], alone.predict(X[np.ix_(test, [1, 2])])).sum()
        np.testing.assert_allclose(found.sums.log_likelihood[2, k, 0], expected, rtol=1e-5)


def test_weights_offsets_and_missing_responses_count():
    rng = np.random.default_rng(3)
    X, offset = rng.normal(size=(500, 3)), rng.normal(size=500) / 2
    y = rng.poisson(np.exp(np.outer(X[:, 0], [0.5, -0.5]) + offset[:, None] - 0.5)).astype(float)
    y[40:90, 0] = np.nan
    weight = rng.integers(0, 3, 500)
    model, folds = PopulationGLM(solver_kwargs=EXACT), fixed_folds(3, X)
    more = {"sample_weight": weight, "offset": offset}
    found = fit_term_sets(model, X, y, [(), ["x0", "x1"]], folds=folds, **more)
    for k, (train, test) in enumerate(folds.split()):
        for n in range(2):
            rows, seen = (part[np.isfinite(y[part, n])] for part in (test, train))
            given = {"sample_weight": weight[seen], "offset": offset[seen]}
            for m, columns in enumerate(([], [0, 1])):
                table = X[:, columns] if columns else np.zeros((500, 1))
                alone = GLM(solver_kwargs=EXACT).fit(table[seen], y[seen, n], **given)
                mean = alone.predict(table[rows], offset=offset[rows])
                expected = (weight[rows] * poisson.logpmf(y[rows, n], mean)).sum()
                np.testing.assert_allclose(found.sums.log_likelihood[m, k, n], expected, rtol=1e-6)
            assert found.n_rows[k, n] == weight[rows].sum()
            assert found.n_spikes[k, n] == (weight[rows] * y[rows, n]).sum()
    np.testing.assert_allclose(found.sums.log_likelihood[0], found.null.log_likelihood)


def test_scales_that_are_estimated_are_those_of_each_fit():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(600, 3))
    y = rng.negative_binomial(2, 1 / (1 + 0.5 * np.exp(0.5 * X[:, 0])))
    model, folds = GLM(NegativeBinomialObservations("estimate")), fixed_folds(2, X)
    found = fit_term_sets(model, X, y, [(), ["x0"]], folds=folds)
    for k, (train, test) in enumerate(folds.split()):
        alone = GLM(NegativeBinomialObservations("estimate")).fit(X[train, :1], y[train])
        expected = alone.score(X[test, :1], y[test]) * len(test)
        np.testing.assert_allclose(found.sums.log_likelihood[1, k, 0], expected, rtol=1e-6)


def test_a_quasi_likelihood_has_deviances_only():
    X = np.random.default_rng(5).normal(size=(200, 1))
    y = 2.0 * np.random.default_rng(6).poisson(np.exp(X[:, 0]))
    found = fit_term_sets(GLM(QuasiPoissonObservations()), X, y, [["x0"]], folds=2)
    assert found.measures == ("deviance_explained", "variance_explained")
    assert np.isnan(found.sums.log_likelihood).all() and (found.total()[0] > 0).all()
    np.testing.assert_array_equal(found.score, -found.sums.deviance / 2)
    with pytest.raises(ValueError, match="bits_per_bin"):
        found.gain("bits_per_bin")


def test_trouble_is_a_status_and_harms_nothing_else():
    rng = np.random.default_rng(7)
    context = np.repeat([0.0, 1.0, 0.0], 100)
    speed = rng.normal(size=300)
    X = (IdentityEval(label="speed") + IdentityEval(label="context")).design(speed, context)
    good = rng.poisson(np.exp(0.5 * speed))
    late = np.where(np.arange(300) < 200, 0, good)  # all spikes in the last fold
    y = np.column_stack([good, np.zeros(300, int), late])
    y = y.astype(float)
    y[100:200, 2] = np.nan
    folds, sets = fixed_folds(ContiguousBlocks(3), np.zeros((300, 1))), [["speed"], ["context"]]
    with pytest.warns(NothingToFitWarning, match=r"1 \(silent\); 2 \(silent\)"):
        found = fit_term_sets(PopulationGLM(), X, y, [(), *sets], folds=folds)
    assert np.isnan(found.sums.deviance[:, :, 1]).all()
    assert (found.reason[:2, :, 1] == "silent; no spikes tested").all()
    assert found.reason[1].T.tolist()[2] == ["no spikes tested", "no rows tested", "silent"]
    assert found.reason[2, :, 0].tolist() == ["", "context is constant in training", ""]
    np.testing.assert_array_equal(found.counts.T, [[1, 1, 1], [0, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(found.sums.deviance[2, 1, 0], found.null.deviance[1, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone = fit_term_sets(PopulationGLM(), X, y[:, :1], [(), *sets], folds=folds)
    np.testing.assert_allclose(alone.sums.deviance[..., 0], found.sums.deviance[..., 0], rtol=1e-8)
    value, _ = found.total()
    assert np.isfinite(value[:, 0]).all() and np.isnan(value[:, 1]).all()
    frame = found.to_frame()
    assert (
        len(frame) == 3 * 3 * 3 and frame["reason"].str.startswith("silent; no spikes").sum() == 9
    )


def test_a_mask_that_leaves_a_neuron_nothing_of_a_set():
    X = np.random.default_rng(8).normal(size=(300, 3))
    y = np.random.default_rng(9).poisson(np.exp(0.5 * X[:, :2]))
    model = PopulationGLM(feature_mask=[[1, 0], [1, 1], [1, 1]])
    found = fit_term_sets(model, X, y, [["a"], ["a", "b"]], folds=2, terms=GROUPS)
    np.testing.assert_allclose(found.sums.deviance[0, :, 1], found.null.deviance[:, 1], rtol=1e-6)
    assert (found.sums.deviance[0, :, 0] < found.null.deviance[:, 0]).all()


def test_a_model_without_an_intercept_is_compared_with_the_constant():
    X = np.random.default_rng(10).normal(size=(300, 3))
    y = np.random.default_rng(11).poisson(np.exp(0.5 * X[:, 0]))
    found = fit_term_sets(GLM(fit_intercept=False), X, y, [(), ["x0"]], folds=2)
    np.testing.assert_array_equal(found.gain()[0], 0.0)
    for k, (train, test) in enumerate(found.folds.split()):
        alone = GLM(fit_intercept=False).fit(X[train, :1], y[train])
        expected = poisson.logpmf(y[test], alone.predict(X[test, :1])).sum()
        np.testing.assert_allclose(found.sums.log_likelihood[1, k, 0], expected, rtol=1e-6)


def test_little_memory_and_lazy_rows_change_no_score():
    rng = np.random.default_rng(12)
    signal = rng.normal(size=(400, 2))
    basis = HistoryConv(3, label="past") + BSplineEval(5, label="x")
    X = basis.design(signal[:, 0], signal[:, 1])
    y = rng.poisson(np.exp(0.3 * np.roll(signal, 1, axis=0)))
    sets = [["past"], ["x"], ["past", "x"], ()]
    more = {"keeps_predictions": True, "fits_all_rows": True, "folds": fixed_folds(3, X)}
    model = PopulationGLM(regularizer="Ridge", solver_kwargs=EXACT)
    whole = fit_term_sets(model, X, y, sets, **more)
    with config_context(memory=8 * 30 * 9 * 3 * 2):  # two pairs of set and neuron at a time
        parts = fit_term_sets(model, X, y, sets, **more)
    model.fit(X.to_array(), y, terms=basis)  # whose terms the plain table has then
    plain = fit_term_sets(model, X.to_array(), y, sets, **more)
    for other in (parts, plain):
        np.testing.assert_allclose(other.score, whole.score, rtol=1e-7)
        np.testing.assert_allclose(other.all_rows.coef, whole.all_rows.coef, atol=1e-6)
        np.testing.assert_allclose(
            other.prediction(["x", "past"]), whole.prediction(["past", "x"]), rtol=1e-6
        )
    for labels in sets:
        mean = whole.prediction(labels)
        assert np.isnan(mean[:3]).all() and np.isfinite(mean[3:]).all()
        for k, (_, test) in enumerate(whole.folds.split()):
            test = test[test >= 3]
            expected = poisson.logpmf(y[test], mean[test]).sum(axis=0)
            np.testing.assert_allclose(
                whole.sums.log_likelihood[whole.place(labels), k], expected, rtol=1e-7
            )


def test_more_sets_and_neurons_read_the_rows_no_more_often():
    rng = np.random.default_rng(13)
    values = rng.normal(size=(500, 4))
    y = rng.poisson(np.exp(0.3 * values))
    reads = []
    for n_neurons, sets in ((1, [["x0"]]), (4, [["x0"], ["x1"], ["x0", "x1"], ["x2", "x3"]])):
        rows = CountingRows(values)
        fit_term_sets(PopulationGLM(solver_name="Newton"), rows, y[:, :n_neurons], sets, folds=3)
        reads.append(rows.reads.max())
    assert reads[1] <= reads[0] + 3


def test_what_cannot_be_used_is_refused():
    X, y = np.random.default_rng(14).normal(size=(60, 2)), np.arange(60) % 2
    with pytest.raises(ValueError, match="'x0'"):
        fit_term_sets(GLM(), X, y, [["x5"]])
    with pytest.raises(ValueError, match="no sets"):
        fit_term_sets(GLM(), X, y, [])
    with pytest.raises(TypeError, match="classifiers"):
        fit_term_sets(ClassifierGLM(2), X, y, [["x0"]])
    found = fit_term_sets(GLM(), X, y, [["x0"]])
    with pytest.raises(ValueError, match="keeps_predictions"):
        found.prediction(["x0"])
    with pytest.raises(ValueError, match="set of terms"):
        found.place(["x1"])


def test_sets_of_choices_are_told_in_events() -> None:
    rng = np.random.default_rng(5)
    choices = (rng.random(300) < 0.5).astype(float)
    choices[:100] = 0
    features = rng.normal(size=(300, 2))
    folds = fixed_folds(ContiguousBlocks(3), np.zeros((300, 1)))
    found = fit_term_sets(GLM("Bernoulli"), features, choices, [(), ["x0"]], folds=folds)
    assert "bits per event (median)" in str(found) and "spike" not in str(found)
    assert found.reason[0, 0, 0] == "no events tested"
    counts = fit_term_sets(GLM(), features, choices, [(), ["x0"]], folds=folds)
    assert "bits per spike" in str(counts)
