"""Bases without bounds take the range of the data: a warning where it is another than before."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from tests.basis.catalogue import ALL, EVALS, ids, inputs

import spikeglm as nmo

B = nmo.basis
every = pytest.mark.parametrize("row", ALL, ids=ids(ALL))
RANGED = [row for row in EVALS if row.name not in ("IdentityEval", "Category", "Zero")]
ranged = pytest.mark.parametrize("row", RANGED, ids=ids(RANGED))
moved = pytest.warns(UserWarning, match="another range")


@pytest.fixture(autouse=True)
def no_other_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def half(xs):
    return [0.5 * x for x in xs]


@ranged
@pytest.mark.parametrize("method", ["compute_features", "design"])
def test_another_range_is_noticed(row, method):
    basis = row.make()
    xs = inputs(basis, shape=(2,))
    basis.setup_basis(*xs)
    with pytest.warns(UserWarning, match="another range") as caught:
        getattr(basis, method)(*half(xs))
    (warning,) = caught
    assert warning.filename == __file__
    for word in (basis.label, "[0, 1] to [0, 0.5]", "bounds", "design", "to_transformer"):
        assert word in str(warning.message)
    with moved:
        getattr(basis, method)(*xs)


@ranged
def test_the_features_are_those_of_the_new_range_nevertheless(row):
    basis = row.make()
    xs = inputs(basis)
    basis.compute_features(*xs)
    with moved:
        X = basis.compute_features(*half(xs))
    np.testing.assert_array_equal(X, row.make().compute_features(*half(xs)))


@every
def test_no_warning_without_a_reason(row):
    """The same data, nearly the same range, bounds, fitting, new data in a frozen range."""
    basis = row.make()
    xs = inputs(basis)
    basis.compute_features(*xs)
    basis.compute_features(*xs)
    basis.evaluate(*half(xs))
    if basis.n_output_features and "Category" not in row.name:
        basis.compute_features(*[0.995 * x for x in xs])
    basis.design(*xs).at(*half(xs))
    basis.setup_basis(*half(xs))
    if "Category" in row.name:
        return
    transformer = row.make().to_transformer()
    for data in (xs, half(xs)):
        transformer.fit(np.column_stack(data)).transform(np.column_stack(xs))


@ranged
def test_bounds_are_the_same_range(row):
    basis = row.make().set_params(bounds=(0, 1))
    xs = inputs(basis)
    basis.compute_features(*xs)
    basis.compute_features(*half(xs))


def test_every_part_and_input_is_looked_at():
    basis = B.BSplineEval(4, label="x") + B.FourierEval(3, ndim=2, label="place")
    x = np.linspace(0, 1, 9)
    basis.compute_features(x, x, x)
    with pytest.warns(UserWarning, match="'place' from") as caught:
        basis.compute_features(x, x, 3 * x)
    assert "'x'" not in str(caught[0].message)
    with pytest.warns(UserWarning, match="'x' from .* 'place' from"):
        basis.compute_features(2 * x, x, x)


def test_a_channel_without_a_sample_and_no_samples_have_no_range():
    basis = B.BSplineEval(4)
    x = np.linspace(5, 9, 8)[:, None] * [1, 1]
    gone = x.copy()
    gone[:, 1] = np.nan
    for data in (x, gone, x, x[:0], x):
        basis.compute_features(data)
        basis.setup_basis(x)


def test_other_channels_are_another_input():
    basis = B.BSplineEval(4)
    basis.compute_features(np.linspace(0, 1, 9))
    basis.compute_features(np.linspace(0, 5, 9)[:, None] * [1, 1])


def test_a_clone_starts_afresh_and_a_copy_remembers():
    basis = B.BSplineEval(4)
    x = np.linspace(0, 1, 9)
    basis.compute_features(x)
    clone(basis).compute_features(2 * x)
    with moved:
        pickle.loads(pickle.dumps(basis)).compute_features(2 * x)
