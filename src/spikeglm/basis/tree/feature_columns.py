"""The columns of a basis: their names, and an axis of them cut apart by part and channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...io.interop.timeseries import time_axis_of, to_array
from ...typing import Array, ArrayLike
from .input_shapes import outgoing
from .walking import label_of

if TYPE_CHECKING:
    from .basis import Basis


def split(basis: Basis, x: ArrayLike, axis: int) -> dict[str, Any]:
    """Cut the feature axis of x into (*shape of a sample, b) per additive component."""
    n_features = basis.n_output_features
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
    for part in basis:
        start, stop = stop, stop + part.n_output_features
        pieces[label_of(part)] = _unfolded(array, axis, slice(start, stop), part)
    time_axis = time_axis_of(x) if axis > 0 else None
    return {name: outgoing(piece, time_axis) for name, piece in pieces.items()}


def _unfolded(array: Array, axis: int, columns: slice, part: Basis) -> Array:
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    piece = array[(slice(None),) * axis + (columns,)]
    return piece.reshape(*before, *part._term.feature_shape(part.input_shape), *after)


def labels(basis: Basis) -> tuple[str, ...]:
    """Return what the additive components are called."""
    return tuple(label_of(part) for part in basis)


def names(basis: Basis) -> tuple[str, ...]:
    """Return ``label[function]``, or ``label[channel,function]`` for inputs of several channels."""
    found: list[str] = []
    for part in basis:
        label = label_of(part)
        *shape, b = part._term.feature_shape(part.input_shape)
        for channel in np.ndindex(*shape):
            where = "" if np.prod(shape) == 1 else "".join(f"{k}," for k in channel)
            found += [f"{label}[{where}{j}]" for j in range(b)]
    return tuple(found)
