"""How often rows count in draws of whole blocks: what a block bootstrap weights them by."""

from __future__ import annotations

import math

import numpy as np

from ... import errors
from ...typing import Array, IntArray

_MOST = np.iinfo(np.uint16).max
_FEWEST_BLOCKS = 2  # of a session: of one, every draw is the same


def moving_blocks(
    starts: IntArray,
    lengths: IntArray,
    n_rows: int,
    block: int,
    rngs: list[np.random.Generator],
) -> Array:
    """Return how often each row counts, (T, D), if sessions are made of blocks that begin anywhere.

    Blocks go on at the beginning of their session where they reach its end, so that all rows count
    alike (Politis & Romano 1992, in LePage & Billard, Exploring the Limits of Bootstrap, 263-70).
    Only weights are drawn, so nothing is joined where a block goes on.

    >>> rng = np.random.default_rng(0)
    >>> moving_blocks(np.array([0]), np.array([6]), 6, 3, [rng])[:, 0]
    array([1, 1, 0, 1, 1, 2], dtype=uint16)
    """
    counts = np.zeros((n_rows, len(rngs)), dtype=np.uint16)
    for d, rng in enumerate(rngs):
        for start, length in zip(starts, lengths, strict=True):
            size = min(block, length)
            begins = rng.integers(length, size=math.ceil(length / size))
            rows = start + np.add.outer(begins, np.arange(size)) % length
            counts[:, d] += np.bincount(rows.ravel(), minlength=n_rows).astype(np.uint16)
    return counts


def whole_groups(codes: IntArray, rngs: list[np.random.Generator]) -> Array:
    """Return how often each row counts, (T, D), if groups (trials) are drawn with replacement.

    Rows of no group (code -1) never count.

    >>> whole_groups(np.array([0, 0, 1, -1]), [np.random.default_rng(1)])[:, 0]
    array([1, 1, 1, 0], dtype=uint16)
    """
    G = int(codes.max()) + 1
    drawn = [np.bincount(rng.integers(G, size=G), minlength=G) for rng in rngs]
    counts = np.vstack([*np.array(drawn).T, np.zeros(len(rngs), dtype=int)])
    return counts[codes].astype(np.uint16)


def check_blocks(lengths: IntArray, block: int) -> None:
    """Check that sessions have several blocks.

    Raises
    ------
    ValueError
        If none has.
    """
    if block < 1 or int(lengths.max()) < _FEWEST_BLOCKS * block or block > _MOST:
        raise errors.value_error(
            "Blocks of this length leave nothing to draw.",
            given=f"block of {block} bins in sessions of up to {int(lengths.max())}",
            expected=f"from 1 to {max(int(lengths.max()) // _FEWEST_BLOCKS, 1)} bins",
            todo="draw whole trials or sessions: groups=, a label per row.",
        )
