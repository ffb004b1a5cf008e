"""What each figure is drawn from, and what to type, said where it is given something else.

What a plotting function takes stands in its signature and in the docstring of its first argument,
and nowhere else: both are read here.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from .. import errors

_ROLE = re.compile(r":\w+:`~?([^`]*)`")


@runtime_checkable
class Predictor(Protocol):
    """A model that predicts the mean response of rows."""

    def predict(self, X: Any) -> Any:
        """Return the mean response of each row."""
        ...


def check_taken(draw: Callable[..., Any], value: Any) -> None:
    """Raise an error that says what a figure is drawn from, unless the value is that.

    Raises
    ------
    TypeError
        If the value is of another kind than the first argument of ``draw``.
    NotFittedError
        If it is a model that has seen no data.

    >>> def plot_sizes(sizes: ArrayLike):
    ...     '''Draw them.
    ...
    ...     Parameters
    ...     ----------
    ...     sizes :
    ...         (N,) from :func:`numpy.sort`.
    ...     '''
    >>> check_taken(plot_sizes, [1.0, 2.0])
    >>> check_taken(plot_sizes, {"a": 1})
    Traceback (most recent call last):
    TypeError: plot_sizes cannot draw this. Given: dict. Expected: sizes, (N,) from numpy.sort.
    """
    name, kinds = _takes(draw)
    scope = vars(sys.modules[draw.__module__])
    if any(_is_of(kind, value, scope) for kind in kinds):
        is_fitted = (
            None if isinstance(value, type) else getattr(value, "__sklearn_is_fitted__", None)
        )
        if is_fitted is not None and not is_fitted():
            todo = f"call fit(X, y) first, and then {draw.__name__}."
            raise errors.not_fitted(type(value).__name__, todo)
        return
    raise errors.type_error(
        f"{draw.__name__} cannot draw this.",
        given=told(value),
        expected=f"{name}, {_said_of(draw, name)}",
        todo=_drawn_by(value),
    )


def check_axes(ax: Any) -> None:
    """Raise a TypeError that says how to get one pair of axes, where ax is something else.

    >>> check_axes("left")
    Traceback (most recent call last):
    TypeError: ax is one pair of axes to draw in. Given: 'left'. Expected: matplotlib Axes.
    """
    if hasattr(ax, "transData"):
        return
    todo = ""
    if isinstance(ax, np.ndarray | list | tuple):
        todo = "pass one of them: axes[0], or axes[0, 0] of several rows."
    elif hasattr(ax, "add_subplot"):
        todo = "a figure makes some: figure.subplots()."
    raise errors.type_error(
        "ax is one pair of axes to draw in.",
        given=told(ax),
        expected="matplotlib Axes",
        todo=todo,
    )


def _takes(draw: Callable[..., Any]) -> tuple[str, list[str]]:
    """Return the name of the first argument, and the kinds of things that it may be."""
    first = next(iter(inspect.signature(draw).parameters.values()))
    kinds = "Any" if first.annotation is first.empty else str(first.annotation)
    return first.name, kinds.split(" | ")


def _is_of(kind: str, value: Any, scope: Mapping[str, Any]) -> bool:
    """Return whether a value is of the kind that an annotation names."""
    by_name = re.fullmatch(r"Mapping\[str, (\w+)\]", kind)
    if by_name:
        is_mapping = isinstance(value, Mapping)
        return is_mapping and all(_is_of(by_name[1], each, scope) for each in value.values())
    if kind.startswith("Callable"):
        return callable(value) and hasattr(value, "data")
    if kind == "ArrayLike":
        return are_numbers(value)
    return kind == "Any" or (not isinstance(value, type) and isinstance(value, scope[kind]))


def are_numbers(value: Any) -> bool:
    """Return whether a value is a table or a row of numbers, whoever keeps it.

    >>> are_numbers([1, 2]), are_numbers("text"), are_numbers(3)
    (True, False, False)
    """
    if isinstance(value, np.ndarray):
        return value.ndim > 0 and value.dtype.kind in "biuf"
    if isinstance(value, list | tuple | range):
        try:
            return np.asarray(value, dtype=float).ndim > 0
        except (TypeError, ValueError):
            return False
    return hasattr(value, "shape") and len(value.shape) > 0  # of JAX, pandas, pynapple; a design


def told(value: Any) -> str:
    """Return what a value is, for a message.

    >>> told("posiiton"), told([1, 2]), told(dict)
    ("'posiiton'", 'list', 'the class dict')
    """
    if value is None or isinstance(value, str | int | float):
        return repr(value)
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return type(value).__name__


def _said_of(draw: Callable[..., Any], name: str) -> str:
    """Return what the docstring says of an argument, in one sentence without markup."""
    lines = (inspect.getdoc(draw) or "").splitlines()
    at = next((i for i, line in enumerate(lines) if re.match(rf"{name}\b.* :$", line)), len(lines))
    body = []
    for line in lines[at + 1 :]:
        if not line.startswith(" "):
            break
        body.append(line.strip())
    said = _ROLE.sub(r"\1", " ".join(body)).replace("``", "").rstrip(".")
    return said[:1].lower() + said[1:]


def _drawn_by(value: Any) -> str:
    """Return which figures are drawn from what was given instead."""
    if isinstance(value, str | Mapping | type) or are_numbers(value):
        return ""  # all that takes numbers, or no result at all
    plots = vars(sys.modules[__package__])
    names = [name for name in plots.get("__all__", ()) if name.startswith("plot_")]
    able = [name for name in names if _would_take(plots[name], value)]
    one = "figures of it are made by " if len(able) > 1 else "it is drawn by "
    return f"{one}{', '.join(able)}." if able else ""


def _would_take(draw: Any, value: Any) -> bool:
    kinds = [kind for kind in _takes(draw)[1] if kind != "Any"]
    return any(_is_of(kind, value, vars(sys.modules[draw.__module__])) for kind in kinds)
