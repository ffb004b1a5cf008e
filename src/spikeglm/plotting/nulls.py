"""Is it real: the statistic of the data among those of draws of a null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import showing
from ..inference.nulls.result import NullTest
from . import style
from .neurons import place_of
from .style import axes_or_new
from .tables import framed, with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_NAMES = {
    "score": "Score statistic",
    "deviance": "Deviance explained (2 nats)",
    "bits_per_spike": "Gain (bits per spike)",
}
_MOST_BINS = 30


def _draws(result: NullTest, *, neuron: Any = None) -> pd.DataFrame:
    """Return the statistic of every draw of a neuron, those without one left out."""
    n = place_of(neuron, result.neurons)
    draws = result.null_statistics[:, n]
    known = np.flatnonzero(np.isfinite(draws))
    name = result.statistic_name
    return framed(
        {"draw": known, "statistic": draws[known]},
        observed=float(result.statistic[n]),
        p_value=float(result.p_value[n]),
        xlabel=_NAMES.get(name, name.replace("_", " ").capitalize()),
        title=f"{result.term}, {result.null.replace('_', ' ')}",
    )


@with_data(_draws)
def plot_null(
    result: NullTest, ax: Axes | None = None, *, neuron: Any = None, color: str = style.VERMILLION
) -> Axes:
    """Draw a histogram of the draws of a null, and where the data are among them.

    Parameters
    ----------
    result :
        Of :func:`~spikeglm.inference.null_test`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    neuron :
        Its name; None where the result is of one.
    color :
        Of the line of the data.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is no such neuron.

    References
    ----------
    Harris (2020), Nonsense correlations in neuroscience, bioRxiv 2020.11.29.402719.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(500, 1)), rng.poisson(0.5, size=500)
    >>> test = nmo.inference.null_test(nmo.GLM().fit(X, y), X, y, max_shift=100)
    >>> plot_null(test).get_xlabel()
    'Score statistic'
    """
    table = plot_null.data(result, neuron=neuron)
    ax = axes_or_new(ax, height_mm=50)
    draws, observed, p = table["statistic"], table.attrs["observed"], table.attrs["p_value"]
    bins = int(np.clip(len(draws) // 5, 5, _MOST_BINS))
    ax.hist(draws, bins=bins, color=style.LIGHT_GREY, label=f"{len(draws)} draws")
    about = "no p value" if np.isnan(p) else f"data, {showing.p_is('p', p)}"
    if np.isfinite(observed):
        ax.axvline(observed, color=color, linewidth=style.LINE_PT, label=about)
    ax.set_xlabel(table.attrs["xlabel"])
    ax.set_ylabel("Draws")
    ax.set_title(table.attrs["title"])
    ax.legend()
    return ax
