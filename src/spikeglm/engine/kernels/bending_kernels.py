"""The loss to second order, and how its curvature bends: what a choice of strengths asks of rows.

Kernels as in :mod:`~spikeglm.engine.kernels.loss_kernels`. With z_t = (x_t, 1), a_t the row weights
and h(eta) the observed curvature of the loss of a row,

    H = sum_t a_t h_t z_t z_t'            bending = sum_t a_t h'_t (z_t' P z_t) z_t

for a matrix P per column: the derivative of log|H + S| by the parameters where P = (H + S)⁻¹.
Rows are in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...typing import Array, FloatArray, Namespace
from ..columns import ColumnBlock
from .loss_kernels import TotalSums, linear_predictor, row_weights, weighted

_STEP = 1e-4  # of a linear predictor: a central difference then errs by 1e-8 of the slope
_MANY_COLUMNS = 12  # from which products of features serve all of them
_PRODUCT_BYTES = 2**22  # of products of features at a time


class BendingSums(NamedTuple):
    """Per column: sum a·l, its first and second derivatives, and the bending of the last."""

    loss: FloatArray  # (C,)
    slope: FloatArray  # (p + 1, C)
    hessian: FloatArray  # (C, p + 1, p + 1)
    bending: FloatArray  # (p + 1, C)


def loss_to_second_order(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> BendingSums:
    """Sum loss, slope and each column's own observed curvature; the intercept comes last."""
    return _second_order(X, block, W, b, xp, None)


def loss_with_bending(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    spread: FloatArray,
) -> BendingSums:
    """Also sum the bending, with P = ``spread`` (C, p + 1, p + 1)."""
    return _second_order(X, block, W, b, xp, spread)


def half_deviance(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> TotalSums:
    """Sum half the deviance at a dispersion of one: the loss less what no mean could save."""
    mean = block.likelihood.mean(linear_predictor(X, block, W, b, xp), xp)
    each = 0.5 * block.likelihood.model.deviance(block.y, mean, 1.0)
    return _totals(each, block, xp)


def log_likelihood(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    scale: FloatArray | None,
) -> TotalSums:
    """Sum the log-likelihood with all constants, at scales (C,); None for the model's own."""
    mean = block.likelihood.mean(linear_predictor(X, block, W, b, xp), xp)
    each = block.likelihood.model.family.log_likelihood(block.y, mean, scale, lambda scores: scores)
    return _totals(each, block, xp)


def _second_order(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    spread: FloatArray | None,
) -> BendingSums:
    eta, y, likelihood = linear_predictor(X, block, W, b, xp), block.y, block.likelihood
    value, slope = likelihood.value_and_slope(eta, y, xp)
    h = weighted(likelihood.curvature(eta, y, xp), block, xp)
    change = None
    if spread is not None:
        ahead, behind = (likelihood.curvature(eta + d, y, xp) for d in (_STEP, -_STEP))
        change = weighted((ahead - behind) / (2.0 * _STEP), block, xp)
    Z = np.concatenate([X, np.ones((len(X), 1))], axis=1)
    sums = _together if h.shape[1] >= _MANY_COLUMNS else _one_by_one
    H, bending = sums(Z, h, change, spread)
    loss = weighted(value, block, xp).sum(axis=0)
    return BendingSums(loss, Z.T @ weighted(slope, block, xp), H, bending)


def _totals(each: FloatArray, block: ColumnBlock, xp: Namespace) -> TotalSums:
    return TotalSums(weighted(each, block, xp).sum(axis=0), row_weights(block, xp).sum(axis=0))


def _one_by_one(
    Z: FloatArray, h: FloatArray, change: FloatArray | None, spread: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return H (C, n, n) and the bending (n, C), given h and its change (B, C)."""
    (n, C), bending = (Z.shape[1], h.shape[1]), np.zeros((Z.shape[1], h.shape[1]))
    H = np.empty((C, n, n))
    for c in range(C):
        np.matmul((Z * h[:, c, None]).T, Z, out=H[c])
        if change is not None and spread is not None:
            size = np.einsum("ti,ti->t", Z @ spread[c], Z)
            bending[:, c] = Z.T @ (change[:, c] * size)
    return H, bending


def _together(
    Z: FloatArray, h: FloatArray, change: FloatArray | None, spread: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return the same from products x_i x_j, which all columns share.

    Curvatures and sizes z' P z of all columns are then one product of matrices each, which runs at
    the full speed of the machine.
    """
    (n, C), bending = (Z.shape[1], h.shape[1]), np.zeros((Z.shape[1], h.shape[1]))
    i, j = np.triu_indices(n)
    packed = np.zeros((len(i), C))
    if spread is not None:
        twice = (spread[:, i, j] * np.where(i == j, 1.0, 2.0)).T.copy()
    for rows, products in _products(Z):
        packed += products @ h[rows]
        if change is not None:
            bending += Z[rows].T @ (change[rows] * (products.T @ twice))
    H = np.empty((C, n, n))
    H[:, i, j] = H[:, j, i] = packed.T
    return H, bending


def _products(Z: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """Yield some rows at a time and their x_i x_j, (n (n + 1) / 2, rows), i <= j."""
    n = Z.shape[1]
    step = max(16, _PRODUCT_BYTES // (4 * n * (n + 1)))
    for start in range(0, len(Z), step):
        across, first = np.ascontiguousarray(Z[start : start + step].T), 0
        products = np.empty((n * (n + 1) // 2, across.shape[1]))
        for i in range(n):
            np.multiply(across[i:], across[i], out=products[first : first + n - i])
            first += n - i
        yield slice(start, start + across.shape[1]), products
