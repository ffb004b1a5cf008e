"""The jax runner: the same kernels compiled by JAX, on all devices of this process.

Kernels are compiled once per process for each likelihood and a few shapes; blocks of rows are cut
evenly over the devices, and what the devices sum up stays there, in float64, until all blocks are
done. What is not in ``COMPILED`` runs on threads: the curvature on working sets, for one, takes
other features, and other numbers of them, in every iteration, and would be compiled in each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ...io.interop.autodiff import Fingerprint
from ...rows.contract import Rows
from ...typing import FloatArray, IntArray
from ..columns import ColumnBlock, Columns, Source
from ..kernels import feature_kernels, loss_kernels, moment_kernels, scale_kernels, score_kernels
from ..kernels.loss_kernels import Kernel, Sums
from ..table import Table
from . import jax_devices, threads
from .jax_blocks import DeviceBlock, blocks_on_devices
from .jax_memory import DeviceMemory
from .jax_shapes import padded, rounded_up, rows_of, run_length, widened, written_out
from .plan import Plan

_MOST_PROGRAMS = 128  # compiled ones kept: a kernel, likelihood and precision each
_WIDEST = 16  # columns of a program that is written out column by column


@dataclass(frozen=True)
class Compiled:
    """What is known of a kernel that JAX compiles.

    Attributes
    ----------
    column_axes :
        Per field of its sums, the axis of the columns; None where all columns share one sum.
    is_written_out :
        Whether the kernel is written out column by column, so that programs take few of them.
    """

    column_axes: tuple[int | None, ...]
    is_written_out: bool = False

    @property
    def shares_weights(self) -> bool:
        """Whether the kernel sees the mean row weight of the columns."""
        return None in self.column_axes


COMPILED: dict[Callable[..., Any], Compiled] = {
    loss_kernels.loss_and_gradient: Compiled((-1, -1, -1)),
    loss_kernels.loss_and_gradient_at_zero: Compiled((-1, -1, -1)),
    loss_kernels.loss: Compiled((-1, -1)),
    loss_kernels.pearson: Compiled((-1, -1)),
    loss_kernels.responses: Compiled((-1,) * 6),
    feature_kernels.gram: Compiled((None, None, None)),
    loss_kernels.loss_and_hessian: Compiled((-1, -1, -1, 0), is_written_out=True),
    loss_kernels.fisher_information: Compiled((0,), is_written_out=True),
    scale_kernels.likelihood_of_scales: Compiled((-1,) * 4),
    score_kernels.score_products: Compiled((0,), is_written_out=True),
    score_kernels.sampled_score_products: Compiled((0,), is_written_out=True),
    moment_kernels.over_rows: Compiled((-1,) * 5),
    moment_kernels.over_events: Compiled((-1,) * 5),
    moment_kernels.over_rows_with_gram: Compiled((*(-1,) * 5, 0), is_written_out=True),
    moment_kernels.over_events_with_gram: Compiled((*(-1,) * 5, 0), is_written_out=True),
}


class Request(NamedTuple):
    """Where the sums are wanted, for columns that one program computes together."""

    W: FloatArray  # (p, C)
    b: FloatArray  # (C,)
    y_of: IntArray  # (C,)
    weights_of: IntArray | None  # (C,), or (1,) where all columns share one series
    offset_of: IntArray | None
    shares: FloatArray | None  # (C,) of each column in the mean row weight
    scale: FloatArray | None  # (C,) of the likelihoods, where each column has its own


class Group(NamedTuple):
    """Columns that one program computes together, some of them only to fill its shape."""

    request: Request
    kept: IntArray  # (c,) which of them answer for themselves


Program: TypeAlias = Callable[[DeviceBlock, Request], tuple[Any, ...]]


def run(
    kernel: Kernel[Sums],
    table: Table,
    columns: Columns,
    W: FloatArray,
    b: FloatArray,
    how: Plan,
) -> Sums:
    """Sum a kernel over all blocks of a table on the devices of JAX.

    Parameters and result are those of :func:`spikeglm.engine.runners.threads.run`.
    """
    known = COMPILED.get(kernel)
    is_sample = any(hasattr(block, "parts") for block in table.blocks)  # a few rows
    if known is None or not table.blocks or is_sample or columns.n_columns == 0:
        return threads.run(kernel, table, columns, W, b, how)
    memory = how.device_memory or DeviceMemory(0)
    groups = _groups(columns, W, b, known)
    with jax_devices.exact_arithmetic():
        program = _program(kernel, _Pair.of(columns.likelihood.family), table.is_single)
        blocks = blocks_on_devices(table, columns, memory, n_threads=how.n_threads)
        totals = _summed(program, [group.request for group in groups], blocks)
    together = (
        _together(terms, axis, groups)
        for terms, axis in zip(zip(*totals, strict=True), known.column_axes, strict=True)
    )
    return type(totals[0])(*together)  # type: ignore[return-value]  # the kernel's own sums


def products(rows: Rows, W: FloatArray, how: Plan) -> FloatArray:
    """Return X W as :func:`spikeglm.engine.runners.threads.products`, multiplied on the devices."""
    jax = jax_devices.jax_module()
    eta = np.empty((rows.n_rows, W.shape[1]))
    with jax_devices.exact_arithmetic():
        W = jax.device_put(padded(W, len(W), rounded_up(W.shape[1])), jax_devices.everywhere())
        for start in range(0, rows.n_rows, how.block_rows):
            X = rows.read(start, min(start + how.block_rows, rows.n_rows))
            size = rows_of(len(X), jax_devices.n_devices())
            sent = jax.device_put(padded(X, size), jax_devices.by_rows())
            there = _multiplier()(sent, W)
            eta[start : start + len(X)] = np.asarray(there)[: len(X), : eta.shape[1]]
    return eta


@cache
def _multiplier() -> Callable[[Any, Any], Any]:
    """Return the program for X W; a row that is not finite has no product."""
    jax = jax_devices.jax_module()

    def product(X: Any, W: Any) -> Any:
        X = X.astype(np.float64)
        is_there = jax.numpy.isfinite(X).all(axis=1, keepdims=True)
        return jax.numpy.where(is_there, jax.numpy.where(is_there, X, 0.0) @ W, np.nan)

    return jax.jit(product)


def _groups(columns: Columns, W: FloatArray, b: FloatArray, known: Compiled) -> list[Group]:
    n, n_classes = columns.n_columns, getattr(columns.likelihood, "n_classes", 1)
    most, rounded = (_WIDEST, written_out) if known.is_written_out else (n, rounded_up)
    groups = []
    for first in range(0, n, most):
        columns_here = np.arange(first, min(first + most, n))
        size = rounded(len(columns_here) // n_classes)
        which, kept = widened(columns_here, size, n_classes)
        some = columns.take(which)
        shares = np.zeros(len(which))
        shares[kept] = 1.0 / len(kept)
        request = Request(
            W[:, which],
            b[..., which],
            some.responses.of,
            _series(some.weights),
            _series(some.offsets),
            shares if known.shares_weights else None,
            some.likelihood.by_column,
        )
        groups.append(Group(request, kept))
    return groups


def _series(source: Source | None) -> IntArray | None:
    """Return the series of each column, (C,), or (1,) where it is the same for all."""
    if source is None:
        return None
    return source.of[:1] if (source.of == source.of[0]).all() else source.of


def _summed(
    program: Program, requests: list[Request], blocks: Iterator[DeviceBlock]
) -> list[tuple[Any, ...]]:
    """Return the sums over all blocks, on the devices, one tuple per request."""
    jax = jax_devices.jax_module()
    requests = jax.device_put(requests, jax_devices.everywhere())
    totals: list[tuple[Any, ...]] = []
    for block in blocks:
        parts = [program(block, request) for request in requests]
        before, totals = totals, _adder()(totals, parts) if totals else parts
        # The devices compute with this block now; were they not done with the one before the last,
        # blocks would pile up.
        jax.block_until_ready(before)
    return totals


def _together(terms: tuple[Any, ...], axis: int | None, groups: list[Group]) -> FloatArray:
    """Return one field of the sums, (C,) along ``axis``, from those of all groups."""
    if axis is None:
        return np.array(terms[0])
    pairs = zip(terms, groups, strict=True)
    kept = [np.take(np.asarray(term), group.kept, axis) for term, group in pairs]
    return np.concatenate(kept, axis)


class _Pair(NamedTuple):
    """A likelihood to look up: equal for equal parameters, also of a user's own model."""

    kind: type
    parts: Fingerprint

    @classmethod
    def of(cls, likelihood: Any) -> _Pair:
        parts = tuple(getattr(likelihood, part.name) for part in fields(likelihood))
        return cls(type(likelihood), Fingerprint(parts))


@lru_cache(maxsize=_MOST_PROGRAMS)
def _program(kernel: Callable[..., Any], pair: _Pair, is_single: bool) -> Program:
    jax = jax_devices.jax_module()
    likelihood = pair.kind(*pair.parts.part)
    dtype = np.float32 if is_single else np.float64

    def summed(block: DeviceBlock, request: Request) -> tuple[Any, ...]:
        def of_run(X: Any, y: Any, weights: Any, offset: Any) -> tuple[Any, ...]:
            here = likelihood if request.scale is None else likelihood.at_scale(request.scale)
            entries = ColumnBlock(y, weights, offset, here)
            return kernel(X, entries, request.W, request.b, jax.numpy)

        rows = (block.X.astype(dtype), *_entries(block, request, dtype, jax.numpy))
        if not is_single:
            return jax.tree.map(_as_double, of_run(*rows))
        length = run_length(len(block.X), jax_devices.n_devices())
        runs = jax.tree.map(lambda values: values.reshape(-1, length, values.shape[1]), rows)
        return jax.tree.map(lambda term: _as_double(term).sum(axis=0), jax.vmap(of_run)(*runs))

    return jax.jit(summed, out_shardings=jax_devices.everywhere())


def _as_double(term: Any) -> Any:
    return term.astype(np.float64)


def _entries(block: DeviceBlock, request: Request, dtype: Any, jnp: Any) -> tuple[Any, Any, Any]:
    """Return responses, row weights and offsets of the columns; rows that only fill weigh zero."""

    def gathered(values: Any, of: Any) -> Any:
        return values.at[:, of].get(mode="promise_in_bounds")

    inside = jnp.arange(block.X.shape[0])[:, None] < block.n_rows
    y = gathered(block.y, request.y_of).astype(dtype)
    if request.weights_of is None:
        a = inside.astype(np.float64)
    else:
        a = jnp.where(inside, gathered(block.weights, request.weights_of).astype(np.float64), 0.0)
        if request.shares is not None and a.shape[1] > 1:
            a = (a @ request.shares)[:, None]
    offset = None if request.offset_of is None else gathered(block.offset, request.offset_of)
    return y, a, offset


@cache
def _adder() -> Callable[[Any, Any], Any]:
    jax = jax_devices.jax_module()
    return jax.jit(lambda total, part: jax.tree.map(jax.numpy.add, total, part))
