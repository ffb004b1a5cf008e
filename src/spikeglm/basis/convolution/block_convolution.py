"""Convolution of signals with the functions of a basis, a block of rows at a time.

Row t is ``out[t, c, j] = sum_i kernel[i, j] * x[t + newest - i, c]``. Four ways to compute it,
none of which writes lags out; which one is fastest where was measured
(``docs/decisions/0003-convolution.md``):

* kernels that are lags themselves: a strided copy;
* signals that are mostly zero (spike counts): every non-zero sample adds a kernel to the rows that
  see it, exactly, tile by tile (``tiles.py``);
* short windows in float32: matrix products of the same tiles;
* anything else: overlap-save with real FFTs (Oppenheim & Schafer, Discrete-Time Signal Processing,
  section 8.7) of segments short enough to stay in cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ... import showing
from ...typing import Array, FloatArray
from .thread_buffers import Scratch
from .tiles import DenseTiles, SparseTiles

# An odd number of channels and about 100 columns per FFT call: enough to fill the vector units,
# and never a row length that is a power of two, which costs a factor of three in cache conflicts.
_FFT_COLUMNS = 112
_FFT_COST = 3.5  # ns per output number, beyond that of writing it


@dataclass(frozen=True, eq=False)
class Convolution:
    """A kernel (W, b), ready to be applied to many blocks of signals."""

    kernel: FloatArray

    __repr__ = showing.of_fields

    def write(self, x: Array, out: FloatArray) -> None:
        """Write into ``out`` (m, S, b) the convolution of ``x`` (m + W - 1, S), all finite.

        ``out`` is float32 or float64.
        """
        if out.size == 0:
            return
        if self._is_lags:
            windows = np.lib.stride_tricks.sliding_window_view(x, len(self.kernel), axis=0)
            out[...] = windows[..., ::-1]
        else:
            self._cheapest(x, out.dtype)(x, out)

    def _cheapest(self, x: Array, dtype: np.dtype[Any]) -> Callable[[Array, FloatArray], None]:
        """Choose how to compute it, by costs in ns per output number."""
        sparse, dense = self._tiles(dtype)
        ways = [
            (sparse.cost(np.count_nonzero(x) / x.size), sparse.write),
            (dense.cost, dense.write),
            (_FFT_COST, self._overlap_save),
        ]
        return min(ways, key=lambda way: way[0])[1]

    @cached_property
    def _is_lags(self) -> bool:
        W, b = self.kernel.shape
        return b == W and np.array_equal(self.kernel, np.eye(W))

    @cached_property
    def _scratch(self) -> Scratch:
        return Scratch()

    def _tiles(self, dtype: np.dtype[Any]) -> tuple[SparseTiles, DenseTiles]:
        if dtype not in self._kept_tiles:
            ways = SparseTiles.of(self.kernel, dtype), DenseTiles.of(self.kernel, dtype)
            self._kept_tiles[dtype] = ways
        return self._kept_tiles[dtype]

    @cached_property
    def _kept_tiles(self) -> dict[np.dtype[Any], tuple[SparseTiles, DenseTiles]]:
        return {}

    def _overlap_save(self, x: Array, out: FloatArray) -> None:
        """Multiply spectra, segment by segment; the first W - 1 rows of a segment wrap around."""
        (W, b), S, m = self.kernel.shape, x.shape[1], len(out)
        n = self._segment(S, m)
        spectrum = self._spectrum(n)
        group = max(1, (_FFT_COLUMNS // b - 1) | 1)
        for first in range(0, S, group):
            channels = slice(first, first + group)
            for start in range(0, m, n - W + 1):
                stop = min(start + n - W + 1, m)
                rows = self._filtered(x[start : start + n, channels], spectrum, n)
                out[start:stop, channels] = rows[W - 1 : W - 1 + stop - start]

    def _filtered(self, segment: Array, spectrum: Array, n: int) -> FloatArray:
        """Convolve up to n samples (., g) with the kernel, circularly: (n, g, b)."""
        scratch, g, b = self._scratch, segment.shape[1], spectrum.shape[2]
        samples = scratch.array("samples", (n, g))
        samples[: len(segment)] = segment
        samples[len(segment) :] = 0.0
        half = n // 2 + 1
        signal = scratch.array("signal", (half, g), np.complex128)
        np.fft.rfft(samples, axis=0, out=signal)
        product = scratch.array("product", (half, g, b), np.complex128)
        np.multiply(signal[:, :, None], spectrum, out=product)
        rows = scratch.array("rows", (n, g * b))
        np.fft.irfft(product.reshape(half, g * b), n, axis=0, out=rows)
        return rows.reshape(n, g, b)

    def _segment(self, n_channels: int, n_rows: int) -> int:
        """A power of two that wastes little on overlap and, for few channels, hides Python."""
        W, b = self.kernel.shape
        shortest = 512 if n_channels * b > 64 else 2048
        usual = 1 << (max(shortest, 3 * W) - 1).bit_length()
        from scipy.fft import next_fast_len

        return min(usual, next_fast_len(n_rows + W - 1, real=True))

    def _spectrum(self, n: int) -> Array:
        """The kernel's spectrum (n // 2 + 1, 1, b) for segments of n samples; kept."""
        if n not in self._spectra:
            self._spectra[n] = np.fft.rfft(self.kernel, n, axis=0)[:, None, :]
        return self._spectra[n]

    @cached_property
    def _spectra(self) -> dict[int, Array]:
        return {}
