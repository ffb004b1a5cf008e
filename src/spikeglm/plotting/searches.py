"""Which terms neurons encode: shares, a matrix, and the steps of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..selection import TermSearch
from . import style
from .labels import has_room_for_rows, in_lines, name_ticks, rows_named, title_beside
from .style import axes_or_new
from .tables import framed, objects, of_neuron, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_UNKNOWN = 0.5  # between encoded and not
_MOST_SETS = 40  # of the steps of a neuron that have names
_LETTERS = 29  # of a set of terms on one line, in a figure one column wide


def _shares(search: TermSearch) -> pd.DataFrame:
    """Return the share of neurons per term, with its standard error as of a binomial."""
    share, n = search.share, int(search.is_known.sum())
    error = np.sqrt(share * (1 - share) / max(n, 1))
    columns = {"term": objects(search.terms), "share": share, "standard_error": error}
    return framed(columns, title=f"{n} neurons")


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
    table = plot_encoded_terms.data(search)
    ax = axes_or_new(ax, height_mm=50)
    places = np.arange(len(table))
    share, error = 100 * table["share"], 100 * table["standard_error"]
    thin = {"elinewidth": style.THIN_PT}
    ax.bar(places, share, yerr=error, color=color, width=0.7, error_kw=thin)
    name_ticks(ax, table["term"])
    ax.set_ylabel("Neurons (%)")
    ax.set_title(table.attrs["title"])
    return ax


def _matrix(search: TermSearch, *, sort: bool = True) -> pd.DataFrame:
    """Return a row per neuron and term, neurons from top to bottom."""
    order = _by_set(search) if sort else np.arange(len(search.neurons))
    J, N = len(search.terms), len(order)
    return framed(
        {
            "row": np.repeat(np.arange(N), J),
            "neuron": np.repeat(objects(search.neurons)[order], J),
            "term": np.tile(objects(search.terms), N),
            "is_encoded": search.selected.T[order].ravel(),
            "is_known": np.repeat(np.asarray(search.is_known)[order], J),
        },
        terms=[str(term) for term in search.terms],
    )


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

    table = plot_encoding_matrix.data(search, sort=sort)
    ax = axes_or_new(ax, height_mm=80)
    terms = table.attrs["terms"]
    filled = np.where(table["is_known"], table["is_encoded"], _UNKNOWN)
    colors = ListedColormap(["white", style.LIGHT_GREY, color])
    look: style.Look = {"aspect": "auto", "cmap": colors, "interpolation": "nearest"}
    ax.imshow(filled.astype(float).reshape(-1, len(terms)), vmin=0, vmax=1, **look)
    name_ticks(ax, terms)
    names = table.drop_duplicates("row")["neuron"]
    if has_room_for_rows(ax, len(names)):
        ax.set_yticks(np.arange(len(names)), [str(name) for name in names])
    has_names = has_room_for_rows(ax, len(names))
    ax.set_ylabel("Neuron" if has_names else f"Neuron ({len(names)}{', sorted' if sort else ''})")
    return ax


def _by_set(search: TermSearch) -> Any:
    """Return neurons in order: with an answer first, most terms first, the same terms together."""
    n_terms = search.selected.sum(axis=0)
    keys = [*(~search.selected[::-1]), -n_terms, ~search.is_known]
    return np.lexsort(keys)


def _steps(search: TermSearch, *, neuron: Any = None) -> pd.DataFrame:
    """Return every set that was tried for a neuron, step by step, and where the search ended."""
    n = search.place(neuron)
    table = of_neuron(search.steps_frame(), search.neurons[n])
    table["is_end"] = table["is_taken"] & (table["to"] == search.sets[n])
    by_set: dict[tuple[int, str], Any] = {}
    for number, step in enumerate(search.steps, start=1):
        for m in np.flatnonzero(step.is_candidate[:, n]):
            by_set[number, search.name_of(step.sets[m])] = tuple(step.score[m, :, n])
    table["folds"] = [by_set[key] for key in zip(table["step"], table["to"], strict=True)]
    score = search.score_name
    table.attrs = {
        "xlabel": score[:1].upper() + score[1:],
        "title": f"neuron {search.neurons[n]}: {search.sets[n]}",
    }
    return table


@with_data(_steps)
def plot_search_steps(
    search: TermSearch, ax: Axes | None = None, *, neuron: Any = None, color: str = style.BLUE
) -> Axes:
    """Draw the score of every set that was tried for a neuron, step by step, with its error.

    The first step is on top. The best of each step is filled where the search went on to it; a star
    marks where it ended. Small points are folds.

    Parameters
    ----------
    search :
        From :func:`spikeglm.selection.search_terms`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its name; None where there is one.
    color :
        Of the sets that were taken.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is no such neuron.

    References
    ----------
    Hardcastle et al. (2017), Neuron 94:375-87.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
    >>> plot_search_steps(nmo.selection.search_terms(nmo.GLM(), X, y)).get_ylabel()
    'Terms, step by step'
    """
    table = plot_search_steps.data(search, neuron=neuron)
    shown = list(table["to"]) if len(table) <= _MOST_SETS else []
    n_lines = max((in_lines(name, _LETTERS).count("\n") for name in shown), default=0) + 1
    ax = axes_or_new(ax, height_mm=20 + (1 + 3 * n_lines) * min(len(table), _MOST_SETS))
    names = rows_named(ax, shown)
    for at, row in table.iterrows():
        tint = color if row["is_best"] else style.GREY
        small: style.Look = {"color": tint, "alpha": 0.35, "markersize": 2, "markeredgewidth": 0}
        ax.plot(row["folds"], np.full(len(row["folds"]), at), "o", **small)
        fill = tint if row["is_taken"] else "white"
        look: style.Look = {"color": tint, "elinewidth": style.THIN_PT, "markerfacecolor": fill}
        is_end = row["is_end"]
        look |= {"marker": "*" if is_end else "o", "markersize": 7 if is_end else 4}
        ax.errorbar(row["score"], at, xerr=row["score_se"], **look)
    for edge in np.flatnonzero(np.diff(table["step"])):
        ax.axhline(edge + 0.5, color=style.LIGHT_GREY, linewidth=style.THIN_PT, zorder=0)
    if names:
        ax.set_yticks(np.arange(len(table)), names)
    ax.axvline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.invert_yaxis()
    ax.set_ylabel("Terms, step by step")
    ax.set_xlabel(table.attrs["xlabel"])
    ax.set_title(title_beside(ax, table.attrs["title"], names))
    return ax
