"""Models without an intercept: the fit with a column of ones less, whatever finds it."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.catalogue import BY_OTHER_SOLVERS, CASES, PAIRS, Case, those
from tests.glm import dense

import spikeglm as nmo
from spikeglm import solvers

of_smooth = pytest.mark.parametrize("case", those(CASES, is_smooth=True), ids=str)
of_pairs = pytest.mark.parametrize("case", [Case(*pair) for pair in PAIRS], ids=str)
MIX = np.random.default_rng(3).normal(size=(4, 4))


@cache
def with_ones(case):
    """Features of which the last is one everywhere, and the responses."""
    X, y = case.data()
    return np.column_stack([X, np.ones(len(X))]), y


@cache
def mixed(case):
    """Four features in whose span is a constant, and the responses; no coefficient is zero."""
    Z, y = with_ones(case)
    return Z @ MIX, y


@cache
def fitted(case):
    X, y = mixed(case)
    return case.glm(fit_intercept=False).fit(X, y[:, 0])


@of_pairs
def test_the_fit_is_the_oracles(case):
    X, y = mixed(case)
    model, oracle = fitted(case), case.oracle(X, y[:, 0], intercept=False)
    # The oracle stops where its objective is rounding: next to a domain's edge at its root.
    assert dense.distance(model.coef_, oracle.coef, X, y[:, 0], case) < 5e-7
    assert_allclose(model.predict(X), oracle.mean, rtol=2e-6)


@of_smooth
def test_the_fit_is_certified(case):
    X, y = mixed(case)
    model = fitted(case)
    assert model.fit_report_.status == ("converged",)
    assert_array_equal(model.intercept_, [0.0])
    exact = dense.newton_decrement(model.coef_, X, y[:, 0], case)
    # Next to the edge of a domain the estimate of the curvature beside matrices is 11 % off.
    is_estimate = case.penalty.entries and not model.fit_report_.result.is_exact
    assert exact < (1.25 if is_estimate else 1.0) * 1e-8 * dense.unit(case, y[:, 0])


@of_pairs
def test_a_column_of_ones_is_an_intercept(case):
    X, y = case.data()
    Z, _ = with_ones(case)
    usual = case.population().fit(X, y)
    other = case.population(fit_intercept=False).fit(Z, y)
    assert_allclose(other.coef_, np.vstack([usual.coef_, usual.intercept_]), rtol=1e-6, atol=1e-7)
    assert_array_equal(other.intercept_, [0.0, 0.0])
    assert_array_equal(other.dof_resid_, usual.dof_resid_)
    assert_allclose(other.scale_, usual.scale_, rtol=1e-7)
    assert_allclose(other.score(Z, y), usual.score(X, y), rtol=1e-7)
    assert other.fit_report_.result.rank == 4
    assert other.fit_report_.aliased_features == ()
    of_coef, of_intercept = other.standard_errors(Z, y)
    assert_allclose(of_coef, np.vstack(usual.standard_errors(X, y)), rtol=1e-5)
    assert_array_equal(of_intercept, [0.0, 0.0])
    covariance = other.covariance(Z, y)
    assert covariance.shape == (2, 4, 4)
    assert_allclose(covariance, usual.covariance(X, y), rtol=1e-5, atol=1e-9)


POISSON = Case("Poisson", "exp")


@pytest.mark.parametrize("ridge", [None, 0.05])
@pytest.mark.parametrize("name", solvers.list_available_algorithms())
def test_every_solver_finds_it(name, ridge):
    X, y = mixed(POISSON)
    regularizer = "UnRegularized" if ridge is None else "Ridge"
    kind = nmo.regularizer.Ridge if ridge else nmo.regularizer.UnRegularized
    if name not in kind().allowed_solvers:
        pytest.skip("a solver for other penalties")
    model = nmo.PopulationGLM("Poisson", None, regularizer, ridge, name, fit_intercept=False)
    model.fit(X, y)
    if name == "PolynomialApproximation":
        assert set(model.fit_report_.status) == {"approximate"}
    else:
        assert model.fit_report_.converged
    for n in range(2):
        oracle = POISSON.oracle(X, y[:, n], ridge=ridge or 0.0, intercept=False)
        bound = 0.05 if name == "PolynomialApproximation" else 2e-7
        assert dense.distance(model.coef_[:, n], oracle.coef, X, y[:, n], POISSON) < bound
    assert_array_equal(model.intercept_, [0.0, 0.0])


@pytest.mark.parametrize("offset", [False, True])
def test_approximations_are_exact_where_the_loss_is_quadratic(offset):
    X, y = mixed(Case("Gaussian", "identity"))
    offset = np.sin(np.arange(len(X))) if offset else None
    model = nmo.GLM("Gaussian", solver_name="PolynomialApproximation", fit_intercept=False)
    model.fit(X[:, :3], y[:, 0], offset=offset)
    given = y[:, 0] if offset is None else y[:, 0] - offset
    assert_allclose(model.coef_, np.linalg.lstsq(X[:, :3], given, rcond=None)[0], rtol=1e-6)
    assert model.fit_report_.status == ("converged",)


ALL_OF_KINKED = [
    case
    for case in those(CASES + BY_OTHER_SOLVERS, is_smooth=False)
    if case.solver == "ProximalNewton" or case.model in ("Poisson", "Bernoulli")
]


@pytest.mark.parametrize("case", ALL_OF_KINKED, ids=str)
def test_sparse_fits_keep_their_optimality_conditions(case):
    _, y = case.data()
    X = (
        np.abs(case.data()[0]) + 0.3
    )  # of one sign each, so that every link allows some coefficients
    model = case.glm(fit_intercept=False).fit(X, y[:, 0])
    assert model.fit_report_.status == ("converged",)
    assert_array_equal(model.intercept_, [0.0])
    slope = dense.gradient(model.coef_, X, y[:, 0], case, ridge=0.0)
    violation = case.penalty.shortest_slope(model.coef_, slope)
    # It is measured where mean squares are one, in a group in one unit for all of its features.
    size = np.sqrt(2) * case.penalty.smallest_weight / np.sqrt((X**2).mean(axis=0)).min()
    assert np.abs(violation).max() < 1e-7 * case.slack * size
