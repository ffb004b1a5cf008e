"""``create_convolutional_predictor``: NeMoS's table of causalities, containers and errors."""

import numpy as np
import pynapple as nap
import pytest

from spikeglm.convolve import create_convolutional_predictor

NAN = np.nan
KERNEL = np.array([[1.0], [2.0], [3.0]])
IMPULSE = np.eye(8)[2]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [NAN, NAN, NAN, 1, 2, 3, 0, 0]),
        ({"shift": False}, [NAN, NAN, 1, 2, 3, 0, 0, 0]),
        ({"predictor_causality": "acausal"}, [NAN, 1, 2, 3, 0, 0, 0, NAN]),
        ({"predictor_causality": "anti-causal"}, [2, 3, 0, 0, 0, NAN, NAN, NAN]),
        (
            {"predictor_causality": "anti-causal", "shift": False},
            [1, 2, 3, 0, 0, 0, NAN, NAN],
        ),
    ],
)
def test_an_impulse(options, expected):
    got = create_convolutional_predictor(KERNEL, IMPULSE, **options)
    assert got.shape == (8, 1)
    np.testing.assert_array_equal(got[:, 0], expected)


def test_an_acausal_window_of_even_length_has_its_extra_bin_in_the_past():
    kernel = np.array([[1.0], [2.0], [3.0], [4.0]])
    with pytest.warns(UserWarning, match="even"):
        got = create_convolutional_predictor(kernel, IMPULSE, "acausal")
    np.testing.assert_array_equal(got[:, 0], [NAN, 2, 3, 4, 0, 0, NAN, NAN])


def test_a_missing_sample():
    x = IMPULSE.copy()
    x[4] = NAN
    got = create_convolutional_predictor(KERNEL, x)
    np.testing.assert_array_equal(got[:, 0], [NAN, NAN, NAN, 1, 2, NAN, NAN, NAN])


def test_a_missing_sample_counts_even_where_the_kernel_is_zero():
    got = create_convolutional_predictor(np.array([[1.0], [0.0], [0.0]]), [0, NAN, 0, 0, 0, 0])
    np.testing.assert_array_equal(got[:, 0], [NAN, NAN, NAN, NAN, NAN, 0])


def test_axes():
    x = np.random.default_rng(0).normal(size=(2, 8, 3))
    got = create_convolutional_predictor(KERNEL, x, axis=1)
    assert got.shape == (2, 8, 3, 1)
    moved = create_convolutional_predictor(KERNEL, np.moveaxis(x, 1, 0))
    np.testing.assert_array_equal(np.moveaxis(got, 1, 0), moved)
    assert create_convolutional_predictor(KERNEL, x[:, :, 0], axis=1).shape == (2, 8, 1)


def test_lists_of_numbers_are_series_and_lists_of_series_are_trees():
    assert create_convolutional_predictor(KERNEL, [0, 1, 0, 0]).shape == (4, 1)
    assert create_convolutional_predictor(KERNEL, [[0, 1]] * 4).shape == (4, 2, 1)
    long, short = np.zeros(9), np.zeros((5, 2))
    tree = create_convolutional_predictor(KERNEL, {"a": long, "b": [short, long]})
    assert tree["a"].shape == (9, 1)
    assert [part.shape for part in tree["b"]] == [(5, 2, 1), (9, 1)]
    pair = create_convolutional_predictor(KERNEL, (long, short))
    assert type(pair) is tuple


@pytest.mark.parametrize("shape", [(10,), (10, 3)])
def test_pynapple_epochs(shape):
    x = np.random.default_rng(0).normal(size=shape)
    epochs = nap.IntervalSet([0, 5], [4.5, 9.5])
    cls = nap.Tsd if len(shape) == 1 else nap.TsdFrame
    series = cls(t=np.arange(10.0), d=x, time_support=epochs)
    got = create_convolutional_predictor(KERNEL, series)
    assert type(got) is (nap.TsdFrame if len(shape) == 1 else nap.TsdTensor)
    halves = [create_convolutional_predictor(KERNEL, part) for part in (x[:5], x[5:])]
    np.testing.assert_allclose(got.values, np.concatenate(halves), atol=1e-14)
    np.testing.assert_array_equal(got.t, series.t)


def test_history_of_two_epochs():
    epochs = nap.IntervalSet([0, 5], [4.5, 9.5])
    series = nap.Tsd(t=np.arange(10.0), d=np.arange(1.0, 11.0), time_support=epochs)
    got = create_convolutional_predictor(np.eye(2), series).values
    missing = [NAN, NAN]
    expected = [missing, missing, [2, 1], [3, 2], [4, 3]]
    expected += [missing, missing, [7, 6], [8, 7], [9, 8]]
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    "batches",
    [
        {"batch_size_samples": 3},
        {"batch_size_samples": 10**6},
        {"batch_size_channels": 1, "batch_size_basis": 1},
    ],
)
def test_batches_change_nothing(batches):
    x = np.random.default_rng(0).normal(size=(50, 3))
    got = create_convolutional_predictor(KERNEL, x, **batches)
    np.testing.assert_array_equal(got, create_convolutional_predictor(KERNEL, x))


def test_a_series_shorter_than_the_window_is_all_missing():
    with pytest.warns(UserWarning, match="shorter"):
        got = create_convolutional_predictor(KERNEL, np.ones(2))
    assert got.shape == (2, 1)
    assert np.isnan(got).all()


def test_one_bin_windows():
    got = create_convolutional_predictor([[2.0]], [1, 2, 3])
    np.testing.assert_array_equal(got[:, 0], [NAN, 2, 4])


@pytest.mark.parametrize(
    ("kernel", "series", "options"),
    [
        (np.ones(3), IMPULSE, {}),
        (np.ones((0, 1)), IMPULSE, {}),
        (np.full((3, 1), NAN), IMPULSE, {}),
        (KERNEL, np.ones((0,)), {}),
        (KERNEL, np.ones((8, 0)), {}),
        (KERNEL, 3.0, {}),
        (KERNEL, IMPULSE, {"axis": 1}),
        (KERNEL, IMPULSE, {"axis": -1}),
        (KERNEL, IMPULSE, {"predictor_causality": "acausal", "shift": True}),
        (KERNEL, IMPULSE, {"predictor_causality": "later"}),
        (KERNEL, IMPULSE, {"batch_size_samples": 0}),
        (KERNEL, IMPULSE, {"batch_size_samples": 2}),
        (KERNEL, IMPULSE, {"batch_size_channels": 1.5}),
        (KERNEL, IMPULSE, {"batch_size_basis": -1}),
        (KERNEL, nap.TsdFrame(t=np.arange(4.0), d=np.ones((4, 2))), {"axis": 1}),
    ],
)
def test_what_cannot_be_convolved(kernel, series, options):
    with pytest.raises(ValueError, match="Expected"):
        create_convolutional_predictor(kernel, series, **options)
