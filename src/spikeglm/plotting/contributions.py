"""What terms contribute: bars of one neuron, a map of many, lines over time or place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..selection import Contributions
from ..selection.measures import read_measure
from . import style
from .style import axes_or_new
from .tables import with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _table(found: Contributions) -> pd.DataFrame:
    """Return the table of all contributions."""
    return found.to_frame()


def _table_of_bins(found: Contributions) -> pd.DataFrame:
    """Return the table of contributions by bin."""
    return found.bins_to_frame()


@with_data(_table)
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
    unit = read_measure(measure, found.measures)
    n = _place(found, neuron)
    ax = axes_or_new(ax, height_mm=60)
    J, H = len(found.terms), len(found.how)
    width = 0.8 / H
    for h, how in enumerate(found.how):
        at = np.arange(J) + (h - 0.5 * (H - 1)) * width
        value, low, high = _bars(found, how, unit.name, n)
        look: style.Look = {"color": style.CYCLE[h % len(style.CYCLE)], "label": how}
        ax.bar(at, value, 0.9 * width, **look)
        bars: style.Look = {"fmt": "none", "ecolor": style.BLACK, "elinewidth": style.THIN_PT}
        ax.errorbar(at, value, yerr=[low, high], **bars)
    ax.axhline(0.0, color=style.BLACK, linewidth=style.THIN_PT)
    ax.set_xticks(np.arange(J), list(map(str, found.terms)))
    ax.set_ylabel(f"Held-out contribution ({unit.label})")
    if H > 1:
        ax.legend()
    return ax


@with_data(_table)
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
    unit = read_measure(measure, found.measures)
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
    ax = axes_or_new(ax, height_mm=80)
    top = float(np.abs(value).max()) or 1.0
    look: style.Look = {"aspect": "auto", "cmap": "RdBu_r", "vmin": -top, "vmax": top}
    image = ax.imshow(value[:, order].T, interpolation="nearest", **look)
    ax.figure.colorbar(image, ax=ax, label=f"{_titled(found, how)} ({unit.label})")
    ax.set_xticks(np.arange(len(found.terms)), list(map(str, found.terms)))
    ax.set_ylabel(f"Neuron ({len(known)}, sorted)")
    return ax


@with_data(_table_of_bins)
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
    unit = read_measure(measure, found.measures)
    value, se = found.by_bin(how, unit.name)
    n = _place(found, neuron)
    ax = axes_or_new(ax, height_mm=50)
    x = found.bins.centres if found.bins is not None else np.empty(0)
    for j, term in enumerate(found.terms):
        middle, low, high = _middle(value[j], se[j], n)
        color = style.CYCLE[j % len(style.CYCLE)]
        ax.plot(x, middle, color=color, linewidth=style.LINE_PT, label=str(term))
        ax.fill_between(
            x, middle - low, middle + high, color=color, alpha=style.BAND_ALPHA, linewidth=0
        )
    ax.axhline(0.0, color=style.BLACK, linewidth=style.THIN_PT)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(f"{_titled(found, how)} ({unit.label})")
    ax.legend()
    return ax


def _bars(
    found: Contributions, how: str, measure: str, n: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return _middle(found.value(how, measure), found.error(how, measure), n)


def _middle(
    value: np.ndarray, se: np.ndarray, n: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values (..., N) of a neuron and errors to both sides; of all, median and quartiles."""
    if n is not None:
        error = np.nan_to_num(se[..., n])
        return value[..., n], error, error
    low, median, high = _quartiles(value)
    return median, median - low, high - median


def _quartiles(value: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
