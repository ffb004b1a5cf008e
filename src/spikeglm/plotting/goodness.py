"""How good is the model: time rescaling with its bands, and bits per spike for each model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..inference.time_rescaling.rescaled_intervals import TimeRescaling
from ..typing import ArrayLike
from . import style
from .style import axes_or_new
from .tables import with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


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
    return pd.concat(columns, names=["result", None]).reset_index(level=0).reset_index(drop=True)


def _autocorrelations(result: TimeRescaling) -> pd.DataFrame:
    """Return the autocorrelation of rescaled intervals by lag, with its band."""
    import pandas as pd

    r = result.autocorrelation
    columns = {"lag": np.arange(1, len(r) + 1), "autocorrelation": r}
    return pd.DataFrame(columns | {"band_95": result.autocorrelation_band_95})


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
    ax = axes_or_new(ax, height_mm=style.ONE_COLUMN_MM)
    named = results if isinstance(results, Mapping) else {"": results}
    fewest = min(named.values(), key=lambda result: result.n_spikes)
    diagonal = np.array([0.0, 1.0])
    for width, linestyle, level in ((fewest.band_95, "--", "95 %"), (fewest.band_99, ":", "99 %")):
        line: style.Look = {"color": style.GREY, "linewidth": 0.6, "linestyle": linestyle}
        ax.plot(diagonal, diagonal + width, **line, label=f"{level} band")
        ax.plot(diagonal, diagonal - width, **line)
    ax.plot(diagonal, diagonal, color=style.GREY, linewidth=style.THIN_PT)
    for (name, result), color in zip(named.items(), colors, strict=False):
        curve = (result.model_quantiles, result.uniforms)
        ax.plot(*curve, color=color, linewidth=style.LINE_PT, label=name or None)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    ax.set_xlabel("Model quantile")
    ax.set_ylabel("Observed quantile")
    return ax


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
    ax = axes_or_new(ax, height_mm=60)
    band = result.autocorrelation_band_95
    lags = np.arange(1, result.autocorrelation.size + 1)
    ax.axhspan(-band, band, color=style.LIGHT_GREY, linewidth=0, zorder=0)
    ax.vlines(lags, 0, result.autocorrelation, color=color, linewidth=style.THIN_PT)
    ax.plot(lags, result.autocorrelation, "o", color=color, markersize=2.5)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=1)
    highest = max(0.2, 1.2 * np.abs(result.autocorrelation).max(initial=0))
    ax.set_ylim(-highest, highest)
    ax.set_xlim(0, lags[-1] + 0.5 if lags.size else 1)
    ax.set_xticks(lags[4::5])
    ax.set_xlabel("Lag (intervals)")
    ax.set_ylabel("Autocorrelation")
    return ax


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
    ax = axes_or_new(ax, height_mm=12 + 10 * len(scores))
    rng = np.random.default_rng(0)  # the points are spread sideways a little, always the same way
    for row, ((name, values), color) in enumerate(zip(scores.items(), colors, strict=False)):
        folds = np.asarray(values, dtype=float)
        value = float(np.mean(folds)) if overall is None else overall[name]
        ax.barh(row, value, height=0.62, color=color, alpha=style.BAR_ALPHA, linewidth=0)
        look: style.Look = {"color": color, "markersize": 2.8, "markeredgewidth": 0}
        ax.plot(folds, row + rng.uniform(-0.15, 0.15, folds.size), "o", **look)
        ax.vlines(value, row - 0.31, row + 0.31, color=color, linewidth=style.LINE_PT)
        ax.annotate(
            f"{value:z.2f}",
            (max(value, folds.max(initial=value)), row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALL_PT,
        )
    left, right = ax.get_xlim()
    ax.set_xlim(left if left < 0 else 0, right + 0.12 * (right - left))  # room for the numbers
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=style.BLACK, linewidth=style.THIN_PT)
    ax.set_yticks(range(len(scores)), list(scores))
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Held-out bits per spike")
    return ax
