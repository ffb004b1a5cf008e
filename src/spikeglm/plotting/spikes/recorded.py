"""Spikes of one neuron as figures read them: recorded, simulated, and around events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...io.interop.frames import column_labels
from ...io.interop.timeseries import TimeAxis, time_axis_of, to_array
from ...rows.sampling import Sampling, bin_size_of
from ...typing import Array, FloatArray, IntArray
from ..neurons import place_of

RECORDED, SIMULATED = "recorded", "simulated"
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Spikes:
    """Counts of one neuron; T bins, R simulations of them.

    Attributes
    ----------
    counts :
        (T,) recorded.
    simulated :
        (R, T), R = 0 for none.
    times :
        (T,) middle of each bin, seconds.
    bin_s :
        Seconds of a bin.
    segment :
        (T,) number of the stretch without a gap that a bin lies in.
    """

    counts: FloatArray
    simulated: FloatArray
    times: FloatArray
    bin_s: float
    segment: IntArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, counts: Any, simulated: Any, *, neuron: Any, bin_s: float | None) -> Spikes:
        """Read what users pass.

        Raises
        ------
        ValueError
            If nobody says how long bins are, no neuron of several is named, or simulations have
            another number of bins.

        >>> Spikes.of([0, 1, 0], None, neuron=None, bin_s=0.01).times
        array([0.005, 0.015, 0.025])
        """
        own = one_neuron(counts, neuron)
        axis = time_axis_of(counts)
        seconds = seconds_of_bins(axis, bin_s)
        times = (np.arange(len(own)) + _HALF) * seconds if axis is None else axis.times
        drawn = _simulations(simulated, counts, neuron)
        if drawn.shape[1:] != own.shape:
            raise errors.value_error(
                "Simulated and recorded spikes have different numbers of bins.",
                given=f"{drawn.shape[1]} simulated and {len(own)} recorded bins",
                expected="one number",
                todo="simulate the same stretch: model.simulate(0, X).",
            )
        segment = np.zeros(len(own), dtype=np.intp)
        if axis is not None:
            segment[Sampling.of(axis).starts[1:]] = 1
        return cls(own, drawn, np.asarray(times), seconds, np.cumsum(segment))

    @property
    def sources(self) -> list[tuple[str, FloatArray]]:
        """Recorded counts as (1, T), and simulated ones (R, T) where there are some."""
        found = [(RECORDED, self.counts[None])]
        return [*found, (SIMULATED, self.simulated)] if len(self.simulated) else found

    def around(self, events: Any, window: tuple[float, float]) -> tuple[FloatArray, IntArray]:
        """Return the middles (L,) of bins from an event on, seconds, and their rows (K, L).

        Events whose window is not recorded as a whole are left out.

        Raises
        ------
        ValueError
            If the window is empty, or no event has all of it.

        >>> spikes = Spikes.of(np.arange(10), None, neuron=None, bin_s=1.0)
        >>> time, rows = spikes.around([4.0, 9.0], (-1.0, 2.0))
        >>> time, rows
        (array([-0.5,  0.5,  1.5]), array([[3, 4, 5]]))
        """
        at = np.sort(np.ravel(to_array(getattr(events, "t", events), name="events")).astype(float))
        n = round((window[1] - window[0]) / self.bin_s)
        first = np.searchsorted(self.times, at + window[0] - 1e-6 * self.bin_s)
        fits = (n > 0) & (first + n <= len(self.times))
        last = np.where(fits, first + n - 1, 0)
        begins = np.where(fits, first, 0)
        near = self.times[begins] - (at + window[0]) < self.bin_s
        whole = fits & near & (self.segment[begins] == self.segment[last])
        if not whole.any():
            raise errors.value_error(
                "There is nothing around these events.",
                given=f"{len(at)} events and a window from {window[0]:g} to {window[1]:g} s",
                expected="events, in seconds, whose windows were recorded as a whole",
                todo="look at the times of counts: the first bin starts at "
                f"{self.times[0] - self.bin_s / 2 if len(self.times) else 0.0:g} s.",
            )
        rows = begins[whole, None] + np.arange(n)
        return window[0] + (np.arange(n) + _HALF) * self.bin_s, rows


def one_neuron(counts: Any, neuron: Any, *, name: str = "counts") -> FloatArray:
    """Return the counts (T,) of one neuron of what users pass, (T,) or (T, N).

    Raises
    ------
    ValueError
        If there is no such neuron, or nobody says which of several.

    >>> one_neuron([[1, 2], [3, 4]], 1)
    array([2., 4.])
    """
    values = np.asarray(to_array(counts, name=name), dtype=float)
    if values.ndim == 1:
        return values
    names = column_labels(counts) or tuple(range(values.shape[1]))
    return values[:, place_of(neuron, names)]


def seconds_of_bins(axis: TimeAxis | None, bin_s: float | None) -> float:
    """Return how long bins are, as their times or the user say.

    Raises
    ------
    ValueError
        If nobody does.

    >>> seconds_of_bins(None, 0.01)
    0.01
    """
    known = bin_size_of(axis) if bin_s is None else bin_s
    if known is None or not known > 0:
        raise errors.value_error(
            "Nobody says how long bins are.",
            given=f"bin_s={bin_s!r} and counts without times",
            expected="seconds of a bin",
            todo="pass bin_s=0.01 for bins of 10 ms, or counts as a pynapple object.",
        )
    return float(known)


def band(values: Array) -> tuple[FloatArray, FloatArray]:
    """Return between what 95 % of simulations (R, ...) lie; NaN of fewer than two.

    >>> low, high = band(np.arange(41.0)[:, None])
    >>> low, high
    (array([1.]), array([39.]))
    """
    if len(values) < 2:
        nothing = np.full(np.shape(values)[1:], np.nan)
        return nothing, nothing
    low, high = np.nanquantile(values, [0.025, 0.975], axis=0)
    return low, high


def _simulations(simulated: Any, counts: Any, neuron: Any) -> FloatArray:
    """Return (R, T) of one neuron."""
    drawn = getattr(simulated, "y", simulated)
    n_axes = np.ndim(counts)
    if drawn is None:
        return np.empty((0, len(counts)))
    if isinstance(drawn, list) and drawn and np.ndim(drawn[0]) == n_axes:
        return np.stack([one_neuron(part, neuron, name="simulated") for part in drawn])
    values = np.asarray(to_array(drawn, name="simulated"), dtype=float)
    if values.ndim == n_axes:
        return one_neuron(drawn, neuron, name="simulated")[None]
    if values.ndim == n_axes + 1 and n_axes == 1:
        return values
    names = column_labels(counts) or tuple(range(np.shape(counts)[-1]))
    return values[..., place_of(neuron, names)]
