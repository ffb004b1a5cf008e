"""What a model predicts over the spikes that came, and which term has which share in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...glm.reading.fit_inputs import read_rows
from ...io.interop.frames import column_labels
from ...io.interop.timeseries import time_axis_of
from ...rows.contract import Rows
from ...rows.sampling import bin_size_of
from ...rows.terms import Term, terms_of
from ...typing import ArrayLike, FloatArray
from .. import style
from ..labels import legend_above
from ..neurons import place_of
from ..style import axes_or_new
from ..tables import framed, with_data
from ..taken import Predictor
from .recorded import one_neuron

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_USUAL_S = 10.0
_MOST_ROWS = 20_000
_BLOCK = 2**16
_RASTER, _CURVES_TOP = 0.95, 0.88
_SCALES = ("effect", "gain")


def _prediction(
    model: Any,
    X: Any,
    y: Any,
    *,
    neuron: Any = None,
    start_s: float | None = None,
    stop_s: float | None = None,
    bin_s: float | None = None,
    offset: ArrayLike | None = None,
    others: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return counts and predicted rates (Hz, or per bin where nobody knows bins) over time."""
    names = _neurons(model, y)
    who = names[place_of(neuron, names)]
    mean = model.predict(X) if offset is None else model.predict(X, offset=offset)
    axis = time_axis_of(y) or read_rows(X).time_axis
    seconds = getattr(model, "bin_s_", None) if bin_s is None else bin_s
    seconds = bin_size_of(axis) if seconds is None else seconds
    time, shown = _stretch(axis, len(np.asarray(y)), seconds, start_s, stop_s)
    counts = one_neuron(y, who, name="y")
    columns: dict[str, Any] = {"time": time[shown], "counts": counts[shown]}
    named = {"model": mean} | dict(others or {})
    for name, values in named.items():
        columns[name] = one_neuron(values, who, name=name)[shown] / (seconds or 1.0)
    unit = "Hz" if seconds else "per bin"
    return framed(columns, bin_s=seconds, unit=unit, neuron=who, models=list(named))


@with_data(_prediction)
def plot_prediction(
    model: Predictor,
    X: Any,
    y: Any,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    start_s: float | None = None,
    stop_s: float | None = None,
    bin_s: float | None = None,
    offset: ArrayLike | None = None,
    others: Mapping[str, Any] | None = None,
) -> Axes:
    """Draw the predicted rate of a neuron over the spikes that came.

    Single spikes are ticks above the curves; where bins hold more, counts are grey steps.

    Parameters
    ----------
    model, X, y, offset :
        A fitted model and any data, best those that it was not fitted to.
    ax :
        Axes to draw on; None makes a figure two columns wide.
    neuron :
        Its name, of a population.
    start_s, stop_s :
        What to show, seconds; None: the first ten seconds (bins, where their length is unknown).
    bin_s :
        Seconds of a bin, of data that did not say so.
    others :
        Other predictions by name, mean responses (T,) or (T, N): another model, a null.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such neuron, or there are no rows or too many to show.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Park et al. (2014), Nat Neurosci 17:1395-403.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> plot_prediction(nmo.GLM().fit(X, y), X, y, bin_s=0.02).get_ylabel()
    'Rate (Hz)'
    """
    options: dict[str, Any] = {"start_s": start_s, "stop_s": stop_s, "bin_s": bin_s}
    options |= {"offset": offset, "others": others}
    table = plot_prediction.data(model, X, y, neuron=neuron, **options)
    ax = axes_or_new(ax, width_mm=style.TWO_COLUMNS_MM, height_mm=50)
    edges = _edges(table["time"], table.attrs["bin_s"])
    counts, seconds = table["counts"], table.attrs["bin_s"] or 1.0
    if counts.max() > 1:
        look: style.Look = {"color": style.LIGHT_GREY, "label": "observed"}
        ax.stairs(counts / seconds, edges, fill=True, **look)
    else:
        came = table["time"][counts > 0]
        ticks: style.Look = {"color": style.BLACK, "markersize": 5, "markeredgewidth": 0.6}
        height = np.full(len(came), _RASTER)
        ax.plot(came, height, "|", transform=ax.get_xaxis_transform(), label="spikes", **ticks)
    for name, color in zip(table.attrs["models"], style.CYCLE, strict=False):
        ax.stairs(table[name], edges, baseline=None, color=color, linewidth=0.9, label=name)
    highest = max(float(np.nanmax(table[table.attrs["models"]].to_numpy(), initial=0.0)), 1e-12)
    ax.set_ylim(0, max(ax.get_ylim()[1] if counts.max() > 1 else 0.0, highest / _CURVES_TOP))
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel("Time (s)" if table.attrs["bin_s"] else "Time (bins)")
    ax.set_ylabel("Rate (Hz)" if table.attrs["unit"] == "Hz" else "Mean (per bin)")
    legend_above(ax)
    return ax


def _shares(
    model: Any,
    X: Any,
    *,
    neuron: Any = None,
    terms: Any = None,
    start_s: float | None = None,
    stop_s: float | None = None,
    bin_s: float | None = None,
    scale: str = "effect",
) -> pd.DataFrame:
    """Return what each term adds to the linear predictor over time, beyond its mean in X."""
    if scale not in _SCALES:
        raise errors.unknown_name("scale", scale, _SCALES)
    rows = read_rows(X)
    known = [t for t in _terms(model, rows) if t.stop > t.start]
    wanted = _wanted(known, terms)
    names = _neurons(model)
    seconds = getattr(model, "bin_s_", None) if bin_s is None else bin_s
    seconds = bin_size_of(rows.time_axis) if seconds is None else seconds
    time, shown = _stretch(rows.time_axis, rows.n_rows, seconds, start_s, stop_s)
    coef = np.asarray(model.coef_, dtype=float).reshape(rows.n_features, -1)
    eta = _by_term(rows, wanted, coef[:, place_of(neuron, names)])
    whole = np.isfinite(eta).all(axis=1)
    eta = (eta - eta[whole].mean(axis=0))[shown] if whole.any() else eta[shown]
    values = np.exp(eta) if scale == "gain" else eta
    labels = [str(term.label or "all features") for term in wanted]
    return framed(
        {
            "time": np.tile(time[shown], len(wanted)),
            "term": np.repeat(np.array(labels, dtype=object), len(time[shown])),
            "value": values.T.ravel(),
        },
        bin_s=seconds,
        scale=scale,
    )


@with_data(_shares)
def plot_term_shares(
    model: Predictor,
    X: Any,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    terms: Any = None,
    start_s: float | None = None,
    stop_s: float | None = None,
    bin_s: float | None = None,
    scale: str = "effect",
) -> Axes:
    """Draw what each term adds to the linear predictor over time: who makes the rate go up now.

    Each term is seen from its mean over the complete rows of X; the lines add up to the linear
    predictor, less its mean. Through the link exp, the rate is the product of ``exp`` of all.

    Parameters
    ----------
    model, X :
        A fitted model, and any rows of its features.
    ax :
        Axes to draw on; None makes a figure two columns wide.
    neuron :
        Its name, of a population.
    terms :
        Labels of those to draw; None: all, at most six.
    start_s, stop_s, bin_s :
        As for :func:`plot_prediction`.
    scale :
        ``"effect"``, or ``"gain"``: the factor on the rate, through the link exp.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such neuron, term or scale, or there are no rows or too many to show.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Pinto & Dan (2015), Neuron 87:437-50, and Park et al. (2014), Nat Neurosci 17:1395-403.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> basis = nmo.basis.IdentityEval(label="speed") + nmo.basis.IdentityEval(label="lick")
    >>> X = basis.design(*np.random.default_rng(0).normal(size=(2, 300)))
    >>> y = np.random.default_rng(1).poisson(1.0, 300)
    >>> ax = plot_term_shares(nmo.GLM().fit(X, y), X, bin_s=0.02)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['speed', 'lick']
    """
    options: dict[str, Any] = {"start_s": start_s, "stop_s": stop_s, "bin_s": bin_s}
    table = plot_term_shares.data(model, X, neuron=neuron, terms=terms, scale=scale, **options)
    ax = axes_or_new(ax, width_mm=style.TWO_COLUMNS_MM, height_mm=45)
    for (label, part), color in zip(table.groupby("term", sort=False), style.CYCLE, strict=False):
        look: style.Look = {"color": color, "linewidth": 0.9, "label": label}
        ax.stairs(part["value"], _edges(part["time"], table.attrs["bin_s"]), baseline=None, **look)
    is_gain = table.attrs["scale"] == "gain"
    ax.axhline(1.0 if is_gain else 0.0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_xlim(float(table["time"].min()), float(table["time"].max()))
    ax.set_xlabel("Time (s)" if table.attrs["bin_s"] else "Time (bins)")
    ax.set_ylabel("Gain (factor)" if is_gain else "Effect (log rate)")
    legend_above(ax)
    return ax


def _neurons(model: Any, y: Any = None) -> tuple[Any, ...]:
    """Return the names of the neurons of a fit."""
    if not hasattr(model, "coef_"):
        raise errors.not_fitted(type(model).__name__)
    known = getattr(model, "neuron_columns_", None)
    shape = np.shape(model.coef_)
    if len(shape) > 2:
        raise errors.type_error(
            "Predictions of classes are no rates.",
            given=type(model).__name__,
            expected="a GLM of counts, signals or 0 and 1",
        )
    n = shape[1] if len(shape) == 2 else 1
    return known or (column_labels(y) if n > 1 else None) or tuple(range(n))


def _terms(model: Any, rows: Rows) -> tuple[Term, ...]:
    return getattr(model, "terms_", ()) or terms_of(rows)


def _wanted(known: list[Term], terms: Any) -> list[Term]:
    if terms is None:
        if len(known) <= len(style.CYCLE):
            return known
        raise errors.value_error(
            "So many lines cannot be told apart.",
            given=f"{len(known)} terms",
            expected=f"at most {len(style.CYCLE)}",
            todo=f"pass terms=, such as terms={[t.label for t in known[:2]]!r}.",
        )
    labels = [term.label for term in known]
    wanted = [terms] if isinstance(terms, str) else list(terms)
    for label in wanted:
        if label not in labels:
            raise errors.unknown_name("term", label, labels)
    return [known[labels.index(label)] for label in wanted]


def _by_term(rows: Rows, terms: list[Term], coef: FloatArray) -> FloatArray:
    """Return what each term adds to the linear predictor, (T, K)."""
    out = np.empty((rows.n_rows, len(terms)))
    for start in range(0, rows.n_rows, _BLOCK):
        block = rows.read(start, min(start + _BLOCK, rows.n_rows))
        for k, term in enumerate(terms):
            out[start : start + len(block), k] = block[:, term.columns] @ coef[term.columns]
    return out


def _stretch(
    axis: Any, n_rows: int, bin_s: float | None, start_s: float | None, stop_s: float | None
) -> tuple[FloatArray, slice]:
    """Return the middle of all bins, and which rows are shown."""
    seconds = bin_s or 1.0
    time = (np.arange(n_rows) + 0.5) * seconds if axis is None else np.asarray(axis.times)
    first = float(time[0]) - seconds / 2 if start_s is None and n_rows else start_s or 0.0
    last = first + (_USUAL_S if bin_s else 500.0) if stop_s is None else stop_s
    shown = slice(*(int(k) for k in np.searchsorted(time, (first, last))))
    if not 0 < shown.stop - shown.start <= _MOST_ROWS:
        raise errors.value_error(
            "This stretch cannot be drawn.",
            given=f"{shown.stop - shown.start} rows from {first:g} to {last:g} s",
            expected=f"1 to {_MOST_ROWS} rows",
            todo="choose start_s and stop_s, and pass bin_s for data without times.",
        )
    return time, shown


def _edges(time: Any, bin_s: float | None) -> FloatArray:
    """Return the ends of bins from their middles; one end more, also over gaps."""
    middle = np.asarray(time, dtype=float)
    half = 0.5 * (bin_s or 1.0)
    return np.append(middle - half, middle[-1] + half)
