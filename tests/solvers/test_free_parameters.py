"""Parameters without a kink, in fits of others that have one: no optimum, or one far off."""

import warnings

import numpy as np
import pytest
from tests.fuzz import losses, oracle

import spikeglm as nmo
from spikeglm.regularizer import GroupLasso
from spikeglm.solvers.sparse.free_parameters import FreeParameters

SOLVERS = ["ProximalNewton", "ProximalGradient"]
FIRST_IS_FREE = GroupLasso(np.array([[0, 1, 1]]))


def data(n_rows=120):
    rng = np.random.default_rng(0)
    return rng, rng.normal(size=(n_rows, 3))


def fitted(model, X, y, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, y, **more)


def sparse(model, link, strength=0.05, regularizer=FIRST_IS_FREE, **more):
    return nmo.GLM(model, link, regularizer=regularizer, regularizer_strength=strength, **more)


@pytest.mark.parametrize("pair", [("Bernoulli", "logistic"), ("Bernoulli", "norm.cdf")])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_feature_without_penalty_that_predicts_perfectly_has_no_optimum(solver, pair):
    """The slope falls below any tolerance on the way to infinity, and that was "converged"."""
    _, X = data()
    y = (X[:, 0] > 0).astype(float)
    model = fitted(sparse(*pair, solver_name=solver), X, y)
    if solver == "ProximalNewton":
        assert model.fit_report_.status == ("separated",)
    assert model.fit_report_.status != ("converged",)


@pytest.mark.parametrize("K", [2, 3])
def test_so_have_labels(K):
    _, X = data()
    labels = np.digitize(X[:, 0], np.linspace(-0.5, 0.5, K - 1))
    model = nmo.ClassifierGLM(K, regularizer=FIRST_IS_FREE, regularizer_strength=0.05)
    assert fitted(model, X, labels).fit_report_.status == ("separated",)


def test_so_has_a_bin_in_which_there_is_never_a_spike():
    rng, X = data(600)
    X[:, 0] = rng.random(600) < 0.1
    y = np.where(X[:, 0] == 1, 0, rng.poisson(np.exp(0.5 * X[:, 1])))
    assert fitted(sparse("Poisson", "exp"), X, y).fit_report_.status == ("separated",)


@pytest.mark.parametrize("n_rows", [20, 200, 20_000])
@pytest.mark.parametrize("strength", [1.0, 0.1, 0.01])
def test_so_has_a_feature_of_one_row_however_many_others_there_are(n_rows, strength):
    """Its share of the loss was within any tolerance before that was flat."""
    _, X = data(n_rows)
    X[:, 0] = np.arange(n_rows) == 0
    y = np.append(0, np.random.default_rng(1).poisson(np.exp(0.5 * X[1:, 1])))
    model = sparse("Poisson", "exp", strength)
    assert fitted(model, X, y).fit_report_.status == ("separated",)


@pytest.mark.parametrize("share", [0.02, 0.2])
def test_a_path_says_so_at_every_strength(share):
    rng, X = data(600)
    X[:, 0] = rng.random(600) < share
    rate = np.exp(0.5 * X[:, 1])
    y = np.column_stack([np.where(X[:, 0] == 1, 0, rng.poisson(rate)), rng.poisson(rate)])
    model = nmo.PopulationGLM(regularizer=FIRST_IS_FREE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = nmo.selection.regularization_path(model, X, y, strengths=6)
    assert path.status == (("separated", "converged"),) * 6


@pytest.mark.parametrize("solver", SOLVERS)
def test_there_is_no_optimum_on_the_wrong_side_of_a_pole(solver):
    """The mean is negative; from a positive one, 1 / eta falls to zero and is never there."""
    rng, X = data()
    y = rng.normal(size=120)
    y -= y.mean() + 0.1
    model = sparse("Gaussian", "one_over_x", 10.0, "Lasso", solver_name=solver)
    start = (np.zeros(3), np.array([2.0]))
    assert fitted(model, X, y, init_params=start).fit_report_.status != ("converged",)


@pytest.mark.parametrize("rarely", [1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("solver", SOLVERS)
def test_who_converges_is_at_the_optimum_however_flat_it_is(solver, rarely):
    """A row of little weight contradicts all others: the optimum is finite, and very flat."""
    _, X = data()
    y = (X[:, 0] > 0).astype(float)
    weights = np.ones(120)
    for wrong in (X[:, 0].argmax(), X[:, 0].argmin()):
        y[wrong], weights[wrong] = 1 - y[wrong], rarely
    model = fitted(
        sparse("Bernoulli", "logistic", solver_name=solver, solver_kwargs={"tol": 1e-7}),
        X,
        y,
        sample_weight=weights,
    )
    if solver == "ProximalNewton" and rarely > 1e-6:
        assert model.fit_report_.status == ("converged",)
    nothing = np.zeros((3, 1))
    penalty = oracle.Penalty(
        nothing, nothing, ((np.array([[False], [True], [True]]), 0.05 * np.sqrt(2)),)
    )
    free = np.ones((3, 1), dtype=bool)
    loss = losses.of_response("Bernoulli", "logistic", y)
    problem = oracle.Problem(loss, X, weights, np.zeros((120, 1)), penalty, free)
    here = problem.at(model.coef_[:, None], model.intercept_)
    excess = problem.value(here) - oracle.minimum(problem, here)[1]
    assert excess < 2e-10 or model.fit_report_.status != ("converged",)


@pytest.mark.parametrize(
    "pair", [("Poisson", "exp"), ("Bernoulli", "logistic"), ("Gaussian", "identity")]
)
@pytest.mark.parametrize("strength", [1e-4, 1e-2])
def test_ordinary_fits_take_no_visit_for_it(pair, strength, monkeypatch):
    rng, X = data(400)
    eta = 0.5 * X[:, 0] - 0.3 * X[:, 1]
    y = {
        "Poisson": rng.poisson(np.exp(eta)),
        "Bernoulli": (rng.random(400) < 1 / (1 + np.exp(-eta))).astype(float),
        "Gaussian": eta + rng.normal(size=400),
    }[pair[0]]
    looks = []
    monkeypatch.setattr(FreeParameters, "looked_at", lambda *args: looks.append(args))
    model = fitted(sparse(*pair, strength=strength, regularizer="Lasso"), X, y)
    assert model.fit_report_.status == ("converged",)
    assert looks == []
