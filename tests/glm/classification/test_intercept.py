"""Classifiers without intercepts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.reference import numpy_softmax

import spikeglm as nmo

RNG = np.random.default_rng(4)
X = RNG.normal(size=(300, 3)) + np.array([0.7, 0.0, -0.3])
CODES = np.argmax(X @ RNG.normal(size=(3, 3)) + RNG.gumbel(size=(300, 3)), axis=1)
PENALTIES = {
    "UnRegularized": {},
    "Ridge": {"ridge": 0.1},
    "Lasso": {"lasso": 0.02},
}


def classifier(name, **more):
    strength = sum(PENALTIES[name].values()) or None
    return nmo.ClassifierGLM(
        3, regularizer=name, regularizer_strength=strength, fit_intercept=False, **more
    )


@pytest.mark.parametrize("solver", [None, "LBFGS", "Newton", "ProximalGradient"])
@pytest.mark.parametrize("name", PENALTIES)
def test_the_fit_is_the_oracles(name, solver):
    if name == "Lasso" and solver in ("LBFGS", "Newton"):
        pytest.skip("for smooth penalties")
    model = classifier(name, solver_name=solver).fit(X, CODES)
    oracle = numpy_softmax.fit(X, CODES, 3, intercept=False, **PENALTIES[name])
    assert model.fit_report_.status == ("converged",)
    assert_allclose(model.fit_report_.result.objective, oracle.objective, rtol=1e-8)
    if name != "Lasso":  # of which there may be more than one
        assert_allclose(model.coef_, oracle.coef, atol=2e-6)
    assert_array_equal(model.intercept_, np.zeros(3))


def test_a_column_of_ones_is_an_intercept():
    Z = np.column_stack([X, np.ones(300)])
    usual = nmo.ClassifierGLM(3, regularizer="UnRegularized").fit(X, CODES)
    other = classifier("UnRegularized").fit(Z, CODES)
    assert_allclose(other.coef_, np.vstack([usual.coef_, usual.intercept_]), atol=1e-6)
    assert_array_equal(other.dof_resid_, usual.dof_resid_)
    assert_allclose(other.covariance(Z, CODES), usual.covariance(X, CODES), atol=1e-7)
    of_coef, of_intercept = other.standard_errors(Z, CODES)
    assert_allclose(of_coef, np.vstack(usual.standard_errors(X, CODES)), rtol=1e-5)
    assert_array_equal(of_intercept, np.zeros(3))
    assert_allclose(other.predict_proba(Z), usual.predict_proba(X), atol=1e-7)


def test_two_classes_are_a_logistic_regression():
    y = CODES > 0
    one = nmo.GLM("Bernoulli", fit_intercept=False).fit(X, y.astype(float))
    two = nmo.ClassifierGLM(2, regularizer="UnRegularized", fit_intercept=False).fit(X, y)
    assert_allclose(two.coef_[:, 1] - two.coef_[:, 0], one.coef_, rtol=1e-6)
    error = two.covariance(X, y)[1::2, 1::2]  # of half the difference
    assert_allclose(4 * error, one.covariance(X, y.astype(float)), rtol=1e-5)


def test_a_class_that_never_occurs_is_fitted_where_features_have_both_signs():
    codes = np.column_stack([CODES, np.where(CODES == 2, 0, CODES), np.zeros_like(CODES)])
    model = nmo.ClassifierPopulationGLM(3, regularizer_strength=0.05, fit_intercept=False)
    model.fit(X, codes)
    assert set(model.fit_report_.status) == {"converged"}
    for n in range(3):
        oracle = numpy_softmax.fit(X, codes[:, n], 3, ridge=0.05, intercept=False)
        assert_allclose(model.coef_[:, n], oracle.coef, atol=2e-6)
    assert not model.intercept_.any()
    assert np.isfinite(model.standard_errors(X, codes)[0]).all()


def test_offsets_of_classes_are_the_only_baseline():
    offset = RNG.normal(size=(300, 3))
    model = classifier("Ridge").fit(X, CODES, offset=offset)
    oracle = numpy_softmax.fit(X, CODES, 3, ridge=0.1, offset=offset, intercept=False)
    assert_allclose(model.coef_, oracle.coef, atol=2e-6)
    mask = np.array([[1, 1, 1], [0, 1, 1], [1, 1, 0]])
    masked = classifier("Ridge", feature_mask=mask).fit(X, CODES)
    oracle = numpy_softmax.fit(X, CODES, 3, ridge=0.1, mask=mask, intercept=False)
    assert_allclose(masked.coef_, oracle.coef, atol=2e-6)
