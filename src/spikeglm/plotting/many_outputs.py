"""Many outputs: held-out variance by rank, and models under their noise ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..inference.ceilings import NoiseCeiling
from ..reduced_rank import RankChoice
from . import style
from .style import axes_or_new
from .tables import tidy, with_data

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@with_data(tidy)
def plot_rank_choice(
    choice: RankChoice, ax: Axes | None = None, *, color: str = style.BLUE
) -> Axes:
    """Draw the held-out share of variance over the rank, a thin line for each fold.

    At the strength that was chosen; the line is the mean over folds, with its standard error.

    Parameters
    ----------
    choice :
        ``ReducedRankRegression(...).fit(X, y).rank_choice_``.
    ax :
        Axes to draw on; None makes a figure one column wide.
    color :
        Of the mean.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> r2 = np.array([[[0.0, 0.5, 0.52], [0.0, 0.3, 0.29]]])
    >>> choice = RankChoice(np.ones(1), r2, np.zeros((3, 1)), "min", None, (0, 1), ("a",))
    >>> plot_rank_choice(choice).get_ylabel()
    'Held-out variance explained'
    """
    ax = axes_or_new(ax, height_mm=60)
    s, rank = choice.chosen
    ranks = np.arange(choice.fold_r2.shape[2])
    thin: style.Look = {"color": style.LIGHT_GREY, "linewidth": style.THIN_PT}
    ax.plot(ranks, choice.fold_r2[s].T, **thin)
    look: style.Look = {"color": color, "linewidth": style.LINE_PT, "marker": "o", "markersize": 2}
    ax.errorbar(ranks, choice.mean[s], yerr=np.nan_to_num(choice.se[s]), **look)
    ax.axvline(rank, color=style.GREY, linewidth=style.THIN_PT, label="chosen")
    ax.legend(loc="lower right")
    ax.set_xlabel("Rank")
    ax.set_ylabel("Held-out variance explained")
    return ax


@with_data(tidy)
def plot_noise_ceiling(
    ceiling: NoiseCeiling, ax: Axes | None = None, *, color: str = style.BLUE
) -> Axes:
    """Draw the correlation of each neuron's prediction below the largest that noise allows.

    Neurons from the highest ceiling to the lowest; those without signal power, which have no
    ceiling, are counted on the axis.

    Parameters
    ----------
    ceiling :
        From :func:`spikeglm.inference.noise_ceiling`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    color :
        Of the predictions.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> signal = np.sin(np.arange(100) / 5)[:, None]
    >>> repeats = signal + np.random.default_rng(0).normal(size=(8, 100, 1))
    >>> plot_noise_ceiling(nmo.inference.noise_ceiling(repeats, signal)).get_ylabel()
    'Correlation with the mean of the trials'
    """
    ax = axes_or_new(ax, height_mm=60)
    known = np.flatnonzero(np.isfinite(ceiling.cc_max))
    order = known[np.argsort(-ceiling.cc_max[known])]
    place = np.arange(1, len(order) + 1)
    top, error = ceiling.cc_max[order], np.nan_to_num(ceiling.cc_max_se[order])
    ax.fill_between(
        place, top - error, top + error, color=style.LIGHT_GREY, linewidth=0, step="mid"
    )
    line: style.Look = {"color": style.GREY, "linewidth": style.LINE_PT, "where": "mid"}
    ax.step(place, top, **line, label="ceiling")
    if np.isfinite(ceiling.cc_abs[order]).any():
        points: style.Look = {"linestyle": "none", "marker": "o", "markersize": 2.5}
        cc, cc_se = ceiling.cc_abs[order], np.nan_to_num(ceiling.cc_abs_se[order])
        ax.errorbar(
            place, cc, yerr=cc_se, color=color, elinewidth=style.THIN_PT, **points, label="model"
        )
    ax.legend(loc="lower left")
    none = len(ceiling.cc_max) - len(order)
    ax.set_xlabel(f"Neuron, by ceiling{f' ({none} without one)' if none else ''}")
    ax.set_ylabel("Correlation with the mean of the trials")
    ax.set_ylim(min(0.0, ax.get_ylim()[0]), 1.02)
    return ax
