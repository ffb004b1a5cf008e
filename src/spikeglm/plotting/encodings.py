"""What neurons encode: the population on one page, one neuron on another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from .. import errors
from . import style
from .curve_tables import OF_LAGS
from .labels import legend_above, name_ticks
from .style import TWO_COLUMNS_MM, size_inches
from .tables import framed, of_neuron, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_AFTER_PLACES = ("channel", "neuron", "value")  # columns of a table of curves
_MOST_LINES = 6  # channels in one panel
_COLUMNS = 3
_PANEL_MM = 45
_SPREAD = 0.18  # of points over a term


@runtime_checkable
class Encoded(Protocol):
    """What is drawn of an :class:`spikeglm.Encoding`."""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Curves are those of ``"curve LABEL"``."""
        ...

    @property
    def unit(self) -> str:
        """Unit of contributions, in words."""
        ...

    @property
    def how(self) -> tuple[str, ...]:
        """Ways in which contributions were asked for."""
        ...

    def table(self) -> pd.DataFrame:
        """Return a row per neuron and term."""
        ...

    def neurons(self) -> pd.DataFrame:
        """Return a row per neuron."""
        ...


def _population(encoding: Encoded) -> pd.DataFrame:
    """Return a row per neuron and term: contribution, whether it is encoded, or known."""
    found, how = encoding.table(), encoding.how[0]
    terms = list(dict.fromkeys(found["term"]))
    neurons = list(dict.fromkeys(found["neuron"]))
    known = found["is_encoded"].notna().to_numpy()
    columns = {
        "neuron": found["neuron"].to_numpy(),
        "term": found["term"].to_numpy(),
        "value": found[how].to_numpy(dtype=float),
        "is_encoded": _yes(found["is_encoded"]),
        "is_known": known,
    }
    unit = f"{how.capitalize()} ({encoding.unit})"
    return framed(columns, terms=terms, neurons=neurons, unit=unit)


@with_data(_population)
def plot_encoding(encoding: Encoded) -> Figure:
    """Draw a population: neurons per term, what terms contribute, and every neuron.

    Parameters
    ----------
    encoding :
        From :func:`spikeglm.encode`, of several neurons.

    Returns
    -------
    matplotlib Figure
        Left the share of neurons that encode each term; in the middle the contribution of each
        term to each neuron (open where it is not encoded) with the median of those that encode it;
        right neurons by terms, contributions of terms that are not encoded left out.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(300, 2)), np.arange(600).reshape(300, 2) % 3
    >>> [ax.get_ylabel() for ax in plot_encoding(nmo.encode(y, X)).axes]
    ['Neurons (%)', 'Unique (bits per spike)', 'Neuron', 'Unique (bits per spike)']
    """
    table = plot_encoding.data(encoding)
    terms, neurons = table.attrs["terms"], table.attrs["neurons"]
    grid = {
        name: table.pivot(index="neuron", columns="term", values=name).loc[neurons, terms]
        for name in ("value", "is_encoded", "is_known")
    }
    is_encoded = grid["is_encoded"].to_numpy(dtype=bool)
    with style.paper_style():
        size = size_inches(TWO_COLUMNS_MM, 65)
        figure, axes = style.new_figure(1, 3, figsize=size, width_ratios=[1, 1.3, 1.2])
        _bars(axes[0], terms, is_encoded, grid["is_known"].to_numpy(dtype=bool))
        _points(axes[1], terms, grid["value"].to_numpy(dtype=float), is_encoded)
        axes[1].set_ylabel(table.attrs["unit"])
        _heat(axes[2], terms, grid["value"], is_encoded, table.attrs["unit"])
    return figure


def _bars(ax: Axes, terms: list[Any], is_encoded: np.ndarray, is_known: np.ndarray) -> None:
    n = np.maximum(is_known.sum(axis=0), 1)
    share = is_encoded.sum(axis=0) / n
    error = np.sqrt(share * (1 - share) / n)
    thin = {"elinewidth": style.THIN_PT}
    ax.bar(range(len(terms)), 100 * share, yerr=100 * error, color=style.BLUE, error_kw=thin)
    ax.set_ylim(0, 105)
    ax.set_ylabel("Neurons (%)")
    ax.set_title(f"{int(is_known.any(axis=1).sum())} neurons with an answer")
    name_ticks(ax, terms)


def _points(ax: Axes, terms: list[Any], value: np.ndarray, is_encoded: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    for j in range(len(terms)):
        at = j + _SPREAD * rng.uniform(-1, 1, len(value))
        yes = is_encoded[:, j]
        ax.plot(at[~yes], value[~yes, j], "o", ms=2.5, color=style.GREY, mfc="none", mew=0.5)
        ax.plot(at[yes], value[yes, j], "o", ms=2.5, color=style.BLUE, mew=0)
        known = value[yes & np.isfinite(value[:, j]), j]
        if len(known):
            middle = np.median(known)
            ax.plot([j - 0.35, j + 0.35], [middle, middle], color=style.BLACK)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT)
    name_ticks(ax, terms)


def _heat(
    ax: Axes, terms: list[Any], value: pd.DataFrame, is_encoded: np.ndarray, unit: str
) -> None:
    shown = np.where(is_encoded, value.to_numpy(dtype=float), np.nan)
    size = np.nan_to_num(shown, nan=0.0)
    order = np.lexsort((-size.max(axis=1), np.where(size.any(axis=1), size.argmax(axis=1), 10**6)))
    drawn = ax.imshow(shown[order], aspect="auto", interpolation="nearest", cmap="viridis", vmin=0)
    ax.figure.colorbar(drawn, ax=ax, label=unit)
    if len(order) <= 20:
        ax.set_yticks(range(len(order)), [str(value.index[k]) for k in order])
    ax.set_ylabel("Neuron")
    name_ticks(ax, terms)


def _neuron(encoding: Encoded, *, neuron: Any = None) -> pd.DataFrame:
    """Return the contributions of terms to a neuron, then the points of their curves.

    Column ``panel`` is "" for contributions and else the term whose curve it is.
    """
    found = encoding.table()
    names = list(dict.fromkeys(found["neuron"]))
    if neuron is None and len(names) == 1:
        neuron = names[0]
    if neuron not in names:
        raise errors.unknown_name("neuron", neuron, names)
    found = of_neuron(found, neuron)
    parts = [_asked(found, how) for how in encoding.how]
    axes = {}
    for name, curve in encoding.tables.items():
        if name.startswith("curve "):
            label = name.removeprefix("curve ")
            own = of_neuron(curve, neuron) if "neuron" in curve else curve
            points, axes[label] = _points_of(own)
            parts.append(points.assign(panel=label))
    import pandas as pd

    table = pd.concat(parts, ignore_index=True)
    words = encoding.neurons().set_index("neuron").loc[neuron, "set"]
    table.attrs = {
        "axes": axes,
        "unit": encoding.unit,
        "title": f"Neuron {neuron}: {words}",
        "how": encoding.how,
    }
    return table


def _asked(found: pd.DataFrame, how: str) -> pd.DataFrame:
    value, se = found[how].astype(float), found[f"{how}_se"].astype(float)
    columns = {"term": found["term"], "how": how, "value": value, "low": value - se}
    more = {"high": value + se, "is_encoded": _yes(found["is_encoded"]), "panel": ""}
    return framed(columns | more)


def _yes(answers: pd.Series) -> Any:
    """Return True where the answer is yes; no and no answer are False."""
    return answers.where(answers.notna(), False).to_numpy(dtype=bool)


def _points_of(curve: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the points of a curve, lags in ms, and what its variables are called."""
    names = list(curve)
    at = names[: min(names.index(name) for name in _AFTER_PLACES if name in names)]
    curve = curve.dropna(subset=["value"])
    kept = [name for name in ("channel", "value", "low", "high") if name in names]
    points = curve[kept].reset_index(drop=True)
    shown = []
    for axis, name in zip(("x", "y"), at, strict=False):
        label, factor = OF_LAGS.get(name, (name, 1.0))
        points[axis] = (curve[name] if factor == 1.0 else factor * curve[name]).to_numpy()
        shown.append(label)
    return points, shown + at[2:]


@with_data(_neuron)
def plot_neuron_encoding(encoding: Encoded, neuron: Any = None) -> Figure:
    """Draw one neuron: what each term contributes, and the curve of each term with its band.

    Parameters
    ----------
    encoding :
        From :func:`spikeglm.encode`.
    neuron :
        Its name; None is the only one.

    Returns
    -------
    matplotlib Figure
        Of a term with many channels the six with the largest effects are drawn.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is no such neuron.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(300, 2)), np.arange(300) % 3
    >>> plot_neuron_encoding(nmo.encode(y, X), neuron=0).axes[0].get_ylabel()
    'Contribution (bits per spike)'
    """
    table = plot_neuron_encoding.data(encoding, neuron=neuron)
    curves = table.attrs["axes"]
    with style.paper_style():
        n_rows = math.ceil((1 + len(curves)) / _COLUMNS)
        size = size_inches(TWO_COLUMNS_MM, _PANEL_MM * n_rows + 5)
        figure, axes = style.new_figure(n_rows, _COLUMNS, squeeze=False, figsize=size)
        first, *panels = axes.ravel()
        _contributions(first, table[table["panel"] == ""], table.attrs)
        for ax, (label, names) in zip(panels, curves.items(), strict=False):
            _curve(ax, label, table[table["panel"] == label], names)
        for ax in panels[len(curves) :]:
            ax.set_axis_off()
        figure.suptitle(table.attrs["title"])
    return figure


def _contributions(ax: Axes, table: pd.DataFrame, attrs: dict[Any, Any]) -> None:
    ways = attrs["how"]
    width = 0.8 / len(ways)
    for k, (how, part) in enumerate(table.groupby("how", sort=False)):
        at = np.arange(len(part)) + (k - (len(ways) - 1) / 2) * width
        thin = {"elinewidth": style.THIN_PT}
        color, error = style.CYCLE[k % len(style.CYCLE)], part["high"] - part["value"]
        ax.bar(at, part["value"], width, yerr=error, error_kw=thin, label=str(how), color=color)
    ax.margins(y=0.15)  # room for the stars
    first = table[table["how"] == ways[0]]
    for place, answer in enumerate(first["is_encoded"]):
        if answer:
            ax.annotate("*", (place, 1), xycoords=("data", "axes fraction"), ha="center", va="top")
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT)
    ax.set_ylabel(f"Contribution ({attrs['unit']})")
    legend_above(ax)
    name_ticks(ax, list(first["term"]))


def _curve(ax: Axes, label: str, points: pd.DataFrame, names: list[str]) -> None:
    ax.set_title(label)
    if points.empty:
        ax.text(0.5, 0.5, "no fit", transform=ax.transAxes, ha="center")
    elif len(names) == 2:
        _map(ax, points, names)
    elif len(names) == 1:
        _lines(ax, points, names[0])
    else:
        ax.text(0.5, 0.5, f"{len(names)} variables", transform=ax.transAxes, ha="center")


def _map(ax: Axes, points: pd.DataFrame, names: list[str]) -> None:
    grid = points.pivot(index="y", columns="x", values="value")
    cells = grid.to_numpy(dtype=float)
    drawn = ax.pcolormesh(grid.columns, grid.index, cells, cmap="viridis", rasterized=True)
    ax.figure.colorbar(drawn, ax=ax, label="Effect (nats)")
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])


def _lines(ax: Axes, points: pd.DataFrame, name: str) -> None:
    has_channels = "channel" in points and points["channel"].notna().any()
    by_channel = list(points.groupby("channel", sort=False)) if has_channels else [("", points)]
    by_channel = [part for part in by_channel if part[1]["value"].any()] or by_channel[:1]
    by_channel.sort(key=lambda part: -part[1]["value"].abs().max())  # masked channels are left out
    is_text = not all(isinstance(x, int | float | np.number) for x in points["x"])
    for k, (channel, part) in enumerate(by_channel[:_MOST_LINES]):
        color = style.CYCLE[k % len(style.CYCLE)]
        x, value = part["x"].astype(str if is_text else float), part["value"]
        if is_text:
            off = [value - part["low"], part["high"] - value]
            ax.errorbar(x, value, off, fmt="o", color=color, ms=3)
            continue
        ax.plot(x, value, color=color, label=str(channel))
        ax.fill_between(x, part["low"], part["high"], color=color, alpha=0.2, linewidth=0)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT)
    ax.set_xlabel(name)
    ax.set_ylabel("Effect (nats)")
    if len(by_channel) > 1:
        more = len(by_channel) - _MOST_LINES
        ax.legend(title=f"largest of {len(by_channel)}" if more > 0 else None)
