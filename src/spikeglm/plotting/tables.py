"""Every figure can give its numbers: ``plot_x.data(result)`` is what ``plot_x(result)`` draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, cast

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Arguments = ParamSpec("Arguments")


class Plot(Protocol[Arguments]):
    """A function that draws a result, and gives the numbers that it draws."""

    data: Callable[..., pd.DataFrame]

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Axes:
        """Draw."""
        ...


def with_data(
    table: Callable[..., pd.DataFrame],
) -> Callable[[Callable[Arguments, Axes]], Plot[Arguments]]:
    """Return what gives a plotting function its ``data``.

    >>> import pandas as pd
    >>> @with_data(lambda result: pd.DataFrame({"value": result}))
    ... def plot_values(result, ax=None):
    ...     return ax
    >>> plot_values.data([1, 2])["value"].tolist()
    [1, 2]
    """

    def named(draw: Callable[Arguments, Axes]) -> Plot[Arguments]:
        vars(draw)["data"] = table
        return cast("Plot[Arguments]", draw)

    return named


def tidy(result: Any) -> pd.DataFrame:
    """Return the table of a result, what its rows are about among the columns.

    >>> import numpy as np
    >>> from spikeglm.inference import Curve
    >>> list(tidy(Curve("past", (np.arange(2),), ("bins",), np.zeros(2), "nats")).columns)
    ['lag (bins)', 'value']
    """
    frame: pd.DataFrame = result.to_frame()
    is_named = any(name is not None for name in frame.index.names)
    return frame.reset_index() if is_named else frame
