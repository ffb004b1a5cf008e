"""What enters comes out as the same numbers; what is not numbers is refused with advice."""

import datetime
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pynapple as nap
import pytest
import scipy.sparse

import spikeglm
from spikeglm.io.interop.timeseries import is_pynapple, time_axis_of, to_array, to_pynapple

TIMES = np.arange(10) * 0.1
EPOCHS = nap.IntervalSet(start=[0.0, 0.45, 2.0], end=[0.35, 0.95, 3.0])


def test_numpy_passes_through_without_a_copy():
    x = np.arange(6.0).reshape(2, 3)
    assert to_array(x, name="x") is x


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float32, np.float64])
def test_real_dtypes_are_kept(dtype):
    assert to_array(np.ones(3, dtype), name="x").dtype == dtype


@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        pd.Series,
        lambda x: pd.Series(x, dtype="Float64"),
        lambda x: nap.Tsd(t=TIMES[:3], d=x),
        jnp.asarray,
    ],
)
def test_every_container_gives_the_same_numbers(make):
    np.testing.assert_array_equal(to_array(make([1.0, 2.0, 4.0]), name="x"), [1.0, 2.0, 4.0])


@pytest.mark.parametrize("make", [list, pd.DataFrame, lambda x: nap.TsdFrame(t=TIMES[:2], d=x)])
def test_two_dimensional_containers(make):
    rows = np.array([[1, 2, 3], [4, 5, 6]])
    values = rows.tolist() if make is list else rows
    np.testing.assert_array_equal(to_array(make(values), name="x"), rows)


def test_missing_values_of_nullable_pandas_are_nan():
    got = to_array(pd.Series([1, None, 3], dtype="Int64"), name="x")
    np.testing.assert_array_equal(got, [1.0, np.nan, 3.0])


@pytest.mark.parametrize(
    ("bad", "advice"),
    [
        ("abc", "real numbers"),
        (None, "real numbers"),
        (["a", "b"], "numbers"),
        (np.array([1j]), "real part"),
        ([[1, 2], [3]], "equally long"),
        (np.array([1, None], dtype=object), "np.nan"),
        (np.array(["2020-01-01"], dtype="datetime64[s]"), "seconds"),
        ([datetime.timedelta(1)], "numbers"),
        (np.ma.masked_array([1.0, 2.0], [False, True]), "filled"),
        (scipy.sparse.csr_array(np.eye(2)), "toarray"),
        ({"a": [1.0]}, "one by one"),
        (nap.Ts(t=TIMES), "count"),
        (nap.TsGroup({0: nap.Ts(t=TIMES)}), "count"),
    ],
)
def test_what_is_not_numbers_is_refused_with_advice(bad, advice):
    with pytest.raises(TypeError, match=advice) as error:
        to_array(bad, name="the stimulus")
    assert "the stimulus" in str(error.value)


def test_no_time_axis_without_pynapple():
    assert time_axis_of(np.ones(3), [1, 2, 3]) is None


def test_epoch_starts_skip_epochs_without_rows():
    axis = time_axis_of(np.ones(10), nap.Tsd(t=TIMES, d=TIMES, time_support=EPOCHS))
    np.testing.assert_array_equal(axis.epoch_starts, [0, 4])  # t = 0.4 lies in no epoch
    assert len(axis) == 9


def test_the_axis_keeps_columns_and_metadata():
    frame = nap.TsdFrame(t=TIMES, d=np.ones((10, 2)), columns=["a", "b"], metadata={"area": [1, 2]})
    axis = time_axis_of(frame)
    assert axis.columns == ("a", "b")
    back = to_pynapple(frame.values, axis, columns=axis.columns, metadata=axis.metadata)
    assert list(back.columns) == ["a", "b"]
    np.testing.assert_array_equal(back.metadata["area"], [1, 2])


def test_an_empty_series_has_an_axis():
    axis = time_axis_of(nap.Tsd(t=np.array([]), d=np.array([])))
    assert len(axis) == 0
    np.testing.assert_array_equal(axis.epoch_starts, [0])


@pytest.mark.parametrize(
    ("shape", "cls"), [((10,), nap.Tsd), ((10, 2), nap.TsdFrame), ((10, 2, 3), nap.TsdTensor)]
)
def test_round_trip(shape, cls):
    x = cls(t=TIMES, d=np.random.default_rng(0).normal(size=shape))
    back = to_pynapple(to_array(x, name="x"), time_axis_of(x))
    assert type(back) is cls
    assert is_pynapple(back)
    np.testing.assert_array_equal(back.values, x.values)
    np.testing.assert_array_equal(back.t, x.t)
    np.testing.assert_array_equal(back.time_support.values, x.time_support.values)


def test_values_must_have_one_row_per_time():
    with pytest.raises(ValueError, match="10 rows"):
        to_pynapple(np.ones(3), time_axis_of(nap.Tsd(t=TIMES, d=TIMES)))


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (nap.Tsd(t=TIMES[:9], d=TIMES[:9]), "length"),
        (nap.Tsd(t=TIMES + 1e-3, d=TIMES), "times"),
        (nap.Tsd(t=TIMES + 1e-3, d=TIMES), r"from 0 to 0.9 s .*from 0.001 to 0.901 s"),
        (nap.Tsd(t=TIMES[:9], d=TIMES[:9]), r"\.count\(bin, ep=epochs\)"),
    ],
)
def test_disagreeing_time_axes_are_refused(other, what):
    first = nap.Tsd(t=TIMES, d=TIMES)
    with pytest.raises(ValueError, match=what):
        time_axis_of(first, other)


WHOLE, HALVES = nap.IntervalSet(-1.0, 2.0), nap.IntervalSet([0.0, 0.45], [0.41, 1.0])


@pytest.mark.parametrize("first", [WHOLE, HALVES])
@pytest.mark.parametrize("second", [WHOLE, HALVES])
def test_equal_times_with_another_time_support_pair_and_no_window_crosses_a_border(first, second):
    """The epochs are those of the first object; a border in either is a border."""
    xs = [nap.Tsd(t=TIMES, d=TIMES, time_support=epochs) for epochs in (first, second)]
    axis = time_axis_of(*xs)
    assert axis.time_support is xs[0].time_support
    borders = [0] if first is second is WHOLE else [0, 5]
    np.testing.assert_array_equal(axis.epoch_starts, borders)
    basis = spikeglm.basis.HistoryConv(2, label="a") + spikeglm.basis.HistoryConv(2, label="b")
    features = basis.compute_features(*xs)
    lost = np.isnan(features.values).any(axis=1)
    np.testing.assert_array_equal(np.flatnonzero(lost), np.ravel([[b, b + 1] for b in borders]))


def test_times_may_differ_below_the_precision_of_pynapple():
    first = nap.Tsd(t=TIMES, d=TIMES)
    assert len(time_axis_of(first, nap.Tsd(t=TIMES + 1e-11, d=TIMES))) == 10


def test_numpy_input_imports_neither_pynapple_nor_jax():
    code = (
        "import sys, numpy as np;"
        "from spikeglm.io.interop.timeseries import to_array, time_axis_of;"
        "to_array(np.ones(3), name='x'); time_axis_of(np.ones(3));"
        "print([m for m in ('pynapple', 'jax') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
