"""Products of scores, summed over rows, groups and lags: what stands inside a sandwich.

The score of row t is s_t = u_t (x_t, 1) with u = dl/deta, (n,) for each column; with K classes that
of a neuron is all its classes', parameter j of class k at j·K + k. A row of weight a is a rows.

Sums over pairs of rows add up over blocks as long as both rows of a pair are in one block; what is
left is added by whoever cuts the blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...typing import Array, FloatArray, IntArray, Namespace
from ..columns import ColumnBlock
from .loss_kernels import in_precision, linear_predictor

CERTAIN = 1e-8
"""One less the leverage from which a row alone determines what it says: its residual is zero."""


class ProductSums(NamedTuple):
    """Per neuron."""

    products: FloatArray  # (A, n, n)


class LeverageSums(NamedTuple):
    """:class:`ProductSums`, and how many rows determine a parameter alone."""

    products: FloatArray  # (A, n, n)
    n_certain: FloatArray  # (A,)


class GroupSums(NamedTuple):
    """Products of the scores of groups in the block, and scores of those that others share."""

    products: FloatArray  # (A, n, n)
    scores: FloatArray  # (A, G, n)


class ReducedGroupSums(NamedTuple):
    """:class:`GroupSums`, and the information of the groups that blocks share."""

    products: FloatArray  # (A, n, n)
    scores: FloatArray  # (A, G, n)
    informations: FloatArray  # (A, G, n, n)


class LagSums(NamedTuple):
    """Products of a combination of the scores with itself some rows before."""

    products: FloatArray  # (A, J)


class NeighbourSums(NamedTuple):
    """Moments of each score and the one before it, over pairs of rows: of both, and products."""

    n_pairs: FloatArray  # (A,)
    now: FloatArray  # (A, n)
    before: FloatArray  # (A, n)
    now_before: FloatArray  # (A, n)
    before_before: FloatArray  # (A, n)
    now_now: FloatArray  # (A, n)


def score_products(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> ProductSums:
    """Sum a u² x x': a row of weight a is a rows (White 1980, Econometrica 48:817-38)."""
    return ProductSums(_products(_with_ones(X, xp), _slopes(X, block, W, b, xp, 0.5), 1, xp))


def sampled_score_products(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> ProductSums:
    """Sum (a u)² x x': a row is one observation, whatever its weight."""
    return ProductSums(_products(_with_ones(X, xp), _slopes(X, block, W, b, xp, 1.0), 1, xp))


def class_score_products(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    n_classes: int,
    power: float,
) -> ProductSums:
    """Sum the products of scores times a^power, of all classes of a neuron."""
    u = _slopes(X, block, W, b, xp, power)
    return ProductSums(_products(_with_ones(X, xp), u, n_classes, xp))


def leverage_score_products(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    inverses: FloatArray,
    delta: float,
    power: float,
) -> LeverageSums:
    """Sum the products of scores over (1 - h)^delta, h = w x'Bx with B the ``inverses`` (C, n, n).

    MacKinnon & White (1985), J Econom 29:305-25. With ``power`` 0.5 a row of weight a is a rows, of
    this h each; with 1 it is one row, and h is a times that.
    """
    u, X1 = _slopes(X, block, W, b, xp, power), _with_ones(X, xp)
    eta = linear_predictor(X, block, W, b, xp)
    w = block.likelihood.information(eta, in_precision(block.y, X), xp)
    if power == 1.0 and block.weights is not None:
        w = w * block.weights
    products, n_certain = [], []
    for c in range(u.shape[1]):
        left = 1.0 - w[:, c] * xp.sum((X1 @ inverses[c]) * X1, axis=1)
        counts = True if block.weights is None else _column(block.weights, c) > 0
        certain = (left < CERTAIN) & counts
        v = xp.where(certain, 0.0, u[:, c]) / xp.where(left < CERTAIN, 1.0, left) ** (delta / 2)
        S = X1 * v[:, None]
        products.append(S.T @ S)
        n_certain.append(xp.sum(certain))
    return LeverageSums(xp.stack(products), xp.asarray(n_certain, dtype=np.float64))


def group_score_products(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    n_classes: int,
    n_shared: int,
) -> GroupSums:
    """Sum S_g S_g' over the groups g of the rows, S_g the sum of a u x in a group.

    Marks are groups. Those below ``n_shared`` have rows in other blocks too: of them the scores
    are summed up. Liang & Zeger (1986), Biometrika 73:13-22.
    """
    order, starts, group = _by_group(block)
    is_shared = group < n_shared
    X1, u = _with_ones(X, np)[order], _slopes(X, block, W, b, np, 1.0)[order]
    n_neurons, n = u.shape[1] // n_classes, X1.shape[1] * n_classes
    products, scores = np.zeros((n_neurons, n, n)), np.zeros((n_neurons, n_shared, n))
    for a in range(n_neurons):
        S = np.add.reduceat(_scores(X1, u, a, n_classes), starts, axis=0)
        scores[a, group[is_shared]] = S[is_shared]
        inside = S[~is_shared]
        products[a] = inside.T @ inside
    return GroupSums(products, scores)


def reduced_group_products(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    reduced: Sequence[Callable[[FloatArray, FloatArray], FloatArray]],
    n_shared: int,
) -> ReducedGroupSums:
    """Sum S_g S_g' as :func:`group_score_products`, of scores that each neuron has corrected.

    ``reduced`` (C,) are told the score (n,) and the information (n, n) of a group.
    """
    order, starts, group = _by_group(block)
    X1, u = _with_ones(X, np)[order], _slopes(X, block, W, b, np, 1.0)[order]
    w = block.likelihood.information(
        linear_predictor(X, block, W, b, np), in_precision(block.y, X), np
    )
    w = w[order] if block.weights is None else (w * block.weights)[order]
    n_neurons, n = u.shape[1], X1.shape[1]
    products, scores = np.zeros((n_neurons, n, n)), np.zeros((n_neurons, n_shared, n))
    informations = np.zeros((n_neurons, n_shared, n, n))
    for g, start, stop in zip(group, starts, [*starts[1:], len(order)], strict=True):
        x = X1[start:stop]
        sums = x.T @ u[start:stop]
        for c in range(n_neurons):
            information = x.T @ (x * w[start:stop, c, None])
            if g < n_shared:
                scores[c, g], informations[c, g] = sums[:, c], information
            else:
                s = reduced[c](sums[:, c], information)
                products[c] += np.outer(s, s)
    return ReducedGroupSums(products, scores, informations)


def window_score_products(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    n_classes: int,
    n_lags: IntArray,
) -> ProductSums:
    r"""Sum (1 - |t - r| / (L + 1)) s_t s_r' over pairs of rows less than L + 1 apart.

    Marks are times, increasing, and ``n_lags`` (A,) is L. The sum is

        1 / (L + 1) sum_k S_k S_k',   S_k the sum of the scores from time k - L to k,

    over all windows k that hold a row: two rows share L + 1 - |t - r| of them. So it costs no more
    than lag 0 alone, and is never indefinite. Newey & West (1987), Econometrica 55:703-8.
    """
    times = np.asarray(block.marks)
    X1, u = _with_ones(X, np), _slopes(X, block, W, b, np, 1.0)
    n_neurons, n = u.shape[1] // n_classes, X1.shape[1] * n_classes
    products = np.empty((n_neurons, n, n))
    for L in np.unique(n_lags):
        # A window changes where a row enters it and where one leaves it, nowhere else.
        changes = np.unique(np.concatenate([times, times + L + 1]))
        entered = np.searchsorted(times, changes[:-1], side="right")
        has_left = np.searchsorted(times, changes[:-1] - L - 1, side="right")
        root = np.sqrt(np.diff(changes) / (L + 1))[:, None]
        for a in map(int, np.flatnonzero(n_lags == L)):
            so_far = np.cumsum(_scores(X1, u, a, n_classes), axis=0, dtype=np.float64)
            so_far = np.vstack([np.zeros((1, n)), so_far])
            S = (so_far[entered] - so_far[has_left]) * root
            products[a] = S.T @ S
    return ProductSums(products)


def lagged_products(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    n_classes: int,
    direction: FloatArray,
    n_lags: int,
) -> LagSums:
    """Sum f_t f_{t-j} for j = 0 .. ``n_lags``, f the scores times ``direction`` (p + 1, A).

    Of classes all but the last are taken: together they add up to zero. Marks are times.
    """
    times, u = np.asarray(block.marks), _slopes(X, block, W, b, np, 1.0)
    K, n_neurons = n_classes, u.shape[1] // n_classes
    u = u.reshape(len(u), K, n_neurons)[:, : max(K - 1, 1)].sum(axis=1)
    f = u * (_with_ones(X, np) @ direction)
    out = np.empty((n_neurons, n_lags + 1))
    for j in range(n_lags + 1):
        now, before = _pairs(times, j)
        out[:, j] = np.einsum("ta,ta->a", f[now], f[before])
    return LagSums(out)


def neighbour_moments(
    X: Array,
    block: ColumnBlock,
    W: FloatArray,
    b: FloatArray,
    xp: Namespace,
    *,
    n_classes: int,
    shift: FloatArray,
) -> NeighbourSums:
    """Sum the moments of scores of features + ``shift`` (p,) and of the row before. Marks: times.

    They are what a regression of each score on the one before it takes.
    """
    now, before = _pairs(np.asarray(block.marks), 1)
    X1, u = _with_ones(X + shift, np), _slopes(X, block, W, b, np, 1.0)
    n_neurons = u.shape[1] // n_classes
    sums = []
    for a in range(n_neurons):
        s = _scores(X1, u, a, n_classes)
        x, y = s[before], s[now]
        pairs = ((y, None), (x, None), (y, x), (x, x), (y, y))
        sums.append([p.sum(axis=0) if q is None else (p * q).sum(axis=0) for p, q in pairs])
    moments = (np.stack(part) for part in zip(*sums, strict=True))
    return NeighbourSums(np.full(n_neurons, float(len(now))), *moments)


def _by_group(block: ColumnBlock) -> tuple[IntArray, IntArray, IntArray]:
    """Return an order (B,) of the rows by their marks, where each group starts in it, and which."""
    marks = np.asarray(block.marks)
    order = np.argsort(marks, kind="stable")
    starts = np.flatnonzero(np.diff(marks[order], prepend=marks[order[0]] - 1))
    return order, starts, marks[order][starts]


def _pairs(times: IntArray, lag: int) -> tuple[IntArray, IntArray]:
    """Return rows, and those exactly so much before them, where there are such."""
    before = np.searchsorted(times, times - lag)
    now = np.flatnonzero(times[before] == times - lag)
    return now, before[now]


def _slopes(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace, power: float
) -> FloatArray:
    """Return u a^power, (B, C), zero where a row has no weight."""
    eta = linear_predictor(X, block, W, b, xp)
    _, u = block.likelihood.value_and_slope(eta, in_precision(block.y, X), xp)
    if block.weights is None:
        return u
    a = in_precision(block.weights, u)
    return xp.where(a > 0, u, 0.0) * a**power


def _with_ones(X: Array, xp: Namespace) -> Array:
    return xp.concatenate([X, xp.ones((X.shape[0], 1), dtype=X.dtype)], axis=1)


def _scores(X1: Array, u: FloatArray, neuron: int, n_classes: int) -> FloatArray:
    """Return the scores of a neuron, (B, n)."""
    if n_classes == 1:
        return X1 * u[:, neuron, None]
    of_classes = u[:, neuron :: u.shape[1] // n_classes]
    return (X1[:, :, None] * of_classes[:, None, :]).reshape(len(X1), -1)


def _products(X1: Array, u: FloatArray, n_classes: int, xp: Namespace) -> FloatArray:
    scores = (_scores(X1, u, a, n_classes) for a in range(u.shape[1] // n_classes))
    return xp.stack([S.T @ S for S in scores])


def _column(values: FloatArray, column: int) -> FloatArray:
    """Return (B,) of a column, where all may share one."""
    return values[:, 0 if values.shape[1] == 1 else column]
