"""Times between spikes, and who fires when after whom: recorded and simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...typing import ArrayLike, FloatArray, IntArray
from .. import style
from ..labels import legend_above
from ..style import axes_or_new
from ..tables import framed, with_data
from .recorded import RECORDED, SIMULATED, Spikes, band, one_neuron

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MS = 1e3
_MOST_BINS = 60
_LABELS = {RECORDED: RECORDED, SIMULATED: "simulated, 95 % of repeats"}


def _intervals(
    counts: Any,
    *,
    simulated: Any = None,
    neuron: Any = None,
    bin_s: float | None = None,
    longest_s: float | None = None,
) -> pd.DataFrame:
    """Return the density of intervals between spikes, in bins of the counts or several of them."""
    spikes = Spikes.of(counts, simulated, neuron=neuron, bin_s=bin_s)
    own = _between(spikes.counts, spikes.segment)
    usual = np.quantile(own, 0.99) * spikes.bin_s if own.size else spikes.bin_s
    longest = usual if longest_s is None else longest_s
    step = max(int(np.ceil(longest / spikes.bin_s / _MOST_BINS)), 1)
    n = max(int(np.ceil(longest / spikes.bin_s / step)), 1)
    edges = (np.arange(n + 1) * step - 0.5) * spikes.bin_s
    edges[0] = 0.0
    parts = []
    for source, drawn in spikes.sources:
        shares = [_density(_between(each, spikes.segment) * spikes.bin_s, edges) for each in drawn]
        low, high = band(np.array(shares)) if source == SIMULATED else (np.nan, np.nan)
        columns: dict[str, Any] = {"from": _MS * edges[:-1], "to": _MS * edges[1:]}
        columns |= {"density": np.mean(shares, axis=0), "low": low, "high": high}
        parts.append(framed({"source": [source] * n} | columns))
    return _joined(parts, n_intervals=own.size)


@with_data(_intervals)
def plot_intervals(
    counts: ArrayLike,
    ax: Axes | None = None,
    *,
    simulated: Any = None,
    neuron: Any = None,
    bin_s: float | None = None,
    longest_s: float | None = None,
) -> Axes:
    """Draw how long it is from spike to spike, recorded and as the model would have it.

    A refractory period that the model lacks shows as simulated intervals at the left where none
    were recorded; bursts as a peak that it does not reach.

    Parameters
    ----------
    counts :
        (T,) spikes per bin, or (T, N) of a population; intervals over gaps do not count.
    simulated, neuron, bin_s :
        As for :func:`spikeglm.plotting.plot_raster`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    longest_s :
        The longest interval that is shown, seconds; None: as long as 99 % of them.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If nobody says how long bins are, or simulations do not fit.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Weber & Pillow (2017), Neural Comput 29:3260-89; Arribas, Zhao & Park (2020), NeurIPS 33.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.1, 1000)
    >>> plot_intervals(counts, bin_s=0.01).get_xlabel()
    'Interval between spikes (ms)'
    """
    options: dict[str, Any] = {"neuron": neuron, "bin_s": bin_s, "longest_s": longest_s}
    table = plot_intervals.data(counts, simulated=simulated, **options)
    ax = axes_or_new(ax, height_mm=50)
    for source, part in table.groupby("source", sort=False):
        edges = np.append(part["from"], part["to"].iloc[-1])
        if source == RECORDED:
            look: style.Look = {"color": style.GREY, "alpha": 0.6, "label": source}
            ax.stairs(part["density"], edges, fill=True, **look)
            continue
        _stepped_band(ax, part, edges)
        line: style.Look = {"color": style.VERMILLION, "linewidth": style.LINE_PT}
        ax.stairs(part["density"], edges, baseline=None, label=_LABELS[SIMULATED], **line)
    ax.set_xlim(left=0, right=float(table["to"].max()))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("Interval between spikes (ms)")
    ax.set_ylabel("Density (per s)")
    ax.legend(title=f"{table.attrs['n_intervals']} intervals", alignment="left")
    return ax


def _correlogram(
    counts: Any,
    *,
    neuron: Any = None,
    after: Any = None,
    simulated: Any = None,
    bin_s: float | None = None,
    longest_s: float = 0.1,
) -> pd.DataFrame:
    """Return the rate of a neuron over the lag from spikes of a neuron, itself if no other."""
    target = Spikes.of(counts, simulated, neuron=neuron, bin_s=bin_s)
    is_own = after is None or after == neuron
    source_of = target if is_own else Spikes.of(counts, simulated, neuron=after, bin_s=bin_s)
    n = max(round(longest_s / target.bin_s), 1)
    lags = np.arange(1, n + 1) if is_own else np.arange(-n, n + 1)
    parts = []
    pairs = zip(target.sources, source_of.sources, strict=True)
    for (source, to), (_, by) in pairs:
        each = [_rate_after(a, b, lags, target.segment) for a, b in zip(by, to, strict=True)]
        rates = np.array(each) / target.bin_s
        low, high = band(rates) if source == SIMULATED else (np.nan, np.nan)
        columns = {"lag": _MS * target.bin_s * lags, "rate": rates.mean(axis=0)}
        columns |= {"low": low, "high": high}
        parts.append(framed({"source": [source] * len(lags)} | columns))
    mean = float(np.nanmean(one_neuron(counts, neuron))) / target.bin_s
    name = "the neuron's own spike" if is_own else f"a spike of {after}"
    return _joined(parts, mean=mean, after=name)


@with_data(_correlogram)
def plot_correlogram(
    counts: ArrayLike,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    after: Any = None,
    simulated: Any = None,
    bin_s: float | None = None,
    longest_s: float = 0.1,
) -> Axes:
    """Draw the rate of a neuron at each lag from its own spikes, or those of another.

    The dotted line is its mean rate: of independent neurons all lags lie on it.

    Parameters
    ----------
    counts :
        (T,) spikes per bin, or (T, N) of a population; pairs over gaps do not count.
    simulated, bin_s :
        As for :func:`spikeglm.plotting.plot_raster`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Whose rate.
    after :
        After whose spikes; None: its own (an autocorrelogram, without lag 0).
    longest_s :
        The longest lag, seconds.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such neuron, nobody says how long bins are, or simulations do not fit.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Pillow et al. (2008), Nature 454:995-9.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.1, (1000, 2))
    >>> plot_correlogram(counts, neuron=0, after=1, bin_s=0.01).get_xlabel()
    'Lag from a spike of 1 (ms)'
    """
    options: dict[str, Any] = {"neuron": neuron, "after": after, "longest_s": longest_s}
    table = plot_correlogram.data(counts, simulated=simulated, bin_s=bin_s, **options)
    ax = axes_or_new(ax, height_mm=50)
    half = 0.5 * float(np.diff(table["lag"].iloc[:2])[0]) if len(table) > 1 else 0.5
    for source, part in table.groupby("source", sort=False):
        edges = np.append(part["lag"] - half, part["lag"].iloc[-1] + half)
        if source == RECORDED:
            look: style.Look = {"color": style.GREY, "alpha": 0.6, "label": source}
            ax.stairs(part["rate"], edges, fill=True, **look)
            continue
        _stepped_band(ax, part, edges)
        line: style.Look = {"color": style.VERMILLION, "linewidth": style.LINE_PT}
        ax.stairs(part["rate"], edges, baseline=None, label=_LABELS[SIMULATED], **line)
    mean: style.Look = {"color": style.BLACK, "linewidth": style.THIN_PT, "linestyle": ":"}
    ax.axhline(table.attrs["mean"], **mean, label="mean rate")
    ax.set_xlim(min(0.0, float(table["lag"].min()) - half), float(table["lag"].max()) + half)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(f"Lag from {table.attrs['after']} (ms)")
    ax.set_ylabel("Rate (Hz)")
    legend_above(ax)
    return ax


def _stepped_band(ax: Axes, part: pd.DataFrame, edges: FloatArray) -> None:
    if part["low"].notna().any():
        shade: style.Look = {"color": style.VERMILLION, "alpha": style.BAND_ALPHA}
        ax.stairs(part["high"], edges, baseline=part["low"].to_numpy(), fill=True, **shade)


def _joined(parts: list[pd.DataFrame], **attrs: Any) -> pd.DataFrame:
    import pandas as pd

    table = pd.concat(parts, ignore_index=True)
    table.attrs = attrs
    return table


def _between(counts: FloatArray, segment: IntArray) -> FloatArray:
    """Return intervals between spikes in bins; spikes of one bin are zero apart."""
    known = np.nan_to_num(counts).astype(int)
    at = np.repeat(np.arange(len(known)), known)
    same = np.diff(segment[at]) == 0
    return np.diff(at)[same].astype(float)


def _density(intervals: FloatArray, edges: FloatArray) -> FloatArray:
    """Return shares of all intervals per second."""
    found, _ = np.histogram(intervals, bins=edges)
    return found / np.diff(edges) / max(len(intervals), 1)


def _rate_after(by: FloatArray, to: FloatArray, lags: IntArray, segment: IntArray) -> FloatArray:
    """Return the mean of ``to`` so many bins after the spikes of ``by``; NaN after none."""
    found = np.full(len(lags), np.nan)
    T = len(by)
    for k, lag in enumerate(lags):
        first, last = max(0, -lag), min(T, T - lag)
        if last <= first:
            continue
        weight = np.where(segment[first:last] == segment[first + lag : last + lag], 1.0, 0.0)
        weight = weight * np.nan_to_num(by[first:last])
        if weight.sum() > 0:
            found[k] = weight @ np.nan_to_num(to[first + lag : last + lag]) / weight.sum()
    return found
