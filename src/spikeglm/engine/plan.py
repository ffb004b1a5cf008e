"""Where and in what pieces a fit runs, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..rows.contract import Rows
from ..settings import Settings, get_config

_BLOCK_BYTES = 2**22
_MOST_BLOCK_ROWS = 2**15
_THREADS_PAY_FROM = 2_000_000  # multiplications per pass; below, starting a thread costs more


@dataclass(frozen=True)
class Plan:
    """The runner, its workers and the size of a block, with the reasons in words.

    Attributes
    ----------
    runner :
        Name of the runner.
    n_threads :
        Workers of the ``threads`` runner.
    block_rows :
        Rows read at a time.
    reasons :
        One sentence per choice.
    """

    runner: str
    n_threads: int
    block_rows: int
    reasons: tuple[str, ...]

    def explain(self) -> str:
        """Return the plan as text, one reason a line."""
        head = f"{self.runner} runner, {self.n_threads} worker(s), {self.block_rows} rows a block"
        return "\n".join([head, *(f"  {reason}" for reason in self.reasons)])


def plan(rows: Rows, n_columns: int, *, settings: Settings | None = None) -> Plan:
    """Choose runner, workers and block size for a fit of ``n_columns`` columns.

    >>> import numpy as np
    >>> from spikeglm.rows import ArrayRows
    >>> print(plan(ArrayRows(np.zeros((1000, 5))), 1, settings=Settings(n_threads=2)).explain())
    threads runner, 1 worker(s), 1000 rows a block
      rows are read from memory or computed on this machine: threads
      5000 multiplications a pass are too few for 2 workers
      a block of 1000 rows x (5 features + 1 columns) takes 0.1 MiB
    """
    settings = settings or get_config()
    width = rows.n_features + 3 * n_columns
    work = rows.n_rows * rows.n_features * n_columns
    wanted = settings.workers
    n_threads = wanted if work >= _THREADS_PAY_FROM else 1
    by_memory = settings.memory_bytes // (4 * 8 * width * n_threads)
    # A lone worker is short of time for Python, not of cache: it takes twice as much at once.
    block_bytes = _BLOCK_BYTES if n_threads > 1 else 2 * _BLOCK_BYTES
    by_cache = max(rows.efficient_block_rows, block_bytes // (8 * width))
    longest = int(max(1, min(by_memory, by_cache, _MOST_BLOCK_ROWS, rows.n_rows)))
    turns = max(1, math.ceil(rows.n_rows / (longest * n_threads)))  # blocks per worker, all alike
    block_rows = max(1, math.ceil(rows.n_rows / (turns * n_threads)))
    why_threads = (
        f"{work} multiplications a pass are too few for {wanted} workers"
        if n_threads < wanted
        else f"{work} multiplications a pass are shared by {n_threads} worker(s)"
    )
    size = block_rows * width * 8 / 2**20
    return Plan(
        "threads",
        n_threads,
        block_rows,
        (
            "rows are read from memory or computed on this machine: threads",
            why_threads,
            f"a block of {block_rows} rows x ({rows.n_features} features + {n_columns} columns) "
            f"takes {size:.1f} MiB",
        ),
    )
