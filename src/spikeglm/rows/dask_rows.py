"""Rows that lie in pieces on the workers of a Dask cluster, and stay there.

Everything here is said in Dask's collections, so it runs wherever they do: on the
``distributed.Client`` in force, or on Dask's scheduler of threads where there is none. A piece that
is lost with its worker is made again, by Dask, from what it was made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from .. import errors, showing
from ..io.interop.dask_calls import checked, cluster_threads, computed, placed
from ..io.storage.stored_arrays import warn_of_gaps_behind
from ..typing import Array, BoolArray
from .arrays import ArrayRows
from .contract import Rows
from .lost import Loss
from .sections import FetchedRows, Section
from .sending import received, to_send
from .table_labels import TableLabels
from .terms import Term

_PARTS_PER_THREAD = 2  # so that one that is done early takes another
_SHORTEST_PART = 1024  # rows: below, Dask is busier with a part than the worker is


@dataclass(frozen=True, eq=False)
class DaskRows:
    """A (T, p) table in parts of consecutive rows, each on some worker.

    Attributes
    ----------
    parts :
        A ``dask.delayed.Delayed`` each: an array, or a :class:`Section` that reads one.
    edges :
        First row of each part, and T.
    n_features, dtype, feature_names :
        As of any table.
    sizes, structure :
        Features of each leaf, and the tree, where X was one.
    terms :
        What its columns mean, where X knew.
    sent :
        What was sent after the rows, by whoever sent it; it stays on the workers as long as this.
    table_labels :
        What the user calls rows and columns, where the table came with labels.

    Examples
    --------
    >>> import dask.array as da
    >>> rows = DaskRows.of_array(da.arange(6, chunks=6).reshape(3, 2).rechunk((2, 2)))
    >>> rows.edges, rows.read(1, 3)
    ((0, 2, 3), array([[2, 3],
           [4, 5]]))
    """

    parts: tuple[Any, ...]
    edges: tuple[int, ...]
    n_features: int
    dtype: np.dtype[Any]
    feature_names: tuple[str, ...]
    time_axis: Any = None
    sizes: tuple[int, ...] = ()
    structure: Any = None
    terms: tuple[Term, ...] = ()
    sent: dict[str, Any] = field(default_factory=dict)
    table_labels: TableLabels | None = None

    __repr__ = showing.of_fields
    names_field = "feature_names"

    @classmethod
    def of_array(cls, X: Any) -> DaskRows:
        """Place a dask array (T, p); its chunks of rows are the parts.

        Raises
        ------
        ValueError
            If it is not 2-dimensional, or does not know its length.
        TypeError
            If it holds no real numbers.
        """
        _check_array(X)
        warn_of_gaps_behind(X, name="X")
        whole_rows = checked(X, name="X").rechunk({1: -1})
        edges = np.cumsum([0, *(n for n in whole_rows.chunks[0] if n)]).tolist()
        chunks = [
            chunk
            for chunk, n in zip(whole_rows.to_delayed()[:, 0], whole_rows.chunks[0], strict=True)
            if n
        ]
        p = int(X.shape[1])
        names = tuple(f"x{j}" for j in range(p))
        return cls(placed(chunks), tuple(edges), p, X.dtype, names, sizes=(p,))

    @classmethod
    def of_rows(cls, rows: Rows) -> DaskRows:
        """Place another table: arrays are sent in parts, others read or computed by the workers."""
        from dask import delayed

        edges = _edges(rows)
        if isinstance(rows, ArrayRows):
            parts = [delayed(_itself, pure=False)(rows.values[a:b]) for a, b in pairwise(edges)]
        else:
            whole = delayed(received, pure=False)(to_send(rows))
            parts = [delayed(Section, pure=False)(whole, a, b) for a, b in pairwise(edges)]
        return cls(
            placed(parts),
            edges,
            rows.n_features,
            rows.dtype,
            rows.feature_names,
            rows.time_axis,
            getattr(rows, "sizes", (rows.n_features,)),
            getattr(rows, "structure", None),
            getattr(rows, "terms", ()),
            table_labels=TableLabels.of(rows),
        )

    @property
    def n_rows(self) -> int:
        """T, the number of time bins."""
        return self.edges[-1]

    @property
    def efficient_block_rows(self) -> int:
        """Parts are read in blocks where they lie."""
        return 256

    def each(self, function: Callable[..., Any], *per_part: Sequence[Any], also: Any) -> list[Any]:
        """Return a Delayed per part: ``function(part, one of each of per_part, also)``."""
        from dask import delayed

        call = delayed(function, pure=False, traverse=False)
        return [call(*given, also) for given in zip(self.parts, *per_part, strict=True)]

    def read(self, start: int, stop: int) -> Array:
        """Fetch rows ``start:stop`` from the workers; much at a time is better than often."""
        return self.fetched([(start, stop)]).read(start, stop)

    def fetched(self, spans: Sequence[tuple[int, int]]) -> FetchedRows:
        """Fetch several runs of rows at once, as a table of which only those can be read."""
        from dask import delayed

        read, none = delayed(_read, pure=False), np.empty((0, self.n_features), self.dtype)
        pieces: dict[tuple[int, int], list[Array]] = {span: [none] for span in spans}
        asked, tasks = [], []
        for part, (a, b) in zip(self.parts, pairwise(self.edges), strict=True):
            mine = [span for span in pieces if max(span[0], a) < min(span[1], b)]
            if mine:  # one task per part: two might run apart, and the part would be copied
                cuts = [(max(start, a) - a, min(stop, b) - a) for start, stop in mine]
                asked.append(mine)
                tasks.append(read(part, cuts))
        for mine, values in zip(asked, computed(tasks), strict=True):
            for span, piece in zip(mine, values, strict=True):
                pieces[span].append(piece)
        return FetchedRows(self, {span: np.concatenate(runs) for span, runs in pieces.items()})

    def losses(self, lost: BoolArray) -> list[Loss]:
        """Return what loses rows: of columns nothing is told, they would have to be fetched."""
        return [Loss("X", "NaN or inf", ~self.valid_rows())]

    def valid_rows(self) -> BoolArray:
        """Return (T,) True where every feature of the row is finite; found by the workers, once."""
        return self._valid_rows

    @cached_property
    def _valid_rows(self) -> BoolArray:
        valid = np.concatenate(computed(self.each(_finite, also=None)))
        valid.flags.writeable = False
        return valid


def _check_array(X: Any) -> None:
    if X.ndim != 2:
        raise errors.value_error(
            "X must be 2-dimensional.",
            given=f"a dask array of shape {X.shape}",
            expected="(n_samples, n_features)",
            todo="reshape it to one row per sample.",
        )
    if X.dtype.kind not in "biuf":
        raise errors.type_error(
            "X cannot be used.", given=f"a dask array of {X.dtype}", expected="real numbers"
        )
    if isinstance(getattr(X, "_meta", None), np.ma.MaskedArray):
        raise _masked()
    if any(np.isnan(n) for n in (*X.shape, *X.chunks[0])):
        raise errors.value_error(
            "X does not know how long it is.",
            given=f"a dask array of shape {X.shape}",
            expected="chunks of known length",
            todo="call X.compute_chunk_sizes(), or to_dask_array(lengths=True) of a data frame.",
        )


def _masked() -> TypeError:
    return errors.type_error(
        "X cannot be read as numbers.",
        given="a dask array with masked chunks",
        expected="real numbers",
        todo="Say what a masked entry is: dask.array.ma.filled(X, numpy.nan).",
    )


def _edges(rows: Rows) -> tuple[int, ...]:
    """Return where to cut: some parts per thread of the cluster, whole chunks of a storage."""
    unit = rows.efficient_block_rows if getattr(rows, "is_stored", False) else 1
    longest = math.ceil(rows.n_rows / (_PARTS_PER_THREAD * cluster_threads()))
    step = max(1, math.ceil(max(longest, _SHORTEST_PART) / unit)) * unit
    return (*range(0, rows.n_rows, step), rows.n_rows)


def _itself(values: Array) -> Array:
    return values


def as_rows(part: Any) -> Rows:
    """Return a part as a table: it is one already, or an array.

    Raises
    ------
    TypeError
        If it is a masked array.
    """
    if isinstance(part, np.ma.MaskedArray):
        raise _masked()
    return ArrayRows(part) if isinstance(part, np.ndarray) else part


def _read(part: Any, cuts: Sequence[tuple[int, int]]) -> list[Array]:
    return [as_rows(part).read(start, stop) for start, stop in cuts]


def _finite(part: Any, _: None) -> BoolArray:
    return as_rows(part).valid_rows()
