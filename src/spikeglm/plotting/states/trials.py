"""States over the trials: how likely each is, how often, how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...glm_hmm import StateVisits
from .. import style
from ..labels import name_ticks
from ..style import axes_or_new
from ..tables import framed, with_data
from .looks import colour, legend, legend_above

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ...typing import ArrayLike

_FAR = 1.05  # of the longest visit: as far as the chain's own curve goes


def _posterior(probability: ArrayLike, *, start: int = 0, stop: int | None = None) -> pd.DataFrame:
    """Return a row per trial and state."""
    values = np.asarray(probability)[start:stop]
    n, K = values.shape
    return framed(
        {
            "trial": np.repeat(np.arange(start, start + n), K),
            "state": np.tile(np.arange(K), n),
            "probability": values.ravel(),
        }
    )


@with_data(_posterior)
def plot_state_probability(
    probability: ArrayLike, ax: Axes | None = None, *, start: int = 0, stop: int | None = None
) -> Axes:
    """Draw the probability of each state over the trials of a session.

    Parameters
    ----------
    probability :
        (T, K), from ``smooth_proba`` or ``filter_proba``.
    ax :
        Axes to draw on; None makes a figure one column wide.
    start, stop :
        The trials to draw; None is the end.

    Examples
    --------
    >>> plot_state_probability([[0.9, 0.1], [0.2, 0.8]]).get_ylabel()
    'Probability'
    """
    ax = axes_or_new(ax, height_mm=42)
    table = plot_state_probability.data(probability, start=start, stop=stop)
    for k, part in table.groupby("state"):
        ax.plot(part["trial"], part["probability"], color=colour(k), label=f"state {k}")
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlim(table["trial"].min(), table["trial"].max())
    ax.set_xlabel("Trial")
    ax.set_ylabel("Probability")
    legend_above(ax, table["state"].nunique())
    return ax


def _occupancy(visits: StateVisits) -> pd.DataFrame:
    """Return a row per state."""
    table = visits.to_frame().reset_index()
    return table[["state", "occupancy", "n_visits"]]


@with_data(_occupancy)
def plot_state_occupancy(visits: StateVisits, ax: Axes | None = None) -> Axes:
    """Draw the share of the trials that each state has, with the number of its visits.

    Parameters
    ----------
    visits :
        From :func:`spikeglm.glm_hmm.state_visits`.
    ax :
        Axes to draw on; None makes a figure half a column wide.

    Examples
    --------
    >>> half, none = np.full(2, 0.5), np.zeros(2, dtype=int)
    >>> visits = StateVisits(np.arange(2), np.full(2, 9), np.ones(2, bool), none, half, half, 18)
    >>> plot_state_occupancy(visits).get_ylabel()
    'Share of trials'
    """
    ax = axes_or_new(ax, width_mm=50, height_mm=48)
    table = plot_state_occupancy.data(visits)
    colours = [colour(k) for k in table["state"]]
    ax.bar(table["state"], table["occupancy"], width=0.7, color=colours)
    for k, share, n in zip(table["state"], table["occupancy"], table["n_visits"], strict=True):
        ax.text(k, share, f"{n}", ha="center", va="bottom")
    name_ticks(ax, [f"state {k}" for k in table["state"]], table["state"])
    ax.set_ylabel("Share of trials")
    ax.set_title("numbers of visits above", fontsize=style.SMALL_PT)
    ax.margins(y=0.12)  # room for the numbers
    ax.set_ylim(bottom=0)
    return ax


def _dwells(visits: StateVisits) -> pd.DataFrame:
    """Return rows per state and length: shares of visits that last longer, and the chain's own."""
    parts: dict[str, list[np.ndarray]] = {
        name: [] for name in ("state", "what", "trials", "share_longer", "n_visits")
    }
    for k, stay in enumerate(visits.stay_prob):
        lengths, share = visits.survival(k)
        n = np.count_nonzero(visits.state == k)
        if not n:
            continue
        grid = np.arange(int(_FAR * lengths[-1]) + 1)
        for what, trials, longer in (
            ("observed", lengths, share),
            ("chain", grid, stay ** grid.astype(float)),
        ):
            columns = np.full(len(trials), k), np.full(len(trials), what), trials, longer
            for values, into in zip(
                (*columns, np.full(len(trials), n)), parts.values(), strict=True
            ):
                into.append(values)
    return framed({name: np.concatenate([*part, []]) for name, part in parts.items()})


@with_data(_dwells)
def plot_dwell_times(visits: StateVisits, ax: Axes | None = None) -> Axes:
    """Draw the share of visits that last longer than a number of trials, beside the chain's own.

    Steps are those of Kaplan & Meier (1958): a visit that the end of a session cuts off counts as
    long as it was seen. Dashed: the geometric distribution that the transition probabilities imply.

    Parameters
    ----------
    visits :
        From :func:`spikeglm.glm_hmm.state_visits`.
    ax :
        Axes to draw on; None makes a figure one column wide.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.zeros((200, 1)), np.arange(200) // 40 % 2
    >>> X[:, 0] = np.random.default_rng(0).normal(size=200)
    >>> model = nmo.GLMHMM(2).fit(X, y)
    >>> plot_dwell_times(nmo.glm_hmm.state_visits(model, X, y)).get_xlabel()
    'Trials in the state'
    """
    ax = axes_or_new(ax, height_mm=50)
    table = plot_dwell_times.data(visits)
    for k, part in table.groupby("state"):
        seen, chain = (part[part["what"] == what] for what in ("observed", "chain"))
        n = int(part["n_visits"].iloc[0])
        label = f"state {int(k)} ({n} visit{'s' * (n != 1)})"
        shades: style.Look = {"color": colour(k), "linewidth": style.LINE_PT}
        ax.step(seen["trials"], seen["share_longer"], where="post", label=label, **shades)
        shades["linewidth"] = style.THIN_PT
        ax.plot(chain["trials"], chain["share_longer"], linestyle="--", **shades)
    ax.set_xlabel("Trials in the state")
    ax.set_ylabel("Visits that last longer")
    ax.set_ylim(0, 1.02)
    ax.set_xlim(left=0)
    legend(ax)
    return ax
