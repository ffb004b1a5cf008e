"""Rows in memory: views, and which of them are finite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from spikeglm.rows import ArrayRows, Rows
from spikeglm.rows.arrays import finite_rows

anything = st.sampled_from([0.0, 1.0, -1e308, 1e308, np.nan, np.inf, -np.inf])


def test_an_array_is_rows():
    values = np.arange(12.0).reshape(4, 3)
    rows = ArrayRows(values)
    assert isinstance(rows, Rows)
    assert (rows.n_rows, rows.n_features, rows.dtype) == (4, 3, np.float64)
    assert rows.feature_names == ("x0", "x1", "x2")
    assert ArrayRows(values, ("a", "b", "c")).feature_names == ("a", "b", "c")
    assert rows.time_axis is None


def test_arrays_themselves_are_not_rows():
    assert not isinstance(np.ones((2, 2)), Rows)


@pytest.mark.parametrize(("start", "stop"), [(0, 4), (1, 3), (2, 2)])
def test_reading_is_a_view(start, stop):
    values = np.arange(12.0).reshape(4, 3)
    block = ArrayRows(values).read(start, stop)
    assert_array_equal(block, values[start:stop])
    assert np.shares_memory(block, values) or block.size == 0


@given(
    hnp.arrays(
        st.sampled_from(["f2", "f4", "f8"]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=anything.filter(lambda v: abs(v) < 2 or not np.isfinite(v)),
    )
)
def test_finite_rows_are_those_whose_entries_are_finite(values):
    assert_array_equal(finite_rows(values), np.isfinite(values).all(axis=1))
    assert_array_equal(ArrayRows(values).valid_rows(), np.isfinite(values).all(axis=1))


@given(hnp.arrays("f8", hnp.array_shapes(min_dims=1, max_dims=2, max_side=12), elements=anything))
def test_sums_that_overflow_or_cancel_hide_nothing(values):
    expected = np.isfinite(values) if values.ndim == 1 else np.isfinite(values).all(axis=1)
    assert_array_equal(finite_rows(values), expected)


@pytest.mark.parametrize("row", [0, 16383, 16384, 40_000, 49_999])
def test_a_gap_is_found_wherever_the_scan_is(row):
    values = np.zeros((50_000, 2), np.float32)
    values[row, 1] = np.nan
    assert_array_equal(np.flatnonzero(~finite_rows(values)), [row])


@pytest.mark.parametrize("dtype", ["i1", "u2", "?", "i8"])
def test_whole_numbers_are_finite(dtype):
    assert finite_rows(np.ones((5, 2), dtype)).all()


def test_no_rows_and_no_features():
    assert finite_rows(np.ones((0, 3))).shape == (0,)
    assert finite_rows(np.ones((3, 0))).all()
