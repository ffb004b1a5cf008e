"""Convolution tile by tile: many rows of one channel at once, as runs of numbers in cache.

Rows are cut into tiles of L, samples into segments of L. The sample at place j of segment k + r
adds kernel row ``q + W - 1 - r L - j`` to row q of tile k. Over all q these are L b numbers that
lie together: row j of a matrix T_r (L, L b), the same for all tiles. So, for each channel,

    tile[k] = sum_r segment[k + r] @ T_r    for r = 0 .. (W + L - 2) // L.

:class:`SparseTiles` adds a row of T_r per non-zero sample, :class:`DenseTiles` multiplies whole
segments. The cost of either is in nanoseconds per output number, beyond that of writing it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ... import showing
from ...typing import Array, FloatArray, IntArray
from .thread_buffers import Scratch

try:  # SciPy's own product allocates its result at every call; these are the loops inside of it.
    from scipy.sparse._sparsetools import coo_tocsr, csr_matvecs
except ImportError:  # a later SciPy may move them: then no signal is sparse
    coo_tocsr = csr_matvecs = None

_MOST_BYTES = 2**25  # of a kernel written out
_PIECE_NUMBERS = 2**17  # of tiles that are summed at once: more leaves the cache


@dataclass(frozen=True, eq=False)
class Tiling:
    """A kernel (W, b), written out for tiles of L rows.

    Attributes
    ----------
    kernel :
        (W, b); row 0 weighs the latest sample of a window.
    length :
        L: long enough that Python and runs of numbers cost little, short enough that few are zero.
    dtype :
        float32 or float64: of the sums, and of what they are written into.
    """

    kernel: FloatArray
    length: int
    dtype: np.dtype[Any]

    __repr__ = showing.of_fields

    @property
    def n_bytes(self) -> int:
        """How much memory the matrices take."""
        (W, b), L = self.kernel.shape, self.length
        return (W + L) * L * b * self.dtype.itemsize

    @cached_property
    def matrices(self) -> FloatArray:
        """T (R, L, L b)."""
        (W, b), L = self.kernel.shape, self.length
        r, j, q = np.ogrid[: (W + L - 2) // L + 1, :L, :L]
        lag = q + W - 1 - r * L - j
        inside = (lag >= 0) & (lag < W)
        with_zero = np.concatenate([self.kernel, np.zeros((1, b))]).astype(self.dtype)
        return with_zero[np.where(inside, lag, W)].reshape(len(r), L, L * b)

    @cached_property
    def scratch(self) -> Scratch:
        """Memory for the tiles that are being summed."""
        return Scratch()

    def groups(self, n_channels: int) -> list[slice]:
        """Return the channels to take at a time, so that a tile of each stays in cache."""
        size = max(1, _PIECE_NUMBERS // (self.length * self.kernel.shape[1]))
        return [slice(first, first + size) for first in range(0, n_channels, size)]

    def pieces(self, n_rows: int, n_channels: int) -> list[tuple[int, int]]:
        """Return the tiles to sum at a time: first, and how many."""
        L, n_tiles = self.length, math.ceil(n_rows / self.length)
        step = max(1, _PIECE_NUMBERS // (n_channels * L * self.kernel.shape[1]))
        return [(first, min(step, n_tiles - first)) for first in range(0, n_tiles, step)]

    def tiles(self, n: int, n_channels: int) -> FloatArray:
        """Return memory for n tiles of some channels, (n, S, L, b), as it is."""
        shape = n, n_channels, self.length, self.kernel.shape[1]
        return self.scratch.array("tiles", shape, self.dtype)


class Segments(NamedTuple):
    """The non-zero samples of m segments of S channels: a sparse (m S, L) matrix by rows."""

    starts: IntArray  # (m S + 1,) where the samples of a segment of a channel begin
    place: IntArray  # (n,) within the segment
    value: FloatArray  # (n,)


@dataclass(frozen=True, eq=False)
class SparseTiles:
    """Every non-zero sample adds its kernel; rows that see none are exactly zero."""

    tiling: Tiling

    @classmethod
    def of(cls, kernel: FloatArray, dtype: np.dtype[Any]) -> SparseTiles:
        """Choose the tiles for a kernel (W, b)."""
        W = len(kernel)
        return cls(Tiling(kernel, 16 if W < 32 else 32 if W < 512 else 64, dtype))

    def cost(self, share: float) -> float:
        """Measured for a share of non-zero samples: each is sorted, and added to a kernel's rows.

        Infinite where the kernel would take too much memory.
        """
        (W, b), L, dtype = self.tiling.kernel.shape, self.tiling.length, self.tiling.dtype
        if csr_matvecs is None or self.tiling.n_bytes > _MOST_BYTES:
            return math.inf
        return share * (13 / b + 0.025 * dtype.itemsize * (W + L))

    def write(self, x: Array, out: FloatArray) -> None:
        """Write into ``out`` (m, S, b) the convolution of ``x`` (m + W - 1, S), all finite."""
        for channels in self.tiling.groups(x.shape[1]):
            self._write(x[:, channels], out[:, channels])

    def _write(self, x: Array, out: FloatArray) -> None:
        (S, b), L, matrices = out.shape[1:], self.tiling.length, self.tiling.matrices
        segments = self._segments(x, math.ceil(len(out) / L) + len(matrices) - 1)
        for first, n in self.tiling.pieces(len(out), S):
            tiles = self.tiling.tiles(n, S)
            tiles[...] = 0.0
            for r, matrix in enumerate(matrices):
                starts = segments.starts[(first + r) * S : (first + r + n) * S + 1]
                csr_matvecs(
                    *(n * S, L, L * b, starts, segments.place, segments.value),
                    *(matrix.ravel(), tiles.ravel()),
                )
            _put(tiles, out[first * L : (first + n) * L])

    def _segments(self, x: Array, n_segments: int) -> Segments:
        """Find the non-zero samples and sort them by segment and channel."""
        S, L = x.shape[1], self.tiling.length
        n_rows = n_segments * S
        index = np.int32 if n_rows * L < 2**31 else np.int64
        is_event = self.tiling.scratch.array("is_event", x.shape, bool)
        np.not_equal(x, 0, out=is_event)
        number = np.flatnonzero(is_event).astype(index)
        sample = number // S
        row = (sample // L - sample) * S + number
        value = x[is_event].astype(self.tiling.dtype)
        found = Segments(np.empty(n_rows + 1, index), np.empty_like(row), np.empty_like(value))
        coo_tocsr(n_rows, L, len(row), row, sample % L, value, *found)
        return found


@dataclass(frozen=True, eq=False)
class DenseTiles:
    """Matrix products of overlapping stretches of samples with the kernel; short windows only."""

    tiling: Tiling

    @classmethod
    def of(cls, kernel: FloatArray, dtype: np.dtype[Any]) -> DenseTiles:
        """Choose the tiles for a kernel (W, b)."""
        return cls(Tiling(kernel, 16, dtype))

    @property
    def cost(self) -> float:
        """Measured; infinite in float64, where products are hardly faster than the FFT.

        Who asks for float32 has one BLAS thread per worker; who writes features out has not.
        """
        W = len(self.tiling.kernel)
        return 0.025 * (W + 16) if self.tiling.dtype == np.float32 else math.inf

    def write(self, x: Array, out: FloatArray) -> None:
        """Write into ``out`` (m, S, b) the convolution of ``x`` (m + W - 1, S), all finite."""
        for channels in self.tiling.groups(x.shape[1]):
            self._write(x[:, channels], out[:, channels])

    def _write(self, x: Array, out: FloatArray) -> None:
        (S, b), L, scratch = out.shape[1:], self.tiling.length, self.tiling.scratch
        matrix = self.tiling.matrices.reshape(-1, L * b)
        for first, n in self.tiling.pieces(len(out), S):
            seen = x[first * L : (first + n - 1) * L + len(matrix)]
            samples = scratch.array("samples", (S, (n - 1) * L + len(matrix)), self.tiling.dtype)
            samples[:, : len(seen)] = seen.T
            samples[:, len(seen) :] = 0.0
            windows = np.lib.stride_tricks.sliding_window_view(samples, len(matrix), axis=1)
            stretches = scratch.array("stretches", (n, S, len(matrix)), self.tiling.dtype)
            stretches[...] = windows[:, ::L].swapaxes(0, 1)
            tiles = self.tiling.tiles(n, S)
            np.matmul(stretches.reshape(n * S, -1), matrix, out=tiles.reshape(n * S, L * b))
            _put(tiles, out[first * L : (first + n) * L])


def _put(tiles: FloatArray, out: FloatArray) -> None:
    """Copy tiles (n, S, L, b) to the rows (up to n L, S, b) that they hold.

    The b numbers of a row are copied as one item: as an axis they would be a loop of its own.
    """
    L, b = tiles.shape[2:]
    if out.strides[-1] == out.itemsize:
        item = np.dtype((np.void, b * out.itemsize))
        tiles, out = tiles.view(item), out.view(item)
    n_full = len(out) // L
    whole = out[: n_full * L]
    whole.reshape(n_full, L, *out.shape[1:])[...] = tiles[:n_full].swapaxes(1, 2)
    if n_full < len(tiles):
        out[n_full * L :] = tiles[n_full].swapaxes(0, 1)[: len(out) - n_full * L]
