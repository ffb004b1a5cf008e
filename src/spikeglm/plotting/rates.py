"""Predicted rates over the spikes they predict, and tuning curves beside the raw ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..typing import Array, ArrayLike
from . import style
from .style import axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RASTER, _CURVES_TOP = 0.94, 0.88
"""Where the ticks of single spikes go, and below it the curves, in units of the axes' height."""


def plot_rate(
    mean_counts: ArrayLike | Mapping[str, ArrayLike],
    ax: Axes | None = None,
    *,
    counts: ArrayLike,
    bin_s: float,
    window_s: tuple[float, float] | None = None,
    colors: tuple[str, ...] = style.CYCLE,
) -> Axes:
    """Draw predicted rates in spikes/s, with the spikes as ticks above them.

    Bins with more than one spike are drawn as a grey observed rate instead of ticks.

    Parameters
    ----------
    mean_counts :
        (T,) predicted mean count per bin, as ``predict`` returns it; or several of them by name.
    ax :
        Axes to draw on; None makes a figure two columns wide.
    counts :
        (T,) observed spikes per bin.
    bin_s :
        Width of a bin, seconds.
    window_s :
        Start and end of the part to show, seconds from the first bin; None shows all.
    colors :
        One for each prediction.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> ax = plot_rate([0.1, 0.4, 0.2], counts=[0, 1, 0], bin_s=0.01)
    >>> ax.get_ylabel()
    'Rate (spikes/s)'
    """
    ax = axes_or_new(ax, width_mm=style.TWO_COLUMNS_MM, height_mm=55)
    named = mean_counts if isinstance(mean_counts, Mapping) else {"": mean_counts}
    counts = np.asarray(counts)
    start_s, stop_s = window_s or (0.0, counts.size * bin_s)
    shown = slice(max(round(start_s / bin_s), 0), min(round(stop_s / bin_s), counts.size))
    edges_s = np.arange(shown.start, shown.stop + 1) * bin_s
    _draw_spikes(ax, counts[shown], edges_s=edges_s, bin_s=bin_s)
    rates_hz = [np.asarray(mean, dtype=float)[shown] / bin_s for mean in named.values()]
    for name, rate_hz, color in zip(named, rates_hz, colors, strict=False):
        ax.stairs(rate_hz, edges_s, color=color, linewidth=0.9, label=name or None, baseline=None)
    ax.set_xlim(start_s, stop_s)
    highest_hz = max((np.nanmax(rate, initial=0.0) for rate in rates_hz), default=0.0)
    ax.set_ylim(0, max(ax.get_ylim()[1], highest_hz / _CURVES_TOP))
    ax.locator_params(axis="x", nbins=5)
    ax.set_xlabel("Time (s)")
    ax.set_ylabel("Rate (spikes/s)")
    return ax


def _draw_spikes(ax: Axes, counts: Array, *, edges_s: Array, bin_s: float) -> None:
    if counts.size and counts.max() > 1:
        ax.stairs(counts / bin_s, edges_s, color=style.LIGHT_GREY, fill=True, label="observed")
        return
    spikes_s = edges_s[:-1][counts > 0] + bin_s / 2
    look: style.Look = {"color": style.BLACK, "markersize": 6, "markeredgewidth": 0.7}
    height = np.full(spikes_s.size, _RASTER)
    ax.plot(spikes_s, height, "|", transform=ax.get_xaxis_transform(), label="spikes", **look)


def plot_tuning(
    variable: ArrayLike,
    rate_hz: ArrayLike,
    ax: Axes | None = None,
    *,
    band_hz: tuple[ArrayLike, ArrayLike] | None = None,
    raw: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    xlabel: str = "",
    color: str = style.BLUE,
) -> Axes:
    """Draw a model's tuning curve with its band, beside the raw one (points with error bars).

    Parameters
    ----------
    variable, rate_hz :
        (m,) values of the variable and the model's rate there, spikes/s.
    ax :
        Axes to draw on; None makes a figure one column wide.
    band_hz :
        Lower and upper end of the model's band, (m,) each, spikes/s.
    raw :
        Bin centres, mean rates and their standard errors, (k,) each.
    xlabel :
        Name of the variable with its unit, such as ``"Position (cm)"``.
    color :
        Of the model's curve; the raw one is grey.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> ax = plot_tuning([0, 1, 2], [5, 9, 6], raw=([0.5, 1.5], [6, 8], [1, 1]))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['model', 'raw ± s.e.']
    """
    ax = axes_or_new(ax, height_mm=60)
    if raw is not None:
        centers, rates, errors_hz = raw
        look: style.Look = {"color": style.GREY, "linewidth": style.THIN_PT, "markersize": 2.5}
        ax.errorbar(centers, rates, yerr=errors_hz, fmt="o", label="raw ± s.e.", **look)
    if band_hz is not None:
        band: style.Look = {"color": color, "alpha": style.BAND_ALPHA, "linewidth": 0}
        low_hz, high_hz = np.asarray(band_hz[0]), np.asarray(band_hz[1])
        ax.fill_between(np.asarray(variable), low_hz, high_hz, **band)
    ax.plot(variable, rate_hz, color=color, linewidth=style.LINE_PT, label="model")
    if raw is not None:
        ax.legend(fontsize=style.SMALL_PT, frameon=False)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(xlabel)
    ax.set_ylabel("Rate (spikes/s)")
    return ax
