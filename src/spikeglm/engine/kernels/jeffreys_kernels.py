"""The slope of half the log-determinant of the information, summed over a block of rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...typing import Array, FloatArray, Namespace
from ..columns import ColumnBlock
from .loss_kernels import linear_predictor, weighted


class SlopeSums(NamedTuple):
    """Derivatives per column."""

    by_intercept: FloatArray  # (C,)
    by_weights: FloatArray  # (p, C)


def half_log_information(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    inverse: FloatArray,
) -> SlopeSums:
    """Sum the derivatives of ½ log |I| by weights and intercepts.

    With I = Σ a h x x', h(eta) the information of a row, they are ½ Σ a h' x' I⁻¹ x · x.
    ``inverse`` (C, p + 1, p + 1) are those of I, intercept last, zero for parameters at rest.
    """
    eta = linear_predictor(X, block, W, b, xp)
    X1 = xp.concatenate([X, xp.ones((X.shape[0], 1), dtype=X.dtype)], axis=1)
    leverage = xp.stack([xp.sum((X1 @ M) * X1, axis=1) for M in inverse], axis=1)
    growth = block.likelihood.information_growth(eta, xp)
    slope = weighted(0.5 * leverage * block.likelihood.fisher(eta, xp) * growth, block, xp)
    return SlopeSums(xp.sum(slope, axis=0, dtype=np.float64), X.T @ slope)
