"""Sums over pairs of rows that are near in time, where rows are read in blocks.

A kernel sums over the pairs of a block. Pairs across the start of a block are those of the rows
around it, less those of the rows before it, less those of the rows behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ...engine.kernels.loss_kernels import Kernel, Sums
from ...engine.runners.dispatch import starts
from ...engine.table import Block, Held, Table
from ...settings import get_config
from ...typing import BoolArray, IntArray
from ..information.filling import Seen

_LONG = 4  # times the reach, that a block should have of rows
_SHARE_FOR_ROWS = 1 / 8  # of the memory budget
_COPIES = 3  # of rows, beside them


class Times(NamedTuple):
    """When rows are: (T,) bins, increasing, with a gap wherever there is one; and which count."""

    at: IntArray  # (T,)
    keep: BoolArray  # (T,)


def over_pairs(kernel: Kernel[Sums], seen: Seen, times: Times, reach: int) -> Sums:
    """Sum a kernel over all pairs of rows at most ``reach`` bins apart.

    Parameters
    ----------
    kernel :
        Sums over the pairs of the rows that it is given, whose marks are their times.
    seen :
        The rows and the fit.
    times :
        When they are.
    reach :
        The longest distance that counts.
    """
    seen = _in_long_blocks(seen, reach)
    total = seen.visited(kernel, times.at)
    for edges in _edges(seen, times, reach):
        around = [edge.rows for edge in edges]
        before = [edge.rows.part(0, edge.n_before) for edge in edges]
        behind = [edge.rows.part(edge.n_before, None) for edge in edges]
        for sign, blocks in ((1.0, around), (-1.0, before), (-1.0, behind)):
            table = replace(seen.table, blocks=tuple(blocks))
            how = replace(seen.how, runner="threads")
            part = replace(seen, table=table, how=how).visited(kernel, times.at)
            for so_far, term in zip(total, part, strict=True):
                so_far += sign * term
    return total


class _Edge(NamedTuple):
    """Rows around the start of a block, and how many of them are before it."""

    rows: Held
    n_before: int


def _in_long_blocks(seen: Seen, reach: int) -> Seen:
    """Return the rows in blocks that are long beside what is read twice around their edges."""
    settings, width = get_config(), 8 * _COPIES * (seen.table.rows.n_features + 1)
    most = int(_SHARE_FOR_ROWS * settings.memory_bytes) // (width * settings.workers)
    wanted = min(_LONG * reach, max(most, 1))
    if seen.how.runner != "threads":
        how = replace(seen.how, block_rows=max(seen.how.block_rows, wanted))
        return replace(seen, how=how if seen.how.runner == "dask" else seen.how)
    return replace(seen, table=seen.table.in_blocks_of(wanted))


def _edges(seen: Seen, times: Times, reach: int) -> Iterator[list[_Edge]]:
    """Yield the rows around the starts of blocks, as many at a time as fit the memory budget."""
    found: list[tuple[Block, int]] = []
    row_bytes = 8 * _COPIES * (seen.table.rows.n_features + 1)
    most = max(1, int(_SHARE_FOR_ROWS * get_config().memory_bytes) // row_bytes)
    n_rows = 0
    ends = np.append(starts(seen.table, seen.how), len(times.keep))
    for start, stop in pairwise(ends.tolist()):
        edge = _around(start, stop, times, reach)
        if edge is None:
            continue
        found.append(edge)
        n_rows += len(edge[0].indices)
        if n_rows >= most:
            yield _held(seen.table, found)
            found, n_rows = [], 0
    if found:
        yield _held(seen.table, found)


def _around(start: int, stop: int, times: Times, reach: int) -> tuple[Block, int] | None:
    """Return rows around a start that are near each other, and how many of them are before it."""
    first, last = max(start - reach, 0), min(start + reach, stop)
    rows = first + np.flatnonzero(times.keep[first:last])
    n_before = int(np.searchsorted(rows, start))
    if n_before in (0, len(rows)):
        return None
    at = times.at[rows]
    is_near = at >= at[n_before] - reach
    is_near[n_before:] = at[n_before:] <= at[n_before - 1] + reach
    rows, n_before = rows[is_near], int(is_near[:n_before].sum())
    if n_before in (0, len(rows)):
        return None
    return Block(int(rows[0]), int(rows[-1]) + 1, rows - rows[0]), n_before


def _held(table: Table, found: Sequence[tuple[Block, int]]) -> list[_Edge]:
    """Return rows read."""
    there = table.in_double().only([block for block, _ in found])
    return [
        _Edge(Held(block.start + block.indices, there.read(block)), n_before)
        for block, n_before in found
    ]
