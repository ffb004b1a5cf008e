"""Convolution against the sum that defines it, for every way of computing it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikeglm.basis.convolution import tiles
from spikeglm.basis.convolution.block_convolution import Convolution
from spikeglm.basis.convolution.thread_buffers import Scratch
from spikeglm.basis.convolution.tiles import DenseTiles, SparseTiles
from spikeglm.basis.convolution.window import Window
from spikeglm.basis.terms.conv_term import ConvRows
from spikeglm.io.interop.timeseries import TimeAxis
from spikeglm.rows.design import Signals, written_out

CHOICES = [
    ("causal", True, -1),
    ("causal", False, 0),
    ("anti-causal", True, None),
    ("anti-causal", False, None),
    ("acausal", None, None),
]


def naive(kernel, x, newest, epoch_starts=(0,)):
    """``sum_i kernel[i, j] x[t + newest - i, c]``, NaN where an index leaves the epoch of t."""
    (W, b), (n, S) = kernel.shape, x.shape
    out = np.full((n, S, b), np.nan)
    for first, last in zip(epoch_starts, [*epoch_starts[1:], n], strict=True):
        for t in range(first, last):
            oldest = t + newest - W + 1
            if oldest >= first and t + newest < last:
                window = x[oldest : t + newest + 1][::-1].astype(float)
                finite = np.isfinite(window).all(axis=0)
                out[t, finite] = np.einsum("ij,ic->cj", kernel, window[:, finite])
    return out


def convolved(kernel, x, window, epoch_starts=(0,)):
    axis = TimeAxis(np.arange(len(x)), None, np.asarray(epoch_starts, dtype=np.intp))
    rows = ConvRows(Convolution(kernel), window, Signals((x,), axis))
    return written_out(rows).reshape(len(x), x.shape[1], kernel.shape[1])


@st.composite
def problems(draw):
    n = draw(st.integers(1, 60))
    W = draw(st.integers(1, 12))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(W, draw(st.integers(1, 4))))
    if draw(st.booleans()):
        x = rng.normal(size=(n, draw(st.integers(1, 3))))
    else:
        x = rng.poisson(draw(st.sampled_from([0.05, 0.5, 3.0])), size=(n, 2)).astype(np.float64)
    for _ in range(draw(st.integers(0, 3))):
        x[rng.integers(n), rng.integers(x.shape[1])] = draw(st.sampled_from([np.nan, np.inf]))
    starts = sorted({0, *draw(st.lists(st.integers(0, n - 1), max_size=4))})
    causality, shift, _ = draw(st.sampled_from(CHOICES))
    return kernel, x, Window.of(W, causality, shift), starts


@given(problems())
def test_every_convolution_is_the_sum_that_defines_it(problem):
    kernel, x, window, starts = problem
    expected = naive(kernel, x, window.newest, starts)
    np.testing.assert_allclose(convolved(kernel, x, window, starts), expected, atol=1e-12)


@pytest.mark.parametrize(("causality", "shift", "newest"), CHOICES)
def test_where_the_window_lies(causality, shift, newest):
    window = Window.of(5, causality, shift)
    expected = {"causal": newest, "anti-causal": 5 if shift else 4, "acausal": 2}[causality]
    assert window.newest == expected
    assert Window.of(4, "acausal").newest == 2  # one more in the past


def _by_events(kernel, x, dtype=np.float64):
    return _written(SparseTiles.of(kernel, np.dtype(dtype)).write, kernel, x, dtype)


def _by_products(kernel, x, dtype=np.float64):
    return _written(DenseTiles.of(kernel, np.dtype(dtype)).write, kernel, x, dtype)


def _by_fft(kernel, x, dtype=np.float64):
    return _written(Convolution(kernel)._overlap_save, kernel, x, dtype)


def _written(write, kernel, x, dtype):
    """The convolution by one way of computing it, where every row's window fits."""
    out = np.full((len(x) - len(kernel) + 1, x.shape[1], kernel.shape[1]), 99.0, dtype)
    write(x, out)
    return out


@pytest.mark.parametrize("way", [_by_events, _by_products, _by_fft])
@pytest.mark.parametrize(
    ("n", "S", "W", "b"),
    [
        *[(50, 1, 7, 3), (3000, 2, 40, 5), (2500, 37, 100, 8), (1500, 1, 400, 2), (200, 3, 1, 1)],
        *[(1700, 2, 600, 3), (40, 2, 40, 2)],
    ],
)
@pytest.mark.parametrize("rate", [0.0, 0.02, 1.5])
def test_every_way_agrees_with_the_sum(way, n, S, W, b, rate):
    rng = np.random.default_rng(1)
    kernel, x = rng.normal(size=(W, b)), rng.poisson(rate, size=(n, S))
    expected = np.zeros((n - W + 1, S, b))
    for i in range(W):
        expected += x[W - 1 - i : n - i, :, None] * kernel[i]
    np.testing.assert_allclose(way(kernel, x), expected, atol=1e-11)
    terms = np.abs(kernel).sum() * (1 + x.max())
    single = way(kernel, x, np.float32)
    np.testing.assert_allclose(single, expected, atol=terms * np.finfo(np.float32).eps)


@pytest.mark.parametrize("way", [_by_events, _by_products])
@pytest.mark.parametrize("numbers", [2**6, 2**10, 2**14])
def test_cutting_the_block_does_not_change_the_sum(monkeypatch, way, numbers):
    rng = np.random.default_rng(2)
    kernel, x = rng.normal(size=(20, 3)), rng.poisson(0.1, size=(500, 7))
    whole = way(kernel, x)
    monkeypatch.setattr(tiles, "_PIECE_NUMBERS", numbers)
    np.testing.assert_allclose(way(kernel, x), whole, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, bool, np.float32, np.float64])
def test_counts_of_any_dtype_add_the_same_kernels(dtype):
    rng = np.random.default_rng(3)
    kernel, x = rng.normal(size=(20, 3)), rng.poisson(0.1, size=(500, 7)) > 0
    np.testing.assert_array_equal(_by_events(kernel, x.astype(dtype)), _by_events(kernel, x))


def test_features_are_written_wherever_they_belong():
    """Next to other features, and as every second one: as inside of sums and products."""
    rng = np.random.default_rng(4)
    kernel, x = rng.normal(size=(20, 3)), rng.poisson(0.1, size=(500, 7))
    whole = _by_events(kernel, x)
    for out in (np.zeros((481, 40))[:, 5:26].reshape(481, 7, 3), np.zeros((481, 7, 6))[..., ::2]):
        Convolution(kernel).write(x, out)
        np.testing.assert_array_equal(out, whole)


def test_one_busy_channel_among_silent_ones():
    rng = np.random.default_rng(3)
    x = np.zeros((900, 200))
    x[:, 7] = rng.normal(size=900)
    kernel = rng.normal(size=(300, 2))
    out = np.empty((601, 200, 2))
    Convolution(kernel).write(x, out)
    for channel in (6, 7, 8):
        expected = naive(kernel, x[:, [channel]], 0)[299:, 0]
        np.testing.assert_allclose(out[:, channel], expected, atol=1e-11)


def test_what_is_cheap():
    rng = np.random.default_rng(5)
    kernel, single, double = rng.normal(size=(100, 8)), np.dtype("f4"), np.dtype("f8")
    few, many = rng.poisson(0.02, size=(500, 7)), rng.normal(size=(500, 7))

    def cheapest(x, dtype, kernel=kernel):
        return getattr(Convolution(kernel)._cheapest(x, dtype), "__func__", None)

    assert cheapest(few, single) is cheapest(few, double) is SparseTiles.write
    assert cheapest(many, single) is DenseTiles.write
    assert cheapest(many, double) is Convolution._overlap_save
    # Written out for tiles, a long kernel would take gigabytes.
    long = np.broadcast_to(1.0, (10**6, 8))
    assert cheapest(np.zeros((10, 7)), double, long) is Convolution._overlap_save


def test_spike_counts_give_exact_zeros_far_from_spikes():
    x = np.zeros((300, 1))
    x[100] = 3
    kernel = np.random.default_rng(0).normal(size=(10, 2))
    out = convolved(kernel, x, Window.of(10))[10:, 0]
    assert np.count_nonzero(out.any(axis=1)) == 10
    np.testing.assert_array_equal(out[91:101], 3 * kernel)


def test_without_the_sparse_loop_every_signal_goes_through_the_fft(monkeypatch):
    monkeypatch.setattr(tiles, "csr_matvecs", None)
    rng = np.random.default_rng(0)
    kernel, x = rng.normal(size=(5, 2)), rng.poisson(0.01, size=(200, 2)).astype(float)
    out = convolved(kernel, x, Window.of(5))
    np.testing.assert_allclose(out, naive(kernel, x, -1), atol=1e-12)


def test_lags_are_copied_not_computed():
    x = np.random.default_rng(0).normal(size=(50, 2)) * 1e300
    out = convolved(np.eye(4), x, Window.of(4))
    for j in range(4):
        np.testing.assert_array_equal(out[4:, :, j], x[3 - j : 49 - j])


def test_a_huge_sample_does_not_leak_into_another_channel():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2))
    x[200, 0] = 1e15
    kernel = rng.normal(size=(30, 3))
    out = convolved(kernel, x, Window.of(30))
    np.testing.assert_allclose(out[:, 1], naive(kernel, x[:, 1:], -1)[:, 0], atol=1e-12)


@pytest.mark.filterwarnings("error")
def test_finite_samples_whose_sum_overflows_are_finite():
    out = convolved(np.eye(2), np.full((20, 1), 1e308), Window.of(2))
    np.testing.assert_array_equal(out[2:], 1e308)


def test_every_epoch_shorter_than_the_window_is_missing():
    x = np.ones((12, 1))
    out = convolved(np.ones((5, 1)), x, Window.of(5), [0, 4, 8])
    assert np.isnan(out).all()


def test_scratch_belongs_to_a_thread():
    from concurrent.futures import ThreadPoolExecutor

    scratch = Scratch()
    here = scratch.array("a", (3,))
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(lambda: scratch.array("a", (3,))).result()
    assert not np.shares_memory(here, there)
    assert np.shares_memory(here, scratch.array("a", (2,)))
