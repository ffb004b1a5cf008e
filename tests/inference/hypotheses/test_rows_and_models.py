"""Every kind of rows on every runner, and every model: the same tests."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.models import MODELS

import spikeglm as nmo
from spikeglm.inference import term_tests

RNG = np.random.default_rng(0)
T = 600
X = RNG.normal(size=(T, 4)) + np.array([0.0, 0.0, 50.0, 0.0])
X[RNG.random((T, 4)) < 0.01] = np.nan
COUNTS = RNG.poisson(np.exp(0.3 * np.nan_to_num(X[:, :1]) - 0.3), (T, 2))
WEIGHTS = RNG.integers(0, 3, (T, 2)).astype(float)
TERMS = {"first": [0], "rest": [1, 2, 3]}
ASKED = (
    {"test": "wald"},
    {"test": "lr"},
    {"test": "score"},
    {"test": "score", "cov_type": "HAC", "lags": 10},
    {"test": "wald", "cov_type": "HC3"},
)
PENALTIES = {"none": {}, "ridge": {"regularizer": "Ridge", "regularizer_strength": 0.01}}
SETTINGS = {
    "small blocks": {"memory": "64KiB", "n_threads": 2},
    "dask": {},
    "jax": {"runner": "jax"},
}


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("kind", SETTINGS)
def test_rows_and_runners_have_the_same_numbers(kind, penalty):
    fit = nmo.PopulationGLM(solver_kwargs={"tol": 1e-12}, **PENALTIES[penalty])
    fit.fit(X, COUNTS, sample_weight=WEIGHTS)
    table = X
    if kind == "dask":
        table = pytest.importorskip("dask.array").from_array(X, chunks=(100, 4))
    elif kind == "jax":
        pytest.importorskip("jax")
    kinds = {"ridge": ASKED[:1], "none": ASKED[1:2] if kind == "jax" else ASKED}  # it compiles
    for how in kinds[penalty]:
        expected = term_tests(fit, X, COUNTS, sample_weight=WEIGHTS, terms=TERMS, **how)
        with nmo.config_context(**SETTINGS[kind]):
            found = term_tests(fit, table, COUNTS, sample_weight=WEIGHTS, terms=TERMS, **how)
        assert np.isfinite(expected.p_value).all()
        assert_allclose(found.statistic, expected.statistic, rtol=1e-6, err_msg=str(how))
        assert_allclose(found.p_value, expected.p_value, rtol=1e-6, err_msg=str(how))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("test", ["wald", "lr", "score"])
def test_units_and_origins_of_features_do_not_matter(test, name):
    row, rng = MODELS[name], np.random.default_rng(1)
    features = rng.normal(size=(400, 3))
    link = "exp" if row.kind != "number" else row.canonical
    mean = np.exp(0.2 * features[:, 0] - 1.0)
    y = row.possible(row.draw(rng, mean))
    moved = features * [1e-3, 1.0, 1e4] + [0.0, 7.0, 1e5]
    arguments = {"inverse_link_function": link, "solver_kwargs": {"tol": 1e-11}}
    plain, other = (nmo.GLM(row.given, **arguments).fit(f, y) for f in (features, moved))
    terms = {"one": [1], "two": [0, 2]}
    a = term_tests(plain, features, y, test=test, terms=terms)
    b = term_tests(other, moved, y, test=test, terms=terms)
    assert np.isfinite(a.p_value).all()
    assert_allclose(a.statistic, b.statistic, rtol=1e-4)
    assert_allclose(a.dof, b.dof)


@pytest.mark.parametrize("name", MODELS)
def test_the_three_tests_agree_where_there_are_many_rows(name):
    row, rng = MODELS[name], np.random.default_rng(2)
    features = rng.normal(size=(20_000, 3))
    link = "exp" if row.kind != "number" else row.canonical
    y = row.possible(row.draw(rng, np.exp(0.01 * features[:, 0] - 1.0)))
    model = nmo.GLM(row.given, inverse_link_function=link).fit(features, y)
    terms = {"all": [0, 1, 2]}
    wald, lr, score = (
        term_tests(model, features, y, test=test, terms=terms).statistic[0, 0]
        for test in ("wald", "lr", "score")
    )
    assert_allclose([wald, score], lr, rtol=0.05)
