"""How well models do over a population: distributions of a measure, and what is over-fitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...numerics import quiet
from ...selection import TermSets
from ...selection.measures import read_measure
from ...typing import FloatArray
from .. import style
from ..labels import legend_above
from ..style import axes_or_new
from ..tables import framed, objects, with_data
from ..taken import are_numbers, told
from .groups import groups_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

KINDS = ("cdf", "histogram")
_MEASURES = {"bits_per_spike": "Bits per spike", "deviance_explained": "Deviance explained"}
_MOST_BINS = 30


def _values(result: Any, *, measure: str | None = None, groups: Any = None) -> pd.DataFrame:
    """Return a value per neuron with its group; NaN (silent neurons) are counted and left out."""
    if isinstance(result, Mapping):
        each = [_column(v, None if are_numbers(v) else measure)[0] for v in result.values()]
        sizes, value = [len(values) for values in each], np.concatenate(each)
        neuron: Any = np.concatenate([np.arange(n) for n in sizes])
        group = np.repeat(np.array([str(name) for name in result], dtype=object), sizes)
    else:
        value, neuron = _column(result, measure)
        group = groups_of(groups, list(neuron))
    known = np.isfinite(value)
    columns = {"neuron": np.asarray(neuron, dtype=object), "group": group, "value": value}
    table = framed(columns)[known].reset_index(drop=True)
    table.attrs = {
        "measure": measure or "",
        "groups": list(dict.fromkeys(group)),
        "n_without": {name: int((~known & (group == name)).sum()) for name in set(group)},
    }
    return table


@with_data(_values)
def plot_distribution(
    result: Any,
    ax: Axes | None = None,
    *,
    measure: str | None = None,
    groups: Any = None,
    kind: str = "cdf",
    xlabel: str | None = None,
) -> Axes:
    """Draw how a measure is distributed over neurons, with median, quartiles, n and share above 0.

    Parameters
    ----------
    result :
        A result with a table of neurons (such as :func:`spikeglm.inference.goodness` returns) or a
        table; or numbers, one per neuron; or several of them by name, which are drawn together.
    ax :
        Axes to draw on; None makes a figure one column wide.
    measure :
        The column of the table, such as ``"bits_per_spike"``.
    groups :
        Area or class of each neuron: in their order, or by name. One line for each.
    kind :
        ``"cdf"``, or ``"histogram"``.
    xlabel :
        What the axis is called; None: the measure.

    Returns
    -------
    matplotlib Axes
        Neurons without a number (silent ones) are counted in the legend.

    Raises
    ------
    ValueError
        If ``kind`` or the measure is unknown, or there is not a group for each neuron.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> ax = plot_distribution([0.1, 0.2, -0.1, np.nan], xlabel="Bits per spike")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['0.1 [0, 0.15], n = 3, 67 % > 0, 1 without']
    """
    if kind not in KINDS:
        raise errors.unknown_name("kind", kind, KINDS)
    table = plot_distribution.data(result, measure=measure, groups=groups)
    ax = axes_or_new(ax, height_mm=60)
    edges = _bins(table["value"].to_numpy())
    names = table.attrs["groups"]
    for name, color in zip(names, _colours(len(names)), strict=True):
        value = np.sort(table["value"][table["group"] == name].to_numpy())
        label = _said(name, value, table.attrs["n_without"].get(name, 0))
        if kind == "cdf":
            look: style.Look = {"color": color, "linewidth": style.LINE_PT, "label": label}
            share = np.arange(len(value) + 1) / max(len(value), 1)
            x = np.append(value[:1], value)
            ax.step(x, share[: len(x)], where="post", **look)
        else:
            n, _ = np.histogram(value, bins=edges)
            look = {"color": color, "alpha": 0.5, "label": label}
            ax.stairs(n, edges, fill=True, **look)
        if len(value):
            dashed: style.Look = {"linewidth": style.THIN_PT, "linestyle": "--"}
            ax.axvline(float(np.median(value)), color=color, **dashed)
    ax.axvline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_ylim(0, 1.02 if kind == "cdf" else None)
    measured = table.attrs["measure"]
    ax.set_xlabel(xlabel or _MEASURES.get(measured, measured.replace("_", " ").capitalize()))
    ax.set_ylabel("Share of neurons" if kind == "cdf" else "Neurons")
    legend_above(ax)
    return ax


def _column(result: Any, measure: str | None) -> tuple[FloatArray, Any]:
    """Return the values of neurons and their names."""
    if measure is None and are_numbers(result) and not hasattr(result, "select_dtypes"):
        value = np.ravel(np.asarray(result, dtype=float))
        index: Any = getattr(result, "index", None)
        is_named = index is not None and not callable(index)  # a list has a method of that name
        return value, list(index) if is_named else np.arange(len(value))
    table = result.to_frame() if hasattr(result, "to_frame") else result
    if not hasattr(table, "select_dtypes"):
        raise errors.type_error(
            "plot_distribution cannot draw this.",
            given=told(result),
            expected="numbers, one per neuron, or a result or a table with a row per neuron",
            todo="spikeglm.inference.goodness(model, X, y) is such a result.",
        )
    if measure not in table:
        numbers = [str(name) for name in table.select_dtypes("number").columns]
        if measure is None:
            raise errors.value_error(
                "A table has several measures.",
                given="measure=None",
                expected=f"one of {', '.join(map(repr, numbers))}",
                todo=f"pass measure={numbers[0]!r}." if numbers else "",
            )
        raise errors.unknown_name("measure", measure, numbers)
    names = table.get("neuron", table.index)
    return table[measure].to_numpy(dtype=float), list(names)


def _bins(values: FloatArray) -> FloatArray:
    if not len(values):
        return np.array([0.0, 1.0])
    n = int(np.clip(np.sqrt(len(values)) * 2, 5, _MOST_BINS))
    return np.histogram_bin_edges(values, bins=n)


def _said(name: str, value: FloatArray, n_without: int) -> str:
    before = f"{name}: " if name else ""
    if not len(value):
        return f"{before}none of {n_without} has a number"
    low, median, high = np.quantile(value, [0.25, 0.5, 0.75])
    said = f"{before}{median:.2g} [{low:.2g}, {high:.2g}], n = {len(value)}, "
    said += f"{100 * np.mean(value > 0):.0f} % > 0"
    return said + (f", {n_without} without" if n_without else "")


def _colours(n: int) -> list[str]:
    """Return colours of the palette, which is used again from the seventh on."""
    return [style.CYCLE[k % len(style.CYCLE)] for k in range(n)]


def _overfitting(sets: TermSets, *, measure: str | None = None) -> pd.DataFrame:
    """Return gains on the rows of the fit and on held-out rows, for each set and neuron."""
    if sets.all_rows is None:
        raise errors.value_error(
            "It is not known how well these models do on the rows of their fit.",
            given="fit_term_sets without fits_all_rows",
            expected="fit_term_sets(..., fits_all_rows=True)",
        )
    unit = read_measure(measure, sets.measures)
    held_out = sets.total(unit.name)[0]
    null = sets.null.each(lambda values: np.nansum(values, axis=0))
    counted = np.where(sets.counts, 1.0, np.nan)
    size = np.nansum(unit.size(sets.null, sets.n_rows, sets.n_spikes) * counted, axis=0)
    with quiet():
        of_fit = unit.worth(sets.all_rows.sums.minus(null)) / np.where(size > 0, size, np.nan)
    M, N = held_out.shape
    n_features = sets.features.sum(axis=0)
    columns = {
        "set": np.repeat(objects(sets.names), N),
        "n_features": np.repeat(n_features, N),
        "neuron": np.tile(objects(sets.neurons), M),
        "of_fit": of_fit.ravel(),
        "held_out": held_out.ravel(),
    }
    columns["difference"] = columns["of_fit"] - columns["held_out"]
    return framed(columns, unit=unit.label)


@with_data(_overfitting)
def plot_overfitting(sets: TermSets, ax: Axes | None = None, *, measure: str | None = None) -> Axes:
    """Draw what models gain on the rows of their fit and on others, over their size.

    Where both part, further features fit noise. Points are medians over neurons, bars the middle
    half; of one neuron its values.

    Parameters
    ----------
    sets :
        From :func:`spikeglm.selection.fit_term_sets` with ``fits_all_rows=True``.
    ax :
        Axes to draw on; None makes a figure one column wide.
    measure :
        One of ``sets.measures``; None is the first.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If models were not fitted to all rows, or the measure is unknown.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(200, 3)), np.arange(200) % 3
    >>> asked = [["x0"], ["x0", "x1"], ["x0", "x1", "x2"]]
    >>> sets = nmo.selection.fit_term_sets(nmo.GLM(), X, y, asked, fits_all_rows=True)
    >>> plot_overfitting(sets).get_xlabel()
    'Features'
    """
    table = plot_overfitting.data(sets, measure=measure)
    ax = axes_or_new(ax, height_mm=55)
    sizes = table["n_features"].unique()
    width = 0.1 * max(float(np.ptp(sizes)) / max(len(sizes), 1), 1.0)
    for k, (name, color) in enumerate((("of_fit", style.ORANGE), ("held_out", style.BLUE))):
        by_set = table.groupby(["n_features", "set"])[name]
        low, middle, high = (by_set.quantile(q) for q in (0.25, 0.5, 0.75))
        x = middle.index.get_level_values("n_features").to_numpy() + (k - 0.5) * width
        look: style.Look = {"color": color, "elinewidth": style.THIN_PT, "markersize": 3}
        label = "rows of the fit" if name == "of_fit" else "held-out rows"
        ax.errorbar(x, middle, yerr=[middle - low, high - middle], fmt="o", label=label, **look)
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("Features")
    ax.set_ylabel(f"Gain ({table.attrs['unit']})")
    legend_above(ax)
    return ax
