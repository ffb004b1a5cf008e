"""Copies among very many features, of which only blocks of the correlations are known."""

from __future__ import annotations

import numpy as np

from ...typing import FloatArray
from ..coordinates.block_diagonal import BlockDiagonal

_ALIKE = 1e-3  # of the size of a row of the sketch: how far those of copies may be apart
_NEIGHBOURS = 8  # in the order of one number, that a feature is compared with


def copies_in(sketch: FloatArray, blocks: BlockDiagonal) -> FloatArray:
    """Return differences (p, m) of standardised features of different blocks that may be copies.

    Copies, also of opposite sign, have the same correlations with all other features, so the same
    row, but for its sign, in the product of the correlations with some random directions. Rows that
    are alike are neighbours when sorted by a coordinate. Each feature is told from the first of its
    copies; those of its own block X'X shows.

    Parameters
    ----------
    sketch :
        (p, k) R times k directions.
    blocks :
        Of R, which says who belongs to which.

    >>> R = np.eye(4)
    >>> R[0, 3] = R[3, 0] = -1.0
    >>> sketch = R @ np.random.default_rng(0).normal(size=(4, 3))
    >>> np.abs(copies_in(sketch, BlockDiagonal((np.eye(2), np.eye(2)))).T).round(3)
    array([[0.707, 0.   , 0.   , 0.707]])
    """
    size = np.linalg.norm(sketch, axis=1)
    sign = np.sign(sketch[:, 0])
    rows = sketch * sign[:, None]
    block_of = np.repeat(np.arange(len(blocks.blocks)), [len(b) for b in blocks.blocks])
    order = np.argsort(rows[:, 0], kind="stable")
    first = np.arange(len(sketch))  # the first feature that each is a copy of
    for ahead in range(1, _NEIGHBOURS + 1):
        i, j = order[:-ahead], order[ahead:]
        apart = np.linalg.norm(rows[i] - rows[j], axis=1)
        for a, b in zip(i[alike := (apart < _ALIKE * size[i])], j[alike], strict=True):
            low, high = sorted((first[a], first[b]))
            first[first == high] = low
    copies = np.flatnonzero((first != np.arange(len(first))) & (block_of != block_of[first]))
    out = np.zeros((len(sketch), len(copies)))
    k = np.arange(len(copies))
    out[copies, k], out[first[copies], k] = sign[copies], -sign[first[copies]]
    return np.linalg.qr(out)[0] if len(copies) else out
