"""What a term looks like: a curve with its bands, its slope, or a map with what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..inference.effects.curves import Curve
from ..typing import Array, FloatArray
from . import style
from .style import axes_or_new
from .tables import tidy, with_data

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = {
    "effect": "Effect",
    "link": "Linear predictor",
    "gain": "Gain (factor)",
    "mean": "Mean",
    "rate": "Rate (Hz)",
}
_MS = 1e3  # per second
_KNOWN = {"nats": 0.5}  # standard error of a map up to which a rate is told: a factor of e, 95 %
_SHOWN = ("value", "error")


@with_data(tidy)
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
    _check_one(found, most=2)
    ax = axes_or_new(ax, height_mm=60)
    if len(found.at) == 2:
        _draw_map(found, found.value, _value_name(found), ax)
    else:
        _draw_line(found, ax, color=color, label=label)
    return ax


@with_data(tidy)
def plot_effect(
    found: Curve, ax: Axes | None = None, *, color: str = style.BLUE, label: str | None = None
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
    _check_one(found, most=1)
    ax = axes_or_new(ax, height_mm=60)
    _draw_line(found, ax, color=color, label=label)
    if found.low is not None:
        _legend_above(ax)
    return ax


@with_data(tidy)
def plot_derivative(found: Curve, ax: Axes | None = None, *, color: str = style.BLUE) -> Axes:
    """Draw a slope with its band, in strong colour where the band leaves zero out.

    There tuning changes; elsewhere the data allow that it does not.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.partial_effect` with ``derivative=1``, of one variable,
        channel and neuron.
    ax :
        Axes to draw on; None makes a figure one column wide.
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
    _check_one(found, most=1)
    if not found.derivative:
        raise errors.value_error(
            "This is a curve and no slope.",
            given=f"{found.label!r} itself",
            expected="its derivative",
            todo=f"ask for partial_effect(model, X, y, {found.label!r}, derivative=1).",
        )
    ax = axes_or_new(ax, height_mm=60)
    _draw_line(found, ax, color=color, label=None, alpha=0.35)
    if found.low is not None and found.high is not None:
        changes = (found.low > 0) | (found.high < 0)
        strong = np.where(changes, found.value, np.nan)
        look: style.Look = {"color": color, "linewidth": 2.0 * style.LINE_PT}
        ax.plot(_shown_axis(found), strong, label="tuning changes", **look)
        _legend_above(ax)
    return ax


@with_data(tidy)
def plot_map(
    found: Curve,
    ax: Axes | None = None,
    *,
    show: str = "value",
    most_error: float | None = None,
) -> Axes:
    """Draw a map over two variables, hatched where too little is known, or how sure it is.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.partial_effect`, of two variables, one channel and neuron.
    ax :
        Axes to draw on; None makes a figure one column wide.
    show :
        ``"value"``, or ``"error"`` for the standard error of the linear predictor.
    most_error :
        Standard error beyond which a place is hatched, as are places of which the data say nothing.
        None: 0.5 nats for a link exp, where a 95 % band spans a factor of 7; no limit for others.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If it is no map, has no errors where they are asked for, or ``show`` is unknown.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.inference import Curve
    >>> at, value = (np.arange(3.0), np.arange(2.0)), np.ones((3, 2))
    >>> known = {"standard_error": np.full((3, 2), 0.1), "names": ("x", "y")}
    >>> ax = plot_map(Curve("place", at, ("", ""), value, "Hz", scale="rate", **known))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('x', 'y')
    """
    if show not in _SHOWN:
        raise errors.unknown_name("show", show, _SHOWN)
    _check_one(found, most=2, least=2)
    error = found.standard_error
    if show == "error" and error is None:
        raise errors.value_error(
            "This map has no standard errors.",
            given="a map without the data of the fit",
            expected="standard_error",
            todo="pass X and y to curve(...), or call inference.partial_effect.",
        )
    ax = axes_or_new(ax, height_mm=60)
    if show == "error" and error is not None:
        unit = _unit_of_predictor(found)
        name = f"Standard error ({unit})" if unit else "Standard error of the linear predictor"
        _draw_map(found, error, name, ax)
    else:
        _draw_map(found, found.value, _value_name(found), ax)
    if error is not None:
        limit = _KNOWN.get(_unit_of_predictor(found), np.inf) if most_error is None else most_error
        _hatch(found, ~(error <= limit), ax)
    return ax


def _check_one(found: Curve, *, most: int, least: int = 1) -> None:
    several = (found.channels, found.neurons, found.classes)
    if any(names is not None for names in several) or not least <= len(found.at) <= most:
        sizes = {(1, 1): "one variable", (1, 2): "one or two variables", (2, 2): "two variables"}
        raise errors.value_error(
            "One panel shows one curve.",
            given=f"{found.label!r} of channels {found.channels}, neurons {found.neurons} and "
            f"{len(found.at)} variables",
            expected=f"one channel, one neuron, and {sizes[least, most]}",
            todo="take curve.of(channel=..., neuron=...).",
        )


def _draw_line(
    found: Curve, ax: Axes, *, color: str, label: str | None, alpha: float = 1.0
) -> None:
    (at,), (unit,) = found.at, found.units
    x = _shown_axis(found)
    points: style.Look = {} if at.dtype.kind in "fiu" else {"marker": "o", "linestyle": "none"}
    for low, high, name, strength in _bands(found):
        if points:
            widths: style.Look = {"color": color, "label": name}
            ax.vlines(x, low, high, linewidth=style.LINE_PT * (1 + strength), **widths)
        else:
            band: style.Look = {"color": color, "linewidth": 0, "label": name}
            ax.fill_between(x, low, high, alpha=style.BAND_ALPHA * (0.6 + 0.4 * strength), **band)
    line: style.Look = {"color": color, "linewidth": style.LINE_PT, "alpha": alpha}
    ax.plot(x, found.value, label=label, **line, **points)
    rest = {"effect": 0.0, "gain": 1.0}.get("effect" if found.derivative else found.scale)
    if rest is not None:
        ax.axhline(rest, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    if unit and len(x):
        ax.set_xlim(min(0.0, x.min()), max(0.0, x.max()))
    if found.scale == "rate":
        ax.set_ylim(bottom=0)
    ax.locator_params(axis="y", nbins=5)
    ax.set_xlabel(_axis_names(found)[0])
    ax.set_ylabel(_value_name(found))


def _legend_above(ax: Axes) -> None:
    """Say what is what above the axes, where no curve is."""
    look: style.Look = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2}
    ax.legend(fontsize=style.SMALL_PT, frameon=False, borderaxespad=0.2, **look)


def _bands(found: Curve) -> list[tuple[FloatArray, FloatArray, str, int]]:
    """Return the bands of a curve, the widest first: ends, what each is called, 1 for the inner."""
    bands: list[tuple[FloatArray, FloatArray, str, int]] = []
    level = f"{100 * found.level:g} %"
    if found.low is not None and found.high is not None:
        kind = "simultaneous" if found.is_simultaneous else "pointwise"
        bands.append((found.low, found.high, f"{level} {kind}", int(not found.is_simultaneous)))
    if found.pointwise_low is not None and found.pointwise_high is not None:
        bands.append((found.pointwise_low, found.pointwise_high, f"{level} pointwise", 1))
    return bands


def _draw_map(found: Curve, values: FloatArray, name: str, ax: Axes) -> None:
    x, y = _axes(found)
    mesh = ax.pcolormesh(x, y, values.T, shading="nearest", cmap="viridis", rasterized=True)
    bar = ax.figure.colorbar(mesh, ax=ax)
    bar.set_label(name)
    ax.set_title(found.label)
    x_name, y_name = _axis_names(found)
    ax.set_xlabel(x_name)
    ax.set_ylabel(y_name)


def _hatch(found: Curve, unknown: Any, ax: Axes) -> None:
    """Cover places of which too little is known."""
    if not unknown.any():
        return
    x, y = _axes(found)
    cover = np.ma.masked_array(np.zeros(unknown.T.shape), mask=~unknown.T)
    look: style.Look = {"cmap": "Greys", "vmin": 0, "vmax": 1, "shading": "nearest"}
    mesh = ax.pcolor(x, y, cover, hatch="////", edgecolor=style.GREY, linewidth=0, **look)
    mesh.set_label("too little is known")


def _axes(found: Curve) -> tuple[Array, ...]:
    """Return the points as they are drawn: lags in milliseconds."""
    return tuple(a * _MS if u == "s" else a for a, u in zip(found.at, found.units, strict=True))


def _shown_axis(found: Curve) -> Array:
    return _axes(found)[0]


def _axis_names(found: Curve) -> tuple[str, ...]:
    names = {"lag (s)": "Lag (ms)", "lag (bins)": "Lag (bins)"}
    return tuple(names.get(n, n.replace(" (s)", " (ms)")) for n in found.variable_names)


def _unit_of_predictor(found: Curve) -> str:
    """Return the unit of the linear predictor where it is known: of an effect, or through exp."""
    if found.scale in ("effect", "link"):
        return found.unit
    return "nats" if found.scale == "gain" else found.predictor_unit


def _value_name(found: Curve) -> str:
    if found.derivative:
        return f"Slope ({found.unit})"
    name = _NAMES[found.scale]
    return f"{name} ({found.unit})" if found.scale in ("effect", "link", "mean") else name
