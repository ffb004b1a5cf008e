"""Where a pass runs: one call for all runners, the same numbers from each."""

from __future__ import annotations

from ...typing import FloatArray
from ..columns import Columns
from ..kernels.loss_kernels import Kernel, Sums
from ..table import Table
from . import dask_runner, jax_runner, threads
from .plan import Plan

RUNNERS = {"threads": threads.run, "jax": jax_runner.run, "dask": dask_runner.run}


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
