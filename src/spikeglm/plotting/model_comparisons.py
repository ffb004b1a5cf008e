"""Models on the same folds: differences, and one against another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..selection import Comparison
from . import style
from .style import axes_or_new
from .tables import with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SPREAD = 0.18  # of points beside a model, so that they do not hide each other


def _table(comparison: Comparison) -> pd.DataFrame:
    """Return the table of all scores."""
    return comparison.to_frame()


@with_data(_table)
def plot_model_differences(
    comparison: Comparison,
    neuron: Any = None,
    ax: Axes | None = None,
    *,
    color: str = style.BLUE,
) -> Axes:
    """Draw how much better models predict than the reference: above zero is better.

    Of one neuron a point per fold, with the mean and its 95 % interval (corrected for training rows
    that folds share). Of several a point per neuron, filled where q <= .05, with median and
    quartiles.

    Parameters
    ----------
    comparison :
        From :func:`spikeglm.selection.compare`.
    neuron :
        Its name; None is all.
    ax :
        Axes to draw on; None makes a figure one column wide.
    color :
        Of the points.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is no such neuron.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
    >>> models = {"a": (nmo.GLM(), X), "b": (nmo.GLM(), X[:, :1])}
    >>> plot_model_differences(nmo.selection.compare(models, y=y)).get_title()
    'reference: a'
    """
    ax = axes_or_new(ax, height_mm=60)
    names = [name for name in comparison.models if name != comparison.reference]
    is_one = neuron is not None or len(comparison.neurons) == 1
    for at, name in enumerate(names):
        m = comparison.models.index(name)
        if is_one:
            _one(ax, comparison, m, comparison.place(neuron), at, color)
        else:
            _all(ax, comparison, m, at, color)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_xticks(np.arange(len(names)), names)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.set_ylabel(f"Difference in {comparison.score_name}")
    ax.set_title(f"reference: {comparison.reference}")
    return ax


def _one(ax: Axes, found: Comparison, m: int, n: int, at: int, color: str) -> None:
    """Draw the folds of one neuron beside their mean."""
    d = found.difference
    other = found.fold_score[found.models.index(found.reference), :, n]
    folds = found.fold_score[m, :, n] - other
    folds = folds[np.isfinite(folds)]
    ax.plot(at + _beside(len(folds)), folds, "o", color=color, markersize=2.5, alpha=0.6)
    mean, low, high = d.mean[m, n], d.low[m, n], d.high[m, n]
    if np.isfinite([mean, low, high]).all():
        error = [[mean - low], [high - mean]]
        ax.errorbar(at + 2 * _SPREAD, mean, yerr=error, fmt="s", color="black", markersize=3)


def _all(ax: Axes, found: Comparison, m: int, at: int, color: str) -> None:
    """Draw all neurons beside their median and quartiles."""
    mean, q, over = found.difference.mean[m], found.q_value[m], found.over_neurons()
    known = np.flatnonzero(np.isfinite(mean))
    x = at + _beside(len(known))
    for is_sure in (False, True):
        some = np.less_equal(q[known], 0.05) == is_sure
        fill = color if is_sure else "white"
        ax.plot(x[some], mean[known][some], "o", color=color, markerfacecolor=fill, markersize=2.5)
    if len(known):
        error = [[over.median[m] - over.low[m]], [over.high[m] - over.median[m]]]
        ax.errorbar(
            at + 2 * _SPREAD, over.median[m], yerr=error, fmt="s", color="black", markersize=3
        )


def _beside(n: int) -> Any:
    """Return places (n,) about zero that differ from neighbour to neighbour."""
    return _SPREAD * (2.0 * (np.arange(n) * 0.618 % 1.0) - 1.0)


@with_data(_table)
def plot_model_scatter(
    comparison: Comparison,
    model: str | None = None,
    ax: Axes | None = None,
    *,
    color: str = style.BLUE,
) -> Axes:
    """Draw the score of one model over that of the reference, a point per neuron.

    Above the line of equal scores the model is better. The title has the signed rank test over
    neurons, which takes these for independent.

    Parameters
    ----------
    comparison :
        From :func:`spikeglm.selection.compare`.
    model :
        Its name; None is the first that is not the reference.
    ax :
        Axes to draw on; None makes a figure one column wide.
    color :
        Of the points.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is no such model.

    References
    ----------
    Pillow et al. (2008), Nature 454:995-999, figure 3.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
    >>> models = {"a": (nmo.GLM(), X), "b": (nmo.GLM(), X[:, :1])}
    >>> plot_model_scatter(nmo.selection.compare(models, y=y)).get_ylabel()
    'b'
    """
    others = [name for name in comparison.models if name != comparison.reference]
    name = others[0] if model is None else comparison.named(model)
    ax = axes_or_new(ax, height_mm=80)
    m, r = comparison.models.index(name), comparison.models.index(comparison.reference)
    x, y = comparison.mean[r], comparison.mean[m]
    known = np.isfinite(x) & np.isfinite(y)
    ax.plot(x[known], y[known], "o", color=color, markersize=3, alpha=0.7)
    if known.any():
        ends = [min(x[known].min(), y[known].min()), max(x[known].max(), y[known].max())]
        ax.plot(ends, ends, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    over = comparison.over_neurons()
    ax.set_title(f"{over.n_neurons[m]} neurons, p = {over.p_signed_rank[m]:.2g}")
    ax.set_xlabel(f"{comparison.reference}: {comparison.score_name}")
    ax.set_ylabel(name)
    return ax
