"""The table of features itself: a heat map beside the counts, and how columns go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...designs.report import DesignReport
from ...glm.reading.fit_inputs import read_rows
from ...rows.terms import terms_of
from ...typing import ArrayLike
from .. import style
from ..labels import name_ticks
from ..spikes.recorded import one_neuron
from ..style import axes_or_new
from ..tables import framed, objects, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MOST_CELLS = 200_000


def _features(
    X: Any, y: Any = None, *, first: int = 0, n_rows: int = 50, neuron: Any = None
) -> pd.DataFrame:
    """Return a row per row of X and feature, with the count of that row."""
    rows = read_rows(X)
    last = min(first + n_rows, rows.n_rows)
    if not 0 <= first < last or (last - first) * rows.n_features > _MOST_CELLS:
        raise errors.value_error(
            "These rows cannot be drawn.",
            given=f"rows {first} to {first + n_rows} of {rows.n_rows}, {rows.n_features} features",
            expected=f"some rows, and at most {_MOST_CELLS} numbers",
            todo="choose first and n_rows.",
        )
    block = np.asarray(rows.read(first, last), dtype=float)
    counts = np.full(len(block), np.nan)
    if y is not None:
        counts = one_neuron(y, neuron, name="y")[first:last]
    m, p = block.shape
    starts = [(t.label, t.start, t.stop) for t in terms_of(rows) if t.stop > t.start]
    return framed(
        {
            "row": np.repeat(np.arange(first, last), p),
            "feature": np.tile(np.arange(p), m),
            "name": np.tile(objects(rows.feature_names), m),
            "value": block.ravel(),
            "count": np.repeat(counts, p),
        },
        terms=starts,
        has_counts=y is not None,
    )


@with_data(_features)
def plot_design_matrix(
    X: ArrayLike,
    y: Any = None,
    ax: Axes | None = None,
    *,
    first: int = 0,
    n_rows: int = 50,
    neuron: Any = None,
    label: str = "Feature value",
) -> Axes:
    """Draw the table of features as a heat map, a line per bin, with the spike counts beside it.

    A model says that each count is drawn around a weighted sum of the line to its left.

    Parameters
    ----------
    X :
        (T, p) features: an array or a design.
    y :
        (T,) counts that they explain, or (T, N) with ``neuron``; None for none.
    ax :
        Axes to draw on; None makes a figure one column wide.
    first, n_rows :
        Which rows are shown.
    neuron :
        Its name, of a population.
    label :
        What values are called, with their unit.

    Returns
    -------
    matplotlib Axes
        Of the features; counts are on axes of their own to the right.

    Raises
    ------
    ValueError
        If there are no such rows, or too many.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Neuromatch Academy, Computational Neuroscience, W1D3 tutorial 1 (GLMs for encoding).

    Examples
    --------
    >>> import spikeglm as nmo
    >>> light = np.random.default_rng(0).normal(size=200)
    >>> X = nmo.basis.HistoryConv(25, label="light").design(light)
    >>> plot_design_matrix(X, light > 1, first=30).get_ylabel()
    'Time bin'
    """
    table = plot_design_matrix.data(X, y, first=first, n_rows=n_rows, neuron=neuron)
    ax = axes_or_new(ax, height_mm=75)
    grid = table.pivot(index="row", columns="feature", values="value")
    top = float(np.nanmax(np.abs(grid.to_numpy()), initial=0.0)) or 1.0
    low = -top if np.nanmin(grid.to_numpy(), initial=0.0) < 0 else 0.0
    colours: style.Look = {"cmap": "RdBu_r" if low else "Blues", "vmin": low, "vmax": top}
    extent = (-0.5, grid.shape[1] - 0.5, grid.index[-1] + 0.5, grid.index[0] - 0.5)
    look: style.Look = {"aspect": "auto", "interpolation": "nearest", "extent": extent}
    image = ax.imshow(np.ma.masked_invalid(grid.to_numpy()), **look, **colours)
    terms = [each for each in table.attrs["terms"] if each[0]]
    if len(terms) > 1 or (terms and grid.shape[1] > 1):
        middle = [(start + stop - 1) / 2 for _, start, stop in terms]
        name_ticks(ax, [name for name, _, _ in terms], middle, slant=90)
        ax.tick_params(axis="x", length=0)
        for _, start, _ in terms[1:]:
            ax.axvline(start - 0.5, color=style.BLACK, linewidth=style.THIN_PT)
    ax.set_xlabel("Feature")
    ax.set_ylabel("Time bin")
    figure: Any = ax.figure
    makes_room = figure.get_layout_engine() is not None  # for the counts, by itself
    pad = 0.05 if not table.attrs["has_counts"] else 0.08 if makes_room else 0.24
    figure.colorbar(image, ax=ax, label=label, pad=pad)
    if table.attrs["has_counts"]:
        _counts(ax, table)
    return ax


def _counts(ax: Axes, table: pd.DataFrame) -> None:
    """Draw the counts as a column of bars to the right."""
    counts = table.drop_duplicates("row")
    beside: Any = ax.inset_axes((1.07, 0, 0.15, 1), sharey=ax)
    beside.barh(counts["row"], counts["count"], height=1.0, color=style.BLACK)
    beside.tick_params(axis="y", left=False, labelleft=False)
    beside.locator_params(axis="x", integer=True, nbins=2)
    beside.set_xlim(left=0)
    beside.set_xlabel("Spikes")


def _correlations(report: DesignReport) -> pd.DataFrame:
    """Return a row per pair of features: their correlation, and whether one is always zero."""
    p = len(report.feature_names)
    names = objects(report.feature_names)
    empty = np.asarray(report.n_nonzero) == 0
    return framed(
        {
            "feature": np.repeat(names, p),
            "other": np.tile(names, p),
            "correlation": np.asarray(report.correlation, dtype=float).ravel(),
            "is_empty": np.logical_or.outer(empty, empty).ravel(),
        },
        terms=[(t.label, t.start, t.stop) for t in report.terms if t.stop > t.start],
        vif=[float(v) for v, t in zip(report.vif, report.terms, strict=True) if t.stop > t.start],
    )


@with_data(_correlations)
def plot_feature_correlation(report: DesignReport, ax: Axes | None = None) -> Axes:
    """Draw the correlation of all pairs of features, term by term, with how it inflates errors.

    Blocks of strong colour beside the diagonal are terms that tell the same. Each term has its
    variance inflation factor (VIF) beside its name: above 10 it can hardly be told from the others.
    Features that are zero in all rows are grey.

    Parameters
    ----------
    report :
        Of ``design.report()``.
    ax :
        Axes to draw on; None makes a figure one column wide.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 20]])
    >>> builder = builder.boxcar([[2, 9]], label="a").boxcar([[4, 9]], label="b")
    >>> ax = plot_feature_correlation(builder.design().report())
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['a', 'b']
    """
    table = plot_feature_correlation.data(report)
    is_ours, ax = ax is None, axes_or_new(ax, height_mm=70)
    terms = table.attrs["terms"]
    p = round(np.sqrt(len(table)))
    shown = table["correlation"].where(~table["is_empty"]).to_numpy().reshape(p, p)
    from matplotlib import colormaps

    colours = colormaps["RdBu_r"].with_extremes(bad=style.LIGHT_GREY)
    image = ax.imshow(np.ma.masked_invalid(shown), cmap=colours, vmin=-1, vmax=1)
    ax.figure.colorbar(image, ax=ax, label="Correlation", shrink=0.8)
    middle = [(start + stop - 1) / 2 for _, start, stop in terms]
    names = [str(name) for name, _, _ in terms]
    vif = table.attrs["vif"]
    said = [f"{name}\nVIF {v:.3g}" for name, v in zip(names, vif, strict=True)]
    ax.set_xticks(middle, names, rotation=30, ha="right", rotation_mode="anchor")
    ax.set_yticks(middle, said)
    ax.tick_params(length=0)
    for _, start, _ in terms[1:]:
        for line in (ax.axhline, ax.axvline):
            line(start - 0.5, color=style.BLACK, linewidth=style.THIN_PT)
    if is_ours:  # a square beside slanted names has its room after a second look at them
        figure: Any = ax.figure
        figure.draw_without_rendering()
    return ax
