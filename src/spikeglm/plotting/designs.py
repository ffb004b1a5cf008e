"""A design as a picture: which column is on when, and how alike terms are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..designs.report import DesignReport
from ..rows.design import Design
from ..rows.sampling import Sampling
from ..typing import Array, FloatArray
from . import style
from .style import axes_or_new
from .tables import framed, objects, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

_MOST_ROWS = 4000  # that a picture can show
_USUAL_S = 10.0
_NOTHING = "#eeeeee"  # where there are no rows, or they are lost


def _picture(
    design: Design, *, start_s: float | None = None, stop_s: float | None = None
) -> pd.DataFrame:
    """Return a row per time and column: its value over its largest, NaN where there is none."""
    times, image = _image(design, start_s, stop_s)
    p = design.n_features
    return framed(
        {
            "time": np.repeat(times, p),
            "column": np.tile(np.arange(p), len(times)),
            "feature": np.tile(objects(design.feature_names), len(times)),
            "value": image.ravel(),
        },
        terms=[(t.label, t.start, t.stop) for t in design.terms if t.stop > t.start],
    )


@with_data(_picture)
def plot_design(
    design: Design,
    ax: Axes | None = None,
    *,
    start_s: float | None = None,
    stop_s: float | None = None,
) -> Axes:
    """Draw the columns of a design over time, term by term, as an image.

    Each column is divided by its largest value in the picture; what is zero is white. Grey is where
    there are no rows, or where they are lost.

    Parameters
    ----------
    design :
        With times: of a DesignBuilder, or of a basis and pynapple signals.
    ax :
        Axes to draw on; None makes a figure two columns wide.
    start_s, stop_s :
        What to show, seconds; None: ten seconds from the first row on.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If the rows have no times, or none or too many are in this stretch.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 20]])
    >>> builder = builder.events([2.0, 5.0], window=(-0.5, 1), label="cue")
    >>> plot_design(builder.design()).get_xlabel()
    'Time (s)'
    """
    table = plot_design.data(design, start_s=start_s, stop_s=stop_s)
    ax = axes_or_new(ax, width_mm=style.TWO_COLUMNS_MM, height_mm=70)
    times = table["time"].unique()
    image = table["value"].to_numpy().reshape(len(times), -1).T
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    extent = (times[0] - step / 2, times[-1] + step / 2, len(image) - 0.5, -0.5)
    look: style.Look = {"aspect": "auto", "cmap": _colours(), "vmin": -1, "vmax": 1}
    look |= {"interpolation": "nearest", "resample": False, "extent": extent}
    ax.imshow(image, **look)
    _name_terms(ax, table.attrs["terms"])
    ax.set_xlabel("Time (s)")
    return ax


def _alike(report: DesignReport) -> pd.DataFrame:
    """Return a row per pair of terms, and beside it what the report says of the first."""
    labels, K = objects([term.label for term in report.terms]), len(report.terms)
    columns = {
        "term": np.repeat(labels, K),
        "other": np.tile(labels, K),
        "correlation": np.asarray(report.term_correlation, dtype=float).ravel(),
        "vif": np.repeat(np.asarray(report.vif, dtype=float), K),
        "status": np.repeat(objects(report.status), K),
    }
    return framed(columns, labels=[str(label) for label in labels])


@with_data(_alike)
def plot_design_correlation(report: DesignReport, ax: Axes | None = None) -> Axes:
    """Draw how alike the terms of a design are: the largest canonical correlation of each pair.

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
    >>> len(plot_design_correlation(builder.design().report()).texts)
    4
    """
    table = plot_design_correlation.data(report)
    ax = axes_or_new(ax, height_mm=70)
    labels = table.attrs["labels"]
    found = table["correlation"].to_numpy().reshape(len(labels), len(labels))
    ax.imshow(found, cmap=_colours(), vmin=-1, vmax=1)
    for i, j in np.ndindex(*found.shape):
        if np.isfinite(found[i, j]):
            dark = found[i, j] > 0.6
            colour = "white" if dark else style.BLACK
            ax.text(j, i, f"{found[i, j]:.2f}", ha="center", va="center", color=colour, size=6)
    ax.set_xticks(range(len(labels)), labels, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(length=0)
    ax.set_title("Largest correlation of two terms")
    return ax


def _image(design: Design, start_s: float | None, stop_s: float | None) -> tuple[Array, FloatArray]:
    """Return times (m,) without gaps, and columns (m, p) from -1 to 1, NaN where there is none."""
    axis = design.time_axis
    if axis is None:
        raise errors.value_error(
            "These rows have no times.",
            given="a design of arrays",
            expected="a design of a DesignBuilder, or of pynapple signals",
        )
    times, bin_s = axis.times, Sampling.of(axis).bin_size
    first = float(times[0]) if start_s is None else start_s
    last = first + _USUAL_S if stop_s is None else stop_s
    start, stop = (int(np.searchsorted(times, t)) for t in (first, last))
    if not 0 < stop - start <= _MOST_ROWS:
        raise errors.value_error(
            "This stretch cannot be drawn.",
            given=f"{stop - start} rows from {first:g} to {last:g} s",
            expected=f"1 to {_MOST_ROWS} rows",
            todo="choose start_s and stop_s.",
        )
    block = design.read(start, stop)
    largest = np.nanmax(np.abs(np.vstack([block, np.zeros(block.shape[1])])), axis=0)
    block /= np.where(largest > 0, largest, 1.0)
    place = np.round((times[start:stop] - times[start]) / bin_s).astype(np.intp)
    image = np.full((int(place[-1]) + 1, design.n_features), np.nan)
    image[place] = block
    return times[start] + bin_s * np.arange(len(image)), image


def _colours() -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    ends = [style.VERMILLION, "#ffffff", style.BLUE]
    found = LinearSegmentedColormap.from_list("design", ends)
    return found.with_extremes(bad=_NOTHING)


def _name_terms(ax: Any, terms: list[tuple[str, int, int]]) -> None:
    middle = [(start + stop - 1) / 2 for _, start, stop in terms]
    ax.set_yticks(middle, [label for label, _, _ in terms])
    ax.tick_params(axis="y", length=0)
    for _, start, _ in terms[1:]:
        ax.axhline(start - 0.5, color=style.BLACK, linewidth=style.THIN_PT)
