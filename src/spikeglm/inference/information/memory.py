"""How much is computed at once: matrices of columns, and rows beside them, in the memory budget."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ... import errors
from ...engine.runners.plan import Plan, with_workers_for_matrices
from ...engine.table import Table, cut
from ...settings import get_config
from ...typing import BoolArray, IntArray

_SHARE_OF_MEMORY = 0.5  # that the matrices of a group may take
_COPIES = 3  # of a group's matrices, and of its rows, that a worker holds while it adds up a block
_SHARE_FOR_ROWS = 1 / 8  # of the memory budget
_LONG_BLOCK = 2048  # rows


def in_longer_blocks(table: Table, how: Plan) -> Table:
    """Return the table in blocks long enough that adding up matrices is little beside them."""
    settings, row_bytes = get_config(), 8 * _COPIES * (table.rows.n_features + 1)
    most = int(_SHARE_FOR_ROWS * settings.memory_bytes) // (row_bytes * settings.workers)
    n_rows = min(_LONG_BLOCK, most)
    is_shorter = how.runner == "threads" and how.block_rows < n_rows
    return table.in_blocks_of(n_rows) if is_shorter else table


def for_matrices(table: Table, keep: BoolArray, how: Plan, n_columns: int) -> tuple[Table, Plan]:
    """Return the table and the plan for visits that add up a matrix of each column.

    That is p / 2 times the work of others: worth more workers, each with as many blocks.
    """
    table, rows = in_longer_blocks(table, how), table.rows
    wider = with_workers_for_matrices(how, rows, n_columns)
    if wider.n_threads == how.n_threads:
        return table, how
    turns = math.ceil(rows.n_rows / (wider.n_threads * _LONG_BLOCK))
    blocks = cut(keep, math.ceil(rows.n_rows / (wider.n_threads * turns)))
    return replace(table, blocks=tuple(blocks)), wider


def groups(n_columns: int, n_parameters: int) -> list[IntArray]:
    """Return the columns in groups whose matrices, one (n, n) per column, fit the memory budget.

    >>> import spikeglm as nmo
    >>> with nmo.config_context(memory="32MiB", n_threads=1):
    ...     [len(group) for group in groups(n_columns=1000, n_parameters=50)]
    [200, 200, 200, 200, 200]
    """
    settings = get_config()
    each = 8 * n_parameters**2 * (_COPIES * settings.workers + 1)
    at_once = max(1, int(_SHARE_OF_MEMORY * settings.memory_bytes) // each)
    return np.array_split(np.arange(n_columns), math.ceil(n_columns / at_once))


def check_size(n_columns: int, n_parameters: int) -> None:
    """Check that the covariances of all columns, (C, n, n), fit the memory budget.

    Raises
    ------
    ValueError
        If they do not.

    >>> check_size(2, 10)
    """
    size, budget = 8 * n_columns * n_parameters**2, get_config().memory_bytes
    if size > budget:
        raise errors.value_error(
            "The covariances are larger than the memory budget.",
            given=f"{n_columns} x {n_parameters} x {n_parameters} numbers, {size / 2**20:.0f} MiB",
            expected=f"at most {budget / 2**20:.0f} MiB",
            todo="call standard_errors, which keeps the roots of their diagonals; fit fewer "
            "neurons at once; or allow more with config_context(memory=...).",
        )
