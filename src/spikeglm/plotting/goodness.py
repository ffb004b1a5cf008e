"""How good is the model: time rescaling with its bands, and bits per spike for each model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..inference.time_rescaling.rescaled_intervals import TimeRescaling
from ..typing import ArrayLike
from . import style
from .style import axes_or_new
from .tables import framed, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MOST_POINTS = 2000


def _quantiles(results: TimeRescaling | Mapping[str, TimeRescaling]) -> pd.DataFrame:
    """Return the curves of a KS plot, with the bands of each result."""
    import pandas as pd

    named = results if isinstance(results, Mapping) else {"": results}
    columns = {
        name: pd.DataFrame(
            {
                "model_quantile": result.model_quantiles,
                "observed_quantile": result.uniforms,
                "band_95": result.band_95,
                "band_99": result.band_99,
            }
        )
        for name, result in named.items()
    }
    fewest = min(named.values(), key=lambda result: result.n_spikes)
    table = pd.concat(columns, names=["result", None]).reset_index(level=0).reset_index(drop=True)
    table.attrs = {"bands": {"95 %": fewest.band_95, "99 %": fewest.band_99}}
    return table


@with_data(_quantiles)
def plot_time_rescaling(
    results: TimeRescaling | Mapping[str, TimeRescaling],
    ax: Axes | None = None,
    *,
    colors: tuple[str, ...] = style.CYCLE,
) -> Axes:
    """Draw the KS plot: rescaled intervals against the model's quantiles, 95 and 99 % bands.

    A right model stays within the bands. The bands are those of the result with the fewest spikes.

    Parameters
    ----------
    results :
        From :mod:`spikeglm.inference.time_rescaling`; or several of them by name.
    ax :
        Axes to draw on; None makes a square figure one column wide.
    colors :
        One for each result.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Brown, Barbieri, Ventura, Kass, Frank 2002, Neural Comput 14:325-346, fig. 1.

    Examples
    --------
    >>> from spikeglm.inference.time_rescaling import time_rescaling
    >>> ax = plot_time_rescaling(time_rescaling(np.ones(50), np.ones(50)))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('Model quantile', 'Observed quantile')
    """
    table = plot_time_rescaling.data(results)
    ax = axes_or_new(ax, height_mm=style.ONE_COLUMN_MM)
    diagonal = np.array([0.0, 1.0])
    for (level, width), linestyle in zip(table.attrs["bands"].items(), ("--", ":"), strict=True):
        line: style.Look = {"color": style.GREY, "linewidth": 0.6, "linestyle": linestyle}
        ax.plot(diagonal, diagonal + width, **line, label=f"{level} band")
        ax.plot(diagonal, diagonal - width, **line)
    ax.plot(diagonal, diagonal, color=style.GREY, linewidth=style.THIN_PT)
    for (name, part), color in zip(table.groupby("result", sort=False), colors, strict=False):
        curve = (part["model_quantile"], part["observed_quantile"])
        ax.plot(*curve, color=color, linewidth=style.LINE_PT, label=name or None)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    ax.set_xlabel("Model quantile")
    ax.set_ylabel("Observed quantile")
    return ax


def _interval_quantiles(result: TimeRescaling) -> pd.DataFrame:
    """Return rescaled intervals in order beside exponential ones, and where 95 % of each lie."""
    from scipy.special import betaincinv

    n = result.n_spikes
    ranks = np.unique(np.linspace(1, max(n, 1), min(n, _MOST_POINTS)).round().astype(int))
    observed = -np.log1p(-np.minimum(result.uniforms, 1 - np.finfo(float).eps))
    low, high = (-np.log1p(-betaincinv(ranks, n + 1 - ranks, p)) for p in (0.025, 0.975))
    expected = -np.log1p(-(ranks - 0.5) / max(n, 1))
    columns = {"exponential": expected, "observed": observed[ranks - 1] if n else observed}
    return framed(columns | {"low": low, "high": high})


@with_data(_interval_quantiles)
def plot_interval_quantiles(
    result: TimeRescaling, ax: Axes | None = None, *, color: str = style.BLUE
) -> Axes:
    """Draw rescaled intervals against exponential ones (Q-Q), with the 95 % band of each.

    It shows what a KS plot hides: the longest intervals. Points below the band at the right: the
    model expects longer silences than there are; above: there are silences that it does not know.

    Parameters
    ----------
    result :
        From :mod:`spikeglm.inference.time_rescaling`.
    ax :
        Axes to draw on; None makes a square figure one column wide.
    color :
        Of the points.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Brown, Barbieri, Ventura, Kass, Frank 2002, Neural Comput 14:325-346.

    Examples
    --------
    >>> from spikeglm.inference.time_rescaling import time_rescaling
    >>> plot_interval_quantiles(time_rescaling(np.ones(50), np.ones(50))).get_ylabel()
    'Rescaled interval'
    """
    table = plot_interval_quantiles.data(result)
    ax = axes_or_new(ax, height_mm=style.ONE_COLUMN_MM)
    shade: style.Look = {"color": style.LIGHT_GREY, "linewidth": 0, "zorder": 0}
    ax.fill_between(table["exponential"], table["low"], table["high"], label="95 % each", **shade)
    top = float(np.nanmax(table[["exponential", "observed"]].to_numpy(), initial=1.0))
    ax.plot([0, top], [0, top], color=style.GREY, linewidth=style.THIN_PT, zorder=1)
    ax.plot(table["exponential"], table["observed"], "o", color=color, markersize=2)
    ax.set(xlim=(0, 1.03 * top), ylim=(0, 1.03 * top), aspect="equal")
    ax.set_xlabel("Exponential quantile")
    ax.set_ylabel("Rescaled interval")
    ax.legend(loc="lower right")
    return ax


def _autocorrelations(result: TimeRescaling) -> pd.DataFrame:
    """Return the autocorrelation of rescaled intervals by lag, with its band."""
    r = result.autocorrelation
    columns = {"lag": np.arange(1, len(r) + 1), "autocorrelation": r}
    band = result.autocorrelation_band_95
    return framed(columns | {"band_95": np.full(len(r), band)}, band=band)


@with_data(_autocorrelations)
def plot_interval_autocorrelation(
    result: TimeRescaling, ax: Axes | None = None, *, color: str = style.BLUE
) -> Axes:
    """Draw the autocorrelation of the rescaled intervals with its 95 % band around 0.

    Values outside the band mean that the model misses something about the recent past.

    Parameters
    ----------
    result :
        From :mod:`spikeglm.inference.time_rescaling`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    color :
        Of the points.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Truccolo, Eden, Fellows, Donoghue, Brown 2005, J Neurophysiol 93:1074-1089.

    Examples
    --------
    >>> from spikeglm.inference.time_rescaling import time_rescaling
    >>> plot_interval_autocorrelation(time_rescaling(np.ones(50), np.ones(50))).get_xlabel()
    'Lag (intervals)'
    """
    table = plot_interval_autocorrelation.data(result)
    ax = axes_or_new(ax, height_mm=60)
    band, lags, r = table.attrs["band"], table["lag"], table["autocorrelation"]
    ax.axhspan(-band, band, color=style.LIGHT_GREY, linewidth=0, zorder=0)
    ax.vlines(lags, 0, r, color=color, linewidth=style.THIN_PT)
    ax.plot(lags, r, "o", color=color, markersize=2.5)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=1)
    highest = max(0.2, 1.2 * np.abs(r.to_numpy()).max(initial=0))
    ax.set_ylim(-highest, highest)
    ax.set_xlim(0, lags.iloc[-1] + 0.5 if len(lags) else 1)
    ax.set_xticks(lags[4::5])
    ax.set_xlabel("Lag (intervals)")
    ax.set_ylabel("Autocorrelation")
    return ax


def _scores(
    scores: Mapping[str, ArrayLike], *, overall: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Return a row per model and fold, with the value of the model's bar."""
    folds = {name: np.asarray(values, dtype=float) for name, values in scores.items()}
    whole = {name: float(np.mean(values)) for name, values in folds.items()}
    whole |= {} if overall is None else {name: float(overall[name]) for name in folds}
    return framed(
        {
            "model": [name for name, values in folds.items() for _ in values],
            "fold": [k for values in folds.values() for k in range(len(values))],
            "bits_per_spike": np.concatenate([*folds.values(), np.empty(0)]),
            "overall": [whole[name] for name, values in folds.items() for _ in values],
        },
        overall=whole,
    )


@with_data(_scores)
def plot_bits_per_spike(
    scores: Mapping[str, ArrayLike],
    ax: Axes | None = None,
    *,
    overall: Mapping[str, float] | None = None,
    colors: tuple[str, ...] = style.CYCLE,
) -> Axes:
    """Draw one row for each model: a point for each fold, a bar up to the overall value.

    Parameters
    ----------
    scores :
        Bits per spike, (K,) for K folds (or neurons), by model; the first model is on top.
    ax :
        Axes to draw on; None makes a figure one column wide.
    overall :
        The value of each bar, by model; None takes the mean of the folds. Folds differ in their
        number of spikes, so the value of all held-out rows together is not quite their mean.
    colors :
        One for each model.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> ax = plot_bits_per_spike({"stimulus": [0.8, 0.9], "history": [0.4, 0.6]})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['stimulus', 'history']
    """
    table = plot_bits_per_spike.data(scores, overall=overall)
    named = table.attrs["overall"]
    ax = axes_or_new(ax, height_mm=12 + 10 * len(named))
    rng = np.random.default_rng(0)  # the points are spread sideways a little, always the same way
    for row, ((name, value), color) in enumerate(zip(named.items(), colors, strict=False)):
        folds = table["bits_per_spike"][table["model"] == name].to_numpy()
        ax.barh(row, value, height=0.62, color=color, alpha=style.BAR_ALPHA, linewidth=0)
        look: style.Look = {"color": color, "markersize": 2.8, "markeredgewidth": 0}
        ax.plot(folds, row + rng.uniform(-0.15, 0.15, folds.size), "o", **look)
        ax.vlines(value, row - 0.31, row + 0.31, color=color, linewidth=style.LINE_PT)
        beside: style.Look = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
        at = (max(value, folds.max(initial=value)), row)
        ax.annotate(f"{value:z.2f}", at, fontsize=style.SMALL_PT, **beside)
    left, right = ax.get_xlim()
    ax.set_xlim(left if left < 0 else 0, right + 0.12 * (right - left))  # room for the numbers
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=style.BLACK, linewidth=style.THIN_PT)
    ax.set_yticks(range(len(named)), list(named))
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Held-out bits per spike")
    return ax
