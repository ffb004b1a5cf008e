"""Sparse fits that are hard to finish: coarse storage, copies, few rows, absurd strengths."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.reference.sparse_conditions import SLOPES, logistic, violation

import spikeglm as nmo
from spikeglm.regularizer import GroupLasso

pytestmark = pytest.mark.filterwarnings("ignore:.*(dispersion|no mask):UserWarning")

PENALTIES = ["Lasso", "ElasticNet", "GroupLasso"]
PAIRS = list(SLOPES)


def groups_of(n_features, size=3):
    return [list(range(k, min(k + size, n_features))) for k in range(0, n_features, size)]


def fitted(X, y, penalty="Lasso", strength=1e-4, pair=("Poisson", "exp"), **more):
    regularizer, given = penalty, strength
    if penalty == "ElasticNet":
        given = (strength, 0.5)
    if penalty == "GroupLasso":
        groups = groups_of(X.shape[1])
        mask = np.zeros((len(groups), X.shape[1]))
        for g, members in enumerate(groups):
            mask[g, members] = 1
        regularizer = GroupLasso(mask)
    return nmo.GLM(*pair, regularizer=regularizer, regularizer_strength=given, **more).fit(X, y)


def assert_optimal(
    model, X, y, penalty="Lasso", strength=1e-4, pair=("Poisson", "exp"), within=1e-6
):
    assert model.fit_report_.status == ("converged",)
    share = 0.5 if penalty == "ElasticNet" else 1.0
    worst, by_intercept = violation(
        X,
        y,
        pair,
        model.coef_,
        model.intercept_[0],
        strength=share * strength,
        ridge=(1 - share) * strength,
        groups=groups_of(X.shape[1]) if penalty == "GroupLasso" else None,
    )
    assert worst <= within
    assert by_intercept <= 1e-7


def response(rng, X, pair):
    X = np.asarray(X, dtype=float)
    eta = X @ (rng.normal(size=X.shape[1]) * (rng.random(X.shape[1]) < 0.5))
    eta = (eta - eta.mean()) / (2 * eta.std() + 1e-9)
    y = {
        "Poisson": lambda: rng.poisson(np.exp(eta)),
        "NegativeBinomial": lambda: rng.poisson(rng.gamma(1.0, np.exp(eta))),
        "Bernoulli": lambda: rng.random(len(eta)) < logistic(eta),
        "Gaussian": lambda: eta + 0.3 * rng.normal(size=len(eta)),
        "Gamma": lambda: rng.gamma(1.0, np.exp(eta)) + 1e-6,
    }[pair[0]]()
    return y.astype(float)


def test_float32_data_take_hardly_more_passes_than_float64_data():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 120, 3000).astype("f4")[:, None]
    y = rng.poisson(np.exp(-1.3 + 0.4 * (x[:, 0] - x.mean()) / x.std()))
    single, double = fitted(x, y), fitted(x.astype(float), y)
    assert_optimal(single, x, y)
    assert single.fit_report_.n_passes <= double.fit_report_.n_passes + 8
    assert_allclose(single.coef_, double.coef_, rtol=1e-7)


@pytest.mark.parametrize("strength", [1e-8, 1e-5, 1e-2, 1e3])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_storage_does_not_decide_whether_a_fit_converges(penalty, strength):
    rng = np.random.default_rng(1)
    values = (rng.random((150, 7)) < 0.4) @ np.diag([1, 1, 2, 2, 3, 5, 9])
    y = response(rng, values, ("Poisson", "exp"))
    double = fitted(values.astype(float), y, penalty, strength)
    for kind in (np.float32, np.float16, np.int64, np.int8):
        model = fitted(values.astype(kind), y, penalty, strength)
        assert model.fit_report_.status == ("converged",)
        assert_allclose(model.coef_, double.coef_, atol=1e-6)
        assert_allclose(model.fit_report_.result.objective, double.fit_report_.result.objective)
    booleans = (values > 0).astype(float)
    assert_allclose(
        fitted(values > 0, y, penalty, strength).coef_,
        fitted(booleans, y, penalty, strength).coef_,
        atol=1e-6,
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_tiny_group_lasso_with_copies_and_more_features_than_rows_ends(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(20, 20))
    X = np.c_[X, X]
    y = rng.poisson(np.exp(0.3 * X[:, 0]))
    model = fitted(X, y, "GroupLasso", 1e-6)
    assert_optimal(model, X, y, "GroupLasso", 1e-6, within=1e-4)
    assert model.fit_report_.n_passes <= 100


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_more_features_than_rows(penalty, pair):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(25, 36)).astype("f4")
    y = response(rng, X, pair)
    model = fitted(X, y, penalty, 1e-3, pair)
    assert_optimal(model, X, y, penalty, 1e-3, pair)
    assert model.fit_report_.n_passes <= 150


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_dependent_columns_with_tiny_strengths(pair, dtype):
    rng = np.random.default_rng(2)
    X = rng.normal(size=(60, 6))
    X = np.c_[X, X[:, :3], X @ rng.normal(size=(6, 3))].astype(dtype)
    y = response(rng, X, pair)
    for penalty in PENALTIES:
        model = fitted(X, y, penalty, 1e-6, pair)
        assert_optimal(model, X, y, penalty, 1e-6, pair, within=1e-4)
        assert np.abs(model.coef_).max() < 100


@pytest.mark.parametrize("penalty", PENALTIES)
def test_features_of_absurd_sizes(penalty):
    rng = np.random.default_rng(4)
    sizes = 10.0 ** rng.uniform(-4, 4, 12)
    X = (rng.normal(size=(80, 12)) * sizes).astype("f4")
    y = response(rng, X / sizes, ("Bernoulli", "logistic"))
    model = fitted(X, y, penalty, 1e-4, ("Bernoulli", "logistic"))
    assert_optimal(model, X, y, penalty, 1e-4, ("Bernoulli", "logistic"), within=1e-3)


@pytest.mark.parametrize("solver", [None, "ProximalGradient", "ProxSVRG"])
@pytest.mark.parametrize("strength", [1.0, 1e3, 1e9])
def test_a_huge_strength_does_not_excuse_the_intercept(solver, strength):
    """Violations are measured in strengths: one of 1e9 hid that the intercept was not fitted."""
    rng = np.random.default_rng(0)
    X, offset = rng.normal(size=(600, 3)), rng.normal(size=600)
    y = rng.poisson(np.exp(offset + 0.3))
    arguments = {"regularizer": "Lasso", "regularizer_strength": strength}
    model = nmo.GLM(**arguments, solver_name=solver).fit(X, y, offset=offset)
    assert model.fit_report_.converged
    assert not model.coef_.any()
    assert_allclose(model.intercept_, np.log(y.sum() / np.exp(offset).sum()), atol=1e-6)


def test_nor_does_it_that_of_a_neuron_which_hardly_fires():
    rng = np.random.default_rng(0)
    X, offset = rng.normal(size=(5000, 2)), rng.normal(size=5000)
    y = (np.arange(5000) < 2).astype(float)
    for penalty in ("Lasso", "ElasticNet"):
        strength = 1e3 if penalty == "Lasso" else (1e3, 0.5)
        model = nmo.GLM(regularizer=penalty, regularizer_strength=strength)
        model.fit(X, y, offset=offset)
        expected = np.log(2 / np.exp(offset).sum())
        assert_allclose(model.intercept_, expected, atol=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_gaussian_lasso_ends_on_ordinary_data_far_from_zero(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 12)) + 30 * rng.normal(size=12)
    y = X[:, :3].sum(axis=1) + 0.01 * rng.normal(size=200) + 1000
    for strength in (1e-1, 1e-4, 1e-7):
        model = fitted(X, y, "Lasso", strength, ("Gaussian", "identity"))
        assert model.fit_report_.status == ("converged",)


@pytest.mark.parametrize("penalty", ["Lasso", "GroupLasso"])
def test_classes_with_copies_and_tiny_strengths(penalty):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 8))
    X = np.c_[X, X[:, :4]].astype("f4")
    y = np.argmax(X[:, :3] + rng.gumbel(size=(40, 3)), axis=1)
    model = nmo.ClassifierGLM(3, regularizer=penalty, regularizer_strength=1e-4).fit(X, y)
    assert model.fit_report_.status == ("converged",)
    assert model.fit_report_.n_passes <= 150
