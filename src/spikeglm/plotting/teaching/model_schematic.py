"""A fitted model as a diagram: what goes in, through which kernels, and how spikes come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...inference.effects.curves import Curve
from .. import style
from ..curve_tables import axis_names
from ..neurons import place_of
from ..style import axes_or_new
from ..tables import framed, with_data
from ..taken import Predictor

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MS = 1e3
_MOST_TERMS = 8
_LINK = "(link)"
_POINTS = 60
_LEFT, _WIDTH, _SUM, _BOX = 0.18, 0.2, 0.5, (0.6, 0.36, 0.16, 0.28)


def _parts(model: Any, X: Any = None, y: Any = None, *, neuron: Any = None) -> pd.DataFrame:
    """Return the curve of each term of a neuron, and the nonlinearity."""
    labels = [term.label for term in getattr(model, "terms_", ()) if term.stop > term.start]
    if not 0 < len(labels) <= _MOST_TERMS or not all(labels):
        raise errors.value_error(
            "A diagram shows terms that have names.",
            given=f"the terms {labels}",
            expected=f"1 to {_MOST_TERMS} of them",
            todo="fit to basis.design(...), which names its columns.",
        )
    data = () if X is None else (X, y)
    tables = []
    for label in labels:
        curve = _of_one(model.curve(label, *data), neuron)
        grid = np.meshgrid(*curve.at, indexing="ij")
        scale = [_MS if unit == "s" else 1.0 for unit in curve.units]
        is_text = grid[0].dtype.kind not in "fiu"
        first = np.arange(grid[0].size) if is_text else scale[0] * grid[0].ravel()
        second = scale[1] * grid[1].ravel() if len(grid) > 1 else np.full(first.shape, np.nan)
        columns = {"x": first.astype(float), "y": second, "value": curve.value.ravel()}
        name = axis_names(curve)[0]
        tables.append(framed(columns).assign(term=label, variable=name))
    intercept = np.ravel(model.intercept_)
    n = 0 if len(intercept) == 1 else place_of(neuron, _names(model, len(intercept)))
    reach = max(float(np.nanmax(np.abs(t["value"]), initial=0.0)) for t in tables) or 1.0
    eta = intercept[n] + np.linspace(-1.5, 1.5, _POINTS) * reach
    link = model._likelihood.link
    out = {"x": eta, "y": np.nan, "value": np.asarray(link.mean(eta), dtype=float)}
    tables.append(framed(out).assign(term=_LINK, variable=link.name))
    import pandas as pd

    table = pd.concat(tables, ignore_index=True)
    fed = [label for label in labels if label in getattr(model, "feedback_", {})]
    table.attrs = {"labels": labels, "feedback": fed, "model": model._likelihood.model.name}
    return table


@with_data(_parts)
def plot_model(
    model: Predictor, X: Any = None, y: Any = None, ax: Axes | None = None, *, neuron: Any = None
) -> Axes:
    """Draw a fitted model as a diagram: each term with its curve, their sum, the nonlinearity.

    History and coupling have an arrow back from the spikes.

    Parameters
    ----------
    model :
        Fitted, to a design whose terms have names.
    X, y :
        The data of the fit; needed where the model does not know the means of its features.
    ax :
        Axes to draw on; None makes a figure two columns wide.
    neuron :
        Its name, of a population.

    Returns
    -------
    matplotlib Axes
        Without lines of its own: curves are on axes inside it.

    Raises
    ------
    ValueError
        If terms have no names, are more than eight, or there is no such neuron.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Pillow et al. (2008), Nature 454:995-9, figure 1, which is where this diagram comes from.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> y = np.random.default_rng(0).poisson(0.3, 400)
    >>> basis = nmo.basis.RaisedCosineLogConv(3, 10, label="history")
    >>> X = (basis + nmo.basis.BSplineEval(4, label="speed")).design(y, np.arange(400) % 50)
    >>> ax = plot_model(nmo.GLM().fit(X, y))
    >>> [text.get_text() for text in ax.texts if text.get_text()]
    ['history', 'speed', 'Effect (nats)', 'Σ', 'Poisson']
    """
    table = plot_model.data(model, X, y, neuron=neuron)
    labels = table.attrs["labels"]
    ax = axes_or_new(ax, width_mm=style.TWO_COLUMNS_MM, height_mm=25 + 17 * len(labels))
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.set_axis_off()
    each = 1.0 / len(labels)
    for k, label in enumerate(labels):
        middle = 1 - (k + 0.5) * each
        part, color = table[table["term"] == label], style.CYCLE[k % len(style.CYCLE)]
        ax.text(_LEFT - 0.05, middle, str(label), ha="right", va="center")
        inside = ax.inset_axes((_LEFT, middle - 0.27 * each, _WIDTH, 0.6 * each))
        _small(inside, part, color)
        _arrow(ax, (_LEFT + _WIDTH + 0.01, middle), (_SUM - 0.03, 0.5))
    ax.text(_LEFT, 1.0, "Effect (nats)", va="bottom", fontsize=6)
    ax.text(_SUM, 0.5, "Σ", ha="center", va="center", bbox={"boxstyle": "circle", "fc": "white"})
    link = table[table["term"] == _LINK]
    inside = ax.inset_axes(_BOX)
    inside.plot(link["x"], link["value"], color=style.BLACK, linewidth=style.LINE_PT)
    inside.set(xticks=[], yticks=[])
    inside.set_title(f"link {link['variable'].iloc[0]}", loc="center", fontsize=style.SMALL_PT)
    _arrow(ax, (_SUM + 0.03, 0.5), (_BOX[0] - 0.01, 0.5))
    _spikes(ax, table.attrs["model"])
    if table.attrs["feedback"]:
        _feedback(ax, [1 - (labels.index(f) + 0.5) * each for f in table.attrs["feedback"]])
    return ax


def _spikes(ax: Axes, model: str) -> None:
    _arrow(ax, (_BOX[0] + _BOX[2] + 0.01, 0.5), (0.855, 0.5))
    at = 0.86 + 0.13 * np.array([0.05, 0.2, 0.27, 0.5, 0.62, 0.68, 0.95])
    ax.vlines(at, 0.43, 0.57, color=style.BLACK, linewidth=style.THIN_PT)
    ax.text(0.925, 0.62, model, ha="center", va="bottom", fontsize=style.SMALL_PT)


def _small(ax: Any, part: pd.DataFrame, color: str) -> None:
    """Draw a curve, or a map, on small axes."""
    if part["y"].notna().any():
        grid = part.pivot(index="y", columns="x", values="value")
        ax.pcolormesh(grid.columns, grid.index, grid.to_numpy(), cmap="viridis", rasterized=True)
        ax.set(xticks=[], yticks=[])
        return
    ax.plot(part["x"], part["value"], color=color, linewidth=style.LINE_PT)
    ax.axhline(0, color=style.LIGHT_GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_yticks([])
    ax.locator_params(axis="x", nbins=3)
    ax.tick_params(labelsize=6, pad=1)
    ax.set_xlabel(part["variable"].iloc[0], fontsize=6, labelpad=0)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look: style.Look = {"arrowstyle": "-|>", "color": style.GREY, "linewidth": style.THIN_PT}
    ax.annotate("", end, start, arrowprops=look | {"shrinkA": 0, "shrinkB": 0})


def _feedback(ax: Axes, heights: list[float]) -> None:
    """Draw the way from the spikes back to the terms that see them, around the diagram."""
    look: style.Look = {"color": style.GREY, "linewidth": style.THIN_PT, "linestyle": "--"}
    ax.plot([0.925, 0.925, 0.01, 0.01], [0.42, -0.06, -0.06, max(heights)], clip_on=False, **look)
    for height in heights:
        _arrow(ax, (0.01, height), (0.03, height))


def _of_one(curve: Curve, neuron: Any) -> Curve:
    """Return the curve of one neuron, and of the channel with the largest effects."""
    if curve.neurons is not None:
        curve = curve.of(neuron=curve.neurons[place_of(neuron, curve.neurons)])
    if curve.channels is None:
        return curve
    axes = tuple(range(len(curve.at)))
    largest = np.nan_to_num(np.abs(curve.value)).max(axis=axes)
    return curve.of(channel=curve.channels[int(largest.argmax())])


def _names(model: Any, n: int) -> tuple[Any, ...]:
    return getattr(model, "neuron_columns_", None) or tuple(range(n))
