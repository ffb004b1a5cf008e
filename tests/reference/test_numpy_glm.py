"""The oracle itself, against algebra and against what R, Stata and glmnet printed."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.reference.numpy_glm import LINKS, deviance, fit
from tests.reference_data.r_and_stata import NAMES, load


def oracle(published):
    offset = 0.0 if published.offset is None else published.offset
    return fit(
        published.X, published.y, published.model, published.link, weights=published.weights,
        offset=offset, ridge=published.ridge, nb_scale=published.nb_scale,
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_coefficients_are_the_published_ones(name):
    published = load(name)
    fitted = oracle(published)
    assert_allclose(np.append(fitted.coef, fitted.intercept), published.coef, rtol=published.rtol)


@pytest.mark.parametrize("name", sorted({*NAMES} - {"glmnet_ridge", "spector_probit"}))
def test_standard_errors_are_the_published_ones(name):
    published = load(name)  # the probit's errors come from the observed curvature
    errors = oracle(published).standard_errors
    assert_allclose(errors, published.standard_errors, rtol=published.se_rtol)


@pytest.mark.parametrize("name", NAMES)
def test_deviance_and_dispersion_are_the_published_ones(name):
    published = load(name)
    fitted = oracle(published)
    if published.deviance is not None:
        assert_allclose(fitted.deviance, published.deviance, rtol=2e-8)
    if published.scale is not None:
        assert_allclose(fitted.scale, published.scale, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "glmnet_ridge"])
def test_no_published_coefficients_fit_better(name):
    published = load(name)
    offset = 0.0 if published.offset is None else published.offset
    eta = published.X @ published.coef[:-1] + published.coef[-1] + offset
    mean = LINKS[published.link][0](eta)
    weights = 1.0 if published.weights is None else published.weights
    D = np.sum(weights * deviance(published.model, published.y, mean, published.nb_scale))
    assert oracle(published).deviance <= D * (1 + 1e-12)


@pytest.mark.parametrize("link", ["exp", "softplus", "identity", "one_over_x"])
@pytest.mark.parametrize("model", ["Poisson", "Gaussian", "Gamma", "NegativeBinomial"])
def test_two_groups_get_their_own_means(model, link):
    group = np.array([0.0, 0.0, 0.0, 1.0, 1.0])
    y = np.array([1.0, 2.0, 3.0, 4.0, 6.0])
    fitted = fit(group[:, None], y, model, link)
    assert_allclose(fitted.mean, [2, 2, 2, 5, 5], rtol=1e-7)


@pytest.mark.parametrize("link", ["logistic", "norm.cdf"])
def test_two_groups_get_their_own_shares(link):
    group = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0])
    y = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 0.0])
    fitted = fit(group[:, None], y, "Bernoulli", link)
    assert_allclose(fitted.mean, [0.25] * 4 + [0.5] * 2, rtol=1e-7)


def test_gaussian_ridge_solves_its_normal_equations():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 3)), rng.normal(size=30)
    ridge = np.array([0.0, 0.5, 2.0])
    fitted = fit(X, y, "Gaussian", "identity", ridge=ridge)
    # mean (y - mu)^2 + sum ridge w^2 / 2:  2 Xc'Xc w / T + ridge w = 2 Xc'yc / T
    Xc, yc = X - X.mean(axis=0), y - y.mean()
    expected = np.linalg.solve(2 * Xc.T @ Xc / 30 + np.diag(ridge), 2 * Xc.T @ yc / 30)
    assert_allclose(fitted.coef, expected, rtol=1e-10)


def test_a_row_of_weight_two_is_two_rows():
    X, y, weights = np.arange(5.0)[:, None], np.array([0.0, 2, 1, 3, 5]), np.array([1, 2, 1, 1, 2])
    repeated = fit(np.repeat(X, weights, axis=0), np.repeat(y, weights), ridge=0.1)
    weighted = fit(X, y, weights=weights, ridge=0.1)
    assert_allclose(weighted.coef, repeated.coef, rtol=1e-9)
    assert_allclose(weighted.standard_errors, repeated.standard_errors, rtol=1e-9)


def test_an_offset_that_is_a_feature_changes_its_coefficient_by_one():
    X, y = np.arange(5.0)[:, None], np.array([0.0, 2, 1, 3, 5])
    assert_allclose(fit(X, y, offset=X[:, 0]).coef, fit(X, y).coef - 1.0, rtol=1e-7)
