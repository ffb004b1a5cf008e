"""Inner problems one by one: the minimisers satisfy the optimality conditions, from any start."""

import numpy as np
import pytest

from spikeglm.solvers.sparse.active_sets import by_active_sets, by_active_sets_together
from spikeglm.solvers.sparse.group_sets import Norms, by_group_sets

N_GROUPS, SIZE = 6, 4
A = N_GROUPS * SIZE + 1


def problem(seed, *, near=0.0):
    """Return H, r and a first point; with ``near`` some coordinates nearly copy others."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, A))
    if near:
        X[:, 1] = X[:, 0] + near * X[:, 1]
    X[:, -1] = 1.0
    return (
        X.T @ X / 200,
        X.T @ rng.normal(size=200) / 50 + rng.normal(0, 0.1, A),
        rng.normal(size=A),
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("near", [0.0, 1e-3])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 3.0])
def test_absolute_values(seed, near, share):
    H, r, start = problem(seed, near=near)
    weight = np.append(np.full(A - 1, share * np.abs(r).max()), 0.0)
    z = by_active_sets(H.copy(), r, weight, np.ones(A), start)
    slope, at_zero = H @ z - r, z == 0
    little = 1e-8 + 1e-11 * np.abs(z - start).max()  # is added to the diagonal
    assert (np.abs(slope)[at_zero] <= weight[at_zero] + little).all()
    np.testing.assert_allclose((slope + weight * np.sign(z))[~at_zero], 0.0, atol=little)
    if share == 3.0:
        assert not z[:-1].any()


@pytest.mark.parametrize("shares", [[0.0, 0.1, 0.5, 3.0], [0.1] * 20])
def test_problems_together_have_the_minima_of_each(shares):
    """Warm starts, of which most are found together; what is not is said, not returned as found."""
    problems = [problem(seed) for seed in range(len(shares))]
    H, r = (np.stack([some[k] for some in problems]) for k in (0, 1))
    size = np.append(np.ones(A - 1), 0.0)
    weight = np.array(shares)[:, None] * np.abs(r).max(axis=1, keepdims=True) * size
    unit = np.ones_like(r)
    expected = np.array(list(map(by_active_sets, H.copy(), r, weight, unit, np.zeros_like(r))))
    near = expected + 1e-3 * np.random.default_rng(0).normal(size=r.shape) * (expected != 0)
    found, is_found = by_active_sets_together(H.copy(), r, weight, unit, near)
    assert is_found.mean() > 0.7
    np.testing.assert_allclose(found[is_found], expected[is_found], atol=1e-10)
    far = 100.0 * np.random.default_rng(1).normal(size=r.shape)
    found, is_found = by_active_sets_together(H.copy(), r, weight, unit, far)
    np.testing.assert_allclose(found[is_found], expected[is_found], atol=1e-8)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.1, 0.5, 1.5])
def test_norms_of_groups(seed, share):
    H, r, start = problem(seed)
    group = np.append(np.repeat(np.arange(N_GROUPS), SIZE), N_GROUPS)
    norms = Norms(group, np.append(np.full(N_GROUPS, share * np.abs(r).max()), 0.0))
    z = by_group_sets(H.copy(), r, norms, np.ones(A), start)
    slope, size = H @ z - r, norms.of(z)
    for g in range(N_GROUPS):
        own = slope[group == g]
        if size[g] == 0:
            assert np.linalg.norm(own) <= norms.weight[g] + 1e-9
        else:
            expected = -norms.weight[g] * z[group == g] / size[g]
            np.testing.assert_allclose(own, expected, atol=1e-9)
    assert abs(slope[-1]) < 1e-9
    assert norms.value(z) == pytest.approx(norms.weight @ size)


def test_what_is_not_finite_has_no_minimiser():
    H, r, start = problem(0)
    r[0] = np.nan
    assert by_active_sets(H.copy(), r, np.ones(A), np.ones(A), start) is None
    one, other = np.ones((2, A)), problem(1)
    stacks = np.stack([H, other[0]]), np.stack([r, other[1]]), one * 0.01, one
    assert by_active_sets_together(*stacks, np.zeros((2, A)))[1].tolist() == [False, True]
    norms = Norms(np.zeros(A, dtype=int), np.array([1.0, 0.0]))
    assert by_group_sets(H.copy(), r, norms, np.ones(A), start) is None
