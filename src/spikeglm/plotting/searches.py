"""Which terms neurons encode: shares, a matrix, and the steps of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..selection import TermSearch
from . import style
from .style import axes_or_new
from .tables import with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_UNKNOWN = 0.5  # between encoded and not
_MOST_SETS = 40  # of the steps of a neuron that have names


def _shares(search: TermSearch) -> pd.DataFrame:
    """Return the share of neurons per term, with its standard error as of a binomial."""
    import pandas as pd

    share, n = search.share, max(int(search.is_known.sum()), 1)
    error = np.sqrt(share * (1 - share) / n)
    return pd.DataFrame({"term": list(search.terms), "share": share, "standard_error": error})


@with_data(_shares)
def plot_encoded_terms(
    search: TermSearch, ax: Axes | None = None, *, color: str = style.BLUE
) -> Axes:
    """Draw the share of neurons that encode each term, with its standard error.

    Neurons without an answer do not count.

    Parameters
    ----------
    search :
        From :func:`spikeglm.selection.search_terms`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    color :
        Of the bars.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
    >>> plot_encoded_terms(nmo.selection.search_terms(nmo.GLM(), X, y)).get_ylabel()
    'Neurons (%)'
    """
    ax = axes_or_new(ax, height_mm=50)
    table = _shares(search)
    places = np.arange(len(table))
    ax.bar(
        places,
        100 * table["share"],
        yerr=100 * table["standard_error"],
        color=color,
        width=0.7,
        error_kw={"elinewidth": style.THIN_PT},
    )
    ax.set_xticks(places, [str(term) for term in search.terms])
    ax.set_ylabel("Neurons (%)")
    ax.set_title(f"{int(search.is_known.sum())} neurons")
    return ax


def _matrix(search: TermSearch) -> pd.DataFrame:
    """Return the table of neurons and terms."""
    return search.to_frame()


@with_data(_matrix)
def plot_encoding_matrix(
    search: TermSearch, ax: Axes | None = None, *, sort: bool = True, color: str = style.BLUE
) -> Axes:
    """Draw neurons by terms, filled where a neuron encodes a term; grey where there is no answer.

    Parameters
    ----------
    search :
        From :func:`spikeglm.selection.search_terms`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    sort :
        Whether neurons with the same terms come together, those with most terms first.
    color :
        Of what is encoded.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
    >>> plot_encoding_matrix(nmo.selection.search_terms(nmo.GLM(), X, y)).get_ylabel()
    'Neuron'
    """
    from matplotlib.colors import ListedColormap

    ax = axes_or_new(ax, height_mm=80)
    order = _by_set(search) if sort else np.arange(len(search.neurons))
    filled = np.where(search.is_known, search.selected, _UNKNOWN).T[order]
    colors = ListedColormap(["white", style.LIGHT_GREY, color])
    ax.imshow(filled, aspect="auto", cmap=colors, vmin=0, vmax=1, interpolation="nearest")
    ax.set_xticks(np.arange(len(search.terms)), [str(term) for term in search.terms])
    if len(order) <= _MOST_SETS:
        ax.set_yticks(np.arange(len(order)), [str(search.neurons[n]) for n in order])
    ax.set_ylabel("Neuron")
    return ax


def _by_set(search: TermSearch) -> Any:
    """Return neurons in order: with an answer first, most terms first, the same terms together."""
    n_terms = search.selected.sum(axis=0)
    keys = [*(~search.selected[::-1]), -n_terms, ~search.is_known]
    return np.lexsort(keys)


def _steps(search: TermSearch) -> pd.DataFrame:
    """Return the table of all sets that were tried."""
    return search.steps_frame()


@with_data(_steps)
def plot_search_steps(
    search: TermSearch, neuron: Any = None, ax: Axes | None = None, *, color: str = style.BLUE
) -> Axes:
    """Draw the score of every set that was tried for a neuron, step by step, with its error.

    The first step is on top. The best of each step is filled where the search went on to it; a star
    marks where it ended.

    Parameters
    ----------
    search :
        From :func:`spikeglm.selection.search_terms`.
    neuron :
        Its name; None where there is one.
    ax :
        Axes to draw on; None makes a figure one column wide.
    color :
        Of the sets that were taken.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is no such neuron.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
    >>> plot_search_steps(nmo.selection.search_terms(nmo.GLM(), X, y)).get_ylabel()
    'Terms, step by step'
    """
    n = search.place(neuron)
    table = search.steps_frame()
    mine = table[[name == search.neurons[n] for name in table["neuron"]]]
    ax = axes_or_new(ax, height_mm=20 + 4 * min(len(mine), _MOST_SETS))
    columns = ("to", "score", "score_se", "is_best", "is_taken")
    for at, (name, score, se, is_best, is_taken) in enumerate(
        zip(*(mine[c] for c in columns), strict=True)
    ):
        ax.errorbar(
            score,
            at,
            xerr=se,
            color=color if is_best else style.GREY,
            markerfacecolor=color if is_taken else "white",
            marker="*" if is_taken and name == search.sets[n] else "o",
            markersize=7 if is_taken and name == search.sets[n] else 4,
            elinewidth=style.THIN_PT,
        )
    for edge in np.flatnonzero(np.diff(mine["step"])):
        ax.axhline(edge + 0.5, color=style.LIGHT_GREY, linewidth=style.THIN_PT, zorder=0)
    if len(mine) <= _MOST_SETS:
        ax.set_yticks(np.arange(len(mine)), mine["to"])
    ax.axvline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.invert_yaxis()
    ax.set_ylabel("Terms, step by step")
    ax.set_xlabel(search.score_name[:1].upper() + search.score_name[1:])
    ax.set_title(f"neuron {search.neurons[n]}: {search.sets[n]}")
    return ax
