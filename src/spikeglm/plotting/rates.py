"""Predicted rates, as arrays, over the spikes they predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..typing import Array, ArrayLike
from . import style
from .style import axes_or_new
from .tables import framed, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_RASTER, _CURVES_TOP = 0.94, 0.88
"""Where the ticks of single spikes go, and below it the curves, in units of the axes' height."""


def _rates(
    mean_counts: ArrayLike | Mapping[str, ArrayLike],
    *,
    counts: ArrayLike,
    bin_s: float,
    window_s: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Return counts and predicted rates (spikes/s) of each bin that is shown."""
    named = mean_counts if isinstance(mean_counts, Mapping) else {"": mean_counts}
    observed = np.asarray(counts)
    start_s, stop_s = window_s or (0.0, observed.size * bin_s)
    shown = slice(max(round(start_s / bin_s), 0), min(round(stop_s / bin_s), observed.size))
    bins = np.arange(shown.start, shown.stop)
    columns = {"start": bins * bin_s, "stop": (bins + 1) * bin_s, "counts": observed[shown]}
    means = [np.asarray(mean, dtype=float) for mean in named.values()]
    rates = {f"rate {k}": mean[shown] / bin_s for k, mean in enumerate(means)}
    return framed(columns | rates, names=list(named), bin_s=bin_s, window=(start_s, stop_s))


@with_data(_rates)
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
    table = plot_rate.data(mean_counts, counts=counts, bin_s=bin_s, window_s=window_s)
    ax = axes_or_new(ax, width_mm=style.TWO_COLUMNS_MM, height_mm=55)
    edges_s = np.append(table["start"], table["stop"].iloc[-1:])
    _draw_spikes(ax, table["counts"].to_numpy(), edges_s=edges_s, bin_s=table.attrs["bin_s"])
    highest_hz = 0.0
    for k, (name, color) in enumerate(zip(table.attrs["names"], colors, strict=False)):
        rate_hz = table[f"rate {k}"].to_numpy()
        ax.stairs(rate_hz, edges_s, color=color, linewidth=0.9, label=name or None, baseline=None)
        highest_hz = max(highest_hz, float(np.nanmax(rate_hz, initial=0.0)))
    ax.set_xlim(*table.attrs["window"])
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
