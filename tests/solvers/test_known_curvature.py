"""Curvature that is known beforehand: its inverse is applied, whatever is free."""

import numpy as np
from numpy.testing import assert_allclose

from spikeglm.solvers.curvature.known_curvature import KnownCurvature

N, C = 5, 6
RNG = np.random.default_rng(2)
ROOTS = RNG.normal(size=(3, N, 2 * N))
LOSS = ROOTS @ ROOTS.swapaxes(1, 2)
RIDGE = RNG.uniform(0.1, 1.0, (N - 1, C))
FROZEN = np.zeros((N, C), dtype=bool)
FROZEN[1, ::2] = FROZEN[4, 3] = True
WHICH, SHARE = np.array([0, 1, 2, 2, 1, 0]), RNG.uniform(0.5, 2.0, C)


class Problem:
    """What is asked of an objective: its penalty, and what does not move."""

    n_columns = C

    def frozen(self, active):
        return FROZEN[:, active]

    def add_penalty_curvature(self, H, active):
        places = np.arange(N - 1)
        H[:, places, places] += RIDGE[:, active].T


def test_solutions_are_those_of_each_columns_own_system():
    known = KnownCurvature.of(Problem(), LOSS, WHICH, SHARE, n_threads=2)
    gradient = RNG.normal(size=(N, C))
    for columns in (np.arange(C), np.array([4, 1]), np.array([3])):
        found = known.solve(gradient[:, columns], columns)
        for a, c in enumerate(columns):
            free = ~FROZEN[:, c]
            H = LOSS[WHICH[c]] * SHARE[c] + np.diag(np.append(RIDGE[:, c], 0.0))
            expected = np.linalg.solve(H[np.ix_(free, free)], gradient[free, c])
            assert_allclose(found[free, a], expected, rtol=1e-4, atol=1e-5)
            assert (found[~free, a] == 0).all()


def test_every_direction_leads_down_also_where_the_curvature_is_none():
    """A matrix that rounding made indefinite, one of rank one, and one of zeros."""
    loss = np.stack([LOSS[0] - 10 * np.eye(N), np.ones((N, N)), np.zeros((N, N))])
    known = KnownCurvature.of(Problem(), loss, WHICH, SHARE)
    gradient = np.where(FROZEN, 0.0, RNG.normal(size=(N, C)))
    direction = -known.solve(gradient, np.arange(C))
    assert np.isfinite(direction).all()
    assert (np.einsum("pc,pc->c", direction, gradient) < 0).all()
