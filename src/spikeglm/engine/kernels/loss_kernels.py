"""What is computed in one visit of a block of rows: pure functions, written once against ``xp``.

A kernel takes the block ``X`` (B, p), the columns' entries on it, the weights ``W`` (p, C) and the
intercepts ``b`` (C,), and returns sums over the block. Sums add: that is the whole reduction, in
threads, on an accelerator, over a cluster. ``xp`` is ``numpy`` or ``jax.numpy``.

Products run in the precision of ``X``; sums over blocks are float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from ...typing import Array, FloatArray, IntArray, Namespace
from ..columns import ColumnBlock


class LossSums(NamedTuple):
    """Per column: sum a·l, and its derivatives by intercept and weights."""

    loss: FloatArray  # (C,)
    by_intercept: FloatArray  # (C,)
    by_weights: FloatArray  # (p, C)


class HessianSums(NamedTuple):
    """:class:`LossSums`, and the second derivatives; the intercept is the last row and column."""

    loss: FloatArray  # (C,)
    by_intercept: FloatArray  # (C,)
    by_weights: FloatArray  # (p, C)
    hessian: FloatArray  # (C, p + 1, p + 1)


class InformationSums(NamedTuple):
    """Expected second derivatives per column; the intercept is the last row and column."""

    information: FloatArray  # (C, p + 1, p + 1)


class ResponseSums(NamedTuple):
    """Moments of the responses; these need no features."""

    weight: FloatArray  # (C,) sum a
    y: FloatArray  # (C,)      sum a·y
    yy: FloatArray  # (C,)     sum a·y²
    offset: FloatArray  # (C,) sum a·o
    offset_square: FloatArray  # (C,) sum a·o²
    n_rows: FloatArray  # (C,) rows with a > 0


class TotalSums(NamedTuple):
    """One total per column, and the sum of the row weights."""

    total: FloatArray  # (C,)
    weight: FloatArray  # (C,)


Sums = TypeVar("Sums", bound=tuple[FloatArray, ...])
Kernel: TypeAlias = Callable[[Array, ColumnBlock, FloatArray, FloatArray, Namespace], Sums]
"""``kernel(X, block, W, b, xp)``: the signature that all kernels share."""


def add_into(total: Sums | None, part: Sums) -> Sums:
    """Add the sums of a block to a running total, in place."""
    if total is None:
        return type(part)(*(np.array(term, dtype=np.float64) for term in part))
    for so_far, term in zip(total, part, strict=True):
        so_far += term
    return total


def linear_predictor(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> FloatArray:
    """Return eta = X W + b + offset, (B, C), in the precision of ``X``."""
    eta = _products(X, block, W.astype(X.dtype))
    eta += b.astype(X.dtype)
    if block.offset is not None:
        eta += block.offset.astype(X.dtype)
    return eta


def _products(X: Array, block: ColumnBlock, W: FloatArray) -> FloatArray:
    """Return X W, laid out as the entries are: NumPy takes long to combine arrays that differ."""
    if block.parts is None or not X.shape[1]:
        return (W.T @ X.T).T if block.is_by_column else X @ W
    eta = np.empty((W.shape[1], len(X)), dtype=X.dtype)
    for features, columns in block.parts:
        np.matmul(W[features, columns].T, X[:, features].T, out=eta[columns])
    return eta.T


def _products_with_rows(
    X: Array, block: ColumnBlock, slope: FloatArray, xp: Namespace
) -> FloatArray:
    """Return X' slope, zero where a column may not use a feature."""
    if block.parts is None:
        return X.T @ slope
    out = np.zeros((X.shape[1], slope.shape[1]), dtype=slope.dtype)
    for features, columns in block.parts:
        out[features, columns] = X[:, features].T @ slope[:, columns]
    return out


def loss_and_gradient(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> LossSums:
    """Sum the loss and its gradient: two products with the rows, the cost of one bare pass."""
    eta = linear_predictor(X, block, W, b, xp)
    return LossSums(*_loss_terms(X, block, eta, xp))


def loss_and_gradient_at_zero(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> LossSums:
    """Return :func:`loss_and_gradient` where all weights are zero, as at the start: one product."""
    no_features = linear_predictor(X[:, :0], block, W[:0], b, xp)
    return LossSums(*_loss_terms(X, block, no_features, xp))


BY_COLUMN: frozenset[object] = frozenset({loss_and_gradient, loss_and_gradient_at_zero})
"""Kernels whose sums are per column, columns last: a column without weight adds nothing to them."""


def loss_and_hessian(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> HessianSums:
    """Also sum each column's own curvature, X' diag(a·h) X: p/4 times the cost of a bare pass."""
    eta = linear_predictor(X, block, W, b, xp)
    h = block.likelihood.curvature(eta, in_precision(block.y, X), xp)
    return HessianSums(*_loss_terms(X, block, eta, xp), _own_curvature(X, h, block, xp))


def fisher_information(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> InformationSums:
    """Sum each column's information on (w, b): the expected curvature, where a model knows it."""
    eta = linear_predictor(X, block, W, b, xp)
    h = block.likelihood.information(eta, in_precision(block.y, X), xp)
    return InformationSums(_own_curvature(X, h, block, xp))


class Subsets(NamedTuple):
    """Some features per column, standardised: z = (x[features] - centre) * unit."""

    centre: FloatArray  # (p,)
    unit: FloatArray  # (p,)
    features: Sequence[IntArray]  # (k,) each


def information_on(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    subsets: Subsets,
    size: int,
) -> InformationSums:
    """Sum the Fisher information of a subset of features per column, padded to (size, size).

    The intercept is the last row and column; those between the subset and it are zero.
    """
    eta = linear_predictor(X, block, W, b, xp)
    root = xp.sqrt(weighted(block.likelihood.fisher(eta, xp), block, xp)).T
    centre, unit = subsets.centre.astype(X.dtype), subsets.unit.astype(X.dtype)
    # Features as rows: taking some of them copies rows, and z @ z.T is a symmetric product.
    Z = xp.ascontiguousarray(((X - centre) * unit).T)
    out = np.zeros((len(root), size, size))
    for c, features in enumerate(subsets.features):
        z = xp.concatenate([Z[features] * root[c], root[c, None]])
        inside = np.append(np.arange(len(features)), size - 1)
        out[c][np.ix_(inside, inside)] = z @ z.T
    return InformationSums(out)


def responses(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> ResponseSums:
    """Sum the moments of the responses."""
    if block.weights is None and block.offset is None:
        y = block.y
        total = xp.full(y.shape[1], float(y.shape[0]))
        none = xp.zeros_like(total)
        return ResponseSums(
            total, xp.ones(y.shape[0]) @ y, xp.einsum("tc,tc->c", y, y), none, none, total
        )
    a = row_weights(block, xp)
    y = xp.where(a > 0, block.y, 0.0)
    ay, total = a * y, a.sum(axis=0)
    offset = square = xp.zeros_like(total)
    if block.offset is not None:
        weighted_offset = a * block.offset
        offset, square = weighted_offset.sum(axis=0), (weighted_offset * block.offset).sum(axis=0)
    return ResponseSums(
        total, ay.sum(axis=0), (ay * y).sum(axis=0), offset, square, (a > 0).sum(axis=0)
    )


def loss(X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace) -> TotalSums:
    """Sum the loss alone: one product."""
    eta = linear_predictor(X, block, W, b, xp)
    return _totals(block.likelihood.value(eta, in_precision(block.y, X), xp), block, xp)


def pearson(X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace) -> TotalSums:
    """Sum Pearson's squared residuals (y - mu)² / V(mu): one product."""
    a = row_weights(block, xp)
    # Rows without weight may have no mean, as 1/x of less than zero: any will do.
    mean = block.likelihood.mean(linear_predictor(X, block, W, b, xp), xp)
    mean = xp.where(a > 0, mean, 1.0)
    # The model sums squared residuals over rows; shrinking a row's residual by sqrt(a) weights it.
    shrunk = mean + xp.where(a > 0, xp.sqrt(a) * (block.y - mean), 0.0)
    return TotalSums(block.likelihood.model.estimate_scale(shrunk, mean, 1.0), a.sum(axis=0))


def _loss_terms(
    X: Array, block: ColumnBlock, eta: FloatArray, xp: Namespace
) -> tuple[FloatArray, FloatArray, FloatArray]:
    value, slope = block.likelihood.value_and_slope(eta, in_precision(block.y, X), xp)
    ones = xp.ones(value.shape[0], dtype=value.dtype)
    if block.weights is None:
        return ones @ value, ones @ slope, _products_with_rows(X, block, slope, xp)
    _, of_value = _weighted_and_summed(value, block.weights, xp)
    slope, of_slope = _weighted_and_summed(slope, block.weights, xp)
    return of_value, of_slope, _products_with_rows(X, block, slope, xp)


def _totals(terms: FloatArray, block: ColumnBlock, xp: Namespace) -> TotalSums:
    total = xp.sum(weighted(terms, block, xp), axis=0, dtype=np.float64)
    return TotalSums(total, row_weights(block, xp).sum(axis=0))


def row_weights(block: ColumnBlock, xp: Namespace) -> FloatArray:
    """Return the row weights of all columns, (B, C)."""
    if block.weights is None:
        return xp.ones_like(block.y)
    return xp.broadcast_to(block.weights, block.y.shape)


def weighted(terms: FloatArray, block: ColumnBlock, xp: Namespace) -> FloatArray:
    """Return terms (B, C) times the row weights."""
    return terms if block.weights is None else _weighted_and_summed(terms, block.weights, xp)[0]


def _weighted_and_summed(
    terms: FloatArray, weights: FloatArray, xp: Namespace
) -> tuple[FloatArray, FloatArray]:
    """Return terms (B, C) times the row weights, and their sums (C,)."""
    # Sums over rows as products: much faster than xp.sum.
    ones = xp.ones(terms.shape[0], dtype=terms.dtype)
    a = in_precision(weights, terms)
    if xp is np:
        products = terms * a
        sums = ones @ products
        if np.isfinite(sums).all():
            return products, sums
    # A row of weight zero is absent: whatever its loss (it may be inf), it adds nothing.
    products = xp.where(a > 0, terms, 0) * a
    return products, ones @ products


def in_precision(values: FloatArray, like: Array) -> FloatArray:
    """Return values in the precision of an array; as they are, if that is theirs.

    >>> half = np.zeros(2)
    >>> in_precision(half, np.ones(3)) is half
    True
    """
    return values if values.dtype == like.dtype else values.astype(like.dtype)


def _own_curvature(X: Array, h: FloatArray, block: ColumnBlock, xp: Namespace) -> FloatArray:
    h = weighted(h, block, xp)
    X1 = xp.concatenate([X, xp.ones((X.shape[0], 1), dtype=X.dtype)], axis=1)
    if xp is np and h.min(initial=0.0) >= 0:  # NumPy takes half the time for A'A
        roots = (X1 * root[:, None] for root in np.sqrt(h).T)
        return np.stack([A.T @ A for A in roots])
    return xp.stack([X1.T @ (X1 * h[:, c, None]) for c in range(h.shape[1])])
