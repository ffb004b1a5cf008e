"""The default runner: NumPy on a few threads, one BLAS thread each.

Each worker takes a contiguous share of the blocks and adds up its own sums; shares are added in
order. The numbers therefore do not depend on timing, only (in the last digits) on the number of
workers.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ...rows.arrays import finite_rows
from ...rows.contract import Rows
from ...settings import get_config
from ...typing import Array, FloatArray, IntArray
from ..columns import Columns
from ..kernels.cumulant_kernels import cumulants, cumulants_at_zero
from ..kernels.loss_kernels import BY_COLUMN, Kernel, Sums, add_into
from ..table import Block, Held, Table
from .plan import Plan

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Item = TypeVar("Item")
Result = TypeVar("Result")
_SHARE_FOR_SAMPLE = 1 / 16  # of the memory budget
_KEPT_BYTES = 3 * 2**23  # a few times what the arrays of a block take
_BY_COLUMN = BY_COLUMN | {cumulants, cumulants_at_zero}


def run(
    kernel: Kernel[Sums],
    table: Table,
    columns: Columns,
    W: FloatArray,
    b: FloatArray,
    how: Plan,
) -> Sums:
    """Sum a kernel over all blocks of a table.

    Parameters
    ----------
    kernel :
        What to compute on a block.
    table, columns :
        The rows, and the column problems over them.
    W, b :
        Weights (p, C) and intercepts (C,).
    how :
        The plan; of it, the number of workers. The calling thread is one of them.
    """

    def work(share: Sequence[Block]) -> Sums | None:
        total: Sums | None = None
        with np.errstate(all="ignore"):
            for block, X in _read(table, share):
                total = add_into(total, _on_block(kernel, X, columns, block.rows, W, b))
        return total

    shares = in_shares(work, table.blocks, n_threads=how.n_threads)
    total, *rest = (share for share in shares if share is not None)
    for part in rest:
        total = add_into(total, part)
    return total


def _on_block(
    kernel: Kernel[Sums],
    X: Array,
    columns: Columns,
    rows: slice | IntArray,
    W: FloatArray,
    b: FloatArray,
) -> Sums:
    """Return the sums over one block; columns without any weight there are left out if they can."""
    if kernel not in _BY_COLUMN:
        return kernel(X, columns.block(rows), W, b, np)
    present = columns.present(rows)
    if present is None:  # in the precision of the rows, in which these kernels compute
        return kernel(X, columns.block(rows, X.dtype), W, b, np)
    which, some = present
    few = kernel(X, some.block(rows, X.dtype), W[:, which], b[which], np)
    return type(few)(*(_widened(term, which, columns.n_columns) for term in few))


def _widened(term: FloatArray, present: IntArray, n_columns: int) -> FloatArray:
    """Return sums of all columns, zero where one is not present."""
    wide = np.zeros((*term.shape[:-1], n_columns))
    wide[..., present] = term
    return wide


def _read(table: Table, share: Sequence[Block]) -> Iterator[tuple[Block, Array]]:
    """Yield blocks with their rows; rows in storage are fetched while the last are computed with.

    One block is fetched ahead per worker, no more: memory stays bounded.
    """
    if not table.waits_for_storage:
        yield from ((block, table.read(block)) for block in share)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="spikeglm-read") as reader:
        ahead = reader.submit(table.read, share[0])
        for block, following in zip(share, [*share[1:], None], strict=True):
            X = ahead.result()
            if following is not None:
                ahead = reader.submit(table.read, following)
            yield block, X


def with_copy(table: Table, *, n_threads: int) -> Table:
    """Return the table in float32, from a copy that is made here."""
    single = table.in_single()
    copy = np.empty((table.rows.n_rows, table.rows.n_features), dtype=np.float32)

    def work(share: Sequence[Block]) -> None:
        for block in share:
            copy[block.rows] = single.read(block)

    in_shares(work, table.blocks, n_threads=n_threads)
    return replace(single, copy=copy)


def sampled(table: Table, n_rows: int, how: Plan) -> Table:
    """Return about ``n_rows`` of the rows in float64; what is not in memory is kept, if it fits."""
    sample = table.in_double().sampled(n_rows)
    n_bytes = 8 * sample.n_kept * sample.rows.n_features
    if not sample.copy_pays or n_bytes > _SHARE_FOR_SAMPLE * get_config().memory_bytes:
        return sample

    def work(share: Sequence[Block]) -> list[Held]:
        rows = [block.start + block.indices for block in share]
        values = [np.array(sample.read(block)) for block in share]
        return [Held(np.concatenate(rows), np.concatenate(values))]

    shares = in_shares(work, sample.blocks, n_threads=how.n_threads)
    return replace(sample, blocks=tuple(block for share in shares for block in share))


def products(rows: Rows, W: FloatArray, how: Plan) -> FloatArray:
    """Return X W, (T, C), of features (T, p) and weights (p, C); NaN where a row is not finite."""
    eta = np.empty((rows.n_rows, W.shape[1]))

    def fill(starts: Sequence[int]) -> None:
        with np.errstate(invalid="ignore"):
            for start in starts:
                stop = min(start + how.block_rows, rows.n_rows)
                X = rows.read(start, stop)
                np.matmul(X, W, out=eta[start:stop])
                eta[start:stop][~finite_rows(X)] = np.nan

    in_shares(fill, range(0, rows.n_rows, how.block_rows), n_threads=how.n_threads)
    return eta


def in_shares(
    work: Callable[[Sequence[Item]], Result], items: Sequence[Item], *, n_threads: int
) -> list[Result]:
    """Call ``work`` on contiguous shares of the items, one per worker; results in order."""
    n_shares = max(1, min(n_threads, len(items)))
    edges = [len(items) * k // n_shares for k in range(n_shares + 1)]
    shares = [items[start:stop] for start, stop in pairwise(edges)]
    _keep_freed_memory()
    with one_blas_thread():
        others = [_pool(n_threads).submit(work, share) for share in shares[1:]]
        return [work(shares[0]), *(other.result() for other in others)]


@cache
def _keep_freed_memory() -> None:
    """Let the next block have the memory of the last one.

    The C library of Linux gives large arrays back to the system as soon as they are freed, and the
    system fills what it hands out with zeros: for many columns that took most of a pass. What is
    large it learns from the largest array freed so far, so one of the right size is freed here.
    """
    np.empty(_KEPT_BYTES, dtype=np.uint8)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS from starting threads of its own inside ours."""
    limit = _blas_limit()
    limit.hold()
    try:
        yield
    finally:
        limit.release()


class _BlasLimit:
    """One BLAS thread for as long as anybody holds this.

    The limit belongs to the process, not to a thread. Of fits that overlap in several threads the
    first sets it and the last one lifts it; each by itself would restore what it found, and the
    last would find, and leave behind, one thread.

    SciPy brings a BLAS of its own, and may be imported in the middle of a fit. Its threads wait
    busily for more work after each call, on the cores that a pass needs (a tenth of a fit). So
    libraries are looked for again whenever something has been imported.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._n_holders = 0
        self._controller: ThreadpoolController | None = None
        self._n_modules = 0  # when libraries were looked for
        self._undo = ExitStack()

    def hold(self) -> None:
        from threadpoolctl import ThreadpoolController

        with self._lock:
            if self._n_holders == 0:
                if self._controller is None or self._n_modules != len(sys.modules):
                    self._controller, self._n_modules = ThreadpoolController(), len(sys.modules)
                self._undo.enter_context(self._controller.limit(limits=1, user_api="blas"))
            self._n_holders += 1

    def release(self) -> None:
        with self._lock:
            self._n_holders -= 1
            if self._n_holders == 0:
                self._undo.close()


@cache
def _pool(n_threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, n_threads - 1), thread_name_prefix="spikeglm")


@cache
def _blas_limit() -> _BlasLimit:
    return _BlasLimit()


if hasattr(os, "register_at_fork"):  # a forked child inherits the objects but not their threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
    os.register_at_fork(after_in_child=_blas_limit.cache_clear)
