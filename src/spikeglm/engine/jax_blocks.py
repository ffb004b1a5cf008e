"""Blocks of rows on the devices: kept there between passes while they fit, else sent one ahead."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..typing import Array
from . import jax_devices
from .columns import Columns, Source
from .jax_shapes import padded, rounded_up, rows_of
from .table import Block, Table


class DeviceBlock(NamedTuple):
    """A block on the devices: B rows, of which the first ``n_rows`` count."""

    X: Any  # (B, p), in a stored integer dtype or in the table's precision
    y: Any  # (B, S), as the responses are stored
    weights: Any  # (B, S) or None
    offset: Any  # (B, S) or None
    n_rows: Any  # ()


@dataclass(eq=False)
class DeviceMemory:
    """What one fit keeps on the devices, up to a budget in bytes.

    It belongs to the plan of a fit and is gone with it: signals that change afterwards, or rows
    that live on, leave nothing stale behind. It holds one table at a time.
    """

    budget: int
    used: int = 0
    _table: Table | None = None
    _arrays: dict[tuple[int, int], tuple[Array | None, Any]] = field(default_factory=dict)

    def turn_to(self, table: Table) -> None:
        """Forget the blocks of any other table."""
        if self._table is None or not _reads_alike(table, self._table):
            self._arrays, self.used, self._table = {}, 0, table

    def find(self, k: int, source: Array | None) -> Any:
        """Return what is kept of block k: of an array of series, or of the features (None)."""
        entry = self._arrays.get((id(source), k))
        return None if entry is None else entry[1]

    def keep(self, k: int, source: Array | None, array: Any) -> None:
        """Keep an array if the budget allows; the source stays alive, so that its id is its own."""
        if self.used + array.nbytes <= self.budget:
            self.used += array.nbytes
            self._arrays[id(source), k] = source, array


def _reads_alike(one: Table, other: Table) -> bool:
    same = one.rows is other.rows and one.blocks is other.blocks and one.shift is other.shift
    return same and one.is_single == other.is_single


def blocks_on_devices(
    table: Table, columns: Columns, memory: DeviceMemory
) -> Iterator[DeviceBlock]:
    """Yield the blocks of a table; while one is computed with, the next is read and sent."""
    memory.turn_to(table)

    def load(k: int) -> DeviceBlock:
        with jax_devices.exact_arithmetic():  # it holds in its own thread only
            return _load(table, columns, k, memory)

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


def _load(table: Table, columns: Columns, k: int, memory: DeviceMemory) -> DeviceBlock:
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
        X = _sent(padded(_features(table, block), size))
        memory.keep(k, None, X)
    return DeviceBlock(
        X,
        y=series(columns.responses),
        weights=series(columns.weights),
        offset=series(columns.offsets),
        n_rows=np.int32(n_rows),
    )


def _features(table: Table, block: Block) -> Array:
    """Return the kept rows, small integers as they are stored: they become floats on the device."""
    dtype = table.rows.dtype
    is_copied = table.is_single and table.copy is not None
    if dtype.kind in "biu" and dtype.itemsize <= 2 and table.shift is None and not is_copied:
        return table.rows.read(block.start, block.stop)[block.keep]
    return table.read(block)


def _as_stored(values: Array) -> Array:
    """Return the array in its own dtype where JAX has it, else in float64."""
    dtype = values.dtype
    is_known = dtype.kind in "biu" or dtype in (np.float32, np.float64)
    return values if is_known and dtype.isnative else values.astype(np.float64)


def _sent(values: Array) -> Any:
    return jax_devices.jax_module().device_put(values, jax_devices.by_rows())
