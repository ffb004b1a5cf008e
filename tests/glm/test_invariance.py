"""What must not change a fit, and what must change it in a known way."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import (
    BY_OTHER_SOLVERS,
    CANONICAL,
    CASES,
    SOLVERS,
    Case,
    fitted_population,
    those,
)
from tests.glm import dense

import spikeglm as nmo

SLOW = ("SVRG", "ProxSVRG")  # as long as ten others each; test_optimum fits with them
EVERY_KIND = [
    *(case for case in CASES if (case.model, case.link) in CANONICAL),
    *(case for case in BY_OTHER_SOLVERS if case.model == "Poisson" and case.solver not in SLOW),
]
of_cases = pytest.mark.parametrize("case", EVERY_KIND, ids=str)
of_smooth = pytest.mark.parametrize("case", those(EVERY_KIND, is_smooth=True), ids=str)
unregularized = pytest.mark.parametrize("case", those(EVERY_KIND, is_none=True), ids=str)


plain = fitted_population  # what the others are compared with


def assert_same(model, other, X, y, case):
    """Same optimum, as far as both are certified: distances in the norm of the curvature."""
    for n in range(y.shape[1]):
        first, second = dense.parameters_of(model, n), dense.parameters_of(other, n)
        limit = 2e-8 * case.slack * max(1.0, dense.unit(case, y[:, n]))
        assert dense.distance(first, second, X, y[:, n], case) < limit


@of_cases
def test_the_order_of_the_rows(case):
    X, y = case.data()
    order = np.random.default_rng(0).permutation(len(X))
    assert_same(case.population().fit(X[order], y[order]), plain(case), X, y, case)


@of_cases
@pytest.mark.parametrize("memory", ["8KiB", "100KiB", "2GiB"])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_blocks_and_threads(case, n_threads, memory):
    X, y = case.data()
    expected = plain(case)
    with nmo.config_context(n_threads=n_threads, memory=memory):
        model = case.population().fit(X, y)
    assert_same(model, expected, X, y, case)
    assert_allclose(model.scale_, expected.scale_, rtol=1e-8)


def test_many_threads_on_a_table_that_is_worth_them():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30_000, 20))
    y = rng.poisson(np.exp(X @ rng.normal(0, 0.1, (20, 5)) - 1))
    fits = []
    for n_threads in (1, 2, 5):
        with nmo.config_context(n_threads=n_threads):
            fits.append(nmo.PopulationGLM().fit(X, y))
    for fit in fits[1:]:
        assert_allclose(fit.coef_, fits[0].coef_, rtol=1e-7, atol=1e-8)


@of_cases
def test_every_row_twice_at_half_weight(case):
    X, y = case.data()
    half = np.full(2 * len(X), 0.5)
    doubled = case.population().fit(
        np.concatenate([X, X]), np.concatenate([y, y]), sample_weight=half
    )
    assert_same(doubled, plain(case), X, y, case)


@of_cases
def test_all_weights_times_a_constant(case):
    X, y = case.data()
    weights = np.random.default_rng(0).uniform(0.5, 1.5, len(X))
    a = case.population().fit(X, y, sample_weight=weights)
    b = case.population().fit(X, y, sample_weight=1e4 * weights)
    assert_same(a, b, X, y, case)


@of_cases
def test_whole_weights_are_repeated_rows(case):
    X, y = case.data()
    times = np.random.default_rng(0).integers(0, 4, len(X))
    weighted = case.population().fit(X, y, sample_weight=times)
    repeated = case.population().fit(np.repeat(X, times, axis=0), np.repeat(y, times, axis=0))
    assert_same(weighted, repeated, X, y, case)


@of_smooth
@pytest.mark.parametrize("times", [0.5, 1.0])
def test_a_weight_is_how_often_a_row_counts_for_the_uncertainty_too(case, times):
    X, y = case.data()
    X2, y2, a = np.concatenate([X, X]), np.concatenate([y, y]), np.full(2 * len(X), times)
    weighted = case.population().fit(X2, y2, sample_weight=a)
    if times == 1.0:
        X, y = X2, y2
    plain = case.population().fit(X, y)
    assert_allclose(weighted.dof_resid_, plain.dof_resid_)
    assert_allclose(weighted.scale_, plain.scale_, rtol=1e-7)
    got = weighted.covariance(X2, y2, sample_weight=a)
    assert_allclose(got, plain.covariance(X, y), rtol=1e-6, atol=1e-12)


@of_cases
def test_weights_are_the_oracles(case):
    X, y = case.data()
    weights = np.random.default_rng(0).uniform(0, 2, len(X))
    model = case.glm().fit(X, y[:, 0], sample_weight=weights)
    oracle = case.oracle(X, y[:, 0], weights=weights)
    expected = np.append(oracle.coef, oracle.intercept)
    assert_allclose(dense.parameters_of(model), expected, rtol=1e-6, atol=1e-7)


@of_cases
@pytest.mark.parametrize("value", [1.0, np.nan, np.inf])
def test_rows_of_weight_zero_are_absent_whatever_they_hold(case, value):
    X, y = case.data()
    keep = np.arange(len(X)) % 3 != 0
    spoilt = np.where(keep[:, None], X, value * 7)
    wrong_y = np.where(keep[:, None], y, 1.0)
    weighted = case.population().fit(spoilt, wrong_y, sample_weight=keep.astype(float))
    dropped = case.population().fit(X[keep], y[keep])
    assert_same(weighted, dropped, X, y, case)
    assert_allclose(weighted.scale_, dropped.scale_, rtol=1e-7)
    assert (weighted.dof_resid_ == dropped.dof_resid_).all()


@unregularized
@pytest.mark.parametrize("factors", [(2.0, 0.5, 1.0), (1e6, 1.0, 1e-6), (-1e3, 1e-9, 3.0)])
def test_rescaled_columns_scale_their_coefficients_inversely(case, factors):
    X, y = case.data()
    rescaled = case.population().fit(X * factors, y)
    rescaled.coef_ = rescaled.coef_ * np.array(factors)[:, None]
    assert_same(rescaled, plain(case), X, y, case)


@of_cases
@pytest.mark.parametrize("constants", [(1.0, -2.0, 0.5), (100.0, 0.0, -1000.0)])
def test_a_constant_added_to_a_feature_moves_only_the_intercept(case, constants):
    X, y = case.data()
    moved = case.population().fit(X + constants, y)
    moved.intercept_ = moved.intercept_ + np.array(constants) @ moved.coef_
    assert_same(moved, plain(case), X, y, case)


@of_cases
def test_features_in_another_order(case):
    X, y = case.data()
    order = [2, 0, 1]
    turned = case.population(**case.penalty.of_features(order).arguments).fit(X[:, order], y)
    turned.coef_ = turned.coef_[np.argsort(order)]
    assert_same(turned, plain(case), X, y, case)


@of_cases
def test_a_constant_offset_moves_only_the_intercept(case):
    X, y = case.data()
    shifted = case.population().fit(X, y, offset=0.25)
    shifted.intercept_ = shifted.intercept_ + 0.25
    assert_same(shifted, plain(case), X, y, case)


@unregularized
def test_an_offset_that_is_a_feature_changes_its_coefficient_by_one(case):
    X, y = case.data()
    shifted = case.population().fit(X, y, offset=0.05 * X[:, 1])
    shifted.coef_ = shifted.coef_ + np.array([0.0, 0.05, 0.0])[:, None]
    assert_same(shifted, plain(case), X, y, case)


@of_cases
def test_offsets_are_the_oracles(case):
    X, y = case.data()
    offset = np.random.default_rng(0).uniform(-0.05, 0.05, len(X))
    model = case.glm().fit(X, y[:, 0], offset=offset)
    oracle = case.oracle(X, y[:, 0], offset=offset)
    expected = np.append(oracle.coef, oracle.intercept)
    assert_allclose(dense.parameters_of(model), expected, rtol=1e-6, atol=1e-7)
    assert_allclose(model.predict(X, offset=offset), oracle.mean, rtol=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_log_of_the_exposure_makes_rates_of_counts(solver):
    rng = np.random.default_rng(0)
    X, seconds = rng.normal(size=(4000, 2)), rng.uniform(0.1, 10.0, 4000)
    y = rng.poisson(seconds * np.exp(X @ [0.3, -0.2] + 0.5))
    model = nmo.GLM(solver_name=solver).fit(X, y, offset=np.log(seconds))
    oracle = Case("Poisson", "exp").oracle(X, y, offset=np.log(seconds))
    assert_allclose(model.coef_, oracle.coef, rtol=1e-7)
    assert_allclose(model.predict(X), np.exp(X @ oracle.coef + oracle.intercept), rtol=1e-6)


@of_cases
def test_weights_and_offsets_per_neuron_are_separate_fits(case):
    X, y = case.data()
    rng = np.random.default_rng(0)
    weights, offsets = rng.uniform(0, 2, y.shape), rng.uniform(-0.05, 0.05, y.shape)
    together = case.population().fit(X, y, sample_weight=weights, offset=offsets)
    for n in range(y.shape[1]):
        alone = case.glm().fit(X, y[:, n], sample_weight=weights[:, n], offset=offsets[:, n])
        first, second = dense.parameters_of(together, n), dense.parameters_of(alone)
        assert_allclose(first, second, rtol=1e-6, atol=1e-7)
        assert_allclose(together.scale_[n], alone.scale_[0], rtol=1e-6)


@of_cases
def test_a_mask_is_the_fit_without_those_features(case):
    X, y = case.data()
    mask = np.array([[1, 0], [1, 1], [0, 1]])
    together = case.population(feature_mask=mask).fit(X, y)
    for n in range(2):
        used = mask[:, n].astype(bool)
        its_own = case.penalty.of_features(np.flatnonzero(used)).arguments
        alone = case.glm(**its_own).fit(X[:, used], y[:, n])
        assert_allclose(together.coef_[used, n], alone.coef_, rtol=1e-6, atol=1e-7)
        assert_allclose(together.intercept_[n], alone.intercept_[0], rtol=1e-6, atol=1e-7)
        assert (together.coef_[~used, n] == 0).all()
        assert_allclose(together.predict(X)[:, n], alone.predict(X[:, used]), rtol=1e-6)
        single = case.glm(feature_mask=mask[:, n]).fit(X, y[:, n])
        assert_allclose(single.coef_[used], alone.coef_, rtol=1e-6, atol=1e-7)
        assert single.coef_[~used] == 0


@of_cases
def test_a_mask_of_nothing_leaves_the_mean(case):
    X, y = case.data()
    model = case.glm(feature_mask=np.zeros(3)).fit(X, y[:, 0])
    assert_allclose(model.predict(X), y[:, 0].mean(), rtol=1e-7)
    assert (model.coef_ == 0).all()


@of_cases
def test_where_a_fit_starts(case):
    X, y = case.data()
    expected = plain(case)
    rng = np.random.default_rng(0)
    start = expected.coef_ + rng.normal(0, 0.02, (3, 2)), expected.intercept_ + 0.01
    assert_same(case.population().fit(X, y, init_params=start), expected, X, y, case)


@pytest.mark.parametrize("memory", ["8KiB", "2GiB"])
@of_cases
def test_predictions_do_not_depend_on_blocks(case, memory):
    X, y = case.data()
    model = case.population().fit(X, y)
    with nmo.config_context(memory=memory):
        assert_allclose(model.predict(X), model.predict(X[:, :]), rtol=1e-13)
        one_by_one = np.concatenate([model.predict(row[None]) for row in X[:20]])
    assert_allclose(one_by_one, model.predict(X)[:20], rtol=1e-12)
