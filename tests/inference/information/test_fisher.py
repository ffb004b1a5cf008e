"""Standard errors of many neurons: the same numbers from groups of them, in little memory."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.inference.information.inverses import pseudo_inverse, void_directions
from spikeglm.inference.information.memory import groups
from spikeglm.regularizer import GroupLasso

T, P, N = 400, 6, 5
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P)) + np.array([0, 0, 0, 0, 0, 1e4])
COUNTS = RNG.poisson(np.exp(X[:, :P] @ np.r_[RNG.normal(0, 0.2, P - 1), 0.0] - 0.5), (N, T)).T
LABELS = RNG.integers(0, 3, (T, N))
MASK = np.ones((P, N))
MASK[1, 2] = MASK[3, 0] = 0
ONE_NEURON = "1KiB"  # no group of two fits

MODELS = {
    "Poisson": (nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=0.01), COUNTS),
    "masked": (nmo.PopulationGLM(feature_mask=MASK), COUNTS),
    "Gaussian": (nmo.PopulationGLM("Gaussian"), COUNTS + RNG.normal(size=COUNTS.shape)),
    "classes": (nmo.ClassifierPopulationGLM(3), LABELS),
    "masked classes": (
        nmo.ClassifierPopulationGLM(3, feature_mask=np.repeat(MASK[..., None], 3, axis=2)),
        LABELS,
    ),
}
of_models = pytest.mark.parametrize("name", MODELS)


def fitted(name):
    model, y = MODELS[name]
    return model.fit(X, y), y


@of_models
def test_neurons_in_groups_have_the_errors_that_they_have_together(name):
    model, y = fitted(name)
    together = model.standard_errors(X, y)
    with nmo.config_context(memory=ONE_NEURON):
        one_by_one = model.standard_errors(X, y)
    for part, whole in zip(one_by_one, together, strict=True):
        assert_allclose(part, whole, rtol=1e-7)


@of_models
def test_standard_errors_are_the_roots_of_the_diagonal(name):
    model, y = fitted(name)
    covariance = model.covariance(X, y)
    coef, intercept = model.standard_errors(X, y)
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    per_neuron = np.moveaxis(coef, 1, 0).reshape(N, -1)
    expected = np.hstack([per_neuron, intercept.reshape(N, -1)])
    assert_allclose(np.sqrt(variance), expected, rtol=1e-10)


def test_the_covariance_is_that_of_least_squares_far_from_zero():
    y = COUNTS + 0.5
    model = nmo.PopulationGLM("Gaussian").fit(X, y)
    design = np.hstack([X, np.ones((T, 1))])
    inverse = np.linalg.inv(design.T @ design)
    assert_allclose(model.covariance(X, y), inverse * model.scale_[:, None, None], rtol=1e-4)


@pytest.mark.parametrize("name", ["Poisson", "classes"])
def test_covariances_that_do_not_fit_the_budget_are_refused_with_advice(name):
    model, y = fitted(name)
    with (
        nmo.config_context(memory=ONE_NEURON),
        pytest.raises(ValueError, match=r"larger than the memory budget.*standard_errors"),
    ):
        model.covariance(X, y)


def test_groups_hold_every_column_once():
    for budget in (1, 10_000, 100_000_000):
        with nmo.config_context(memory=budget):
            assert_array_equal(np.concatenate(groups(7, 20)), np.arange(7))


def test_memory_follows_the_budget_not_the_neurons():
    p, n = 100, 60
    features = RNG.normal(size=(300, p))
    counts = RNG.poisson(0.5, (300, n)).astype(float)
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=1.0)
    model.fit(features, counts)
    with nmo.config_context(memory="2MiB", n_threads=1):
        tracemalloc.start()
        coef, _ = model.standard_errors(features, counts)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert np.isfinite(coef).all()
    assert peak < 8 * n * (p + 1) ** 2  # of the covariances alone


def moore_penrose(matrix):
    """Return the generalised inverse, and which unit vectors have a part in the null space."""
    inverse = np.linalg.pinv(matrix, rcond=1e-12, hermitian=True)
    return inverse, np.abs(np.diag(np.eye(len(matrix)) - inverse @ matrix)) > 1e-6


@pytest.mark.parametrize("tie", ["none", "nearly", "twins", "nothing known of one"])
def test_the_inverse_is_exact_and_says_what_it_cannot_know(tie):
    Z = np.random.default_rng(3).normal(size=(60, 6))
    if tie == "nearly":
        Z[:, 5] = Z[:, 4] + 1e-4 * Z[:, 5]
    if tie == "twins":
        Z[:, 5] = Z[:, 4]
    if tie == "nothing known of one":
        Z[:, 5] = 0.0
    matrix = Z.T @ Z
    unit = np.sqrt(np.where(np.diag(matrix) > 0, np.diag(matrix), 1.0))
    inverse, unsure = pseudo_inverse(matrix)
    expected, tied = moore_penrose(matrix / np.outer(unit, unit))
    assert_allclose(inverse, expected / np.outer(unit, unit), rtol=1e-6, atol=1e-9)
    assert_array_equal(unsure, tied)


@pytest.mark.parametrize("regularizer", ["Lasso", "ElasticNet", GroupLasso(np.eye(3))])
@pytest.mark.parametrize("model", ["Poisson", "Gaussian"])
def test_a_penalty_with_kinks_does_not_look_like_other_data(model, regularizer):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = rng.poisson(np.exp(0.5 * X[:, 0] - 0.5))
    more = {"regularizer": regularizer, "regularizer_strength": 0.1}
    for estimator, response in (
        (nmo.GLM(model, **more), y),
        (nmo.ClassifierGLM(n_classes=2, **more), y > 0),
    ):
        with pytest.warns(UserWarning, match="the penalty selects features") as told:
            error, _ = estimator.fit(X, response).standard_errors(X, response)
        assert np.isnan(error).any() and len(told) == 1
        with pytest.warns(UserWarning, match="the penalty selects features"):
            estimator.covariance(X, response)


def test_a_curve_without_a_band_says_why():
    """It was NaN without a word, or standard errors pointed to a curve "which has a band"."""
    y = np.random.default_rng(0).poisson(0.5, T)
    design = nmo.basis.BSplineEval(5, label="x").design(X[:, 0])
    model = nmo.GLM(regularizer="Lasso", regularizer_strength=1e-3).fit(design, y)
    with pytest.warns(UserWarning, match="the penalty selects features") as told:
        model.curve("x", design, y)
    assert len(told) == 1
    with pytest.warns(UserWarning, match="no band") as told:
        model.standard_errors(design, y)
    assert len(told) == 1


@pytest.mark.parametrize("model", ["Poisson", "Gaussian", "labels"])
def test_a_feature_that_float32_hardly_tells_from_a_constant_is_no_sign_of_other_data(model):
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    X = np.column_stack([2.1e7 + x, rng.normal(size=200)]).astype(np.float32)
    y = rng.poisson(np.exp(x))
    estimator = nmo.ClassifierGLM(2) if model == "labels" else nmo.GLM(model)
    y = y > 0 if model == "labels" else y
    estimator.fit(X, y).standard_errors(X, y)


@pytest.mark.parametrize("lost", [np.inf, np.nan])
def test_an_information_that_is_no_number_leaves_all_unsure(lost):
    inverse, unsure = pseudo_inverse(np.array([[lost, 0.0], [0.0, 1.0]]))
    assert (inverse == 0).all()
    assert unsure.all()


def test_what_rounds_below_zero_is_no_information():
    inverse, unsure = pseudo_inverse(np.array([[-1e-20, 0.0], [0.0, 4.0]]))
    assert_allclose(inverse, [[0, 0], [0, 0.25]])
    assert list(unsure) == [True, False]
    void = void_directions(np.ones(2, dtype=bool), np.array([[-1e-20, 0.0], [0.0, 4.0]]))
    assert_allclose(np.abs(void), [[1.0], [0.0]])


def test_near_copies_in_float32_are_no_sign_of_other_data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=98)
    far = 3e6 + rng.normal(size=98)
    X = np.column_stack([x, far, x + 2 * far]).astype(np.float32)
    y = rng.uniform(size=98) < 1 / (1 + np.exp(-x))
    nmo.GLM("Bernoulli").fit(X, y).standard_errors(X, y)


def test_a_direction_that_hardly_moves_the_rows_is_no_sign_of_other_data():
    rng = np.random.default_rng(0)
    x, n = rng.normal(size=(2, 300))
    X = 1e5 * np.column_stack([x, x + 1e-9 * n])  # told apart, by estimates of a million
    y = rng.poisson(np.exp(n / 2))
    nmo.GLM().fit(X, y).standard_errors(X, y)
    with pytest.raises(ValueError, match="not the data"):
        nmo.GLM().fit(X, y).standard_errors(X[::-1], y)


def test_an_information_whose_inverse_is_no_number_is_none():
    inverse, unsure = pseudo_inverse(np.diag([1e-320, 4.0]))
    assert_allclose(inverse, [[0, 0], [0, 0.25]])
    assert list(unsure) == [True, False]
