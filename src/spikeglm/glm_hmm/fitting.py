"""The story of a fit: starts, runs, the best of them, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..io.interop.random_keys import as_generator
from ..regularizer import regularizer_of
from ..typing import ArrayLike
from .climbing import Climbed, Problem, climb
from .parameters import Parameters
from .reading import Data, read_count, read_parameters, read_tolerance
from .report import SEPARATED, StatesReport, report_of
from .screening import Screened, climbed_by_parts, screened
from .slots import read_slots
from .starts import Starts
from .told_apart import are_told_apart

if TYPE_CHECKING:
    from .questions import StateQuestions


@dataclass(frozen=True, eq=False)
class Fitted:
    """The best run of a fit.

    Attributes
    ----------
    parameters :
        Of one run.
    report :
        How all runs ended.
    """

    parameters: Parameters
    report: StatesReport

    __repr__ = showing.of_fields


def fit(model: StateQuestions, data: Data, X: ArrayLike, y: ArrayLike, init_params: Any) -> Fitted:
    """Run EM from all starts and return the best run.

    Raises
    ------
    ValueError, TypeError
        For arguments that cannot be used, or too few trials.
    """
    maxiter, tol = read_count(model.maxiter, "maxiter"), read_tolerance(model.tol)
    check_enough(data)
    problem = replace(data.problem, emissions=data.problem.emissions.hurried())
    if init_params is not None:
        has_scale = problem.emissions.has_scale
        first = read_parameters(init_params, data.shapes, has_scale, data.n_inputs)
        first = problem.emissions.tied(first)
        climbed = climbed_by_parts(problem, first, maxiter=maxiter, tol=tol)
        return best_of(problem, climbed, keeps_order=True)
    keeps_order = are_told_apart(problem)
    n_runs = read_count(model.n_restarts, "n_restarts")
    first = starts(model, data, X, y).of_runs(n_runs if problem.emissions.n_states > 1 else 1)
    if first.n_runs == 1:
        climbed = climbed_by_parts(problem, first, maxiter=maxiter, tol=tol)
        return best_of(problem, climbed, keeps_order=keeps_order)
    seen = screened(problem, first, maxiter=maxiter, tol=tol)
    best = seen.climbed.parameters.take(seen.followed)
    is_part = seen.n_trials < len(problem.emissions.sessions.trials)
    climbed = climb(problem, best, maxiter=maxiter, tol=tol, is_near=is_part)
    return best_of(problem, climbed, seen, keeps_order=keeps_order)


def starts(model: StateQuestions, data: Data, X: ArrayLike, y: ArrayLike) -> Starts:
    """Return what starts of a model are made of."""
    sessions = data.sessions
    marks = np.zeros(sessions.n_rows, dtype=bool)
    marks[sessions.trials[sessions.starts]] = True
    likelihood = data.problem.emissions.likelihood
    given = {
        "n_states": int(model.n_states),
        "X": X,
        "y": y,
        "session_starts": marks,
        "shapes": data.shapes,
        "of_model": {
            "inverse_link_function": likelihood.link,
            "observation_model": likelihood.model,
        },
    }
    slots = read_slots(model.hmm_initialization_funcs, model.model_initialization_funcs)
    emissions, generator = data.problem.emissions, as_generator(model.seed)
    return Starts(emissions, slots, generator, given, data.n_inputs)


def best_of(
    problem: Problem, climbed: Climbed, seen: Screened | None = None, *, keeps_order: bool = False
) -> Fitted:
    """Return the best run, its states in order of the share of trials that they have.

    Parameters
    ----------
    problem, climbed :
        What runs were to explain, and where they ended.
    seen :
        The first look that chose these runs among others.
    keeps_order :
        Whether states stay in the order of the first parameters, or of arguments.
    """
    emissions, parameters = problem.emissions, climbed.parameters
    posterior = climbed.posterior
    if posterior is None:
        posterior = problem.smoothed(parameters).probability
    report = report_of(
        climbed,
        posterior.mean(axis=0),
        seen,
        is_collapsed=emissions.has_collapsed(parameters),
        n_trials=len(emissions.sessions.trials),
        n_sessions=emissions.sessions.n_sessions,
        n_seen=int(emissions.n_seen),
    )
    place = report.run if seen is None else int(np.flatnonzero(seen.followed == report.run)[0])
    best = emissions.tied(parameters.take(np.array([place])))
    if report.is_well and emissions.separated(best, posterior[:, [place]]).any():
        report = report.with_status(SEPARATED)
    if keeps_order:
        return Fitted(best, report)
    order = np.argsort(-report.occupancy, kind="stable")
    return Fitted(best.ordered(order), report.ordered(order))


def check_enough(data: Data) -> None:
    """Check that there are more trials than states.

    Raises
    ------
    ValueError
        If there are not.
    """
    n_trials, K = len(data.sessions.trials), data.problem.emissions.n_states
    if n_trials <= K and K > 1:
        raise errors.value_error(
            "There are too few trials for so many states.",
            given=f"{n_trials} trial(s) with data and n_states={K}",
            expected="many trials for each state",
            todo="use fewer states.",
        )


def store(model: StateQuestions, data: Data, found: Fitted) -> None:
    """Write what a fit found to the model, in the shapes that the user knows."""
    keep(model, data, found.parameters)
    report = found.report
    model.log_likelihood_ = float(report.log_likelihoods[report.run])
    model.n_parameters_ = n_parameters(model, data, found.parameters)
    model.dof_resid_ = float(report.n_seen - model.n_parameters_)
    model.fit_report_ = report


def keep(model: Any, data: Data, parameters: Parameters) -> None:
    """Write the parameters of one run to a model."""
    coef, intercept, scale, initial, transition, *drive = as_user(data, parameters)
    model.coef_, model.intercept_, model.scale_ = coef, intercept, scale
    model.initial_prob_, model.transition_prob_ = initial, transition
    vars(model).pop("transition_coef_", None)
    if drive:
        model.transition_coef_ = drive[0]
    model.n_features_in_ = data.inputs.rows.n_features


def as_user(data: Data, parameters: Parameters) -> tuple[Any, ...]:
    """Return ``(coef, intercept, scale, initial_prob, transition_prob)`` of one run.

    Where moves follow inputs, with their weights as a sixth.
    """
    shapes = data.shapes
    coef, intercept = parameters.columns
    return (
        shapes.user_coef(coef),
        shapes.user_intercept(intercept),
        shapes.user_intercept(parameters.scale.ravel()),
        parameters.initial[0].copy(),
        parameters.transition[0].copy(),
        *([] if parameters.drive is None else [parameters.drive[:, 0].copy()]),
    )


def n_parameters(model: StateQuestions, data: Data, parameters: Parameters) -> int:
    """Return the number of free parameters: of coefficients, dispersions and the chain."""
    emissions, coef = data.problem.emissions, parameters.columns[0]
    if emissions.frozen is not None:  # what is given is no parameter
        coef = np.where(emissions.frozen.is_learned, coef, 0.0)
    K, C = parameters.n_states, emissions.n_classes
    features = emissions.ready.survey.features
    rank = int((features.scale > 0).sum()) - features.null_space.shape[1]
    used = np.minimum(regularizer_of(model.regularizer).n_parameters(coef, rank), rank)
    allowed = np.inf if emissions.mask is None else emissions.mask.sum(axis=0)
    per_column = np.minimum(used, allowed) + emissions.has_intercept + emissions.has_scale
    of_classes = (C - 1) / C if C > 1 else 1.0  # what all classes share changes nothing
    if emissions.shared is not None:  # counted for each state above
        again = np.minimum(emissions.shared.features.sum(), used[0]) + emissions.shared.intercept
        per_column[emissions.n_outputs :] -= again
    of_moves = K * (K - 1) * (1 + (data.n_inputs or 0))
    return round(of_classes * per_column.sum()) + (K - 1) + of_moves
