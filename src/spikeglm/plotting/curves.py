"""What a term looks like: a curve with its bands, its slope, or a map with what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import errors
from ..inference.effects.curves import Curve
from . import style
from .curve_tables import one_curve
from .labels import legend_above
from .maps import draw_map
from .style import axes_or_new
from .tables import with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _curve(found: Curve, *, channel: Any = None, neuron: Any = None) -> pd.DataFrame:
    """Return the points of a curve or a map with its band, and where they are drawn."""
    return one_curve(found, channel, neuron, most=2)


def _effect(found: Curve, *, channel: Any = None, neuron: Any = None) -> pd.DataFrame:
    """Return the points of a curve with its bands, and where they are drawn."""
    return one_curve(found, channel, neuron, most=1)


def _slope(found: Curve, *, channel: Any = None, neuron: Any = None) -> pd.DataFrame:
    """Return the points of a slope with its band, and whether tuning ``changes`` there."""
    table = one_curve(found, channel, neuron, most=1)
    if not table.attrs["is_slope"]:
        raise errors.value_error(
            "This is a curve and no slope.",
            given=f"{found.label!r} itself",
            expected="its derivative",
            todo=f"ask for partial_effect(model, X, y, {found.label!r}, derivative=1).",
        )
    if "low" in table:
        table["changes"] = (table["low"] > 0) | (table["high"] < 0)
    return table


@with_data(_curve)
def plot_curve(
    found: Curve,
    ax: Axes | None = None,
    *,
    channel: Any = None,
    neuron: Any = None,
    color: str = style.BLUE,
    label: str | None = None,
) -> Axes:
    """Draw a term of one channel and one neuron: over lags in ms or values with its band, or a map.

    Parameters
    ----------
    found :
        From :meth:`spikeglm.GLM.curve`, of one or two variables.
    ax :
        Axes to draw on; None makes a figure one column wide.
    channel, neuron :
        Which one, of several.
    color, label :
        Of the line; a map has neither.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If it is of several channels or neurons, or of more than two variables.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.inference import Curve
    >>> at = (np.array([0.01, 0.02]),)
    >>> curve = Curve("past", at, ("s",), np.array([0.1, 0.2]), "nats")
    >>> ax = plot_curve(curve)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('Lag (ms)', 'Effect (nats)')
    """
    table = plot_curve.data(found, channel=channel, neuron=neuron)
    ax = axes_or_new(ax, height_mm=60)
    if "y_drawn" in table:
        draw_map(table, "value", ax)
    else:
        _draw_line(table, ax, color=color, label=label)
    return ax


@with_data(_effect)
def plot_effect(
    found: Curve,
    ax: Axes | None = None,
    *,
    channel: Any = None,
    neuron: Any = None,
    color: str = style.BLUE,
    label: str | None = None,
) -> Axes:
    """Draw a curve with its bands: the pointwise one dark, the simultaneous one around it light.

    A horizontal line that leaves the simultaneous band somewhere is no curve that the data allow.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.partial_effect`, of one variable, channel and neuron; with
        ``simultaneous=True`` it has both bands.
    ax :
        Axes to draw on; None makes a figure one column wide.
    channel, neuron :
        Which one, of several.
    color, label :
        Of the line.

    Returns
    -------
    matplotlib Axes
        With a legend that says which band is which.

    Raises
    ------
    ValueError
        If it is of several channels, neurons or variables.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.inference import Curve
    >>> value = np.array([0.1, 0.2])
    >>> ends = {"low": value - 1, "high": value + 1, "is_simultaneous": True}
    >>> ends |= {"pointwise_low": value - 0.5, "pointwise_high": value + 0.5}
    >>> ax = plot_effect(Curve("speed", (np.arange(2.0),), ("",), value, "nats", **ends))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['95 % simultaneous', '95 % pointwise']
    """
    table = plot_effect.data(found, channel=channel, neuron=neuron)
    ax = axes_or_new(ax, height_mm=60)
    _draw_line(table, ax, color=color, label=label)
    if "low" in table:
        legend_above(ax)
    return ax


@with_data(_slope)
def plot_derivative(
    found: Curve,
    ax: Axes | None = None,
    *,
    channel: Any = None,
    neuron: Any = None,
    color: str = style.BLUE,
) -> Axes:
    """Draw a slope with its band, in strong colour where the band leaves zero out.

    There tuning changes; elsewhere the data allow that it does not.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.partial_effect` with ``derivative=1``, of one variable,
        channel and neuron.
    ax :
        Axes to draw on; None makes a figure one column wide.
    channel, neuron :
        Which one, of several.
    color :
        Of the line.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If it is no slope, or of several channels, neurons or variables.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.inference import Curve
    >>> value = np.array([0.1, 0.2])
    >>> ends = {"low": value - 0.15, "high": value + 0.15, "derivative": "speed"}
    >>> unit = "nats per unit of speed"
    >>> plot_derivative(Curve("speed", (np.arange(2.0),), ("",), value, unit, **ends)).get_ylabel()
    'Slope (nats per unit of speed)'
    """
    table = plot_derivative.data(found, channel=channel, neuron=neuron)
    ax = axes_or_new(ax, height_mm=60)
    _draw_line(table, ax, color=color, label=None, alpha=0.35)
    if "changes" in table:
        strong = table["value"].where(table["changes"])
        look: style.Look = {"color": color, "linewidth": 2.0 * style.LINE_PT}
        ax.plot(table["x_drawn"], strong, label="tuning changes", **look)
        legend_above(ax)
    return ax


def _draw_line(
    table: pd.DataFrame, ax: Axes, *, color: str, label: str | None, alpha: float = 1.0
) -> None:
    x, attrs = table["x_drawn"], table.attrs
    is_text = x.dtype.kind not in "fiu"
    points: style.Look = {"marker": "o", "linestyle": "none"} if is_text else {}
    for low, high, name, strength in _bands(table):
        if is_text:
            widths: style.Look = {"color": color, "label": name}
            ax.vlines(x, low, high, linewidth=style.LINE_PT * (1 + strength), **widths)
        else:
            band: style.Look = {"color": color, "linewidth": 0, "label": name}
            ax.fill_between(x, low, high, alpha=style.BAND_ALPHA * (0.6 + 0.4 * strength), **band)
    line: style.Look = {"color": color, "linewidth": style.LINE_PT, "alpha": alpha}
    ax.plot(x, table["value"], label=label, **line, **points)
    if attrs["rest"] is not None:
        ax.axhline(attrs["rest"], color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    if attrs["is_over_lags"] and len(x):
        ax.set_xlim(min(0.0, x.min()), max(0.0, x.max()))
    if attrs["is_rate"]:
        ax.set_ylim(bottom=0)
    ax.locator_params(axis="y", nbins=5)
    ax.set_xlabel(attrs["labels"][0])
    ax.set_ylabel(attrs["value"])


def _bands(table: pd.DataFrame) -> list[tuple[Any, Any, str, int]]:
    """Return the bands of a curve, the widest first: ends, what each is called, 1 for the inner."""
    bands: list[tuple[Any, Any, str, int]] = []
    level, is_wide = table.attrs["level"], table.attrs["is_simultaneous"]
    if "low" in table:
        kind = "simultaneous" if is_wide else "pointwise"
        bands.append((table["low"], table["high"], f"{level} {kind}", int(not is_wide)))
    if "pointwise_low" in table:
        ends = table["pointwise_low"], table["pointwise_high"]
        bands.append((*ends, f"{level} pointwise", 1))
    return bands
