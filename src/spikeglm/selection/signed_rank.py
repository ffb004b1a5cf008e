"""Wilcoxon's signed-rank test of paired differences, exact, for many of them at once."""

from __future__ import annotations

import numpy as np

from ..typing import FloatArray


def signed_rank_p(differences: FloatArray) -> FloatArray:
    """Return one-sided p values (...) of differences (K, ...) being larger than zero.

    Exact: W+, the sum of the ranks of positive differences by size, against all 2^K signs. A
    difference of zero counts as negative, and of equal sizes the positive ones get the lower ranks:
    both make p larger. NaN is no difference. No p value is below 2^-K.

    References
    ----------
    Wilcoxon (1945), Biometrics Bull 1:80-3; for encoding models Hardcastle et al. (2017), Neuron
    94:375-87.

    Examples
    --------
    >>> signed_rank_p(np.array([[0.1, 0.1], [0.2, -0.2], [0.3, 0.3], [0.4, 0.4], [0.5, 0.5]]))
    array([0.03125, 0.09375])
    """
    d = np.asarray(differences, dtype=float)
    is_there = ~np.isnan(d)
    positive = is_there & (d > 0)
    order = np.lexsort((~positive, np.where(is_there, np.abs(d), np.inf)), axis=0)
    ranks = np.empty(d.shape)
    steps = np.arange(1.0, len(d) + 1).reshape(-1, *(1,) * (d.ndim - 1))
    np.put_along_axis(ranks, order, np.broadcast_to(steps, d.shape), axis=0)
    statistic = np.where(positive, ranks, 0.0).sum(axis=0).astype(int)
    n = is_there.sum(axis=0)
    p = np.full(d.shape[1:], np.nan)
    for size in np.unique(n[n > 0]).tolist():
        tail = _tail(size)
        p = np.where(n == size, tail[np.minimum(statistic, len(tail) - 1)], p)
    return p


def _tail(n: int) -> FloatArray:
    """Return P(W+ >= w) for w = 0 ... n (n + 1) / 2."""
    chances = np.ones(1)
    for rank in range(1, n + 1):
        moved = np.concatenate([np.zeros(rank), chances])
        chances = 0.5 * (moved + np.concatenate([chances, np.zeros(rank)]))
    return np.cumsum(chances[::-1])[::-1]
