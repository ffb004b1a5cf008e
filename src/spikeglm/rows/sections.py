"""Parts of a table as tables: some of its rows, seen from where they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import showing
from ..typing import Array, BoolArray
from .contract import Rows, read_as
from .scanning import valid_as_read


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of another table: what is the same for all of its rows."""

    whole: Rows

    @property
    def n_features(self) -> int:
        """p."""
        return self.whole.n_features

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the whole."""
        return self.whole.dtype

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Those of the whole."""
        return self.whole.feature_names


@dataclass(frozen=True, eq=False)
class FetchedRows(Part):
    """A table of which some runs of rows are here, by (start, stop); no others can be read."""

    runs: dict[tuple[int, int], Array]

    __repr__ = showing.of_fields

    @property
    def n_rows(self) -> int:
        """T of the whole."""
        return self.whole.n_rows

    @property
    def time_axis(self) -> Any:
        """That of the whole."""
        return self.whole.time_axis

    @property
    def efficient_block_rows(self) -> int:
        """Any."""
        return 1

    def read(self, start: int, stop: int) -> Array:
        """Return one of the runs."""
        return self.runs[start, stop]

    def valid_rows(self) -> BoolArray:
        """Those of the whole."""
        return self.whole.valid_rows()


@dataclass(frozen=True, eq=False)
class Section(Part):
    """Rows ``start:stop`` of another table, as a table that counts from zero."""

    start: int
    stop: int

    @property
    def n_rows(self) -> int:
        """Rows of the section."""
        return self.stop - self.start

    @property
    def time_axis(self) -> None:
        """A section has none."""
        return

    @property
    def is_stored(self) -> bool:
        """Whether the whole is stored."""
        return getattr(self.whole, "is_stored", False)

    @property
    def waits_for_storage(self) -> bool:
        """Whether it is worth while to read ahead."""
        return getattr(self.whole, "waits_for_storage", False)

    @property
    def efficient_block_rows(self) -> int:
        """That of the whole."""
        return self.whole.efficient_block_rows

    def read(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop`` of the section."""
        return self.whole.read(self.start + start, min(self.start + stop, self.stop))

    def read_as(self, start: int, stop: int, *, dtype: np.dtype[Any]) -> Array:
        """Return :meth:`read`, computed in ``dtype`` where the whole can be."""
        stop = min(self.start + stop, self.stop)
        return read_as(self.whole, self.start + start, stop, dtype=dtype)

    def valid_rows(self) -> BoolArray:
        """Return True where every feature of the row is finite; of storage, only this is read."""
        if not self.is_stored:
            return self.whole.valid_rows()[self.start : self.stop]
        return valid_as_read(self, n_threads=1)  # other sections have the other threads
