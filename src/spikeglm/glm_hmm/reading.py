"""What a user passes to a hidden Markov model: checked here, once, and turned into a problem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..glm.reading.by_term import is_by_term
from ..glm.reading.feature_tree import Layout
from ..glm.reading.fit_inputs import FitInputs, read_fit_inputs
from ..glm.reading.known_labels import check_features, check_neurons
from ..glm.reading.mistaken_shapes import advice_on_features
from ..glm.reading.read_arguments import is_automatic, read_likelihood, read_solver
from ..glm.reading.shapes import Shapes
from ..io.interop.timeseries import TimeAxis, to_array
from ..observation_models.likelihood import Likelihood
from ..regularizer import Penalty, regularizer_of
from ..regularizer.firth import is_of_information
from ..typing import Array, ArrayLike, BoolArray, FloatArray
from .climbing import Problem
from .driven_moves import Inputs
from .emissions import Emissions
from .frozen_weights import with_given
from .parameters import Parameters
from .priors import read_dirichlet
from .sessions import Sessions, read_session_starts
from .shared_weights import read_shared
from .starts import check_probabilities

if TYPE_CHECKING:
    from .questions import StateQuestions

_LEAST_SHARE = 1e-8  # of the variance of a response, that is left of it within a state


@dataclass(frozen=True, eq=False)
class Data:
    """What was read.

    Attributes
    ----------
    problem :
        For the messages and for EM.
    shapes :
        Of coefficients, as the user knows them; states are their last axis.
    inputs :
        As any model reads them.
    """

    problem: Problem
    shapes: Shapes
    inputs: FitInputs

    __repr__ = showing.of_fields

    @property
    def sessions(self) -> Sessions:
        """Which rows are trials of which sessions."""
        return self.problem.emissions.sessions

    @property
    def n_inputs(self) -> int | None:
        """Inputs of transitions; None without any."""
        inputs = self.problem.inputs
        return None if inputs is None else inputs.n_inputs

    @property
    def time_axis(self) -> TimeAxis | None:
        """That of y, or of X."""
        return self.inputs.response_axis or self.inputs.rows.time_axis


def read_data(
    model: StateQuestions,
    X: ArrayLike,
    y: ArrayLike,
    session_starts: Any,
    transition_inputs: ArrayLike | None = None,
) -> Data:
    """Read features, responses and sessions.

    Raises
    ------
    ValueError, TypeError
        For data or arguments of the model that cannot be used.
    """
    n_states = read_count(model.n_states, "n_states")
    inputs, likelihood, n_classes = _read_inputs(model, X, y)
    rows, ndim = inputs.rows, 1 if inputs.shapes.n_neurons is None else 2
    response = np.asarray(inputs.columns.responses.values[:], dtype=np.float64)
    axis = inputs.response_axis or rows.time_axis
    marks = read_session_starts(session_starts, rows.n_rows, axis)
    sessions = Sessions.of(marks, inputs.keep)
    y_filled, seen = _filled(response, inputs.keep, sessions)
    n_outputs = None if ndim == 1 else response.shape[1]
    layout = Layout.of(rows, getattr(model, "terms_", ()))
    shapes = Shapes(layout, n_outputs, n_states, True, inputs.neurons)
    emissions = Emissions(
        rows,
        inputs.keep,
        n_states,
        likelihood,
        y_filled,
        seen,
        sessions,
        _read_penalty(model, shapes, n_classes),
        _read_mask(model.feature_mask, shapes, n_classes),
        read_solver(model.solver_name, model.solver_kwargs, model.regularizer),
        True,
        _least_scale(likelihood, y_filled, seen),
        n_classes=n_classes,
        shared=read_shared(model, rows, likelihood, n_classes),
    )
    prior = read_dirichlet(
        model.dirichlet_initial_proba, model.dirichlet_transition_proba, n_states
    )
    drive = read_inputs(model, transition_inputs, rows.n_rows, sessions)
    return Data(Problem(with_given(emissions, model, shapes), prior, drive), shapes, inputs)


def _read_inputs(model: StateQuestions, X: ArrayLike, y: ArrayLike) -> tuple[FitInputs, Any, int]:
    """Return what any model reads, the likelihood, and how many classes labels have, or one."""
    read = model._responses(X, y)
    inputs = read_fit_inputs(
        X,
        read.values,
        ndim=2 if np.ndim(read.values) == 2 else 1,
        likelihood=read.likelihood,
        known_terms=getattr(model, "terms_", ()),
    )
    if read.classes is not None:
        inputs = replace(inputs, neurons=read.names, response_axis=read.axis, classes=read.classes)
    return inputs, read.likelihood, read.n_classes


def read_inputs(
    model: StateQuestions, given: ArrayLike | None, n_rows: int, sessions: Sessions
) -> Inputs | None:
    """Return what transitions follow, of the trials.

    Raises
    ------
    ValueError
        If they have not one row per row of X, or are not finite in all trials.
    """
    if given is None:
        return None
    values = to_array(given, name="transition_inputs").astype(np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) != n_rows:
        raise errors.value_error(
            "transition_inputs do not fit the data.",
            given=f"shape {values.shape} for {n_rows} rows of X",
            expected=f"({n_rows}, n_inputs): what the move that leads to each trial follows",
        )
    values = sessions.among(values)
    if not np.isfinite(values).all():
        raise errors.value_error(
            "transition_inputs have gaps.",
            given=f"NaN or inf in {int((~np.isfinite(values)).any(axis=1).sum())} trials",
            expected="finite numbers: states move on also where responses are missing",
            todo="fill them, for example with their mean.",
        )
    strength = model.transition_strength
    if not isinstance(strength, Real) or not 0.0 <= float(strength) < np.inf:
        raise errors.value_error(
            "transition_strength cannot be used.", given=repr(strength), expected="a number >= 0"
        )
    return Inputs(values, float(strength))


def read_model(model: StateQuestions) -> Any:
    """Return the likelihood of a model.

    Raises
    ------
    ValueError
        For an observation model without a likelihood that EM could raise.
    """
    likelihood = read_likelihood(model.observation_model, model.inverse_link_function)
    kind = likelihood.model
    if not kind.has_likelihood or kind.log_peak(np.ones(1)) is None:
        raise errors.value_error(
            "States cannot be told apart by this observation model.",
            given=repr(model.observation_model),
            expected="a distribution: 'Bernoulli', 'Poisson', 'Gaussian', 'Gamma', "
            "'NegativeBinomial', or one of your own without a dispersion",
            todo="for labels of several classes: ClassifierGLMHMM.",
        )
    return likelihood


def read_count(value: Any, name: str, least: int = 1) -> int:
    """Return a whole number from ``least`` on.

    Raises
    ------
    TypeError
        If it is no number, or not whole.
    ValueError
        If it is too small.
    """
    is_number = isinstance(value, (Integral, Real)) and not isinstance(value, bool)
    if not is_number or value != int(value):
        raise errors.type_error(
            f"{name} must be a whole number.", given=repr(value), expected=f"an integer >= {least}"
        )
    if value < least:
        raise errors.value_error(
            f"{name} is too small.", given=repr(value), expected=f"an integer >= {least}"
        )
    return int(value)


def read_tolerance(value: Any) -> float:
    """Return a tolerance; ValueError unless it is positive."""
    if not isinstance(value, Real) or isinstance(value, bool) or not float(value) > 0:
        raise errors.value_error(
            "tol must be positive.",
            given=repr(value),
            expected="nats per trial that may still be gained, such as 1e-8",
        )
    return float(value)


def read_parameters(
    given: Any, shapes: Shapes, scale_known: bool, n_inputs: int | None = None
) -> Parameters:
    """Return parameters of one run, given ``(coef, intercept, scale, initial, transition)``.

    With inputs of transitions there may be a sixth, their weights (q, K, K); else they are zero.

    Raises
    ------
    ValueError, TypeError
        If they are not five, of other shapes, or no probabilities.
    """
    if not isinstance(given, (tuple, list)):
        raise errors.type_error(
            "Parameters must be a tuple.",
            given=type(given).__name__,
            expected="(coef, intercept, scale, initial_prob, transition_prob)",
        )
    if len(given) != 5 and not (len(given) == 6 and n_inputs is not None):
        raise errors.value_error(
            "Parameters must have five parts.",
            given=f"{len(given)} parts",
            expected="(coef, intercept, scale, initial_prob, transition_prob)",
        )
    coef, intercept = shapes.read_parameters(given[:2])
    K, N = shapes.n_classes or 1, shapes.n_neurons or 1
    scale = _shaped(given[2], "scale", shapes.intercept_shape)
    initial = _shaped(given[3], "initial_prob", (K,))
    transition = _shaped(given[4], "transition_prob", (K, K))
    for values, name in ((initial, "initial_prob"), (transition, "transition_prob")):
        check_probabilities(values, name)
    if not (scale > 0).all() and scale_known:
        raise errors.value_error(
            "scale must be positive.", given=f"{scale.min():g}", expected="numbers > 0"
        )
    return Parameters(
        coef.reshape(len(coef), 1, K, N),
        intercept.reshape(1, K, N),
        shapes.columns(scale).reshape(1, K, N),
        initial[None],
        transition[None],
        None if n_inputs is None else _drive(given[5:], (n_inputs, K, K)),
    )


def _drive(given: Any, shape: tuple[int, ...]) -> FloatArray:
    """Return weights of inputs on moves as (q, 1, K, K)."""
    if not len(given) or given[0] is None:
        return np.zeros((shape[0], 1, *shape[1:]))
    return _shaped(given[0], "transition_coef", shape)[:, None]


def check_same_data(model: StateQuestions, data: Data, y: ArrayLike) -> None:
    """Check that data have the features and outputs of the fit, and call them so.

    Raises
    ------
    ValueError
        If they do not.
    """
    rows, known = data.inputs.rows, model.n_features_in_
    if rows.n_features != known:
        raise errors.value_error(
            f"X has {rows.n_features} features, but {type(model).__name__} is expecting {known} "
            "features as input.",
            given=f"X of shape ({rows.n_rows}, {rows.n_features})",
            expected=f"(n_samples, {known}), the features of the fit",
            todo=advice_on_features(model, rows, known),
        )
    asked: Any = model
    check_features(asked, rows)
    if data.inputs.classes is None:
        check_neurons(asked, y=y)


def _shaped(values: Any, name: str, shape: tuple[int, ...]) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != shape:
        raise errors.value_error(
            f"{name} does not fit the states.", given=f"shape {array.shape}", expected=str(shape)
        )
    return array


def _filled(
    response: Array, keep: BoolArray, sessions: Sessions
) -> tuple[FloatArray, BoolArray | None]:
    """Return responses with possible ones where they are missing, and where they are there."""
    seen = np.isfinite(response) & keep[:, None]
    if seen.all():
        return response, None
    first = np.array([column[there][0] for column, there in zip(response.T, seen.T, strict=True)])
    return np.where(seen, response, first), seen


def _least_scale(likelihood: Likelihood, y: FloatArray, seen: BoolArray | None) -> FloatArray:
    """Return (N,) dispersions below which none may fall."""
    if not likelihood.model.has_dispersion:
        return np.zeros(y.shape[1])
    where = True if seen is None else seen
    mean = np.broadcast_to(y.mean(axis=0, where=where), y.shape)
    deviance = np.asarray(likelihood.model.deviance(y, mean, 1.0))
    return np.maximum(_LEAST_SHARE * deviance.mean(axis=0, where=where), np.finfo(float).tiny)


def _read_penalty(model: StateQuestions, shapes: Shapes, n_classes: int) -> Penalty:
    """Return the penalty on coefficients (p, K N), or of labels (p C, K), in nats."""
    strength = model.regularizer_strength
    if is_automatic(strength):
        raise errors.value_error(
            "The strength cannot be found automatically beside hidden states.",
            given="regularizer_strength='auto'",
            expected="a number: 1 / variance of a Gaussian prior on the weights, for a Ridge",
            todo="compare held-out scores over a few strengths.",
        )
    K, N = shapes.n_classes or 1, shapes.n_neurons or 1
    of_columns = Shapes(shapes.features, K * N)
    if n_classes > 1:
        of_columns = Shapes(shapes.features, K, n_classes)
        if isinstance(strength, (list, np.ndarray)) and np.ndim(strength):
            strength = np.moveaxis(np.broadcast_to(strength, shapes.coef_shape), 1, 2)
    elif np.ndim(strength) == 3:
        strength = shapes.columns(np.asarray(strength, dtype=float))
    if regularizer_of(model.regularizer).default_strength is None:
        strength = None
    penalty = of_columns.read_penalty(model.regularizer, strength)
    if is_of_information(penalty):
        raise errors.value_error(
            "This penalty depends on the data, which hidden states share out.",
            given=f"regularizer={model.regularizer!r}",
            expected="a penalty on coefficients, such as 'Ridge'",
        )
    return penalty


def _read_mask(mask: Any, shapes: Shapes, n_classes: int) -> BoolArray | None:
    """Return (p, K N) which features states may use: given for all alike (p,), or for each.

    Classes of labels are alike: (p,) or (p, K).
    """
    if mask is None:
        return None
    if n_classes > 1:
        by_state = _read_mask(mask, replace(shapes, n_neurons=None), 1)
        return None if by_state is None else np.repeat(by_state, n_classes, axis=1)
    n_columns = (shapes.n_classes or 1) * (shapes.n_neurons or 1)
    is_for_all = is_by_term(mask, shapes.features) or np.ndim(mask) == 1
    if not is_for_all:
        return shapes.read_mask(mask)
    alike = Shapes(shapes.features).read_mask(mask)
    return None if alike is None else np.repeat(alike, n_columns, axis=1)


def of_sessions(data: Data, which: BoolArray) -> Data:
    """Return the data of some sessions (S,)."""
    emissions, sessions = data.problem.emissions, data.sessions
    is_in = which[np.cumsum(sessions.starts) - 1]
    inputs = data.problem.inputs
    if inputs is not None:
        inputs = replace(inputs, values=inputs.values[is_in])
    some = emissions.some(np.flatnonzero(is_in), sessions.starts[is_in])
    return replace(data, problem=replace(data.problem, emissions=some, inputs=inputs))
