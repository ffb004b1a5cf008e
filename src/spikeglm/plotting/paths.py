"""Coefficients over the strength of a penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..selection import RegularizationPath
from . import style
from .neurons import place_of
from .style import axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_regularization_path(
    path: RegularizationPath, neuron: Any = None, ax: Axes | None = None
) -> Axes:
    """Draw the coefficients of one neuron over the strength, weak to strong on a log axis.

    Parameters
    ----------
    path :
        From :func:`spikeglm.selection.regularization_path`.
    neuron :
        Its label in ``path.neurons``; None is the first.
    ax :
        Axes to draw on; None makes a figure one column wide.

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
    n = 0 if neuron is None else place_of(neuron, path.neurons)
    ax = axes_or_new(ax, height_mm=60)
    strength, coef = path.strengths[:, n], path.coef[:, :, n]
    largest = np.abs(coef).max(axis=0)
    for j in np.argsort(largest):  # the largest on top, in colours
        rank = int((largest > largest[j]).sum())
        colour = style.CYCLE[rank] if rank < len(style.CYCLE) else style.LIGHT_GREY
        named = path.feature_names[j] if rank < len(style.CYCLE) and largest[j] > 0 else None
        ax.plot(strength, coef[:, j], color=colour, linewidth=style.LINE_PT, label=named)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_xscale("log")
    ax.set_xlabel("Strength (nats per bin and unit of coefficient)")
    ax.set_ylabel("Coefficient")
    return ax
