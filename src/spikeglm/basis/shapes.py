"""The shape of one sample of each input, and cutting feature axes apart by it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..io.timeseries import is_pynapple, time_axis_of, to_array, to_pynapple
from ..typing import Array, ArrayLike
from .tree import label_of, root

if TYPE_CHECKING:
    from .basis import Basis


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


def put_input_shape(basis: Basis, specs: tuple[Any, ...]) -> None:
    """Give the leaves of a basis the shapes that the user says, or none for a single None."""
    if basis._parent is not None:
        raise errors.value_error(
            "This basis is a part of another one, which knows the shapes of all its inputs.",
            given=f"set_input_shape on {basis.label!r}",
            expected=f"set_input_shape on {root(basis).label!r}",
        )
    if len(specs) == 1 and specs[0] is None:
        basis._put_shapes([None] * basis.n_inputs)
        return
    if len(specs) != basis.n_inputs:
        raise errors.value_error(
            "There must be one shape per input.",
            given=f"{len(specs)} shapes",
            expected=f"{basis.n_inputs} shapes",
        )
    known = [sample_shape(spec) for spec in specs]
    basis._term.check_shapes(known)
    basis._put_shapes(known)


def require_equal_shapes(xs: tuple[Array, ...]) -> None:
    """Raise ValueError unless all arrays of points have one shape."""
    if any(x.shape != xs[0].shape for x in xs):
        raise errors.value_error(
            "The functions of several variables are evaluated at points of one shape.",
            given=", ".join(str(x.shape) for x in xs),
            expected="arrays of one shape",
        )


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
    if is_pynapple(x) and axis > 0:
        time_axis = time_axis_of(x)
        assert time_axis is not None
        return {name: to_pynapple(piece, time_axis) for name, piece in pieces.items()}
    return pieces


def _unfolded(array: Array, axis: int, columns: slice, part: Basis) -> Array:
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    piece = array[(slice(None),) * axis + (columns,)]
    return piece.reshape(*before, *part.input_shape[0], part.n_basis_funcs, *after)


def feature_names(basis: Basis) -> tuple[str, ...]:
    """Return ``label[function]``, or ``label[channel,function]`` for inputs of several channels."""
    names: list[str] = []
    for part in basis:
        label, shape, b = label_of(part), part.input_shape[0], part.n_basis_funcs
        for channel in np.ndindex(*shape):
            where = "" if np.prod(shape) == 1 else "".join(f"{k}," for k in channel)
            names += [f"{label}[{where}{j}]" for j in range(b)]
    return tuple(names)
