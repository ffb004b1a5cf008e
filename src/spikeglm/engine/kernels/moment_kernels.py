"""Kernels of sufficient statistics: moments of features and offset over rows, and over events.

A quadratic function of the linear predictor eta = x·w + b + o, summed over rows, is known for all w
and b once these are. "Over events" means that a row counts y times.
"""

from __future__ import annotations

from typing import NamedTuple

from ...typing import Array, FloatArray, Namespace
from ..columns import ColumnBlock


class FirstSums(NamedTuple):
    """Per column, with c = a (rows) or a·y (events) for how often a row counts."""

    weight: FloatArray  # (C,)             sum c
    x: FloatArray  # (p, C)                sum c·x
    offset: FloatArray  # (C,)             sum c·o
    x_offset: FloatArray  # (p, C)         sum c·o·x
    offset_squared: FloatArray  # (C,)     sum c·o²


class SecondSums(NamedTuple):
    """:class:`FirstSums`, and the second moments of the features."""

    weight: FloatArray  # (C,)
    x: FloatArray  # (p, C)
    offset: FloatArray  # (C,)
    x_offset: FloatArray  # (p, C)
    offset_squared: FloatArray  # (C,)
    xx: FloatArray  # (C, p, p)            sum c·x xᵀ


def over_rows(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> FirstSums:
    """Sum moments over rows."""
    return _first(X, _row_counts(block, xp), block, xp)


def over_events(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> FirstSums:
    """Sum moments over events: one product, without an offset."""
    return _first(X, _event_counts(block, xp), block, xp)


def over_rows_with_gram(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> SecondSums:
    """Sum first and second moments over rows: p/4 times the cost of a bare pass."""
    return _second(X, _row_counts(block, xp), block, xp)


def over_events_with_gram(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> SecondSums:
    """Sum first and second moments over events: p/4 times the cost of a bare pass."""
    return _second(X, _event_counts(block, xp), block, xp)


def _row_counts(block: ColumnBlock, xp: Namespace) -> FloatArray:
    if block.weights is None:
        return xp.ones_like(block.y)
    return xp.broadcast_to(block.weights, block.y.shape)


def _event_counts(block: ColumnBlock, xp: Namespace) -> FloatArray:
    if block.weights is None:
        return block.y
    return xp.where(block.weights > 0, block.y, 0.0) * block.weights  # an absent y may be NaN


def _first(X: Array, counts: FloatArray, block: ColumnBlock, xp: Namespace) -> FirstSums:
    by_column = X.T @ counts.astype(X.dtype)
    weight = counts.sum(axis=0)
    if block.offset is None:
        nothing = xp.zeros_like(weight)
        return FirstSums(weight, by_column, nothing, xp.zeros_like(by_column), nothing)
    moved = counts * block.offset
    squared = (moved * block.offset).sum(axis=0)
    return FirstSums(weight, by_column, moved.sum(axis=0), X.T @ moved.astype(X.dtype), squared)


def _second(X: Array, counts: FloatArray, block: ColumnBlock, xp: Namespace) -> SecondSums:
    c = counts.astype(X.dtype)
    xx = xp.stack([X.T @ (X * c[:, k, None]) for k in range(c.shape[1])])
    return SecondSums(*_first(X, counts, block, xp), xx)
