"""What a fit keeps on the devices of JAX between its passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...typing import Array
from ..table import Table


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
    return same and one.combinations is other.combinations and one.is_single == other.is_single
