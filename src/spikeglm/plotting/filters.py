"""Filters over lags, as log gain or as a factor on the rate, with their confidence bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..inference.filters import Filter
from . import style
from .style import axes_or_new
from .tables import framed, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _log_gain(found: Filter) -> pd.DataFrame:
    """Return the log gain over the lag, with its band."""
    columns = {"lag_ms": found.lag_ms, "value": found.log_gain}
    return framed(columns | {"low": found.low, "high": found.high})


@with_data(_log_gain)
def plot_filter(
    found: Filter,
    ax: Axes | None = None,
    *,
    unit: str = "",
    color: str = style.BLUE,
    label: str | None = None,
) -> Axes:
    """Draw the log gain of a filter over the lag in ms, with its band and a line at 0.

    All lags are shown, from 0 or from the earliest: inputs after the predicted bin have negative
    ones.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.filters.filter_band`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    unit :
        Unit of the input, for the axis label: ``"dB"`` gives "Log gain (per dB)".
    color, label :
        Of the line; a label shows in ``ax.legend()``.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.inference.filters import filter_band
    >>> found = filter_band(np.eye(3), [0.1, 0.3, 0.0], covariance=0.01 * np.eye(3), bin_s=0.001)
    >>> plot_filter(found, unit="dB").get_ylabel()
    'Log gain (per dB)'
    """
    table = plot_filter.data(found)
    ax = _draw(table, ax, color=color, label=label)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_ylabel(f"Log gain (per {unit})" if unit else "Log gain (nats)")
    return ax


def _rate_gain(found: Filter) -> pd.DataFrame:
    """Return the factor on the rate over the lag, with its band."""
    columns = {"lag_ms": found.lag_ms, "value": found.rate_gain}
    return framed(columns | {"low": found.rate_gain_low, "high": found.rate_gain_high})


@with_data(_rate_gain)
def plot_rate_gain(
    found: Filter,
    ax: Axes | None = None,
    *,
    unit: str = "",
    color: str = style.BLUE,
    label: str | None = None,
) -> Axes:
    """Draw the factor ``exp(log gain)`` on the rate over the lag in ms, with a line at 1.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.filters.filter_band`.
    ax, unit, color, label :
        As for :func:`plot_filter`.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.inference.filters import filter_band
    >>> found = filter_band(np.eye(3), [-4, -1, 0.1], covariance=0.01 * np.eye(3), bin_s=0.001)
    >>> plot_rate_gain(found, unit="spike").get_ylabel()
    'Rate gain (factor per spike)'
    """
    table = plot_rate_gain.data(found)
    ax = _draw(table, ax, color=color, label=label)
    ax.axhline(1, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_ylabel(f"Rate gain (factor per {unit})" if unit else "Rate gain (factor)")
    return ax


def _draw(table: pd.DataFrame, ax: Axes | None, *, color: str, label: str | None) -> Axes:
    ax = axes_or_new(ax, height_mm=60)
    lag = table["lag_ms"]
    band: style.Look = {"color": color, "alpha": style.BAND_ALPHA, "linewidth": 0}
    ax.fill_between(lag, table["low"], table["high"], **band)
    ax.plot(lag, table["value"], color=color, linewidth=style.LINE_PT, label=label)
    first, last = min(0.0, lag.min()), max(0.0, lag.max())
    ax.set_xlim(first, last)
    if first < 0:  # what came after the predicted bin, and what came before
        ax.axvline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.locator_params(axis="y", nbins=5)
    ax.set_xlabel("Lag (ms)")
    return ax
