"""A design as a picture: which column is on when, and how alike terms are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..designs.report import DesignReport
from ..rows.design import Design
from ..rows.sampling import Sampling
from ..rows.terms import Term
from ..typing import Array, FloatArray
from . import style
from .style import axes_or_new
from .tables import tidy, with_data

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

_MOST_ROWS = 4000  # that a picture can show
_USUAL_S = 10.0
_NOTHING = "#eeeeee"  # where there are no rows, or they are lost


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
    times, image = _image(design, start_s, stop_s)
    ax = axes_or_new(ax, width_mm=style.TWO_COLUMNS_MM, height_mm=70)
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    p = design.n_features
    extent = (times[0] - step / 2, times[-1] + step / 2, p - 0.5, -0.5)
    ax.imshow(
        image.T, aspect="auto", cmap=_colours(), vmin=-1, vmax=1, extent=extent, resample=False,
        interpolation="nearest",
    )  # fmt: skip
    _name_terms(ax, design.terms)
    ax.set_xlabel("Time (s)")
    return ax


@with_data(tidy)
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
    ax = axes_or_new(ax, height_mm=70)
    found = report.term_correlation
    labels = [term.label for term in report.terms]
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


def _name_terms(ax: Any, terms: tuple[Term, ...]) -> None:
    shown = [term for term in terms if term.stop > term.start]
    ax.set_yticks([(term.start + term.stop - 1) / 2 for term in shown], [t.label for t in shown])
    ax.tick_params(axis="y", length=0)
    for term in shown[1:]:
        ax.axhline(term.start - 0.5, color=style.BLACK, linewidth=style.THIN_PT)
