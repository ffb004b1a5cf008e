"""AIC, AICc and BIC: numbers by R, algebra, and what has none."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import gammaln

import spikeglm as nmo
from spikeglm.inference import information_criteria
from spikeglm.observation_models import NegativeBinomialObservations

R = json.loads((Path(__file__).parents[2] / "reference_data/r_term_tests.json").read_text())
X, OFFSET = np.array(R["X"]), np.array(R["offset"])


def fitted(name, model, **arguments):
    y = np.array(R["y"][name], float)
    return nmo.GLM(model, **arguments).fit(X, y, offset=OFFSET), y


@pytest.mark.parametrize("name", ["poisson", "bernoulli", "gamma", "gaussian"])
def test_they_are_rs(name):
    expected = R[name]
    link = {"inverse_link_function": "exp"} if name == "gamma" else {}
    fit, y = fitted(name, name.capitalize(), **link)
    found = information_criteria(fit, X, y, offset=OFFSET)
    assert_allclose(found.log_likelihood, expected["loglik_R"], rtol=1e-8)
    assert_allclose(found.n_parameters, expected["n_params"])
    assert_allclose(found.aic, expected["aic_R"], rtol=1e-8)
    assert_allclose(found.bic, expected["bic_R"], rtol=1e-8)
    assert_allclose(found.aicc, expected["aicc"], rtol=1e-8)
    other = information_criteria(fit, X, y, offset=OFFSET, dispersion="pearson")
    assert_allclose(other.log_likelihood, expected["loglik_at_pearson_phi"], rtol=1e-7)
    spikes = information_criteria(fit, X, y, offset=OFFSET, n="spikes") if name == "poisson" else 0
    if spikes:
        bic = -2 * expected["loglik_R"] + expected["n_params"] * np.log(y.sum())
        assert_allclose(spikes.bic, bic, rtol=1e-8)


def test_gaussian_likelihoods_are_at_their_maximum_also_of_weighted_rows():
    fit, y = fitted("gaussian", "Gaussian")
    rss = ((y - fit.predict(X, offset=OFFSET)) ** 2).sum()
    found = information_criteria(fit, X, y, offset=OFFSET)
    assert_allclose(found.log_likelihood, -100 * (np.log(2 * np.pi * rss / 200) + 1), rtol=1e-8)
    weight = np.arange(200) % 3
    told = np.repeat(np.arange(200), weight)
    weighted = nmo.GLM("Gaussian").fit(X, y, sample_weight=weight)
    twice = nmo.GLM("Gaussian").fit(X[told], y[told])
    first = information_criteria(weighted, X, y, sample_weight=weight)
    second = information_criteria(twice, X[told], y[told])
    for name in ("n", "log_likelihood", "aic", "aicc", "bic"):
        assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-8)


def test_a_penalised_fit_counts_what_it_leaves_of_its_parameters():
    y = np.array(R["y"]["poisson"], float)
    model = nmo.GLM(regularizer="Ridge", regularizer_strength=0.1).fit(X, y)
    mean = model.predict(X)
    Z = np.column_stack([X, np.ones(200)])
    F = Z.T @ (mean[:, None] * Z)
    edf = np.trace(np.linalg.solve(F + 20 * np.diag([1, 1, 1, 1, 0]), F))
    log_likelihood = (y * np.log(mean) - mean - gammaln(y + 1)).sum()
    found = information_criteria(model, X, y)
    assert_allclose(found.n_parameters, edf, rtol=1e-6)
    assert_allclose(found.aic, 2 * edf - 2 * log_likelihood, rtol=1e-8)


def test_a_scale_that_is_estimated_is_a_parameter():
    y = np.array(R["y"]["overdispersed"], float)
    estimated = nmo.GLM(NegativeBinomialObservations(scale="estimate")).fit(X, y)
    fixed = nmo.GLM(NegativeBinomialObservations(scale=float(estimated.scale_[0]))).fit(X, y)
    a, b = (information_criteria(m, X, y) for m in (estimated, fixed))
    assert_allclose(a.log_likelihood, b.log_likelihood, rtol=1e-8)
    assert_allclose([a.n_parameters[0], b.n_parameters[0]], [6, 5])


@pytest.mark.filterwarnings("ignore:1 neuron.s. without a dispersion")
def test_what_has_none_has_a_reason_and_harms_no_other():
    y = np.stack([R["y"]["poisson"], np.zeros(200)], axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nmo.PopulationGLM().fit(X, y)
    found = information_criteria(model, X, y)
    assert np.isfinite(found.aic[0]) and np.isnan(found.aic[1])
    assert found.status == ("converged", "silent")
    frame = found.to_frame()
    assert frame["aic"].iloc[0] == found.aic[0] and list(frame["neuron"]) == [0, 1]
    assert str(found).startswith("n counts bins") and "<table>" in found._repr_html_()
    few = nmo.GLM("Gaussian").fit(X[:5], y[:5, 0])  # as many rows as parameters
    none = information_criteria(few, X[:5], y[:5, 0])
    assert np.isnan(none.aic[0]) and "no dispersion" in none.status[0]
    quasi = nmo.GLM("QuasiPoisson").fit(X, y[:, 0])
    none = information_criteria(quasi, X, y[:, 0])
    assert np.isnan(none.aic[0]) and "quasi" in none.status[0]


def test_words_that_are_none():
    fit, y = fitted("gaussian", "Gaussian")
    for wrong in ({"n": "trials"}, {"n": "spikes"}, {"dispersion": "ml"}):
        with pytest.raises(ValueError, match="Given"):
            information_criteria(fit, X, y, offset=OFFSET, **wrong)
