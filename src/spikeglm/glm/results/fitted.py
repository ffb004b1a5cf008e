"""Estimates, from a fit or set by hand: kept by the model, and what they say of data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ... import errors, notices
from ...fit.record import FitResult
from ...inference.effects.estimates import warn_of_selection
from ...inference.fit_on_data import FitOnData
from ...inference.information.degrees_of_freedom import dispersion_degrees
from ...inference.information.optimum import Optimum, Uncertainty
from ...observation_models.likelihood import Likelihood
from ...rows.contract import Rows
from ...rows.given_terms import are_labelled, without_meaning
from ...rows.table_labels import like_rows
from ...rows.terms import terms_of
from ...typing import Array, ArrayLike, FloatArray
from ..reading.feature_tree import Layout
from ..reading.fit_inputs import FitInputs, read_offset
from ..reading.known_labels import check_coefficients, check_features, check_neurons, remember
from ..reading.mistaken_shapes import advice_on_features
from ..reading.parameter_checks import dof_resid
from ..reading.read_arguments import is_automatic
from ..reading.shapes import Shapes
from . import dispersion, prediction
from .report import FitReport
from .scoring import Null, known_scale

if TYPE_CHECKING:
    from ..hooks import Hooks


class Uncertainties(NamedTuple):
    """How sure the n parameters of each neuron are, computed as they are asked for."""

    of_neurons: Iterator[Uncertainty]  # N
    shapes: Shapes  # of the parameters


def mean_response(model: Hooks, rows: Rows, offset: ArrayLike | None) -> FloatArray:
    """Return the mean response, (T,) or (T, N) as y has it; NaN where a row is not finite.

    A warning tells of means that the observation model cannot have: they stay as the link gives
    them.

    Raises
    ------
    NotFittedError
        If the estimator has no coefficients.
    ValueError
        If the features are not those of the fit.
    """
    shapes, coef, intercept = estimates(model, rows)
    check_neurons(model, offset=offset)
    added = read_offset(offset, rows, len(intercept))
    eta = prediction.linear_predictor(rows, coef, intercept, added)
    mean = model._likelihood.mean(eta)
    _warn_of_impossible(model._likelihood, mean, eta)
    return shapes.user(mean)


def _warn_of_impossible(likelihood: Likelihood, mean: FloatArray, eta: FloatArray) -> None:
    """Tell of means (T, N) that are finite predictors' and yet no means of the model."""
    if not mean.size:
        return
    low, high = likelihood.model.means
    smallest, largest = np.fmin.reduce(mean, axis=None), np.fmax.reduce(mean, axis=None)
    if smallest >= low and largest <= high and largest < np.inf and smallest > -np.inf:
        return
    wrong = np.isfinite(eta) & ~(np.isfinite(mean) & (mean >= low) & (mean <= high))
    if wrong.any():
        notices.warn(
            f"{int(wrong.any(axis=1).sum())} of {len(mean)} rows have means that are none of a "
            f"{likelihood.model.name} model. Given: means from {smallest} to {largest}. Expected: "
            f"between {low} and {high}, finite. What to do: choose a link that gives no others "
            "(None takes the model's default), or compare these features with those of the fit."
        )


def null_of(model: Hooks, rows: Rows, offset: ArrayLike | None, given: Any) -> Null:
    """Return what a score is measured against, given what the user says of it."""
    record = model.fit_report_.result if hasattr(model, "fit_report_") else None
    return Null(given, read_offset(offset, rows, np.size(model.intercept_)), record)


def optimum_of(model: Hooks, X: ArrayLike, y: ArrayLike, **more: Any) -> tuple[Optimum, Shapes]:
    """Return where a fit ended, with the data of that fit, and the shapes of its parameters.

    Raises
    ------
    NotFittedError
        If the estimator has no coefficients.
    ValueError, TypeError
        If the data cannot be used.
    """
    inputs = model.read_inputs(X, y, **more)
    if inputs.classes is not None:
        raise no_classes_here("Questions of a fit with its data, and bootstraps,")
    check_same_intercept(model)
    shapes, coef, intercept = estimates(model, inputs.rows)
    check_neurons(model, y=y)
    optimum = Optimum(
        inputs.rows,
        replace(inputs.columns, likelihood=dispersion.at_scale(model)),
        inputs.keep,
        coef,
        intercept,
        penalty=model.read_penalty(inputs.shapes),
        scale=known_scale(getattr(model, "scale_", None), model._likelihood),
        record=record_of(model, coef, intercept),
        time_axis=inputs.rows.time_axis or inputs.response_axis,
    )
    return optimum, shapes


def fit_on_data(model: Hooks, X: ArrayLike, y: ArrayLike, **more: Any) -> FitOnData:
    """Return where a fit ended, with its data and the names of neurons, features and terms.

    Raises what :func:`optimum_of` raises.
    """
    optimum, shapes = optimum_of(model, X, y, **more)
    rows = optimum.rows
    n_neurons, dof, record = len(optimum.intercept), dof_of(model, optimum), optimum.record
    left = getattr(model, "dof_resid_", None)
    known = getattr(model, "terms_", ())
    return FitOnData(
        optimum,
        getattr(model, "neuron_columns_", None) or tuple(range(n_neurons)),
        tuple(rows.feature_names),
        tuple(known if are_labelled(known) else terms_of(rows)),
        is_single=shapes.n_neurons is None,
        dispersion_dof=np.full(n_neurons, np.inf) if dof is None else dof,
        bin_s=getattr(model, "bin_s_", None),
        n_parameters=None if record is None or left is None else record.total_weight - left,
        is_named=getattr(model, "neuron_columns_", None) is not None,
        neuron_metadata=getattr(model, "neuron_metadata_", None),
        has_chosen_strengths=is_automatic(model.regularizer_strength),
        feedback=getattr(model, "feedback_", {}),
    )


def dof_of(model: Hooks, optimum: Optimum) -> FloatArray | None:
    """Return the degrees of freedom (N,) of an estimated dispersion, None of any other."""
    edf, record = getattr(model, "edf_", None), optimum.record
    if edf is None or record is None:
        return None
    has_aliased, total = len(record.aliased) > 0, record.total_weight
    return dispersion_degrees(optimum, edf, total_weight=total, has_aliased=has_aliased)


def no_classes_here(what: str) -> TypeError:
    """Build the error for a question that a classifier has no answer to."""
    return errors.type_error(
        f"{what} are not there for classifiers.",
        given="a classifier",
        expected="a GLM",
        todo="of one class against the others, GLM('Bernoulli') has them; curves of all classes "
        "are model.curve(label, X, y).",
    )


def loss_at(
    model: Hooks, params: tuple[ArrayLike, ArrayLike], X: ArrayLike, y: ArrayLike, **data: Any
) -> float:
    """Return the unpenalised loss of a model's kind at parameters: mean over rows, sum of neurons.

    Raises
    ------
    ValueError, TypeError
        If the parameters do not fit the data, or the data are not those of the model.
    """
    inputs = model.read_inputs(X, y, **data)
    if inputs.lost is not None:
        inputs.lost.announce()
    check_features(model, inputs.rows)
    check_neurons(model, y=y)
    coef, intercept = inputs.shapes.read_first(params)
    check_coefficients(model, inputs, params)
    columns = inputs.columns
    if columns.estimates_scale:
        columns = replace(columns, likelihood=dispersion.at_scale(model))
    losses = prediction.mean_loss(inputs.rows, columns, coef, intercept, inputs.keep)
    return float(losses.sum())


def check_same_intercept(model: Hooks) -> None:
    """Check that ``fit_intercept`` is that of the fit.

    Raises
    ------
    ValueError
        If it was changed after the fit.
    """
    report = getattr(model, "fit_report_", None)
    if report is not None and report.result.has_intercept != model._has_intercept:
        raise errors.value_error(
            "fit_intercept was changed after the fit.",
            given=f"fit_intercept={model.fit_intercept}",
            expected=f"{report.result.has_intercept}, as in the fit",
            todo="call fit again.",
        )


def record_of(model: Hooks, coef: FloatArray, intercept: FloatArray) -> FitResult | None:
    """Return the record of the fit that led to these estimates, None if they were set by hand."""
    if not hasattr(model, "fit_report_"):
        return None
    result: FitResult = model.fit_report_.result
    pairs = ((result.coef, coef), (result.intercept, intercept))
    return result if all(np.array_equal(then, now) for then, now in pairs) else None


def tell_of_selection(model: Hooks, shapes: Shapes) -> bool:
    """Say why there are no standard errors, if the penalty selects features; return if it does."""
    penalty = model.read_penalty(shapes)
    selects = not penalty.is_smooth
    if selects:
        warn_of_selection(penalty)
    return selects


def estimates(
    model: Hooks, rows: Rows, n_classes: int | None = None
) -> tuple[Shapes, FloatArray, FloatArray]:
    """Return the shapes, coefficients (p, C), zero where masked, and intercepts (C,) of a model.

    Raises
    ------
    NotFittedError
        If the estimator has no coefficients.
    TypeError, ValueError
        If they, or the features of the fit, are not those of the rows.
    """
    check_fitted(model, rows)
    n_neurons = np.size(model.intercept_) // (n_classes or 1)
    is_single = model._response_ndim == 1
    shapes = Shapes(
        Layout.of(rows, getattr(model, "terms_", ())),
        None if is_single else n_neurons,
        n_classes,
        model._has_intercept,
        getattr(model, "neuron_columns_", None),
    )
    coef, intercept = shapes.read_parameters((model.coef_, model.intercept_))
    mask = shapes.read_mask(model.feature_mask)
    return shapes, coef if mask is None else coef * mask, intercept


def store(model: Hooks, result: FitResult, inputs: FitInputs) -> None:
    """Write what a fit found to the model, in the shapes that the user knows."""
    shapes, rows = inputs.shapes, inputs.rows
    if inputs.classes is not None:
        model.classes_ = inputs.classes
    model.coef_ = shapes.user_coef(result.coef)
    model.intercept_ = shapes.user_intercept(result.intercept)
    remember(model, inputs)
    model.dof_resid_ = dof_resid(shapes, result, model._regularizer, inputs.columns.mask)
    weight = result.total_weight
    found = model._dispersion(inputs, result, dof_resid=model.dof_resid_, weight=weight)
    dispersion.store(model, found)
    for of_updates in ("update_state_", "update_columns_"):  # before this fit
        vars(model).pop(of_updates, None)
    neurons = inputs.neurons or tuple(range(len(result.status)))
    model.fit_report_ = FitReport(
        result, neurons, rows.feature_names, without_meaning(terms_of(rows))
    )
    dispersion.warn_if_unknown(found, result, neurons)


def wrapped(model: Hooks, values: Array, rows: Rows) -> Any:
    """Return values (T,) or (T, N) as pynapple where the rows have times; N with their names.

    Named neurons of rows with an index make a data frame; the prediction for a single one is an
    array then, as scikit-learn expects it.
    """
    names = getattr(model, "neuron_columns_", None)
    return like_rows(values, rows, names, getattr(model, "neuron_metadata_", None))


def check_fitted(model: Hooks, rows: Rows) -> None:
    """Check that there are estimates, for features like those of the rows.

    Raises
    ------
    NotFittedError
        If the estimator has no coefficients.
    TypeError
        If X is another tree than that of the fit.
    ValueError
        If the features are not those of the fit.
    """
    if not model.__sklearn_is_fitted__():
        raise errors.not_fitted(type(model).__name__)
    Layout.of(rows).check(model.coef_, name="coef")
    known = getattr(model, "n_features_in_", rows.n_features)
    if known != rows.n_features:
        raise errors.value_error(
            f"X has {rows.n_features} features, but {type(model).__name__} is expecting {known} "
            "features as input.",
            given=f"X of shape ({rows.n_rows}, {rows.n_features})",
            expected=f"(n_samples, {known}), the features of the fit",
            todo=advice_on_features(model, rows, known),
        )
    check_features(model, rows)
