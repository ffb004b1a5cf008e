"""What the user calls rows, features and neurons: kept by a model, and compared with what comes.

Where data of a fit and new data both have names, these must agree
(docs/decisions/0015-labels.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...io.interop.column_names import require_same_columns
from ...io.interop.frames import column_labels, index_of
from ...io.interop.row_labels import require_same_rows
from ...io.interop.trees import flatten, is_tree
from ...numerics import is_plain_array
from ...rows.contract import Rows
from ...rows.sampling import bin_size_of
from ...rows.table_labels import ONLY, TableLabels, row_labels_of
from ...rows.terms import terms_of
from ...typing import ArrayLike
from .own_past import responses_among_inputs

if TYPE_CHECKING:
    from ..hooks import Hooks
    from .fit_inputs import FitInputs


def check_rows(rows: Rows, **inputs: Any) -> None:
    """Check that inputs which name their rows name them as X does, and as each other do.

    Raises
    ------
    ValueError
        If two of them disagree.
    """
    named = {name: x for name, x in inputs.items() if x is not None and not is_plain_array(x)}
    if named:
        require_same_rows(row_labels_of(rows), **named)


def check_beside_response(neurons: tuple[Any, ...] | None, **tables: Any) -> None:
    """Check that tables with a column per neuron (weights, offsets) call them as y does.

    Raises
    ------
    ValueError
        If one does not, or has them in another order.
    """
    for name, table in tables.items():
        if neurons is not None and table is not None:
            _check(column_labels(table), neurons, name, "the neurons of y", f"{name}[y.columns].")


def check_features(model: Hooks, rows: Rows) -> None:
    """Check that the features of a table are called as those of the fit, leaf by leaf.

    And as coefficients that were set by hand call them.

    Raises
    ------
    ValueError
        If they are called otherwise, or come in another order.
    """
    columns = TableLabels.of(rows).columns
    _check_features(columns, _known_features(model))
    for leaf, part in _leaves(getattr(model, "coef_", None)).items():
        called, names = _called("coef_", leaf), _names(index_of(part))
        _check(names, columns.get(leaf), called, "the features of X", f"{called}.loc[X.columns].")


def check_neurons(model: Hooks, **tables: Any) -> None:
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


def check_coefficients(
    model: Hooks, inputs: FitInputs, params: tuple[ArrayLike, ArrayLike] | None = None
) -> None:
    """Check that what belongs to coefficients calls features, neurons and classes as data do.

    That are masks, strengths, bounds, groups of features, and the coefficients of ``params``.

    Of ``params`` it is known that they are two.

    Raises
    ------
    ValueError
        If one does not, or has them in another order.
    """
    of_coefficients = _of_coefficients(model, params)
    groups = getattr(model._regularizer, "mask", None)
    if not of_coefficients and groups is None:
        return
    features = TableLabels.of(inputs.rows).columns
    columns, what = inputs.neurons, "the neurons of y"
    if inputs.classes is not None:
        columns, what = tuple(inputs.classes.tolist()), "the sorted classes"
    for name, values in of_coefficients:
        for leaf, part in _leaves(values).items():
            index, known, called = index_of(part), features.get(leaf), _called(name, leaf)
            todo = f"{called}.loc[X.columns]."
            _check(_names(index), known, called, "the features of X", todo)
            _check(column_labels(part), columns, called, what, "select them in that order.")
    for leaf, part in ({} if groups is None else _leaves(groups)).items():
        called = _called("mask", leaf)
        todo = f"{called}[X.columns]."
        _check(column_labels(part), features.get(leaf), called, "the features of X", todo)


def _of_coefficients(
    model: Hooks, params: tuple[ArrayLike, ArrayLike] | None
) -> list[tuple[str, Any]]:
    strength = getattr(model, "regularizer_strength", None)
    parts = strength if isinstance(strength, tuple) else (strength,)  # of an elastic net
    bounds = getattr(model._regularizer, "bounds", ())
    found = [("feature_mask", model.feature_mask)]
    found += [("regularizer_strength", part) for part in parts]
    found += [("bounds", bound) for bound in bounds if isinstance(bounds, tuple | list)]
    found += [] if params is None else [("coef", params[0])]
    return [(name, values) for name, values in found if values is not None]


def _leaves(values: Any) -> dict[str, Any]:
    """Return the leaves of a tree by name; what is no tree is the only one."""
    if not is_tree(values):
        return {ONLY: values}
    leaves, structure = flatten(values, name="values")
    return dict(zip(structure.leaf_names(), leaves, strict=True))


def _called(name: str, leaf: str) -> str:
    return name if leaf == ONLY else f"{name}[{leaf!r}]"


def _are_text(names: tuple[Any, ...] | None) -> bool:
    return names is not None and all(isinstance(name, str) for name in names)


def _names(index: Any) -> tuple[Any, ...] | None:
    return None if index is None else tuple(index.tolist())


def check_null_mean(model: Hooks, rows: Rows, y: Any, null_mean: Any) -> None:
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
        _check(_names(index), known, "null_mean", what, "null_mean[list(model.neuron_columns_)].")


def check_null_probabilities(model: Hooks, rows: Rows, y: Any, null_mean: Any) -> None:
    """Check that probabilities to score against call rows, neurons and classes as a classifier.

    Raises
    ------
    ValueError
        If they do not, or have them in another order.
    """
    n_axes, classes = np.ndim(null_mean), tuple(np.asarray(model.classes_).tolist())
    if n_axes > model._response_ndim:
        check_rows(rows, y=y, null_mean=null_mean)
    of_classes = _names(index_of(null_mean)) if n_axes == 1 else column_labels(null_mean)
    if n_axes <= 2:
        todo = "null_mean[model.classes_]."
        _check(of_classes, classes, "null_mean", "the classes of the model", todo)


def remember(model: Hooks, inputs: FitInputs) -> None:
    """Write what features and neurons are called to a model."""
    rows = inputs.rows
    if inputs.shapes.n_neurons is not None:
        axis = inputs.response_axis
        model.neuron_columns_ = inputs.neurons
        model.neuron_metadata_ = None if axis is None else axis.metadata
    model.n_features_in_ = rows.n_features
    model.feature_names_ = rows.feature_names
    model.terms_ = terms_of(rows)
    vars(model).pop("basis_", None)
    if inputs.basis is not None:
        model.basis_ = inputs.basis
    vars(model).pop("feedback_", None)
    if inputs.classes is None and (
        fed := responses_among_inputs(rows, inputs.columns.responses.values)
    ):
        model.feedback_ = fed
    model.bin_s_ = bin_size_of(rows.time_axis or inputs.response_axis)
    model.feature_columns_ = TableLabels.of(rows).columns
    names = model.feature_columns_.get(ONLY)
    if names and _are_text(names):
        model.feature_names_in_ = np.array(names, dtype=object)
    else:
        vars(model).pop("feature_names_in_", None)


def begin_batches(model: Hooks, inputs: FitInputs) -> None:
    """Write what features and neurons are called in the batches that follow."""
    model.update_columns_ = TableLabels.of(inputs.rows).columns, inputs.neurons


def check_batch(model: Hooks, inputs: FitInputs) -> None:
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
    for leaf, names in given.items():
        before, todo = known.get(leaf), "select the columns in the order of the fit."
        if leaf == ONLY and _are_text(before):
            todo = "X[list(model.feature_names_in_)] puts them in order."
        _check(names, before, _called("X", leaf), "the features of the fit", todo)


def _known_features(model: Hooks) -> dict[str, tuple[Any, ...] | None]:
    """Return the names of the features of the fit; of older files only those of a single table."""
    known: dict[str, tuple[Any, ...] | None] | None = getattr(model, "feature_columns_", None)
    if known is not None:
        return known
    names = getattr(model, "feature_names_", ())
    return {} if names == tuple(f"x{j}" for j in range(len(names))) else {ONLY: names}


def _check(given: Any, known: Any, table: str, what: str, todo: str) -> None:
    require_same_columns(given, known, table=table, what=what, todo=todo)
