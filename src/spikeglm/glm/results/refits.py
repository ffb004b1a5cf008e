"""The same model fitted to many responses, such as those that it simulates: columns of one fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, notices
from ...engine.columns import Source
from ...fit import magnitudes
from ...inference.information import fisher
from ...io.interop.timeseries import to_array
from ...solvers import Status
from ...typing import Array, ArrayLike, FloatArray
from ..reading.fit_inputs import FitInputs, read_offset
from ..reading.known_labels import check_rows
from . import fitted
from .automatic import fit_again
from .prediction import linear_predictor

if TYPE_CHECKING:
    from ..hooks import Hooks

_UNFINISHED = (Status.LIMIT, Status.STALLED, Status.INEXACT)


def predict_refitted(model: Hooks, X: ArrayLike, responses: ArrayLike, **more: Any) -> FloatArray:
    """Return the means (T, B) of fits of a model of one neuron to B responses (T, B).

    Raises
    ------
    ValueError, TypeError
        If the data cannot be used, or the model is of a population or of classes.

    Warns
    -----
    UserWarning
        If some of the fits did not reach their optimum.
    """
    values = to_array(responses, name="responses")
    if model._response_ndim != 1 or values.ndim != 2 or values.shape[1] == 0:
        raise errors.value_error(
            "Refits are of one neuron.",
            given=f"{type(model).__name__} and responses of shape {values.shape}",
            expected="a GLM and (n_samples, n_refits)",
            todo="fit a GLM to the neuron.",
        )
    inputs = model.read_inputs(X, values[:, 0], **more)
    _check_responses(inputs, responses, values)
    each = np.zeros(values.shape[1], dtype=np.intp)
    columns = replace(inputs.columns.take(each), responses=Source.one_per_column(values))
    result = fit_again(model, replace(inputs, columns=columns), each, model._solver()).result
    unfinished = [status for status in result.status if status in _UNFINISHED]
    if unfinished:
        notices.warn(
            f"{len(unfinished)} of {len(each)} refits did not reach their optimum ({unfinished[0]})"
            ". What to do: give the model more passes, solver_kwargs={'maxiter': ...}."
        )
    offset = read_offset(more.get("offset"), inputs.rows, 1)
    eta = linear_predictor(inputs.rows, result.coef, result.intercept, offset)
    return columns.likelihood.mean(eta)


def check_counts_of_fit(model: Hooks, X: ArrayLike, y: ArrayLike, **more: Any) -> None:
    """Check that a model of one neuron's counts or choices was fitted to these data.

    Raises
    ------
    ValueError, TypeError
        If it is of another kind, its estimates were set by hand, or the data are others.
    """
    optimum, _ = fitted.optimum_of(model, X, y, **more)
    if model._response_ndim != 1 or not model._likelihood.model.gives_probabilities:
        raise errors.value_error(
            "A model of another kind cannot be tested so.",
            given=f"{type(model).__name__} of {model._likelihood.model.name} responses",
            expected="a GLM of one neuron's counts or choices",
            todo="fit a GLM to the neuron.",
        )
    if optimum.record is None:
        raise errors.value_error(
            "These estimates are of no fit.",
            given="coef_ and intercept_ that were set by hand, or updated",
            expected="those of a fit, which can be repeated",
            todo="call fit.",
        )
    next(fisher.uncertainties(optimum))  # which looks at the data first


def _check_responses(inputs: FitInputs, responses: ArrayLike, values: Array) -> None:
    """Check all responses (T, B); of the first is known what a fit asks."""
    if inputs.classes is not None:
        raise fitted.no_classes_here("Refits")
    check_rows(inputs.rows, responses=responses)
    inputs.columns.likelihood.check_response(values)
    magnitudes.check_response(values)
    missing = ~np.isfinite(values)
    differs = missing.any(axis=1) & ~missing.all(axis=1)
    if differs.any():
        raise errors.value_error(
            "The responses have gaps in different rows.",
            given=f"NaN or inf in some of them in {np.count_nonzero(differs)} rows",
            expected="the same gaps in all",
            todo="fit those with other gaps one by one.",
        )
