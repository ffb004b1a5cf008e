"""Spikes around events: a raster and its mean (PSTH), recorded and simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...typing import ArrayLike
from .. import style
from ..labels import legend_above
from ..style import axes_or_new
from ..tables import framed, with_data
from .recorded import RECORDED, SIMULATED, Spikes, band

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_TICK_MM = 1.6
_COLORS = {RECORDED: style.BLACK, SIMULATED: style.VERMILLION}


def _raster(
    counts: Any,
    events: Any,
    *,
    window: tuple[float, float] = (-0.5, 1.0),
    simulated: Any = None,
    neuron: Any = None,
    bin_s: float | None = None,
) -> pd.DataFrame:
    """Return a row per bin with spikes: its time from the event, the trial, and whose it is."""
    spikes = Spikes.of(counts, simulated, neuron=neuron, bin_s=bin_s)
    time, rows = spikes.around(events, window)
    columns: dict[str, list[Any]] = {"source": [], "trial": [], "time": [], "count": []}
    for source, drawn in spikes.sources:
        of_trial = np.arange(len(rows)) % len(drawn)  # each trial from another simulation
        shown = drawn[of_trial[:, None], rows]
        trial, place = np.nonzero(shown > 0)
        columns["source"] += [source] * len(trial)
        columns["trial"] += trial.tolist()
        columns["time"] += time[place].tolist()
        columns["count"] += shown[trial, place].astype(int).tolist()
    names = [name for name, _ in spikes.sources]
    return framed(columns, n_trials=len(rows), window=window, sources=names)


@with_data(_raster)
def plot_raster(
    counts: ArrayLike,
    events: Any,
    ax: Axes | None = None,
    *,
    window: tuple[float, float] = (-0.5, 1.0),
    simulated: Any = None,
    neuron: Any = None,
    bin_s: float | None = None,
) -> Axes:
    """Draw the spikes around events, a line per trial: recorded below, simulated above them.

    Parameters
    ----------
    counts :
        (T,) spikes per bin, or (T, N) of a population.
    events :
        Their times, seconds; of counts without times from the start of the first bin.
    ax :
        Axes to draw on; None makes a figure one column wide.
    window :
        From when to when, seconds from the event. Events whose window was not recorded as a whole
        are left out.
    simulated :
        What ``model.simulate`` returned, or counts (R, T) or (R, T, N) of R repeats: each trial is
        of another one.
    neuron :
        Its name, of a population.
    bin_s :
        Seconds of a bin, of counts without times.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is nothing around the events, nobody says how long bins are, or simulations do
        not fit.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Pillow et al. (2008), Nature 454:995-9; Weber & Pillow (2017), Neural Comput
    29:3260-89.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.1, 1000)
    >>> ax = plot_raster(counts, [1.0, 3.0, 5.0], bin_s=0.01)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('Time from event (s)', 'Trial')
    """
    options: dict[str, Any] = {"window": window, "simulated": simulated}
    table = plot_raster.data(counts, events, **options, neuron=neuron, bin_s=bin_s)
    n, sources = table.attrs["n_trials"], list(table.attrs["sources"])
    ax = axes_or_new(ax, height_mm=25 + min(_TICK_MM * n * len(sources), 60))
    for k, source in enumerate(sources):
        part = table[table["source"] == source]
        low = part["trial"] + k * n
        look: style.Look = {"color": _COLORS[source], "linewidth": style.THIN_PT, "label": source}
        ax.vlines(part["time"], low + 0.1, low + 0.9, **look)
    ax.axvline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_xlim(*table.attrs["window"])
    ax.set_ylim(0, n * len(sources))
    ax.set_xlabel("Time from event (s)")
    ax.set_ylabel("Trial")
    if len(sources) > 1:
        ax.axhline(n, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
        ax.set_yticks([0, n, 2 * n], ["0", f"{n} | 0", str(n)])
        legend_above(ax)
    else:
        ax.locator_params(axis="y", integer=True, nbins=4)
    return ax


def _psth(
    counts: Any,
    events: Any,
    *,
    window: tuple[float, float] = (-0.5, 1.0),
    width_s: float | None = None,
    simulated: Any = None,
    neuron: Any = None,
    bin_s: float | None = None,
) -> pd.DataFrame:
    """Return mean rates over trials: recorded ± standard error, simulated with their spread."""
    spikes = Spikes.of(counts, simulated, neuron=neuron, bin_s=bin_s)
    time, rows = spikes.around(events, window)
    step = 1 if width_s is None else max(round(width_s / spikes.bin_s), 1)
    n = len(time) // step
    shape = len(rows), n, step
    middle = time[: n * step].reshape(n, step).mean(axis=1)
    parts: dict[str, list[Any]] = {"source": [], "time": [], "rate": [], "low": [], "high": []}
    for source, drawn in spikes.sources:
        trials = drawn[:, rows[:, : n * step]].reshape(len(drawn), *shape).mean(axis=3)
        rates = trials / spikes.bin_s  # (R, K, n)
        mean = rates.mean(axis=(0, 1))
        if source == RECORDED:
            error = rates[0].std(axis=0, ddof=1) / np.sqrt(len(rows)) if len(rows) > 1 else np.nan
            low, high = mean - error, mean + error
        else:
            low, high = band(rates.mean(axis=1))
        for name, values in (("time", middle), ("rate", mean), ("low", low), ("high", high)):
            parts[name] += np.broadcast_to(values, n).tolist()
        parts["source"] += [source] * n
    return framed(parts, n_trials=len(rows), window=window, n_simulated=len(spikes.simulated))


@with_data(_psth)
def plot_psth(
    counts: ArrayLike,
    events: Any,
    ax: Axes | None = None,
    *,
    window: tuple[float, float] = (-0.5, 1.0),
    width_s: float | None = None,
    simulated: Any = None,
    neuron: Any = None,
    bin_s: float | None = None,
) -> Axes:
    """Draw the mean rate around events, with where 95 % of the model's own PSTHs lie.

    Recorded: mean over trials with one standard error. Simulated: mean over repeats, and between
    what 95 % of the PSTHs of single repeats lie, each over as many trials as were recorded. A right
    model has the recorded PSTH within that band.

    Parameters
    ----------
    counts :
        (T,) spikes per bin, or (T, N) of a population.
    events, window, simulated, neuron, bin_s :
        As for :func:`plot_raster`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    width_s :
        Width of the bins of the PSTH, seconds; None: those of the counts.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        As :func:`plot_raster`.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Pillow et al. (2008), Nature 454:995-9.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.1, 1000)
    >>> plot_psth(counts, [1.0, 3.0, 5.0], bin_s=0.01, width_s=0.05).get_ylabel()
    'Rate (Hz)'
    """
    options: dict[str, Any] = {"window": window, "width_s": width_s, "simulated": simulated}
    table = plot_psth.data(counts, events, **options, neuron=neuron, bin_s=bin_s)
    ax = axes_or_new(ax, height_mm=50)
    what = {RECORDED: f"recorded ± s.e., {table.attrs['n_trials']} trials"}
    what[SIMULATED] = "simulated, 95 % of repeats" if table.attrs["n_simulated"] > 1 else SIMULATED
    for source in list(what)[::-1]:
        part = table[table["source"] == source]
        if part.empty:
            continue
        color = _COLORS[source]
        shade: style.Look = {"color": color, "alpha": style.BAND_ALPHA, "linewidth": 0}
        ax.fill_between(part["time"], part["low"], part["high"], **shade)
        line: style.Look = {"color": color, "linewidth": style.LINE_PT, "label": what[source]}
        ax.plot(part["time"], part["rate"], **line)
    ax.axvline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_xlim(*table.attrs["window"])
    ax.set_ylim(bottom=0)
    ax.set_xlabel("Time from event (s)")
    ax.set_ylabel("Rate (Hz)")
    legend_above(ax)
    return ax
