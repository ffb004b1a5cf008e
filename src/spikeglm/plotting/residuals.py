"""What is left of responses: residuals against normal ones, their own past, and fitted values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..inference.goodness_of_fit.autocorrelation import ResidualAutocorrelation
from ..inference.goodness_of_fit.binned import BinnedResiduals
from ..io.interop.timeseries import to_array
from ..typing import ArrayLike
from . import style
from .neurons import place_of
from .style import axes_or_new
from .tables import framed, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MOST_POINTS = 2000  # of a Q-Q plot: order statistics next to each other look the same


def _quantiles(residuals: ArrayLike) -> pd.DataFrame:
    """Return order statistics beside normal ones, and where 95 % of each would lie."""
    import pandas as pd
    from scipy.special import betaincinv, ndtri

    z = to_array(residuals, name="residuals").astype(float)
    if z.ndim != 1:
        raise errors.value_error(
            "A Q-Q plot is of one neuron.",
            given=f"residuals of shape {z.shape}",
            expected="(T,)",
            todo="pass residuals[:, 0].",
        )
    z = np.sort(z[np.isfinite(z)])
    n = len(z)
    ranks = np.unique(np.linspace(1, n, min(n, _MOST_POINTS)).round().astype(int))
    low, high = (ndtri(betaincinv(ranks, n + 1 - ranks, p)) for p in (0.025, 0.975))
    columns = {"normal": ndtri((ranks - 0.5) / max(n, 1)), "residual": z[ranks - 1] if n else z}
    return pd.DataFrame(columns | {"low": low, "high": high})


@with_data(_quantiles)
def plot_residual_quantiles(
    residuals: ArrayLike, ax: Axes | None = None, *, color: str = style.BLUE
) -> Axes:
    """Draw the quantiles of residuals against normal ones (Q-Q), with the 95 % band of each.

    Of a right model, quantile residuals follow the diagonal. Above it at the right: counts larger
    than the model expects (overdispersion); an S or a slope: variance that is not the model's.

    Parameters
    ----------
    residuals :
        (T,) of :func:`~spikeglm.inference.residuals` with ``kind="quantile"``.
    ax :
        Axes to draw on; None makes a square figure one column wide.
    color :
        Of the points.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        For residuals of several neurons.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Dunn & Smyth (1996), J Comput Graph Stat 5:236-44.

    Examples
    --------
    >>> z = np.random.default_rng(0).normal(size=300)
    >>> plot_residual_quantiles(z).get_ylabel()
    'Quantile residual (sd)'
    >>> table = plot_residual_quantiles.data(z)
    >>> bool((table.residual.between(table.low, table.high)).mean() > 0.9)
    True
    """
    table = plot_residual_quantiles.data(residuals)
    ax = axes_or_new(ax, height_mm=style.ONE_COLUMN_MM)
    ax.fill_between(table.normal, table.low, table.high, color=style.LIGHT_GREY, linewidth=0)
    ends = table.normal.iloc[[0, -1]]
    ax.plot(ends, ends, color=style.GREY, linewidth=style.THIN_PT)
    look: style.Look = {"color": color, "markersize": 2.0, "markeredgewidth": 0}
    ax.plot(table.normal, table.residual, "o", **look)
    ax.set_xlabel("Normal quantile (sd)")
    ax.set_ylabel("Quantile residual (sd)")
    return ax


def _past(found: ResidualAutocorrelation, *, neuron: Any = None) -> pd.DataFrame:
    """Return the autocorrelation of a neuron over the lag, with its band."""
    r, band = (v.reshape(len(found.lags), -1) for v in (found.autocorrelation, found.band_95))
    n = place_of(neuron, found.neurons)
    lags = found.lags if found.bin_s is None else 1000.0 * found.bin_s * found.lags
    columns = {"lag": lags, "autocorrelation": r[:, n], "band_95": band[:, n]}
    return framed(columns, xlabel="Lag (bins)" if found.bin_s is None else "Lag (ms)")


@with_data(_past)
def plot_residual_autocorrelation(
    found: ResidualAutocorrelation,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    color: str = style.BLUE,
) -> Axes:
    """Draw the autocorrelation of residuals with the 95 % band of independent ones.

    Parameters
    ----------
    found :
        Of :func:`~spikeglm.inference.residual_autocorrelation`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its name; None where there is only one.
    color :
        Of the points.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such neuron, or several and none is named.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from spikeglm.inference import residual_autocorrelation
    >>> z = np.random.default_rng(0).normal(size=300)
    >>> plot_residual_autocorrelation(residual_autocorrelation(z)).get_xlabel()
    'Lag (bins)'
    """
    table = plot_residual_autocorrelation.data(found, neuron=neuron)
    ax = axes_or_new(ax, height_mm=60)
    lags, r, band = table["lag"], table["autocorrelation"], table["band_95"]
    ax.fill_between(lags, -band, band, color=style.LIGHT_GREY, linewidth=0, zorder=0)
    ax.vlines(lags, 0, r, color=color, linewidth=style.THIN_PT)
    ax.plot(lags, r, "o", color=color, markersize=2.5)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=1)
    ax.set_xlim(0, lags.iloc[-1] + 0.5 * lags.iloc[0])
    ax.set_xlabel(table.attrs["xlabel"])
    ax.set_ylabel("Autocorrelation")
    return ax


def _means(found: BinnedResiduals, *, neuron: Any = None) -> pd.DataFrame:
    """Return the mean residual of a neuron in each bin, with its band."""
    n = place_of(neuron, found.neurons)
    names = ("position", "mean", "band_95", "n_rows")
    parts = {name: getattr(found, name) for name in names}
    return framed({name: v.reshape(len(v), -1)[:, n] for name, v in parts.items()})


@with_data(_means)
def plot_binned_residuals(
    found: BinnedResiduals,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    xlabel: str = "Fitted mean (per bin)",
    color: str = style.BLUE,
) -> Axes:
    """Draw mean residuals in bins of a variable, with where 95 % of them would lie.

    Against fitted values a bend tells of a wrong link or nonlinearity, a level of a wrong baseline;
    against a variable that the model does not have, that it should.

    Parameters
    ----------
    found :
        Of :func:`~spikeglm.inference.binned_residuals`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its name; None where there is only one.
    xlabel :
        What the residuals are binned by, with its unit.
    color :
        Of the points.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such neuron, or several and none is named.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Gelman & Hill (2007), Data Analysis Using Regression, section 5.6.

    Examples
    --------
    >>> from spikeglm.inference import binned_residuals
    >>> rng = np.random.default_rng(0)
    >>> ax = plot_binned_residuals(binned_residuals(rng.normal(size=500), rng.random(500)))
    >>> ax.get_ylabel()
    'Mean residual'
    """
    table = plot_binned_residuals.data(found, neuron=neuron)
    ax = axes_or_new(ax, height_mm=60)
    x, mean, band = table["position"], table["mean"], table["band_95"]
    ax.fill_between(x, -band, band, color=style.LIGHT_GREY, linewidth=0, zorder=0)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=1)
    ax.plot(x, mean, "o-", color=color, markersize=2.5, linewidth=style.THIN_PT)
    ax.set_xlabel(xlabel)
    ax.set_ylabel("Mean residual")
    return ax
