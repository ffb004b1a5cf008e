"""Kernels that look at the features: where they lie and how they go together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from ...typing import Array, FloatArray, IntArray, Namespace
from ..columns import ColumnBlock
from ..coordinates.whitening import Whitening
from .loss_kernels import linear_predictor, row_weights, weighted

_RUN_BYTES = 2**21  # of which seven copies are made


class MomentSums(NamedTuple):
    """Moments of coordinates z of the features under h = E d²l/deta²."""

    weight: FloatArray  # (C,) sum a
    h: FloatArray  # (C,)      sum a·h
    h_z: FloatArray  # (r, C)  sum a·h·z
    h_zz: FloatArray  # (r, C) sum a·h·z²


class GramSums(NamedTuple):
    """Moments of the features under the mean row weight of the columns."""

    weight: FloatArray  # ()  sum a
    x: FloatArray  # (p,)     sum a·x
    xx: FloatArray  # (p, p)  sum a·x xᵀ


class SketchSums(NamedTuple):
    """Some moments of the features under the mean row weight of the columns.

    Products are those of features within blocks of w; the last block is filled up with zeros.
    """

    weight: FloatArray  # ()     sum a
    x: FloatArray  # (p,)        sum a·x
    xx: FloatArray  # (k, w, w)  sum a·x xᵀ, within each of k blocks
    sketch: FloatArray  # (p, d) sum a·x xᵀ W


class CombinationSums(NamedTuple):
    """Moments of combinations z of the features under the mean row weight of the columns."""

    weight: FloatArray  # ()  sum a
    x: FloatArray  # (r,)     sum a·z
    xx: FloatArray  # (r, r)  sum a·z zᵀ
    xz: FloatArray  # (p, r)  sum a·x zᵀ


class LocationSums(NamedTuple):
    """First and second moment of each feature under the mean row weight of the columns."""

    weight: FloatArray  # ()     sum a
    x: FloatArray  # (p,)        sum a·x
    squares: FloatArray  # (p,)  sum a·x²


FeatureSums = TypeVar("FeatureSums", GramSums, SketchSums, CombinationSums, LocationSums)


class View(NamedTuple):
    """Coordinates z = B ((x - mean) * unit) of rows x in which some columns want their moments."""

    whitening: Whitening  # B
    mean: FloatArray  # (p,)
    unit: FloatArray  # (p,)
    columns: IntArray  # (V,)


def moments(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    views: Sequence[View],
) -> MomentSums:
    """Sum moments of the features under the curvature.

    Each column is in one of the views; all views have the same number r of coordinates.
    """
    eta = linear_predictor(X, block, W, b, xp)
    h = weighted(block.likelihood.fisher(eta, xp), block, xp)
    first, second = [], []
    for view in views:
        sums = [_moments_in(view, X[few], h[few, view.columns]) for few in _few_rows(X)]
        first.append(sum(z_h for z_h, _ in sums))
        second.append(sum(zz_h for _, zz_h in sums))
    order = np.argsort(np.concatenate([view.columns for view in views]))
    return MomentSums(
        row_weights(block, xp).sum(axis=0),
        xp.sum(h, axis=0),
        xp.concatenate(first, axis=1)[:, order],
        xp.concatenate(second, axis=1)[:, order],
    )


def _moments_in(view: View, X: Array, h: FloatArray) -> tuple[FloatArray, FloatArray]:
    z = view.whitening.of_rows((X - view.mean) * view.unit)
    return z.T @ h, (z * z).T @ h


def _few_rows(X: Array) -> Iterator[slice]:
    """Yield runs of rows of which several copies are still small, whatever a block takes."""
    step = max(1, _RUN_BYTES // max(1, X.shape[1] * X.itemsize))
    for start in range(0, max(1, len(X)), step):
        yield slice(start, start + step)


def gram(X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace) -> GramSums:
    """Sum X'X, the curvature that all columns share up to their own weighting of the rows."""
    weight, first, aX = _weighted_rows(X, block, xp)
    return GramSums(weight, first, X.T @ aX)


def sketched_gram(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    width: int | None,
    weights: FloatArray,
) -> SketchSums:
    """Sum blocks of X'X, and the product of all of it with ``weights`` (p, d).

    ``width`` is that of the blocks; None makes one of all features.
    """
    weight, first, aX = _weighted_rows(X, block, xp)
    return SketchSums(weight, first, _in_blocks(X, aX, width), aX.T @ (X @ weights))


def locations(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> LocationSums:
    """Sum the features and their squares."""
    weight, first, aX = _weighted_rows(X, block, xp)
    return LocationSums(weight, first, xp.ones(X.shape[0], dtype=X.dtype) @ (X * aX))


def covariance_of(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    matrix: FloatArray,
    centre: FloatArray,
) -> CombinationSums:
    """Sum z z' and x z' for combinations z = X A - c of the features; A is ``matrix`` (p, r)."""
    z = X @ matrix - centre
    weight, first, az = _weighted_rows(z, block, xp)
    return CombinationSums(weight, first, z.T @ az, X.T @ az)


def _in_blocks(X: Array, aX: Array, width: int | None) -> FloatArray:
    """Return X' aX within blocks of features, (k, w, w)."""
    p = X.shape[1]
    if width is None or width >= p:
        return (X.T @ aX)[None]
    out = np.zeros((-(-p // width), width, width))
    for k, products in enumerate(out):
        part = slice(k * width, min((k + 1) * width, p))
        n = part.stop - part.start
        products[:n, :n] = X[:, part].T @ aX[:, part]
    return out


def _weighted_rows(
    X: Array, block: ColumnBlock, xp: Namespace
) -> tuple[FloatArray, FloatArray, Array]:
    """Return the sum of the mean row weights a, a'X, and the rows times their a."""
    if block.weights is None:
        ones = xp.ones(X.shape[0], dtype=X.dtype)
        return np.asarray(float(X.shape[0])), ones @ X, X
    a = xp.mean(block.weights, axis=1).astype(X.dtype)
    return xp.sum(a, dtype=np.float64), a @ X, X * a[:, None]
