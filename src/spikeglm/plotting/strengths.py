"""Held-out scores over the strength of a penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..selection import StrengthChoice
from . import style
from .style import axes_or_new
from .tables import framed, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _scores(choice: StrengthChoice, *, neuron: Any = None) -> pd.DataFrame:
    """Return the held-out score of a neuron at each strength, with its error over folds."""
    n = choice.place(neuron)
    search = choice.search_of(n)
    best, name = int(search.best[n]), choice.score_name
    within = search.at_rule("one_se").chosen_strength[n] if best >= 0 else np.nan
    return framed(
        {
            "strength": search.strength[:, n],
            "score": search.mean[:, n],
            "score_se": search.se[:, n],
            "is_best": np.arange(len(search.strength)) == best,
        },
        chosen=float(search.chosen_strength[n]) if best >= 0 else np.nan,
        within_one_se=float(within),
        reason=choice.reason[n],
        ylabel=name[:1].upper() + name[1:] if choice.folds is None else f"Held-out {name}",
    )


@with_data(_scores)
def plot_strength_choice(
    choice: StrengthChoice, ax: Axes | None = None, *, neuron: Any = None, color: str = style.BLUE
) -> Axes:
    """Draw the held-out score of one neuron over the strength, with its error over folds.

    A full line is where the choice is, a dotted one the strongest strength within one standard
    error of the best (which is shaded).

    Parameters
    ----------
    choice :
        From :func:`spikeglm.selection.select_strength`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its label in ``choice.neurons``; None is the first.
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
    table = plot_strength_choice.data(choice, neuron=neuron)
    ax = axes_or_new(ax, height_mm=60)
    strength, mean = table["strength"].to_numpy(), table["score"].to_numpy()
    se = np.nan_to_num(table["score_se"].to_numpy())
    look: style.Look = {"color": color, "linewidth": style.LINE_PT}
    ax.errorbar(strength, mean, yerr=se, **look, elinewidth=style.THIN_PT, marker="o", markersize=2)
    best = np.flatnonzero(table["is_best"])
    if len(best):
        top, error = mean[best[0]], se[best[0]]
        ax.axhspan(top - error, top, color=style.LIGHT_GREY, zorder=0, linewidth=0)
        within, chosen = table.attrs["within_one_se"], table.attrs["chosen"]
        line: style.Look = {"color": style.GREY, "linewidth": style.THIN_PT}
        if within != chosen:
            ax.axvline(within, **line, linestyle=":", label="one SE")
        ax.axvline(chosen, **line, label="chosen")
        ax.legend(loc="lower left")
    else:
        middle: style.Look = {"transform": ax.transAxes, "ha": "center", "color": style.GREY}
        ax.text(0.5, 0.5, table.attrs["reason"], **middle)
    ax.set_xscale("log")
    ax.set_xlabel("Strength (nats per bin and unit of penalty)")
    ax.set_ylabel(table.attrs["ylabel"])
    return ax
