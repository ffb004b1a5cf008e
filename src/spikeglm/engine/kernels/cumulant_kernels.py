"""Canonical losses without their part in y, for many columns: one function of eta, two products.

A loss b(eta) - y eta is a sum over rows that knows no response, less a product of parameters and
sums of y and y x that never change. So a visit reads no responses, and what it computes per entry
is b and its slope, which for counts is one exponential.

Columns and rows are taken a few at a time, so that what belongs to their entries stays in a core's
own memory between the two products.

Source: McCullagh & Nelder (1989), Generalized Linear Models, eq. 2.4 and 2.13.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...typing import Array, FloatArray, Namespace
from ..columns import ColumnBlock
from .loss_kernels import LossSums

_COLUMNS, _ROWS = 128, 512  # at a time


def cumulants(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> LossSums:
    """Sum b(eta), its slope, and the products of that with the features a column may use."""
    return _summed(X, block, W, b, xp, has_weights=True)


def cumulants_at_zero(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> LossSums:
    """Return :func:`cumulants` where all weights are zero, as at the start: one product."""
    return _summed(X, block, W, b, xp, has_weights=False)


def _summed(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace, *, has_weights: bool
) -> LossSums:
    n_columns = W.shape[1]
    loss, by_intercept = np.zeros((2, n_columns))
    by_weights, ones = np.zeros(W.shape), np.ones(_ROWS, dtype=X.dtype)
    for features, columns in block.parts or ((slice(None), slice(0, n_columns)),):
        mine = X[:, features]
        for some, rows in _tiles(columns, len(X)):
            x = mine[rows]
            w = W[features, some].T.astype(X.dtype)
            eta = w @ x.T if has_weights else np.zeros((len(w), len(x)), dtype=X.dtype)
            eta += b[some, None].astype(X.dtype)
            value, slope = _terms(eta, block, rows, some, xp)
            of_value = value @ ones[: len(x)]
            loss[some] += of_value
            by_intercept[some] += of_value if slope is value else slope @ ones[: len(x)]
            by_weights[features, some] += (slope @ x).T
    return LossSums(loss, by_intercept, by_weights)


def _terms(
    eta: Array, block: ColumnBlock, rows: slice, columns: slice, xp: Namespace
) -> tuple[Array, Array]:
    """Return b(eta + offset) and its slope, times row weights, for some rows and columns (c, B)."""
    if block.offset is not None:
        eta += _of(block.offset, rows, columns, eta)
    found = block.likelihood.cumulant(eta, xp)
    assert found is not None
    value, slope = found
    if block.weights is None:
        return value, slope
    a, is_one = _of(block.weights, rows, columns, eta), slope is value
    value = np.where(a > 0, value, 0.0) * a  # a row of weight zero is absent, its loss may be inf
    return value, value if is_one else np.where(a > 0, slope, 0.0) * a


def _tiles(columns: slice, n_rows: int) -> Iterator[tuple[slice, slice]]:
    """Yield a few columns and rows at a time."""
    for first in range(columns.start, columns.stop, _COLUMNS):
        some = slice(first, min(first + _COLUMNS, columns.stop))
        yield from ((some, slice(row, row + _ROWS)) for row in range(0, n_rows, _ROWS))


def _of(entries: FloatArray, rows: slice, columns: slice, like: Array) -> Any:
    """Return entries (B, C) or (B, 1) of some rows and columns, as (c, B) or (1, B)."""
    some = entries[rows] if entries.shape[1] == 1 else entries[rows, columns]
    return some.T.astype(like.dtype, copy=False)
