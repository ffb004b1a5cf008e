"""The inner problem with norms of groups: singular matrices, ways through zero, bounded work."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spikeglm.regularizer.group_norms import GroupNorms
from spikeglm.regularizer.nonsmooth import AbsoluteValues
from spikeglm.solvers.sparse import curved_pieces
from spikeglm.solvers.sparse.curved_pieces import CurvedProblem, solution
from spikeglm.solvers.sparse.proximal_subproblem import minimise_model


def norms(group, weight):
    group = np.asarray(group)[None]
    return GroupNorms(group, np.atleast_2d(weight).astype(float), np.ones(group.shape))


def few_rows(seed, n, n_rows, size=1e-4):
    """A problem of rank n_rows < n with groups of three and weak norms."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n_rows, n))
    H, r = A.T @ A / n_rows, A.T @ rng.normal(size=n_rows) / n_rows
    group = np.arange(n) // 3
    return H + 1e-12 * np.eye(n), r, norms(group, size * rng.uniform(0.5, 1.5, group[-1] + 1))


def assorted(seed):
    """A problem of rank 1 to full, in units that differ, with groups of very different weight."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 14))
    n_rows = int(rng.integers(1, n + 3))
    A = rng.normal(size=(n_rows, n)) * 10 ** rng.uniform(-1, 1, n)
    if n > 3 and rng.random() < 0.5:
        A[:, 1] = A[:, 0]
        A[:, 3] = A[:, 2] + 10.0 ** rng.uniform(-9, -3) * rng.normal(size=n_rows)
    group = rng.integers(-1, int(rng.integers(1, 5)), n)
    group[0] = max(group[0], 0)
    H, r = A.T @ A / n_rows, A.T @ rng.normal(size=n_rows) / n_rows
    weight = 10 ** rng.uniform(-8, 0) * 10 ** rng.uniform(-1, 1, group.max() + 1)
    return H + 1e-12 * np.diag(np.diag(H)), r, norms(group, weight)


def violation(H, r, kinks, z):
    return (kinks.violation(z[None], (H @ z - r)[None]) / kinks.unit).max()


def value(H, r, kinks, z):
    return z @ H @ z / 2 - r @ z + kinks.value(z[None])[0]


@given(st.integers(0, 10_000), st.sampled_from([1e-8, 1e-4, 1e-1, 10.0]))
@example(272, 1e-8)  # a group came to rest next to zero, and belonged far from it
@example(485, 1e-8)  # a group next to zero held up all others
def test_singular_problems_are_solved_from_anywhere(seed, size):
    H, r, kinks = few_rows(seed, 12, 5, size)
    start = np.random.default_rng(seed).normal(size=12)
    z = CurvedProblem(H, r, kinks).minimised(start)
    assert violation(H, r, kinks, z) < 1e-5
    assert value(H, r, kinks, z) <= value(H, r, kinks, start) + 1e-12


@given(st.integers(0, 10_000))
@example(290)
@example(2597)
def test_groups_of_any_size_unit_and_weight_are_solved(seed):
    """With copies and near copies; what is negligible is what rounding of H z - r may be."""
    H, r, kinks = assorted(seed)
    z = CurvedProblem(H, r, kinks).minimised(np.zeros(len(r)))
    slope = H @ z - r
    excess = kinks.violation(z[None], slope[None])[0] - 1e-14 * (np.abs(H) @ np.abs(z) + np.abs(r))
    assert (excess <= 1e-6 * kinks.unit).all()


def test_a_group_goes_through_zero():
    """Newton's method alone shortens its steps for ever where a norm must pass its kink."""
    H = np.array([[1.0, 0.0, 1.0], [0.0, 1e-6, 0.0], [1.0, 0.0, 1.0 + 1e-8]])
    r, kinks = H @ np.array([-1.0, 2.0, 1.0]), norms([0, 0, 1], [1e-9, 1e-9])
    z = CurvedProblem(H, r, kinks).minimised(np.array([1e-3, 1e-9, -1e-3]))
    assert violation(H, r, kinks, z) < 1e-5


def test_the_work_is_bounded(monkeypatch):
    """Whatever the problem, even one that has no minimum, so many linear systems are solved."""
    n_systems = 0

    def counted(*args):
        nonlocal n_systems
        n_systems += 1
        return solution(*args)

    monkeypatch.setattr(curved_pieces, "solution", counted)
    H, r, kinks = few_rows(0, 30, 3, 1e-10)
    CurvedProblem(H, r + 0.01, kinks).minimised(np.ones(30))
    assert 0 < n_systems <= 100


def test_without_penalty_it_is_the_linear_system_and_with_a_huge_one_zero():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(9, 6))
    H, r = A.T @ A, rng.normal(size=6)
    free = norms(np.full(6, -1), [1.0])
    assert_allclose(CurvedProblem(H, r, free).minimised(np.ones(6)), np.linalg.solve(H, r))
    held = norms(np.arange(6) // 2, [1e3, 1e3, 1e3])
    assert_array_equal(CurvedProblem(H, r, held).minimised(np.ones(6)), np.zeros(6))


@pytest.mark.parametrize("kind", ["absolute values", "norms"])
def test_what_rounding_took_from_a_model_is_given_back(kind):
    """A model that is not quite positive semidefinite has no minimum; coefficients ran to 1e6."""
    rng = np.random.default_rng(1)
    V = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    H = (V * [1.0, 0.5, 0.1, 1e-9, -1e-9, -1e-5]) @ V.T
    r = H @ rng.normal(size=6)
    kinks = AbsoluteValues(np.full((1, 6), 1e-4))
    if kind == "norms":
        kinks = norms(np.arange(6) // 2, [1e-4, 1e-4, 1e-4])
    z = minimise_model(H[None], r[None], kinks, np.zeros((1, 6)))
    assert np.isfinite(z).all() and np.abs(z).max() < 1e3


@pytest.mark.parametrize("kind", ["absolute values", "norms"])
def test_so_is_what_it_took_from_a_diagonal(kind):
    H = np.diag([1.0, -1e-13, 0.0, 2.0])
    H[0, 1] = H[1, 0] = 1e-9
    r = np.array([0.3, 1e-9, 0.0, 0.1])
    kinks = AbsoluteValues(np.full((1, 4), 1e-3))
    if kind == "norms":
        kinks = norms([0, 0, 1, 1], [1e-3, 1e-3])
    z = minimise_model(H[None], r[None], kinks, np.zeros((1, 4)))[0]
    assert np.isfinite(z).all()
    assert violation(H, r, kinks, z) < 1e-5


def test_coordinates_of_absurd_sizes_are_solved_alike():
    H, r, _ = few_rows(2, 6, 9)
    size = 10.0 ** np.array([-6, -3, 0, 2, 4, 6])
    kinks, start = norms([0, 1, 2, 3, 4, 5], np.full(6, 0.1)), np.zeros((1, 6))
    plain = minimise_model(H[None], r[None], kinks, start)[0]
    scaled = minimise_model(
        (H * size * size[:, None])[None],
        (r * size)[None],
        norms([0, 1, 2, 3, 4, 5], 0.1 * size),
        start,
    )[0]
    assert_allclose(scaled * size, plain, atol=1e-7)
