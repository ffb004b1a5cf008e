"""Where a pass runs: one call for all runners, the same numbers from each.

A pass sums over the rows (:func:`run`) or has an answer for each of them (:func:`products`).
"""

from __future__ import annotations

import numpy as np

from ...rows.contract import Rows
from ...typing import FloatArray, IntArray
from ..columns import Columns
from ..kernels.loss_kernels import Kernel, Sums
from ..table import Table, first_row
from . import dask_runner, jax_runner, threads
from .plan import Plan

RUNNERS = {"threads": threads.run, "jax": jax_runner.run, "dask": dask_runner.run}
PRODUCTS = {
    "threads": threads.products,
    "jax": jax_runner.products,
    "dask": dask_runner.products,
}
"""Of a runner that has none, those on threads."""


def run(
    kernel: Kernel[Sums],
    table: Table,
    columns: Columns,
    W: FloatArray,
    b: FloatArray,
    how: Plan,
) -> Sums:
    """Sum a kernel over all blocks of a table, where the plan says."""
    return RUNNERS[how.runner](kernel, table, columns, W, b, how)


def starts(table: Table, how: Plan) -> IntArray:
    """Return the first row of each block that a kernel sees, in order: where its sums are cut."""
    if how.runner == "dask":
        return dask_runner.starts(table, how)
    return np.array([first_row(block) for block in table.blocks], dtype=np.intp)


def products(rows: Rows, W: FloatArray, how: Plan) -> FloatArray:
    """Return X W, (T, C), of features (T, p), where the plan says; NaN where a row is not finite.

    Features are read block by block; only the result is as long as the recording.
    """
    return PRODUCTS.get(how.runner, threads.products)(rows, W, how)
