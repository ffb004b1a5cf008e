"""Comparisons as a forest, and predicted rates with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..inference.effects.comparisons import Comparison
from ..inference.effects.predicted_rates import PredictedRates
from . import style
from .neurons import place_of
from .style import axes_or_new
from .tables import framed, tidy, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SHOWN = {"ratio": 1.0, "difference": 0.0}


def _rows(found: Comparison, *, show: str = "ratio") -> pd.DataFrame:
    """Return a row per neuron (and channel): the estimate, its interval, whether it ``differs``."""
    if show not in _SHOWN:
        raise errors.unknown_name("show", show, list(_SHOWN))
    table, rest = tidy(found), _SHOWN[show]
    table["row"] = [_row_name(found, row) for row in table[["channel", "neuron"]].to_numpy()]
    for end in ("", "_low", "_high"):
        table[f"shown{end}"] = table[f"{show}{end}"].astype(float)
    table["differs"] = (table["shown_low"] > rest) | (table["shown_high"] < rest)
    kind = "rates" if found.unit == "Hz" else "means"
    what = f"Ratio of {kind} (factor)" if show == "ratio" else f"Difference ({found.unit})"
    label = f"{what}, {100 * found.level:g} % intervals"
    named = "" if found.neurons is None else "Neuron"
    table.attrs = {"xlabel": label, "ylabel": named, "rest": rest}
    return table


@with_data(_rows)
def plot_comparison(
    found: Comparison, ax: Axes | None = None, *, show: str = "ratio", color: str = style.BLUE
) -> Axes:
    """Draw a row for each neuron (and channel): the estimate with its interval.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.comparison`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    show :
        ``"ratio"``, on a log axis with a line at 1, or ``"difference"``, with a line at 0.
    color :
        Of intervals that leave that line out; others are grey. Neurons of which nothing is known
        have an empty row.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If ``show`` is unknown.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> x = np.random.default_rng(0).uniform(0, 10, 2000)
    >>> y = np.random.default_rng(1).poisson(np.exp(np.sin(x) - 1))
    >>> X = nmo.basis.BSplineEval(8, label="position").design(x)
    >>> found = nmo.inference.comparison(nmo.GLM().fit(X, y), X, y, "position", 1.6, 4.7)
    >>> plot_comparison(found).get_xlabel()
    'Ratio of means (factor), 95 % intervals'
    """
    table = plot_comparison.data(found, show=show)
    ax = axes_or_new(ax, height_mm=18 + 5 * len(table))
    value, low, high = (table[f"shown{end}"].to_numpy() for end in ("", "_low", "_high"))
    place, differs = np.arange(len(table)), table["differs"].to_numpy()
    for which, tint in ((differs, color), (~differs & np.isfinite(low), style.GREY)):
        ax.hlines(place[which], low[which], high[which], color=tint, linewidth=style.LINE_PT)
        ax.plot(value[which], place[which], "o", color=tint, markersize=3.5)
    ax.axvline(table.attrs["rest"], color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    if show == "ratio":
        ax.set_xscale("log")
        _plain_ticks(ax)
    ax.set_yticks(place, list(table["row"]))
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(table.attrs["xlabel"])
    ax.set_ylabel(table.attrs["ylabel"])
    return ax


def _rates(found: PredictedRates, *, neuron: Any = None, rows: slice = slice(None)) -> pd.DataFrame:
    """Return the mean of a neuron and its interval, a row per row that is shown."""
    place: Any = () if found.neurons is None else (place_of(neuron, found.neurons),)
    at = np.arange(len(found.mean)) if found.times is None else found.times
    parts = {name: getattr(found, name)[(rows, *place)] for name in ("mean", "low", "high")}
    return framed(
        {"at": at[rows]} | parts,
        xlabel="Row (bins)" if found.times is None else "Time (s)",
        ylabel="Rate (Hz)" if found.unit == "Hz" else f"Mean ({found.unit})",
        is_positive=found.unit != "units of y",
    )


@with_data(_rates)
def plot_predicted_rates(
    found: PredictedRates,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    rows: slice = slice(None),
    color: str = style.BLUE,
) -> Axes:
    """Draw the mean response of one neuron over time, with its interval.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.predicted_rates`.
    ax :
        Axes to draw on; None makes a figure two columns wide.
    neuron :
        Which one, of a population.
    rows :
        Which rows to show.
    color :
        Of the line.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such neuron.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> y = np.random.default_rng(1).poisson(1.0, 100)
    >>> found = nmo.inference.predicted_rates(nmo.GLM().fit(X, y), X, y)
    >>> plot_predicted_rates(found).get_ylabel()
    'Mean (per bin)'
    """
    table = plot_predicted_rates.data(found, neuron=neuron, rows=rows)
    ax = axes_or_new(ax, width_mm=style.TWO_COLUMNS_MM, height_mm=50)
    band: style.Look = {"color": color, "linewidth": 0, "alpha": style.BAND_ALPHA}
    ax.fill_between(table["at"], table["low"], table["high"], **band)
    ax.plot(table["at"], table["mean"], color=color, linewidth=style.LINE_PT)
    if table.attrs["is_positive"]:
        ax.set_ylim(bottom=0)
    ax.set_xlabel(table.attrs["xlabel"])
    ax.set_ylabel(table.attrs["ylabel"])
    return ax


def _row_name(found: Comparison, row: Any) -> str:
    channel, neuron = row
    parts = [] if found.neurons is None else [str(neuron)]
    parts += [] if found.channels is None else [f"from {channel}"]
    return ", ".join(parts) or found.label


def _plain_ticks(ax: Axes) -> None:
    """Write factors as numbers: 0.5, 1, 2, 5."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
