"""Held-out scores over the strength of a penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..selection import StrengthChoice
from . import style
from .style import axes_or_new
from .tables import with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _scores(choice: StrengthChoice) -> pd.DataFrame:
    """Return the table of all scores."""
    return choice.to_frame()


@with_data(_scores)
def plot_strength_choice(
    choice: StrengthChoice, neuron: Any = None, ax: Axes | None = None, *, color: str = style.BLUE
) -> Axes:
    """Draw the held-out score of one neuron over the strength, with its error over folds.

    A full line is where the choice is, a dotted one the strongest strength within one standard
    error of the best (which is shaded).

    Parameters
    ----------
    choice :
        From :func:`spikeglm.selection.select_strength`.
    neuron :
        Its label in ``choice.neurons``; None is the first.
    ax :
        Axes to draw on; None makes a figure one column wide.
    color :
        Of the scores.

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
    >>> choice = nmo.selection.select_strength(nmo.GLM(regularizer="Lasso"), X, y, strengths=8)
    >>> plot_strength_choice(choice).get_xlabel()
    'Strength (nats per bin and unit of penalty)'
    """
    n = choice.place(neuron)
    search = choice.search_of(n)
    ax = axes_or_new(ax, height_mm=60)
    strength, mean, se = search.strength[:, n], search.mean[:, n], np.nan_to_num(search.se[:, n])
    look: style.Look = {"color": color, "linewidth": style.LINE_PT}
    ax.errorbar(strength, mean, yerr=se, **look, elinewidth=style.THIN_PT, marker="o", markersize=2)
    best = int(search.best[n])
    if best >= 0:
        ax.axhspan(mean[best] - se[best], mean[best], color=style.LIGHT_GREY, zorder=0, linewidth=0)
        within = float(search.at_rule("one_se").chosen_strength[n])
        chosen = float(search.chosen_strength[n])
        if within != chosen:
            ax.axvline(
                within, color=style.GREY, linewidth=style.THIN_PT, linestyle=":", label="one SE"
            )
        ax.axvline(chosen, color=style.GREY, linewidth=style.THIN_PT, label="chosen")
        ax.legend(loc="lower left")
    else:
        ax.text(0.5, 0.5, choice.reason[n], transform=ax.transAxes, ha="center", color=style.GREY)
    ax.set_xscale("log")
    ax.set_xlabel("Strength (nats per bin and unit of penalty)")
    name = choice.score_name
    ax.set_ylabel(name[:1].upper() + name[1:] if choice.folds is None else f"Held-out {name}")
    return ax
