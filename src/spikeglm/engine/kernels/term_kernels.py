"""What a term could add to a model without it: slopes and information along its features."""

from __future__ import annotations

from typing import NamedTuple

from ...typing import Array, FloatArray, IntArray, Namespace
from ..columns import ColumnBlock
from .loss_kernels import in_precision, linear_predictor, weighted


class TermSums(NamedTuple):
    """Along q features of a term, per column; the intercept is the last of p + 1 parameters."""

    slope: FloatArray  # (q, C) sum a·dl/dw
    information: FloatArray  # (C, q, p + 1) sum a·E[d²l/deta²]·z xᵀ


class ProductSums(NamedTuple):
    """Sums of features times responses."""

    products: FloatArray  # (p, C) sum x·y


def feature_products(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> ProductSums:
    """Sum features times responses, rows counting alike; parameters have no part in it."""
    return ProductSums(X.T @ in_precision(block.y, X))


def term_information(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace, *, term: IntArray
) -> TermSums:
    """Sum slopes and information of some features ``term`` (q,), with all others and among them."""
    eta = linear_predictor(X, block, W, b, xp)
    y = in_precision(block.y, X)
    _, slope = block.likelihood.value_and_slope(eta, y, xp)
    h = weighted(block.likelihood.information(eta, y, xp), block, xp)
    Z = X[:, term]
    X1 = xp.concatenate([X, xp.ones((X.shape[0], 1), dtype=X.dtype)], axis=1)
    of_columns = [(Z * h[:, c, None]).T @ X1 for c in range(h.shape[1])]
    return TermSums(Z.T @ weighted(slope, block, xp), xp.stack(of_columns))
