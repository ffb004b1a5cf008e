"""Second moments of features and responses, summed up for rows that go together.

Folds weigh rows differently, but there are only so many ways: rows that the same folds train on
have the same weights in all of them, but for a factor. Their moments are summed up once, and those
of any fold are sums of these. They are never differences (all rows less the tested ones), so no
digit is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Self

import numpy as np

from ..typing import Array, BoolArray, FloatArray, IntArray
from .columns import ColumnBlock, Columns, Source
from .coordinates.feature_facts import Features
from .runners import threads
from .runners.plan import plan
from .table import Block, Table, cut

_BLOCK_BYTES, _FEWEST_ROWS = 2**23, 512  # of features, at a time
_PRIME = 2**31 - 1


class Groups(NamedTuple):
    """Rows that go together under all of some row weights: they differ by a factor at most."""

    of_row: IntArray  # (T,), -1 for rows without weight
    factor: FloatArray | None  # (T,) of each row; None: one
    share: FloatArray  # (G, V) weight of a row of factor one in each series

    @classmethod
    def of(cls, weights: Source | None, used: IntArray, keep: BoolArray) -> Self:
        """Group the rows of some series (V,) of row weights; ``keep`` (T,) are those that count.

        >>> training = Source(np.array([[0, 2], [0, 2], [1, 0], [3, 3]]), np.arange(2))
        >>> groups = Groups.of(training, np.arange(2), np.array([True, False, True, True]))
        >>> groups.of_row, groups.share[groups.of_row[3]]
        (array([ 0, -1,  1,  2]), array([1., 1.]))
        """
        if weights is None:
            return cls(np.where(keep, 0, -1), None, np.ones((1, len(used))))
        values = np.where(keep[:, None], np.asarray(weights.values[:], float)[:, used], 0.0)
        factor = values.max(axis=1, initial=0.0)
        counts = factor > 0
        share = values[counts] / factor[counts, None]
        # One number for each row; whether others than equal rows have the same is seen below.
        mixed = np.random.default_rng(0).integers(1, _PRIME, len(used)).astype(np.float64)
        _, first, of = np.unique(
            np.einsum("tv,v->t", share, mixed), return_index=True, return_inverse=True
        )
        if not np.array_equal(share[first][of], share):
            _, first, of = np.unique(share, axis=0, return_index=True, return_inverse=True)
        of_row = np.full(len(values), -1, dtype=np.intp)
        of_row[counts] = of.ravel()
        is_plain = bool((factor[counts] == 1.0).all())
        return cls(of_row, None if is_plain else factor, share[first])


class GroupMoments(NamedTuple):
    """Of standardised features z with a one at their end, and residuals r of D responses."""

    weight: FloatArray  # (G,)        sum a
    gram: FloatArray  # (G, n, n)     sum a·z zᵀ
    moment: FloatArray  # (G, n, D)   sum a·z·r
    square: FloatArray  # (G, D)      sum a·r²

    @classmethod
    def zeros(cls, n_groups: int, n: int, n_responses: int) -> Self:
        """Return sums over no rows."""
        G, D = n_groups, n_responses
        return cls(np.zeros(G), np.zeros((G, n, n)), np.zeros((G, n, D)), np.zeros((G, D)))

    @classmethod
    def summed(
        cls,
        table: Table,
        columns: Columns,
        features: Features,
        groups: Groups,
        reference: FloatArray,
    ) -> Self:
        """Visit all rows once; residuals are y less the offset and a ``reference`` (D,).

        ``columns`` are D responses with their offsets; of their row weights no use is made.
        """
        factor = groups.factor
        weights = None if factor is None else Source(factor[:, None], np.zeros(1, dtype=np.intp))
        columns = replace(columns, weights=weights, mask=None, marks=groups.of_row)
        n, how = len(features.mean) + 1, plan(table.rows, columns.n_columns)
        block_rows = max(_FEWEST_ROWS, _BLOCK_BYTES // (8 * n))
        table = replace(table.in_double(), blocks=tuple(cut(groups.of_row >= 0, block_rows)))

        def work(share: Sequence[Block]) -> GroupMoments:
            total = cls.zeros(len(groups.share), n, columns.n_columns)
            for block in share:
                _add(total, table.read(block), columns.block(block.rows), features, reference)
            return total

        total, *rest = threads.in_shares(work, table.blocks, n_threads=how.n_threads)
        for part in rest:
            for so_far, term in zip(total, part, strict=True):
                so_far += term
        return cls(*total)


def _add(
    total: GroupMoments,
    X: Array,
    block: ColumnBlock,
    features: Features,
    reference: FloatArray,
) -> None:
    """Add the sums over a block, in place."""
    marks = np.asarray(block.marks)
    Z = np.ones((len(X), X.shape[1] + 1))
    np.subtract(X, features.mean, out=Z[:, :-1])
    Z[:, :-1] *= features.inverse_scale
    r = block.y - reference if block.offset is None else block.y - block.offset - reference
    for group in np.unique(marks).tolist():
        here = _as_run(np.flatnonzero(marks == group))
        z, residual = Z[here], r[here]
        if block.weights is None:
            total.weight[group] += len(z)
        else:  # half of it to each factor: products of a matrix with itself cost half
            total.weight[group] += block.weights[here, 0].sum()
            half = np.sqrt(block.weights[here, :1])
            z, residual = z * half, residual * half
        total.gram[group] += z.T @ z
        total.moment[group] += z.T @ residual
        total.square[group] += np.einsum("td,td->d", residual, residual)


def _as_run(rows: IntArray) -> slice | IntArray:
    """Return indices as a slice where they are one run, which copies nothing.

    >>> _as_run(np.array([2, 3, 4])), _as_run(np.array([2, 4]))
    (slice(2, 5, None), array([2, 4]))
    """
    is_run = int(rows[-1]) + 1 - int(rows[0]) == len(rows)
    return slice(int(rows[0]), int(rows[-1]) + 1) if is_run else rows
