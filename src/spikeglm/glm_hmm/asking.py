"""What a fitted model says of data: states before, at and after each trial, and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..engine.runners.dispatch import products
from ..engine.runners.plan import plan
from ..glm.reading.fit_inputs import read_rows
from ..io.interop.labelled_rows import labelled
from ..io.interop.row_labels import RowLabels
from ..numerics import quiet
from ..rows.table_labels import row_labels_of
from ..typing import Array, ArrayLike, FloatArray
from .log_messages import most_likely_path
from .messages import Filtered, filtered
from .parameters import Parameters
from .reading import Data, check_same_data, read_data, read_parameters

if TYPE_CHECKING:
    from .questions import StateQuestions

ATTRIBUTES = ("coef_", "intercept_", "scale_", "initial_prob_", "transition_prob_")


def estimates(model: StateQuestions, data: Data) -> Parameters:
    """Return the parameters of a model, from a fit or set by hand.

    Raises
    ------
    NotFittedError
        If there are none; the message names those that are missing.
    ValueError
        If they do not fit the data.
    """
    given = [getattr(model, name) for name in ATTRIBUTES]
    drive = getattr(model, "transition_coef_", None)
    if (drive is None) != (data.n_inputs is None):
        was = "without" if drive is None else "with"
        raise errors.value_error(
            f"The model was fitted {was} transition_inputs.",
            given="some" if drive is None else "none",
            expected="data as for the fit",
            todo="pass transition_inputs=, or fit again.",
        )
    given += [] if drive is None else [drive]
    has_scale = data.problem.emissions.has_scale
    return read_parameters(given, data.shapes, has_scale, data.n_inputs)


def check_fitted(model: StateQuestions) -> None:
    """Raise a NotFittedError unless a model has all its parameters."""
    missing = [name for name in ATTRIBUTES if not hasattr(model, name)]
    if missing:
        todo = f"call fit(X, y) first, or set {', '.join(missing)}."
        raise errors.not_fitted(type(model).__name__, todo)


def asked(
    model: StateQuestions,
    X: ArrayLike,
    y: ArrayLike,
    session_starts: Any,
    transition_inputs: ArrayLike | None = None,
) -> tuple[Data, Parameters]:
    """Return what was read of data, and the parameters of a model."""
    check_fitted(model)
    data = read_data(model, X, y, session_starts, transition_inputs)
    if hasattr(model, "n_features_in_"):
        check_same_data(model, data, y)
    return data, estimates(model, data)


def smooth(data: Data, parameters: Parameters) -> Any:
    """Return p(state | all responses of the session), (n, K), with the labels of the rows."""
    found = data.problem.smoothed(parameters)
    return by_row(data, found.probability[:, 0])


def filtered_by(data: Data, parameters: Parameters) -> Filtered:
    """Return what trials up to each say of its state."""
    emissions = data.problem.emissions
    log_emission = emissions.log_likelihoods(parameters)
    return filtered(log_emission, data.problem.chain(parameters))


def before_seen(data: Data, parameters: Parameters, found: Filtered) -> FloatArray:
    """Return p(state | responses before the trial in its session), (T, R, K)."""
    predicted = np.empty_like(found.probability)
    chain = data.problem.chain(parameters)
    move = chain.transition[1:] if chain.is_driven else chain.transition
    predicted[1:] = (found.probability[:-1, :, None] @ move)[:, :, 0]
    predicted[data.sessions.starts] = parameters.initial
    return predicted


def decode(data: Data, parameters: Parameters, state_format: str) -> Any:
    """Return the most likely path, as states or one column for each."""
    if state_format not in ("one-hot", "index"):
        raise errors.unknown_name("state_format", state_format, ["one-hot", "index"])
    log_emission = data.problem.emissions.log_likelihoods(parameters)
    path = most_likely_path(log_emission, data.problem.chain(parameters))[:, 0]
    if state_format == "index":
        return by_row(data, path.astype(np.float64))
    return by_row(data, np.eye(parameters.n_states)[path])


def predict(model: StateQuestions, data: Data, parameters: Parameters) -> Any:
    """Return the mean response of each trial given those before it, with labels."""
    states = before_seen(data, parameters, filtered_by(data, parameters))[:, 0]
    of_states = data.sessions.among(means(model, data, parameters))
    mean = data.sessions.spread(np.einsum("tk,tkn->tn", states, of_states), np.nan)
    if data.shapes.n_neurons is None:
        return with_labels(data, mean[:, 0], None)
    return with_labels(data, mean, data.inputs.neurons)


def means(model: StateQuestions, data: Data, parameters: Parameters) -> FloatArray:
    """Return the mean response of each state, (n, K, N)."""
    coef, intercept = parameters.columns
    return means_of_rows(model, data.inputs.rows, coef, intercept, parameters.n_states)


def means_of_rows(
    model: StateQuestions, rows: Any, coef: FloatArray, intercept: FloatArray, n_states: int
) -> FloatArray:
    """Return means (n, K, N) of columns; NaN where features are missing."""
    from_rows = read_rows(rows)
    with quiet():
        eta = products(from_rows, coef, plan(from_rows, coef.shape[1])) + intercept
        return np.asarray(model._likelihood.mean(eta.reshape(len(eta), n_states, -1)))


def by_row(data: Data, values: Array) -> Any:
    """Return values (T,) or (T, K) of trials for all rows, NaN elsewhere, with their labels."""
    whole = data.sessions.spread(values, np.nan)
    names = tuple(f"state_{k}" for k in range(whole.shape[1])) if whole.ndim == 2 else None
    return with_labels(data, whole, names)


def with_labels(data: Data, values: Array, names: tuple[Any, ...] | None) -> Any:
    """Return values (n,) or (n, m) as pynapple where X or y have times, with names of columns."""
    labels = row_labels_of(data.inputs.rows)
    if (labels is None or labels.time_axis is None) and data.time_axis is not None:
        labels = RowLabels("y", time_axis=data.time_axis)
    if labels is None or (labels.time_axis is None and names is None):
        return values
    return labelled(values, labels, columns=names, metadata=None)
