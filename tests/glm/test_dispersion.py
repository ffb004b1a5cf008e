"""Dispersions and the errors that stand on them: R's numbers, weights, and quasi-Poisson."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

sm = pytest.importorskip("statsmodels.api")
R = json.loads(
    (Path(__file__).parents[1] / "reference_data" / "dispersions.json").read_text(encoding="utf-8")
)
X, OFFSET = np.array(R["X"]), np.array(R["offset"])
FAMILIES = {
    "poisson": ("Poisson", "exp"),
    "gamma": ("Gamma", "exp"),
    "gaussian": ("Gaussian", "identity"),
    "overdispersed": ("QuasiPoisson", "exp"),
}
CONTINUOUS = ("gamma", "gaussian", "overdispersed")


def our_covariance(model, y):
    """With the intercept first, as elsewhere."""
    ours = model.covariance(X, y, offset=OFFSET)
    return np.roll(np.roll(ours, 1, axis=0), 1, axis=1)


def fitted(name):
    y = np.array(R["y"][name])
    model = nmo.GLM(*FAMILIES[name], solver_kwargs={"tol": 1e-10}).fit(X, y, offset=OFFSET)
    return model, y


@pytest.mark.parametrize("name", ["poisson", "gamma"])
def test_dispersion_and_covariance_are_those_of_r(name):
    model, y = fitted(name)
    assert_allclose(model.scale_, R[name]["phi"], rtol=1e-8)
    assert_allclose(our_covariance(model, y), R[name]["cov"], rtol=1e-6, atol=1e-9)
    deviance = model._likelihood.model.deviance(y, model.predict(X, offset=OFFSET), 1.0).sum()
    assert_allclose(deviance, R[name]["deviance"], rtol=1e-9)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_dispersion_and_covariance_are_those_of_statsmodels(name):
    family = {
        "gamma": sm.families.Gamma(sm.families.links.Log()),
        "gaussian": sm.families.Gaussian(),
        "overdispersed": sm.families.Poisson(),
    }[name]
    model, y = fitted(name)
    theirs = sm.GLM(y, sm.add_constant(X), family, offset=OFFSET).fit(scale="X2", tol=1e-12)
    assert_allclose(model.scale_, theirs.scale, rtol=1e-8)
    assert_allclose(our_covariance(model, y), theirs.cov_params(), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("regularizer", [None, "Ridge"])
@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_weight_is_a_number_of_rows_also_under_a_penalty(name, regularizer):
    y, weight = np.array(R["y"][name]), np.arange(len(X)) % 4
    rows = np.repeat(np.arange(len(y)), weight)
    strength = None if regularizer is None else 0.1
    kind = nmo.GLM(*FAMILIES[name], regularizer, strength, solver_kwargs={"tol": 1e-10})
    weighted = nmo.GLM(**kind.get_params(deep=False)).fit(X, y, sample_weight=weight)
    repeated = kind.fit(X[rows], y[rows])
    assert_allclose(weighted.scale_, repeated.scale_, rtol=1e-8)
    assert_allclose(weighted.edf_, repeated.edf_, rtol=1e-8)
    ours = weighted.standard_errors(X, y, sample_weight=weight)
    for one, other in zip(ours, repeated.standard_errors(X[rows], y[rows]), strict=True):
        assert_allclose(one, other, rtol=1e-7)


def test_quasi_poisson_is_the_poisson_fit_with_wider_errors():
    y = np.column_stack([R["y"]["overdispersed"], R["y"]["poisson"]])
    quasi, poisson = nmo.PopulationGLM("QuasiPoisson").fit(X, y), nmo.PopulationGLM().fit(X, y)
    assert_allclose(quasi.coef_, poisson.coef_, rtol=1e-6)
    assert quasi.scale_[0] > 1.5
    for one, other in zip(quasi.standard_errors(X, y), poisson.standard_errors(X, y), strict=True):
        assert_allclose(one, other * np.sqrt(quasi.scale_), rtol=1e-6)
    assert_allclose(
        quasi.score(X, y, "pseudo-r2-Cohen"), poisson.score(X, y, "pseudo-r2-Cohen"), rtol=1e-9
    )


@pytest.mark.parametrize("score_type", ["log-likelihood", "pseudo-r2-McFadden"])
def test_quasi_poisson_has_no_likelihood_and_says_what_has(score_type):
    y = np.array(R["y"]["overdispersed"])
    model = nmo.GLM("QuasiPoisson").fit(X, y)
    with pytest.raises(ValueError, match=r"quasi-Poisson model has no likelihood[\s\S]*Cohen"):
        model.score(X, y, score_type)
    with pytest.raises(ValueError, match="quasi-Poisson model has no samples"):
        model.simulate(0, X)


def test_quasi_poisson_takes_any_numbers_that_are_not_negative(tmp_path):
    y = np.array(R["y"]["gamma"])
    model = nmo.GLM("QuasiPoisson").fit(X, y)
    assert model.fit_report_.converged
    with pytest.raises(ValueError, match="y holds values"):
        nmo.GLM("QuasiPoisson").fit(X, -y)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert_allclose(loaded.standard_errors(X, y)[0], model.standard_errors(X, y)[0])


def test_a_silent_neuron_and_one_without_spread_have_the_dispersion_zero():
    y = np.column_stack([R["y"]["overdispersed"], np.zeros(len(X)), np.full(len(X), 2.0)])
    with pytest.warns(nmo.exceptions.NothingToFitWarning, match="silent"):
        model = nmo.PopulationGLM("QuasiPoisson").fit(X, y)
    assert_allclose(model.scale_[0], nmo.GLM("QuasiPoisson").fit(X, y[:, 0]).scale_[0], rtol=1e-6)
    assert_allclose(model.scale_[2], 0, atol=1e-10)


def test_goodness_of_quasi_poisson_is_that_without_a_likelihood():
    y = np.column_stack([R["y"]["overdispersed"], R["y"]["poisson"]])
    quasi, poisson = (nmo.PopulationGLM(kind).fit(X, y) for kind in ("QuasiPoisson", "Poisson"))
    found, known = (nmo.inference.goodness(model, X, y) for model in (quasi, poisson))
    assert_allclose(found.deviance_explained, known.deviance_explained, rtol=1e-6)
    assert_allclose(found.dispersion, quasi.scale_, rtol=0.05)
    assert np.isnan(found.log_likelihood).all()
    assert np.isnan(found.ks_p_value).all()


@pytest.mark.parametrize("how", ["missing", "no weight"])
@pytest.mark.parametrize(
    ("model", "link"),
    [
        ("Gamma", "one_over_x"), ("Gamma", "identity"), ("InverseGaussian", "one_over_sqrt_x"),
        ("InverseGaussian", "identity"), ("QuasiPoisson", "identity"), ("Gaussian", "exp"),
    ],
)  # fmt: skip
def test_rows_that_a_neuron_does_not_have_need_no_mean(model, link, how):
    """Of a neuron whose offset is far below zero there, the dispersion was 1e33."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 1)) / 10, rng.gamma(3.0, size=(60, 2))
    offset, has = np.zeros((60, 2)), np.ones((60, 2))
    offset[:5, 0], has[:5, 0] = -40.0, 0.0
    data = {"offset": offset}
    if how == "missing":
        y[has == 0] = np.nan
    else:
        data["sample_weight"] = has
    kind = {"inverse_link_function": link}
    model, alone = nmo.PopulationGLM(model, **kind), nmo.GLM(model, **kind)
    model.fit(X, y, **data)
    alone.fit(X[5:], y[5:, 0])
    assert_allclose(model.scale_[0], alone.scale_[0], rtol=1e-6)
    errors, expected = model.standard_errors(X, y, **data), alone.standard_errors(X[5:], y[5:, 0])
    assert_allclose([errors[0][0, 0], errors[1][0]], np.append(*expected), rtol=1e-6)
