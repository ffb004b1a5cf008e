"""Mixed selectivity: how many neurons encode which set of terms, as an UpSet plot."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ...selection import TermSearch
from .. import style
from ..encodings import Encoded
from ..style import axes_or_new
from ..tables import framed, objects, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _sets(found: Any, *, most: int = 12) -> pd.DataFrame:
    """Return a row per set and term: whether it is in, and how many neurons encode the set."""
    table = found.tables["search"] if hasattr(found, "tables") else found.to_frame()
    terms = list(dict.fromkeys(table["term"]))
    known = table[table["is_known"].astype(bool)]
    of_neuron = {
        neuron: tuple(part.set_index("term")["is_encoded"].reindex(terms).astype(bool))
        for neuron, part in known.groupby("neuron", sort=False)
    }
    counts = sorted(Counter(of_neuron.values()).items(), key=lambda item: (-item[1], item[0]))
    J = len(terms)
    all_have = np.array([has for has, _ in counts], dtype=bool).reshape(-1, J)
    all_n = np.array([n for _, n in counts], dtype=int)
    total, has, n = max(len(of_neuron), 1), all_have[:most], all_n[:most]
    return framed(
        {
            "rank": np.repeat(np.arange(len(n)), J),
            "set": np.repeat(objects([_named(terms, each) for each in has]), J),
            "term": np.tile(objects(terms), len(n)),
            "has_term": has.ravel(),
            "n_neurons": np.repeat(n, J),
            "share": np.repeat(n / total, J),
        },
        terms=terms,
        n_known=len(of_neuron),
        n_unknown=int(table["neuron"].nunique()) - len(of_neuron),
        n_left_out=max(len(counts) - most, 0),
        share_of_terms=(all_have * (all_n / total)[:, None]).sum(axis=0),
    )


@with_data(_sets)
def plot_encoded_sets(
    found: TermSearch | Encoded,
    ax: Axes | None = None,
    *,
    most: int = 12,
    color: str = style.BLUE,
) -> Axes:
    """Draw which sets of terms neurons encode: a bar per set, and below it dots for its terms.

    Sets of several terms (mixed selectivity) have a line through their dots. Beside each term is
    the share of neurons that encode it, in whatever set.

    Parameters
    ----------
    found :
        From :func:`spikeglm.selection.search_terms` or :func:`spikeglm.encode`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    most :
        How many sets, the commonest first; what is left out is counted in the title.
    color :
        Of the bars.

    Returns
    -------
    matplotlib Axes
        Of the bars; the dots are on axes of their own below.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Hardcastle et al. (2017), Neuron 94:375-87; Lex et al. (2014), IEEE Trans Vis Comput
    Graph 20:1983-92 (UpSet).

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
    >>> plot_encoded_sets(nmo.selection.search_terms(nmo.GLM(), X, y)).get_ylabel()
    'Neurons (%)'
    """
    table = plot_encoded_sets.data(found, most=most)
    bars = table.drop_duplicates("rank")
    terms = table.attrs["terms"]
    ax = axes_or_new(ax, height_mm=45 + 5 * len(terms))
    ax.bar(bars["rank"], 100 * bars["share"], color=color, width=0.7)
    for rank, share, n in zip(bars["rank"], bars["share"], bars["n_neurons"], strict=True):
        ax.annotate(str(n), (rank, 100 * share), xytext=(0, 1), textcoords="offset points",
                    ha="center", va="bottom", fontsize=style.SMALL_PT)  # fmt: skip
    ax.margins(y=0.15)
    ax.set_xticks([])
    ax.set_xlim(-0.6, max(len(bars), 1) - 0.4)
    ax.set_ylabel("Neurons (%)")
    ax.set_title(_title(table))
    _dots(ax, table, terms, table.attrs["share_of_terms"])
    return ax


def _dots(ax: Axes, table: pd.DataFrame, terms: list[Any], shares: Any) -> None:
    """Draw a column of dots per set on axes below the bars."""
    height = 0.05 + 0.13 * len(terms)  # of the bars
    below: Any = ax.inset_axes((0, -height - 0.02, 1, height), sharex=ax)
    place = {term: k for k, term in enumerate(terms)}
    for is_in, tint in ((False, style.LIGHT_GREY), (True, style.BLACK)):
        some = table[table["has_term"] == is_in]
        y = [place[term] for term in some["term"]]
        below.plot(some["rank"], y, "o", color=tint, markersize=4, markeredgewidth=0)
    for rank, part in table[table["has_term"]].groupby("rank"):
        y = [place[term] for term in part["term"]]
        below.vlines(rank, min(y), max(y), color=style.BLACK, linewidth=style.LINE_PT)
    names = [f"{term} ({100 * share:.0f} %)" for term, share in zip(terms, shares, strict=True)]
    below.set_yticks(range(len(terms)), names)
    below.set_ylim(len(terms) - 0.5, -0.5)
    below.set_xlabel(" ")  # room for the last row
    below.tick_params(length=0, labelbottom=False)
    for side in ("left", "bottom", "right", "top"):
        below.spines[side].set_visible(False)


def _title(table: pd.DataFrame) -> str:
    said = f"{table.attrs['n_known']} neurons"
    if table.attrs["n_unknown"]:
        said += f", {table.attrs['n_unknown']} without an answer"
    return said + (f", {n} more sets" if (n := table.attrs["n_left_out"]) else "")


def _named(terms: list[Any], has: Any) -> str:
    return " + ".join(str(t) for t, is_in in zip(terms, has, strict=True) if is_in) or "none"
