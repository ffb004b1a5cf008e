"""Where and in what pieces a fit runs, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..rows.contract import Rows
from ..settings import Settings, get_config

_BLOCK_BYTES = 2**22
_MOST_BLOCK_ROWS = 2**15
_THREADS_PAY_FROM = 2_000_000  # multiplications per pass; below, starting a thread costs more
_SINGLE_PAYS_FROM = 50_000_000  # multiplications per pass; below, a fit is over before it pays
_SHARE_FOR_COPY = 1 / 4  # of the memory budget


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
    begins_in_single :
        Whether products are computed in float32 until that no longer helps.
    keeps_copy :
        Whether what the rows are in float32 is kept between passes.
    reasons :
        One sentence per choice.
    """

    runner: str
    n_threads: int
    block_rows: int
    begins_in_single: bool
    keeps_copy: bool
    reasons: tuple[str, ...]

    def explain(self) -> str:
        """Return the plan as text, one reason a line."""
        head = f"{self.runner} runner, {self.n_threads} worker(s), {self.block_rows} rows a block"
        return "\n".join([head, *(f"  {reason}" for reason in self.reasons)])


def plan(
    rows: Rows, n_columns: int, *, settings: Settings | None = None, iterative: bool = False
) -> Plan:
    """Choose runner, workers, block size and precision for passes over ``n_columns`` columns.

    ``iterative`` says that many passes lead to one answer, of which the early ones may round.

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
    size = block_rows * width * 8 / 2**20
    single = iterative and work > _SINGLE_PAYS_FROM
    copy_bytes = 4 * rows.n_rows * rows.n_features
    fits = copy_bytes <= _SHARE_FOR_COPY * settings.memory_bytes
    reasons = [
        "rows are read from memory or computed on this machine: threads",
        f"{work} multiplications a pass are too few for {wanted} workers"
        if n_threads < wanted
        else f"{work} multiplications a pass are shared by {n_threads} worker(s)",
        f"a block of {block_rows} rows x ({rows.n_features} features + {n_columns} columns) "
        f"takes {size:.1f} MiB",
    ]
    if single:
        reasons.append(
            "a long fit begins with float32 products, from "
            + ("a copy of the rows" if fits else "the rows, converted in every pass")
            + f" ({copy_bytes / 2**20:.0f} MiB, {'within' if fits else 'beyond'} a quarter of the "
            "memory budget)"
        )
    return Plan("threads", n_threads, block_rows, single, single and fits, tuple(reasons))
