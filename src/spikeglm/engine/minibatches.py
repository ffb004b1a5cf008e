"""A pass over the rows in random order, a few at a time: each few are an objective of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..rows.arrays import ArrayRows
from ..typing import Array, IntArray
from .columns import Columns, Source
from .objective import Objective
from .table import Block, Table


def minibatches(
    objective: Objective, rng: np.random.Generator, *, batch_size: int
) -> Iterator[Objective]:
    """Visit all rows once; yield objectives over ``batch_size`` rows whose mean is the objective.

    Blocks of rows are read once each, in random order, and their rows are shuffled: rows may be
    computed or streamed. The loss of a batch is scaled so that its expectation is the mean loss
    over all rows, whatever the row weights.
    """
    objective.n_passes += 1
    table = objective.table
    for k in rng.permutation(len(table.blocks)):
        block = table.blocks[k]
        X, rows = table.read(block), _indices(block)
        here = replace(objective, columns=_columns_on(objective.columns, rows))
        order = rng.permutation(len(rows))
        for start in range(0, len(rows), batch_size):
            few = order[start : start + batch_size]
            yield over_rows(here, X[few], few)


def over_rows(objective: Objective, X: Array, rows: IntArray) -> Objective:
    """Return the objective over some rows: ``X`` (B, p) as read, and their indices (B,).

    The indices are those in the responses, row weights and offsets of the objective.
    """
    share = len(rows) / objective.table.n_kept
    whole = (Block(0, len(rows), slice(0, len(rows))),)
    return replace(
        objective,
        table=Table(ArrayRows(X), whole, len(rows), is_single=objective.table.is_single),
        columns=_columns_on(objective.columns, rows),
        plan=replace(objective.plan, runner="threads", n_threads=1),
        total_weight=objective.total_weight * share,
        n_passes=0,
        watch=None,  # the values of a few rows are not those of the whole
    )


def _indices(block: Block) -> IntArray:
    if isinstance(block.keep, slice):
        return np.arange(block.start + block.keep.start, block.start + block.keep.stop)
    return block.start + block.keep


def _columns_on(columns: Columns, rows: IntArray) -> Columns:
    def few(source: Source | None) -> Source | None:
        return None if source is None else Source(source.values[rows], source.of)

    return replace(
        columns,
        responses=Source(columns.responses.values[rows], columns.responses.of),
        weights=few(columns.weights),
        offsets=few(columns.offsets),
    )
