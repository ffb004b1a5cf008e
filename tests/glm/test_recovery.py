"""Simulate, then fit: estimates scatter around the truth as the standard errors say."""

import numpy as np
import pytest
import scipy.stats as st
from numpy.testing import assert_allclose
from tests.catalogue import (
    CASES,
    MODELS,
    NB_SCALE,
    PAIRS,
    Case,
    drawn,
    those,
    true_parameters,
)
from tests.reference import numpy_glm

import spikeglm as nmo

RECOVERABLE = [Case(*pair) for pair in PAIRS]


def z_scores(case, coef, intercept, *, n_rows=2000, seed=0):
    """(p + 1, N) deviations of the estimates in standard errors, for N neurons alike."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, (n_rows, len(coef)))
    y = drawn(case.model, numpy_glm.LINKS[case.link][0](X @ coef + intercept), rng)
    model = case.population().fit(X, y)
    se_coef, se_intercept = model.standard_errors(X, y)
    z = np.vstack([(model.coef_ - coef) / se_coef, (model.intercept_ - intercept) / se_intercept])
    return z[:, np.array(model.fit_report_.status) == "converged"]


@pytest.mark.parametrize("case", RECOVERABLE, ids=str)
def test_estimates_scatter_as_their_standard_errors_say(case):
    coef, intercept = true_parameters(case.model, case.link, 150)
    z = z_scores(case, coef * 0.8, intercept)
    assert z.shape[1] > 140
    # 600 nearly independent normals: mean 0 +- 0.04, spread 1 +- 0.03; four of those either way.
    assert abs(z.mean()) < 0.17
    assert 0.88 < z.std() < 1.12
    for row in z:
        assert st.kstest(row, "norm").pvalue > 1e-4


def test_ridge_standard_errors_are_those_of_its_posterior():
    case = Case("Gaussian", "identity")
    X, y = case.data()
    strength = 0.3
    model = nmo.GLM("Gaussian", regularizer="Ridge", regularizer_strength=strength).fit(X, y[:, 0])
    # Posterior of (w, b): precision (X1'X1 + T lambda / 2 I) / phi, for the loss has no half.
    X1 = np.column_stack([X, np.ones(len(X))])
    penalty = np.diag([strength / 2 * len(X)] * 3 + [0.0])
    expected = model.scale_[0] * np.linalg.inv(X1.T @ X1 + penalty)
    assert_allclose(model.covariance(X, y[:, 0]), expected, rtol=1e-8)


@pytest.mark.parametrize("case", those(CASES, is_none=True), ids=str)
def test_standard_errors_are_the_oracles(case):
    X, y = case.data()
    model = case.population().fit(X, y)
    coef, intercept = model.standard_errors(X, y)
    for n in range(2):
        oracle = case.oracle(X, y[:, n])
        got = np.append(coef[:, n], intercept[n])
        assert_allclose(got, oracle.standard_errors, rtol=1e-5)
        assert_allclose(model.scale_[n], oracle.scale if oracle.scale != 1 else scale_of(case))


def scale_of(case):
    return NB_SCALE if case.model == "NegativeBinomial" else 1.0


def test_covariances_of_one_and_of_many():
    case = Case("Poisson", "exp")
    X, y = case.data()
    many = case.population().fit(X, y).covariance(X, y)
    assert many.shape == (2, 4, 4)
    one = case.glm().fit(X, y[:, 1])
    assert_allclose(one.covariance(X, y[:, 1]), many[1], rtol=1e-6)
    assert_allclose(many, np.swapaxes(many, 1, 2))
    coef, intercept = one.standard_errors(X, y[:, 1])
    assert coef.shape == (3,)
    assert intercept.shape == (1,)
    assert_allclose(np.append(coef, intercept) ** 2, np.diag(many[1]), rtol=1e-6)


def test_standard_errors_with_weights_and_offsets():
    case = Case("Poisson", "exp")
    X, y = case.data()
    times = np.random.default_rng(0).integers(0, 3, len(X))
    offset = np.random.default_rng(1).normal(size=len(X))
    weighted = case.glm().fit(X, y[:, 0], sample_weight=times, offset=offset)
    rows = np.repeat(np.arange(len(X)), times)
    repeated = case.glm().fit(X[rows], y[rows, 0], offset=offset[rows])
    got = weighted.standard_errors(X, y[:, 0], sample_weight=times, offset=offset)
    expected = repeated.standard_errors(X[rows], y[rows, 0], offset=offset[rows])
    assert_allclose(got[0], expected[0], rtol=1e-6)
    assert_allclose(got[1], expected[1], rtol=1e-6)


def test_what_the_data_do_not_determine_has_no_standard_error():
    case = Case("Poisson", "exp")
    X, y = case.data()
    table = np.column_stack([X, X[:, 0], np.ones(len(X))])
    model = case.glm().fit(table, y[:, 0])
    coef, _ = model.standard_errors(table, y[:, 0])
    assert list(np.isnan(coef)) == [True, False, False, True, True]
    plain = case.glm().fit(X, y[:, 0]).standard_errors(X, y[:, 0])
    assert_allclose(coef[1:3], plain[0][1:3], rtol=1e-6)


def test_masked_features_have_standard_error_zero():
    case = Case("Poisson", "exp")
    X, y = case.data()
    model = case.glm(feature_mask=[1, 0, 1]).fit(X, y[:, 0])
    coef, _ = model.standard_errors(X, y[:, 0])
    assert coef[1] == 0
    sub = case.glm().fit(X[:, [0, 2]], y[:, 0])
    assert_allclose(coef[[0, 2]], sub.standard_errors(X[:, [0, 2]], y[:, 0])[0], rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_simulated_responses_have_the_mean_and_variance_of_the_model(model):
    case = Case(model, "logistic" if model == "Bernoulli" else "exp")
    X, y = case.data()
    fit = case.glm().fit(X, y[:, 0])
    table = np.repeat(X[:1], 20_000, axis=0)
    samples, mean = fit.simulate(1, table)
    assert_allclose(mean, fit.predict(table))
    variance = fit.scale_[0] if model in numpy_glm.WITH_DISPERSION else 1.0
    variance = variance * numpy_glm.variance(model, mean[:1], NB_SCALE)[0]
    assert abs(samples.mean() - mean[0]) < 5 * np.sqrt(variance / 20_000)
    assert 0.9 < samples.var() / variance < 1.1


@pytest.mark.parametrize("key", [0, np.random.default_rng(0), "jax"], ids=["int", "NumPy", "JAX"])
def test_keys_for_simulation(key):
    case = Case("Poisson", "exp")
    X, y = case.data()
    model = case.population().fit(X, y)
    if key == "jax":
        jax = pytest.importorskip("jax")
        key = jax.random.key(0)
    samples, mean = model.simulate(key, X)
    assert samples.shape == mean.shape == y.shape
    assert samples.dtype.kind in "iu"


def test_the_same_int_gives_the_same_draw():
    case = Case("Poisson", "exp")
    X, y = case.data()
    model = case.glm().fit(X, y[:, 0])
    first, again, other = (model.simulate(seed, X)[0] for seed in (3, 3, 4))
    assert (first == again).all()
    assert (first != other).any()


def test_simulations_follow_the_offset_and_keep_gaps():
    X, y = Case("Poisson", "exp").data()
    model = nmo.GLM().fit(X, y[:, 0])
    table = np.repeat(X[:1], 5000, axis=0)
    table[3] = np.nan
    samples, mean = model.simulate(0, table, offset=np.log(10.0))
    assert_allclose(mean[0], 10 * model.predict(X[:1])[0])
    assert np.isnan(samples[3])
    assert np.isnan(mean[3])
    assert abs(np.nanmean(samples) / mean[0] - 1) < 0.05


@pytest.mark.parametrize("mean", [1e3, 1e6, 1e9])
@pytest.mark.parametrize("regularizer", ["UnRegularized", "Ridge"])
def test_standard_errors_of_a_feature_far_from_zero(mean, regularizer):
    X, y = Case("Poisson", "exp").data()
    model = nmo.GLM(regularizer=regularizer, regularizer_strength=0.1)
    expected, _ = model.fit(X, y[:, 0]).standard_errors(X, y[:, 0])
    far = X + np.array([mean, 0.0, 0.0])
    coef, intercept = model.fit(far, y[:, 0]).standard_errors(far, y[:, 0])
    assert_allclose(coef, expected, rtol=1e-5)
    assert_allclose(intercept, mean * expected[0], rtol=0.01)


def test_standard_errors_of_features_in_wild_units():
    X, y = Case("Poisson", "exp").data()
    expected, _ = nmo.GLM().fit(X, y[:, 0]).standard_errors(X, y[:, 0])
    units = np.array([1e9, 1.0, 1e-9])
    coef, _ = nmo.GLM().fit(X * units, y[:, 0]).standard_errors(X * units, y[:, 0])
    assert_allclose(coef * units, expected, rtol=1e-6)
