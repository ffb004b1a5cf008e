"""Who drives whom: the matrix of strengths, and the filters of the strongest pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..inference.couplings.measures import MEASURES
from ..inference.couplings.result import Coupling, strongest
from . import style
from .style import axes_or_new
from .tables import tidy, with_data

if TYPE_CHECKING:
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


@with_data(tidy)
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
    value, _ = found.measured(measure)
    shown = np.log(value) if measure == "gain" else value.copy()
    is_none = ~np.isfinite(shown)
    if significant is not None:
        shown[~(found.q_value < significant) & ~found.is_self] = 0.0
    if not with_self:
        shown[found.is_self] = np.nan
    known = np.abs(shown[np.isfinite(shown)])
    limit = float(np.percentile(known, _SHARE)) if known.size and known.any() else 1.0
    limit = limit or float(known.max())
    ax = axes_or_new(ax, height_mm=75)
    cells = np.ma.masked_invalid(shown)
    colours = _diverging()
    image = ax.imshow(cells, cmap=colours, vmin=-limit, vmax=limit, interpolation="nearest")
    _hatch(ax, is_none)
    _name(ax, found)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, extend="both")
    bar.set_label(_label(found, measure))
    bar.outline.set_linewidth(style.THIN_PT)
    ax.set_xlabel("From")
    ax.set_ylabel("To")
    return ax


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
    pairs = strongest(found, n)
    axes = _grid(len(pairs)) if axes is None else np.atleast_1d(np.asarray(axes, dtype=object))
    axes = axes.ravel()[: len(pairs)]
    for ax, (to, source) in zip(axes, pairs, strict=True):
        curve = found.filter(found.neurons[to], found.sources[source])
        is_timed = curve.units == ("s",)
        at = 1e3 * curve.at[0] if is_timed else curve.at[0]
        color = style.VERMILLION if found.strength[to, source] > 0 else style.BLUE
        ax.fill_between(at, curve.low, curve.high, color=color, alpha=style.BAND_ALPHA, linewidth=0)
        ax.plot(at, curve.value, color=color, linewidth=style.LINE_PT)
        ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
        ax.set_xlim(0, at.max())
        ax.set_title(f"{curve.label}, q = {found.q_value[to, source]:.2g}")
        ax.set_xlabel("Lag (ms)" if is_timed else "Lag (bins)")
        ax.set_ylabel("Log gain per spike" if curve.unit == "nats" else "Effect per spike")
    return axes


def _grid(n: int) -> Any:
    with style.paper_style():
        from matplotlib import pyplot as plt

        columns = min(3, max(n, 1))
        rows = -(-max(n, 1) // columns)
        size = style.size_inches(61 * columns, 45 * rows)
        _, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
        for ax in axes.ravel()[n:]:
            ax.set_visible(False)
        return axes


def _diverging() -> Any:
    from matplotlib import colormaps

    return colormaps["RdBu_r"].with_extremes(bad=style.LIGHT_GREY)


def _hatch(ax: Axes, is_none: Any) -> None:
    """Hatch cells without an estimate, so that they are not taken for zero."""
    from matplotlib.patches import Rectangle

    look: style.Look = {"fill": False, "hatch": "/////", "edgecolor": style.GREY, "linewidth": 0}
    for row, column in np.argwhere(is_none):
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **look))


def _name(ax: Axes, found: Coupling) -> None:
    """Name neurons where they are few, or groups of them, with lines where these end."""
    line: style.Look = {"color": style.BLACK, "linewidth": style.THIN_PT}
    is_square = found.neurons == found.sources
    for names, axis, draw in (
        (found.neurons, ax.yaxis, ax.axhline),
        (found.sources, ax.xaxis, ax.axvline),
    ):
        if found.boundaries and (is_square or names is found.neurons):
            ends = np.array(found.boundaries)
            for end in ends[:-1]:
                draw(end - 0.5, **line)
            starts = np.append(0, ends[:-1])
            axis.set_ticks((starts + ends - 1) / 2, [str(group) for group in found.groups])
        elif len(names) <= _MOST_LABELS:
            axis.set_ticks(np.arange(len(names)), [str(name) for name in names])
    ax.tick_params(length=0)


def _label(found: Coupling, measure: str) -> str:
    assert measure in MEASURES
    text = _NAMES[measure]
    return text if found.filters.bin_s is not None else text.replace("× s", "× bins")
