"""Many outputs: held-out variance by rank, and models under their noise ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..inference.ceilings import NoiseCeiling
from ..reduced_rank import RankChoice
from . import style
from .style import axes_or_new
from .tables import framed, objects, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _ranks(choice: RankChoice) -> pd.DataFrame:
    """Return the share of variance of each rank and fold at the chosen strength, and its mean."""
    s, rank = choice.chosen
    K, R = choice.fold_r2.shape[1:]
    return framed(
        {
            "rank": np.tile(np.arange(R), K),
            "fold": np.repeat(objects(choice.fold_labels), R),
            "r2": choice.fold_r2[s].ravel(),
            "mean": np.tile(choice.mean[s], K),
            "standard_error": np.tile(choice.se[s], K),
        },
        chosen=rank,
    )


@with_data(_ranks)
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
    table = plot_rank_choice.data(choice)
    ax = axes_or_new(ax, height_mm=60)
    thin: style.Look = {"color": style.LIGHT_GREY, "linewidth": style.THIN_PT}
    for _, part in table.groupby("fold", sort=False):
        ax.plot(part["rank"], part["r2"], **thin)
    mean = table.drop_duplicates("rank")
    look: style.Look = {"color": color, "linewidth": style.LINE_PT, "marker": "o", "markersize": 2}
    ax.errorbar(mean["rank"], mean["mean"], yerr=mean["standard_error"].fillna(0.0), **look)
    line: style.Look = {"color": style.GREY, "linewidth": style.THIN_PT, "label": "chosen"}
    ax.axvline(table.attrs["chosen"], **line)
    ax.legend(loc="lower right")
    ax.set_xlabel("Rank")
    ax.set_ylabel("Held-out variance explained")
    return ax


def _ceilings(ceiling: NoiseCeiling) -> pd.DataFrame:
    """Return the neurons that have a ceiling, the highest first, with what the model reaches."""
    known = np.flatnonzero(np.isfinite(ceiling.cc_max))
    order = known[np.argsort(-ceiling.cc_max[known])]
    names = ("cc_max", "cc_max_se", "cc_abs", "cc_abs_se")
    columns = {name: getattr(ceiling, name)[order] for name in names}
    columns |= {"neuron": objects(ceiling.neurons)[order], "place": np.arange(1, len(order) + 1)}
    return framed(columns, n_without=len(ceiling.cc_max) - len(order))


@with_data(_ceilings)
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
    table = plot_noise_ceiling.data(ceiling)
    ax = axes_or_new(ax, height_mm=60)
    place, top, error = table["place"], table["cc_max"], table["cc_max_se"].fillna(0.0)
    ax.fill_between(
        place, top - error, top + error, color=style.LIGHT_GREY, linewidth=0, step="mid"
    )
    line: style.Look = {"color": style.GREY, "linewidth": style.LINE_PT, "where": "mid"}
    ax.step(place, top, **line, label="ceiling")
    if table["cc_abs"].notna().any():
        points: style.Look = {"linestyle": "none", "marker": "o", "markersize": 2.5}
        cc, cc_se = table["cc_abs"], table["cc_abs_se"].fillna(0.0)
        ax.errorbar(
            place, cc, yerr=cc_se, color=color, elinewidth=style.THIN_PT, **points, label="model"
        )
    ax.legend(loc="lower left")
    none = table.attrs["n_without"]
    ax.set_xlabel(f"Neuron, by ceiling{f' ({none} without one)' if none else ''}")
    ax.set_ylabel("Correlation with the mean of the trials")
    ax.set_ylim(min(0.0, ax.get_ylim()[0]), 1.02)
    return ax
