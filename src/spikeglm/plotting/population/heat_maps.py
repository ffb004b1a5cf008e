"""Kernels of all neurons in one picture, and receptive fields in time and space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...inference.effects.curves import Curve
from ...typing import FloatArray
from .. import style
from ..labels import has_room_for_rows, legend_above, number_ticks
from ..style import axes_or_new
from ..tables import framed, objects, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NORMS = ("peak", "none")
SORTS = ("peak", "none")
SIDES = ("time", "space")
_MS = 1e3


def _kernels(
    found: Curve, *, channel: Any = None, normalise: str = "peak", sort: str = "peak"
) -> pd.DataFrame:
    """Return the kernel of each neuron in the order of the picture, and as it is coloured."""
    _one_of("normalise", normalise, NORMS)
    _one_of("sort", sort, SORTS)
    curve = found if channel is None else found.of(channel=channel)
    if curve.neurons is None or curve.channels is not None or len(curve.at) != 1:
        raise errors.value_error(
            "This picture has a row for each neuron.",
            given=f"{curve.label!r} of channels {curve.channels} and neurons {curve.neurons}",
            expected="the curve of a population over one variable, of one channel",
            todo="pass model.curve(...) of a PopulationGLM, and channel= of an input with several.",
        )
    value = np.asarray(curve.value, dtype=float)  # (W, N)
    largest = np.nan_to_num(np.abs(value)).max(axis=0)
    is_known = largest > 0  # silent neurons have none
    shown = value[:, is_known]
    if normalise == "peak":
        shown = shown / largest[is_known]
    order = np.arange(shown.shape[1])
    if sort == "peak":
        order = np.argsort(np.abs(shown).argmax(axis=0), kind="stable")
    named = zip(curve.neurons, is_known, strict=True)
    names = objects([neuron for neuron, known in named if known])[order]
    name, at = _axis(curve)
    W, N = shown.shape
    return framed(
        {
            "neuron": np.repeat(names, W),
            "row": np.repeat(np.arange(N), W),
            "at": np.tile(at, N),
            "value": shown[:, order].T.ravel(),
        },
        xlabel=name,
        label="Effect / its largest" if normalise == "peak" else _effect(curve),
        n_left_out=int((~is_known).sum()),
        title=curve.label,
    )


@with_data(_kernels)
def plot_kernel_map(
    found: Curve,
    ax: Axes | None = None,
    *,
    channel: Any = None,
    normalise: str = "peak",
    sort: str = "peak",
) -> Axes:
    """Draw the kernels of all neurons as rows of a picture, sorted by where they are largest.

    Parameters
    ----------
    found :
        From :meth:`spikeglm.PopulationGLM.curve`, over one variable.
    ax :
        Axes to draw on; None makes a figure one column wide.
    channel :
        Which input, of several.
    normalise :
        ``"peak"``: each neuron divided by its largest effect, up or down; ``"none"``.
    sort :
        ``"peak"``: by the place of the largest effect, up or down; ``"none"``.

    Returns
    -------
    matplotlib Axes
        Neurons whose kernel is zero or unknown (silent ones) are left out, and counted.

    Raises
    ------
    ValueError
        If it is no curve of a population over one variable, or an option is unknown.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Tseng et al. (2022), Neuron 110:2484-502, and Pinto & Dan (2015), Neuron 87:437-50.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> cue = np.arange(900) % 30 == 0
    >>> y = np.random.default_rng(0).poisson(0.5, (900, 4))
    >>> X = nmo.basis.RaisedCosineLogConv(4, 10, label="cue").design(cue)
    >>> plot_kernel_map(nmo.PopulationGLM().fit(X, y).curve("cue", X, y)).get_ylabel()
    'Neuron (4, sorted by peak)'
    """
    options: dict[str, Any] = {"normalise": normalise, "sort": sort}
    table = plot_kernel_map.data(found, channel=channel, **options)
    ax = axes_or_new(ax, height_mm=70)
    grid = table.pivot(index="row", columns="at", values="value")
    top = float(np.nanmax(np.abs(grid.to_numpy()), initial=0.0)) or 1.0
    look: style.Look = {"cmap": "RdBu_r", "vmin": -top, "vmax": top, "rasterized": True}
    mesh = ax.pcolormesh(grid.columns, grid.index, grid.to_numpy(), shading="nearest", **look)
    ax.figure.colorbar(mesh, ax=ax, label=table.attrs["label"])
    names = table.drop_duplicates("row")
    if has_room_for_rows(ax, len(names)):
        ax.set_yticks(names["row"], [str(name) for name in names["neuron"]])
    ax.invert_yaxis()
    ax.set_xlabel(table.attrs["xlabel"])
    left_out = table.attrs["n_left_out"]
    by = ", sorted by peak" if sort == "peak" else ""
    without = f", {left_out} without" if left_out else ""
    ax.set_ylabel(f"Neuron ({len(names)}{by}{without})")
    ax.set_title(table.attrs["title"])
    return ax


def _field(found: Curve, *, neuron: Any = None) -> pd.DataFrame:
    """Return a receptive field: a row per lag and place."""
    lag, place, value, label = _lags_and_places(found, neuron)
    return framed(
        {
            "lag": np.repeat(lag, value.shape[1]),
            "place": np.tile(np.arange(value.shape[1]), len(lag)),
            "name": np.tile(objects(place), len(lag)),
            "value": value.ravel(),
        },
        **label,
    )


@with_data(_field)
def plot_receptive_field(found: Curve, ax: Axes | None = None, *, neuron: Any = None) -> Axes:
    """Draw a receptive field in time and space: lags to the right, places upwards.

    Parameters
    ----------
    found :
        From :meth:`spikeglm.GLM.curve`, over lags, of an input with several channels (pixels,
        frequencies, places); or of a product of lags and a variable.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its name, of a population.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If it is of several neurons, or has no lags and places.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Park & Pillow (2011), PLoS Comput Biol 7:e1002219.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> stimulus = np.random.default_rng(0).normal(size=(500, 6))
    >>> y = np.random.default_rng(1).poisson(1.0, 500)
    >>> X = nmo.basis.HistoryConv(5, label="stimulus").design(stimulus)
    >>> field = nmo.GLM().fit(X, y).curve("stimulus", X, y)
    >>> plot_receptive_field(field).get_xlabel()
    'Lag (bins)'
    """
    table = plot_receptive_field.data(found, neuron=neuron)
    ax = axes_or_new(ax, height_mm=60)
    grid = table.pivot(index="place", columns="lag", values="value")
    top = float(np.nanmax(np.abs(grid.to_numpy()), initial=0.0)) or 1.0
    look: style.Look = {"cmap": "RdBu_r", "vmin": -top, "vmax": top, "rasterized": True}
    mesh = ax.pcolormesh(grid.columns, grid.index, grid.to_numpy(), shading="nearest", **look)
    ax.figure.colorbar(mesh, ax=ax, label=table.attrs["value"])
    names = table.drop_duplicates("place")
    number_ticks(ax, [_short(name) for name in names["name"]], upwards=True)
    ax.set_xlabel(table.attrs["xlabel"])
    ax.set_ylabel(table.attrs["ylabel"])
    ax.set_title(table.attrs["title"])
    return ax


def _components(
    found: Curve, *, neuron: Any = None, side: str = "time", n: int = 2
) -> pd.DataFrame:
    """Return the first components of a receptive field, of unit length, and their share of it."""
    _one_of("side", side, SIDES)
    lag, place, value, label = _lags_and_places(found, neuron)
    time, size, space = np.linalg.svd(np.nan_to_num(value), full_matrices=False)
    sign = np.sign(time[np.abs(time).argmax(axis=0), np.arange(time.shape[1])])  # of its peak
    n = min(n, len(size))
    shares = size**2 / max(float((size**2).sum()), np.finfo(float).tiny)
    parts = (time * sign).T if side == "time" else space * sign[:, None]
    at: Any = lag if side == "time" else np.arange(len(place))
    return framed(
        {
            "component": np.repeat(np.arange(1, n + 1), len(at)),
            "at": np.tile(at, n),
            "value": parts[:n].ravel(),
            "share": np.repeat(shares[:n], len(at)),
        },
        names=place if side == "space" else None,
        xlabel=label["xlabel" if side == "time" else "ylabel"],
        title=label["title"],
    )


@with_data(_components)
def plot_field_components(
    found: Curve,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    side: str = "time",
    n: int = 2,
) -> Axes:
    """Draw the largest components of a receptive field: its courses in time, or its profiles.

    The field is a sum of products time x space (singular value decomposition). One component with
    nearly all of the power means that it is separable. The peak in time is positive.

    Parameters
    ----------
    found :
        From :meth:`spikeglm.GLM.curve`, as for :func:`plot_receptive_field`.
    neuron :
        Its name, of a population.
    ax :
        Axes to draw on; None makes a figure one column wide.
    side :
        ``"time"`` or ``"space"``.
    n :
        How many.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If it is of several neurons, has no lags and places, or ``side`` is unknown.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    DeAngelis, Ohzawa & Freeman (1995), Trends Neurosci 18:451-8 (separable fields).

    Examples
    --------
    >>> import spikeglm as nmo
    >>> stimulus = np.random.default_rng(0).normal(size=(500, 6))
    >>> y = np.random.default_rng(1).poisson(1.0, 500)
    >>> X = nmo.basis.HistoryConv(5, label="stimulus").design(stimulus)
    >>> field = nmo.GLM().fit(X, y).curve("stimulus", X, y)
    >>> plot_field_components(field, side="space", n=1).get_xlabel()
    'stimulus (channel)'
    """
    table = plot_field_components.data(found, neuron=neuron, side=side, n=n)
    ax = axes_or_new(ax, height_mm=50)
    for (number, part), color in zip(table.groupby("component"), style.CYCLE, strict=False):
        label = f"{number}: {100 * part['share'].iloc[0]:.0f} % of power"
        ax.plot(part["at"], part["value"], color=color, linewidth=style.LINE_PT, label=label)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    names = table.attrs["names"]
    if names is not None:
        number_ticks(ax, [_short(each) for each in names])
    ax.set_xlabel(table.attrs["xlabel"])
    ax.set_ylabel("Weight (unit length)")
    legend_above(ax)
    return ax


def _lags_and_places(
    found: Curve, neuron: Any
) -> tuple[FloatArray, list[Any], FloatArray, dict[str, str]]:
    """Return lags (W,), places (V,), the field (W, V), and what axes are called."""
    curve = found if neuron is None else found.of(neuron=neuron)
    is_timed = bool(curve.units) and curve.units[0] in ("s", "bins")
    by_channel = len(curve.at) == 1 and curve.channels is not None
    by_variable = len(curve.at) == 2 and curve.channels is None
    if curve.neurons is not None or not is_timed or not (by_channel or by_variable):
        raise errors.value_error(
            "This is no field in time and space.",
            given=f"{curve.label!r} over {curve.variable_names}, channels {curve.channels}, "
            f"neurons {curve.neurons}",
            expected="lags and channels, or lags and a variable, of one neuron",
            todo="pass neuron=...; plot_curve draws other curves.",
        )
    xlabel, lag = _axis(curve)
    place = list(curve.channels or ()) if by_channel else list(curve.at[1])
    ylabel = f"{curve.label} (channel)" if by_channel else curve.variable_names[1]
    label = {"xlabel": xlabel, "ylabel": ylabel, "title": curve.label, "value": _effect(curve)}
    return lag, place, np.asarray(curve.value, dtype=float), label


def _axis(curve: Curve) -> tuple[str, Any]:
    """Return what the first variable is called and its points: lags in milliseconds."""
    name, at = curve.variable_names[0], curve.at[0]
    if curve.units[0] == "s":
        return "Lag (ms)", _MS * at
    return ("Lag (bins)" if curve.units[0] == "bins" else name), at


def _effect(curve: Curve) -> str:
    return f"Effect ({curve.unit})" if curve.scale == "effect" else f"{curve.scale} ({curve.unit})"


def _short(name: Any) -> str:
    return f"{name:.3g}" if isinstance(name, float) else str(name)


def _one_of(argument: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise errors.unknown_name(argument, given, known)
