"""Strengths chosen by marginal likelihood, against R's mgcv under REML."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.inference import effective_degrees
from spikeglm.regularizer import Quadratic

FOLDER = Path(__file__).parents[2] / "reference_data"
FITS = json.loads((FOLDER / "mgcv_reml.json").read_text())
FITS["surface_and_curves"] = json.loads((FOLDER / "mgcv_reml_surface.json").read_text())
MODELS = {
    "bernoulli": ("Bernoulli", None), "gamma": ("Gamma", "exp"), "gaussian": ("Gaussian", None),
}  # fmt: skip


def arguments_of(name):
    observation_model, link = MODELS.get(name, ("Poisson", None))
    entries = [  # counted from one, the intercept first
        (slice(first - 2, last - 1), np.array(S))
        for (first, last), S in zip(FITS[name]["first_last"], FITS[name]["S"], strict=True)
    ]
    return {
        "observation_model": observation_model,
        "inverse_link_function": link,
        "regularizer": Quadratic(entries),
        "regularizer_strength": "auto",
    }


def data_of(name):
    X, y = (np.array(FITS[name][key], dtype=float) for key in ("X", "y"))
    return X[:, 1:], y


@pytest.mark.parametrize("name", FITS)
def test_marginal_likelihood_and_strengths_are_those_of_mgcv(name):
    X, y = data_of(name)
    expected, model = FITS[name], nmo.GLM(**arguments_of(name)).fit(X, y)
    assert_allclose(model.log_marginal_likelihood_, [-expected["reml"]], rtol=1e-7)
    assert_allclose(np.append(model.intercept_, model.coef_), expected["coef"], atol=1e-4)
    unit = len(y) / model._likelihood.model.loss_unit
    given, chosen = np.array(expected["sp"]), model.regularizer_strength_ * unit
    is_large = given > 1e6  # of these the criterion says only that they are
    assert_allclose(chosen[~is_large], given[~is_large], rtol=1e-3)
    assert (chosen[is_large] > 1e6).all()


def test_dispersion_and_standard_errors_are_those_of_mgcv_at_the_chosen_strengths():
    for name in ("gamma", "gaussian", "poisson"):
        X, y = data_of(name)
        expected, model = FITS[name], nmo.GLM(**arguments_of(name)).fit(X, y)
        variance = np.diag(model.covariance(X, y))
        assert_allclose(np.roll(variance, 1), expected["Vp"], rtol=1e-3)
        if name != "poisson":
            assert_allclose(model.scale_, expected["scale"], rtol=1e-6)
            assert_allclose(model.edf_, sum(expected["edf"]), atol=1e-4)


def test_effective_degrees_of_coefficients_and_terms_are_those_of_mgcv():
    for name in FITS:
        X, y = data_of(name)
        expected = np.array(FITS[name]["edf"])
        found = effective_degrees(nmo.GLM(**arguments_of(name)).fit(X, y), X, y)
        assert_allclose(np.roll(found.edf[:, 0], 1), expected, atol=1e-3)
        assert_allclose(found.total, expected.sum(), atol=1e-3)
        assert_allclose(found.by_term()[0], expected[1:].sum(), atol=1e-3)


def test_columns_of_a_population_are_chosen_for_as_alone():
    X, y = data_of("surface_and_curves")
    rng = np.random.default_rng(0)
    Y = np.column_stack([y, rng.permutation(y), 0 * y, rng.permutation(y)])
    with pytest.warns(nmo.errors.NothingToFitWarning, match="silent"):
        many = nmo.PopulationGLM(**arguments_of("surface_and_curves")).fit(X, Y)
    assert many.regularizer_strength_.shape == (4, 4)
    assert_allclose(many.log_marginal_likelihood_[0], -FITS["surface_and_curves"]["reml"])
    alone = nmo.GLM(**arguments_of("surface_and_curves")).fit(X, Y[:, 3])
    assert_allclose(many.log_marginal_likelihood_[3], alone.log_marginal_likelihood_[0], rtol=1e-9)
    assert_allclose(many.coef_[:, 3], alone.coef_, atol=1e-4)
    assert np.isnan(many.log_marginal_likelihood_[2])
    assert np.isnan(many.regularizer_strength_[:, 2]).all()
    assert not many.coef_[:, 2].any()
