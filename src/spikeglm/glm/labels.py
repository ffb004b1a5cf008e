"""What the user calls rows, features and neurons: kept by a model, and compared with what comes.

Where data of a fit and new data both have names, these must agree
(docs/decisions/0015-labels.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..io.column_names import require_same_columns
from ..io.frames import column_labels, index_of
from ..io.row_labels import require_same_rows
from ..rows.contract import Rows
from ..rows.labels import ONLY, TableLabels, row_labels_of

if TYPE_CHECKING:
    from .base import BaseGLM
    from .inputs import FitInputs


def check_rows(rows: Rows, **inputs: Any) -> None:
    """Check that inputs which name their rows name them as X does, and as each other do.

    Raises
    ------
    ValueError
        If two of them disagree.
    """
    require_same_rows(row_labels_of(rows), **inputs)


def check_beside_response(neurons: tuple[Any, ...] | None, **tables: Any) -> None:
    """Check that tables with a column per neuron (weights, offsets) call them as y does.

    Raises
    ------
    ValueError
        If one does not, or has them in another order.
    """
    for name, table in tables.items():
        _check(column_labels(table), neurons, name, "the neurons of y", f"{name}[y.columns].")


def check_features(model: BaseGLM, rows: Rows) -> None:
    """Check that the features of a table are called as those of the fit, leaf by leaf.

    Raises
    ------
    ValueError
        If they are called otherwise, or come in another order.
    """
    _check_features(TableLabels.of(rows).columns, _known_features(model))


def check_neurons(model: BaseGLM, **tables: Any) -> None:
    """Check that tables with a column per neuron call these as the y of the fit did.

    Raises
    ------
    ValueError
        If one does not, or has them in another order.
    """
    known = getattr(model, "neuron_columns_", None)
    for name, table in tables.items():
        todo = f"{name}[list(model.neuron_columns_)], or .loc[:, ...], puts them in order."
        _check(column_labels(table), known, name, "the neurons of the fit", todo)


def check_coefficients(model: BaseGLM, inputs: FitInputs) -> None:
    """Check that masks and strengths which name features, neurons or classes name those of data.

    Raises
    ------
    ValueError
        If one does not, or has them in another order.
    """
    features = TableLabels.of(inputs.rows).columns.get(ONLY)
    classes = None if inputs.classes is None else tuple(inputs.classes.tolist())
    for name in ("feature_mask", "regularizer_strength"):
        values = getattr(model, name, None)
        index = index_of(values)
        rows = None if index is None else tuple(index.tolist())
        _check(rows, features, name, "the features of X", f"{name}.loc[X.columns].")
        columns = inputs.neurons if classes is None else classes
        what = "the neurons of y" if classes is None else "the sorted classes"
        _check(column_labels(values), columns, name, what, "select them in that order.")


def check_null_mean(model: BaseGLM, rows: Rows, y: Any, null_mean: Any) -> None:
    """Check that means to score against call rows or neurons as the data and the fit do.

    Raises
    ------
    ValueError
        If they do not, or have them in another order.
    """
    if np.ndim(null_mean) >= max(1, model._response_ndim):
        check_rows(rows, y=y, null_mean=null_mean)
        check_neurons(model, null_mean=null_mean)
    elif np.ndim(null_mean) == 1 and (index := index_of(null_mean)) is not None:
        known = getattr(model, "neuron_columns_", None)
        what = "the neurons of the fit"
        _check(tuple(index.tolist()), known, "null_mean", what, "null_mean[model.neuron_columns_].")


def remember(model: BaseGLM, inputs: FitInputs) -> None:
    """Write what features and neurons are called to a model."""
    rows = inputs.rows
    if inputs.shapes.n_neurons is not None:
        axis = inputs.response_axis
        model.neuron_columns_ = inputs.neurons
        model.neuron_metadata_ = None if axis is None else axis.metadata
    model.n_features_in_ = rows.n_features
    model.feature_names_ = rows.feature_names
    model.feature_columns_ = TableLabels.of(rows).columns
    names = model.feature_columns_.get(ONLY)
    if names and all(isinstance(name, str) for name in names):
        model.feature_names_in_ = np.array(names, dtype=object)
    else:
        vars(model).pop("feature_names_in_", None)


def begin_batches(model: BaseGLM, inputs: FitInputs) -> None:
    """Write what features and neurons are called in the batches that follow."""
    model.update_columns_ = TableLabels.of(inputs.rows).columns, inputs.neurons


def check_batch(model: BaseGLM, inputs: FitInputs) -> None:
    """Check that a batch calls features and neurons as the batches before did.

    Raises
    ------
    ValueError
        If it does not.
    """
    features, neurons = getattr(model, "update_columns_", ({}, None))
    _check_features(TableLabels.of(inputs.rows).columns, features)
    _check(inputs.neurons, neurons, "y", "the batches before", "select them in that order.")


def _check_features(
    given: dict[str, tuple[Any, ...] | None], known: dict[str, tuple[Any, ...] | None]
) -> None:
    todo = "put the columns in the order of model.feature_names_: X[list(model.feature_names_in_)]."
    for leaf, names in given.items():
        table = "X" if leaf == ONLY else f"X[{leaf!r}]"
        _check(names, known.get(leaf), table, "the features of the fit", todo)


def _known_features(model: BaseGLM) -> dict[str, tuple[Any, ...] | None]:
    """Return the names of the features of the fit; of older files only those of a single table."""
    known: dict[str, tuple[Any, ...] | None] | None = getattr(model, "feature_columns_", None)
    if known is not None:
        return known
    names = getattr(model, "feature_names_", ())
    return {} if names == tuple(f"x{j}" for j in range(len(names))) else {ONLY: names}


def _check(given: Any, known: Any, table: str, what: str, todo: str) -> None:
    require_same_columns(given, known, table=table, what=what, todo=todo)
