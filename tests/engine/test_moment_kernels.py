"""Sufficient statistics against dense sums."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.engine.test_loss_kernels import GAMMA, problem, summed

from spikeglm.engine.kernels import moment_kernels


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("offset", [True, False])
@pytest.mark.parametrize(
    ("kernel", "is_of_events"),
    [
        (moment_kernels.over_rows, False),
        (moment_kernels.over_events, True),
        (moment_kernels.over_rows_with_gram, False),
        (moment_kernels.over_events_with_gram, True),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_sums_are_the_dense_ones(kernel, is_of_events, weighted, offset):
    X, columns, W, b = problem(GAMMA, weighted=weighted, offset=offset)
    block = columns.block(slice(0, len(X)))
    count = np.ones_like(block.y) if block.weights is None else block.weights
    count = count * block.y if is_of_events else count
    o = np.zeros_like(block.y) if block.offset is None else block.offset + 0 * block.y
    sums = summed(kernel, X, columns, W, b, block_rows=13, n_threads=2)
    assert_allclose(sums.weight, count.sum(axis=0), rtol=1e-12)
    assert_allclose(sums.x, X.T @ count, rtol=1e-12)
    assert_allclose(sums.offset, (count * o).sum(axis=0), rtol=1e-10, atol=1e-14)
    assert_allclose(sums.x_offset, X.T @ (count * o), rtol=1e-10, atol=1e-14)
    assert_allclose(sums.offset_squared, (count * o**2).sum(axis=0), rtol=1e-10)
    if hasattr(sums, "xx"):
        assert_allclose(sums.xx, np.einsum("tc,ti,tj->cij", count, X, X), rtol=1e-10, atol=1e-14)


def test_a_response_that_is_absent_adds_nothing():
    X, columns, W, b = problem(GAMMA)
    plain = summed(moment_kernels.over_events, X, columns, W, b)
    y = columns.responses.values
    gone = (columns.weights.values[:, [0, 3]] == 0).all(axis=1)  # the columns of response 0
    assert gone.any()
    y[gone, 0] = np.nan
    with_gaps = summed(moment_kernels.over_events, X, columns, W, b)
    assert_allclose(with_gaps.x, plain.x, rtol=1e-12)
