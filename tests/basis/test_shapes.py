"""Input shapes, and features and coefficients cut apart by part, channel and function."""

import numpy as np
import pynapple as nap
import pytest

import spikeglm as nmo

B = nmo.basis


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        (1, ()),
        (3, (3,)),
        (np.int64(3), (3,)),
        ((1,), (1,)),
        ((2, 3), (2, 3)),
        ((), ()),
        (np.ones(9), ()),
        (np.ones((9, 1)), (1,)),
        (np.ones((9, 2, 3)), (2, 3)),
    ],
)
def test_ways_to_say_a_shape(spec, shape):
    basis = B.BSplineEval(4)
    assert basis.set_input_shape(spec) is basis
    assert basis.input_shape == [shape]
    assert basis.n_output_features == 4 * int(np.prod(shape))


@pytest.mark.parametrize("spec", [0, -1, 1.0, (1.5,), (0,), "3", True, [3], 3.0])
def test_what_is_no_shape(spec):
    with pytest.raises(ValueError, match="shape"):
        B.BSplineEval(4).set_input_shape(spec)


def test_shapes_are_counted_and_can_be_forgotten():
    basis = B.BSplineEval(4) + B.HistoryConv(3)
    assert basis.input_shape == [None, None]
    assert basis.n_output_features is None
    with pytest.raises(ValueError, match="one shape per input"):
        basis.set_input_shape(1)
    assert basis.set_input_shape(1, (3,)).input_shape == [(), (3,)]
    assert basis.set_input_shape(None).input_shape == [None, None]
    assert B.FourierEval(3, ndim=2).set_input_shape(3, 3).input_shape == [(3,), (3,)]


def test_a_part_does_not_decide_shapes():
    basis = B.BSplineEval(4) + B.HistoryConv(3)
    with pytest.raises(ValueError, match="part of another"):
        basis.basis1.set_input_shape(2)


def test_features_are_split_by_part():
    basis = (B.BSplineEval(5, label="a") + B.MSplineEval(6)).set_input_shape((2, 3), 1)
    X = np.arange(7 * 36.0).reshape(7, 36)
    parts = basis.split_by_feature(X)
    assert list(parts) == ["a", "MSplineEval"]
    np.testing.assert_array_equal(parts["a"], X[:, :30].reshape(7, 2, 3, 5))
    np.testing.assert_array_equal(parts["MSplineEval"], X[:, 30:])
    for axis in (-1, 1):
        np.testing.assert_array_equal(basis.split_by_feature(X, axis)["a"], parts["a"])


def test_coefficients_are_split_along_their_first_axis():
    basis = (B.BSplineEval(5, label="a") + B.MSplineEval(6)).set_input_shape(3, 1)
    coef = np.random.default_rng(0).normal(size=(21, 4))
    parts = basis.split_by_feature(coef, axis=0)
    assert {name: part.shape for name, part in parts.items()} == {
        "a": (3, 5, 4),
        "MSplineEval": (6, 4),
    }
    np.testing.assert_array_equal(parts["a"][1, 2], coef[7])
    assert basis.split_by_feature(coef[:, 0], axis=0)["a"].shape == (3, 5)


def test_a_product_is_one_part():
    basis = B.BSplineEval(5) * B.MSplineEval(6)
    X = basis.compute_features(np.random.default_rng(0).normal(size=(9, 2)), np.ones((9, 2)))
    ((name, part),) = basis.split_by_feature(X).items()
    assert name == "(BSplineEval * MSplineEval)"
    assert part.shape == (9, 2, 30)


def test_one_channel_in_two_dimensions_keeps_its_axis():
    basis = B.BSplineEval(5).set_input_shape((1,))
    assert basis.split_by_feature(np.zeros((4, 5)))["BSplineEval"].shape == (4, 1, 5)


def test_pynapple_features_stay_pynapple():
    x = nap.TsdFrame(t=np.arange(9.0), d=np.random.default_rng(0).normal(size=(9, 2)))
    basis = B.BSplineEval(5, label="a") + B.IdentityEval()
    X = basis.compute_features(x, x[:, 0])
    parts = basis.split_by_feature(X)
    assert type(parts["a"]) is nap.TsdTensor
    assert type(parts["IdentityEval"]) is nap.TsdFrame
    np.testing.assert_array_equal(parts["a"].values.reshape(9, 10), X.values[:, :10])


@pytest.mark.parametrize(
    ("shape", "axis"), [((4, 9), 1), ((10, 4), 1), ((4, 10), 2), ((4, 10), -3)]
)
def test_an_axis_that_does_not_count_features(shape, axis):
    with pytest.raises(ValueError, match="axis"):
        B.BSplineEval(5).set_input_shape(2).split_by_feature(np.zeros(shape), axis)


def test_before_any_data_nothing_can_be_split():
    with pytest.raises(ValueError, match="not known yet"):
        B.BSplineEval(5).split_by_feature(np.zeros((4, 5)))


def test_shapes_follow_the_last_inputs():
    basis = B.BSplineEval(5)
    basis.compute_features(np.zeros((4, 2)))
    basis.compute_features(np.zeros(4))
    assert basis.input_shape == [()]
