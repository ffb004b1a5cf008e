"""Many columns that share few responses and few row weightings: cheap, and the same numbers."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.kernels import loss_kernels
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.runners.threads import run
from spikeglm.engine.table import Table
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.named import link_named, model_named
from spikeglm.rows import ArrayRows

T, P = 30, 2
POISSON = Likelihood(model_named("Poisson"), link_named("exp"))
SQUARES = Likelihood(model_named("Gaussian"), link_named("identity"))
LINEAR_RATE = Likelihood(model_named("Poisson"), link_named("identity"))
RUNS = np.repeat(np.eye(3), 10, axis=0)  # (T, 3), each series weighs one run of ten rows


@dataclass(frozen=True)
class Counting(Likelihood):
    """A likelihood that notes how many entries it was asked about."""

    asked: tuple[list[int], ...] = ([],)

    def value_and_slope(self, eta, y, xp=np):
        self.asked[0].append(eta.size)
        return super().value_and_slope(eta, y, xp)


def summed(columns, X, W, *, block_rows=T, kernel=loss_kernels.loss_and_gradient):
    rows = ArrayRows(X)
    how = replace(plan(rows, columns.n_columns), n_threads=2)
    table = Table.cut(rows, np.ones(len(X), bool), block_rows)
    return run(kernel, table, columns, W, np.zeros(columns.n_columns), how)


def series_of(n_series):
    return st.lists(st.integers(0, n_series - 1), min_size=6, max_size=6).map(np.array)


@given(y_of=series_of(4), a_of=series_of(3), block_rows=st.integers(1, T), seed=st.integers(0, 9))
@pytest.mark.parametrize("likelihood", [POISSON, SQUARES], ids=["Poisson", "Gaussian"])
@pytest.mark.parametrize("weights", [RUNS, 1.0 - RUNS, RUNS * [0, 1, 2]], ids=["in", "out", "none"])
def test_all_columns_at_once_sum_to_what_each_does_by_itself(
    likelihood, weights, y_of, a_of, block_rows, seed
):
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(T, P)), rng.normal(size=(P, 6))
    y = rng.poisson(1.0, (T, 4)).astype(np.uint8)
    columns = Columns(likelihood, Source(y, y_of), Source(weights, a_of))
    value, slope = likelihood.value_and_slope(X @ W, y[:, y_of])
    a = weights[:, a_of]
    together = summed(columns, X, W, block_rows=block_rows)
    assert_allclose(together.loss, (a * value).sum(axis=0), rtol=1e-11, atol=1e-11)
    assert_allclose(together.by_intercept, (a * slope).sum(axis=0), rtol=1e-11, atol=1e-11)
    assert_allclose(together.by_weights, X.T @ (a * slope), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("likelihood", [POISSON, SQUARES], ids=["Poisson", "Gaussian"])
@pytest.mark.parametrize(
    "kernel",
    [loss_kernels.loss_and_gradient, loss_kernels.loss_and_gradient_at_zero],
    ids=["", "at zero"],
)
def test_a_column_costs_nothing_where_it_has_no_weight(kernel, likelihood):
    counting = Counting(likelihood.model, likelihood.link, ([],))
    of = np.repeat(np.arange(3), 4)
    columns = Columns(counting, Source(np.ones((T, 2)), of % 2), Source(RUNS, of))
    summed(columns, np.ones((T, P)), np.zeros((P, 12)), block_rows=5, kernel=kernel)
    assert sum(counting.asked[0]) == (RUNS[:, of] > 0).sum()


def test_a_row_of_weight_zero_is_absent_from_its_columns_alone():
    X = np.array([[1.0], [-5.0], [2.0]])  # a rate of -5 has an infinite loss
    weights = np.array([[1, 1], [0, 1], [1, 1]])
    columns = Columns(
        LINEAR_RATE, Source(np.ones((3, 1)), np.zeros(4, int)), Source(weights, np.arange(4) % 2)
    )
    loss = summed(columns, X, np.ones((1, 4))).loss
    assert_allclose(loss, [3 - np.log(2), np.inf] * 2)


def test_a_product_that_overflows_where_rows_are_absent_leaves_no_trace():
    X = np.array([[1.0], [2000.0]])
    columns = Columns(
        POISSON, Source(np.ones((2, 1)), np.zeros(2, int)), Source(np.eye(2), np.array([0, 1]))
    )
    sums = summed(columns, X, np.ones((1, 2)))
    assert_allclose(sums.loss, [np.e - 1, np.inf])
    assert_allclose(sums.by_weights, [[np.e - 1, np.inf]])


@pytest.mark.parametrize("of", [[0, 1, 2], [2, 0], [1, 1, 0, 2, 2]], ids=["own", "some", "shared"])
def test_the_linear_predictor_lies_in_memory_as_the_entries_do(of):
    y = np.arange(T * 3.0).reshape(T, 3)
    block = Columns(POISSON, Source(y, np.array(of))).block(slice(0, T))
    W = np.ones((P, len(of)))
    eta = loss_kernels.linear_predictor(np.ones((T, P)), block, W, np.zeros(len(of)), np)
    assert_array_equal(block.y, y[:, of])
    assert_array_equal(eta, P)
    assert eta.strides == block.y.strides
