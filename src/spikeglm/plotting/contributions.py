"""What terms contribute: bars of one neuron, a map of many, lines over time or place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..selection import Contributions
from ..typing import Array, FloatArray
from . import style
from .labels import legend_above, name_ticks
from .style import axes_or_new
from .tables import framed, objects, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _bars(found: Contributions, *, neuron: Any = None, measure: str | None = None) -> pd.DataFrame:
    """Return the height of each bar and the ends of its error: a row per way to ask and term."""
    unit = found.unit(measure)
    n = _place(found, neuron)
    parts = [
        _middle(found.value(how, unit.name), found.error(how, unit.name), n) for how in found.how
    ]
    value, low, high = (np.concatenate(each) for each in zip(*parts, strict=True))
    J, H = len(found.terms), len(found.how)
    return framed(
        {
            "how": np.repeat(objects(found.how), J),
            "term": np.tile(objects(found.terms), H),
            "value": value,
            "low": low,
            "high": high,
        },
        ylabel=f"Held-out contribution ({unit.label})",
    )


@with_data(_bars)
def plot_contributions(
    found: Contributions,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    measure: str | None = None,
) -> Axes:
    """Draw a bar per term and way to ask, with standard errors over folds.

    Of one neuron; of several, without ``neuron``, the median and a bar over the middle half.

    Parameters
    ----------
    found :
        Of :func:`spikeglm.selection.contributions`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its name.
    measure :
        One of ``found.measures``; None is the first.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such neuron or measure.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
    >>> plot_contributions(nmo.selection.contributions(nmo.GLM(), X, y)).get_ylabel()
    'Held-out contribution (bits per spike)'
    """
    table = plot_contributions.data(found, neuron=neuron, measure=measure)
    ax = axes_or_new(ax, height_mm=60)
    ways = table["how"].unique()
    terms = list(table["term"].unique())
    width = 0.8 / len(ways)
    for h, (how, part) in enumerate(table.groupby("how", sort=False)):
        at = np.arange(len(terms)) + (h - 0.5 * (len(ways) - 1)) * width
        look: style.Look = {"color": style.CYCLE[h % len(style.CYCLE)], "label": how}
        ax.bar(at, part["value"], 0.9 * width, **look)
        bars: style.Look = {"fmt": "none", "ecolor": style.BLACK, "elinewidth": style.THIN_PT}
        ends = [part["value"] - part["low"], part["high"] - part["value"]]
        ax.errorbar(at, part["value"], yerr=ends, **bars)
    ax.axhline(0.0, color=style.BLACK, linewidth=style.THIN_PT)
    name_ticks(ax, terms)
    ax.set_ylabel(table.attrs["ylabel"])
    if len(ways) > 1:
        ax.legend()
    return ax


def _map(
    found: Contributions, *, how: str | None = None, measure: str | None = None
) -> pd.DataFrame:
    """Return a row per neuron and term, neurons from top to bottom; those without numbers left out.

    Raises ValueError if no neuron has numbers.
    """
    unit = found.unit(measure)
    value = found.value(how, unit.name)
    known = np.flatnonzero(np.isfinite(value).all(axis=0))
    if not len(known):
        raise errors.value_error(
            "There is nothing to draw.",
            given="contributions that are all NaN",
            expected="some neurons with numbers",
            todo="look at reason.",
        )
    value = value[:, known]
    order = np.lexsort((-value.max(axis=0), value.argmax(axis=0)))
    J, N = value.shape
    return framed(
        {
            "row": np.repeat(np.arange(N), J),
            "neuron": np.repeat(objects(found.neurons)[known][order], J),
            "term": np.tile(objects(found.terms), N),
            "value": value[:, order].T.ravel(),
        },
        label=f"{_titled(found, how)} ({unit.label})",
        terms=[str(term) for term in found.terms],
        n_neurons=N,
    )


@with_data(_map)
def plot_contribution_map(
    found: Contributions,
    ax: Axes | None = None,
    *,
    how: str | None = None,
    measure: str | None = None,
) -> Axes:
    """Draw the contributions of all terms (columns) to all neurons (rows) in colour.

    Neurons are sorted by their largest term, and among those of one term by how much it
    contributes. Neurons without numbers are left out.

    Parameters
    ----------
    found :
        Of :func:`spikeglm.selection.contributions`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    how, measure :
        Among those that were asked for, and those of the responses; None takes the first.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such way or measure, or no neuron has numbers.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.random.default_rng(1).poisson(1.0, size=(200, 3))
    >>> found = nmo.selection.contributions(nmo.PopulationGLM(), X, y)
    >>> plot_contribution_map(found).get_ylabel()
    'Neuron (3, sorted)'
    """
    table = plot_contribution_map.data(found, how=how, measure=measure)
    terms = table.attrs["terms"]
    ax = axes_or_new(ax, height_mm=80)
    value = table["value"].to_numpy().reshape(-1, len(terms))
    top = float(np.abs(value).max()) or 1.0
    look: style.Look = {"aspect": "auto", "cmap": "RdBu_r", "vmin": -top, "vmax": top}
    image = ax.imshow(value, interpolation="nearest", **look)
    ax.figure.colorbar(image, ax=ax, label=table.attrs["label"])
    name_ticks(ax, terms)
    ax.set_ylabel(f"Neuron ({table.attrs['n_neurons']}, sorted)")
    return ax


def _over(
    found: Contributions,
    *,
    neuron: Any = None,
    how: str | None = None,
    measure: str | None = None,
) -> pd.DataFrame:
    """Return a row per term and bin, with the ends of the band."""
    unit = found.unit(measure)
    value, se = found.by_bin(how, unit.name)
    n = _place(found, neuron)
    x = found.bins.centres if found.bins is not None else np.empty(0)
    middle, low, high = (each.ravel() for each in _middle(value, se, n))
    return framed(
        {
            "term": np.repeat(objects(found.terms), len(x)),
            "at": np.tile(x, len(found.terms)),
            "value": middle,
            "low": low,
            "high": high,
        },
        ylabel=f"{_titled(found, how)} ({unit.label})",
    )


@with_data(_over)
def plot_contributions_over(
    found: Contributions,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    how: str | None = None,
    measure: str | None = None,
    xlabel: str = "",
) -> Axes:
    """Draw contributions over the variable of the bins, a line per term with errors over folds.

    Of one neuron; of several, without ``neuron``, the median and the middle half.

    Parameters
    ----------
    found :
        Of :func:`spikeglm.selection.contributions` with ``over=``.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron, how, measure :
        As for :func:`plot_contributions`.
    xlabel :
        What the variable is called.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there are no bins, or no such neuron, way or measure.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
    >>> by = {"over": np.arange(200) % 20, "bins": 4}
    >>> found = nmo.selection.contributions(nmo.GLM(), X, y, **by)
    >>> plot_contributions_over(found, xlabel="Time in trial (bins)").get_xlabel()
    'Time in trial (bins)'
    """
    table = plot_contributions_over.data(found, neuron=neuron, how=how, measure=measure)
    ax = axes_or_new(ax, height_mm=50)
    for j, (term, part) in enumerate(table.groupby("term", sort=False)):
        color = style.CYCLE[j % len(style.CYCLE)]
        ax.plot(part["at"], part["value"], color=color, linewidth=style.LINE_PT, label=str(term))
        shade: style.Look = {"color": color, "alpha": style.BAND_ALPHA, "linewidth": 0}
        ax.fill_between(part["at"], part["low"], part["high"], **shade)
    ax.axhline(0.0, color=style.BLACK, linewidth=style.THIN_PT)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(table.attrs["ylabel"])
    legend_above(ax)
    return ax


def _middle(
    value: FloatArray, se: FloatArray, n: int | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return values (..., N) of a neuron and the ends of errors; of all, median and quartiles."""
    if n is not None:
        error = np.nan_to_num(se[..., n])
        return value[..., n], value[..., n] - error, value[..., n] + error
    low, median, high = _quartiles(value)
    return median, low, high


def _quartiles(value: Array) -> tuple[Array, Array, Array]:
    """Return three quartiles over neurons that have numbers; NaN where none has."""
    known = np.isfinite(value).all(axis=tuple(range(value.ndim - 1)))
    if not known.any():
        nothing = np.full(value.shape[:-1], np.nan)
        return nothing, nothing, nothing
    low, median, high = np.quantile(value[..., known], [0.25, 0.5, 0.75], axis=-1)
    return low, median, high


def _place(found: Contributions, neuron: Any) -> int | None:
    """Return the number of a neuron; None for all of several."""
    if neuron is None:
        return 0 if len(found.neurons) == 1 else None
    if neuron not in found.neurons:
        raise errors.unknown_name("neuron", neuron, list(found.neurons))
    return found.neurons.index(neuron)


def _titled(found: Contributions, how: str | None) -> str:
    """Return what axes call a way to ask."""
    return found.how[found.place(how)].capitalize()
