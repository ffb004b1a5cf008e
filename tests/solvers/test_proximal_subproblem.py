"""The inner problem of sparse fits against its optimality conditions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spikeglm.regularizer.group_norms import GroupNorms
from spikeglm.regularizer.nonsmooth import AbsoluteValues
from spikeglm.solvers.sparse.proximal_subproblem import minimise_model, pivoted


def problem(seed, n, n_columns, condition=None):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n_columns, n, n + 2))
    if condition is not None:  # nearly all columns of A alike
        A = A * condition**-0.5 + rng.normal(size=(n_columns, 1, n + 2))
    return A @ A.transpose(0, 2, 1) / n, (A @ rng.normal(size=n + 2)) / n


def violation(H, r, kinks, z):
    return kinks.violation(z, np.einsum("cij,cj->ci", H, z) - r).max() / np.abs(r).max()


@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 4), st.floats(0, 2))
def test_absolute_values(seed, n, n_columns, size):
    H, r = problem(seed, n, n_columns)
    weight = size * np.random.default_rng(seed).integers(0, 2, (n_columns, n))
    kinks = AbsoluteValues(weight.astype(float))
    z = minimise_model(H, r, kinks, np.zeros((n_columns, n)))
    assert violation(H, r, kinks, z) < 1e-8


@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 4), st.floats(0.01, 2))
def test_norms_of_groups(seed, n, n_columns, size):
    H, r = problem(seed, n, n_columns)
    rng = np.random.default_rng(seed)
    kinks = GroupNorms(
        rng.integers(-1, 3, (n_columns, n)),
        size * rng.uniform(0.2, 1.0, (n_columns, 3)),
        np.ones((n_columns, n)),
    )
    z = minimise_model(H, r, kinks, np.zeros((n_columns, n)))
    assert violation(H, r, kinks, z) < 1e-6


@pytest.mark.parametrize("condition", [1e2, 1e6, 1e9])
def test_nearly_the_same_features(condition):
    H, r = problem(0, 30, 3, condition)
    kinks = AbsoluteValues(np.full((3, 30), 0.02))
    z = minimise_model(H, r, kinks, np.zeros((3, 30)))
    assert violation(H, r, kinks, z) < 1e-6


def test_groups_of_one_are_absolute_values():
    H, r = problem(1, 6, 2)
    weight = np.full((2, 6), 0.3)
    groups = GroupNorms(np.tile(np.arange(6), (2, 1)), weight, np.ones((2, 6)))
    start = np.zeros((2, 6))
    expected = minimise_model(H, r, AbsoluteValues(weight), start)
    got = minimise_model(H, r, groups, start)
    assert_allclose(got, expected, atol=1e-8)
    assert_array_equal(got == 0, expected == 0)


@given(st.integers(0, 10_000), st.integers(1, 8))
def test_pivots_find_the_optimum_from_anywhere(seed, n):
    H, r = problem(seed, n, 1)
    weight = np.full(n, 0.4)
    kinks = AbsoluteValues(weight[None])
    start = np.random.default_rng(seed).normal(size=n) * 3
    z = pivoted(H[0], r[0], weight, start)
    assert violation(H, r, kinks, z[None]) < 1e-8
    assert_allclose(z, minimise_model(H, r, kinks, np.zeros((1, n)))[0], atol=1e-7)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_units_do_not_matter(scale):
    H, r = problem(0, 5, 1)
    kinks, start = AbsoluteValues(np.full((1, 5), 0.3)), np.zeros((1, 5))
    plain = minimise_model(H, r, kinks, start)
    scaled = minimise_model(scale * H, scale * r, kinks.times(np.array([scale])), start)
    assert_allclose(scaled, plain, atol=1e-12)
