"""Bounds, samples outside of them, circles, constants, and inputs without a finite sample."""

import numpy as np
import pytest
from tests.basis.catalogue import EVALS, ids, inputs

from spikeglm import basis as nmo_basis

same = np.testing.assert_array_equal

NUMERIC = [row for row in EVALS if row.name != "Category"]
CIRCULAR = [row for row in NUMERIC if row.make().node.formula.family.wraps]
BOUNDED = [row for row in NUMERIC if row not in CIRCULAR and row.name != "Zero"]


@pytest.mark.parametrize("row", BOUNDED, ids=ids(BOUNDED))
@pytest.mark.parametrize("fill", [np.nan, 0.0, -7.5])
def test_samples_outside_of_bounds_are_filled_channel_by_channel(row, fill):
    basis = row.make().set_params(bounds=(0, 1), fill_value=fill)
    (x,) = inputs(basis, shape=(2,))
    clean = basis.compute_features(x)
    x[7, 1], x[8, 0] = 1.5, -0.1
    X = basis.compute_features(x)
    b = basis.n_basis_funcs
    if row.name != "OrthExponentialEval":  # the samples outside take part in orthogonalising
        same(X[7, :b], clean[7, :b])
        same(X[8, b:], clean[8, b:])
    same(X[7, b:], np.full(b, fill))
    same(X[8, :b], np.full(b, fill))
    same(basis.design(x).valid_rows(), np.isfinite(X).all(axis=1))


@pytest.mark.parametrize("row", CIRCULAR, ids=ids(CIRCULAR))
def test_circular_bases_wrap(row):
    basis = row.make().set_params(bounds=(0, 2))
    x = np.random.default_rng(0).uniform(0, 2, 30)
    X = basis.compute_features(x)
    np.testing.assert_allclose(basis.compute_features(x + 6), X, atol=1e-12)
    np.testing.assert_allclose(basis.compute_features(x - 2), X, atol=1e-12)


def test_bounds_are_the_unit_of_a_sample():
    basis = nmo_basis.BSplineEval(4, bounds=(10, 30))
    x = np.random.default_rng(0).uniform(size=20)
    unit = nmo_basis.BSplineEval(4, bounds=(0, 1)).compute_features(x)
    np.testing.assert_allclose(basis.compute_features(10 + 20 * x), unit, atol=1e-13)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("row", NUMERIC, ids=ids(NUMERIC))
def test_an_input_without_a_finite_sample_is_missing(row):
    basis = row.make()
    X = basis.compute_features(np.full((5, 2), np.nan))
    assert np.isnan(X).all()
    assert basis.compute_features(np.column_stack((np.full(9, np.nan), np.arange(9.0)))).shape[0]


def test_a_constant_input_is_the_lower_bound():
    same(nmo_basis.BSplineEval(4).compute_features([3.0, 3.0]), np.eye(4)[[0, 0]])


def test_a_number_is_one_sample():
    assert nmo_basis.BSplineEval(4, bounds=(0, 1)).compute_features(0.5).shape == (1, 4)
