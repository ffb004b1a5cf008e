"""The inner problem of the proximal Newton method against its optimality conditions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from spikeglm.numerics import soft_threshold
from spikeglm.solvers.lasso_subproblem import solve_lasso


@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 4), st.floats(0, 2))
def test_optimality_conditions(seed, n, n_columns, size):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n_columns, n, n + 2))
    H = A @ A.transpose(0, 2, 1)
    r = rng.normal(size=(n_columns, n))
    l1 = size * rng.integers(0, 2, (n_columns, n))
    z = solve_lasso(H, r, l1, np.zeros((n_columns, n)))
    slope = np.einsum("cij,cj->ci", H, z) - r
    at_zero = np.maximum(np.abs(slope) - l1, 0)
    violation = np.where(z == 0, at_zero, np.abs(slope + l1 * np.sign(z)))
    assert violation.max() < 1e-6 * np.abs(r).max()


def test_soft_threshold_minimises_its_definition():
    grid = np.linspace(-3, 3, 60_001)
    for z in (-2.0, -0.3, 0.0, 0.4, 1.7):
        best = grid[np.argmin(0.5 * (grid - z) ** 2 + 0.5 * np.abs(grid))]
        assert_allclose(soft_threshold(np.array(z), np.array(0.5)), best, atol=1e-4)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_units_do_not_matter(scale):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(1, 5, 9))
    H, r, l1 = A @ A.transpose(0, 2, 1), rng.normal(size=(1, 5)), np.full((1, 5), 0.3)
    plain = solve_lasso(H, r, l1, np.zeros((1, 5)))
    assert_allclose(solve_lasso(scale * H, scale * r, scale * l1, np.zeros((1, 5))), plain)
