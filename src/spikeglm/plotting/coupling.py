"""Who drives whom: the matrix of strengths, the filters of the strongest pairs, and distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..inference.couplings.measures import MEASURES
from ..inference.couplings.result import Coupling, strongest
from ..io.interop.timeseries import to_array
from ..numerics import quiet
from . import style
from .style import axes_or_new
from .tables import framed, objects, tidy, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_NAMES = {
    "integral": "Coupling (log rate × s)",
    "gain": "Log of the mean factor on the rate",
    "peak": "Peak (log rate)",
    "norm": "Norm",
    "extra_spikes": "Further spikes per spike",
}
_MOST_LABELS = 30
_SHARE = 99.0  # percentile of |strength| at which colours are full
_BINS = 8
_ALPHA = 0.05


def _matrix(
    found: Coupling,
    *,
    measure: str = "integral",
    significant: float | None = None,
    with_self: bool = False,
) -> pd.DataFrame:
    """Return a row per pair, with what is ``shown`` of it: NaN for nothing."""
    value, _ = found.measured(measure)
    with quiet():
        shown = np.log(value) if measure == "gain" else value.copy()
    has_none = ~np.isfinite(shown)
    if significant is not None:
        shown[~(found.q_value < significant) & ~found.is_self] = 0.0
    if not with_self:
        shown[found.is_self] = np.nan
    table = tidy(found)
    table["shown"], table["has_none"] = shown.ravel(), has_none.ravel()
    table.attrs = {
        "shape": shown.shape,
        "names": (found.neurons, found.sources),
        "boundaries": found.boundaries,
        "groups": found.groups,
        "label": _label(found, measure),
    }
    return table


@with_data(_matrix)
def plot_coupling(
    found: Coupling,
    ax: Axes | None = None,
    *,
    measure: str = "integral",
    significant: float | None = None,
    with_self: bool = False,
) -> Axes:
    """Draw the matrix of strengths: to (rows) from (columns), red excites, blue inhibits.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.coupling`, sorted or not: groups get lines and names.
    ax :
        Axes to draw on; None makes a figure one column wide.
    measure :
        As of :meth:`Coupling.measured`.
    significant :
        Draw pairs with q below this alone, such as 0.05; None draws all.
    with_self :
        Whether the diagonal, own history, is drawn; it is grey else, as it is much stronger. Pairs
        without an estimate are hatched.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        For an unknown measure.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> counts = np.random.default_rng(0).poisson(0.3, (2000, 3))
    >>> X = nmo.basis.HistoryConv(3, label="coupling").design(counts)
    >>> found = nmo.inference.coupling(nmo.PopulationGLM().fit(X, counts), X, counts)
    >>> plot_coupling(found, significant=0.05).get_xlabel()
    'From'
    """
    options: dict[str, Any] = {"measure": measure, "significant": significant}
    table = plot_coupling.data(found, with_self=with_self, **options)
    shape = table.attrs["shape"]
    shown, has_none = (table[c].to_numpy().reshape(shape) for c in ("shown", "has_none"))
    known = np.abs(shown[np.isfinite(shown)])
    limit = float(np.percentile(known, _SHARE)) if known.size and known.any() else 1.0
    limit = limit or float(known.max())
    ax = axes_or_new(ax, height_mm=75)
    look: style.Look = {"cmap": _diverging(), "vmin": -limit, "vmax": limit}
    image = ax.imshow(np.ma.masked_invalid(shown), interpolation="nearest", **look)
    _hatch(ax, has_none)
    _name(ax, table.attrs)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, extend="both")
    bar.set_label(table.attrs["label"])
    bar.outline.set_linewidth(style.THIN_PT)
    ax.set_xlabel("From")
    ax.set_ylabel("To")
    return ax


def _filters(found: Coupling, *, n: int = 6) -> pd.DataFrame:
    """Return the filters of the strongest pairs below each other, with their bands."""
    import pandas as pd

    parts = []
    for rank, (to, source) in enumerate(strongest(found, n)):
        curve = found.filter(found.neurons[to], found.sources[source])
        at = 1e3 * curve.at[0] if curve.units == ("s",) else curve.at[0]
        columns = {"lag": at, "value": curve.value, "low": curve.low, "high": curve.high}
        about: dict[str, Any] = {"rank": rank, "pair": curve.label}
        about |= {"q_value": found.q_value[to, source], "excites": found.strength[to, source] > 0}
        parts.append(framed(columns).assign(**about))
    table = pd.concat(parts, ignore_index=True) if parts else framed({"rank": [], "lag": []})
    is_timed, is_log = found.filters.bin_s is not None, found.filters.link.name == "exp"
    table.attrs = {
        "n_pairs": len(parts),
        "xlabel": "Lag (ms)" if is_timed else "Lag (bins)",
        "ylabel": "Log gain (nats per spike)" if is_log else "Effect (per spike)",
    }
    return table


@with_data(_filters)
def plot_coupling_filters(found: Coupling, axes: Any = None, *, n: int = 6) -> Any:
    """Draw the filters of the strongest pairs of different neurons, with bands, over lags in ms.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.coupling`.
    axes :
        An array of n Axes; None makes a figure of them.
    n :
        How many.

    Returns
    -------
    array of matplotlib Axes, of those that were drawn on

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> counts = np.random.default_rng(0).poisson(0.3, (2000, 3))
    >>> X = nmo.basis.HistoryConv(3, label="coupling").design(counts)
    >>> found = nmo.inference.coupling(nmo.PopulationGLM().fit(X, counts), X, counts)
    >>> len(plot_coupling_filters(found, n=4))
    4
    """
    table = plot_coupling_filters.data(found, n=n)
    n_pairs = table.attrs["n_pairs"]
    axes = _grid(n_pairs) if axes is None else np.atleast_1d(np.asarray(axes, dtype=object))
    axes = axes.ravel()[:n_pairs]
    for ax, (_, part) in zip(axes, table.groupby("rank"), strict=True):
        at = part["lag"]
        color = style.VERMILLION if part["excites"].iloc[0] else style.BLUE
        shade: style.Look = {"color": color, "alpha": style.BAND_ALPHA, "linewidth": 0}
        ax.fill_between(at, part["low"], part["high"], **shade)
        ax.plot(at, part["value"], color=color, linewidth=style.LINE_PT)
        ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
        ax.set_xlim(0, at.max())
        ax.set_title(f"{part['pair'].iloc[0]}, {showing.p_is('q', part['q_value'].iloc[0])}")
        ax.set_xlabel(table.attrs["xlabel"])
        ax.set_ylabel(table.attrs["ylabel"])
    return axes


def _distances(found: Coupling, positions: Any, *, measure: str = "integral") -> pd.DataFrame:
    """Return a row per pair of different neurons: how far apart they are, and the strength."""
    at = np.asarray(to_array(positions, name="positions"), dtype=float)
    at = at[:, None] if at.ndim == 1 else at
    if found.neurons != found.sources or len(at) != len(found.neurons):
        raise errors.value_error(
            "There is not a distance for each pair.",
            given=f"positions of {len(at)} neurons, {len(found.neurons)} neurons and "
            f"{len(found.sources)} sources",
            expected="a population coupled to itself, and a position for each of its neurons",
        )
    far = np.sqrt(((at[:, None] - at[None]) ** 2).sum(axis=2))
    value, _ = found.measured(measure)
    with quiet():
        value = np.log(value) if measure == "gain" else value
    kept = ~found.is_self & np.isfinite(value)
    to, source = np.nonzero(kept)
    table = framed(
        {
            "to": objects(found.neurons)[to],
            "from": objects(found.sources)[source],
            "distance": far[kept],
            "value": value[kept],
            "q_value": found.q_value[kept],
        },
        label=_label(found, measure),
    )
    edges = np.histogram_bin_edges(far[kept], bins=_BINS) if kept.any() else np.arange(2.0)
    place = np.clip(np.searchsorted(edges, table["distance"], side="right") - 1, 0, len(edges) - 2)
    by_bin = table.groupby(place)["value"]
    table["bin_centre"] = (edges[place] + edges[place + 1]) / 2
    table["bin_mean"], table["bin_se"] = by_bin.transform("mean"), by_bin.transform("sem")
    return table


@with_data(_distances)
def plot_coupling_over_distance(
    found: Coupling,
    positions: Any,
    ax: Axes | None = None,
    *,
    measure: str = "integral",
    unit: str = "µm",
) -> Axes:
    """Draw the strength of each pair over the distance of its neurons, with means of bins.

    Parameters
    ----------
    found :
        From :func:`spikeglm.inference.coupling`, of a population coupled to itself.
    positions :
        (N,) depths or (N, d) places of the neurons, in the order of ``found.neurons``.
    ax :
        Axes to draw on; None makes a figure one column wide.
    measure :
        As of :meth:`Coupling.measured`.
    unit :
        That of the positions.

    Returns
    -------
    matplotlib Axes
        Full points are pairs with q < .05; squares means of pairs at one distance ± s.e.

    Raises
    ------
    ValueError
        For an unknown measure, or if there is not a position for each neuron.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Pillow et al. (2008), Nature 454:995-9; Zoltowski & Pillow (2018), NeurIPS 31.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> counts = np.random.default_rng(0).poisson(0.3, (2000, 3))
    >>> X = nmo.basis.HistoryConv(3, label="coupling").design(counts)
    >>> found = nmo.inference.coupling(nmo.PopulationGLM().fit(X, counts), X, counts)
    >>> plot_coupling_over_distance(found, [0.0, 20.0, 60.0]).get_xlabel()
    'Distance (µm)'
    """
    table = plot_coupling_over_distance.data(found, positions, measure=measure)
    ax = axes_or_new(ax, height_mm=60)
    is_sure = table["q_value"].to_numpy() < _ALPHA
    for which, fill in ((~is_sure, "white"), (is_sure, style.BLUE)):
        look: style.Look = {"color": style.BLUE, "markerfacecolor": fill, "markersize": 2.5}
        ax.plot(table["distance"][which], table["value"][which], "o", **look, alpha=0.7)
    means = table.drop_duplicates("bin_centre").sort_values("bin_centre")
    square: style.Look = {"fmt": "s-", "color": style.BLACK, "markersize": 3, "linewidth": 0.8}
    ax.errorbar(means["bin_centre"], means["bin_mean"], yerr=means["bin_se"], **square)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_xlabel(f"Distance ({unit})")
    ax.set_ylabel(table.attrs["label"])
    return ax


def _grid(n: int) -> Any:
    columns = min(3, max(n, 1))
    rows = -(-max(n, 1) // columns)
    size = style.size_inches(61 * columns, 45 * rows)
    axes = style.new_figure(rows, columns, figsize=size, squeeze=False)[1]
    for ax in axes.ravel()[n:]:
        ax.set_visible(False)
    return axes


def _diverging() -> Any:
    from matplotlib import colormaps

    return colormaps["RdBu_r"].with_extremes(bad=style.LIGHT_GREY)


def _hatch(ax: Axes, has_none: Any) -> None:
    """Hatch cells without an estimate, so that they are not taken for zero."""
    from matplotlib.patches import Rectangle

    look: style.Look = {"fill": False, "hatch": "/////", "edgecolor": style.GREY, "linewidth": 0}
    for row, column in np.argwhere(has_none):
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **look))


def _name(ax: Axes, attrs: dict[Any, Any]) -> None:
    """Name neurons where they are few, or groups of them, with lines where these end."""
    line: style.Look = {"color": style.BLACK, "linewidth": style.THIN_PT}
    neurons, sources = attrs["names"]
    is_square = neurons == sources
    for names, axis, draw in ((neurons, ax.yaxis, ax.axhline), (sources, ax.xaxis, ax.axvline)):
        if attrs["boundaries"] and (is_square or names is neurons):
            ends = np.array(attrs["boundaries"])
            for end in ends[:-1]:
                draw(end - 0.5, **line)
            starts = np.append(0, ends[:-1])
            axis.set_ticks((starts + ends - 1) / 2, [str(group) for group in attrs["groups"]])
        elif len(names) <= _MOST_LABELS:
            axis.set_ticks(np.arange(len(names)), [str(name) for name in names])
    ax.tick_params(length=0)


def _label(found: Coupling, measure: str) -> str:
    assert measure in MEASURES
    text = _NAMES[measure]
    return text if found.filters.bin_s is not None else text.replace("× s", "× bins")
