"""How responses follow one feature in each state, and how often choices are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...glm_hmm import GLMHMM, StateAccuracy
from ...glm_hmm.asking import asked, means
from .. import style
from ..labels import name_ticks
from ..style import axes_or_new
from ..tables import framed, with_data
from .looks import colour, legend_above
from .outputs import choice_of, feature_labels, output_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ...typing import ArrayLike

_N_BINS = 9  # of a psychometric curve
_APART = 0.12


def _psychometric(
    model: GLMHMM,
    X: ArrayLike,
    y: ArrayLike,
    *,
    session_starts: Any = None,
    transition_inputs: ArrayLike | None = None,
    feature: Any = 0,
    neuron: Any = None,
) -> pd.DataFrame:
    """Return a row per state and bin of a feature: mean response, its error, and the model's."""
    data, parameters = asked(model, X, y, session_starts, transition_inputs)
    emissions, names = data.problem.emissions, data.inputs.rows.feature_names
    column, output = _column(feature, names), output_of(model, neuron)
    x = data.sessions.among(np.asarray(emissions.rows.read(0, emissions.rows.n_rows))[:, column])
    states = data.problem.smoothed(parameters).probability[:, 0]
    mean = data.sessions.among(means(model, data, parameters))[..., output]
    seen = emissions.keep if emissions.seen is None else emissions.seen[:, output]
    there = data.sessions.among(seen)
    response = data.sessions.among(emissions.y)[:, output]
    groups = _grouped(x, there)
    rows = []
    for k in range(parameters.n_states):
        for group in range(groups.max() + 1):
            here = there & (groups == group)
            weight = states[here, k]
            if weight.sum() >= 1.0:
                of_model = weight @ mean[here, k] / weight.sum()
                rows.append((k, *_weighted(weight, x[here], response[here]), of_model))
    columns = np.array(rows).T.reshape(6, -1)
    keys = ("state", "feature", "response", "low", "high", "model")
    table = framed(dict(zip(keys, columns, strict=True)))
    table["state"] = table["state"].astype(int)
    choice = choice_of(model, output)
    labels = feature_labels(model) if hasattr(model, "feature_names_") else list(map(str, names))
    table.attrs = {
        "xlabel": labels[column],
        "ylabel": "Mean response" if choice is None else f"P(choice = {choice})",
    }
    return table


def _weighted(weight: Any, x: Any, response: Any) -> tuple[float, float, float, float]:
    """Return the mean of a feature and of responses, and the latter less and plus its error."""
    total = weight.sum()
    mean = weight @ response / total
    error = np.sqrt(weight @ (response - mean) ** 2) / total
    return weight @ x / total, mean, mean - error, mean + error


def _column(feature: Any, names: tuple[str, ...]) -> int:
    if isinstance(feature, str):
        if feature not in names:
            raise errors.unknown_name("feature", feature, names)
        return names.index(feature)
    return int(feature)


def _grouped(x: Any, there: Any) -> Any:
    """Return the bin of each value: its own where there are few, else of as many trials each."""
    values = np.unique(x[there])
    if len(values) <= _N_BINS:
        return np.searchsorted(values, np.where(there, x, values[0]))
    inner = np.quantile(x[there], np.linspace(0, 1, _N_BINS + 1)[1:-1])
    return np.searchsorted(inner, np.where(there, x, values[0]), side="right")


@with_data(_psychometric)
def plot_psychometric(
    model: GLMHMM,
    X: ArrayLike,
    y: ArrayLike,
    ax: Axes | None = None,
    *,
    session_starts: Any = None,
    transition_inputs: ArrayLike | None = None,
    feature: Any = 0,
    neuron: Any = None,
) -> Axes:
    """Draw the mean response over one feature, in each state; of choices how likely one of them is.

    Points are responses, each trial counted by the posterior probability of the state, with
    standard errors; lines what the state's weights say of the same trials.

    Parameters
    ----------
    model, X, y :
        A fitted model, and data as for ``fit``.
    ax :
        Axes to draw on; None makes a figure one column wide.
    session_starts, transition_inputs :
        As for ``fit``.
    feature :
        Its name or number.
    neuron :
        The label of the output, of several, or of the class; None is the first.

    Raises
    ------
    ValueError
        If there is no such feature or output.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
    >>> model = nmo.GLMHMM(2).fit(X, y)
    >>> plot_psychometric(model, X, y).get_ylabel()
    'Mean response'
    >>> model.one_ = "right"
    >>> plot_psychometric(model, X, y).get_ylabel()
    'P(choice = right)'
    """
    ax = axes_or_new(ax, height_mm=55)
    table = plot_psychometric.data(
        model,
        X,
        y,
        session_starts=session_starts,
        transition_inputs=transition_inputs,
        feature=feature,
        neuron=neuron,
    )
    for k, part in table.groupby("state"):
        value = part["response"]
        ax.plot(part["feature"], part["model"], color=colour(k), label=f"state {k}")
        ax.errorbar(
            part["feature"],
            value,
            yerr=[value - part["low"], part["high"] - value],
            color=colour(k),
            linestyle="none",
            marker="o",
            markersize=3,
            elinewidth=style.THIN_PT,
        )
    ax.set_xlabel(table.attrs["xlabel"])
    ax.set_ylabel(table.attrs["ylabel"])
    legend_above(ax, table["state"].nunique())
    return ax


def _accuracy(accuracy: StateAccuracy) -> pd.DataFrame:
    """Return a row per state, and one for all, of each kind of accuracy that there is."""
    wide = accuracy.to_frame()
    parts: dict[str, list[Any]] = {"state": [], "kind": [], "share": [], "low": [], "high": []}
    for kind in ("correct", "predicted"):
        if wide[kind].notna().any():
            share, error = wide[kind].to_numpy(), wide[f"{kind}_error"].to_numpy()
            parts["state"] += [str(state) for state in wide.index]
            parts["kind"] += [kind] * len(wide)
            parts["share"] += share.tolist()
            parts["low"] += (share - error).tolist()
            parts["high"] += (share + error).tolist()
    return framed(parts)


@with_data(_accuracy)
def plot_state_accuracy(accuracy: StateAccuracy, ax: Axes | None = None) -> Axes:
    """Draw how often choices were right in each state, and how often as the model expected.

    Full: right; open: as expected from the trials before. Bars are standard errors (binomial).

    Parameters
    ----------
    accuracy :
        From :func:`spikeglm.glm_hmm.state_accuracy`.
    ax :
        Axes to draw on; None makes a figure half a column wide.

    Examples
    --------
    >>> half, n = np.full(3, 0.5), np.full(3, 100.0)
    >>> plot_state_accuracy(StateAccuracy(half, half, n, n)).get_ylabel()
    'Share of choices'
    """
    ax = axes_or_new(ax, width_mm=60, height_mm=48)
    table = plot_state_accuracy.data(accuracy)
    places = {state: i for i, state in enumerate(dict.fromkeys(table["state"]))}
    for side, (kind, part) in enumerate(table.groupby("kind", sort=True)):
        for state, share, low, high in part[["state", "share", "low", "high"]].itertuples(
            index=False
        ):
            shade = style.BLACK if state == "all" else colour(int(state))
            ax.errorbar(
                places[state] + _APART * (2 * side - 1),
                share,
                yerr=[[share - low], [high - share]],
                color=shade,
                marker="o",
                markersize=4,
                markerfacecolor=shade if kind == "correct" else "white",
                elinewidth=style.THIN_PT,
            )
    for kind, inside in (("correct", style.BLACK), ("predicted", "white")):
        if (table["kind"] == kind).any():
            marks: style.Look = {
                "color": style.BLACK,
                "markerfacecolor": inside,
                "linestyle": "none",
            }
            ax.plot([], [], marker="o", markersize=4, label=kind, **marks)
    names = [state if state == "all" else f"state {state}" for state in places]
    name_ticks(ax, names, list(places.values()))
    ax.set_xlim(-0.5, len(places) - 0.5)
    ax.set_ylabel("Share of choices")
    legend_above(ax, 2)
    return ax
