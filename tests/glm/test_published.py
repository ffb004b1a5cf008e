"""Every published fit through the estimators: coefficients, deviances, dispersions, errors."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import SOLVERS
from tests.reference_data.r_and_stata import NAMES, load

import spikeglm as nmo
from spikeglm.observation_models import NegativeBinomialObservations

of_all = pytest.mark.parametrize(
    ("name", "solver"), [(name, solver) for name in NAMES for solver in (*SOLVERS, None)]
)


@cache
def fitted(name, solver=None):
    published = load(name)
    is_nb = published.model == "NegativeBinomial"
    model = NegativeBinomialObservations(published.nb_scale) if is_nb else published.model
    glm = nmo.GLM(
        model, inverse_link_function=published.link, solver_name=solver,
        regularizer="Ridge" if published.ridge else None,
        regularizer_strength=published.ridge or None,
    )  # fmt: skip
    return published, glm.fit(published.X, published.y, **row_arguments(published))


def row_arguments(published):
    return {"sample_weight": published.weights, "offset": published.offset}


def total_deviance(published, model):
    mean = model.predict(published.X, offset=published.offset)
    weights = 1.0 if published.weights is None else published.weights
    return np.sum(weights * model._likelihood.model.deviance(published.y, mean))


@of_all
def test_coefficients(name, solver):
    published, model = fitted(name, solver)
    assert model.fit_report_.converged
    got = np.append(model.coef_, model.intercept_)
    assert_allclose(got, published.coef, rtol=published.rtol)


@of_all
def test_deviances_and_dispersions(name, solver):
    published, model = fitted(name, solver)
    if published.deviance is not None:
        assert_allclose(total_deviance(published, model), published.deviance, rtol=1e-7)
    if published.scale is not None:
        assert_allclose(model.scale_, published.scale, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_log_likelihoods(name):
    published, model = fitted(name)
    if published.log_likelihood is not None:
        total = model.score(
            published.X, published.y, aggregate_sample_scores=np.sum, offset=published.offset
        )
        assert_allclose(total, published.log_likelihood, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_standard_errors_from_the_expected_curvature(name):
    published, model = fitted(name)
    if published.standard_errors is None or published.information == "observed":
        pytest.skip("none were published")
    if published.weights is not None and published.scale is not None:
        pytest.skip("weights mean something else there")
    coef, intercept = model.standard_errors(published.X, published.y, **row_arguments(published))
    got = np.append(coef, intercept)
    assert_allclose(got, published.standard_errors, rtol=max(published.se_rtol, 1e-6))


def test_all_of_a_data_set_at_once_in_a_population():
    published = load("spector_logit")
    y = np.column_stack([published.y, 1 - published.y])
    model = nmo.PopulationGLM("Bernoulli").fit(published.X, y)
    assert_allclose(np.append(model.coef_[:, 0], model.intercept_[0]), published.coef, rtol=1e-6)
    assert_allclose(model.coef_[:, 1], -published.coef[:-1], rtol=1e-6)
    coef, intercept = model.standard_errors(published.X, y)
    for n in range(2):
        got = np.append(coef[:, n], intercept[n])
        assert_allclose(got, published.standard_errors, rtol=published.se_rtol)
