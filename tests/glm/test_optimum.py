"""Laws of the optimum, over every model, link, regularizer and solver."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import CASES, PAIRS, REGULARIZERS, SOLVERS, Case
from tests.glm import dense

of_cases = pytest.mark.parametrize("case", CASES, ids=str)


@cache
def fitted(case):
    X, y = case.data()
    return case.glm().fit(X, y[:, 0])


@of_cases
def test_the_gradient_is_zero_at_the_optimum(case):
    X, y = case.data()
    parameters = dense.parameters_of(fitted(case))
    at_start = dense.gradient(np.append(np.zeros(3), parameters[-1]), X, y[:, 0], case)
    gradient = dense.gradient(parameters, X, y[:, 0], case)
    assert np.abs(gradient).max() < 1e-7 * np.abs(at_start).max()


@of_cases
def test_the_fit_is_the_oracles(case):
    X, y = case.data()
    oracle = case.oracle(X, y[:, 0])
    model = fitted(case)
    expected = np.append(oracle.coef, oracle.intercept)
    assert dense.distance(dense.parameters_of(model), expected, X, y[:, 0], case) < 2e-8
    assert_allclose(dense.parameters_of(model), expected, rtol=2e-7, atol=5e-8)
    assert_allclose(model.predict(X), oracle.mean, rtol=2e-7)


@of_cases
def test_every_fit_says_that_it_converged_and_is_certified(case):
    X, y = case.data()
    model = fitted(case)
    assert model.fit_report_.status == ("converged",)
    exact = dense.newton_decrement(dense.parameters_of(model), X, y[:, 0], case)
    assert exact < 1e-8 * dense.unit(case, y[:, 0])


@pytest.mark.parametrize("tol", [1e-1, 1e-3, 1e-5])
@of_cases
def test_the_reported_decrement_is_the_dense_one(case, tol):
    X, y = case.data()
    model = case.glm(solver_kwargs={"tol": tol}).fit(X, y[:, 0])
    reported = model.fit_report_.to_frame()["newton_decrement"].item()
    exact = dense.newton_decrement(dense.parameters_of(model), X, y[:, 0], case)
    assert reported <= tol * dense.unit(case, y[:, 0])
    if exact > 1e-9:  # below, both are rounding
        factor = 1.01 if case.solver == "Newton" else 10.0
        assert 1 / factor < reported / exact < factor


@pytest.mark.parametrize(
    "case", [Case(*pair, regularizer) for pair in PAIRS for regularizer in REGULARIZERS], ids=str
)
def test_both_solvers_agree(case):
    by_lbfgs, by_newton = (
        fitted(Case(case.model, case.link, case.regularizer, solver)) for solver in SOLVERS
    )
    X, y = case.data()
    first, second = dense.parameters_of(by_lbfgs), dense.parameters_of(by_newton)
    assert dense.distance(first, second, X, y[:, 0], case) < 2e-8
    assert_allclose(by_lbfgs.scale_, by_newton.scale_, rtol=1e-7)


@of_cases
def test_a_population_is_its_neurons_one_by_one(case):
    X, y = case.data()
    together = case.population().fit(X, y)
    for n in range(y.shape[1]):
        alone = case.glm().fit(X, y[:, n])
        first, second = dense.parameters_of(together, n), dense.parameters_of(alone)
        assert dense.distance(first, second, X, y[:, n], case) < 2e-8
        assert_allclose(together.scale_[n], alone.scale_[0], rtol=1e-7)
        assert together.dof_resid_[n] == alone.dof_resid_[0]


@of_cases
def test_the_objective_reported_is_the_penalised_loss_at_the_optimum(case):
    X, y = case.data()
    model = fitted(case)
    loss = model.compute_loss((model.coef_, model.intercept_), X, y[:, 0])
    penalised = loss + case.strength / 2 * np.sum(model.coef_**2)
    assert_allclose(model.fit_report_.to_frame()["objective"], penalised, rtol=1e-12)
