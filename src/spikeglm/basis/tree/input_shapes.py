"""What a basis takes in: how many inputs, of which shapes."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

import numpy as np

from ... import errors
from ...io.interop.timeseries import TimeAxis, to_pynapple
from ...rows.design import Signals, read_signals
from ...rows.matching import advice_on_packed
from ...typing import Array, ArrayLike, FloatArray
from .node import Node
from .node_labels import label_of


def read(node: Node, xi: tuple[ArrayLike, ...]) -> Signals:
    """Read the inputs of a basis, one per variable."""
    require_count(node, len(xi), packed=xi[0] if len(xi) == 1 else None)
    return read_signals(*xi, readers=node.formula.readers)


def require_count(node: Node, given: int, *, packed: Any = None) -> None:
    """Raise TypeError unless something is given for each variable, one by one."""
    n_inputs = node.formula.n_inputs
    if given != n_inputs:
        raise errors.type_error(
            f"This basis requires {n_inputs} input(s).",
            given=f"{given} input(s)",
            expected=f"one for each of {', '.join(map(label_of, node.leaves()))}",
            todo=advice_on_packed(packed, n_inputs),
        )


def require_one_shape(xs: tuple[Array, ...]) -> None:
    """Raise ValueError unless all arrays of points have one shape."""
    if any(x.shape != xs[0].shape for x in xs):
        raise errors.value_error(
            "The functions of several variables are evaluated at points of one shape.",
            given=", ".join(str(x.shape) for x in xs),
            expected="arrays of one shape",
        )


def outgoing(values: FloatArray, time_axis: TimeAxis | None) -> Any:
    """Return results as they leave: pynapple where an input was pynapple."""
    return values if time_axis is None else to_pynapple(values, time_axis)


def n_points(n: Any) -> int:
    """Return the number of points of a grid axis as an int."""
    try:
        count = operator.index(n)
    except TypeError:
        raise errors.type_error(
            "A grid has a whole number of points.", given=repr(n), expected="an integer"
        ) from None
    if count < 1:
        raise errors.value_error("A grid has points.", given=count, expected="an integer >= 1")
    return count


def put_shapes(node: Node, known: list[Any]) -> None:
    """Give each leaf the per-sample shapes of its inputs; None for not known."""
    stop = 0
    for leaf in node.leaves():
        start, stop = stop, stop + leaf.formula.n_inputs
        own = known[start:stop]
        if own != leaf.shapes:
            leaf.memory = replace(leaf.memory, meaning=None)  # of channels that are no more
        leaf.shapes = None if None in own else list(own)


def put_said_shapes(node: Node, specs: tuple[Any, ...]) -> None:
    """Give the leaves the shapes that the user says, or none for a single None."""
    if node.parent is not None:
        raise errors.value_error(
            "This basis is a part of another one, which knows the shapes of all its inputs.",
            given=f"set_input_shape on {label_of(node)!r}",
            expected=f"set_input_shape on {label_of(node.root())!r}",
        )
    if any(leaf.memory.is_kept for leaf in node.leaves()):
        raise errors.value_error(
            "The shapes of a frozen basis stay as they are.",
            given=f"set_input_shape on a frozen {label_of(node)!r}",
            expected="signals of the shapes it has seen",
            todo="set the shapes of the basis that it was made of.",
        )
    formula = node.formula
    if len(specs) == 1 and specs[0] is None:
        put_shapes(node, [None] * formula.n_inputs)
        return
    if len(specs) != formula.n_inputs:
        raise errors.value_error(
            "There must be one shape per input.",
            given=f"{len(specs)} shapes",
            expected=f"{formula.n_inputs} shapes",
        )
    known = [sample_shape(spec) for spec in specs]
    formula.check_shapes(known)
    put_shapes(node, known)


def sample_shape(spec: Any) -> tuple[int, ...]:
    """Return the per-sample shape that an int, a tuple or an array stands for.

    Raises
    ------
    ValueError
        It is none of these, or not positive.
    """
    if isinstance(spec, int | np.integer) and not isinstance(spec, bool) and spec > 0:
        return () if spec == 1 else (int(spec),)
    if isinstance(spec, tuple) and all(isinstance(k, int | np.integer) and k > 0 for k in spec):
        return tuple(int(k) for k in spec)
    if len(getattr(spec, "shape", ())) > 0:
        return tuple(int(k) for k in spec.shape[1:])
    raise errors.value_error(
        "This is no shape of a sample.",
        given=repr(spec),
        expected="a positive int (numbers per time bin), a tuple of ints, or an array (T, ...)",
    )
