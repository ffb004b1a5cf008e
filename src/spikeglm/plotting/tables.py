"""Every figure can give its numbers: ``plot_x.data(result)`` is what ``plot_x(result)`` draws.

A plotting function makes a table first, ``table = plot_x.data(result, ...)``, and draws from that
alone: labels, titles and units stand in ``table.attrs``. So a figure and its numbers cannot differ,
and ``tests/plotting/test_laws.py`` reads the code to see that no result is looked at a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Signature, signature
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast

import numpy as np

from ..inference.bin_size import checked_bin
from . import style
from .taken import check_axes, check_taken

if TYPE_CHECKING:
    import pandas as pd

Arguments = ParamSpec("Arguments")
Drawn_co = TypeVar("Drawn_co", covariant=True)


class Plot(Protocol[Arguments, Drawn_co]):
    """A function that draws a result, and gives the numbers that it draws."""

    data: Callable[..., pd.DataFrame]

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Drawn_co:
        """Draw."""
        ...


def with_data(
    table: Callable[..., pd.DataFrame],
) -> Callable[[Callable[Arguments, Drawn_co]], Plot[Arguments, Drawn_co]]:
    """Return what gives a plotting function its ``data``: the table that it draws.

    ``table`` takes what the figure is of, under the names that the plotting function has for it.
    What is of another kind is refused, with what to type instead. Without axes of the user, all of
    it is drawn in the style of a paper.

    >>> import pandas as pd
    >>> @with_data(lambda result: pd.DataFrame({"value": result}))
    ... def plot_values(result, ax=None):
    ...     return plot_values.data(result)["value"].max()
    >>> plot_values.data([1, 2])["value"].tolist(), int(plot_values([1, 2]))
    ([1, 2], 2)
    """

    def named(draw: Callable[Arguments, Drawn_co]) -> Plot[Arguments, Drawn_co]:
        own = signature(draw)
        first = next(iter(own.parameters))

        @wraps(draw)
        def styled(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Drawn_co:
            if args or first in kwargs:
                check_taken(draw, args[0] if args else kwargs[first])
            given = _arguments(own, args, kwargs)
            if given.get("ax") is not None:
                check_axes(given["ax"])
            if given.get("ax", given.get("axes")) is not None:  # in the style of its owner
                return draw(*args, **kwargs)
            with style.paper_style():
                return draw(*args, **kwargs)

        @wraps(table)
        def checked(*args: Any, **kwargs: Any) -> pd.DataFrame:
            if args or first in kwargs:
                check_taken(draw, args[0] if args else kwargs[first])
            _arguments(own, args, kwargs)
            return table(*args, **kwargs)

        vars(styled)["data"] = checked
        return cast("Plot[Arguments, Drawn_co]", styled)

    return named


def _arguments(
    own: Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what was passed under which name; nothing where the call is about to fail anyway."""
    try:
        given = own.bind_partial(*args, **kwargs).arguments
    except TypeError:  # Python's own words for it follow, with the name of the function
        return {}
    if given.get("bin_s") is not None:
        checked_bin(given["bin_s"])
    return given


def framed(columns: dict[str, Any], **attrs: Any) -> pd.DataFrame:
    """Return a table with what stands beside its numbers: labels of axes, a title.

    >>> framed({"lag": [1, 2]}, xlabel="Lag (ms)").attrs
    {'xlabel': 'Lag (ms)'}
    """
    import pandas as pd

    table = pd.DataFrame(columns)
    table.attrs = attrs
    return table


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


def of_neuron(table: pd.DataFrame, neuron: Any) -> pd.DataFrame:
    """Return the rows of a neuron, numbered anew.

    >>> of_neuron(framed({"neuron": ["a", "b"], "rate": [1, 2]}), "b")["rate"].tolist()
    [2]
    """
    is_it = [name == neuron for name in table["neuron"]]
    return table[is_it].reset_index(drop=True)


def objects(values: Any) -> Any:
    """Return names as an array (n,) of objects, also where names are tuples.

    >>> objects([("a", 1), ("b", 2)]).shape
    (2,)
    """
    listed = list(values)
    found = np.empty(len(listed), dtype=object)
    found[:] = listed
    return found
