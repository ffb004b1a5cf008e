"""Rows in time: bins of one length, in stretches, and the bins that lie before and after them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .. import showing
from ..io.interop.epochs import epoch_of
from ..io.interop.event_data import Moments
from ..io.interop.timeseries import TimeAxis
from ..rows.sampling import Sampling
from ..typing import BoolArray, FloatArray, IntArray

_ON_THE_EDGE = 1e-6  # of a bin: a time that is closer to the edge of a bin is on it


@dataclass(frozen=True, eq=False)
class Grid:
    """T rows, each a bin from half a bin before its time to half a bin after it.

    A bin holds its first edge and not its last one.

    Attributes
    ----------
    axis :
        Times of the centres, seconds, and epochs.
    bin_s :
        Length of a bin, seconds.
    starts :
        First row of each stretch of neighbouring bins.
    trials :
        (n, 2) where trials start and end, seconds; None for no trials.

    Examples
    --------
    >>> from spikeglm.io.interop.row_times import axis_of_bins
    >>> grid = Grid.of(axis_of_bins(0.5, [[0.0, 1.0], [2.0, 3.0]]))
    >>> grid.row_of(np.array([0.5, 1.5, 2.0]))
    array([ 1, -1,  2])
    """

    axis: TimeAxis
    bin_s: float
    starts: IntArray
    trials: FloatArray | None = None

    __repr__ = showing.of_fields

    @classmethod
    def of(
        cls, axis: TimeAxis, trials: FloatArray | None = None, *, bin_s: float | None = None
    ) -> Grid:
        """Return the grid of rows with times, of bins of a known length or of their distance.

        Raises
        ------
        ValueError
            If the rows are no bins of one length.
        """
        if bin_s is not None:  # bins that were cut: an epoch may have one
            return cls(axis, bin_s, axis.epoch_starts, trials)
        sampling = Sampling.of(axis)
        return cls(axis, sampling.bin_size, sampling.starts, trials)

    @property
    def n_rows(self) -> int:
        """T."""
        return len(self.axis.times)

    @cached_property
    def lower(self) -> FloatArray:
        """(T,) where bins begin, a millionth of a bin early: what is on the edge is inside."""
        return self.axis.times - (0.5 + _ON_THE_EDGE) * self.bin_s

    @cached_property
    def segment_of_rows(self) -> IntArray:
        """(T,) the trial that the centre of each bin is in, or the time between two."""
        return self.segment_of(self.axis.times)

    def segment_of(self, times: FloatArray) -> IntArray:
        """Return (n,) which trial each time is in; what is between two has a number below zero."""
        if self.trials is None:
            return np.zeros(len(times), dtype=np.intp)
        spans = self.trials[self.trials[:, 1] > self.trials[:, 0]]
        spans = spans[np.argsort(spans[:, 0], kind="stable")]
        spans = spans - [_ON_THE_EDGE * self.bin_s, 0.0]  # as bins: what is on the edge is inside
        trial = epoch_of(times, spans)
        gap = np.searchsorted(spans[:, 0], times, side="right")
        return np.where(trial >= 0, trial, -1 - gap)

    def row_of(self, times: FloatArray) -> IntArray:
        """Return (n,) the row whose bin each time is in, -1 for none."""
        row = np.searchsorted(self.lower, times, side="right") - 1
        inside = row >= 0
        inside[inside] = times[inside] < self.lower[row[inside]] + self.bin_s
        return np.where(inside, row, -1)

    def borders(self, reach: int) -> IntArray:
        """Return (K,) first rows of stretches that are more than ``reach`` bins apart.

        For a reach of zero, trials end them too: what no window sees over is apart.

        >>> from spikeglm.io.interop.row_times import axis_of_bins
        >>> grid = Grid.of(axis_of_bins(0.5, [[0.0, 1.0], [2.0, 3.0]]))
        >>> grid.borders(2), grid.borders(3)
        (array([0, 2]), array([0]))
        """
        first = self.starts[1:]
        if reach == 0:
            changes = np.flatnonzero(np.diff(self.segment_of_rows)) + 1
            return np.union1d(self.starts, changes).astype(np.intp)
        n_between = (self.axis.times[first] - self.axis.times[first - 1]) / self.bin_s - 1
        return np.append(0, first[n_between > reach - 0.5]).astype(np.intp)

    def stretches(self, before: int, after: int, *, within_trial: bool = False) -> Stretches:
        """Return the runs of neighbouring rows with bins before and after each of them.

        ``within_trial`` ends a run where the trial ends.
        """
        starts = self.starts
        if within_trial:
            changes = np.flatnonzero(np.diff(self.segment_of_rows)) + 1
            starts = np.union1d(starts, changes).astype(np.intp)
        return Stretches(self, starts, before, after, within_trial)


@dataclass(frozen=True, eq=False)
class Stretches:
    """K runs of neighbouring rows, with ``before`` and ``after`` more bins around each.

    The bins of one run after those of the other are numbered 0 to M - 1: bins around a run may
    lie where another run is, and are numbered again. So what a window sees from any row is a
    range of these numbers.

    Examples
    --------
    >>> from spikeglm.io.interop.row_times import axis_of_bins
    >>> runs = Grid.of(axis_of_bins(0.5, [[0.0, 1.0], [2.0, 3.0]])).stretches(1, 0)
    >>> runs.n_bins, runs.place(0, 4), runs.times
    (6, array([1, 2, 4, 5]), array([-0.25,  0.25,  0.75,  1.75,  2.25,  2.75]))
    """

    grid: Grid
    starts: IntArray
    before: int
    after: int
    within_trial: bool = False

    __repr__ = showing.of_fields

    @property
    def n_bins(self) -> int:
        """M: rows, and bins around all runs."""
        return self.grid.n_rows + len(self.starts) * (self.before + self.after)

    @cached_property
    def stops(self) -> IntArray:
        """(K,) the row after the last one of each run."""
        return np.append(self.starts[1:], self.grid.n_rows)

    @cached_property
    def first_bins(self) -> IntArray:
        """(K,) the first bin of each run, those before it included."""
        return self.starts + np.arange(len(self.starts)) * (self.before + self.after)

    def place(self, start: int, stop: int) -> IntArray:
        """Return the bins of rows ``start:stop``."""
        rows = np.arange(start, stop)
        run = np.searchsorted(self.starts, rows, side="right") - 1
        return rows + run * (self.before + self.after) + self.before

    @cached_property
    def run_of_bins(self) -> IntArray:
        """(M,) the run of each bin."""
        lengths = self.stops - self.starts + self.before + self.after
        return np.repeat(np.arange(len(self.starts)), lengths)

    @cached_property
    def times(self) -> FloatArray:
        """(M,) the centre of each bin, seconds."""
        run = self.run_of_bins
        step = np.arange(self.n_bins) - self.first_bins[run] - self.before  # from the first row
        row = np.clip(self.starts[run] + step, self.starts[run], self.stops[run] - 1)
        beyond = self.starts[run] + step - row
        return self.grid.axis.times[row] + beyond * self.grid.bin_s

    @cached_property
    def is_row(self) -> BoolArray:
        """(M,) True for the bins that are rows."""
        found = np.zeros(self.n_bins, dtype=bool)
        found[self.place(0, self.grid.n_rows)] = True
        return found

    @cached_property
    def in_other_trial(self) -> BoolArray:
        """(M,) True for bins that a window must not see: those of another trial than their run."""
        if not self.within_trial:
            return np.zeros(self.n_bins, dtype=bool)
        of_run = self.grid.segment_of_rows[self.starts][self.run_of_bins]
        return ~self.is_row & (self.grid.segment_of(self.times) != of_run)

    def bins_of(self, events: Moments) -> tuple[IntArray, IntArray]:
        """Return each pair of an event and a bin that it is in: numbers of events, and of bins.

        Limited to trials, an event is in the bins of its own trial; between two, of that time.
        """
        grid, times = self.grid, events.times
        low = grid.lower[self.starts] - self.before * grid.bin_s
        high = grid.lower[self.stops - 1] + (1 + self.after) * grid.bin_s
        first, last = np.searchsorted(times, low), np.searchsorted(times, high)
        n = np.maximum(last - first, 0)
        run = np.repeat(np.arange(len(n)), n)
        event = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + np.repeat(first, n)
        if self.within_trial:
            own = grid.segment_of(times)[event] == grid.segment_of_rows[self.starts][run]
            run, event = run[own], event[own]
        return event, self.first_bins[run] + self._step(times[event], run)

    def _step(self, times: FloatArray, run: IntArray) -> IntArray:
        """Return in which bin of its run each time is, counted from the first one before it."""
        grid, start, stop = self.grid, self.starts[run], self.stops[run]
        row = np.searchsorted(grid.lower, times, side="right") - 1
        row = np.clip(row, start, stop - 1)
        beyond = np.floor((times - grid.lower[row]) / grid.bin_s).astype(np.intp)
        inside = (row < stop - 1) & (times >= grid.lower[row])
        beyond = np.where(inside, 0, beyond)  # rows a little more than a bin apart
        return np.clip(
            row - start + beyond + self.before, 0, stop - start + self.before + self.after - 1
        )

    def seen_through(self, lags: IntArray) -> BoolArray:
        """Return (M,) True for bins that some row sees, through a window of these lags."""
        bins, run = np.arange(self.n_bins), self.run_of_bins
        end = np.append(self.first_bins[1:], self.n_bins)
        first = np.clip(bins + lags[0], self.first_bins[run], end[run])
        last = np.clip(bins + lags[-1] + 1, first, end[run])
        running = np.append(0, np.cumsum(self.is_row))
        return running[last] > running[first]
