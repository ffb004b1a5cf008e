"""Convolution of signals with the functions of a basis, a block of rows at a time.

Row t is ``out[t, c, j] = sum_i kernel[i, j] * x[t + newest - i, c]``. Three ways to compute it,
none of which writes lags out; which one is fastest where was measured
(``docs/decisions/0003-convolution.md``):

* kernels that are lags themselves: a strided copy;
* signals that are mostly zero (spike counts): every non-zero sample adds a kernel to the rows that
  see it, exactly, as a sparse matrix product;
* anything else: overlap-save with real FFTs (Oppenheim & Schafer, Discrete-Time Signal Processing,
  section 8.7) of segments short enough to stay in cache.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.fft

from ..typing import Array, FloatArray

try:  # SciPy's own product allocates its result at every call; this is the loop inside of it.
    from scipy.sparse._sparsetools import csc_matvecs
except ImportError:  # a later SciPy may move it: then every signal goes through the FFT
    csc_matvecs = None

_SCATTER_NUMBERS = 2**19  # 4 MiB of rows to add to: more leaves the cache
# An odd number of channels and about 100 columns per FFT call: enough to fill the vector units,
# and never a row length that is a power of two, which costs a factor of three in cache conflicts.
_FFT_COLUMNS = 112


class Scratch(threading.local):
    """Buffers that each thread keeps, so that a hot loop never asks the system for memory.

    Fresh memory costs a page fault per 4 KiB, and threads of one process queue for them: in a
    virtual machine that took ten times longer than the arithmetic.
    """

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Scratch, ()

    def array(self, name: str, shape: tuple[int, ...], dtype: Any = np.float64) -> Array:
        """Return an uninitialised array that is valid until the next call with this name."""
        size = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[name] = np.empty(size, dtype)
        return buffer[:size].reshape(shape)


@dataclass(frozen=True, eq=False)
class Convolution:
    """A kernel (W, b), ready to be applied to many blocks of signals."""

    kernel: FloatArray

    def write(self, x: Array, out: FloatArray) -> None:
        """Write into ``out`` (m, S, b) the convolution of ``x`` (m + W - 1, S), all finite."""
        if out.size == 0:
            return
        if self._is_lags:
            windows = np.lib.stride_tricks.sliding_window_view(x, len(self.kernel), axis=0)
            out[...] = windows[..., ::-1]
        elif self._is_sparse(x):
            self._scatter(x, out)
        else:
            self._overlap_save(x, out)

    @cached_property
    def _is_lags(self) -> bool:
        W, b = self.kernel.shape
        return b == W and np.array_equal(self.kernel, np.eye(W))

    @cached_property
    def _scratch(self) -> Scratch:
        return Scratch()

    def _is_sparse(self, x: Array) -> bool:
        """Adding kernels beats the FFT while a window holds fewer than a few non-zero samples.

        Measured per output number: 3.5 ns by FFT, (2 / b + 0.4) ns per non-zero sample seen.
        """
        W, b = self.kernel.shape
        seen = np.count_nonzero(x) / x.size * W
        return csc_matvecs is not None and seen * (2 / b + 0.4) < 3.5

    def _scatter(self, x: Array, out: FloatArray) -> None:
        """Cut the block so that the rows that kernels are added to stay in cache.

        A piece that is not sparse itself (one busy channel among silent ones) is no piece of work
        for kernels that are added one by one.
        """
        (W, b), S, m = self.kernel.shape, x.shape[1], len(out)
        group = max(1, _SCATTER_NUMBERS // (4 * W * b))
        rows = max(2 * W, _SCATTER_NUMBERS // (min(group, S) * b))
        for first in range(0, S, group):
            channels = slice(first, first + group)
            for start in range(0, m, rows):
                stop = min(start + rows, m)
                seen = x[start : stop + W - 1, channels]
                if self._is_sparse(seen):
                    out[start:stop, channels] = self._added_kernels(seen)
                else:
                    self._overlap_save(seen, out[start:stop, channels])

    def _added_kernels(self, x: Array) -> FloatArray:
        """Add ``x[e, c] * kernel`` to the rows that see sample e: a sparse matrix times the kernel.

        Column i of the matrix holds every non-zero sample at the row that sees it with lag i: the
        row indices of column 0, shifted by i. The rows before and after the block that these
        samples also reach are computed and dropped.
        """
        (W, b), (n_samples, S) = self.kernel.shape, x.shape
        sample, channel = np.nonzero(x)
        n = len(sample)
        first_row = (sample * S + channel).astype(np.int32)
        shift = (np.arange(W) * S).astype(np.int32)[:, None]
        row = np.add(first_row, shift, out=self._scratch.array("row", (W, n), np.int32))
        value = self._scratch.array("value", (W, n))
        value[...] = x[sample, channel]
        n_rows = (n_samples + W - 1) * S
        total = self._scratch.array("total", (n_rows, b))
        total[...] = 0.0
        column_starts = (np.arange(W + 1) * n).astype(np.int32)
        csc_matvecs(
            *(n_rows, W, b, column_starts, row.ravel(), value.ravel()),
            *(self.kernel.ravel(), total.ravel()),
        )
        return total.reshape(-1, S, b)[W - 1 : n_samples]

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
        return min(usual, scipy.fft.next_fast_len(n_rows + W - 1, real=True))

    def _spectrum(self, n: int) -> Array:
        """The kernel's spectrum (n // 2 + 1, 1, b) for segments of n samples; kept."""
        if n not in self._spectra:
            self._spectra[n] = np.fft.rfft(self.kernel, n, axis=0)[:, None, :]
        return self._spectra[n]

    @cached_property
    def _spectra(self) -> dict[int, Array]:
        return {}
