"""The column problems of a fit: what differs between fits that share one table of rows.

Column c minimises over its coefficients w and intercept b

    sum_t a_t l(y_t, x_t . (m * w) + b + o_t) / sum_t a_t  +  penalty(w)

with a response y, row weights a, an offset o and a feature mask m of its own. One neuron is one
column; a population is N; K folds are K row weightings; alternative models are masks. All columns
have an intercept, or none has: b is zero then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from .. import showing
from ..observation_models.likelihood import Likelihood
from ..rows.series import StoredSeries
from ..typing import Array, BoolArray, FloatArray, IntArray

_FEWEST_COLUMNS = 16  # in all, for which products by themselves pay
_IDLE = 6  # columns, whose work a product takes more than it has
_MOST_USED = 0.8  # of the work with all features


class Part(NamedTuple):
    """Columns in a row that may use the same features, and no others."""

    features: slice | IntArray
    columns: slice


class ColumnBlock(NamedTuple):
    """The entries of all columns on one block of B rows; None stands for all ones / all zeros."""

    y: FloatArray  # (B, C)
    weights: FloatArray | None  # (B, C) or (B, 1)
    offset: FloatArray | None  # (B, C) or (B, 1)
    likelihood: Likelihood
    marks: IntArray | None = None  # (B,)
    parts: tuple[Part, ...] | None = None  # of all columns; None: all may use all features

    @property
    def is_by_column(self) -> bool:
        """Whether the entries lie in memory column by column, as gathered ones do."""
        entries = (self.y, self.weights)
        return any(isinstance(part, np.ndarray) and _is_by_column(part) for part in entries)


@dataclass(frozen=True, eq=False)
class Source:
    """Per-row numbers of which each column uses one series: ``values[:, of[c]]`` for column c.

    Ten folds of a hundred neurons are a thousand columns, but only a hundred responses and ten
    weightings; they are stored once, in whatever dtype they came in, and gathered block by block.
    Where they are too many for memory, a :class:`~spikeglm.rows.series.StoredSeries` reads them.
    """

    values: Any  # (T, S), an array or stored series
    of: IntArray  # (C,)

    __repr__ = showing.of_fields

    @classmethod
    def one_per_column(cls, values: Array | StoredSeries) -> Source:
        """Use series c of a (T, C) array for column c."""
        return cls(values, np.arange(values.shape[1]))

    def take(self, columns: IntArray) -> Source:
        """Keep only some columns."""
        return replace(self, of=self.of[columns])

    def block(self, rows: slice | IntArray, dtype: DTypeLike = np.float64) -> FloatArray:
        """Return the block as ``dtype``: (B, C), or (B, 1) where all columns share one series.

        What has to be gathered lies in memory column by column.
        """
        of = self.of
        if len(of) > 1 and (of == of[0]).all():
            of = of[:1]
        values = self.values[rows]
        if len(of) == values.shape[1] and (of == np.arange(len(of))).all():
            return values.astype(dtype, copy=False)
        if len(of) < values.shape[1]:
            return np.asfortranarray(values[:, of], dtype=dtype)
        # Few series for many columns: converted once each, then copied whole.
        return np.ascontiguousarray(values.T, dtype=dtype)[of].T


class Present(NamedTuple):
    """Some columns: which, and they themselves."""

    which: IntArray
    columns: Columns


@dataclass(frozen=True, eq=False)
class Columns:
    """C column problems over the same T rows.

    Parameters
    ----------
    likelihood :
        Observation model with its link: elementwise value, slope and curvature; it may have a scale
        for each column.
    responses :
        (T, S) responses and which one each column uses.
    weights, offsets :
        Row weights >= 0 and terms added to the linear predictor; None means one and zero.
    mask :
        (p, C) True where a column may use a feature; None means everywhere.
    has_intercept :
        Whether b is a parameter; False means that it is zero.
    marks :
        (T,) a whole number per row for kernels that want one: the group of a row, or its time.
    is_solved :
        Whether nobody asks for derivatives by features that the mask leaves out, nor gives them
        weights.
    """

    likelihood: Likelihood
    responses: Source
    weights: Source | None = None
    offsets: Source | None = None
    mask: BoolArray | None = None
    has_intercept: bool = True
    marks: IntArray | None = None
    is_solved: bool = False

    __repr__ = showing.of_fields

    @cached_property
    def n_columns(self) -> int:
        """C, the number of column problems."""
        return len(self.responses.of)

    @cached_property
    def parts(self) -> tuple[Part, ...] | None:
        """Neighbours with like masks, or nearly, where products of each part are less work.

        >>> mask = np.arange(4)[:, None] < np.repeat([1, 4], 100)
        >>> from spikeglm.observation_models import PoissonObservations, links
        >>> pair = Likelihood(PoissonObservations(), links.Exp())
        >>> same = Source(np.ones((3, 1)), np.zeros(200, int))
        >>> columns = Columns(pair, same, mask=mask, is_solved=True)
        >>> columns.parts[0]
        Part(features=slice(0, 1, None), columns=slice(0, 100, None))
        """
        if self.mask is None or not self.is_solved or self.n_columns < _FEWEST_COLUMNS:
            return None
        changes = np.flatnonzero((self.mask[:, 1:] != self.mask[:, :-1]).any(axis=0)) + 1
        edges = [0, *changes.tolist(), self.n_columns]
        parts = [(self.mask[:, 0], 0, edges[1])]
        for first, last in pairwise(edges[1:]):
            here, (features, begin, _) = (self.mask[:, first], first, last), parts[-1]
            joined = (features | here[0], begin, last)
            if _work(joined) <= _work(parts[-1]) + _work(here):
                parts[-1] = joined
            else:
                parts.append(here)
        everything = np.ones(len(self.mask), dtype=bool), 0, self.n_columns
        if sum(map(_work, parts)) > _MOST_USED * _work(everything):
            return None
        return tuple(
            Part(_as_slice(np.flatnonzero(features)), slice(first, last))
            for features, first, last in parts
        )

    def take(self, columns: IntArray) -> Columns:
        """Keep only some columns; the series they share are not copied."""
        return Columns(
            self.likelihood.take(columns),
            self.responses.take(columns),
            None if self.weights is None else self.weights.take(columns),
            None if self.offsets is None else self.offsets.take(columns),
            None if self.mask is None else self.mask[:, columns],
            self.has_intercept,
            self.marks,
            self.is_solved,
        )

    @property
    def estimates_scale(self) -> bool:
        """Whether the likelihood has a scale for each column that is still to be found."""
        return bool(self.likelihood.estimates_scale)

    def at_scale(self, scale: FloatArray) -> Columns:
        """Return the columns at scales (C,) of their likelihoods, where these have some to find."""
        return replace(self, likelihood=self.likelihood.at_scale(scale))

    def present(self, rows: slice | IntArray) -> Present | None:
        """Return the columns with a weight in some of the rows; None: all, or not worth the look.

        Where folds are runs of rows, each block is held out from some columns altogether, and
        weighs one for the others, which then need no weights.
        """
        if self.weights is None or self.weights.values.shape[1] >= self.n_columns:
            return None
        here = self.weights.values[rows]
        counts = (here > 0).any(axis=0)
        is_one = bool((here[:, counts] == 1).all())
        key = counts.tobytes() + bytes([is_one])
        if key not in self._present:
            is_present = counts[self.weights.of]
            which = np.flatnonzero(is_present)
            some = replace(self.take(which), weights=None) if is_one else self.take(which)
            self._present[key] = None if is_present.all() and not is_one else Present(which, some)
        return self._present[key]

    @cached_property
    def _present(self) -> dict[bytes, Present | None]:
        """What was found, by the row weights that count: many blocks have the same."""
        return {}

    def block(self, rows: slice | IntArray, dtype: DTypeLike = np.float64) -> ColumnBlock:
        """Return what the kernels need of all columns on one block of rows."""
        y = self.responses.block(rows, dtype)
        return ColumnBlock(
            np.broadcast_to(y, (y.shape[0], self.n_columns)) if y.shape[1] != self.n_columns else y,
            None if self.weights is None else self.weights.block(rows, dtype),
            None if self.offsets is None else self.offsets.block(rows, dtype),
            self.likelihood,
            None if self.marks is None else self.marks[rows],
            self.parts,
        )


def _work(part: tuple[BoolArray, int, int]) -> int:
    """Return about how long a product of some features and columns (first, last) takes."""
    features, first, last = part
    return int(np.count_nonzero(features)) * (last - first + _IDLE)


def _as_slice(places: IntArray) -> slice | IntArray:
    if len(places) and places[-1] + 1 - places[0] == len(places):
        return slice(int(places[0]), int(places[-1]) + 1)
    return places


def _is_by_column(values: FloatArray) -> bool:
    between_rows, between_columns = values.strides
    return values.shape[1] > 1 and 0 < between_rows < between_columns
