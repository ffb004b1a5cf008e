"""Curves of terms against algebra on the whole covariance, done by hand here and nowhere else."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from scipy.stats import norm, t

import spikeglm as nmo

RNG = np.random.default_rng(0)
T, BIN = 1500, 0.02
TIMES = (np.arange(T) + 0.5) * BIN
X_CM, Y_CM, SPEED = (nap.Tsd(TIMES, RNG.uniform(0, 10, T)) for _ in range(3))
GOAL = np.where(RNG.uniform(size=T) < 0.5, "left", "right")
RATE = 0.3 + 0.6 * np.exp(-((X_CM.d - 3) ** 2 + (Y_CM.d - 7) ** 2) / 8)
COUNTS = nap.TsdFrame(TIMES, RNG.poisson(RATE[:, None] * [1, 0.7]), columns=["a", "b"])
SPLINES = nmo.basis.BSplineEval
BASIS = (
    nmo.basis.MultiplicativeBasis(SPLINES(4), SPLINES(5), label="place")
    + SPLINES(5, label="speed")
    + nmo.basis.RaisedCosineLogConv(3, 10, label="coupling")
    + nmo.basis.Category(["left", "right"], label="goal")
)
INPUTS = X_CM, Y_CM, SPEED, COUNTS, GOAL
X = BASIS.design(*INPUTS)
RIDGE = {"regularizer": "Ridge", "regularizer_strength": 1e-3}
MODEL = nmo.PopulationGLM(**RIDGE).fit(X, COUNTS)
COVARIANCE = MODEL.covariance(X, COUNTS)
KEPT = np.isfinite(np.asarray(X)).all(axis=1)
MEAN = np.asarray(X)[KEPT].mean(axis=0)
PARAMETERS = np.vstack([MODEL.coef_, MODEL.intercept_])
Z = norm.ppf(0.975)
PLACE, SPEEDS, COUPLING, LABELS = (term.columns for term in X.terms)


def by_hand(combinations):
    """Return values and errors (W, N) of combinations (W, p + 1)."""
    error = np.sqrt(np.einsum("wi,nij,wj->wn", combinations, COVARIANCE, combinations))
    return combinations @ PARAMETERS, error


def check(curve, value, error, link=lambda eta: eta):
    shape = curve.value.shape
    np.testing.assert_allclose(curve.value, link(value).reshape(shape), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(curve.low, link(value - Z * error).reshape(shape), rtol=1e-7)
    np.testing.assert_allclose(curve.high, link(value + Z * error).reshape(shape), rtol=1e-7)


def features_at(x, y):
    """Return the features of places, as a design computes them of new signals."""
    rest = SPEED.d[: len(x)], np.zeros((len(x), 2)), GOAL[: len(x)]
    return np.asarray(X.at(x, y, *rest))[:, PLACE]


def test_a_product_is_a_map_on_a_grid():
    at = np.linspace(1, 9, 4), np.linspace(2, 8, 3)
    K = features_at(*(a.ravel() for a in np.meshgrid(*at, indexing="ij")))
    effects = np.zeros((12, len(MEAN) + 1))
    effects[:, PLACE] = K - MEAN[PLACE]
    curve = MODEL.curve("place", X, COUNTS, at=at)
    assert curve.value.shape == (4, 3, 2)
    check(curve, *by_hand(effects))
    levels = np.tile(np.append(MEAN, 1.0), (12, 1))
    levels[:, PLACE] = K
    rate = MODEL.curve("place", X, COUNTS, at=at, scale="rate")
    assert rate.unit == "Hz"
    check(rate, *by_hand(levels), link=lambda eta: np.exp(eta) / BIN)


def test_a_value_is_seen_from_its_mean():
    at = np.linspace(1, 9, 12)
    K = np.asarray(X.at(X_CM.d[:12], Y_CM.d[:12], at, np.zeros((12, 2)), GOAL[:12]))[:, SPEEDS]
    effects = np.zeros((12, len(MEAN) + 1))
    effects[:, SPEEDS] = K - MEAN[SPEEDS]
    check(MODEL.curve("speed", X, COUNTS, at=at), *by_hand(effects))
    levels = np.tile(np.append(MEAN, 1.0), (12, 1))
    levels[:, SPEEDS] = K
    check(MODEL.curve("speed", X, COUNTS, at=at, scale="mean"), *by_hand(levels), link=np.exp)


def test_coupling_is_source_times_target_over_lags_in_seconds():
    curve = MODEL.curve("coupling", X, COUNTS)
    assert curve.value.shape == (10, 2, 2)
    assert (curve.units, curve.channels, curve.neurons) == (("s",), ("a", "b"), ("a", "b"))
    np.testing.assert_allclose(curve.at[0], BIN * np.arange(1, 11))
    for source in (0, 1):
        columns = np.arange(COUPLING.start, COUPLING.stop).reshape(2, 3)[source]
        for target in (0, 1):
            expected = nmo.inference.filter_band(
                BASIS["coupling"],
                MODEL.coef_[columns, target],
                covariance=COVARIANCE[target][np.ix_(columns, columns)],
                bin_s=BIN,
            )
            found = curve.of(channel="ab"[source], neuron="ab"[target]).as_filter()
            np.testing.assert_allclose(found.lag_ms, expected.lag_ms)
            np.testing.assert_allclose(found.log_gain, expected.log_gain, atol=1e-12)
            np.testing.assert_allclose(found.low, expected.low, atol=1e-9)


def test_the_level_after_a_spike_is_one_spike_above_the_mean():
    combinations = np.tile(np.append(MEAN, 1.0), (10, 1))
    first = slice(COUPLING.start, COUPLING.start + 3)
    combinations[:, first] += BASIS["coupling"].kernel_
    curve = MODEL.curve("coupling", X, COUNTS, channel="a", scale="rate")
    check(curve, *by_hand(combinations), link=lambda eta: np.exp(eta) / BIN)


def test_categories_have_their_labels():
    curve = MODEL.curve("goal", X, COUNTS, scale="gain")
    assert list(curve.at[0]) == ["left", "right"]
    effects = np.zeros((2, len(MEAN) + 1))
    effects[:, LABELS] = np.eye(2) - MEAN[LABELS]
    check(curve, *by_hand(effects), link=np.exp)


def test_one_neuron_alone_and_all_together_agree():
    all_of_them = MODEL.curve("speed", X, COUNTS)
    single = nmo.GLM(**RIDGE).fit(X, COUNTS["b"])
    of_single = single.curve("speed", X, COUNTS["b"])
    assert of_single.neurons is None
    np.testing.assert_allclose(of_single.value, all_of_them.value[:, 1], atol=1e-6)
    np.testing.assert_allclose(of_single.low, all_of_them.of(neuron="b").low, atol=1e-6)
    np.testing.assert_array_equal(
        all_of_them.low[:, 1], MODEL.curve("speed", X, COUNTS, neuron="b").low
    )


@pytest.mark.parametrize("label", ["place", "speed", "coupling", "goal"])
@pytest.mark.parametrize("scale", ["effect", "gain", "mean", "rate"])
def test_estimates_need_no_data(label, scale):
    alone, banded = (
        MODEL.curve(label, *data, scale=scale, n_points=7) for data in ((), (X, COUNTS))
    )
    assert alone.low is None and alone.standard_error is None
    np.testing.assert_allclose(alone.value, banded.value, rtol=1e-9)


def test_an_array_that_was_told_its_terms_has_the_same_curves():
    plain = nap.TsdFrame(TIMES, np.asarray(X))
    told = nmo.PopulationGLM(**RIDGE).fit(plain, COUNTS, terms=BASIS)
    expected = MODEL.curve("place", X, COUNTS, scale="rate")
    found = told.curve("place", plain, COUNTS, scale="rate")
    np.testing.assert_allclose(found.low, expected.low, rtol=1e-8)


def test_a_tree_cuts_its_coefficients():
    tree = {"place": X.at(*INPUTS), "light": RNG.normal(size=(T, 1))}
    model = nmo.PopulationGLM(**RIDGE).fit(tree, COUNTS)
    alone, banded = model.curve("place.speed"), model.curve("place.speed", tree, COUNTS)
    np.testing.assert_allclose(alone.value, banded.value)
    assert (banded.low < banded.value).all()


def test_what_data_do_not_determine_has_no_band_and_the_rest_has():
    model = nmo.GLM().fit(SPLINES(5, label="speed").design(SPEED), COUNTS["a"])
    far = SPLINES(5, label="speed", bounds=(0, 40)).design(SPEED)
    unseen = nmo.GLM().fit(far, COUNTS["a"]).curve("speed", far, COUNTS["a"], at=[5.0, 39.0])
    assert np.isfinite(unseen.low[0]) and np.isnan(unseen.low[1])
    assert np.isfinite(
        model.curve("speed", SPLINES(5, label="speed").design(SPEED), COUNTS["a"]).low
    ).all()


def test_without_intercept_effects_of_values_ask_for_the_data():
    design = SPLINES(5, label="speed").design(SPEED)
    model = nmo.GLM(fit_intercept=False).fit(design, COUNTS["a"])
    with pytest.raises(ValueError, match=r"model.curve\('speed', X, y\)"):
        model.curve("speed")
    curve = model.curve("speed", design, COUNTS["a"], scale="mean")
    K, V = np.asarray(design.at(curve.at[0])), model.covariance(design, COUNTS["a"])
    ends = K @ model.coef_ - Z * np.sqrt(np.einsum("wi,ij,wj->w", K, V, K))
    np.testing.assert_allclose(curve.low, np.exp(ends), rtol=1e-8)


def test_gaussian_bands_are_students():
    y = SPEED.d[:40] + RNG.normal(size=40)
    design = SPLINES(5, label="speed").design(SPEED.d[:40])
    model = nmo.GLM("Gaussian").fit(design, y)
    curve = model.curve("speed", design, y)
    half = t.ppf(0.975, 40 - 5) * curve.standard_error  # splines add up to the intercept
    np.testing.assert_allclose(curve.high - curve.value, half)


def test_a_table_of_a_curve():
    frame = MODEL.curve("coupling", X, COUNTS).to_frame()
    assert frame.index.names == ["lag (s)", "channel", "neuron"] and len(frame) == 40
    found = MODEL.curve("coupling", X, COUNTS, channel="b", neuron="a")
    np.testing.assert_array_equal(frame.xs(("b", "a"), level=(1, 2))["low"], found.low)
    assert isinstance(MODEL.curve("place").to_frame().index, pd.MultiIndex)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label": "plase"}, "'place', 'speed', 'coupling', 'goal'.*mean 'place'"),
        ({"label": "speed", "scale": "hz"}, "'effect', 'link', 'gain', 'mean', 'rate'"),
        ({"label": "speed", "neuron": "z"}, "neuron of 'speed'.*'a', 'b'"),
        ({"label": "coupling", "channel": "z"}, "channel of 'coupling'.*'a', 'b'"),
        ({"label": "speed", "channel": "a"}, "channel of 'speed'"),
        ({"label": "place", "at": [1.0]}, "variable of 'place'"),
        ({"label": "speed", "level": 95}, "fraction"),
        ({"label": "speed", "X": X}, "both X and y"),
    ],
)
def test_what_cannot_be_asked_is_answered(arguments, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        MODEL.curve(**arguments)


def test_a_rate_needs_its_bins_and_a_gain_its_link():
    values = SPLINES(5, label="speed").design(SPEED.d)
    model = nmo.GLM().fit(values, COUNTS.d[:, 0])
    with pytest.raises(ValueError, match=r"bin_s=0\.01"):
        model.curve("speed", scale="rate")
    rate = model.curve("speed", scale="rate", bin_s=BIN).value
    np.testing.assert_allclose(rate, model.curve("speed", scale="mean").value / BIN)
    soft = nmo.GLM(inverse_link_function="softplus").fit(values, COUNTS.d[:, 0])
    with pytest.raises(ValueError, match="'exp'"):
        soft.curve("speed", scale="gain")
    with pytest.raises(ValueError, match="terms=basis"):
        nmo.GLM().fit(np.asarray(values), COUNTS.d[:, 0]).curve("speed")


def test_filters_keep_their_band_beside_splines_without_a_penalty():
    """Splines leave a level open; lags of few functions, hardly told apart, have no part in it."""
    basis = SPLINES(5, label="speed") + nmo.basis.RaisedCosineLogConv(5, 10, label="coupling")
    design = basis.design(SPEED, COUNTS)
    model = nmo.PopulationGLM().fit(design, COUNTS)
    curve = model.curve("coupling", design, COUNTS, neuron="a")
    rate = model.predict(design).d[:, 0]
    kept = np.isfinite(rate)
    table = np.column_stack([np.ones(kept.sum()), np.asarray(design)[kept, 1:]])  # one spline less
    covariance = np.linalg.inv(table.T @ (rate[kept, None] * table))
    term = design.terms[1]
    K = term.functions(term.axis())
    for channel, columns in enumerate((slice(5, 10), slice(10, 15))):  # the intercept and 4 splines
        error = np.sqrt(np.einsum("wi,ij,wj->w", K, covariance[columns, columns], K))
        np.testing.assert_allclose(curve.standard_error[:, channel], error, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("model", ["Gaussian", "Gamma"])
def test_signals_have_means_in_their_units_and_no_rates(model):
    """Of ΔF/F there was a rate in Hz, and a filter whose axis said log gain."""
    signal = nap.TsdFrame(TIMES, np.random.default_rng(1).gamma(2.0, size=(T, 2)))
    link = {"Gaussian": None, "Gamma": "one_over_x"}[model]
    fit = nmo.PopulationGLM(model, link, **RIDGE).fit(X, signal)
    assert fit.curve("speed", X, signal, scale="mean").unit == "units of y"
    with pytest.raises(ValueError, match=r"A rate is of events.*scale='mean'"):
        fit.curve("speed", X, signal, scale="rate")
    with pytest.raises(ValueError, match=r"no filter.*link 'exp'"):
        fit.curve("coupling", X, signal, channel="a", neuron=0).as_filter()


def test_a_table_says_what_lags_and_errors_are_of():
    rate = MODEL.curve("coupling", X, COUNTS, scale="rate", channel="a", neuron="b").to_frame()
    assert rate.index.name == "lag (s)"
    assert list(rate.columns) == ["value", "low", "high", "predictor_standard_error", "status"]
    effect = MODEL.curve("speed", X, COUNTS, neuron="b").to_frame()
    assert (effect.index.name, effect.columns[-2]) == ("speed", "standard_error")


def test_names_are_told_as_they_are_written():
    """'(x * y)' is a label, brackets included; 1 is not a misspelling of 12."""
    counts = nap.TsdFrame(TIMES, COUNTS.d, columns=[7, 12])
    design = (SPLINES(4, label="x") * SPLINES(4, label="y")).design(X_CM, Y_CM)
    model = nmo.PopulationGLM(**RIDGE).fit(design, counts)
    with pytest.raises(ValueError, match=r"one of '\(x \* y\)'"):
        model.curve("place")
    with pytest.raises(ValueError, match=r"Given: 1. Expected: one of 7, 12.$"):
        model.curve("(x * y)", neuron=1)
    one = model.curve("(x * y)", neuron=7)
    with pytest.raises(ValueError, match="only one neuron"):
        one.of(neuron=7)
