"""What a term looks like: a curve with its band, or a map over two variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors
from ..inference.effects.curves import Curve
from . import style
from .style import axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = {"effect": "Effect", "gain": "Gain (factor)", "mean": "Mean", "rate": "Rate (Hz)"}
_MS = 1e3  # per second


def plot_curve(
    found: Curve, ax: Axes | None = None, *, color: str = style.BLUE, label: str | None = None
) -> Axes:
    """Draw a term of one channel and one neuron: over lags in ms or values with its band, or a map.

    Parameters
    ----------
    found :
        From :meth:`spikeglm.GLM.curve`, of one or two variables.
    ax :
        Axes to draw on; None makes a figure one column wide.
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
    if found.channels is not None or found.neurons is not None or len(found.at) > 2:
        raise errors.value_error(
            "One panel shows one curve.",
            given=f"{found.label!r} of channels {found.channels}, neurons {found.neurons} and "
            f"{len(found.at)} variables",
            expected="one channel, one neuron, and one or two variables",
            todo="take curve.of(channel=..., neuron=...).",
        )
    ax = axes_or_new(ax, height_mm=60)
    if len(found.at) == 2:
        _draw_map(found, ax)
    else:
        _draw_line(found, ax, color=color, label=label)
    return ax


def _draw_line(found: Curve, ax: Axes, *, color: str, label: str | None) -> None:
    (at,), (unit,) = found.at, found.units
    x = at * _MS if unit == "s" else at
    points: style.Look = {} if at.dtype.kind in "fiu" else {"marker": "o", "linestyle": "none"}
    if found.low is not None and found.high is not None:
        band: style.Look = {"color": color, "alpha": style.BAND_ALPHA, "linewidth": 0}
        if points:
            ax.vlines(x, found.low, found.high, color=color, linewidth=style.LINE_PT)
        else:
            ax.fill_between(x, found.low, found.high, **band)
    ax.plot(x, found.value, color=color, linewidth=style.LINE_PT, label=label, **points)
    rest = {"effect": 0.0, "gain": 1.0}.get(found.scale)
    if rest is not None:
        ax.axhline(rest, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    if unit and len(x):
        ax.set_xlim(min(0.0, x.min()), max(0.0, x.max()))
    if found.scale == "rate":
        ax.set_ylim(bottom=0)
    ax.locator_params(axis="y", nbins=5)
    ax.set_xlabel(_axis_name(unit, found.label))
    ax.set_ylabel(_value_name(found))


def _draw_map(found: Curve, ax: Axes) -> None:
    x, y = found.at
    mesh = ax.pcolormesh(x, y, found.value.T, shading="nearest", cmap="viridis", rasterized=True)
    bar = ax.figure.colorbar(mesh, ax=ax)
    bar.set_label(_value_name(found))
    ax.set_title(found.label)


def _axis_name(unit: str, label: str) -> str:
    return {"s": "Lag (ms)", "bins": "Lag (bins)"}.get(unit, label)


def _value_name(found: Curve) -> str:
    name = _NAMES[found.scale]
    return f"{name} ({found.unit})" if found.scale in ("effect", "mean") else name
