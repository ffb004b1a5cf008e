"""Features and responses that are hard on arithmetic: dependent, constant, huge, tiny, far away."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import SOLVERS, Case
from tests.glm import dense

import spikeglm as nmo

T = 400
both = pytest.mark.parametrize("solver", [*SOLVERS, None])
POISSON, GAUSSIAN = Case("Poisson", "exp"), Case("Gaussian", "identity")


def table(p=2, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(T, p))
    return X, rng.poisson(np.exp(X @ np.linspace(-0.5, 0.4, p) + 0.3)).astype(float)


def rates(X, y, solver, **arguments):
    model = nmo.GLM(solver_name=solver, **arguments).fit(X, y)
    assert model.fit_report_.converged
    assert np.isfinite(model.coef_).all()
    return model, model.predict(X)


@both
@pytest.mark.parametrize("constant", [0.0, 1.0, 1e9, -1e-9])
def test_a_constant_feature_has_coefficient_zero_and_changes_nothing(constant, solver):
    X, y = table()
    plain, expected = rates(X, y, solver)
    with_constant, rate = rates(np.insert(X, 1, constant, axis=1), y, solver)
    assert with_constant.coef_[1] == 0
    assert_allclose(with_constant.coef_[[0, 2]], plain.coef_, rtol=1e-8)
    assert_allclose(rate, expected, rtol=1e-8)
    assert with_constant.fit_report_.aliased_features == ("x1",)
    assert with_constant.dof_resid_ == plain.dof_resid_
    assert "x1" in str(with_constant.fit_report_)


@both
def test_a_feature_that_is_constant_but_for_rounding_is_constant(solver):
    X, y = table()
    jitter = 1.0 + 2.0**-52 * np.random.default_rng(1).integers(-2, 3, T)
    model, _ = rates(np.insert(X, 1, jitter, axis=1), y, solver)
    assert model.coef_[1] == 0
    assert model.fit_report_.aliased_features == ("x1",)


@both
@pytest.mark.parametrize("mean", [20.0, 100.0, 900.0, 5000.0])
def test_a_duplicate_far_from_zero_is_found(mean, solver):
    X, y = table()
    X = X + mean
    model, _ = rates(np.column_stack([X, 3 * X[:, 0] + X[:, 1]]), y, solver)
    assert model.fit_report_.aliased_features == ("x0", "x1", "x2")


@both
def test_only_constant_features_leave_the_mean(solver):
    _, y = table()
    model, rate = rates(np.ones((T, 3)), y, solver)
    assert_allclose(rate, y.mean())
    assert (model.coef_ == 0).all()


@both
def test_a_duplicated_feature_shares_its_coefficient(solver):
    X, y = table()
    plain, expected = rates(X, y, solver)
    doubled, rate = rates(X[:, [0, 1, 0]], y, solver)
    assert_allclose(rate, expected, rtol=1e-7)
    assert_allclose(
        doubled.coef_, [plain.coef_[0] / 2, plain.coef_[1], plain.coef_[0] / 2], rtol=1e-6
    )
    assert doubled.fit_report_.aliased_features == ("x0", "x2")
    assert doubled.dof_resid_ == plain.dof_resid_


@both
def test_a_duplicated_feature_in_other_units(solver):
    X, y = table()
    _, expected = rates(X, y, solver)
    model, rate = rates(np.column_stack([X, 1e5 * X[:, 0] + 3]), y, solver)
    assert_allclose(rate, expected, rtol=1e-6)
    assert set(model.fit_report_.aliased_features) == {"x0", "x2"}


@both
def test_features_whose_rows_sum_to_one_like_b_splines(solver):
    scipy_bumps = np.random.default_rng(0).dirichlet(np.ones(6), T)
    _, y = table()
    plain, expected = rates(scipy_bumps[:, 1:], y, solver)  # one dropped: the same space
    model, rate = rates(scipy_bumps, y, solver)
    assert_allclose(rate, expected, rtol=1e-6)
    assert model.dof_resid_ == plain.dof_resid_
    assert model.fit_report_.n_passes <= 25


@both
def test_two_additive_bases_in_a_population_with_a_mask(solver):
    rng = np.random.default_rng(0)
    X = np.hstack([rng.dirichlet(np.ones(4), T), rng.dirichlet(np.ones(5), T)])
    y = rng.poisson(1.0, (T, 2))
    mask = np.ones((9, 2))
    mask[4:, 1] = 0
    model = nmo.PopulationGLM(solver_name=solver, feature_mask=mask).fit(X, y)
    assert model.fit_report_.converged
    assert_allclose(model.predict(X)[:, 0], nmo.GLM().fit(X, y[:, 0]).predict(X), rtol=1e-6)
    assert_allclose(
        model.predict(X)[:, 1], nmo.GLM().fit(X[:, :4], y[:, 1]).predict(X[:, :4]), rtol=1e-6
    )


@both
def test_a_feature_scaled_by_a_million_beside_one_by_a_millionth(solver):
    X, y = table()
    plain, expected = rates(X, y, solver)
    scaled, rate = rates(X * [1e6, 1e-6], y, solver)
    assert_allclose(rate, expected, rtol=1e-7)
    assert_allclose(scaled.coef_ * [1e6, 1e-6], plain.coef_, rtol=1e-7)


@both
@pytest.mark.parametrize(("mean", "tolerance"), [(1e3, 1e-7), (1e6, 1e-6), (1e9, 1e-5)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_feature_far_from_zero(mean, tolerance, dtype, solver):
    X, y = table()
    far = (X + np.array([mean, 0.0])).astype(dtype)
    if dtype is np.float32 and mean > 1e6:
        pytest.skip("float32 itself has lost the feature")
    near = np.column_stack([far[:, 0].astype(float) - mean, far[:, 1]])
    plain, expected = rates(near, y, solver)
    model, rate = rates(far, y, solver)
    assert_allclose(model.coef_, plain.coef_, rtol=tolerance)
    assert_allclose(model.intercept_ + mean * model.coef_[0], plain.intercept_, atol=mean * 1e-8)
    assert_allclose(rate, expected, rtol=max(tolerance, mean * 1e-13))


@both
def test_time_stamps_as_a_feature(solver):
    X, y = table()
    times = 1.7e9 + 0.01 * np.arange(T)  # seconds since 1970
    _, rate = rates(np.column_stack([times, X]), y, solver)
    _, expected = rates(np.column_stack([times - times.mean(), X]), y, solver)
    assert_allclose(rate, expected, rtol=1e-4)


@both
@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_the_unit_of_a_gaussian_response_does_not_matter(size, solver):
    X, _ = table()
    y = X @ [1.0, -2.0] + 3.0 + np.random.default_rng(1).normal(size=T)
    plain = nmo.GLM("Gaussian", solver_name=solver).fit(X, y)
    model = nmo.GLM("Gaussian", solver_name=solver).fit(X, size * y)
    assert model.fit_report_.converged
    assert_allclose(model.coef_, size * plain.coef_, rtol=1e-7)
    assert_allclose(model.scale_, size**2 * plain.scale_, rtol=1e-7)
    expected = np.linalg.lstsq(np.column_stack([X, np.ones(T)]), y)[0]
    assert_allclose(plain.coef_, expected[:2], rtol=1e-7)


@both
@pytest.mark.parametrize("size", [1e-8, 1e8])
@pytest.mark.parametrize("name", ["Gamma", "InverseGaussian"])
def test_the_unit_of_a_positive_response_moves_only_the_intercept(name, size, solver):
    X, _ = table()
    y = np.random.default_rng(1).gamma(3.0, np.exp(X @ [0.5, -0.2]))
    plain, _ = rates(X, y, solver, observation_model=name, inverse_link_function="exp")
    model, _ = rates(X, size * y, solver, observation_model=name, inverse_link_function="exp")
    assert_allclose(model.coef_, plain.coef_, rtol=1e-6)
    assert_allclose(model.intercept_ - np.log(size), plain.intercept_, rtol=1e-6)


@both
def test_a_gaussian_response_far_from_zero(solver):
    X, _ = table()
    y = X @ [1.0, -2.0] + np.random.default_rng(1).normal(size=T)
    plain = nmo.GLM("Gaussian", solver_name=solver).fit(X, y)
    model = nmo.GLM("Gaussian", solver_name=solver).fit(X, y + 1e8)
    assert_allclose(model.coef_, plain.coef_, rtol=1e-6)
    assert_allclose(model.scale_, plain.scale_, rtol=1e-6)


@both
def test_a_gaussian_response_without_noise_is_found_exactly(solver):
    X, _ = table()
    model, rate = rates(X, X @ [1.0, -2.0] + 3.0, solver, observation_model="Gaussian")
    assert_allclose(rate, X @ [1.0, -2.0] + 3.0, rtol=1e-9, atol=1e-9)
    assert model.scale_[0] < 1e-14


@both
@pytest.mark.parametrize("constant", [2.5, 0.1, 0.0, -1e9 / 3])
@pytest.mark.parametrize("start", [None, ([0.5, -1.0], [1.0])])
def test_a_constant_gaussian_response(constant, start, solver):
    X, _ = table()
    model = nmo.GLM("Gaussian", solver_name=solver).fit(X, np.full(T, constant), start)
    assert model.fit_report_.converged
    assert_allclose(model.predict(X), constant, atol=1e-7)


@both
@pytest.mark.parametrize("largest", [1e3, 1e5])
def test_large_counts(largest, solver):
    X, _ = table()
    eta = X @ [0.8, -0.5]
    y = np.random.default_rng(1).poisson(np.exp(eta - eta.max()) * largest).astype(float)
    model, _ = rates(X, y, solver)
    oracle = POISSON.oracle(X, y)
    assert_allclose(model.coef_, oracle.coef, rtol=1e-8)
    assert_allclose(model.intercept_, oracle.intercept, rtol=1e-8)


@both
def test_one_burst_among_silence(solver):
    X, _ = table()
    y = np.zeros(T)
    y[17] = 1e5
    model = nmo.GLM(solver_name=solver, regularizer="Ridge", regularizer_strength=1.0).fit(X, y)
    assert model.fit_report_.converged
    parameters = dense.parameters_of(model)
    assert dense.newton_decrement(parameters, X, y, POISSON, ridge=1.0) < 1e-6


@both
def test_features_larger_than_any_unit(solver):
    X, y = table()
    _, expected = rates(X, y, solver)
    _, rate = rates(X * [1e120, 1e-120], y, solver)
    assert_allclose(rate, expected, rtol=1e-6)


@both
def test_nearly_collinear_features(solver):
    X, y = table()
    near = np.column_stack([X, X[:, 0] + 1e-4 * np.random.default_rng(1).normal(size=T)])
    _, rate = rates(near, y, solver)
    assert_allclose(rate, POISSON.oracle(near, y).mean, rtol=1e-5)


@both
@pytest.mark.parametrize("strength", [1e-8, 1.0, 1e8])
def test_ridge_strengths_from_nothing_to_everything(strength, solver):
    X, y = table()
    arguments = {"regularizer": "Ridge", "regularizer_strength": strength}
    model, _ = rates(X * [1e3, 1e-3], y, solver, **arguments)
    oracle = POISSON.oracle(X * [1e3, 1e-3], y, ridge=strength)
    assert_allclose(model.coef_, oracle.coef, rtol=1e-6, atol=1e-12)


@both
@pytest.mark.parametrize("strength", [0.1, [0.0, 0.1, 0.5], [0.5, 0.1, 0.0]])
def test_ridge_shares_between_copies_of_a_feature_by_their_units(strength, solver):
    X, y = table()
    copies = np.column_stack([X, 10 * X[:, 0] + 1])
    arguments = {"regularizer": "Ridge", "regularizer_strength": strength}
    model, _ = rates(copies, y, solver, **arguments)
    oracle = POISSON.oracle(copies, y, ridge=np.broadcast_to(strength, 3))
    assert_allclose(model.coef_, oracle.coef, rtol=1e-6, atol=1e-7)


@both
def test_a_huge_strength_on_one_feature_leaves_the_others_free(solver):
    X, y = table(3)
    arguments = {"regularizer": "Ridge", "regularizer_strength": [0.0, 1e16, 0.1]}
    model, _ = rates(X, y, solver, **arguments)
    oracle = POISSON.oracle(X[:, [0, 2]], y, ridge=np.array([0.0, 0.1]))
    assert_allclose(model.coef_[[0, 2]], oracle.coef, rtol=1e-6, atol=1e-7)
    assert abs(model.coef_[1]) < 1e-12
