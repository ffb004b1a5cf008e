"""Laws of the optimum, over every model, link, regularizer and solver."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import BY_OTHER_SOLVERS, CASES, fitted, fitted_population, those
from tests.glm import dense
from tests.penalties import APPROXIMATE, PENALTIES

from spikeglm import regularizer, solvers

EVERY = CASES + BY_OTHER_SOLVERS
of_cases = pytest.mark.parametrize("case", EVERY, ids=str)
of_smooth = pytest.mark.parametrize("case", those(EVERY, is_smooth=True), ids=str)
of_kinked = pytest.mark.parametrize("case", those(EVERY, is_smooth=False), ids=str)


@of_cases
def test_the_shortest_slope_is_zero_at_the_optimum(case):
    X, y = case.data()
    parameters = dense.parameters_of(fitted(case))
    at_start = dense.gradient(np.append(np.zeros(3), parameters[-1]), X, y[:, 0], case)
    slope = dense.smallest_subgradient(parameters, X, y[:, 0], case)
    size = np.abs(at_start).max() + case.penalty.largest_weight
    assert np.abs(slope).max() < 1e-7 * case.slack * size


@of_cases
def test_the_fit_is_the_oracles(case):
    X, y = case.data()
    oracle = case.oracle(X, y[:, 0])
    model = fitted(case)
    expected = np.append(oracle.coef, oracle.intercept)
    assert (
        dense.distance(dense.parameters_of(model), expected, X, y[:, 0], case) < 2e-8 * case.slack
    )
    rtol, atol = 2e-7 * case.slack, 5e-8 * case.slack
    assert_allclose(dense.parameters_of(model), expected, rtol=rtol, atol=atol)
    assert_allclose(model.predict(X), oracle.mean, rtol=rtol)


@of_cases
def test_every_fit_says_that_it_converged(case):
    assert fitted(case).fit_report_.status == ("converged",)


@of_smooth
def test_the_newton_decrement_is_certified(case):
    X, y = case.data()
    model = fitted(case)
    exact = dense.newton_decrement(dense.parameters_of(model), X, y[:, 0], case)
    assert exact < 1e-8 * case.slack * dense.unit(case, y[:, 0])


@of_kinked
def test_the_violation_of_the_conditions_is_certified(case):
    X, y = case.data()
    model = fitted(case)
    violation = dense.smallest_subgradient(dense.parameters_of(model), X, y[:, 0], case)
    smallest = case.penalty.smallest_weight
    # It is measured where features have a spread of one: here it is 0.58, and weights are larger.
    assert np.abs(violation).max() < 1e-7 * case.slack * smallest / X.std(axis=0).min()
    assert model.fit_report_.to_frame()["kkt_violation"].item() < 1e-7 * case.slack


@pytest.mark.parametrize("tol", [1e-1, 1e-3, 1e-5])
@pytest.mark.parametrize("case", those(CASES, is_smooth=True), ids=str)
def test_the_reported_decrement_is_the_dense_one(case, tol):
    X, y = case.data()
    model = case.glm(solver_kwargs={"tol": tol}).fit(X, y[:, 0])
    reported = model.fit_report_.to_frame()["newton_decrement"].item()
    exact = dense.newton_decrement(dense.parameters_of(model), X, y[:, 0], case)
    assert reported <= tol * dense.unit(case, y[:, 0])
    if exact > 1e-9:  # below, both are rounding
        factor = 1.01 if case.solver == "Newton" else 10.0
        assert 1 / factor < reported / exact < factor


@of_cases
def test_all_solvers_agree(case):
    one, other = fitted(case), fitted(replace(case, solver=next(iter(case.penalty.main_solvers))))
    X, y = case.data()
    first, second = dense.parameters_of(one), dense.parameters_of(other)
    assert dense.distance(first, second, X, y[:, 0], case) < 2e-8 * case.slack
    assert_allclose(one.scale_, other.scale_, rtol=1e-7 * case.slack)


@of_cases
def test_a_population_is_its_neurons_one_by_one(case):
    X, y = case.data()
    together = fitted_population(case)
    for n in range(y.shape[1]):
        alone = case.glm().fit(X, y[:, n]) if n else fitted(case)
        first, second = dense.parameters_of(together, n), dense.parameters_of(alone)
        assert dense.distance(first, second, X, y[:, n], case) < 2e-8 * case.slack
        assert_allclose(together.scale_[n], alone.scale_[0], rtol=1e-7 * case.slack)
        assert together.dof_resid_[n] == alone.dof_resid_[0]


@of_cases
def test_the_objective_reported_is_the_penalised_loss_at_the_optimum(case):
    X, y = case.data()
    model = fitted(case)
    loss = model.compute_loss((model.coef_, model.intercept_), X, y[:, 0])
    penalised = loss + case.penalty.value(model.coef_)
    assert_allclose(model.fit_report_.to_frame()["objective"], penalised, rtol=1e-12)


OF_THEIR_OWN = {  # no norms and squares of coefficients: their optima are looked at elsewhere
    "Bounded": "regularizer/test_bounded.py",
    "Firth": "fit/test_firth.py",
    "Smoothness": "regularizer/test_smoothness.py",
}


def test_every_penalty_and_every_solver_that_it_allows_is_in_the_catalogue():
    public = {name: getattr(regularizer, name) for name in regularizer.__all__}
    concrete = {name: cls for name, cls in public.items() if hasattr(cls, "allowed_solvers")}
    assert set(PENALTIES) | set(OF_THEIR_OWN) == set(concrete)
    assert all((Path(__file__).parents[1] / file).exists() for file in OF_THEIR_OWN.values())
    for name, cls in concrete.items():
        if name in OF_THEIR_OWN:
            continue
        of_ours = set(cls.allowed_solvers) & set(solvers.SOLVERS)
        in_catalogue = {case.solver for case in EVERY if case.regularizer == name}
        assert in_catalogue == of_ours - set(APPROXIMATE)
