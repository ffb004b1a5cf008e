"""What neurons encode: the population on one page, one neuron on another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .. import errors
from . import style
from .style import TWO_COLUMNS_MM, size_inches

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_AFTER_PLACES = ("channel", "neuron", "value")  # columns of a table of curves
_MOST_LINES = 6  # channels in one panel
_COLUMNS = 3
_PANEL_MM = 45
_SPREAD = 0.18  # of points over a term
_MS = 1e3


class Encoded(Protocol):
    """What is drawn of an :class:`spikeglm.Encoding`."""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Curves are those of ``"curve LABEL"``."""
        ...

    @property
    def measure(self) -> str:
        """Unit of contributions."""
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
    table, how = encoding.table(), encoding.how[0]
    terms = list(dict.fromkeys(table["term"]))
    value = table.pivot(index="neuron", columns="term", values=how).loc[:, terms]
    answer = table.pivot(index="neuron", columns="term", values="is_encoded").loc[
        value.index, terms
    ]
    is_encoded = np.asarray(answer == True)  # noqa: E712  (missing where there is no answer)
    with style.paper_style():
        from matplotlib import pyplot as plt

        size = size_inches(TWO_COLUMNS_MM, 65)
        figure, axes = plt.subplots(1, 3, figsize=size, width_ratios=[1, 1.3, 1.2])
        _bars(axes[0], terms, is_encoded, np.asarray(answer.notna()))
        _points(axes[1], terms, value.to_numpy(dtype=float), is_encoded)
        axes[1].set_ylabel(_unit(encoding.measure, how))
        _heat(axes[2], terms, value, is_encoded, _unit(encoding.measure, how))
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
    _name(ax, terms)


def _points(ax: Axes, terms: list[Any], value: np.ndarray, is_encoded: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    for j in range(len(terms)):
        at = j + _SPREAD * rng.uniform(-1, 1, len(value))
        yes = is_encoded[:, j]
        ax.plot(at[~yes], value[~yes, j], "o", ms=2.5, mfc="none", mec=style.GREY, mew=0.5)
        ax.plot(at[yes], value[yes, j], "o", ms=2.5, color=style.BLUE, mew=0)
        if yes.any():
            middle = np.nanmedian(value[yes, j])
            ax.plot([j - 0.35, j + 0.35], [middle, middle], color=style.BLACK)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT)
    _name(ax, terms)


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
    _name(ax, terms)


def plot_neuron_encoding(encoding: Encoded, neuron: Any) -> Figure:
    """Draw one neuron: what each term contributes, and the curve of each term with its band.

    Parameters
    ----------
    encoding :
        From :func:`spikeglm.encode`.
    neuron :
        Its name.

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
    'bits per spike'
    """
    table = encoding.table()
    if neuron not in set(table["neuron"]):
        raise errors.unknown_name("neuron", neuron, list(dict.fromkeys(table["neuron"])))
    table = table[table["neuron"] == neuron]
    curves = {
        name.removeprefix("curve "): found
        for name, found in encoding.tables.items()
        if name.startswith("curve ")
    }
    found = encoding.neurons().set_index("neuron").loc[neuron]
    with style.paper_style():
        from matplotlib import pyplot as plt

        n_rows = math.ceil((1 + len(curves)) / _COLUMNS)
        size = size_inches(TWO_COLUMNS_MM, _PANEL_MM * n_rows + 5)
        figure, axes = plt.subplots(n_rows, _COLUMNS, squeeze=False, figsize=size)
        first, *panels = axes.ravel()
        _contributions(first, table, encoding)
        for ax, (label, curve) in zip(panels, curves.items(), strict=False):
            _curve(ax, label, curve[curve["neuron"] == neuron] if "neuron" in curve else curve)
        for ax in panels[len(curves) :]:
            ax.set_axis_off()
        figure.suptitle(f"Neuron {neuron}: {found['set']}")
    return figure


def _contributions(ax: Axes, table: pd.DataFrame, encoding: Encoded) -> None:
    ways = encoding.how
    width = 0.8 / len(ways)
    for k, how in enumerate(ways):
        at = np.arange(len(table)) + (k - (len(ways) - 1) / 2) * width
        thin = {"elinewidth": style.THIN_PT}
        ax.bar(at, table[how], width, yerr=table[f"{how}_se"], error_kw=thin, label=how,
               color=style.CYCLE[k % len(style.CYCLE)])  # fmt: skip
    ax.margins(y=0.15)  # room for the stars
    for place, answer in enumerate(table["is_encoded"]):
        if answer == True:  # noqa: E712
            ax.annotate("*", (place, 1), xycoords=("data", "axes fraction"), ha="center", va="top")
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT)
    ax.set_ylabel(_words(encoding.measure))
    ax.legend()
    _name(ax, list(table["term"]))


def _curve(ax: Axes, label: str, curve: pd.DataFrame) -> None:
    names = list(curve)
    at = names[: min(names.index(name) for name in _AFTER_PLACES if name in names)]
    curve = curve.dropna(subset=["value"])
    ax.set_title(label)
    if curve.empty:
        ax.text(0.5, 0.5, "no fit", transform=ax.transAxes, ha="center")
        return
    if len(at) == 2:
        _map(ax, curve, at)
    elif len(at) == 1:
        _lines(ax, curve, at[0])
    else:
        ax.text(0.5, 0.5, f"{len(at)} variables", transform=ax.transAxes, ha="center")


def _map(ax: Axes, curve: pd.DataFrame, at: list[str]) -> None:
    grid = curve.pivot(index=at[1], columns=at[0], values="value")
    drawn = ax.pcolormesh(
        grid.columns, grid.index, grid.to_numpy(), cmap="viridis", rasterized=True
    )
    ax.figure.colorbar(drawn, ax=ax, label="Effect (nats)")
    ax.set_xlabel(at[0])
    ax.set_ylabel(at[1])


def _lines(ax: Axes, curve: pd.DataFrame, at: str) -> None:
    is_time = at.endswith("(s)")
    by_channel = list(curve.groupby("channel", sort=False)) if "channel" in curve else [("", curve)]
    by_channel = [part for part in by_channel if part[1]["value"].any()] or by_channel[:1]
    by_channel.sort(key=lambda part: -part[1]["value"].abs().max())  # masked channels are left out
    is_text = not np.issubdtype(np.asarray(curve[at]).dtype, np.number)
    for k, (channel, part) in enumerate(by_channel[:_MOST_LINES]):
        color = style.CYCLE[k % len(style.CYCLE)]
        x = part[at].astype(str) if is_text else part[at] * (_MS if is_time else 1)
        if is_text:
            off = [part["value"] - part["low"], part["high"] - part["value"]]
            ax.errorbar(x, part["value"], off, fmt="o", color=color, ms=3)
            continue
        ax.plot(x, part["value"], color=color, label=str(channel))
        ax.fill_between(x, part["low"], part["high"], color=color, alpha=0.2, linewidth=0)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT)
    ax.set_xlabel(at.replace("(s)", "(ms)") if is_time else at)
    ax.set_ylabel("Effect (nats)")
    if len(by_channel) > 1:
        more = len(by_channel) - _MOST_LINES
        ax.legend(title=f"largest of {len(by_channel)}" if more > 0 else None)


def _name(ax: Axes, terms: list[Any]) -> None:
    is_long = sum(len(str(term)) for term in terms) > 24
    ax.set_xticks(range(len(terms)), [str(term) for term in terms])
    if is_long:
        ax.tick_params("x", rotation=20)


def _unit(measure: str, how: str) -> str:
    return f"{how.capitalize()} ({_words(measure)})"


def _words(measure: str) -> str:
    return measure.replace("_", " ")
