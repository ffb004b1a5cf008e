"""Second moments of rows, in parts: what folds, and outputs with gaps, are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ... import showing
from ...engine.columns import Columns, Source
from ...engine.kernels import second_moments as kernels
from ...engine.kernels.loss_kernels import Kernel
from ...engine.runners.dispatch import run
from ...engine.runners.plan import Plan, plan
from ...engine.runners.threads import in_shares, one_blas_thread
from ...engine.table import Table
from ...numerics import quiet
from ...rows.contract import Rows
from ...settings import get_config
from ...typing import Array, BoolArray, FloatArray, IntArray

_BLOCK_BYTES = 2**26  # long blocks: adding up products is little beside them
_FEWEST_ROWS = 128
_MOST_ROWS = 2**13
_SHARE = 1 / 4  # of the memory budget, for sums
_SAMPLED = 1024  # rows that say where zero is put
_OFF_CENTRE = 30.0  # |mean| / deviation; beyond, squares lose digits
_ROUNDING = 1e-12  # of the origin


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over rows of features x (p,) and responses y (N,), both counted from some constant.

    Attributes
    ----------
    n :
        Rows.
    x, xx, y, yy, xy :
        (p,), (p, p), (N,), (N,) and (p, N): sums of x, x xᵀ, y, y² and x y.

    Examples
    --------
    >>> X, Y = np.array([[0.0], [2.0]]), np.array([[1.0], [3.0]])
    >>> both = Moments(2.0, X.sum(0), X.T @ X, Y.sum(0), (Y**2).sum(0), X.T @ Y)
    >>> both.about(both.x / 2, both.y / 2).xy
    array([[2.]])
    """

    n: float
    x: FloatArray
    xx: FloatArray
    y: FloatArray
    yy: FloatArray
    xy: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def summed(cls, parts: Sequence[tuple[float, Moments | None]]) -> Moments | None:
        """Return the sum of some parts, each so many times; None of no rows."""
        some = [(times, part) for times, part in parts if times != 0 and part is not None]
        if not some:
            return None
        total = [sum(times * getattr(part, name) for times, part in some) for name in _FIELDS]
        return cls(*total)

    def about(self, x: FloatArray, y: FloatArray) -> Moments:
        """Return the moments of features less ``x`` (p,) and responses less ``y`` (N,)."""
        n = self.n
        return Moments(
            n,
            self.x - n * x,
            self.xx - np.outer(x, self.x) - np.outer(self.x, x) + n * np.outer(x, x),
            self.y - n * y,
            self.yy - 2.0 * y * self.y + n * y * y,
            self.xy - np.outer(x, self.y) - np.outer(self.x, y) + n * np.outer(x, y),
        )

    def scaled(self, unit: FloatArray) -> Moments:
        """Return the moments of features times ``unit`` (p,)."""
        return replace(
            self,
            x=unit * self.x,
            xx=unit[:, None] * self.xx * unit,
            xy=unit[:, None] * self.xy,
        )


_FIELDS = tuple(Moments.__dataclass_fields__)


class Origin(NamedTuple):
    """Where features and responses are counted from, so that squares keep their digits."""

    x: FloatArray  # (p,)
    y: FloatArray  # (N,)

    def of_outputs(self, which: IntArray) -> Origin:
        """Keep some outputs."""
        return self._replace(y=self.y[which])


class Axes(NamedTuple):
    """Coordinates (x - mean) A of features, and means of responses, counted from an origin."""

    matrix: FloatArray  # A (p, r)
    mean_x: FloatArray  # (p,)
    mean_y: FloatArray  # (n,)


@dataclass(frozen=True, eq=False)
class Reading:
    """How rows are read for their moments.

    Attributes
    ----------
    rows, columns :
        The table (T, p), and N responses with their offsets; row weights are not looked at.
    keep :
        (T,) rows that take part.
    origin :
        See :class:`Origin`.
    how :
        The plan of a pass.
    """

    rows: Rows
    columns: Columns
    keep: BoolArray
    origin: Origin
    how: Plan

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, rows: Rows, columns: Columns, keep: BoolArray) -> Reading:
        """Look at some rows, from all over, for where to count from."""
        plain = replace(columns, weights=None, mask=None)
        how = _plan(rows, columns.n_columns)
        if not columns.has_intercept:
            origin = Origin(np.zeros(rows.n_features), np.zeros(columns.n_columns))
            return cls(rows, plain, keep, origin, how)
        sample = Table.cut(rows, keep, how.block_rows).in_double().sampled(_SAMPLED)
        total, count = np.zeros(rows.n_features), 0
        y, n = np.zeros(columns.n_columns), np.zeros(columns.n_columns)
        for block in sample.blocks:
            X = sample.read(block)
            total, count = total + X.sum(axis=0), count + len(X)
            values = _responses(plain, block.rows)
            y, n = y + np.nansum(values, axis=0), n + np.isfinite(values).sum(axis=0)
        origin = Origin(total / max(count, 1), y / np.maximum(n, 1))
        return cls(rows, plain, keep, origin, how)

    def table(self, keep: BoolArray) -> Table:
        """Return some rows, counted from the origin."""
        cut = Table.cut(self.rows, self.keep & keep, self.how.block_rows)
        return cut.in_double().moved(self.origin.x)

    def moments(self, keep: BoolArray, outputs: IntArray) -> Moments | None:
        """Sum up some rows for some outputs, which all have a response there; None of no rows."""
        table = self.table(keep)
        if not table.blocks:
            return None
        columns, b = self.columns.take(outputs), self.origin.y[outputs]
        sums = self._run(kernels.second_moments, table, columns, b)
        return Moments(float(sums.n), *sums[1:])

    def about_a_fit(
        self, keep: BoolArray, outputs: IntArray, weights: FloatArray, axes: Axes
    ) -> kernels.ResidualMoments:
        """Sum up some rows under weights (T, V) of any sign, in coordinates about a fit."""
        columns, b = self.columns.take(outputs), self.origin.y[outputs] + axes.mean_y
        columns = replace(columns, weights=Source(weights, np.arange(weights.shape[1])))
        centre = axes.mean_x @ axes.matrix
        kernel = partial(kernels.residual_moments, matrix=axes.matrix, centre=centre)
        found: kernels.ResidualMoments = self._run(kernel, self.table(keep), columns, b)
        return found

    def per_row(
        self, keep: BoolArray, function: Callable[[Array], FloatArray], width: int
    ) -> FloatArray:
        """Return (T, width) what a function makes of rows (B, p), zero where a row is left out."""
        table, out = self.table(keep), np.zeros((self.rows.n_rows, width))

        def fill(share: Sequence[Any]) -> None:
            for block in share:
                out[block.rows] = function(table.read(block))

        in_shares(fill, table.blocks, n_threads=self.how.n_threads)
        return out

    def centred_on(self, whole: Moments | None, outputs: IntArray) -> Reading | None:
        """Return a better reading where features or outputs lie far from the origin, else None.

        One more pass is worth their digits then. Without an intercept there is no other origin.
        """
        if whole is None or not self.columns.has_intercept:
            return None
        origin = self.origin.of_outputs(outputs)
        x = _far(whole.n, whole.x, np.diag(whole.xx), origin.x)
        y = _far(whole.n, whole.y, whole.yy, origin.y)
        if not (x.any() or y.any()):
            return None
        moved = self.origin.y.copy()
        moved[outputs] += y
        return replace(self, origin=Origin(self.origin.x + x, moved))

    def _run(self, kernel: Kernel[Any], table: Table, columns: Columns, b: FloatArray) -> Any:
        with one_blas_thread(), quiet():
            return run(kernel, table, columns, np.zeros((0, columns.n_columns)), b, self.how)


def _far(n: float, first: FloatArray, second: FloatArray, origin: FloatArray) -> FloatArray:
    """Return by how much to move an origin: zero where means are near it, or rounding."""
    mean = first / n
    spread = np.sqrt(np.maximum(second / n - mean * mean, 0.0))
    is_far = (np.abs(mean) > _OFF_CENTRE * spread) & (np.abs(mean) > _ROUNDING * np.abs(origin))
    return np.where(is_far, mean, 0.0)


def _plan(rows: Rows, n_columns: int) -> Plan:
    """Return how to read: long blocks, and no more workers than have room for their sums."""
    how, budget = plan(rows, n_columns), get_config().memory_bytes
    p = rows.n_features
    width = 8 * (p + 2 * n_columns + 1)
    longest = max(_FEWEST_ROWS, min(_BLOCK_BYTES, budget // 16) // width)
    block_rows = min(max(rows.efficient_block_rows, longest), max(_MOST_ROWS, how.block_rows))
    sums = 3 * 8 * (p + 1) * (p + n_columns)
    n_threads = max(1, min(how.n_threads, int(_SHARE * budget) // max(sums, 1)))
    turns = max(1, -(-rows.n_rows // (block_rows * n_threads)))
    even = max(1, -(-rows.n_rows // (turns * n_threads)))
    chunk = rows.efficient_block_rows
    is_chunked = getattr(rows, "waits_for_storage", False) and block_rows >= chunk > 1
    block_rows = block_rows - block_rows % chunk if is_chunked else min(block_rows, even)
    return replace(how, block_rows=block_rows, n_threads=n_threads)


def _responses(columns: Columns, rows: Array | slice) -> FloatArray:
    block = columns.block(rows)
    return block.y if block.offset is None else block.y - block.offset
