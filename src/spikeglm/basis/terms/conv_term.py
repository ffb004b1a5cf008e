"""Conv: a signal convolved with the functions of a family over a window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ... import showing
from ...io.interop.timeseries import to_array
from ...rows.design import Reader, Signals
from ...rows.sampling import Sampling, bin_size_of, is_duration
from ...typing import Array, BoolArray, FloatArray, IntArray
from ..convolution.block_convolution import Convolution
from ..convolution.window import (
    Window,
    checked_conv_kwargs,
    checked_window_size,
    warn_of_edges,
    window_in_bins,
    window_of,
)
from .eval_term import Eval
from .family import Family
from .formula import PlacedRows, channels, require_like, with_parameters
from .meanings import OverLags
from .one_family import OneFamily


@dataclass(frozen=True, eq=False)
class Conv(OneFamily):
    """The functions of a family as kernels over a window of W bins.

    Attributes
    ----------
    family :
        The functions; the kernels are their values on W equally spaced points of [0, 1].
    window_size :
        The length of the window: W bins, or a duration such as ``"80 ms"``.
    conv_kwargs :
        Options of :func:`spikeglm.convolve.create_convolutional_predictor`.
    bin_size :
        Length of a bin in seconds, learned from the signals where durations are used.
    is_kept :
        Whether this length stays, so that signals with other bins are refused.
    """

    family: Family
    window_size: int | str
    conv_kwargs: dict[str, Any] | None = None
    bin_size: float | None = None
    is_kept: bool = False

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        object.__setattr__(self, "window_size", checked_window_size(self.window_size))
        object.__setattr__(self, "family", self.family.for_window(self.n_bins))
        options = checked_conv_kwargs(self.conv_kwargs, self.n_bins)
        object.__setattr__(self, "conv_kwargs", options)

    @property
    def n_bins(self) -> int | None:
        """W; None for a duration before signals said how long their bins are."""
        return window_in_bins(self.window_size, self.bin_size)

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Numbers, whatever the family reads when it is evaluated."""
        return (to_array,)

    @property
    def kernel(self) -> FloatArray:
        """The kernels (W, b); row 0 weighs the latest sample of the window."""
        assert self.n_bins is not None
        return self.family.kernel(self.n_bins)

    def replaced(self, **changes: Any) -> Conv:
        """Return the formula with some parameters changed, checked together; nothing is kept."""
        return replace(with_parameters(self, changes), is_kept=False)

    def check_shapes(self, shapes: list[tuple[int, ...]]) -> None:
        """One input goes with itself."""

    def evaluate(self, *xs: Array) -> FloatArray:
        """Return (n, ..., b): the functions at these points, no convolution."""
        return Eval(self.family).evaluate(*xs)

    def on_grid(self, *n_samples: int) -> tuple[list[Array], FloatArray]:
        """Return the points of [0, 1], the window, and the functions there."""
        return Eval(self.family).on_grid(*n_samples)

    def place(self, signals: Signals) -> ConvRows:
        """Compute the kernels and look at the edges of these signals.

        ValueError where a duration is used and the signals have no bins of one length.
        """
        formula, sampling = self, None
        if is_duration(self.window_size) or is_duration((self.conv_kwargs or {}).get("shift")):
            sampling = self._sampling(signals)
            formula = replace(self, bin_size=sampling.bin_size)
        assert formula.n_bins is not None
        options = checked_conv_kwargs(self.conv_kwargs, formula.n_bins)
        window = window_of(formula.n_bins, options, bin_size=formula.bin_size)
        rows = ConvRows(Convolution(formula.kernel), window, signals, sampling, formula)
        warn_of_edges(window, options, np.diff(rows.starts, append=signals.n_rows))
        return rows

    def _sampling(self, signals: Signals) -> Sampling:
        if not self.is_kept or self.bin_size is None:
            return Sampling.of(signals.time_axis)
        known = Sampling(self.bin_size, signals.epoch_starts)
        return replace(known.at(signals), bin_size=self.bin_size)


@dataclass(frozen=True, eq=False)
class ConvRows(PlacedRows):
    """Kernels placed on a signal.

    A row is NaN where its window leaves the epoch (with a sampling: or spans a gap); one channel of
    it where the window holds a sample of this channel that is not finite.
    """

    convolution: Convolution
    window: Window
    signals: Signals
    sampling: Sampling | None = None
    formula: Conv | None = None

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Numbers."""
        return (to_array,)

    @property
    def n_channels(self) -> int:
        """S."""
        return self._signal.shape[1]

    @property
    def n_functions(self) -> int:
        """b."""
        return self.convolution.kernel.shape[1]

    @property
    def starts(self) -> IntArray:
        """First row of each stretch that a window must stay in."""
        return self.signals.epoch_starts if self.sampling is None else self.sampling.starts

    @property
    def _signal(self) -> Array:
        return channels(self.signals.arrays[0])

    def learned(self) -> dict[str, Any]:
        """Return the kernels and their lags, for the eye: the rows keep their own."""
        return {"kernel_": self.convolution.kernel.copy(), "lags_": self.window.lags}

    def learned_parameters(self) -> dict[str, Any]:
        """Return the length of a bin, where durations are used."""
        return {} if self.sampling is None else {"bin_size": self.sampling.bin_size}

    def meaning(self) -> OverLags:
        """Return the kernels over their lags, in seconds where bins are of one length."""
        assert self.formula is not None
        known = self.formula.bin_size
        return OverLags(self.formula, self.window, known or bin_size_of(self.signals.time_axis))

    def at(self, signals: Signals) -> ConvRows:
        """Return the same kernels on another signal."""
        require_like([signals.arrays[0].shape[1:]], [self.signals.arrays[0].shape[1:]])
        sampling = None if self.sampling is None else self.sampling.at(signals)
        return replace(self, signals=signals, sampling=sampling)

    def write_channels(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, S, b)."""
        if out.size == 0:
            return
        x = self._seen(start, stop)
        bad = _not_finite(x)
        if bad is not None:
            x = np.where(bad, 0, x)
        self.convolution.write(x, out)
        if bad is not None:
            out[self.window.touched(bad)] = np.nan
        out[~self._fits(start, stop)] = np.nan

    def finite(self, start: int, stop: int) -> BoolArray:
        """Return (stop - start,) True where the window fits and holds finite samples only."""
        if self.n_functions == 0 or self.n_channels == 0:
            return np.ones(stop - start, dtype=bool)
        fits = self._fits(start, stop)
        bad = _not_finite(self._seen(start, stop))
        return fits if bad is None else fits & ~self.window.touched(np.any(bad, axis=1))

    def edges(self) -> BoolArray:
        """Return (T,) True where the window leaves its epoch, or spans a gap in time."""
        if self.n_functions == 0 or self.n_channels == 0:
            return np.zeros(self.n_rows, dtype=bool)
        return ~self._fits(0, self.n_rows)

    def _fits(self, start: int, stop: int) -> BoolArray:
        return self.window.fits(start, stop, self.n_rows, self.starts)

    def _seen(self, start: int, stop: int) -> Array:
        """The samples (stop - start + W - 1, S) that these rows see; zero outside the recording."""
        first, last = self.window.samples(start, stop)
        inside = self._signal[max(first, 0) : max(last, 0)]
        if len(inside) == last - first:
            return inside
        seen = np.zeros((last - first, self.n_channels), dtype=inside.dtype)
        offset = max(-first, 0)
        seen[offset : offset + len(inside)] = inside
        return seen


def _not_finite(x: Array) -> BoolArray | None:
    """Where x is NaN or infinite; None if it is finite everywhere, which costs only a sum."""
    if x.dtype.kind != "f":
        return None
    with np.errstate(all="ignore"):
        if np.isfinite(x.sum()):
            return None
    bad = ~np.isfinite(x)
    return bad if bad.any() else None
