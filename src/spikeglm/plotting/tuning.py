"""Tuning as models have it beside tuning as it is counted: over a line, a circle, a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..inference.effects.tunings import SHOWN, Tuning
from . import style
from .style import axes_or_new
from .tables import framed, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_LABELS = {"model": "model", "raw": "counted ± s.e.", "prediction": "predicted, same rows"}
_NAMES = {"Hz": "Rate (Hz)"}


def _of_one(found: Tuning, neuron: Any, n_variables: int) -> pd.DataFrame:
    """Return the table of the tuning of a neuron to so many variables."""
    if neuron is None and found.neurons is not None and len(found.neurons) == 1:
        neuron = found.neurons[0]
    one = found if neuron is None else found.of(neuron)
    names = one.curve.variable_names
    if one.neurons is not None or len(names) != n_variables:
        raise errors.value_error(
            "One panel shows one tuning.",
            given=f"{len(one.neurons or (0,))} neurons and {len(names)} variable(s)",
            expected=f"one neuron and {n_variables} variable(s)",
            todo="pass neuron=...; plot_tuning_map draws those of two variables."
            if n_variables == 1
            else "pass neuron=...; plot_tuning draws those of one variable.",
        )
    table = one.to_frame()
    table.attrs = {
        "names": names,
        "value": _NAMES.get(one.unit, f"Mean ({one.unit})"),
        "circle": one.circle,
        "title": "" if neuron is None else f"neuron {neuron}",
        "level": f"{100 * one.curve.level:g} %",
        "trouble": _trouble(one),
    }
    return table


def _trouble(found: Tuning) -> str:
    """Return how the fit ended, where it has no band for that reason; else nothing."""
    low, status = found.curve.low, found.curve.status
    if low is None or not status or np.isfinite(low).any():
        return ""
    return str(status[0])


def _line(found: Tuning, *, neuron: Any = None) -> pd.DataFrame:
    """Return model, counts and predictions over the variable, of one neuron."""
    return _of_one(found, neuron, 1)


@with_data(_line)
def plot_tuning(
    found: Tuning,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    show: tuple[str, ...] = SHOWN,
    color: str = style.BLUE,
) -> Axes:
    """Draw a model's tuning curve with its band, beside the counted one and the predictions.

    The curve holds the other variables at their means; predictions do not. Where counts follow the
    predictions and not the curve, other variables make the tuning.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.tuning`, of one variable.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its name, of several.
    show :
        Some of ``"model"``, ``"raw"`` (counted, with standard errors) and ``"prediction"``.
    color :
        Of the model's curve.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If several neurons or two variables are there, or ``show`` is unknown.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Hardcastle et al. (2017), Neuron 94:375-87.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> x = np.random.default_rng(0).uniform(0, 10, 500)
    >>> y = np.random.default_rng(1).poisson(1.0, 500)
    >>> X = nmo.basis.BSplineEval(5, label="position (cm)").design(x)
    >>> found = nmo.inference.tuning(nmo.GLM().fit(X, y), X, y, "position (cm)", bin_s=0.02)
    >>> ax = plot_tuning(found, show=("model", "raw"))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('position (cm)', 'Rate (Hz)')
    """
    _check_shown(show)
    table = plot_tuning.data(found, neuron=neuron)
    ax = axes_or_new(ax, height_mm=60)
    (name,) = table.attrs["names"]
    is_text = table[name].dtype.kind not in "fiu"
    for what in [each for each in ("raw", "model", "prediction") if each in show]:
        _draw(ax, table[table["what"] == what], name, what, color=color, is_text=is_text)
    ax.set_ylim(bottom=0 if table["value"].min() >= 0 else None)
    ax.set_xlabel(name)
    ax.set_ylabel(table.attrs["value"])
    ax.legend()
    ax.margins(y=0.12)
    return ax


def _draw(ax: Axes, part: pd.DataFrame, name: str, what: str, *, color: str, is_text: bool) -> None:
    x, value = part[name].to_numpy(), part["value"].to_numpy()
    trouble = part.attrs["trouble"] if what == "model" else ""
    label = f"{_LABELS[what]} ({trouble})" if trouble else _LABELS[what]
    has_band = "low" in part and part["low"].notna().any()
    if what == "raw" or (what == "model" and is_text):
        tint = style.GREY if what == "raw" else color
        look: style.Look = {"color": tint, "linewidth": style.THIN_PT, "markersize": 3}
        ends = [value - part["low"], part["high"] - value] if has_band else None
        ax.errorbar(x, value, yerr=ends, fmt="o" if what == "raw" else "s", label=label, **look)
        return
    if what == "prediction":
        look = {"color": style.ORANGE, "linewidth": style.LINE_PT, "linestyle": "--"}
        ax.plot(x, value, label=label, **look)
        return
    if has_band:
        band: style.Look = {"color": color, "alpha": style.BAND_ALPHA, "linewidth": 0}
        ax.fill_between(x, part["low"], part["high"], **band)
    ax.plot(x, value, color=color, linewidth=style.LINE_PT, label=label)


def _circular(found: Tuning, *, neuron: Any = None) -> pd.DataFrame:
    """Return model, counts and predictions around the circle, with the ``angle`` in radians."""
    table = _of_one(found, neuron, 1)
    if found.circle is None:
        raise errors.value_error(
            "This variable goes around no circle.",
            given=f"{found.curve.label!r}",
            expected="a term of CyclicBSplineEval or FourierEval",
            todo="draw it with plot_tuning.",
        )
    start, end = found.circle
    (name,) = table.attrs["names"]
    table["angle"] = 2 * np.pi * (table[name] - start) / (end - start)
    return table


@with_data(_circular)
def plot_polar_tuning(
    found: Tuning,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    show: tuple[str, ...] = ("model", "raw"),
    color: str = style.BLUE,
) -> Axes:
    """Draw the tuning to a variable on a circle around it: the rate is the distance to the centre.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.tuning`, of a cyclic term such as head direction.
    ax :
        Polar axes (``subplot_kw={"projection": "polar"}``); None makes a figure of its own.
    neuron :
        Its name, of several.
    show :
        As for :func:`plot_tuning`.
    color :
        Of the model's curve.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the variable goes around no circle, the axes are not polar, and as :func:`plot_tuning`.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Taube, Muller & Ranck (1990), J Neurosci 10:420-35, for head direction so drawn.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> heading = np.random.default_rng(0).uniform(0, 360, 500)
    >>> y = np.random.default_rng(1).poisson(1.0, 500)
    >>> basis = nmo.basis.CyclicBSplineEval(5, bounds=(0, 360), label="heading (deg)")
    >>> X = basis.design(heading)
    >>> found = nmo.inference.tuning(nmo.GLM().fit(X, y), X, y, "heading (deg)", bin_s=0.02)
    >>> plot_polar_tuning(found).name
    'polar'
    """
    _check_shown(show)
    table = plot_polar_tuning.data(found, neuron=neuron)
    ax = style.polar_or_new(ax)
    start, end = table.attrs["circle"]
    for what in [each for each in ("raw", "model", "prediction") if each in show]:
        part = table[table["what"] == what]
        around = np.append(np.arange(len(part)), 0) if what != "raw" else np.arange(len(part))
        _draw(ax, part.iloc[around], "angle", what, color=color, is_text=False)
    quarters = start + (end - start) * np.arange(4) / 4
    ax.set_xticks(np.arange(4) * np.pi / 2, _on_circle(quarters, end - start))
    ax.set_ylim(bottom=0)
    from matplotlib.ticker import MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.set_xlabel(table.attrs["names"][0])
    ax.set_ylabel(table.attrs["value"], labelpad=18)
    ax.legend(loc="lower left", bbox_to_anchor=(0.95, 0.9))
    return ax


def _on_circle(values: Any, whole: float) -> list[str]:
    """Write angles: in radians as parts of π, all others as they are."""
    if np.isclose(whole, 2 * np.pi):
        words = {0.0: "0", 0.5: "π/2", 1.0: "π", 1.5: "3π/2", -0.5: "-π/2", -1.0: "-π"}
        return [words.get(round(v / np.pi, 6), f"{v / np.pi:.2g}π") for v in values]
    return [f"{v:g}" for v in values]


def _map(found: Tuning, *, neuron: Any = None, show: str = "model") -> pd.DataFrame:
    """Return the map of one neuron that is shown, NaN where the animal never was."""
    if show not in SHOWN:
        raise errors.unknown_name("show", show, SHOWN)
    table = _of_one(found, neuron, 2)
    part = table[table["what"] == show].reset_index(drop=True)
    was_there = part["n_rows"] > 0
    columns = {name: part[name] for name in part.attrs["names"]}
    columns |= {"value": part["value"].where(was_there), "n_rows": part["n_rows"]}
    return framed(columns, **part.attrs)


@with_data(_map)
def plot_tuning_map(
    found: Tuning,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    show: str = "model",
    most: float | None = None,
) -> Axes:
    """Draw a map over two variables, grey where the animal never was.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.tuning`, of two variables.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its name, of several.
    show :
        ``"model"``, ``"raw"`` (counted) or ``"prediction"``.
    most :
        The value at the upper end of the colours, to compare maps; None: the largest.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If ``show`` is unknown, or it is of several neurons or one variable.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Hardcastle et al. (2017), Neuron 94:375-87; O'Keefe & Burgess (1996), Nature
    381:425-8, for maps with places left out that were not visited.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> x, y = np.random.default_rng(0).uniform(0, 1, (2, 500))
    >>> place = nmo.basis.BSplineEval(4, label="x (m)") * nmo.basis.BSplineEval(4, label="y (m)")
    >>> X, counts = place.design(x, y), np.random.default_rng(1).poisson(1.0, 500)
    >>> model = nmo.GLM("Poisson", regularizer="Ridge", regularizer_strength=0.01).fit(X, counts)
    >>> found = nmo.inference.tuning(model, X, counts, "(x (m) * y (m))", n_bins=8)
    >>> ax = plot_tuning_map(found)
    >>> ax.get_xlabel(), ax.figure.axes[1].get_ylabel()
    ('x (m)', 'Mean (per bin)')
    """
    table = plot_tuning_map.data(found, neuron=neuron, show=show)
    ax = axes_or_new(ax, height_mm=65)
    x_name, y_name = table.attrs["names"]
    grid = table.pivot(index=y_name, columns=x_name, values="value")
    from matplotlib import colormaps

    colours = colormaps["viridis"].with_extremes(bad=style.LIGHT_GREY)
    cells = np.ma.masked_invalid(grid.to_numpy())
    axes = grid.columns.to_numpy(), grid.index.to_numpy()
    look: style.Look = {"cmap": colours, "vmin": 0, "vmax": most, "rasterized": True}
    mesh = ax.pcolormesh(*axes, cells, shading="nearest", **look)
    ax.set_facecolor(style.LIGHT_GREY)
    ax.figure.colorbar(mesh, ax=ax, label=table.attrs["value"])
    ax.set_title(table.attrs["title"])
    ax.set_xlabel(x_name)
    ax.set_ylabel(y_name)
    return ax


def _check_shown(show: tuple[str, ...]) -> None:
    for each in show:
        if each not in SHOWN:
            raise errors.unknown_name("show", each, SHOWN)
