"""The runner of a Dask cluster: each part of the rows is summed where it lies.

One task per part and pass, each of which is :mod:`~spikeglm.engine.runners.threads` on one thread
of its worker. What a pass needs of all rows (weights, intercepts, the kernel) is one node of its
graph, so it is sent once; sums come back through one tree. What a pass needs per row (responses,
row weights, offsets, which rows count) is sent before the first, with the part it belongs to, and
stays there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple, cast

import numpy as np

from ...io.interop.dask_calls import computed, placed
from ...rows.contract import Rows
from ...rows.dask_rows import DaskRows, as_rows
from ...rows.sending import SentSeries, cut_to_send
from ...typing import Array, FloatArray, IntArray
from ..columns import Columns, Source
from ..combinations import Combinations
from ..kernels.loss_kernels import Kernel, Sums, add_into
from ..table import Block, Table, cut
from . import threads
from .plan import Plan

_ADDED_AT_ONCE = 8  # parts per addition: a shallow tree, and no worker waits for all


class _PerRow(NamedTuple):
    """What is sent along with a part of the rows: its blocks, and the sources of columns there."""

    blocks: tuple[Block, ...]
    responses: Array | SentSeries | None
    weights: Array | SentSeries | None
    offsets: Array | SentSeries | None


class _Visit(NamedTuple):
    """What a pass needs of all rows; of the columns, everything but their values."""

    kernel: Kernel[Any]
    columns: Columns
    W: FloatArray
    b: FloatArray
    is_single: bool
    shift: Array | None
    combinations: Combinations | None
    how: Plan


def run(
    kernel: Kernel[Sums],
    table: Table,
    columns: Columns,
    W: FloatArray,
    b: FloatArray,
    how: Plan,
) -> Sums:
    """Sum a kernel over all blocks of a table of :class:`~spikeglm.rows.dask_rows.DaskRows`.

    Parameters
    ----------
    kernel, table, columns, W, b :
        As :func:`spikeglm.engine.runners.threads.run`; the kernel must be a function that other
        processes can import, or a ``functools.partial`` of one.
    how :
        The plan; of it, the size of a block.

    Raises
    ------
    ConnectionError
        If the cluster is lost. A worker that is lost is not an error: Dask makes its parts again.
    """
    from dask import delayed

    rows = cast(DaskRows, table.rows)
    visit = _Visit(
        kernel, _without_values(columns), W, b, table.is_single, table.shift,
        table.combinations, replace(how, runner="threads", n_threads=1),
    )  # fmt: skip
    message = delayed(_Visit, pure=False, traverse=False)(*visit)
    per_row, marks = _per_row(table, columns, how), _marks(rows, columns.marks)
    (total,) = computed([_added(rows.each(_sum, per_row, marks, also=message))])
    return total


def starts(table: Table, how: Plan) -> IntArray:
    """Return the first row of each block that kernels see: parts are cut by themselves."""
    edges = cast(DaskRows, table.rows).edges
    return np.concatenate([np.arange(a, b, how.block_rows) for a, b in pairwise(edges)])


def products(rows: Rows, W: FloatArray, how: Plan) -> FloatArray:
    """Return X W as :func:`spikeglm.engine.runners.threads.products`, computed where rows lie."""
    from dask import delayed

    there = replace(how, runner="threads", n_threads=1)
    message = delayed(_Product, pure=False)(W, there)
    return np.concatenate(computed(cast(DaskRows, rows).each(_product, also=message)))


def _per_row(table: Table, columns: Columns, how: Plan) -> list[Any]:
    """Send what belongs to the rows, unless it was the last that was sent."""
    sources = columns.responses, columns.weights, columns.offsets
    values = [None if source is None else source.values for source in sources]
    rows = cast(DaskRows, table.rows)
    known, there = rows.sent.get("per row", (None, None))
    identity = [table.blocks, *values]
    if known is not None and all(a is b for a, b in zip(known, identity, strict=True)):
        return there
    there = _sent(rows, table.blocks, values, how.block_rows)
    rows.sent["per row"] = identity, there
    return there


def _marks(rows: DaskRows, marks: IntArray | None) -> list[Any]:
    """Send the marks of rows, apart: passes with some and without take turns."""
    from dask import delayed

    if marks is None:
        return [None] * len(rows.parts)
    known, there = rows.sent.get("marks", (None, None))
    if known is not marks:
        send = delayed(_itself, pure=False, traverse=False)
        there = list(placed([send(marks[a:b]) for a, b in pairwise(rows.edges)]))
        rows.sent["marks"] = marks, there
    return there


def _sent(
    rows: DaskRows, blocks: Sequence[Block], values: Sequence[Array | None], block_rows: int
) -> list[Any]:
    from dask import delayed

    send = delayed(_cut, pure=False, traverse=False)
    parts = [None if v is None else cut_to_send(v) for v in values]
    keep = np.zeros(rows.n_rows, dtype=bool)
    for block in blocks:
        keep[block.rows] = True
    return list(
        placed(
            [
                send(keep[a:b], block_rows, *(v if v is None else v(a, b) for v in parts))
                for a, b in pairwise(rows.edges)
            ]
        )
    )


def _without_values(columns: Columns) -> Columns:
    return _with_values(columns, [np.empty((0, 0))] * 3, None)


def _with_values(columns: Columns, values: Sequence[Array | None], marks: Array | None) -> Columns:
    sources = columns.responses, columns.weights, columns.offsets
    filled: list[Any] = [
        None if source is None else Source(cast(Array, array), source.of)
        for source, array in zip(sources, values, strict=True)
    ]
    # No mask: kernels get weights that respect it.
    responses, weights, offsets = filled
    return Columns(columns.likelihood, responses, weights, offsets, marks=marks)


def _added(parts: list[Any]) -> Any:
    """Return the Delayed sum of Delayed sums: a tree, in the order of the rows."""
    from dask import delayed

    add = delayed(_add, pure=False)
    while len(parts) > 1:
        few = range(0, len(parts), _ADDED_AT_ONCE)
        parts = [add(parts[k : k + _ADDED_AT_ONCE]) for k in few]
    return parts[0]


# What the workers call; they import this module by its name.


def _itself(values: Array) -> Array:
    return values


def _cut(keep: Array, block_rows: int, *values: Any) -> _PerRow:
    return _PerRow(tuple(cut(keep, block_rows)), *values)


def _sum(part: Any, per_row: _PerRow, marks: Array | None, visit: _Visit) -> Any:
    """Return the sums over one part, None if none of its rows counts."""
    if not per_row.blocks:
        return None
    rows = as_rows(part)
    table = Table(
        rows, per_row.blocks, rows.n_rows, visit.is_single, visit.shift, visit.combinations
    )
    values = [_opened(series) for series in (per_row.responses, per_row.weights, per_row.offsets)]
    columns = _with_values(visit.columns, values, marks)
    return threads.run(visit.kernel, table, columns, visit.W, visit.b, visit.how)


def _opened(values: Any) -> Any:
    return values.opened() if isinstance(values, SentSeries) else values


def _add(parts: Sequence[Any]) -> Any:
    total = None
    for part in parts:
        if part is not None:
            total = add_into(total, part)
    return total


class _Product(NamedTuple):
    W: FloatArray
    how: Plan


def _product(part: Any, wanted: _Product) -> FloatArray:
    return threads.products(as_rows(part), wanted.W, wanted.how)
