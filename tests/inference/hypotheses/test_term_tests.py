"""Wald, likelihood-ratio and score tests: numbers by R and statsmodels, and laws."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import chdtrc, fdtrc

import spikeglm as nmo
from spikeglm.inference import term_tests

R = json.loads((Path(__file__).parents[2] / "reference_data/r_term_tests.json").read_text())
X, OFFSET = np.array(R["X"]), np.array(R["offset"])
LAST = {"last": [2, 3]}
BY_R = {
    "poisson": ("Poisson", None),
    "bernoulli": ("Bernoulli", None),
    "gamma": ("Gamma", "exp"),
    "gaussian": ("Gaussian", None),
    "overdispersed": ("QuasiPoisson", None),
}
TESTS = ("wald", "lr", "score")


def fitted(name, model, link, **more):
    y = np.array(R["y"][name], float)
    return nmo.GLM(model, inverse_link_function=link, **more).fit(X, y, offset=OFFSET), y


@pytest.mark.parametrize("name", BY_R)
def test_the_three_tests_are_rs(name):
    expected = R[name]
    model, y = fitted(name, *BY_R[name])
    found = {t: term_tests(model, X, y, test=t, terms=LAST, offset=OFFSET) for t in TESTS}
    of = {t: found[t].statistic[0, 0] for t in TESTS}
    phi = expected["phi1"]
    assert_allclose(of["wald"], expected["wald"], rtol=1e-6)
    assert_allclose(of["lr"], expected["LR_unscaled"] / phi, rtol=1e-6)
    assert_allclose(of["score"], expected["score_unscaled"] / phi, rtol=1e-6)
    assert_allclose(chdtrc(2, of["wald"]), expected["wald_p_chisq"], rtol=1e-6)
    assert_allclose(chdtrc(2, of["lr"]), expected["LR_p"], rtol=1e-6)
    assert_allclose(chdtrc(2, of["score"]), expected["score_p"], rtol=1e-6)
    assert_array_equal([found[t].df[0, 0] for t in TESTS], 2)
    if np.isfinite(found["lr"].dof[0]):
        assert_allclose(found["lr"].p_value[0, 0], expected["F_p"], rtol=1e-6)
        assert_allclose(found["wald"].p_value[0, 0], expected["wald_p_F"], rtol=1e-6)
        assert_allclose(fdtrc(2, 195, of["wald"] / 2), expected["wald_p_F"], rtol=1e-6)
        assert_array_equal(found["lr"].dof, 195)
        assert_allclose(found["score"].dispersion, phi, rtol=1e-6)
        assert "that of the fit with all terms" in str(found["score"])


@pytest.mark.parametrize(
    ("name", "model", "family"),
    [
        ("bernoulli", "Bernoulli", sm.families.Binomial()),
        ("gaussian", "Gaussian", sm.families.Gaussian()),
        ("overdispersed", "Poisson", sm.families.Poisson()),
        ("overdispersed", "QuasiPoisson", sm.families.Poisson()),
    ],
)
def test_the_three_tests_are_statsmodels(name, model, family):
    fit, y = fitted(name, model, None)
    full = sm.GLM(y, np.column_stack([X, np.ones(len(y))]), family, offset=OFFSET)
    scale = "X2" if model == "QuasiPoisson" else None
    full = full.fit(tol=1e-14, maxiter=100, scale=scale)
    null_model = sm.GLM(y, np.column_stack([X[:, :2], np.ones(len(y))]), family, offset=OFFSET)
    null = null_model.fit(tol=1e-14, maxiter=100, scale=scale)
    contrast = np.eye(5)[2:4]
    wald = full.wald_test(contrast, use_f=False, scalar=True)
    score, _, _ = null.model.score_test(null.params, exog_extra=X[:, 2:])
    expected = {
        "wald": wald.statistic,
        "lr": (null.deviance - full.deviance) / full.scale,
        "score": np.squeeze(score) * null.scale / full.scale,
    }
    for test, statistic in expected.items():
        found = term_tests(fit, X, y, test=test, terms=LAST, offset=OFFSET)
        assert_allclose(found.statistic[0, 0], statistic, rtol=1e-6)


@pytest.mark.parametrize("name", BY_R)
def test_robust_tests_are_rs(name):
    expected = R[name]
    model, y = fitted(name, *BY_R[name])
    for test, statistic in (("wald", "wald_HC0"), ("score", "score_robust")):
        found = term_tests(model, X, y, test=test, terms=LAST, offset=OFFSET, cov_type="HC0")
        assert_allclose(found.statistic[0, 0], expected[statistic], rtol=1e-6)


@pytest.mark.parametrize("test", ["wald", "score"])
def test_groups_of_one_row_are_rows(test):
    model, y = fitted("poisson", "Poisson", None)
    arguments = {"test": test, "terms": LAST, "offset": OFFSET}
    rows = term_tests(model, X, y, cov_type="HC0", **arguments)
    groups = term_tests(model, X, y, cov_type="cluster", groups=np.arange(200), **arguments)
    assert_allclose(groups.statistic * 200 / 199, rows.statistic, rtol=1e-8)  # factor G / (G - 1)
    few = term_tests(model, X, y, cov_type="cluster", groups=np.arange(200) % 2, **arguments)
    assert np.isnan(few.p_value[0, 0]) and "rank" in few.status[0, 0]


def population(n=3, seed=0, model="Poisson", rows=400):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 3))
    y = rng.poisson(np.exp(features @ rng.normal(size=(3, n)) * 0.3 - 0.5)).astype(float)
    return features, y, nmo.PopulationGLM(model).fit(features, y)


@pytest.mark.parametrize("test", TESTS)
def test_a_population_is_its_neurons(test):
    features, y, model = population()
    found = term_tests(model, features, y, test=test)
    for n in range(3):
        alone = term_tests(nmo.GLM().fit(features, y[:, n]), features, y[:, n], test=test)
        assert_allclose(found.statistic[:, n], alone.statistic[:, 0], rtol=1e-6)
        assert_allclose(found.p_value[:, n], alone.p_value[:, 0], rtol=1e-6)
    frame = found.to_frame()
    assert list(frame.columns) == [
        "neuron", "term", "test", "statistic", "df", "dof", "p_value", "q_value", "status",
        "few_events",
    ]  # fmt: skip
    assert_array_equal(frame["statistic"].to_numpy().reshape(3, 3), found.statistic.T)


@pytest.mark.parametrize("test", TESTS)
def test_rows_told_twice_are_rows_of_weight_two(test):
    features, y, _ = population()
    y, weight = y[:, 0], np.random.default_rng(1).integers(0, 3, 400)
    told = np.repeat(np.arange(400), weight)
    weighted = nmo.GLM().fit(features, y, sample_weight=weight)
    twice = nmo.GLM().fit(features[told], y[told])
    first = term_tests(weighted, features, y, test=test, sample_weight=weight)
    second = term_tests(twice, features[told], y[told], test=test)
    assert_allclose(first.statistic, second.statistic, rtol=1e-6)


@pytest.mark.parametrize("test", TESTS)
def test_degrees_of_freedom_are_ranks(test):
    """Splines that add up to one, a feature told twice, and one that another term tells too."""
    rng = np.random.default_rng(2)
    x, z = rng.uniform(size=500), rng.normal(size=500)
    y = rng.poisson(np.exp(np.sin(6 * x) - 0.5))
    splines = nmo.basis.BSplineEval(7, bounds=(0, 1)).compute_features(x)
    features = np.column_stack([splines, z, 2 * z, z])
    model = nmo.GLM().fit(features, y)
    terms = {"x": slice(0, 7), "twice": [7, 8], "all": [7, 8, 9], "again": [9]}
    found = term_tests(model, features, y, test=test, terms=terms)
    assert_array_equal(found.df[[0, 2], 0], [6, 1])
    assert np.isnan(found.statistic[[1, 3], 0]).all()
    assert "determine" in found.status[1, 0]
    plain = np.column_stack([splines[:, 1:], z])
    expected = term_tests(
        nmo.GLM().fit(plain, y), plain, y, test=test, terms={"x": slice(0, 6), "z": [6]}
    )
    assert_allclose(found.statistic[[0, 2], 0], expected.statistic[:, 0], rtol=1e-6)


@pytest.mark.parametrize("test", TESTS)
def test_what_has_no_test_has_a_reason_and_harms_no_other(test):
    rng = np.random.default_rng(3)
    features = rng.normal(size=(300, 3))
    features[:, 2] = features[:, 2] > 1
    y = rng.poisson(1.0, (300, 3)).astype(float)
    y[:, 1] = 0.0  # silent
    y[features[:, 2] > 0, 2] = 0.0  # separated by the third
    mask = np.ones((3, 3), dtype=bool)
    mask[1, 0] = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nmo.PopulationGLM(feature_mask=mask).fit(features, y)
        found = term_tests(model, features, y, test=test)
    assert found.status[1, 0] == "left out by the feature mask"
    assert (found.status[:, 1] == "silent").all()
    assert np.isfinite(found.statistic[[0, 2], 0]).all()
    assert np.isnan(found.statistic[:, 1]).all() and np.isnan(found.q_value[:, 1]).all()
    if test == "score":  # the fit without the term is well
        assert found.p_value[2, 2] < 1e-6
        assert "separated" in found.status[0, 2]
    else:
        assert found.status[2, 2].startswith("separated:") and np.isnan(found.p_value[2, 2])
        rest = features[:, 2] == 0
        alone = nmo.GLM().fit(features[rest, :2], y[rest, 2])
        expected = term_tests(alone, features[rest, :2], y[rest, 2], test=test)
        assert_allclose(found.statistic[:2, 2], expected.statistic[:, 0], rtol=1e-4)


def test_after_a_selection_there_is_none():
    features, y, _ = population()
    model = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=0.01).fit(features, y)
    found = term_tests(model, features, y)
    assert np.isnan(found.p_value).all() and "selected" in found.status[0, 0]


@pytest.mark.parametrize("test", ["lr", "score"])
def test_refits_are_of_fits_without_a_penalty(test):
    features, y, _ = population()
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=0.01).fit(features, y)
    found = term_tests(model, features, y, test=test)
    assert np.isnan(found.p_value).all() and "penalised" in found.status[0, 0]
    assert np.isfinite(term_tests(model, features, y).p_value).all()


def test_it_prints_and_says_what_is_wrong():
    features, y, model = population()
    text = str(term_tests(model, features, y))
    assert text.startswith("Wald tests of 3 term(s), 3 neuron(s); covariance: model")
    assert len(text.splitlines()) == 2 + 9
    assert "<table>" in term_tests(model, features, y)._repr_html_()
    for wrong in ({"test": "t"}, {"terms": ["x9"]}, {"terms": {"a": []}}, {"terms": {"a": [7]}}):
        with pytest.raises(ValueError, match="Given"):
            term_tests(model, features, y, **wrong)
    with pytest.raises(TypeError, match="classifier"):
        labels = (features[:, 0] > 0).astype(int)
        classifier = nmo.ClassifierGLM(2).fit(features[:, 1:], labels)
        term_tests(classifier, features[:, 1:], labels)
