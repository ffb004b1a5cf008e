"""Coefficients over the strength of a penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..selection import RegularizationPath
from . import style
from .neurons import place_of
from .style import axes_or_new
from .tables import framed, objects, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _lines(path: RegularizationPath, *, neuron: Any = None) -> pd.DataFrame:
    """Return a row per feature and strength; features by their largest coefficient."""
    n = 0 if neuron is None else place_of(neuron, path.neurons)
    strength, coef = path.strengths[:, n], path.coef[:, :, n]
    largest = np.abs(coef).max(axis=0)
    order = np.argsort(-largest, kind="stable")
    S = len(strength)
    return framed(
        {
            "rank": np.repeat(np.arange(len(order)), S),
            "feature": np.repeat(objects(path.feature_names)[order], S),
            "strength": np.tile(strength, len(order)),
            "coef": coef[:, order].T.ravel(),
        }
    )


@with_data(_lines)
def plot_regularization_path(
    path: RegularizationPath, ax: Axes | None = None, *, neuron: Any = None
) -> Axes:
    """Draw the coefficients of one neuron over the strength, weak to strong on a log axis.

    Parameters
    ----------
    path :
        From :func:`spikeglm.selection.regularization_path`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its label in ``path.neurons``; None is the first.

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
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 3))
    >>> y = rng.poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> path = nmo.selection.regularization_path(nmo.GLM(regularizer="Lasso"), X, y, strengths=5)
    >>> plot_regularization_path(path).get_xlabel()
    'Strength (nats per bin and unit of coefficient)'
    """
    table = plot_regularization_path.data(path, neuron=neuron)
    ax = axes_or_new(ax, height_mm=60)
    for rank, part in list(table.groupby("rank"))[::-1]:  # the largest on top, in colours
        is_large = rank < len(style.CYCLE)
        colour = style.CYCLE[rank] if is_large else style.LIGHT_GREY
        named = part["feature"].iloc[0] if is_large and part["coef"].any() else None
        look: style.Look = {"color": colour, "linewidth": style.LINE_PT, "label": named}
        ax.plot(part["strength"], part["coef"], **look)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_xscale("log")
    ax.set_xlabel("Strength (nats per bin and unit of coefficient)")
    ax.set_ylabel("Coefficient (nats per unit)")
    handles, names = ax.get_legend_handles_labels()
    if names:
        ax.legend(
            handles[::-1],
            names[::-1],
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            borderaxespad=0.2,
        )
    return ax
