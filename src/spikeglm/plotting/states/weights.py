"""What states listen to, and how they follow one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...glm_hmm import GLMHMM, StatesErrors
from ...glm_hmm.joined_weights import with_intercepts
from .. import style
from ..labels import name_ticks
from ..style import axes_or_new
from ..tables import framed, with_data
from .looks import colour, legend
from .outputs import choice_of, feature_labels, output_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_Z_95 = 1.959964
_APART = 0.12  # states of one feature, in features


def _weights(
    model: GLMHMM, *, uncertainty: StatesErrors | None = None, neuron: Any = None
) -> pd.DataFrame:
    """Return a row per feature and state."""
    n = output_of(model, neuron)
    names = [*feature_labels(model), "intercept"]
    values = with_intercepts(model.coef_, model.intercept_)[:, n]
    half = np.full(values.shape, np.nan)
    if uncertainty is not None:
        half = _Z_95 * with_intercepts(uncertainty.coef, uncertainty.intercept)[:, n]
    p, K = values.shape
    table = framed(
        {
            "feature": np.repeat(names, K),
            "state": np.tile(np.arange(K), p),
            "weight": values.ravel(),
            "low": (values - half).ravel(),
            "high": (values + half).ravel(),
        }
    )
    choice = choice_of(model, n)
    table.attrs = {"ylabel": "Weight" if choice is None else f"Weight (towards {choice})"}
    return table


@with_data(_weights)
def plot_state_weights(
    model: GLMHMM,
    ax: Axes | None = None,
    *,
    uncertainty: StatesErrors | None = None,
    neuron: Any = None,
) -> Axes:
    """Draw the weights of each state: what it listens to.

    Parameters
    ----------
    model :
        A fitted model whose X was one table.
    ax :
        Axes to draw on; None makes a figure one column wide.
    uncertainty :
        ``model.standard_errors(X, y)``: intervals of 95 % are drawn then.
    neuron :
        The label of the output, of several, or of the class; None is the first.

    Raises
    ------
    ValueError
        If there is no such output.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
    >>> plot_state_weights(nmo.GLMHMM(2).fit(X, y)).get_ylabel()
    'Weight'
    """
    ax = axes_or_new(ax, height_mm=55)
    table = plot_state_weights.data(model, uncertainty=uncertainty, neuron=neuron)
    names = list(dict.fromkeys(table["feature"]))
    K = int(table["state"].max()) + 1
    for k in range(K):
        part = table[table["state"] == k]
        value, place = part["weight"], np.arange(len(names)) + _APART * (k - (K - 1) / 2)
        bars = None if part["low"].isna().all() else [value - part["low"], part["high"] - value]
        ax.errorbar(
            place,
            value,
            yerr=bars,
            color=colour(k),
            marker="o",
            markersize=3,
            linewidth=style.LINE_PT,
            elinewidth=style.THIN_PT,
            label=f"state {k}",
        )
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    name_ticks(ax, names)
    ax.set_xlim(-0.5, len(names) - 0.5)
    ax.set_ylabel(table.attrs["ylabel"])
    legend(ax)
    return ax


def _transitions(model: GLMHMM) -> pd.DataFrame:
    """Return a row per pair of states."""
    matrix = np.asarray(model.transition_prob_)
    before, after = (part.ravel() for part in np.indices(matrix.shape))
    return framed({"state": before, "next_state": after, "probability": matrix.ravel()})


@with_data(_transitions)
def plot_state_transitions(model: GLMHMM, ax: Axes | None = None) -> Axes:
    """Draw the transition matrix, each entry with its number.

    Where moves follow inputs, it is that of inputs of zero.

    Parameters
    ----------
    model :
        A fitted model.
    ax :
        Axes to draw on; None makes a figure half a column wide.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
    >>> plot_state_transitions(nmo.GLMHMM(2).fit(X, y)).get_xlabel()
    'State of the next trial'
    """
    ax = axes_or_new(ax, width_mm=50, height_mm=48)
    table = plot_state_transitions.data(model)
    matrix = table.pivot_table("probability", "state", "next_state").to_numpy()
    ax.imshow(matrix, cmap="Greys", vmin=0, vmax=1)
    for (i, j), value in np.ndenumerate(matrix):
        shade = "white" if value > 0.5 else "black"
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", color=shade)
    ax.set_xticks(range(len(matrix)))
    ax.set_yticks(range(len(matrix)))
    ax.set_xlabel("State of the next trial")
    ax.set_ylabel("State of a trial")
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    return ax
