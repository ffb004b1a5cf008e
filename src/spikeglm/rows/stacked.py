"""Several tables of rows side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import accumulate
from typing import Any

import numpy as np

from .. import showing
from ..io.interop.row_labels import RowLabels
from ..typing import Array, BoolArray
from .contract import Rows, read_as
from .lost import Loss, edges_of, losses_of
from .terms import Term, terms_of


@dataclass(frozen=True, eq=False)
class StackedRows:
    """Tables (T, p_1), (T, p_2), ... as one (T, p_1 + p_2 + ...), put together block by block.

    >>> import numpy as np
    >>> from spikeglm.rows import ArrayRows
    >>> both = StackedRows((ArrayRows(np.zeros((3, 1))), ArrayRows(np.ones((3, 2)))), ("a", "b"))
    >>> both.read(1, 2), both.feature_names
    (array([[0., 1., 1.]]), ('a', 'b_0', 'b_1'))
    """

    parts: tuple[Rows, ...]
    labels: tuple[str, ...]
    time_axis: Any = None
    structure: Any = None
    row_labels: RowLabels | None = None

    __repr__ = showing.of_fields

    @property
    def n_rows(self) -> int:
        """T."""
        return self.parts[0].n_rows

    @property
    def is_stored(self) -> bool:
        """Whether some part is stored."""
        return any(getattr(part, "is_stored", False) for part in self.parts)

    @property
    def waits_for_storage(self) -> bool:
        """Whether it is worth while to read ahead."""
        return any(getattr(part, "waits_for_storage", False) for part in self.parts)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Features of each part."""
        return tuple(part.n_features for part in self.parts)

    @cached_property
    def n_features(self) -> int:
        """Features of all parts together."""
        return sum(self.sizes)

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that holds every part."""
        return np.result_type(*(part.dtype for part in self.parts))

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """``label`` for a single feature, else ``label_0`` or ``label.name`` where it has names."""
        return tuple(
            name
            for label, part in zip(self.labels, self.parts, strict=True)
            for name in _names(label, part)
        )

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms of all parts; one for a part that has none."""
        edges = accumulate(self.sizes, initial=0)
        return tuple(
            term.within(label, first)
            for label, first, part in zip(self.labels, edges, self.parts, strict=False)
            for term in terms_of(part)
        )

    @property
    def efficient_block_rows(self) -> int:
        """The longest of the shortest."""
        return max(part.efficient_block_rows for part in self.parts)

    def edges_of_windows(self) -> BoolArray:
        """Return (T,) True where a window of some part leaves its epoch."""
        return reduce(np.logical_or, (edges_of(part, part.valid_rows()) for part in self.parts))

    def losses(self, lost: BoolArray) -> list[Loss]:
        """Return what loses rows in each part."""
        return [
            loss._replace(what=f"{loss.what} of X[{label!r}]")
            for label, part in zip(self.labels, self.parts, strict=True)
            for loss in losses_of(part, lost)
        ]

    def read(self, start: int, stop: int) -> Array:
        """Return rows ``start:stop`` of all parts, side by side."""
        return np.hstack([part.read(start, stop) for part in self.parts])

    def read_as(self, start: int, stop: int, *, dtype: np.dtype[Any]) -> Array:
        """Return :meth:`read` in ``dtype``, computed in it where the parts can be."""
        blocks = [read_as(part, start, stop, dtype=dtype) for part in self.parts]
        return np.concatenate(blocks, axis=1, dtype=dtype, casting="same_kind")

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where every part's row is finite."""
        return reduce(np.logical_and, (part.valid_rows() for part in self.parts))


def _names(label: str, part: Rows) -> list[str]:
    unnamed = [f"x{j}" for j in range(part.n_features)]
    given = list(part.feature_names)
    if given != unnamed:
        return [f"{label}.{name}" for name in given]
    if part.n_features == 1:
        return [label]
    return [f"{label}_{j}" for j in range(part.n_features)]
