"""A design reads what compute_features writes, in any blocks, and keeps its meaning."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pynapple as nap
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.basis.catalogue import ALL, ids, inputs

import spikeglm as nmo
from spikeglm.rows import ArrayRows, StackedRows
from spikeglm.rows.contract import Rows, read_as
from spikeglm.rows.sections import Section

B = nmo.basis
every = pytest.mark.parametrize("row", ALL, ids=ids(ALL))


@every
def test_what_every_table_of_rows_offers(row):
    basis = row.make()
    design = basis.design(*inputs(basis, shape=(2,)))
    assert isinstance(design, Rows)
    assert design.shape == (design.n_rows, design.n_features) == (40, basis.n_output_features)
    assert design.ndim == 2
    assert len(design) == 40
    assert design.dtype == np.float64
    assert len(design.feature_names) == len(set(design.feature_names)) == design.n_features
    assert design.time_axis is None


@st.composite
def readings(draw):
    row = draw(st.sampled_from(ALL))
    n = draw(st.integers(8, 60))
    shape = draw(st.sampled_from([(), (1,), (2,)]))
    basis = row.make()
    xs = inputs(basis, n=n, shape=shape, seed=draw(st.integers(0, 99)))
    if "Orth" not in row.name:
        for x in xs:
            for t in draw(st.lists(st.integers(0, n - 1), max_size=2)):
                x[t] = draw(st.sampled_from([np.nan, np.inf]))
    cuts = draw(st.lists(st.integers(0, n), max_size=5))
    starts = sorted({0, *draw(st.lists(st.integers(0, n - 1), max_size=3))})
    return basis, xs, sorted({0, *cuts, n}), starts


@given(readings())
def test_blocks_are_the_rows_of_compute_features(reading):
    basis, xs, cuts, starts = reading
    n = len(xs[0])
    ends = [*starts[1:], n]
    support = nap.IntervalSet([s - 0.25 for s in starts], [e - 0.75 for e in ends])
    series = [nap.TsdTensor(t=np.arange(float(n)), d=_cube(x), time_support=support) for x in xs]
    X = basis.compute_features(*series).values
    design = basis.design(*series)
    blocks = [design.read(a, z) for a, z in pairwise(cuts)]
    np.testing.assert_allclose(np.concatenate(blocks), X, atol=1e-12)
    np.testing.assert_array_equal(design.valid_rows(), np.isfinite(X).all(axis=1))
    np.testing.assert_allclose(design.to_array(), X, atol=1e-12)
    single, size = design.read_as(0, n, dtype=np.dtype(np.float32)), np.abs(X[np.isfinite(X)])
    np.testing.assert_allclose(single, X, atol=1e-5 * size.max(initial=0), rtol=1e-5)
    assert all(block.flags.c_contiguous for block in blocks)
    np.testing.assert_array_equal(design.time_axis.epoch_starts, starts)


def _cube(x):
    return x.reshape(len(x), -1, 1)


@every
def test_float32_blocks_are_those_of_float64_rounded(row):
    basis = row.make()
    xs = inputs(basis, n=500)
    design = basis.design(*xs)
    whole = Section(StackedRows((design, ArrayRows(np.arange(500)[:, None])), ("a", "b")), 100, 400)
    X, single = whole.read(7, 250), read_as(whole, 7, 250, dtype=np.dtype(np.float32))
    assert single.dtype == np.float32
    size = np.nanmax(np.abs(X), initial=0)
    np.testing.assert_allclose(single, X, rtol=1e-5, atol=1e-6 * size)


@every
def test_threads_read_the_same(row):
    basis = row.make()
    xs = inputs(basis, n=500)
    design = basis.design(*xs)
    X = basis.compute_features(*xs)
    with ThreadPoolExecutor(4) as pool:
        blocks = list(pool.map(lambda s: design.read(s, s + 23), [*range(0, 500, 23)] * 3))
    np.testing.assert_allclose(np.concatenate(blocks[:22]), X, atol=1e-12)
    for first, again in zip(blocks[:22], blocks[22:44], strict=True):
        np.testing.assert_array_equal(first, again)


def test_reading_beyond_the_end_reads_to_the_end():
    design = B.HistoryConv(2).design(np.arange(5.0))
    assert design.read(3, 99).shape == (2, 2)
    assert design.read(4, 4).shape == (0, 2)
    assert design.read(9, 12).shape == (0, 2)


def test_a_block_belongs_to_the_reader():
    design = B.HistoryConv(2).design(np.arange(9.0))
    block = design.read(2, 6)
    block[:] = 7
    assert (design.read(2, 6) != 7).all()


def test_signals_are_not_copied():
    counts = np.random.default_rng(0).poisson(1, size=(100, 3))
    design = B.RaisedCosineLogConv(4, 10).design(counts)
    assert np.shares_memory(design.source.signals.arrays[0], counts)


@every
def test_new_data_is_placed_in_the_frozen_ranges(row):
    """The features of a part of the data are the same part of the features of all data."""
    basis = row.make()
    xs = inputs(basis, n=60)
    design = basis.design(*xs)
    X = design.to_array()
    part = design.at(*[x[20:50] for x in xs])
    assert part.shape == (30, design.n_features)
    assert part.feature_names == design.feature_names
    inner = slice(10, 20)  # beyond the reach of all windows of the catalogue
    np.testing.assert_allclose(part.to_array()[inner], X[20:50][inner], atol=1e-12)


def test_samples_outside_of_a_frozen_range_are_filled():
    train, test = np.array([0.0, 1.0, 0.5]), np.array([0.5, 1.5, -0.1])
    for fill in (np.nan, 0.0):
        design = B.BSplineEval(4, fill_value=fill).design(train).at(test)
        X = design.to_array()
        np.testing.assert_array_equal(X[1:], np.full((2, 4), fill))
        np.testing.assert_array_equal(design.valid_rows(), np.isfinite(X).all(axis=1))
        np.testing.assert_array_equal(X[0], B.BSplineEval(4).design(train).to_array()[2])


def test_a_basis_that_changes_does_not_change_its_designs():
    basis = B.BSplineEval(4) + B.HistoryConv(2)
    x = np.random.default_rng(0).normal(size=20)
    design = basis.design(x, x)
    before = design.to_array()
    basis.set_params(BSplineEval__n_basis_funcs=7, HistoryConv__window_size=5)
    basis.basis2.conv_kwargs["shift"] = False
    np.testing.assert_array_equal(design.to_array(), before)


def test_new_data_must_look_like_the_old():
    design = (B.HistoryConv(2) + B.BSplineEval(4)).design(np.ones((9, 2)), np.arange(9.0))
    x = np.arange(9.0)
    with pytest.raises(TypeError, match="2 input"):
        design.at(x)
    with pytest.raises(ValueError, match="shape"):
        design.at(x, x)
    with pytest.raises(ValueError, match="number of samples"):
        design.at(np.ones((9, 2)), x[:5])


def test_epochs_of_new_data_are_its_own():
    design = B.HistoryConv(2).design(np.arange(6.0))
    support = nap.IntervalSet([0, 3], [2.5, 6])
    new = design.at(nap.Tsd(t=np.arange(6.0), d=np.arange(6.0), time_support=support))
    np.testing.assert_array_equal(new.valid_rows(), [False, False, True] * 2)
    assert design.valid_rows().sum() == 4


@every
def test_a_design_can_be_sent_to_another_process(row):
    basis = row.make()
    design = basis.design(*inputs(basis))
    design.to_array()
    design.valid_rows()
    twin = pickle.loads(pickle.dumps(design))
    np.testing.assert_array_equal(twin.to_array(), design.to_array())
    np.testing.assert_array_equal(twin.valid_rows(), design.valid_rows())


def test_names_of_features():
    basis = (
        B.HistoryConv(2, label="coupling")
        + B.IdentityEval(label="speed")
        + B.BSplineEval(2, order=2, label="x") * B.Zero()
        + B.IdentityEval(label="image")
    )
    xs = [np.ones((5, 2)), np.ones(5), np.ones(5), np.ones(5), np.ones((5, 1, 2))]
    assert basis.design(*xs).feature_names == (
        "coupling[0,0]",
        "coupling[0,1]",
        "coupling[1,0]",
        "coupling[1,1]",
        "speed[0]",
        "image[0,0,0]",
        "image[0,1,0]",
    )


def test_validity_is_computed_once():
    design = B.HistoryConv(2).design(np.arange(6.0))
    assert design.valid_rows() is design.valid_rows()
    with pytest.raises(ValueError, match="read-only"):
        design.valid_rows()[0] = True


@pytest.mark.parametrize("n_threads", [1, 3])
def test_the_number_of_threads_changes_nothing(n_threads):
    x = np.random.default_rng(0).normal(size=5000)
    basis = B.BSplineConv(5, 20) + B.BSplineEval(5)
    expected = basis.design(x, x).to_array()
    with nmo.config_context(n_threads=n_threads):
        np.testing.assert_array_equal(basis.compute_features(x, x), expected)


def test_reading_costs_the_block_not_the_table():
    """A million rows by a thousand features would be 8 GB; a block of it is not."""
    counts = np.zeros((1_000_000, 10), dtype=np.uint8)
    counts[500_000] = 1
    design = B.HistoryConv(100).design(counts)
    assert design.shape == (1_000_000, 1000)
    block = design.read(500_000, 500_200)
    assert block.sum() == 1000
    assert design.valid_rows().sum() == 999_900
