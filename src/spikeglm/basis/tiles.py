"""Convolution of signals that are mostly zero: every non-zero sample adds its kernel.

Rows are cut into tiles of L, samples into segments of L. The sample at place j of segment k + r
adds kernel row ``q + W - 1 - r L - j`` to row q of tile k. Over all q these are L b numbers that
lie together: row j of a matrix T_r (L, L b), the same for all tiles. With the segments of all
channels as the rows of a sparse matrix,

    tile[k] += segment[k + r] @ T_r    for r = 0 .. (W + L - 2) // L,

which is a few long additions per non-zero sample, with operands that stay in cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..typing import Array, FloatArray, IntArray
from .scratch import Scratch

try:  # SciPy's own product allocates its result at every call; these are the loops inside of it.
    from scipy.sparse._sparsetools import coo_tocsr, csr_matvecs
except ImportError:  # a later SciPy may move them: then every signal goes through the FFT
    coo_tocsr = csr_matvecs = None

_MOST_BYTES = 2**25  # of a kernel written out
_PIECE_NUMBERS = 2**17  # of tiles that are added to: more leaves the cache


def pay(x: Array, kernel: FloatArray, dtype: np.dtype[Any]) -> bool:
    """Tell whether ``x`` (n, S) is sparse enough to add a kernel (W, b) per non-zero sample.

    Measured per output number: an FFT takes 3.5 ns more than no samples; a sample takes 13 ns to
    be sorted, and its additions 0.025 ns per byte.
    """
    (W, b), L = kernel.shape, _length(len(kernel))
    if csr_matvecs is None or (W + L) * L * b * dtype.itemsize > _MOST_BYTES:
        return False
    per_sample = 13 / b + 0.025 * dtype.itemsize * (W + L)
    return bool(np.count_nonzero(x) * per_sample < 3.5 * x.size)


def _length(window_size: int) -> int:
    """Return L: long enough that additions are, short enough that few are of zeros."""
    return 16 if window_size < 32 else 32 if window_size < 512 else 64


class Segments(NamedTuple):
    """The non-zero samples of m segments of S channels: a sparse (m S, L) matrix by rows."""

    starts: IntArray  # (m S + 1,) where the samples of a segment of a channel begin
    place: IntArray  # (n,) within the segment
    value: FloatArray  # (n,)


@dataclass(frozen=True, eq=False)
class Tiles:
    """A kernel (W, b), written out for tiles of L rows.

    Attributes
    ----------
    kernel :
        (W, b); row 0 weighs the latest sample of a window.
    dtype :
        float32 or float64: of the sums, and of what they are written into.
    """

    kernel: FloatArray
    dtype: np.dtype[Any]

    def write(self, x: Array, out: FloatArray) -> None:
        """Write into ``out`` (m, S, b) the convolution of ``x`` (m + W - 1, S), all finite."""
        group = max(1, _PIECE_NUMBERS // (self.length * self.kernel.shape[1]))
        for first in range(0, x.shape[1], group):
            self._write(x[:, first : first + group], out[:, first : first + group])

    @property
    def length(self) -> int:
        """L."""
        return _length(len(self.kernel))

    @cached_property
    def _matrices(self) -> list[FloatArray]:
        """T_r (L, L, b) by lag of the segment, flat."""
        (W, b), L = self.kernel.shape, self.length
        r, j, q = np.ogrid[: (W + L - 2) // L + 1, :L, :L]
        lag = q + W - 1 - r * L - j
        inside = (lag >= 0) & (lag < W)
        with_zero = np.concatenate([self.kernel, np.zeros((1, b))]).astype(self.dtype)
        return list(with_zero[np.where(inside, lag, W)].reshape(len(r), -1))

    @cached_property
    def _scratch(self) -> Scratch:
        return Scratch()

    def _write(self, x: Array, out: FloatArray) -> None:
        """Add up as many tiles at a time as stay in cache, and put their rows in order."""
        (S, b), L, matrices = out.shape[1:], self.length, self._matrices
        n_tiles = -(-len(out) // L)
        segments = self._segments(x, n_tiles + len(matrices) - 1)
        step = max(1, _PIECE_NUMBERS // (S * L * b))
        for first in range(0, n_tiles, step):
            n = min(step, n_tiles - first)
            tiles = self._scratch.array("tiles", (n, S, L, b), self.dtype)
            tiles[...] = 0.0
            for r, matrix in enumerate(matrices):
                starts = segments.starts[(first + r) * S : (first + r + n) * S + 1]
                csr_matvecs(
                    *(n * S, L, L * b, starts, segments.place, segments.value),
                    *(matrix, tiles.ravel()),
                )
            _put(tiles, out[first * L : (first + n) * L])

    def _segments(self, x: Array, n_segments: int) -> Segments:
        """Find the non-zero samples and sort them by segment and channel."""
        S, L = x.shape[1], self.length
        n_rows = n_segments * S
        index = np.int32 if n_rows * L < 2**31 else np.int64
        is_event = np.not_equal(x, 0, out=self._scratch.array("is_event", x.shape, bool))
        number = np.flatnonzero(is_event).astype(index)
        sample = number // S
        row = (sample // L - sample) * S + number
        value = x[is_event].astype(self.dtype)
        found = Segments(np.empty(n_rows + 1, index), np.empty_like(row), np.empty_like(value))
        coo_tocsr(n_rows, L, len(row), row, sample % L, value, *found)
        return found


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
