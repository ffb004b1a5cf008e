"""Models on the same folds: differences, and one against another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import showing
from ..selection import Comparison
from . import style
from .labels import name_ticks, upwards
from .style import axes_or_new
from .tables import framed, objects, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SPREAD = 0.18  # of points beside a model, so that they do not hide each other
_SURE = 0.05


def _differences(comparison: Comparison, *, neuron: Any = None) -> pd.DataFrame:
    """Return a row per model and fold of one neuron, or per model and neuron of several."""
    import pandas as pd

    is_one = neuron is not None or len(comparison.neurons) == 1
    n = comparison.place(neuron) if is_one else -1
    reference = comparison.models.index(comparison.reference)
    d, over, parts = comparison.difference, comparison.over_neurons(), []
    for m, name in enumerate(comparison.models):
        if m == reference:
            continue
        if is_one:
            folds = comparison.fold_score[m, :, n] - comparison.fold_score[reference, :, n]
            points: dict[str, Any] = {"neuron": comparison.neurons[n], "difference": folds}
            points |= {"fold": np.arange(len(folds)), "q_value": np.nan}
            middle, low, high = d.mean[m, n], d.low[m, n], d.high[m, n]
        else:
            points = {"neuron": objects(comparison.neurons), "difference": d.mean[m]}
            points |= {"fold": -1, "q_value": comparison.q_value[m]}
            middle, low, high = over.median[m], over.low[m], over.high[m]
        ends = {"model": name, "middle": middle, "low": low, "high": high}
        parts.append(pd.DataFrame(points).assign(**ends))
    table = pd.concat(parts, ignore_index=True) if parts else framed({"difference": []})
    table = table[np.isfinite(table["difference"])].reset_index(drop=True)
    others = [name for name in comparison.models if name != comparison.reference]
    table.attrs = {
        "models": others,
        "is_one": is_one,
        "ylabel": f"Difference in {comparison.score_name}",
        "title": f"reference: {comparison.reference}",
    }
    return table


@with_data(_differences)
def plot_model_differences(
    comparison: Comparison,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
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
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its name; None is all.
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
    >>> plot_model_differences(nmo.selection.compare(models, y=y)).get_title("left")
    'reference: a'
    """
    table = plot_model_differences.data(comparison, neuron=neuron)
    names = table.attrs["models"]
    ax = axes_or_new(ax, height_mm=60)
    for at, name in enumerate(names):
        part = table[table["model"] == name]
        x = at + _beside(len(part))
        is_sure = table.attrs["is_one"] | (part["q_value"].to_numpy() <= _SURE)
        for which, fill in ((~is_sure, "white"), (is_sure, color)):
            look: style.Look = {"color": color, "markerfacecolor": fill, "markersize": 2.5}
            ax.plot(x[which], part["difference"].to_numpy()[which], "o", **look)
        if part.empty:
            continue
        middle, low, high = part[["middle", "low", "high"]].to_numpy()[0]
        if np.isfinite([middle, low, high]).all():
            error = [[middle - low], [high - middle]]
            look = {"fmt": "s", "color": style.BLACK, "markersize": 3}
            ax.errorbar(at + 2 * _SPREAD, middle, yerr=error, **look)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    name_ticks(ax, names)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.set_ylabel(upwards(ax, table.attrs["ylabel"]))
    ax.set_title(table.attrs["title"])
    return ax


def _beside(n: int) -> Any:
    """Return places (n,) about zero that differ from neighbour to neighbour."""
    return _SPREAD * (2.0 * (np.arange(n) * 0.618 % 1.0) - 1.0)


def _pairs(comparison: Comparison, *, model: str | None = None) -> pd.DataFrame:
    """Return the score of a model and that of the reference, a row per neuron that has both."""
    others = [name for name in comparison.models if name != comparison.reference]
    name = others[0] if model is None else comparison.named(model)
    m, r = comparison.models.index(name), comparison.models.index(comparison.reference)
    columns = {"neuron": objects(comparison.neurons), "reference": comparison.mean[r]}
    table = framed(columns | {"model": comparison.mean[m], "q_value": comparison.q_value[m]})
    known = np.isfinite(table["reference"]) & np.isfinite(table["model"])
    table = table[known].reset_index(drop=True)
    over = comparison.over_neurons()
    table.attrs = {
        "title": f"{over.n_neurons[m]} neurons, {showing.p_is('p', over.p_signed_rank[m])}",
        "xlabel": f"{comparison.reference}: {comparison.score_name}",
        "ylabel": f"{name}: {comparison.score_name}",
    }
    return table


@with_data(_pairs)
def plot_model_scatter(
    comparison: Comparison,
    ax: Axes | None = None,
    *,
    model: str | None = None,
    color: str = style.BLUE,
) -> Axes:
    """Draw the score of one model over that of the reference, a point per neuron.

    Above the line of equal scores the model is better. The title has the signed rank test over
    neurons, which takes these for independent.

    Parameters
    ----------
    comparison :
        From :func:`spikeglm.selection.compare`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    model :
        Its name; None is the first that is not the reference.
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
    'b: log-likelihood (nats per bin)'
    """
    table = plot_model_scatter.data(comparison, model=model)
    ax = axes_or_new(ax, height_mm=80)
    x, y = table["reference"], table["model"]
    ax.plot(x, y, "o", color=color, markersize=3, alpha=0.7)
    if len(table):
        ends = [min(x.min(), y.min()), max(x.max(), y.max())]
        ax.plot(ends, ends, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.locator_params(nbins=5)
    ax.set_title(table.attrs["title"])
    ax.set_xlabel(table.attrs["xlabel"])
    ax.set_ylabel(upwards(ax, table.attrs["ylabel"]))
    return ax
