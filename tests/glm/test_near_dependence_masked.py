"""Near copies of features that masks leave out in part, or that no intercept centres."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo


def of_mean_square_one(x):
    return x / np.sqrt((x**2).mean())


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_masks_take_no_part_in_what_tells_near_copies_apart(seed, fit_intercept):
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(12, 300))
    differences = np.array([1e-7, 1e-5, 3e-7, 1e-6, 1e-7])
    copies = parts[0] + differences[:, None] * parts[1:6]
    X = np.column_stack([parts[0], *copies, *parts[6:]])
    y = parts[1:4].sum(axis=0) + parts[6:8].sum(axis=0) + rng.normal(size=300)
    mask = np.ones((12, 3))
    mask[[1, 6, 9], 0] = mask[[2, 4, 7], 1] = mask[[0, 8], 2] = 0.0
    model = nmo.PopulationGLM("Gaussian", feature_mask=mask, fit_intercept=fit_intercept)
    model.fit(X, np.column_stack([y] * 3))
    assert model.fit_report_.converged
    for c in range(3):
        kept = [copies[k] for k in range(5) if mask[k + 1, c]]
        first = parts[0] if mask[0, c] else kept.pop(0)  # with the rest told apart from it
        told_apart = [of_mean_square_one(copy - first) for copy in kept]
        others = parts[6:][mask[6:, c] > 0]
        Z = np.column_stack([first, *told_apart, *others] + [np.ones(300)] * fit_intercept)
        best = ((y - Z @ np.linalg.lstsq(Z, y)[0]) ** 2).mean()
        left = ((y - model.predict(X)[:, c]) ** 2).mean()
        assert_allclose(left, best, rtol=1e-5)


@pytest.mark.parametrize("place", [1e4, 1e6])
def test_without_an_intercept_features_far_from_zero_are_near_copies(place):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 5)) + place
    y = rng.normal(size=2000) + X @ [0.5, -0.5, 1.0, -1.0, 0.0]
    model = nmo.GLM("Gaussian", fit_intercept=False).fit(X, y)
    assert model.fit_report_.converged
    assert model.fit_report_.result.rank == 5
    assert_allclose(model.coef_, np.linalg.lstsq(X, y)[0], atol=1e-5)
    assert model.intercept_[0] == 0.0


def test_a_mask_may_leave_what_is_nearly_constant_as_a_mixture_with_what_is_constant():
    rng = np.random.default_rng(0)
    x, n, other = rng.normal(size=(3, 500))
    X = np.column_stack([x, x + 1e-7 * n, other, x])  # the last is in the difference, by half
    mask = np.array([[1, 1], [1, 1], [1, 1], [1, 0]])
    y = rng.poisson(np.exp(0.4 * np.column_stack([n, n]) - 1))
    model = nmo.PopulationGLM(feature_mask=mask).fit(X, y)
    told_apart = np.column_stack([x, (X[:, 1] - x) / 1e-7, other])
    expected = nmo.PopulationGLM().fit(told_apart, y).fit_report_.result.objective
    assert_allclose(model.fit_report_.result.objective, expected, atol=1e-9)


@pytest.mark.parametrize("unit", [1e5, 1e6, 1e8])
@pytest.mark.parametrize("name", ["Gaussian", "Poisson"])
def test_what_a_mask_leaves_of_an_exact_combination_is_fitted(unit, name):
    """The masked feature is all that huge ones lack of being copies: 1e-8 of their size."""
    rng = np.random.default_rng(0)
    x, small = rng.normal(size=(2, 6000))
    X = np.column_stack([unit * x, 2 * unit * x + small, small])
    y = rng.poisson(np.exp(0.5 * small - 0.3 * x))
    mask = np.array([[1, 1, 1], [1, 1, 1], [0, 1, 0]])
    model = nmo.PopulationGLM(name, feature_mask=mask).fit(X, np.column_stack([y, y, y]))
    assert model.fit_report_.converged
    told_apart = np.column_stack([x, X[:, 1] - 2 * X[:, 0]])
    expected = nmo.GLM(name).fit(told_apart, y).fit_report_.result.objective
    assert_allclose(model.fit_report_.result.objective, np.tile(expected, 3), rtol=1e-8)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("link", ["identity", "exp"])
@pytest.mark.parametrize("seed", range(3))
def test_masked_coefficients_are_zero_and_not_what_rounding_makes_of_it(seed, link, fit_intercept):
    """Else estimates are not those of the record, and nothing is known of their errors."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 2, (33, 9)).astype(bool)
    X[:, [0, 1, 4, 5, 6, 7, 8]] = True
    y = rng.poisson(2.0, size=(33, 2))
    mask = (rng.random((9, 2)) < 0.75).astype(int)
    mask[3], mask[0] = 0, 1
    kind = {"regularizer": "Ridge", "regularizer_strength": 5e-4, "fit_intercept": fit_intercept}
    model = nmo.PopulationGLM(inverse_link_function=link, feature_mask=mask, **kind).fit(X, y)
    assert (model.coef_[mask == 0] == 0.0).all()
    assert model.on(X, y).optimum.record is not None
