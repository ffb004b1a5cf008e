"""The loss to second order, and how its curvature bends: what a choice of strengths asks of rows.

Kernels as in :mod:`~spikeglm.engine.kernels.loss_kernels`. With z_t = (x_t, 1), a_t the row weights
and h(eta) the observed curvature of the loss of a row,

    H = sum_t a_t h_t z_t z_t'            bending = sum_t a_t h'_t (z_t' P z_t) z_t

for a matrix P per column: the derivative of log|H + S| by the parameters where P = (H + S)⁻¹.
Rows are in float64. Sizes z' P z are computed in float32: they decide where strengths are best, to
about 1e-6 nats of the slope and 1e-12 of what is maximised, and no other number.
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
    is_rough: bool = False,
) -> BendingSums:
    """Also sum the bending, with P = ``spread`` (C, p + 1, p + 1).

    ``is_rough`` lets curvatures be summed from products in float32.
    """
    return _second_order(X, block, W, b, xp, spread, is_rough=is_rough)


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
    *,
    is_rough: bool = False,
) -> BendingSums:
    eta, y, likelihood = linear_predictor(X, block, W, b, xp), block.y, block.likelihood
    value, slope = likelihood.value_and_slope(eta, y, xp)
    h = weighted(likelihood.curvature(eta, y, xp), block, xp)
    change = None
    if spread is not None:
        ahead, behind = (likelihood.curvature(eta + d, y, xp) for d in (_STEP, -_STEP))
        change = weighted((ahead - behind) / (2.0 * _STEP), block, xp)
    Z = np.concatenate([X, np.ones((len(X), 1))], axis=1)
    if h.shape[1] >= _MANY_COLUMNS:
        H, bending = _together(Z, h, change, spread, is_rough=is_rough)
    else:
        H, bending = _one_by_one(Z, h, change, spread, is_rough=is_rough)
    loss = weighted(value, block, xp).sum(axis=0)
    return BendingSums(loss, Z.T @ weighted(slope, block, xp), H, bending)


def _totals(each: FloatArray, block: ColumnBlock, xp: Namespace) -> TotalSums:
    return TotalSums(weighted(each, block, xp).sum(axis=0), row_weights(block, xp).sum(axis=0))


def _one_by_one(
    Z: FloatArray,
    h: FloatArray,
    change: FloatArray | None,
    spread: FloatArray | None,
    *,
    is_rough: bool,
) -> tuple[FloatArray, FloatArray]:
    """Return H (C, n, n) and the bending (n, C), given h and its change (B, C)."""
    (n, C), bending = (Z.shape[1], h.shape[1]), np.zeros((Z.shape[1], h.shape[1]))
    H = np.empty((C, n, n))
    is_positive = np.min(h, axis=0, initial=0.0) >= 0
    single = None if spread is None else Z.astype(np.float32)
    for c in range(C):
        if is_positive[c]:  # A'A takes half the time of A'B
            of = single if is_rough and single is not None else Z
            root = of * np.sqrt(h[:, c, None]).astype(of.dtype)
            H[c] = root.T @ root
        else:
            np.matmul((Z * h[:, c, None]).T, Z, out=H[c])
        if single is not None and change is not None and spread is not None:
            size = np.einsum("ti,ti->t", single @ spread[c].astype(np.float32), single)
            bending[:, c] = Z.T @ (change[:, c] * size)
    return H, bending


def _together(
    Z: FloatArray,
    h: FloatArray,
    change: FloatArray | None,
    spread: FloatArray | None,
    *,
    is_rough: bool,
) -> tuple[FloatArray, FloatArray]:
    """Return the same from products x_i x_j, which all columns share.

    Curvatures and sizes z' P z of all columns are then one product of matrices each, which runs at
    the full speed of the machine.
    """
    (n, C), bending = (Z.shape[1], h.shape[1]), np.zeros((Z.shape[1], h.shape[1]))
    i, j = np.triu_indices(n)
    packed = np.zeros((len(i), C))
    if spread is not None:
        twice = (spread[:, i, j] * np.where(i == j, 1.0, 2.0)).T.astype(np.float32)
    for rows, products in _products(Z.astype(np.float32) if is_rough else Z):
        packed += products @ h[rows].astype(products.dtype)
        if change is not None:
            sizes = products.astype(np.float32, copy=False).T @ twice
            bending += Z[rows].T @ (change[rows] * sizes)
    H = np.empty((C, n, n))
    H[:, i, j] = H[:, j, i] = packed.T
    return H, bending


def _products(Z: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """Yield some rows at a time and their x_i x_j, (n (n + 1) / 2, rows), i <= j."""
    n = Z.shape[1]
    step = max(16, _PRODUCT_BYTES // (Z.itemsize * n * (n + 1) // 2))
    for start in range(0, len(Z), step):
        across, first = np.ascontiguousarray(Z[start : start + step].T), 0
        products = np.empty((n * (n + 1) // 2, across.shape[1]), dtype=Z.dtype)
        for i in range(n):
            np.multiply(across[i:], across[i], out=products[first : first + n - i])
            first += n - i
        yield slice(start, start + across.shape[1]), products
