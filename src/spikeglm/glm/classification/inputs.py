"""The edge of the classifiers: labels become class columns, beside what all estimators read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...engine.columns import Columns, Source
from ...engine.kernels.softmax_kernels import Softmax
from ...fit import magnitudes
from ...io.interop.column_names import require_same_columns
from ...io.interop.frames import column_labels
from ...io.interop.timeseries import time_axis_of, to_array
from ...rows.arrays import finite_rows
from ...rows.contract import Rows
from ...rows.terms import Term
from ...typing import Array, ArrayLike, IntArray
from ..reading.fit_inputs import (
    FitInputs,
    check_dimensions,
    check_some_rows,
    read_fit_inputs,
    read_rows,
)
from ..reading.known_labels import check_beside_response, check_rows
from ..reading.shapes import Shapes
from .labels import encode

if TYPE_CHECKING:
    from .classifier import ClassifierGLM


def read_class_inputs(
    model: ClassifierGLM,
    X: ArrayLike,
    y: ArrayLike,
    classes: Array,
    *,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    terms: Any = None,
    known_terms: tuple[Term, ...] = (),
) -> FitInputs:
    """Check data against a model and return everything that ``fit`` takes.

    The columns are K·N class columns. Rows that are not finite are left out; where some neurons'
    labels are missing (NaN, None), for those neurons alone.

    Raises
    ------
    ValueError, TypeError
        For whatever cannot be used; the message says what to do.
    """
    rows, neurons = read_rows(X, y), column_labels(y)
    codes, ndim = encode(y, classes), model._response_ndim
    check_dimensions(
        y, codes.shape, ndim, single="ClassifierGLM", population="ClassifierPopulationGLM"
    )
    softmax: Any = Softmax(len(classes))  # a likelihood of columns, as the kernels use one
    response = np.where(codes < 0, np.nan, codes)
    check_rows(rows, y=y, sample_weight=sample_weight, offset=offset)
    check_beside_response(neurons, sample_weight=sample_weight)
    inputs = read_fit_inputs(
        rows,
        response,
        ndim=ndim,
        likelihood=softmax,
        sample_weight=sample_weight,
        has_intercept=model._has_intercept,
        terms=terms,
        known_terms=known_terms,
    )
    inputs = replace(inputs, shapes=replace(inputs.shapes, neurons=neurons))
    inputs = replace(
        inputs,
        shapes=replace(inputs.shapes, n_classes=len(classes)),
        columns=_class_columns(model, inputs, one_hot_columns(codes, len(classes)), len(classes)),
        response_axis=time_axis_of(y),
        neurons=neurons,
        classes=classes,
    )
    return inputs if offset is None else _with_offset(inputs, offset, classes)


def _class_columns(
    model: ClassifierGLM, inputs: FitInputs, one_hot: Array, n_classes: int
) -> Columns:
    """Return K·N columns in the place of N: each class has the weights of its neuron."""
    weights = inputs.columns.weights
    if weights is not None:
        weights = replace(weights, of=np.tile(weights.of, n_classes))
    shapes = replace(inputs.shapes, n_classes=n_classes)
    return replace(
        inputs.columns,
        responses=Source.one_per_column(one_hot),
        weights=weights,
        mask=shapes.read_mask(model.feature_mask),
    )


def _with_offset(inputs: FitInputs, offset: ArrayLike, classes: Array) -> FitInputs:
    """Add an offset (T, K) or (T, N, K); rows where it is not finite are left out."""
    values = read_class_offset(offset, inputs.rows, inputs.shapes, classes)
    complete = finite_rows(values)
    keep, lost = inputs.keep & complete, inputs.lost
    if lost is not None:
        lost = lost.also(keep, offset=~complete)
        check_some_rows(lost)
    columns = replace(inputs.columns, offsets=Source.one_per_column(values))
    return replace(inputs, columns=columns, keep=keep, lost=lost)


def one_hot_columns(codes: IntArray, n_classes: int) -> Array:
    """Return codes (T,) or (T, N) as (T, K·N) booleans; a row of False for a gap."""
    codes = codes.reshape(len(codes), 1, -1)
    return (codes == np.arange(n_classes)[:, None]).reshape(len(codes), -1)


def read_class_offset(
    offset: ArrayLike | None, rows: Rows, shapes: Shapes, classes: Array
) -> Array:
    """Return what is added to the linear predictors of the classes, (T, K·N), or zero.

    Raises
    ------
    ValueError
        If it has not a number per row and class, or calls rows or classes otherwise.
    """
    if offset is None:
        return np.zeros((1, 1))
    check_rows(rows, offset=offset)
    values = to_array(offset, name="offset")
    expected = (rows.n_rows, *shapes.intercept_shape)
    if values.shape != expected:
        raise errors.value_error(
            "offset has the wrong shape.",
            given=f"{values.shape}",
            expected=f"{expected}: one number per sample"
            + (", neuron and class" if shapes.n_neurons is not None else " and class"),
            todo="what all classes share changes no probability: leave it out."
            if values.ndim == 1
            else "",
        )
    magnitudes.check_offset(values.reshape(rows.n_rows, -1))
    require_same_columns(
        column_labels(offset),
        tuple(classes.tolist()),
        table="offset",
        what="the classes of the model",
        todo="offset[model.classes_].",
    )
    return shapes.columns(values)
