"""A curvature that nobody sees is not taken for a large one: certificates at the edge of a link."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from spikeglm.solvers.smooth.newton import NewtonDirections

Z = np.array([[0.6, -0.9, 1.0], [0.7, 1.1, 1.0], [-1.2, 0.2, 1.0], [-0.3, -0.5, 1.0]])


def directions(H, gradient):
    """Return Newton's directions for one column, who has seen H and the gradient."""
    evaluation = SimpleNamespace(gradient=gradient, finite=np.array([True]))
    objective = SimpleNamespace(
        n_parameters=len(H),
        n_columns=1,
        evaluate_with_hessian=lambda theta, active: (evaluation, H[None]),
        frozen=lambda active: np.zeros((len(H), len(active)), dtype=bool),
    )
    found = NewtonDirections(objective)
    found.evaluate(gradient, np.array([0]))
    return found


@pytest.mark.parametrize("weight", [1.0, 1e6, 1e12, 1e15, 1e16, -1e15, -1e16])
def test_the_decrement_never_falls_for_what_a_row_hides(weight):
    """The slope is that of the other rows: along what the one is blind to it counts as theirs."""
    h = np.array([weight, 0.2, 0.2, 0.2])
    g = Z[1:].T @ [0.1, -0.3, 0.2]
    blind = np.linalg.svd(Z[:1])[2][1:].T
    rest = blind.T @ (Z[1:].T * 0.2) @ Z[1:] @ blind
    true = np.sqrt((blind.T @ g) @ np.linalg.solve(rest, blind.T @ g))
    newton, column = directions((Z.T * h) @ Z, g[:, None]), np.array([0])
    step = newton.propose(g[:, None], column)
    assert newton.decrement(g[:, None], step, column) > 0.03 * true


def test_a_hessian_of_full_rank_has_the_decrement_of_the_step():
    g = Z.T @ [0.1, -0.3, 0.2, 0.0]
    H = Z.T @ Z
    newton, column = directions(H, g[:, None]), np.array([0])
    step = newton.propose(g[:, None], column)
    expected = np.sqrt(g @ np.linalg.solve(H, g))
    assert_allclose(newton.decrement(g[:, None], step, column), expected, rtol=1e-12)
