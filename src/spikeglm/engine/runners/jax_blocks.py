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

    def load(k: int) -> DeviceBlock:
        with jax_devices.exact_arithmetic():  # it holds in its own thread only
            return _load(table, columns, k, memory, n_threads)

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


def _load(
    table: Table, columns: Columns, k: int, memory: DeviceMemory, n_threads: int
) -> DeviceBlock:
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
        X = _sent(padded(_features(table, block, n_threads), size))
        memory.keep(k, None, X)
    return DeviceBlock(
        X,
        y=series(columns.responses),
        weights=series(columns.weights),
        offset=series(columns.offsets),
        n_rows=np.int32(n_rows),
    )


def _features(table: Table, block: Block, n_threads: int) -> Array:
    """Return the kept rows, small integers as they are stored: they become floats on the device."""
    dtype = table.rows.dtype
    is_copied = table.is_single and table.copy is not None
    as_stored = dtype.kind in "biu" and dtype.itemsize <= 2 and table.is_plain

    def read(parts: Sequence[Block]) -> list[Array]:
        if as_stored and not is_copied:
            return [table.rows.read(part.start, part.stop)[part.keep] for part in parts]
        return [table.read(part) for part in parts]

    if n_threads == 1 or is_copied or isinstance(table.rows, ArrayRows):
        return read([block])[0]
    shares = in_shares(read, _pieces(block, n_threads), n_threads=n_threads)
    return np.concatenate([piece for share in shares for piece in share])


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
