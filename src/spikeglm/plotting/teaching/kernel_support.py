"""When what happens can change the rate: the reach of every kernel around its event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...io.interop.timeseries import time_axis_of
from ...rows.sampling import bin_size_of
from ...rows.terms import Term
from .. import style
from ..style import axes_or_new
from ..tables import framed, objects, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SEEN = 0.01  # of its largest value: where a function counts as being there
_LAGS = ("s", "bins")


def _support(design: Any, *, bin_s: float | None = None) -> pd.DataFrame:
    """Return a row per column of the design: from when to when it sees an event."""
    known = getattr(design, "terms", ())
    terms = [term for term in known if isinstance(term, Term) and term.stop > term.start]
    if not terms or any(term.meaning is None for term in terms):
        raise errors.type_error(
            "These columns do not say what they are.",
            given=type(design).__name__,
            expected="what basis.design(...) or DesignBuilder(...).design() returns, or a basis",
        )
    seconds = bin_s
    if seconds is None:
        seconds = bin_size_of(getattr(design, "time_axis", None) or time_axis_of(design))
    rows: list[tuple[Any, ...]] = []
    for term in terms:
        rows += _of_term(term, seconds)
    names = ("term", "column", "start", "peak", "stop", "is_momentary")
    columns = zip(*rows, strict=True)
    table = framed({name: objects(part) for name, part in zip(names, columns, strict=True)})
    table = table.astype({"column": int, "start": float, "peak": float, "stop": float,
                          "is_momentary": bool})  # fmt: skip
    table.attrs = {"unit": "s" if seconds else "bins"}
    return table


def _of_term(term: Term, seconds: float | None) -> list[tuple[Any, ...]]:
    """Return rows of a term; what has no lags sees the moment alone."""
    unit = term.units[0] if term.n_variables == 1 else ""
    if unit not in _LAGS:
        return [(term.label, k, 0.0, 0.0, 0.0, True) for k in range(term.start, term.stop)]
    scale = (seconds or 1.0) if unit == "bins" else 1.0
    found, place = [], term.start
    for channel in range(max(term.n_channels, 1)):
        at = np.asarray(term.axis(channel=channel), dtype=float)
        K = np.abs(term.functions(at, channel=channel))
        half = 0.5 * float(np.diff(at[:2])[0]) if len(at) > 1 else 0.5
        for values in K.T:
            there = np.flatnonzero(values > _SEEN * max(values.max(initial=0.0), 1e-300))
            ends = (
                (at[there[0]] - half, at[values.argmax()], at[there[-1]] + half)
                if len(there)
                else (np.nan,) * 3
            )
            found.append((term.label, place, *(scale * end for end in ends), False))
            place += 1
    return found


@with_data(_support)
def plot_kernel_support(design: Any, ax: Axes | None = None, *, bin_s: float | None = None) -> Axes:
    """Draw for each column of a design when it sees an event: a bar over time around the event.

    To the left of zero the rate changes before the event, to the right after it. Columns of what
    has no window (position, speed) see the moment alone: a point at zero.

    Parameters
    ----------
    design :
        Of a basis or of a DesignBuilder.
    ax :
        Axes to draw on; None makes a figure one column wide.
    bin_s :
        Seconds of a bin, of designs without times; None draws bins then.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If the columns do not say what they are.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Park et al. (2014), Nat Neurosci 17:1395-403 (which event drives which kernel, when).

    Examples
    --------
    >>> import spikeglm as nmo
    >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 20]])
    >>> builder = builder.events([2.0, 5.0], window=(-0.5, 1), label="cue")
    >>> plot_kernel_support(builder.design()).get_xlabel()
    'Time from event (s)'
    """
    table = plot_kernel_support.data(design, bin_s=bin_s)
    terms = list(table["term"].unique())
    n = len(table)
    ax = axes_or_new(ax, height_mm=20 + min(3.0 * n, 70))
    for k, term in enumerate(terms):
        part = table[table["term"] == term]
        color = style.CYCLE[k % len(style.CYCLE)]
        bars, points = part[~part["is_momentary"]], part[part["is_momentary"]]
        ax.hlines(bars["column"], bars["start"], bars["stop"], color=color, linewidth=2)
        ax.plot(bars["peak"], bars["column"], "|", color=style.BLACK, markersize=4)
        ax.plot(points["peak"], points["column"], "o", color=color, markersize=2.5)
        if k:
            look: style.Look = {"color": style.LIGHT_GREY, "linewidth": style.THIN_PT}
            ax.axhline(part["column"].min() - 0.5, **look)
    middle = [table["column"][table["term"] == term].mean() for term in terms]
    ax.set_yticks(middle, [str(term) for term in terms])
    ax.tick_params(axis="y", length=0)
    ax.axvline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_ylim(n - 0.3, -0.7)
    ax.locator_params(axis="x", nbins=6)
    ax.set_xlabel(f"Time from event ({table.attrs['unit']})")
    return ax
