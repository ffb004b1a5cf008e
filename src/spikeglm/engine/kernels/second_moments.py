"""Kernels of least squares: second moments of features and responses, all that a fit needs of rows.

They have no weights of rows for columns: what columns with the same rows share is summed once.
"""

from __future__ import annotations

from typing import NamedTuple

from ...typing import Array, FloatArray, Namespace
from ..columns import ColumnBlock


class SecondMoments(NamedTuple):
    """Sums over rows, with y less a constant for each column (and less the offset)."""

    n: FloatArray  # ()      1
    x: FloatArray  # (p,)    x
    xx: FloatArray  # (p, p) x xᵀ
    y: FloatArray  # (C,)    y
    yy: FloatArray  # (C,)   y²
    xy: FloatArray  # (p, C) x y


class WeightedMoments(NamedTuple):
    """:class:`SecondMoments` under V weights u of rows, which all columns share."""

    n: FloatArray  # (V,)       u
    x: FloatArray  # (V, p)     u x
    xx: FloatArray  # (V, p, p) u x xᵀ
    y: FloatArray  # (V, C)     u y
    yy: FloatArray  # (V, C)    u y²
    xy: FloatArray  # (V, p, C) u x y


def second_moments(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> SecondMoments:
    """Sum second moments: two products with the rows. Responses are counted from ``b`` (C,)."""
    y = _responses(block, b)
    ones = xp.ones(X.shape[0], dtype=X.dtype)
    return SecondMoments(
        xp.asarray(float(X.shape[0])),
        ones @ X,
        X.T @ X,
        ones @ y,
        xp.einsum("tc,tc->c", y, y),
        X.T @ y,
    )


def weighted_moments(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> WeightedMoments:
    """Sum them under ``block.weights`` (B, V), which may have any sign: 2 V products."""
    y, u = _responses(block, b), row_weights_of(block)
    scaled = (u.T[:, :, None] * X).swapaxes(1, 2)  # (V, p, B)
    return WeightedMoments(u.sum(axis=0), u.T @ X, scaled @ X, u.T @ y, u.T @ (y * y), scaled @ y)


def row_weights_of(block: ColumnBlock) -> FloatArray:
    """Return the weights (B, V) as they are; there are some."""
    assert block.weights is not None
    return block.weights


def _responses(block: ColumnBlock, b: FloatArray) -> FloatArray:
    y = block.y - b
    return y if block.offset is None else y - block.offset
