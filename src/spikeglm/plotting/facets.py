"""A panel for each neuron, term, or both: any plot that draws one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from . import style
from .tables import with_data

if TYPE_CHECKING:
    import pandas as pd

_MOST = 60  # panels of one figure


def _table(plot: Any, *results: Any, **options: Any) -> pd.DataFrame:
    """Return the tables of all panels below each other, with what each is of in columns."""
    import pandas as pd

    names, panels = _panels(options)
    parts = []
    for choice in panels.ravel():
        part = plot.data(*results, **(options | choice)).copy()
        for name in names:
            part[name] = [choice[name]] * len(part)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


@with_data(_table)
def plot_facets(
    plot: Callable[..., Any],
    *results: Any,
    columns: int = 4,
    panel_mm: tuple[float, float] = (45.0, 38.0),
    sharey: bool = False,
    **options: Any,
) -> Any:
    """Draw a panel for each neuron, term or other option that is given as a list.

    Parameters
    ----------
    plot :
        A plotting function that takes ``ax=`` and the options.
    *results :
        What it draws.
    columns :
        Panels in a row, where one option is a list; of two lists, the first gives the rows and the
        second the columns.
    panel_mm :
        Width and height of a panel, millimetres.
    sharey :
        Whether all panels have one vertical axis.
    **options :
        Passed to ``plot``; those that are lists make the panels.

    Returns
    -------
    array of matplotlib Axes

    Raises
    ------
    ValueError
        If no option is a list, more than two are, or there are more than 60 panels.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> x = np.random.default_rng(0).uniform(0, 10, 500)
    >>> y = np.random.default_rng(1).poisson(1.0, (500, 3))
    >>> X = nmo.basis.BSplineEval(5, label="position (cm)").design(x)
    >>> curve = nmo.PopulationGLM().fit(X, y).curve("position (cm)", X, y)
    >>> axes = plot_facets(nmo.plotting.plot_curve, curve, neuron=[0, 2])
    >>> [ax.get_title("left") for ax in axes]
    ['neuron 0', 'neuron 2']
    """
    names, panels = _panels(options)
    if len(names) == 1:
        columns = min(columns, panels.size)
        shape = -(-panels.size // columns), columns
    else:
        shape = panels.shape
    with style.paper_style():
        width, height = panel_mm
        size = style.size_inches(width * shape[1], height * shape[0])
        figure, axes = style.new_figure(*shape, figsize=size, squeeze=False, sharey=sharey)
        for ax, choice in zip(axes.ravel(), panels.ravel(), strict=False):
            plot(*results, ax=ax, **(options | choice))
            ax.set_title(", ".join(f"{name} {value}" for name, value in choice.items()))
        for ax in axes.ravel()[panels.size :]:
            ax.set_axis_off()
        _one_legend(figure, axes.ravel()[: panels.size])
    return axes.ravel()[: panels.size] if len(names) == 1 else axes


def _one_legend(figure: Any, axes: Any) -> None:
    """Put the legend of panels that all have the same one above them."""
    said = [[text.get_text() for text in ax.get_legend().get_texts()] if ax.get_legend() else []
            for ax in axes]  # fmt: skip
    if not said[0] or any(each != said[0] for each in said):
        return
    handles = axes[0].get_legend_handles_labels()
    for ax in axes:
        ax.get_legend().remove()
    figure.legend(*handles, loc="outside upper right", ncols=len(said[0]))


def _panels(options: dict[str, Any]) -> tuple[list[str], Any]:
    """Return which options are lists, and an array of what each panel takes of them."""
    names = [name for name, value in options.items() if isinstance(value, list)]
    if not 1 <= len(names) <= 2:
        raise errors.value_error(
            "Panels are made of one or two lists.",
            given=f"{len(names)} options that are lists",
            expected="one or two, such as neuron=['a', 'b']",
        )
    lists = [options[name] for name in names]
    panels = np.empty([len(values) for values in lists], dtype=object)
    for place in np.ndindex(*panels.shape):
        picked = (values[k] for values, k in zip(lists, place, strict=True))
        panels[place] = dict(zip(names, picked, strict=True))
    if not 0 < panels.size <= _MOST:
        raise errors.value_error(
            "These are no panels of one figure.",
            given=f"{panels.size} panels",
            expected=f"1 to {_MOST}",
            todo="draw some of them at a time.",
        )
    return names, panels
