"""Kernels against dense algebra; and sums add, whatever the blocks, threads or namespace."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.observation_models.catalogue import PAIRS, RESPONSES, double_precision, name_of

from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.coordinates.block_diagonal import BlockDiagonal
from spikeglm.engine.coordinates.whitening import Whitening
from spikeglm.engine.kernels import feature_kernels, loss_kernels
from spikeglm.engine.kernels.feature_kernels import View
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.runners.threads import in_shares, run
from spikeglm.engine.table import Table
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.named import link_named, model_named
from spikeglm.rows import ArrayRows
from spikeglm.settings import get_config

MEAN, UNIT = np.array([0.1, 0.0, -0.3]), np.array([1.0, 0.5, 2.0])
DIRECTIONS = np.tri(3, 2)
VIEWS = (
    View(Whitening(BlockDiagonal((np.diag([1.0, -2.0, 0.5]),))), MEAN, UNIT, np.array([2, 0])),
    View(Whitening(BlockDiagonal((np.tri(1), np.tri(2)))), 0 * MEAN, UNIT, np.array([1, 3])),
)


def moments(*arguments):
    return feature_kernels.moments(*arguments, views=VIEWS)


def sketched_gram(*arguments):
    return feature_kernels.sketched_gram(*arguments, width=2, weights=DIRECTIONS)


def covariance_of(*arguments):
    return feature_kernels.covariance_of(*arguments, matrix=DIRECTIONS, centre=np.ones(2))


KERNELS = (
    loss_kernels.loss_and_gradient,
    loss_kernels.loss_and_gradient_at_zero,
    moments,
    loss_kernels.loss_and_hessian,
    loss_kernels.fisher_information,
    feature_kernels.gram,
    feature_kernels.locations,
    sketched_gram,
    covariance_of,
    loss_kernels.responses,
    loss_kernels.loss,
    loss_kernels.pearson,
)
of_kernels = pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.__name__)
of_pairs = pytest.mark.parametrize("pair", PAIRS, ids=name_of)
GAMMA = next(pair for pair in PAIRS if name_of(pair) == "Gamma-exp")  # it has a dispersion
T, P, C = 60, 3, 4


def problem(pair, *, weighted=True, offset=True):
    """X (T, p), columns, W, b: linear predictors near 0.5, or where the pair has a mean."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (T, P))
    y = rng.choice(RESPONSES[pair.model.name], (T, 2))
    columns = Columns(
        pair,
        Source(y, np.array([0, 1, 1, 0])),
        Source.one_per_column(rng.integers(0, 3, (T, C)).astype(np.uint8)) if weighted else None,
        Source(0.01 * rng.normal(size=(T, 1)), np.zeros(C, int)) if offset else None,
    )
    b = 0.5 if pair.link.pole is None else 1.5
    b = -0.8 if pair.model.name == "Bernoulli" and pair.link.name in ("exp", "softplus") else b
    return X, columns, rng.uniform(-0.1, 0.1, (P, C)), np.full(C, b)


def summed(kernel, X, columns, W, b, *, block_rows=T, n_threads=1, keep=None):
    keep = np.ones(len(X), bool) if keep is None else keep
    rows = ArrayRows(X)
    how = replace(plan(rows, C), n_threads=n_threads)
    return run(kernel, Table.cut(rows, keep, block_rows), columns, W, b, how)


@of_pairs
@pytest.mark.parametrize("weighted", [True, False])
def test_sums_are_the_dense_ones(pair, weighted):
    X, columns, W, b = problem(pair, weighted=weighted)
    block = columns.block(slice(0, T))
    y = block.y
    a = np.ones_like(y) if block.weights is None else block.weights
    eta = X @ W + b + block.offset
    value, slope = pair.value_and_slope(eta, y)
    Z = np.column_stack([X, np.ones(T)])
    sums = summed(loss_kernels.loss_and_hessian, X, columns, W, b)
    assert_allclose(sums.loss, (a * value).sum(axis=0), rtol=1e-12)
    assert_allclose(sums.by_intercept, (a * slope).sum(axis=0), rtol=1e-10, atol=1e-10)
    assert_allclose(sums.by_weights, X.T @ (a * slope), rtol=1e-10, atol=1e-10)
    curvature, fisher = pair.curvature(eta, y), pair.fisher(eta)
    information = summed(loss_kernels.fisher_information, X, columns, W, b).information
    for c in range(C):
        dense = Z.T @ ((a * curvature)[:, c, None] * Z)
        assert_allclose(sums.hessian[c], dense, rtol=1e-9, atol=1e-9)
        expected = Z.T @ ((a * fisher)[:, c, None] * Z)
        assert_allclose(information[c], expected, rtol=1e-9, atol=1e-9)
    found = summed(moments, X, columns, W, b)
    assert_allclose(found.h, (a * fisher).sum(axis=0), rtol=1e-10)
    for view in VIEWS:
        z = (X - view.mean) * view.unit @ view.whitening.blocks.dense.T
        h = (a * fisher)[:, view.columns]
        assert_allclose(found.h_z[:, view.columns], z.T @ h, rtol=1e-9, atol=1e-9)
        assert_allclose(found.h_zz[:, view.columns], (z**2).T @ h, rtol=1e-9)


def test_moments_of_features_and_responses():
    pair = PAIRS[0]
    X, columns, W, b = problem(pair)
    block = columns.block(slice(0, T))
    mean_weight = block.weights.mean(axis=1)
    gram = summed(feature_kernels.gram, X, columns, W, b)
    assert_allclose(gram.weight, mean_weight.sum())
    assert_allclose(gram.x, mean_weight @ X)
    products = X.T @ (mean_weight[:, None] * X)
    assert_allclose(gram.xx, products)
    sketch = summed(sketched_gram, X, columns, W, b)
    assert_allclose(sketch.x, mean_weight @ X)
    assert_allclose(sketch.xx[0], products[:2, :2])
    assert_allclose(sketch.xx[1], [[products[2, 2], 0], [0, 0]])
    assert_allclose(sketch.sketch, products @ DIRECTIONS)
    located = summed(feature_kernels.locations, X, columns, W, b)
    assert_allclose(located.x, gram.x)
    assert_allclose(located.squares, np.diag(products))
    z = X @ DIRECTIONS - 1
    found = summed(covariance_of, X, columns, W, b).xx
    assert_allclose(found, z.T @ (mean_weight[:, None] * z))
    sums = summed(loss_kernels.responses, X, columns, W, b)
    assert_allclose(sums.weight, block.weights.sum(axis=0))
    assert_allclose(sums.y, (block.weights * block.y).sum(axis=0))
    assert_allclose(sums.yy, (block.weights * block.y**2).sum(axis=0))
    assert_allclose(sums.n_rows, (block.weights > 0).sum(axis=0))
    assert_allclose(sums.offset, (block.weights * block.offset).sum(axis=0))


@of_kernels
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("block_rows", [1, 7, 59, 1000])
@pytest.mark.parametrize("n_threads", [1, 4])
def test_cutting_rows_and_sharing_them_changes_no_sum(kernel, weighted, block_rows, n_threads):
    X, columns, W, b = problem(GAMMA, weighted=weighted)
    whole = summed(kernel, X, columns, W, b)
    cut = summed(kernel, X, columns, W, b, block_rows=block_rows, n_threads=n_threads)
    for got, expected in zip(cut, whole, strict=True):
        assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


@of_kernels
@of_pairs
def test_numpy_and_jax_compute_the_same(kernel, pair):
    jnp = pytest.importorskip("jax.numpy")
    X, columns, W, b = problem(pair)
    block = columns.block(slice(0, T))
    expected = kernel(X, block, W, b, np)
    with double_precision():
        there = block._replace(
            y=jnp.asarray(block.y),
            weights=jnp.asarray(block.weights),
            offset=jnp.asarray(block.offset),
        )
        got = kernel(jnp.asarray(X), there, jnp.asarray(W), jnp.asarray(b), jnp)
        for g, e in zip(got, expected, strict=True):
            assert_allclose(np.asarray(g), e, rtol=1e-9, atol=1e-9)


def test_rows_of_weight_zero_add_nothing_even_where_their_loss_is_infinite():
    pair = Likelihood(model_named("Poisson"), link_named("identity"))
    X = np.array([[1.0], [-5.0], [2.0]])
    weights = np.array([[1.0], [0.0], [1.0]])
    columns = Columns(pair, Source.one_per_column(np.ones((3, 1))), Source.one_per_column(weights))
    sums = summed(loss_kernels.loss_and_hessian, X, columns, np.ones((1, 1)), np.zeros(1))
    assert all(np.isfinite(term).all() for term in sums)
    assert_allclose(sums.loss, [3 - np.log(2)])


def test_float32_rows_are_summed_in_float64():
    pair = Likelihood(model_named("Gaussian"), link_named("identity"))
    n = 400_000
    columns = Columns(pair, Source.one_per_column(np.ones((n, 1), np.float32)))
    rows = ArrayRows(np.full((n, 1), 0.1, np.float32))
    table = Table.cut(rows, np.ones(n, bool), 4096)
    how = plan(table.rows, 1)
    sums = run(loss_kernels.loss_and_gradient, table, columns, np.ones((1, 1)), np.zeros(1), how)
    residual = np.float64(np.float32(0.1)) - 1
    assert_allclose(sums.loss, n * residual**2, rtol=1e-6)
    assert sums.loss.dtype == np.float64


@pytest.mark.parametrize("n_threads", [1, 2, 3, 50])
def test_shares_are_contiguous_complete_and_in_order(n_threads):
    shares = in_shares(list, range(17), n_threads=n_threads)
    assert [item for share in shares for item in share] == list(range(17))
    assert len(shares) == min(n_threads, 17)
    assert in_shares(list, [], n_threads=n_threads) == [[]]


def test_an_error_in_a_worker_reaches_the_caller():
    def fail(share):
        raise RuntimeError("in a worker")

    with pytest.raises(RuntimeError, match="in a worker"):
        in_shares(fail, range(10), n_threads=3)


def test_there_is_a_thread():
    assert get_config().workers >= 1


class TestTable:
    """How rows are cut."""

    @pytest.mark.parametrize("block_rows", [1, 3, 10, 99])
    @pytest.mark.parametrize("pattern", ["all", "none", "alternate", "runs", "one"])
    def test_blocks_hold_exactly_the_kept_rows_in_order(self, pattern, block_rows):
        keep = {
            "all": np.ones(20, bool), "none": np.zeros(20, bool), "one": np.arange(20) == 13,
            "alternate": np.arange(20) % 2 == 0, "runs": (np.arange(20) // 5) % 2 == 1,
        }[pattern]  # fmt: skip
        X = np.arange(40.0).reshape(20, 2)
        table = Table.cut(ArrayRows(X), keep, block_rows)
        read = [table.read(block) for block in table.blocks]
        got = np.concatenate([np.empty((0, 2)), *read])
        assert_array_equal(got, X[keep])
        rows = [np.arange(20)[block.rows] for block in table.blocks]
        assert_array_equal(np.concatenate([np.empty(0), *rows]), np.flatnonzero(keep))
        assert table.n_kept == keep.sum()
        assert all(len(part) for part in read)

    def test_clean_rows_are_not_copied(self):
        X = np.ones((20, 2))
        table = Table.cut(ArrayRows(X), np.ones(20, bool), 8)
        assert all(np.shares_memory(table.read(block), X) for block in table.blocks)

    @pytest.mark.parametrize(
        ("stored", "read"),
        [("f4", "f4"), ("f8", "f8"), ("i1", "f8"), ("u2", "f8"), ("?", "f8"), ("f2", "f8")],
    )
    def test_the_precision_that_rows_are_read_in(self, stored, read):
        table = Table.cut(ArrayRows(np.ones((5, 2), stored)), np.ones(5, bool), 5)
        assert table.read(table.blocks[0]).dtype == read
        assert table.in_double().read(table.blocks[0]).dtype == np.float64


class TestColumns:
    """How columns share their series."""

    def test_columns_pick_their_series(self):
        values = np.arange(12.0).reshape(4, 3)
        source = Source(values, np.array([2, 0, 0]))
        assert_array_equal(source.block(slice(1, 3)), values[1:3][:, [2, 0, 0]])
        assert_array_equal(source.take(np.array([1, 2])).block(slice(0, 4)), values[:, :1])
        assert Source(values.astype(np.int8), np.arange(3)).block(slice(0, 2)).dtype == np.float64

    def test_taking_columns_takes_all_their_parts(self):
        _, columns, *_ = problem(PAIRS[0])
        some = columns.take(np.array([3, 1]))
        block, whole = some.block(slice(5, 9)), columns.block(slice(5, 9))
        assert_array_equal(block.y, whole.y[:, [3, 1]])
        assert_array_equal(block.weights, whole.weights[:, [3, 1]])
        assert some.n_columns == 2
