"""The edge of the estimators: the data that the user passed become rows and columns.

Everything is checked here, once; behind this page arrays have the right shape and dtype.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...engine.columns import Columns, Source
from ...fit import magnitudes
from ...io.interop.dask_calls import is_dask
from ...io.interop.frames import column_labels
from ...io.interop.row_labels import RowLabels, agreed
from ...io.interop.timeseries import TimeAxis, time_axis_of, to_array
from ...io.interop.trees import flatten, is_tree
from ...io.storage.stored_arrays import is_in_file
from ...numerics import is_plain_array
from ...observation_models.likelihood import Likelihood
from ...rows import ArrayRows, Rows, StackedRows, StoredRows
from ...rows.arrays import finite_rows
from ...rows.dask_rows import DaskRows
from ...rows.given_terms import basis_of, with_known_terms, with_terms
from ...rows.series import StoredSeries, pieces, stored_series
from ...rows.stored import is_stored
from ...rows.table_labels import row_labels_of
from ...rows.terms import Term
from ...settings import get_config
from ...typing import Array, ArrayLike, BoolArray
from .feature_tree import Layout
from .known_labels import check_beside_response, check_rows
from .lost_rows import LostRows
from .mistaken_shapes import (
    advice_on_length,
    as_columns,
    check_order,
    check_possible,
    one_column,
)
from .scaled_counts import announce_multiples
from .shapes import Shapes


def read_rows(X: ArrayLike, y: Any = None) -> Rows:
    """Return ``X`` as a table of rows: a ``Design`` as it is, anything array-like as an array.

    A tree (a dict or list) of those becomes their tables side by side. ``y`` is the response, where
    there is one: that the two changed places is known while both are as they were given.

    Raises
    ------
    TypeError
        If it holds no real numbers.
    ValueError
        If it is not 2-dimensional, or the leaves of a tree differ in rows or times.
    """
    check_order(X, y)
    rows = _stacked(X) if is_tree(X) else _one_table(X, "X")
    is_there = any(isinstance(part, DaskRows) for part in (rows, *getattr(rows, "parts", ())))
    wants_cluster = get_config().runner == "dask" and not is_there
    return DaskRows.of_rows(rows) if wants_cluster else rows


def _stacked(tree: Any) -> StackedRows:
    leaves, structure = flatten(tree, name="X")
    labels = structure.leaf_names()
    parts = tuple(
        _one_table(leaf, f"X[{label!r}]") for label, leaf in zip(labels, leaves, strict=True)
    )
    row_labels = agreed(*map(row_labels_of, parts))
    lengths = [part.n_rows for part in parts]
    if len(set(lengths)) > 1:
        raise errors.value_error(
            "The arrays of X must have the same number of samples.",
            given=", ".join(f"{n} in {label!r}" for label, n in zip(labels, lengths, strict=True)),
            expected="one number of rows",
            todo="bring all features to the same time bins.",
        )
    axes = [part.time_axis for part in parts if part.time_axis is not None]
    return StackedRows(
        parts, tuple(labels), axes[0] if axes else None, structure, row_labels=row_labels
    )


def _one_table(X: ArrayLike, name: str) -> Rows:
    if is_plain_array(X) and X.ndim == 2:
        return ArrayRows(X)
    if is_dask(X):
        return DaskRows.of_array(X)
    if is_stored(X):
        return StoredRows.checked(X, called=name)
    # Not asked of what is stored: the attributes of a closed dataset raise.
    if not is_in_file(X) and isinstance(X, Rows):
        return X
    values = to_array(X, name=name)
    if values.ndim != 2:
        raise errors.value_error(
            f"{name} must be 2-dimensional.",
            given=f"an array of shape {values.shape}",
            expected="(n_samples, n_features)",
            todo="Reshape your data: a single feature is "
            f"{as_columns(X, name)}, a single sample {name}[None, :]."
            if values.ndim == 1
            else "reshape it to one row per sample.",
        )
    columns = column_labels(X)
    names = columns
    if columns is not None and not any(isinstance(name, str) for name in columns):
        names = None  # mere numbers: 0, 1, ... of a table without names
    row_labels = RowLabels.of(X, called=name)
    axis = None if row_labels is None else row_labels.time_axis
    return ArrayRows(values, names and tuple(map(str, names)), axis, row_labels, columns)


def read_response(
    y: ArrayLike, rows: Rows, *, ndim: int
) -> tuple[Array | StoredSeries, TimeAxis | None]:
    """Return the response as (T, N), and its own time axis.

    One that is stored stays there where it would take much of the memory budget.

    Raises
    ------
    ValueError
        If it has the wrong number of dimensions or rows.
    """
    check_given(y, "the response")
    values = _numbers(y, "y")
    check_dimensions(y, values.shape, ndim, single="GLM", population="PopulationGLM")
    _check_length("y", values.shape, rows, values)
    if values.size == 0:
        raise errors.value_error(
            "There is nothing to fit.",
            given=f"y of shape {values.shape}",
            expected="at least one sample and one neuron",
        )
    shaped = values if isinstance(values, StoredSeries) or ndim == 2 else values[:, None]
    return shaped, None if is_plain_array(y) else time_axis_of(y)


def check_given(y: Any, what: str) -> None:
    """Raise a ValueError for a response that is None."""
    if y is None:
        raise errors.value_error(
            "A fit requires y to be passed, but the target y is None.",
            given="None",
            expected=f"{what}, (n_samples,) or (n_samples, n_neurons)",
        )


def check_dimensions(
    y: ArrayLike, shape: tuple[int, ...], ndim: int, *, single: str, population: str
) -> None:
    """Check that a response is one neuron's or many neurons', as the model expects; name the other.

    Raises
    ------
    ValueError
        If it is not.
    """
    if len(shape) != ndim:
        raise errors.value_error(
            f"y must be {ndim}-dimensional.",
            given=f"an array of shape {shape}",
            expected="(n_samples,)" if ndim == 1 else "(n_samples, n_neurons)",
            todo=f"use {population} for several neurons, or {one_column(y, 'y')} for one."
            if ndim == 1
            else f"use {single} for one neuron, or {as_columns(y, 'y')}.",
        )


@dataclass(frozen=True, eq=False)
class FitInputs:
    """What a fit needs: rows, column problems and the rows that take part.

    ``shapes`` are those of the parameters; ``neurons`` are the column names of y, where it has
    some; ``response_axis`` is its time axis; ``classes`` (K,) are those of a classifier; ``lost``
    tells of rows that take no part; ``basis`` computes the features, where that is known.
    """

    rows: Rows
    shapes: Shapes
    columns: Columns
    keep: BoolArray
    response_axis: TimeAxis | None
    neurons: tuple[Any, ...] | None
    classes: Array | None = None
    lost: LostRows | None = None
    basis: Any = None

    __repr__ = showing.of_fields


def read_fit_inputs(
    X: ArrayLike,
    y: ArrayLike,
    *,
    ndim: int,
    likelihood: Likelihood,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    feature_mask: ArrayLike | None = None,
    has_intercept: bool = True,
    terms: Any = None,
    known_terms: tuple[Term, ...] = (),
) -> FitInputs:
    """Read everything that ``fit`` takes; rows that are not finite are left out.

    ``terms`` say what columns mean, and ``known_terms`` where nobody else does. A row where only
    some neurons' responses are missing is left out for those neurons alone.

    Raises
    ------
    ValueError, TypeError
        For whatever cannot be used; the message says what to do.
    """
    rows = with_known_terms(read_rows(X, y), known_terms)
    rows = rows if terms is None else with_terms(rows, terms)
    check_rows(rows, y=y, sample_weight=sample_weight, offset=offset)
    response, axis = read_response(y, rows, ndim=ndim)
    neurons = column_labels(y)
    check_beside_response(neurons, sample_weight=sample_weight, offset=offset)
    given = response if isinstance(response, StoredSeries) or ndim == 2 else response[:, 0]
    check_possible(likelihood, given, X)
    magnitudes.check_response(response)
    announce_multiples(response, likelihood)
    n_neurons = response.shape[1]
    weights, keep, wanted, others = _weighed(rows, response, sample_weight)
    offsets = None
    if offset is not None:
        offset_values = _per_row("offset", offset, rows, n_neurons)
        magnitudes.check_offset(offset_values)
        others["offset"] = ~_finite(offset_values)
        keep = keep & ~others["offset"]
        offsets = _shared(offset_values, n_neurons)
    lost = LostRows(rows, keep, wanted, others)
    check_some_rows(lost)
    of_neurons = (None, None) if ndim == 1 else (n_neurons, neurons)
    shapes = Shapes(Layout.of(rows), of_neurons[0], None, has_intercept, of_neurons[1])
    mask = shapes.read_mask(feature_mask)
    response_of = Source.one_per_column(response)
    columns = Columns(likelihood, response_of, weights, offsets, mask, has_intercept)
    return FitInputs(
        rows, shapes, columns, keep, axis, neurons, lost=lost, basis=basis_of(rows, terms)
    )


def _weighed(
    rows: Rows, response: Array | StoredSeries, sample_weight: ArrayLike | None
) -> tuple[Source | None, BoolArray, BoolArray | None, dict[str, BoolArray]]:
    """Return how often rows count, which do, which are wanted, and which each input loses."""
    keep, wanted, lost = rows.valid_rows(), None, {}
    present = _present(response)
    if present is not None:
        lost["y"] = np.asarray(~(present > 0).any(axis=1))
    if sample_weight is not None:
        weight = read_weights(sample_weight, rows, response.shape[1])
        lost["sample_weight"] = ~finite_rows(weight)
        wanted = np.asarray(lost["sample_weight"] | (weight > 0).any(axis=1))
        keep = keep & (wanted & ~lost["sample_weight"])
        present = weight * present if present is not None else weight
    if present is None:
        return None, keep, wanted, lost
    return _shared(present, response.shape[1]), keep & (present > 0).any(axis=1), wanted, lost


def read_weights(sample_weight: ArrayLike, rows: Rows, n_neurons: int) -> Array:
    """Return how often each row counts, (T, N) or (T, 1); NaN where nobody knows.

    Raises
    ------
    ValueError
        If some are negative, or of another shape or size.
    """
    weight = _per_row("sample_weight", sample_weight, rows, n_neurons)[:]
    _check_weights(weight)
    magnitudes.check_weights(weight)
    return weight


def check_some_rows(lost: LostRows) -> None:
    """Raise a ValueError if no row takes part; it says what lost them."""
    if not lost.keep.any():
        raise errors.value_error(
            "At least a NaN or an Inf at all sample points, or a weight of zero.",
            given=f"{len(lost.keep)} rows, none of them complete: {lost.causes()}",
            expected="some rows with finite features and response, and a positive weight",
            todo="check for an all-NaN feature, epochs shorter than the basis window, or weights "
            "that are all zero.",
        )


def read_offset(offset: ArrayLike | None, rows: Rows, n_neurons: int) -> Array:
    """Return the offset of each row as (T, N) or (T, 1), or zero."""
    if offset is None:
        return np.zeros((1, 1))
    check_rows(rows, offset=offset)
    return _per_row("offset", offset, rows, n_neurons)[:]


def _present(response: Array | StoredSeries) -> Array | None:
    """Return (T, N) or (T, 1) 1 where a response is finite, or None where all are."""
    every = _finite(response)
    if every.all():
        return None
    some = np.concatenate([np.isfinite(response[part]).any(axis=1) for part in pieces(response)])
    if (some == every).all():
        return every[:, None].astype(np.uint8)
    return np.concatenate([np.isfinite(response[part]).view(np.uint8) for part in pieces(response)])


def _finite(values: Array | StoredSeries) -> BoolArray:
    return values.finite_rows() if isinstance(values, StoredSeries) else finite_rows(values)


def _numbers(values: ArrayLike, name: str) -> Any:
    """Return an array; of what is stored and takes much of the memory budget, a StoredSeries."""
    if is_plain_array(values):
        return values
    stored = stored_series(values, name=name)
    return to_array(values, name=name) if stored is None else stored


def _per_row(name: str, values: ArrayLike, rows: Rows, n_neurons: int) -> Array | StoredSeries:
    array = _numbers(values, name)
    if array.ndim == 0:
        array = np.full(rows.n_rows, array)
    _check_length(name, array.shape, rows)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or array.shape[1] not in (1, n_neurons):
        raise errors.value_error(
            f"{name} has the wrong shape.",
            given=f"{np.shape(values)}",
            expected="(n_samples,), one number per sample"
            + (f", or (n_samples, {n_neurons})" if n_neurons > 1 else ""),
        )
    return array


def _check_weights(weight: Array) -> None:
    if (weight < 0).any():
        raise errors.value_error(
            "sample_weight must not be negative.",
            given=f"a smallest weight of {np.nanmin(weight)}",
            expected="numbers >= 0; 0 leaves a sample out",
        )


def _shared(values: Array | StoredSeries, n_neurons: int) -> Source:
    if values.shape[1] == n_neurons:
        return Source.one_per_column(values)
    return Source(values, np.zeros(n_neurons, dtype=np.intp))


def _check_length(name: str, shape: tuple[int, ...], rows: Rows, values: Any = None) -> None:
    if shape[0] != rows.n_rows:
        raise errors.value_error(
            f"X and {name} must have the same number of samples.",
            given=f"{rows.n_rows} rows in X and {shape[0]} in {name}",
            expected="one entry per row of X",
            todo=advice_on_length(rows, shape, name, values),
        )
