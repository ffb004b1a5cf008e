"""Kernels on numbers in bins that reach beyond the rows: what a row sees of before and after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .. import errors, showing
from ..basis.convolution.block_convolution import Convolution
from ..basis.convolution.window import Window
from ..basis.terms.conv_term import Conv, ConvRows
from ..basis.terms.formula import PlacedRows
from ..basis.terms.meanings import OverLags
from ..io.interop.timeseries import to_array
from ..rows.design import Reader, Signals
from ..typing import Array, BoolArray, FloatArray, IntArray
from .grid import Stretches


@dataclass(frozen=True, eq=False)
class Kernels:
    """b functions over W lags, in bins.

    Attributes
    ----------
    formula :
        The functions over their window.
    window :
        Which bins a row sees.
    """

    formula: Conv
    window: Window

    __repr__ = showing.of_fields

    @property
    def reach(self) -> tuple[int, int]:
        """How many bins before and after it a row sees."""
        lags = self.window.lags
        return max(int(lags[-1]), 0), max(-int(lags[0]), 0)

    def on(self, runs: Stretches, values: Array, unknown: BoolArray | None = None) -> PaddedRows:
        """Place them on numbers (M, S) in the bins of runs of rows; ``unknown`` (M,) bins."""
        rows = ConvRows(
            Convolution(self.formula.kernel), self.window, Signals((values,)), None, self.formula
        )
        return PaddedRows(runs, rows, unknown if unknown is not None and unknown.any() else None)


@dataclass(frozen=True, eq=False)
class PaddedRows(PlacedRows):
    """Convolved features of rows, of numbers in bins before, in and after each run of them.

    A row whose window holds a bin of which nothing is known is NaN: it is lost.

    Attributes
    ----------
    runs :
        The runs of rows.
    convolved :
        The features of all bins.
    unknown :
        (M,) bins of which nothing is known; None for none.
    """

    runs: Stretches
    convolved: ConvRows
    unknown: BoolArray | None = None

    __repr__ = showing.of_fields

    @property
    def signals(self) -> Signals:  # type: ignore[override]
        """The numbers in bins."""
        return self.convolved.signals

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Numbers."""
        return (to_array,)

    @property
    def samples_of_rows(self) -> tuple[Array, ...]:
        """The numbers (T, S) in the bin of each row itself."""
        return (self.signals.arrays[0][self.runs.place(0, self.n_rows)],)

    @property
    def starts(self) -> IntArray:
        """First row of each run of bins that follow each other."""
        return self.runs.starts

    @property
    def n_rows(self) -> int:
        """T."""
        return self.runs.grid.n_rows

    @property
    def n_channels(self) -> int:
        """S."""
        return self.convolved.n_channels

    @property
    def n_functions(self) -> int:
        """b."""
        return self.convolved.n_functions

    def meaning(self) -> OverLags:
        """Return the kernels over their lags, in seconds."""
        assert self.convolved.formula is not None
        return OverLags(self.convolved.formula, self.convolved.window, self.runs.grid.bin_s)

    def at(self, signals: Signals) -> PaddedRows:
        """Return the same kernels on other numbers in the same bins."""
        if signals.n_rows != self.runs.n_bins:
            raise errors.value_error(
                "These numbers lie in other bins.",
                given=f"{signals.n_rows} bins",
                expected=f"{self.runs.n_bins} bins",
            )
        return replace(self, convolved=self.convolved.at(signals))

    def write_channels(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, S, b)."""
        if out.size == 0:
            return
        place = self.runs.place(start, stop)
        first, last = int(place[0]), int(place[-1]) + 1
        if last - first == len(place):
            self.convolved.write_channels(first, last, out)
        else:
            whole = np.empty((last - first, *out.shape[1:]), out.dtype)
            self.convolved.write_channels(first, last, whole)
            out[...] = whole[place - first]
        if self.unknown is not None:
            out[self._leaves[start:stop]] = np.nan

    def finite(self, start: int, stop: int) -> BoolArray:
        """Return (stop - start,) True where the window holds known and finite numbers only."""
        if stop <= start:
            return np.ones(0, dtype=bool)
        place = self.runs.place(start, stop)
        first = int(place[0])
        finite = self.convolved.finite(first, int(place[-1]) + 1)[place - first]
        return finite & ~self._leaves[start:stop]

    def edges(self) -> BoolArray:
        """Return (T,) True where the window holds a bin of which nothing is known."""
        return self._leaves

    @cached_property
    def _leaves(self) -> BoolArray:
        if self.unknown is None or self.n_functions == 0 or self.n_channels == 0:
            return np.zeros(self.n_rows, dtype=bool)
        lags, place = self.convolved.window.lags, self.runs.place(0, self.n_rows)
        running = np.append(0, np.cumsum(self.unknown))
        first, last = place - lags[-1], place - lags[0] + 1
        return running[last] > running[first]
