"""Where a pass runs: one call for all runners, the same numbers from each.

A pass sums over the rows (:func:`run`) or has an answer for each of them (:func:`products`).
"""

from __future__ import annotations

from ...rows.contract import Rows
from ...typing import FloatArray
from ..columns import Columns
from ..kernels.loss_kernels import Kernel, Sums
from ..table import Table
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


def products(rows: Rows, W: FloatArray, how: Plan) -> FloatArray:
    """Return X W, (T, C), of features (T, p), where the plan says; NaN where a row is not finite.

    Features are read block by block; only the result is as long as the recording.
    """
    return PRODUCTS.get(how.runner, threads.products)(rows, W, how)
