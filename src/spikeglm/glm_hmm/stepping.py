"""One turn of EM at a time, and the loss at given parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..typing import ArrayLike
from .asking import filtered_by
from .fitting import as_user, keep, starts
from .reading import read_data, read_parameters

if TYPE_CHECKING:
    from .questions import StateQuestions


class EMState(NamedTuple):
    """Where EM stands.

    >>> EMState(0, float("nan"), -10.0).log_likelihood
    -10.0
    """

    iterations: int
    previous_log_likelihood: float
    log_likelihood: float  # of the parameters before the last turn, in nats


def first_parameters(
    model: StateQuestions, X: ArrayLike, y: ArrayLike, session_starts: Any, inputs: Any
) -> Any:
    """Return the parameters of the first start."""
    data = read_data(model, X, y, session_starts, inputs)
    return as_user(data, starts(model, data, X, y).of_runs(1))


def update(
    model: StateQuestions,
    params: Any,
    state: EMState,
    X: ArrayLike,
    y: ArrayLike,
    session_starts: Any,
    inputs: Any,
) -> tuple[Any, EMState]:
    """Take one turn of EM and keep its parameters."""
    data = read_data(model, X, y, session_starts, inputs)
    now = read_parameters(params, data.shapes, data.problem.emissions.has_scale, data.n_inputs)
    now = data.problem.emissions.tied(now)
    found = data.problem.smoothed(now)
    new = data.problem.maximised(now, found)
    keep(model, data, new)
    log_likelihood = float(found.log_likelihood[0])
    return as_user(data, new), EMState(state.iterations + 1, state.log_likelihood, log_likelihood)


def loss(
    model: StateQuestions,
    params: Any,
    X: ArrayLike,
    y: ArrayLike,
    session_starts: Any,
    inputs: Any,
) -> float:
    """Return minus the mean log-likelihood per response."""
    data = read_data(model, X, y, session_starts, inputs)
    emissions = data.problem.emissions
    parameters = read_parameters(params, data.shapes, emissions.has_scale, data.n_inputs)
    return -float(filtered_by(data, parameters).log_likelihood[0]) / emissions.n_seen
