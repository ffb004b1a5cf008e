"""The columns of a basis: their names, and an axis of them cut apart by part and channel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import errors
from ...io.interop.timeseries import time_axis_of, to_array
from ...rows.terms import Term
from ...typing import Array, ArrayLike
from ..terms.custom_meaning import ByOutput
from .input_shapes import outgoing
from .node import Node
from .node_labels import label_of


def split(node: Node, x: ArrayLike, axis: int) -> dict[str, Any]:
    """Cut the feature axis of x into (*shape of a sample, b) per additive component."""
    n_features = node.n_columns
    if n_features is None:
        raise errors.value_error(
            "The shape of the inputs is not known yet.",
            given="a basis that has not seen data",
            expected="input shapes",
            todo="Call compute_features, design or set_input_shape first.",
        )
    array = to_array(x, name="x")
    if not -array.ndim <= axis < array.ndim or array.shape[axis] != n_features:
        raise errors.value_error(
            "The axis to split does not have one entry per feature.",
            given=f"axis {axis} of an array of shape {array.shape}",
            expected=f"{n_features} entries",
            todo="Choose the axis that counts features.",
        )
    axis %= array.ndim
    pieces = {}
    stop = 0
    for part in node.components():
        start, stop = stop, stop + part.n_columns
        pieces[label_of(part)] = _unfolded(array, axis, slice(start, stop), part)
    time_axis = time_axis_of(x) if axis > 0 else None
    return {name: outgoing(piece, time_axis) for name, piece in pieces.items()}


def _unfolded(array: Array, axis: int, columns: slice, part: Node) -> Array:
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    piece = array[(slice(None),) * axis + (columns,)]
    return piece.reshape(*before, *part.feature_shape, *after)


def terms(node: Node) -> tuple[Term, ...]:
    """Return what the columns of each additive component mean.

    Raises
    ------
    NotFittedError
        If no signal has said yet where its functions live.
    """
    found = []
    stop = 0
    for part in node.components():
        start, stop = stop, stop + (part.n_columns or 0)
        meaning = part.meaning
        if meaning is None:
            raise errors.NotFittedError(
                "What the features mean is not known before signals were seen. Given: "
                f"{label_of(part)!r} without signals, or changed since. Expected: ranges, windows "
                "and shapes of inputs. What to do: call basis.setup_basis(*signals), "
                "compute_features or design first."
            )
        shape = part.feature_shape
        if meaning.n_functions != shape[-1]:
            looped = part.formula.channel_shape(part.input_shape)
            meaning = ByOutput(meaning, shape[-1], math.prod(looped))
        channels = _channels(part, shape[:-1])
        found.append(Term(label_of(part), start, stop, shape, channels, _inputs(part), meaning))
    return tuple(found)


def _channels(part: Node, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Return the names that inputs agree on, or numbers; tuples of them for several axes."""
    if len(shape) != 1:
        return tuple(np.ndindex(*shape)) if shape else (0,)
    known = {names for leaf in part.leaves() for names in leaf.memory.columns if names}
    names = known.pop() if len(known) == 1 else ()
    if len(names) != shape[0]:
        return tuple(range(shape[0]))
    return tuple(name if isinstance(name, int | float) else str(name) for name in names)


def _inputs(part: Node) -> tuple[str, ...]:
    """Return the label of the leaf that takes each input, numbered where it takes several."""
    return tuple(
        label_of(leaf) if leaf.formula.n_inputs == 1 else f"{label_of(leaf)}[{i}]"
        for leaf in part.leaves()
        for i in range(leaf.formula.n_inputs)
    )


def names(node: Node) -> tuple[str, ...]:
    """Return ``label[function]``, or ``label[channel,function]`` for inputs of several channels."""
    found: list[str] = []
    for part in node.components():
        label = label_of(part)
        *shape, b = part.feature_shape
        for channel in np.ndindex(*shape):
            where = "" if np.prod(shape) == 1 else "".join(f"{k}," for k in channel)
            found += [f"{label}[{where}{j}]" for j in range(b)]
    return tuple(found)
