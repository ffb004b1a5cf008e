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


class ResidualMoments(NamedTuple):
    """Sums over rows under V weights u, which all columns share, of coordinates z of features."""

    zz: FloatArray  # (V, r, r) u z zᵀ
    yy: FloatArray  # (V, C)    u y²
    zy: FloatArray  # (V, r, C) u z y


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


def residual_moments(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    matrix: FloatArray,
    centre: FloatArray,
) -> ResidualMoments:
    """Sum squares of y and coordinates z = X A - c under ``block.weights`` (B, V): 2 V products.

    A is ``matrix`` (p, r). Weights may have any sign; responses are counted from ``b`` (C,).
    """
    y, u, z = _responses(block, b), block.weights, X @ matrix - centre
    assert u is not None  # the columns of this kernel have some
    weighted = (u.T[:, None] * z.T).reshape(-1, len(z))  # all series in one product
    shape = u.shape[1], z.shape[1], -1
    return ResidualMoments(
        (weighted @ z).reshape(shape), u.T @ (y * y), (weighted @ y).reshape(shape)
    )


def _responses(block: ColumnBlock, b: FloatArray) -> FloatArray:
    y = block.y - b
    return y if block.offset is None else y - block.offset
