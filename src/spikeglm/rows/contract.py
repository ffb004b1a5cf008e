"""What every table of rows offers; the engine reads nothing else of it."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..io.interop.row_labels import RowLabels
from ..typing import Array, BoolArray
from .terms import Term


@runtime_checkable
class Rows(Protocol):
    """A table of T rows (time bins) and p features that can be read in blocks.

    A block never outlives its turn: nothing here requires the (T, p) table to exist.

    ``dtype`` is float32 or float64, or an integer dtype that is read as stored; ``time_axis`` holds
    time stamps and epochs where the rows came from pynapple.
    """

    @property
    def n_rows(self) -> int:
        """T."""
        ...

    @property
    def n_features(self) -> int:
        """p."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the blocks."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...]:
        """p names."""
        ...

    @property
    def time_axis(self) -> Any:
        """Times and epochs, or None."""
        ...

    @property
    def efficient_block_rows(self) -> int:
        """The shortest block whose reading wastes little."""
        ...

    def read(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop`` as (stop - start, p); safe to call from several threads."""
        ...

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where every feature of the row is finite."""
        ...

    # What most tables have nothing to say about: TableDefaults answers for them.

    @property
    def structure(self) -> Any:
        """The tree that X was, None if it was one table."""
        ...

    @property
    def sizes(self) -> tuple[int, ...]:
        """Features of each leaf of the tree."""
        ...

    @property
    def terms(self) -> tuple[Term, ...]:
        """What groups of columns mean, () if nothing is known."""
        ...

    @property
    def row_labels(self) -> RowLabels | None:
        """What the user calls the rows, None for nothing."""
        ...

    @property
    def columns(self) -> tuple[Any, ...] | None:
        """What the user calls the features, None for nothing."""
        ...

    @property
    def table_labels(self) -> Any:
        """Labels of rows and columns that the table came with, None where it knows them itself."""
        ...

    @property
    def is_stored(self) -> bool:
        """Whether its numbers, or some of them, lie in files."""
        ...

    @property
    def waits_for_storage(self) -> bool:
        """Whether it is worth while to read ahead."""
        ...

    def read_as(self, start: int, stop: int, *, dtype: np.dtype[Any]) -> Array:
        """Return rows ``start:stop`` in ``dtype`` if they can be computed so, else as they are."""
        ...

    def edges_of_windows(self) -> BoolArray | None:
        """Return (T,) True where a window leaves its epoch; None where that is not known."""
        ...

    def losses(self, lost: BoolArray) -> list[Any] | None:
        """Return what loses rows among ``lost`` (T,); None where only the numbers can tell."""
        ...


class TableDefaults:
    """The answers of a table that is one plain table in memory; others override what differs.

    >>> import numpy as np
    >>> from spikeglm.rows import ArrayRows
    >>> rows = ArrayRows(np.zeros((3, 2)))
    >>> rows.is_stored, rows.structure, rows.sizes
    (False, None, (2,))
    """

    @property
    def structure(self) -> Any:
        """No tree."""
        return None

    @property
    def terms(self) -> tuple[Term, ...]:
        """None are known."""
        return ()

    @property
    def row_labels(self) -> RowLabels | None:
        """None."""
        return None

    @property
    def table_labels(self) -> Any:
        """It knows them itself."""
        return None

    @property
    def is_stored(self) -> bool:
        """It is not."""
        return False

    @property
    def waits_for_storage(self) -> bool:
        """It does not."""
        return False

    @property
    def sizes(self) -> tuple[int, ...]:
        """One leaf."""
        return (self.n_features,)  # type: ignore[attr-defined]

    @property
    def columns(self) -> tuple[Any, ...] | None:
        """The names of features that were computed."""
        names = tuple(self.feature_names)  # type: ignore[attr-defined]
        return None if names == tuple(f"x{j}" for j in range(len(names))) else names

    def read_as(self, start: int, stop: int, *, dtype: np.dtype[Any]) -> Array:
        """Return the rows as they are: they are not computed."""
        return self.read(start, stop)  # type: ignore[attr-defined]

    def edges_of_windows(self) -> BoolArray | None:
        """None: windows are not known."""
        return None

    def losses(self, lost: BoolArray) -> list[Any] | None:
        """None: the numbers tell."""
        return None
