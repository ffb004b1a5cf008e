"""Blocks of rows on the devices: kept there between passes while they fit, else sent one ahead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from ...rows.arrays import ArrayRows
from ...typing import Array
from ..columns import Columns, Source
from ..table import Block, Table
from . import jax_devices
from .jax_memory import DeviceMemory
from .jax_shapes import padded, rounded_up, rows_of
from .threads import in_shares


class DeviceBlock(NamedTuple):
    """A block on the devices: B rows, of which the first ``n_rows`` count."""

    X: Any  # (B, p), in a stored integer dtype or in the table's precision
    y: Any  # (B, S), as the responses are stored
    weights: Any  # (B, S) or None
    offset: Any  # (B, S) or None
    n_rows: Any  # ()


def blocks_on_devices(
    table: Table, columns: Columns, memory: DeviceMemory, *, n_threads: int
) -> Iterator[DeviceBlock]:
    """Yield the blocks of a table; while one is computed with, the next is read and sent.

    Rows that are computed or stored are read by ``n_threads`` threads.
    """
    memory.turn_to(table)
    desk = _Desk(n_threads)

    def load(k: int) -> DeviceBlock:
        with jax_devices.exact_arithmetic():  # it holds in its own thread only
            return _load(table, columns, k, memory, desk)

    if len(table.blocks) == 1:
        yield load(0)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="spikeglm-send") as sender:
        ahead = sender.submit(load, 0)
        for k in range(1, len(table.blocks) + 1):
            block = ahead.result()
            if k < len(table.blocks):
                ahead = sender.submit(load, k)
            yield block


def _load(table: Table, columns: Columns, k: int, memory: DeviceMemory, desk: _Desk) -> DeviceBlock:
    block = table.blocks[k]
    n_rows = len(block.indices)
    size = rows_of(n_rows, jax_devices.n_devices())

    def series(source: Source | None) -> Any:
        if source is None:
            return None
        found = memory.find(k, source.values)
        if found is None:
            values = _as_stored(source.values[block.rows])
            found = _sent(padded(values, size, rounded_up(values.shape[1], fewest=1)))
            memory.keep(k, source.values, found)
        return found

    X = memory.find(k, None)
    if X is None:
        X = desk.sent(table, block, size)
        memory.keep(k, None, X)
    return DeviceBlock(
        X,
        y=series(columns.responses),
        weights=series(columns.weights),
        offset=series(columns.offsets),
        n_rows=np.int32(n_rows),
    )


class _Desk:
    """Where blocks of features are written before they are sent, one after the other.

    The memory is taken once per pass: that of a fresh array of this size is handed out page by
    page, by one thread, for longer than it takes to copy a block. On a CPU a sent array may be this
    very memory, and every block has its own.
    """

    def __init__(self, n_threads: int) -> None:
        self._n_threads = n_threads
        self._kept: Array | None = None

    def sent(self, table: Table, block: Block, n_rows: int) -> Any:
        """Return the features of a block on the devices, the last row repeated up to ``n_rows``."""
        rows = table.rows
        as_stored = rows.dtype.kind in "biu" and rows.dtype.itemsize <= 2 and table.is_plain
        is_copied = table.is_single and table.copy is not None

        def read(part: Block) -> Array:
            if as_stored and not is_copied:  # small integers become floats on the device
                return rows.read(part.start, part.stop)[part.keep]
            return table.read(part)

        if self._n_threads == 1 or is_copied or isinstance(rows, ArrayRows):
            return _sent(padded(read(block), n_rows))
        dtype = np.dtype(np.float32 if table.is_single else np.float64)
        X = self._memory((n_rows, rows.n_features), rows.dtype if as_stored else dtype)
        pieces = _pieces(block, self._n_threads)
        sizes = [len(piece.indices) for piece in pieces]
        places = [slice(stop - n, stop) for n, stop in zip(sizes, np.cumsum(sizes), strict=True)]

        def write(share: Sequence[int]) -> None:
            for k in share:
                X[places[k]] = read(pieces[k])

        in_shares(write, range(len(pieces)), n_threads=self._n_threads)
        X[len(block.indices) :] = X[len(block.indices) - 1]
        there = _sent(X)
        if X is self._kept:
            jax_devices.jax_module().block_until_ready(there)
        return there

    def _memory(self, shape: tuple[int, int], dtype: np.dtype[Any]) -> Array:
        if not jax_devices.have_own_memory():
            return np.empty(shape, dtype)
        if self._kept is None or (self._kept.shape, self._kept.dtype) != (shape, dtype):
            self._kept = np.empty(shape, dtype)
        return self._kept


def _pieces(block: Block, n: int) -> list[Block]:
    """Return the block in up to ``n`` blocks of about as many kept rows."""
    pieces = []
    for kept in np.array_split(block.indices, min(n, len(block.indices))):
        first, stop = int(kept[0]), int(kept[-1]) + 1
        is_run = stop - first == len(kept)
        keep = slice(0, len(kept)) if is_run else kept - first
        pieces.append(Block(block.start + first, block.start + stop, keep))
    return pieces


def _as_stored(values: Array) -> Array:
    """Return the array in its own dtype where JAX has it, else in float64."""
    dtype = values.dtype
    is_known = dtype.kind in "biu" or dtype in (np.float32, np.float64)
    return values if is_known and dtype.isnative else values.astype(np.float64)


def _sent(values: Array) -> Any:
    return jax_devices.jax_module().device_put(values, jax_devices.by_rows())
