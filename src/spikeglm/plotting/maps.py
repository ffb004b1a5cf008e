"""A map over two variables, and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..inference.effects.curves import Curve
from . import style
from .curve_tables import one_curve
from .style import axes_or_new
from .tables import with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_KNOWN = {"nats": 0.5}  # standard error of a map up to which a rate is told: a factor of e, 95 %
_SHOWN = ("value", "error")


def _map(
    found: Curve,
    *,
    show: str = "value",
    most_error: float | None = None,
    channel: Any = None,
    neuron: Any = None,
) -> pd.DataFrame:
    """Return the points of a map, what is ``shown`` there, and where too little ``is_known``."""
    if show not in _SHOWN:
        raise errors.unknown_name("show", show, _SHOWN)
    table = one_curve(found, channel, neuron, most=2, least=2)
    unit = table.attrs["predictor_unit"]
    name = next((n for n in ("standard_error", "predictor_standard_error") if n in table), None)
    if show == "error" and name is None:
        raise errors.value_error(
            "This map has no standard errors.",
            given="a map without the data of the fit",
            expected="standard_error",
            todo="pass X and y to curve(...), or call inference.partial_effect.",
        )
    limit = _KNOWN.get(unit, np.inf) if most_error is None else most_error
    table["shown"] = table[name if show == "error" else "value"]
    table["is_known"] = True if name is None else table[name] <= limit
    if show == "error":
        said = f"Standard error ({unit})" if unit else "Standard error of the linear predictor"
        table.attrs["value"] = said
    return table


@with_data(_map)
def plot_map(
    found: Curve,
    ax: Axes | None = None,
    *,
    show: str = "value",
    most_error: float | None = None,
    channel: Any = None,
    neuron: Any = None,
) -> Axes:
    """Draw a map over two variables, hatched where too little is known, or how sure it is.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.partial_effect`, of two variables, one channel and neuron.
    ax :
        Axes to draw on; None makes a figure one column wide.
    channel, neuron :
        Which one, of several.
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
    options: dict[str, Any] = {"channel": channel, "neuron": neuron}
    table = plot_map.data(found, show=show, most_error=most_error, **options)
    ax = axes_or_new(ax, height_mm=60)
    draw_map(table, "shown", ax)
    _hatch(table, ax)
    return ax


def draw_map(table: pd.DataFrame, column: str, ax: Axes) -> None:
    """Draw a column of a table of a map as colours, with a bar that says what they are."""
    grid = table.pivot(index="y_drawn", columns="x_drawn", values=column)
    cells = np.ma.masked_invalid(grid.to_numpy(dtype=float))
    look: style.Look = {"shading": "nearest", "cmap": "viridis", "rasterized": True}
    mesh = ax.pcolormesh(grid.columns, grid.index, cells, **look)
    ax.figure.colorbar(mesh, ax=ax).set_label(table.attrs["value"])
    ax.set_title(table.attrs["title"])
    x_name, y_name = table.attrs["labels"]
    ax.set_xlabel(x_name)
    ax.set_ylabel(y_name)


def _hatch(table: pd.DataFrame, ax: Axes) -> None:
    """Cover places of which too little is known."""
    if table["is_known"].all():
        return
    known = table.pivot(index="y_drawn", columns="x_drawn", values="is_known")
    cover = np.ma.masked_array(np.zeros(known.shape), mask=known.to_numpy(dtype=bool))
    look: style.Look = {"cmap": "Greys", "vmin": 0, "vmax": 1, "shading": "nearest"}
    look |= {"hatch": "////", "edgecolor": style.GREY, "linewidth": 0}
    mesh = ax.pcolor(known.columns, known.index, cover, **look)
    mesh.set_label("too little is known")
