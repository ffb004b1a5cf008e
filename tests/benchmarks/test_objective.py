"""The judge must be right before it judges anyone."""

from itertools import product

import numpy as np
import pytest
from benchmarks.objective import (
    log_likelihood_of_states,
    newton_decrement,
    objective,
    relative_gap,
)
from benchmarks.problems import Problem


def _problem(strength=0.0, n_rows=5000, p=3, n_neurons=2):
    # 5000 rows: more than one block
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, p))
    return Problem(X, rng.poisson(0.5, (n_rows, n_neurons)).astype(float), strength)


def test_without_features_the_objective_is_known():
    problem = _problem()
    rate = problem.y.mean(axis=0)
    found = objective(problem, np.zeros((3, 2)), np.log(rate))
    np.testing.assert_allclose(found, rate - rate * np.log(rate), rtol=1e-12)


def test_the_penalty_is_half_the_strength_times_the_squares_and_spares_the_intercept():
    free, penalised = _problem(), _problem(strength=0.3)
    coef, intercept = np.full((3, 2), 2.0), np.array([-1.0, 5.0])
    excess = objective(penalised, coef, intercept) - objective(free, coef, intercept)
    np.testing.assert_allclose(excess, 0.5 * 0.3 * 3 * 4.0, rtol=1e-9)


@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_newton_from_anywhere_ends_where_the_decrement_vanishes(strength):
    problem = _problem(strength)
    coef, intercept = _newton(problem)
    assert newton_decrement(problem, coef, intercept).max() < 1e-12
    nearby = objective(problem, coef + 1e-3, intercept)
    assert (nearby > objective(problem, coef, intercept)).all()


def test_half_the_squared_decrement_is_the_excess_of_the_objective_near_the_optimum():
    problem = _problem(0.1)
    coef, intercept = _newton(problem)
    away = coef + np.random.default_rng(1).normal(0, 1e-3, coef.shape)
    excess = objective(problem, away, intercept) - objective(problem, coef, intercept)
    decrement = newton_decrement(problem, away, intercept)
    np.testing.assert_allclose(0.5 * decrement**2, excess, rtol=0.02)


def test_a_gap_is_relative_to_the_best():
    assert relative_gap(np.array([1.1, 2.2]), np.array([1.0, 2.0])) == pytest.approx(0.1)


def _newton(problem):
    """Plain Newton with dense matrices, no blocks: shares nothing with the judge."""
    X1 = np.column_stack([problem.X, np.ones(len(problem.X))])
    ridge = np.diag(np.append(np.full(problem.n_features, problem.strength), 0.0))
    theta = np.zeros((X1.shape[1], problem.n_neurons))
    for _ in range(30):
        for c, y in enumerate(problem.y.T):
            rate = np.exp(X1 @ theta[:, c])
            gradient = X1.T @ (rate - y) / len(y) + ridge @ theta[:, c]
            theta[:, c] -= np.linalg.solve(X1.T @ (X1 * rate[:, None]) / len(y) + ridge, gradient)
    return theta[:-1], theta[-1]


def test_hidden_states_are_summed_over():
    rng = np.random.default_rng(0)
    X, y, begins = rng.normal(size=(6, 2)), rng.integers(0, 2, 6), np.arange(6) % 4 == 0
    coef, intercept, initial = rng.normal(size=(2, 2)), rng.normal(size=2), np.array([0.3, 0.7])
    transition = np.array([[0.9, 0.1], [0.4, 0.6]])
    p = 1.0 / (1.0 + np.exp(-(X @ coef + intercept)))
    seen = np.where(y[:, None] == 1, p, 1.0 - p)
    total = 0.0
    for path in product(range(2), repeat=6):
        one = 1.0
        for t, k in enumerate(path):
            one *= (initial[k] if begins[t] else transition[path[t - 1], k]) * seen[t, k]
        total += one
    found = log_likelihood_of_states(
        X, y, begins, coef=coef, intercept=intercept, initial=initial, transition=transition
    )
    np.testing.assert_allclose(found, np.log(total), rtol=1e-12)
