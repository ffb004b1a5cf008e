"""The jax runner gives the sums of the threads, for every kernel and every kind of rows."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.engine.test_loss_kernels import GAMMA, VIEWS, problem
from tests.observation_models.catalogue import PAIRS, name_of

import spikeglm as nmo
from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.kernels import feature_kernels, loss_kernels, scale_kernels
from spikeglm.engine.kernels.softmax_kernels import Entries, Softmax, curvature_on
from spikeglm.engine.runners import jax_runner, threads
from spikeglm.engine.runners.jax_memory import DeviceMemory
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.table import Table
from spikeglm.observation_models import NegativeBinomialObservations
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.named import link_named, model_named
from spikeglm.rows import ArrayRows, StackedRows, StoredRows
from spikeglm.settings import Settings

jax = pytest.importorskip("jax")

POISSON = Likelihood(model_named("Poisson"), link_named("exp"))
SUBSETS = loss_kernels.Subsets(np.zeros(3), np.ones(3), [np.array([0, 2]), np.array([1])] * 2)
PARTIALS = {
    "moments": partial(feature_kernels.moments, views=VIEWS),
    "information_on": partial(loss_kernels.information_on, subsets=SUBSETS, size=3),
}
KERNELS = {kernel.__name__: kernel for kernel in jax_runner.COMPILED} | PARTIALS
of_kernels = pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)


def both(kernel, table, columns, W, b, *, memory=0, n_threads=1):
    """Sums by JAX and by threads."""
    how = plan(table.rows, columns.n_columns, settings=Settings(n_threads=1))
    kept = DeviceMemory(memory)
    ours = replace(how, runner="jax", n_threads=n_threads, device_memory=kept)
    return (
        jax_runner.run(kernel, table, columns, W, b, ours),
        threads.run(kernel, table, columns, W, b, how),
    )


def assert_same(mine, theirs, *, rtol=1e-10):
    assert type(mine) is type(theirs)
    for field, ours, expected in zip(mine._fields, mine, theirs, strict=True):
        assert ours.dtype == np.float64, field
        assert ours.flags.writeable, field
        size = np.abs(expected).max(initial=0.0)
        assert_allclose(ours, expected, rtol=rtol, atol=rtol * size, err_msg=field)


@of_kernels
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("offset", [True, False])
def test_every_kernel(kernel, weighted, offset):
    X, columns, W, b = problem(GAMMA, weighted=weighted, offset=offset)
    if kernel is scale_kernels.likelihood_of_scales:  # only counts with scales of their own have it
        scales = np.linspace(0.0, 0.4, columns.n_columns)
        scaled = NegativeBinomialObservations("estimate").at_scale(scales)
        columns = replace(columns, likelihood=Likelihood(scaled, link_named("exp")))
    keep = np.arange(len(X)) % 11 != 3
    assert_same(*both(kernel, Table.cut(ArrayRows(X), keep, 25), columns, W, b))


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids=name_of)
def test_every_model_and_link(pair):
    X, columns, W, b = problem(pair)
    table = Table.cut(ArrayRows(X), np.ones(len(X), bool), 32)
    assert_same(*both(loss_kernels.loss_and_hessian, table, columns, W, b))


def kinds(folder):
    rng = np.random.default_rng(2)
    values = rng.normal(size=(700, 4))
    stored = np.memmap(folder / "X.dat", np.float64, "w+", shape=values.shape)
    stored[:] = values
    stored.flush()
    counts = rng.poisson(0.5, (700, 2)).astype(np.int8)
    basis = nmo.basis.RaisedCosineLogConv(2, window_size=9)
    design = basis.design(counts)
    return {
        "array": ArrayRows(values),
        "float32": ArrayRows(values.astype(np.float32)),
        "counts": ArrayRows(np.repeat(counts, 2, axis=1)),
        "stored": StoredRows(np.memmap(folder / "X.dat", np.float64, "r", shape=values.shape)),
        "design": design,
        "stacked": StackedRows((ArrayRows(values[:, :2]), design), ("a", "b")),
    }


@pytest.mark.parametrize("kind", ["array", "float32", "counts", "stored", "design", "stacked"])
@pytest.mark.parametrize("memory", [0, 9_000, 10**9], ids=["streamed", "in part", "kept"])
@pytest.mark.parametrize("shifted", [False, True])
def test_every_kind_of_rows_streamed_or_kept(kind, memory, shifted, tmp_path):
    rows = kinds(tmp_path)[kind]
    rng = np.random.default_rng(3)
    p = rows.n_features
    y = rng.poisson(1.0, (700, 3)).astype(np.int16)
    columns = Columns(POISSON, Source.one_per_column(y))
    keep = rows.valid_rows() & (np.arange(700) % 90 != 40)
    table = Table.cut(rows, keep, 200).in_double()
    table = table.moved(np.linspace(0.1, 0.4, p)) if shifted else table
    W, b = rng.normal(0, 0.1, (p, 3)), np.zeros(3)
    for kernel in (feature_kernels.gram, loss_kernels.loss_and_gradient):
        assert_same(*both(kernel, table, columns, W, b, memory=memory, n_threads=3))


def test_float32_products_and_float64_sums():
    X, columns, W, b = problem(POISSON)
    table = Table.cut(ArrayRows(X), np.ones(len(X), bool), 25).in_single()
    assert_same(*both(loss_kernels.loss_and_gradient, table, columns, W, b), rtol=1e-5)
    rng, n = np.random.default_rng(8), 300_000
    values, y = rng.normal(1, 1, (n, 2)).astype(np.float32), rng.normal(5, 1, (n, 1))
    gaussian = Likelihood(model_named("Gaussian"), link_named("identity"))
    columns = Columns(gaussian, Source.one_per_column(y))
    table = Table.cut(ArrayRows(values), np.ones(n, bool), n)
    assert table.is_single
    for kernel in (loss_kernels.loss_and_gradient, feature_kernels.gram):
        how = replace(plan(table.rows, 1), runner="jax", device_memory=DeviceMemory(0))
        W, b = np.ones((2, 1)), np.zeros(1)
        mine = jax_runner.run(kernel, table, columns, W, b, how)
        exact = threads.run(kernel, table.in_double(), columns, W, b, how)
        assert_same(mine, exact, rtol=2e-6)


@pytest.mark.parametrize("n_columns", [1, 3, 5, 17, 33])
@pytest.mark.parametrize("kernel", [feature_kernels.gram, loss_kernels.loss_and_hessian])
def test_any_number_of_columns(kernel, n_columns):
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(90, 2)), rng.poisson(1.0, (90, 2)).astype(np.uint8)
    columns = Columns(
        POISSON,
        Source(y, np.arange(n_columns) % 2),
        Source(rng.uniform(0, 2, (90, 3)), np.arange(n_columns) % 3),
        Source(rng.normal(0, 0.1, (90, n_columns)), np.arange(n_columns)[::-1].copy()),
    )
    W, b = rng.normal(0, 0.2, (2, n_columns)), rng.normal(0, 0.2, n_columns)
    table = Table.cut(ArrayRows(X), np.ones(90, bool), 40)
    assert_same(*both(kernel, table, columns, W, b))


@pytest.mark.parametrize("n_neurons", [1, 3])
def test_classes_stay_in_their_order(n_neurons):
    rng = np.random.default_rng(5)
    X, K = rng.normal(size=(80, 3)), 4
    labels = rng.integers(0, K, (80, n_neurons))
    y = (labels[:, None] == np.arange(K)[:, None]).reshape(80, -1).astype(np.int8)
    columns = Columns(Softmax(K), Source.one_per_column(y))
    W, b = rng.normal(0, 0.3, (3, y.shape[1])), rng.normal(0, 0.3, y.shape[1])
    table = Table.cut(ArrayRows(X), np.ones(80, bool), 30)
    assert_same(*both(loss_kernels.loss_and_gradient, table, columns, W, b))
    entries = [Entries(np.array([0, 1, 3]), np.array([0, 2, 1]))] * n_neurons
    kernel = partial(curvature_on, entries=entries, centre=np.zeros(3), unit=np.ones(3))
    assert_same(*both(kernel, table, columns, W, b))


def test_rows_that_only_fill_a_shape_need_a_mean_no_model_has():
    """1/x has no mean where the linear predictor is zero, as it is for a row of zeros."""
    pair = Likelihood(model_named("Gamma"), link_named("one_over_x"))
    columns = Columns(pair, Source.one_per_column(np.ones((5, 3))))
    table = Table.cut(ArrayRows(np.ones((5, 1))), np.ones(5, bool), 5)
    for kernel in (loss_kernels.pearson, loss_kernels.loss_and_hessian):
        mine, theirs = both(kernel, table, columns, np.ones((1, 3)), np.zeros(3))
        assert_same(mine, theirs)
        assert all(np.isfinite(term).all() for term in mine)


def test_no_columns():
    X, columns, W, b = problem(POISSON)
    table, none = Table.cut(ArrayRows(X), np.ones(len(X), bool), 10), np.arange(0)
    assert_same(*both(loss_kernels.loss, table, columns.take(none), W[:, none], b[none]))
