"""How many states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...glm_hmm import StatesChoice
from .. import style
from ..style import axes_or_new
from ..tables import with_data
from .looks import legend

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def _choice(choice: StatesChoice) -> pd.DataFrame:
    """Return the table of the choice, and beside it what the lapse model has, if there is one."""
    table = choice.to_frame().reset_index()
    if choice.lapses is not None:
        table["lapses"] = choice.lapses.bits_per_trial.mean()
    return table


@with_data(_choice)
def plot_states_choice(choice: StatesChoice, ax: Axes | None = None) -> Axes:
    """Draw held-out bits per trial over the number of states; the chosen one is filled.

    Bars are standard errors of the difference from the best, over folds. Dashed: a GLM with lapses
    and no states, of choices of two.

    Parameters
    ----------
    choice :
        From :func:`spikeglm.glm_hmm.select_states`.
    ax :
        Axes to draw on; None makes a figure one column wide.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 1))
    >>> y = (np.random.default_rng(1).random(300) < 0.5).astype(float)
    >>> found = nmo.glm_hmm.select_states(X, y, np.arange(0, 300, 50), n_states=[1, 2], folds=3,
    ...                                   n_restarts=2)
    >>> plot_states_choice(found).get_xlabel()
    'Number of states'
    """
    ax = axes_or_new(ax, height_mm=50)
    table = plot_states_choice.data(choice)
    chosen = table[table["chosen"]]
    ax.errorbar(
        table["n_states"],
        table["bits_per_trial"],
        yerr=table["error_of_difference"],
        color=style.BLUE,
        marker="o",
        markersize=4,
        markerfacecolor="white",
        elinewidth=style.THIN_PT,
    )
    ax.plot(
        chosen["n_states"], chosen["bits_per_trial"], "o", color=style.BLUE, markersize=4, zorder=5
    )
    if "lapses" in table:
        of_lapses: style.Look = {"color": style.GREY, "linewidth": style.THIN_PT}
        ax.axhline(table["lapses"].iloc[0], linestyle="--", label="GLM with lapses", **of_lapses)
        legend(ax, loc="lower right")
    ax.set_xticks(table["n_states"])
    ax.set_xlabel("Number of states")
    ax.set_ylabel("Held-out gain (bits per trial)")
    return ax
