"""Redundant columns: NeMoS's choice, NeMoS's numbers, and the definition as an oracle."""

import warnings

import numpy as np
import pynapple as nap
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.linalg import matrix_rank

import spikeglm as nmo
from spikeglm.identifiability_constraints import apply_identifiability_constraints as constrained
from spikeglm.identifiability_constraints import (
    apply_identifiability_constraints_by_basis_component as constrained_by_component,
)

B = nmo.basis
same = np.testing.assert_array_equal


def two_splines():
    return B.BSplineEval(5) + B.BSplineEval(6)


def random_features():
    rng = np.random.default_rng(0)
    basis = two_splines()
    return basis, basis.compute_features(rng.uniform(size=100), rng.uniform(size=100))


def test_each_spline_beside_an_intercept_loses_its_first_column():
    basis, X = random_features()
    values, kept = constrained(X)
    same(kept, [1, 2, 3, 4, 6, 7, 8, 9, 10])
    same(values, X[:, kept])
    same(constrained_by_component(basis, X)[1], kept)


def test_without_intercept_two_splines_share_the_constant():
    basis, X = random_features()
    same(constrained(X, add_intercept=False)[1], np.arange(1, 11))
    same(constrained_by_component(basis, X, add_intercept=False)[1], np.arange(11))


def test_a_spline_that_contains_the_input_of_another():
    x = np.linspace(0, 1, 50)
    X = two_splines().compute_features(x, x**2)
    same(constrained(X)[1], [1, 3, 4, 6, 7, 8, 9, 10])
    same(constrained(X, add_intercept=False)[1], [1, 3, 4, 5, 6, 7, 8, 9, 10])


def test_ones_and_multiples():
    t = np.arange(9.0)
    same(constrained(np.column_stack((np.ones(9), t, 2 * t)))[1], [2])


def test_each_channel_is_a_component():
    basis = B.BSplineEval(5)
    X = basis.compute_features(np.random.default_rng(0).uniform(size=(50, 2)))
    same(constrained_by_component(basis, X)[1], [1, 2, 3, 4, 6, 7, 8, 9])
    same(constrained_by_component(basis.to_transformer(), X)[1], [1, 2, 3, 4, 6, 7, 8, 9])


def walk_from_the_left(X, add_intercept):
    """The definition: one rank per column."""
    ones = np.ones((len(X), int(add_intercept)))
    kept = list(range(X.shape[1]))
    rank = matrix_rank(np.hstack((ones, X)))
    for j in range(X.shape[1]):
        others = [k for k in kept if k != j]
        surplus = len(kept) + ones.shape[1] > rank
        if surplus and matrix_rank(np.hstack((ones, X[:, others]))) == rank:
            kept = others
    return kept


@st.composite
def tables(draw):
    """Columns that are small combinations of few: redundant in every possible way."""
    n, rank, p = draw(st.integers(1, 12)), draw(st.integers(0, 5)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    weights = rng.integers(-1, 2, size=(rank, p))
    source = rng.normal(size=(n, rank))
    if rank and draw(st.booleans()):
        source[:, 0] = 1.0
    return source @ weights


@given(tables(), st.booleans())
def test_what_is_kept_is_what_a_walk_from_the_left_keeps(X, add_intercept):
    same(constrained(X, add_intercept=add_intercept)[1], walk_from_the_left(X, add_intercept))


@given(tables(), st.integers(0, 99))
def test_the_units_of_columns_do_not_matter(X, seed):
    units = 10.0 ** np.random.default_rng(seed).integers(-9, 10, X.shape[1])
    same(constrained(X * units)[1], constrained(X)[1])


def test_incomplete_rows_do_not_take_part_and_come_back_missing():
    _, X = random_features()
    spoilt = X.copy()
    spoilt[3, 0], spoilt[7, 5] = np.nan, np.inf
    before = spoilt.copy()
    values, kept = constrained(spoilt)
    same(kept, constrained(X)[1])
    same(np.flatnonzero(np.isnan(values).any(axis=1)), [3, 7])
    assert np.isnan(values[[3, 7]]).all()
    same(spoilt, before)
    with pytest.raises(ValueError, match="complete"):
        constrained(np.full((3, 2), np.nan))


def test_pynapple_in_pynapple_out():
    basis, X = random_features()
    frame = nap.TsdFrame(t=np.arange(100.0), d=X)
    for values, kept in (constrained(frame), constrained_by_component(basis, frame)):
        assert type(values) is nap.TsdFrame
        assert type(kept) is np.ndarray
        same(values.values, X[:, kept])
        same(values.t, frame.t)


def test_single_precision_is_collinear_up_to_its_rounding():
    _, X = random_features()
    with pytest.warns(UserWarning, match="float32"):
        values, kept = constrained(X.astype(np.float32))
    same(kept, constrained(X)[1])
    assert values.dtype == np.float32
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        constrained(X.astype(np.float32), warn_if_float32=False)


def test_full_rank_keeps_everything():
    X = np.random.default_rng(0).normal(size=(30, 4))
    values, kept = constrained(X)
    same(kept, range(4))
    same(values, X)
    same(constrained(np.eye(3, dtype=int), add_intercept=False)[1], range(3))


def test_more_columns_than_rows():
    X = np.random.default_rng(0).normal(size=(3, 7))
    same(constrained(X)[1], [5, 6])
    same(constrained(X, add_intercept=False)[1], [4, 5, 6])


def test_what_is_no_feature_matrix():
    with pytest.raises(ValueError, match="rows and columns"):
        constrained(np.ones(3))
    with pytest.raises(TypeError, match="numbers"):
        constrained([["a", "b"]])
    with pytest.raises(ValueError, match="not known"):
        constrained_by_component(B.BSplineEval(4), np.ones((3, 4)))
    basis, X = random_features()
    with pytest.raises(ValueError, match="one entry per feature"):
        constrained_by_component(basis, X[:, 1:])


def test_a_fit_of_the_kept_columns_predicts_what_a_fit_of_all_predicts():
    _, X = random_features()
    y = np.random.default_rng(1).poisson(np.exp(X[:, 2]))
    kept = constrained(X)[1]
    all_of_them, some = (nmo.GLM().fit(Z, y).predict(Z) for Z in (X, X[:, kept]))
    np.testing.assert_allclose(all_of_them, some, rtol=1e-6)
