"""From columns to a fitted record: the whole story of a fit, in reading order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..engine.columns import Columns
from ..engine.coordinates.feature_facts import Features
from ..engine.features.survey import Responses, Survey, survey_features, survey_responses
from ..engine.objective import Objective
from ..engine.runners.plan import Look, Plan, plan
from ..engine.runners.threads import one_blas_thread
from ..engine.table import Table
from ..numerics import quiet
from ..regularizer.base import Penalty
from ..rows.contract import Rows
from ..settings import get_config
from ..solvers import Cheapest, Method, Outcome, Status, Task
from ..typing import BoolArray, FloatArray, IntArray
from .checkpoint import resumable
from .magnitudes import check_features
from .progress import pass_report, survey_report
from .record import FitResult
from .remarks import TOUCHED, remarks, remarks_on_storage
from .separating import VISITS, separating_features
from .starts import dispersion, made_possible, typical_curvature, without_features

_SOLVER_VECTORS = 64  # of the size of a column's parameters, that a solver keeps for each
_SHARE_FOR_SOLVER = 1 / 4  # of the memory budget


@dataclass(frozen=True)
class SolverChoice:
    """Which solver, and its settings.

    Attributes
    ----------
    name :
        A solver's name; None chooses.
    method :
        The solver with its settings.
    """

    name: str | None = None
    method: Method = field(default_factory=Cheapest)

    @property
    def tol(self) -> float | None:
        """What the certificate must not exceed; None means the solver's default."""
        return getattr(self.method, "tol", None)

    @property
    def maxiter(self) -> int:
        """Passes over the rows."""
        return getattr(self.method, "maxiter", Cheapest().maxiter)


def fit_columns(
    rows: Rows,
    columns: Columns,
    *,
    penalty: Penalty,
    keep: BoolArray,
    solver: SolverChoice,
    start: tuple[FloatArray, FloatArray] | None = None,
) -> FitResult:
    """Fit all columns at once and say of each how it went.

    Parameters
    ----------
    rows :
        The table (T, p).
    columns :
        C column problems.
    penalty :
        On the coefficients (p, C).
    keep :
        (T,) rows that take part.
    solver :
        Which solver, and when to stop.
    start :
        First coefficients (p, C) and intercepts (C,); default: zero, and the mean response.
    """
    # The workers are the threads: BLAS must not add its own. An overflow is a point without value.
    with one_blas_thread(), quiet():
        return _fit(rows, columns, penalty, keep, solver, start)


def _fit(
    rows: Rows,
    columns: Columns,
    penalty: Penalty,
    keep: BoolArray,
    solver: SolverChoice,
    start: tuple[FloatArray, FloatArray] | None,
) -> FitResult:
    how = plan(rows, columns.n_columns, iterative=True)
    if getattr(solver.method, "reads_correlations", False):
        how = replace(how, look=Look())
    table = Table.cut(rows, keep, how.block_rows)
    with survey_report(rows):
        observed = survey_responses(table, columns, how)
        survey = survey_features(table, columns, how)
    check_features(survey, rows)
    coef, intercept, hopeless = without_features(columns, observed, rows.n_features)
    if start is not None and columns.likelihood.link.range is None:
        # Where no intercept was found for a user's own link, the user's start may do.
        hopeless = [None if s is Status.OUT_OF_RANGE else s for s in hopeless]
    walking = np.flatnonzero([status is None for status in hopeless])
    if start is None:
        start = coef, intercept
    outcome = None
    if len(walking):
        as_they_are = replace(survey, told_apart=None)
        seen = as_they_are if getattr(solver.method, "reads_rows", False) else survey
        outcome, W, b = _solve_views(
            seen, columns, how, penalty, observed, solver=solver, start=start, which=walking
        )
        coef[:, walking], intercept[walking] = W, b
    went = how_it_went(outcome, hopeless, walking, n_surveys=1 + survey.n_passes)
    separating, went["status"] = separating_features(
        survey.table,
        columns,
        how,
        penalty,
        observed,
        (coef, intercept),
        went["status"],
        survey.features,
    )
    went["n_passes"] += 0 if separating is None else VISITS
    return FitResult(
        coef=coef,
        intercept=intercept,
        n_rows=observed.n_rows,
        total_weight=observed.weight,
        mean_response=observed.mean,
        certificate="Newton decrement" if penalty.is_smooth else "KKT violation",
        plan=how.explain(),
        has_intercept=columns.has_intercept,
        offset_mean=observed.offset,
        offset_square=observed.offset_square,
        separating=separating,
        **about_features(survey, rows, penalty, coef.shape),
        **went,
    )


def _solve_views(
    survey: Survey,
    columns: Columns,
    how: Plan,
    penalty: Penalty,
    observed: Responses,
    *,
    solver: SolverChoice,
    start: tuple[FloatArray, FloatArray],
    which: IntArray,
) -> tuple[Outcome, FloatArray, FloatArray]:
    """Solve columns (A,); return how that went, weights (p, A) and intercepts (A,) of the rows.

    All at once, but for those that see near copies of features in other ways than others do.
    """
    parts: list[tuple[IntArray, Outcome]] = []
    coef, intercept = start[0].copy(), start[1].copy()
    h = typical_curvature(columns, observed)
    for view in survey.views(columns, penalty, h, which):
        mine = view.columns
        objective = Objective(
            view.table,
            columns.take(mine),
            how,
            view.penalty,
            view.features,
            observed.weight[mine],
        )
        first = start[0][:, mine], start[1][mine]
        part = _solve(objective, observed.take(mine), h[mine], solver, first, part=len(parts))
        W, b = of_the_rows(objective, part.theta)
        coef[:, mine], intercept[mine] = smallest_norm(W, b, view.null, survey)
        parts.append((mine, part))
    return Outcome.of_parts(parts), coef[:, which], intercept[which]


def _solve(
    objective: Objective,
    observed: Responses,
    h: FloatArray,
    solver: SolverChoice,
    start: tuple[FloatArray, FloatArray],
    *,
    part: int,
) -> Outcome:
    likelihood = objective.columns.likelihood
    theta, lost = made_possible(objective, for_the_solver(objective, *start), observed)
    penalty = objective.penalty.value(np.ones(start[0].shape))
    with (
        pass_report(objective.table.n_kept) as report,
        resumable(objective, objective, theta, penalty, part=part) as begin,
    ):
        task = Task(
            objective,
            begin,
            h=h,
            unit=np.sqrt(dispersion(likelihood, observed, theta[-1])),
            n_rows=objective.table.n_kept,
            is_smooth=objective.penalty.is_smooth,
            report=report,
            h_at_start=np.nan_to_num(
                likelihood.fisher(theta[-1] + np.nan_to_num(observed.offset)), posinf=0.0
            ),
        )
        return _named(_in_turns(task, solver.method), lost)


def _named(outcome: Outcome, lost: IntArray) -> Outcome:
    """Say of columns that had no possible start, and went nowhere, that this is why.

    A sparse solver may call that converged: beside an infinite loss nothing is worth a step.
    """
    status = list(outcome.status)
    for c in lost:
        if status[c] is Status.STALLED or not np.isfinite(outcome.value[c]):
            status[c] = Status.OUT_OF_RANGE
    return replace(outcome, status=tuple(status))


def _in_turns(task: Task, method: Method) -> Outcome:
    """Solve as many columns at a time as a solver's own memory of them fits the budget."""
    n = task.objective.n_columns
    each = 8 * _SOLVER_VECTORS * task.objective.n_parameters
    at_once = max(1, int(_SHARE_FOR_SOLVER * get_config().memory_bytes) // each)
    if n <= at_once:
        return method.solve(task)
    n_turns = math.ceil(n / at_once)
    turns = np.array_split(np.arange(n), n_turns)
    return Outcome.joined([method.solve(task.take(columns)) for columns in turns])


def for_the_solver(objective: Objective, W: FloatArray, b: FloatArray) -> FloatArray:
    """Return theta for weights and intercepts of the rows, in the user's scale."""
    mask = objective.columns.mask
    W = W if mask is None else W * mask
    return objective.from_user(*objective.table.weights_here(W, b))


def of_the_rows(objective: Objective, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return weights and intercepts of the rows, in the user's scale."""
    return objective.table.weights_of_rows(*objective.to_user(theta))


def smallest_norm(
    W: FloatArray, b: FloatArray, null: FloatArray, survey: Survey
) -> tuple[FloatArray, FloatArray]:
    """Take away what predicts nothing: of all equal fits, leave the one of smallest norm.

    Parameters and results are weights (p, A) and intercepts (A,) in the user's scale; ``null``
    (p, k) and the norm are those of standardised features.
    """
    features = survey.features
    excess = null @ (null.T @ (W * features.scale[:, None])) * features.inverse_scale[:, None]
    return W - excess, b + location(survey) @ excess


def about_features(
    survey: Survey, rows: Rows, penalty: Penalty, shape: tuple[int, int], n_classes: int = 1
) -> dict[str, Any]:
    """Return what a record says of the features; ``shape`` is that of coefficients, (p K, N)."""
    features = survey.features
    settled = settled_by(penalty, shape, n_classes)
    return {
        "rank": int((features.scale > 0).sum()) - features.null_space.shape[1],
        "aliased": aliased(features),
        "near_copies": survey.near_copies,
        "remarks": (
            *remarks(features, location(survey), rows, settled),
            *remarks_on_storage(survey.rounded, rows),
        ),
    }


def aliased(features: Features) -> IntArray:
    """Return the features that are constant or combinations of others."""
    dependent = np.linalg.norm(features.null_space, axis=1) > TOUCHED
    return np.flatnonzero(dependent | (features.scale == 0))


def location(survey: Survey) -> FloatArray:
    """Return the means of the features, (p,), as the user has them."""
    mean, shift = survey.features.mean, survey.table.shift
    return mean if shift is None else mean + shift


def settled_by(penalty: Penalty, shape: tuple[int, int], n_classes: int = 1) -> BoolArray:
    """Return (p,) True for features whose coefficients, (p K, N), all have a penalty."""
    if not penalty.is_smooth:
        return np.ones(shape[0] // n_classes, dtype=bool)
    is_penalised: BoolArray = penalty.curvature(shape) > 0
    return is_penalised.all(axis=1).reshape(-1, n_classes).min(axis=1)


def how_it_went(
    outcome: Outcome | None, hopeless: Sequence[Status | None], walking: IntArray, *, n_surveys: int
) -> dict[str, Any]:
    """Return what a record says of the solve: one entry per column, walking or hopeless."""
    n = len(hopeless)
    status = [s if s is not None else Status.LIMIT for s in hopeless]
    decrement, objective = np.full(n, np.nan), np.full(n, np.nan)
    n_iterations = np.zeros(n, dtype=np.intp)
    if outcome is not None:
        for c, word in zip(walking, outcome.status, strict=True):
            status[c] = word
        decrement[walking], objective[walking] = outcome.decrement, outcome.value
        n_iterations[walking] = outcome.n_iterations
    return {
        "status": tuple(status),
        "decrement": decrement,
        "objective": objective,
        "n_iterations": n_iterations,
        "is_exact": outcome is None or outcome.is_exact,
        "n_passes": n_surveys + (outcome.n_passes if outcome else 0),
    }
