"""Events, intervals and signals as numbers in bins: what kernels are convolved with."""

from __future__ import annotations

import numpy as np

from ..io.interop.event_data import Moments
from ..io.interop.timed_data import Timed, is_known
from ..typing import Array, BoolArray, FloatArray
from .grid import Stretches

_SAME_BIN = 0.01  # of a bin: a sample that is closer to the centre is the sample of the bin
_GAP = 1.5  # of the usual distance of samples: what is farther apart is not joined by a line
RULES = ("interpolate", "average", "nearest", "previous")


def events_in_bins(runs: Stretches, events: Moments, *, missing_is_zero: bool = False) -> Array:
    """Return (M, S) how many events of each channel are in each bin, or the sum of their values.

    The sum is NaN where a value is missing, unless missing values are to count as zero.

    Examples
    --------
    >>> from spikeglm.designs.grid import Grid
    >>> from spikeglm.io.interop.event_data import read_events
    >>> from spikeglm.io.interop.row_times import axis_of_bins
    >>> runs = Grid.of(axis_of_bins(0.5, [[0.0, 1.5]])).stretches(0, 1)
    >>> events_in_bins(runs, read_events([0.1, 0.2, 1.7], name="licks")).ravel()
    array([2, 0, 0, 1], dtype=uint8)
    """
    event, place = runs.bins_of(events)
    channel = events.channel[event]
    columns = []
    for c in range(len(events.channels)):
        mine = channel == c
        weights = None
        if events.values is not None:
            weights = events.values[event[mine]]
            weights = np.nan_to_num(weights, nan=0.0) if missing_is_zero else weights
        column = np.bincount(place[mine], weights, minlength=runs.n_bins)
        columns.append(column if weights is not None else _small(column))
    if not columns:
        return np.zeros((runs.n_bins, 0))
    return np.column_stack(columns)


def _small(counts: Array) -> Array:
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))


def intervals_in_bins(times: FloatArray, spans: FloatArray, values: FloatArray | None) -> Array:
    """Return (M,) the number of intervals that each time is in, or the sum of their values.

    An interval holds its start and not its end. NaN where a value is missing.

    Examples
    --------
    >>> intervals_in_bins(np.array([0.0, 1.0, 2.0]), np.array([[0.0, 2.0], [1.0, 2.0]]), None)
    array([1, 2, 0])
    """
    known = np.isfinite(spans).all(axis=1) & (spans[:, 1] > spans[:, 0])
    spans = spans[known]
    order = np.argsort(spans[:, 0], kind="stable")
    start, end = spans[order, 0], spans[order, 1]
    n_open = np.searchsorted(start, times, side="right")
    n_open -= np.searchsorted(np.sort(end), times, side="right")
    if values is None:
        return n_open
    values = values[known][order]
    out = np.zeros(len(times))
    if (end[:-1] <= start[1:]).all():  # one at a time: its value, as it is
        some = n_open > 0
        out[some] = values[np.searchsorted(start, times[some], side="right") - 1]
        return out
    for (first, last), value in zip(np.column_stack([start, end]), values, strict=True):
        out[(times >= first) & (times < last)] += value
    return out


def sampled(
    signal: Timed,
    times: FloatArray,
    bin_s: float,
    *,
    how: str,
    max_gap_s: float | None = None,
    circle: tuple[float, float] | None = None,
) -> Array:
    """Return a signal (n, ...) at other times (m,): (m, ...), NaN where it is not known.

    Parameters
    ----------
    signal :
        With times.
    times :
        Centres of bins, in any order, seconds.
    bin_s :
        Length of a bin, seconds.
    how :
        ``"interpolate"``: on a line between the sample before and the one after, never over an
        end of its epochs or a gap. ``"average"``: the mean of the finite samples in the bin.
        ``"nearest"``: the sample that is nearest. ``"previous"``: the last one before.
    max_gap_s :
        Samples farther apart are not joined; None: one and a half times the median distance of
        samples, or bins where these are longer.
    circle :
        From where to where a period reaches, of a signal on a circle: lines and means go the
        short way round.

    Examples
    --------
    >>> angle = Timed(np.array([350.0, 20.0]), np.array([0.0, 1.0]))
    >>> sampled(angle, np.array([0.5, 2.0]), 1.0, how="interpolate", circle=(0.0, 360.0))
    array([ 5., nan])
    """
    values = signal.values.astype(np.float64, copy=False)
    out = np.full((len(times), *values.shape[1:]), np.nan)
    if signal.times is None or len(values) == 0:
        return out
    inside = is_known(signal.support, times)
    if max_gap_s is None:
        steps = np.diff(signal.times)
        usual = float(np.median(steps)) if len(steps) else bin_s
        max_gap_s = _GAP * max(usual, bin_s)
    if how == "average":
        return _averaged(values, signal.times, times, bin_s, circle)
    near, distance = _nearest(signal.times, times)
    if how == "previous":
        near = np.searchsorted(signal.times, times + 1e-6 * bin_s, side="right") - 1
        inside &= near >= 0
    inside &= _in_one_epoch(signal, signal.times[near], times)
    out[inside] = values[near[inside]]
    if how == "nearest":
        out[distance > max_gap_s / 2] = np.nan
    elif how == "interpolate":
        between = inside & (distance > _SAME_BIN * bin_s)
        out[between] = _on_lines(values, signal, times[between], max_gap_s, circle)
    return out


def _in_one_epoch(signal: Timed, samples: FloatArray, times: FloatArray) -> BoolArray:
    """Return (m,) True where a sample is in the epoch that the time is in."""
    if signal.support is None:
        return np.ones(len(times), dtype=bool)
    starts = signal.support[:, 0] - 1e-9
    epochs = (np.searchsorted(starts, each, side="right") for each in (samples, times))
    return np.equal(*epochs)


def _nearest(of: FloatArray, times: FloatArray) -> tuple[Array, FloatArray]:
    after = np.clip(np.searchsorted(of, times), 1, max(len(of) - 1, 1))
    after = np.minimum(after, len(of) - 1)
    before = np.maximum(after - 1, 0)
    near = np.where(times - of[before] <= of[after] - times, before, after)
    return near, np.abs(of[near] - times)


def _on_lines(
    values: Array,
    signal: Timed,
    times: FloatArray,
    max_gap_s: float,
    circle: tuple[float, float] | None,
) -> Array:
    """Return what lies between two samples; NaN beyond, over gaps, and between epochs."""
    assert signal.times is not None
    of = signal.times
    after = np.searchsorted(of, times)
    is_between = (after > 0) & (after < len(of))
    after = np.clip(after, 1, max(len(of) - 1, 1))
    if len(of) < 2:
        return np.full((len(times), *values.shape[1:]), np.nan)
    before = after - 1
    step = of[after] - of[before]
    joined = is_between & (step <= max_gap_s * (1 + 1e-9))
    if signal.support is not None:
        epoch = np.searchsorted(signal.support[:, 0], of, side="right")
        joined &= epoch[before] == epoch[after]
    share = ((times - of[before]) / step).reshape(-1, *[1] * (values.ndim - 1))
    rise = values[after] - values[before]
    if circle is not None:
        period = circle[1] - circle[0]
        rise = (rise + period / 2) % period - period / 2
    out = values[before] + share * rise
    if circle is not None:
        out = circle[0] + (out - circle[0]) % (circle[1] - circle[0])
    out[~joined] = np.nan
    return out


def _averaged(
    values: Array,
    of: FloatArray,
    times: FloatArray,
    bin_s: float,
    circle: tuple[float, float] | None,
) -> Array:
    """Return means of the finite samples that lie in each bin."""
    table = values.reshape(len(values), -1)
    first = np.searchsorted(of, times - (0.5 + 1e-6) * bin_s)
    last = np.searchsorted(of, times + (0.5 - 1e-6) * bin_s)
    if circle is not None:
        low, period = circle[0], circle[1] - circle[0]
        mean = _means(np.exp(2j * np.pi * table / period), first, last)
        angle = np.angle(mean) / (2 * np.pi) * period
        found = low + (angle - low) % period
    else:
        found = _means(table, first, last)
    return found.reshape(len(times), *values.shape[1:])


def _means(table: Array, first: Array, last: Array) -> Array:
    finite = np.isfinite(table)
    centre = table.mean(axis=0, where=finite) if finite.any(axis=0).all() else 0.0
    sums = _sums(np.where(finite, table - centre, 0.0), first, last)
    n = _sums(finite.astype(np.intp), first, last)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, sums / n + centre, np.nan)


def _sums(table: Array, first: Array, last: Array) -> Array:
    """Return sums of rows ``first:last``, (m, S)."""
    running = np.zeros((len(table) + 1, *table.shape[1:]), dtype=table.dtype)
    np.cumsum(table, axis=0, out=running[1:])
    return running[last] - running[first]


def beyond(known_at: BoolArray, runs: Stretches) -> BoolArray:
    """Return (M,) True for bins around runs of rows of which nothing is known, or must not be."""
    return ~runs.is_row & (~known_at | runs.in_other_trial)
