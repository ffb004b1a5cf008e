"""From columns to a fitted record: the whole story of a fit, in reading order.

Rows are looked at once (:mod:`~spikeglm.fit.prepared`) and columns solved on them, once or many
times. What kind of responses they have only decides what a solver sees
(:mod:`~spikeglm.fit.problems`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..engine.columns import Columns
from ..engine.coordinates.feature_facts import Features
from ..engine.features.survey import Survey
from ..engine.runners.threads import one_blas_thread
from ..numerics import quiet
from ..regularizer.base import Penalty
from ..rows.contract import Rows
from ..settings import get_config
from ..solvers import Cheapest, Method, Outcome, Status, Task
from ..typing import BoolArray, FloatArray, IntArray
from .by_moments import numbers_by_moments
from .checkpoint import resumable
from .equal_predictions import look_along_combinations
from .prepared import Prepared, prepare
from .problems import First, MakeProblems, Numbers, Parameters, Problems, class_columns
from .progress import pass_report
from .record import FitResult
from .remarks import TOUCHED, remarks, remarks_on_storage, remarks_on_weights
from .row_weights import Seen, views
from .scales import fit_with_scales
from .second_look import look_again
from .separating import VISITS
from .settled import settled_by
from .user_scale import for_the_solver, location, of_the_rows, smallest_norm, unmasked

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

    @property
    def reads_rows(self) -> bool:
        """Whether the solver looks into the rows, which it must see as they are."""
        return getattr(self.method, "reads_rows", False)

    @property
    def reads_correlations(self) -> bool:
        """Whether the solver needs the correlations of all features."""
        return getattr(self.method, "reads_correlations", False)


def fit_columns(
    rows: Rows,
    columns: Columns,
    *,
    penalty: Penalty,
    keep: BoolArray,
    solver: SolverChoice,
    start: Parameters | None = None,
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
    ready = prepare(rows, columns, keep=keep, looks_at_all=solver.reads_correlations)
    has_folds = columns.weights is not None and len(np.unique(columns.weights.of)) > 1
    kind = numbers_by_moments(ready) if has_folds and solver.name is None else Numbers
    result = fit_prepared(ready, columns, penalty=penalty, solver=solver, start=start, kind=kind)
    return replace(result, n_passes=ready.survey.n_passes + result.n_passes)


def fit_prepared(
    ready: Prepared,
    columns: Columns,
    *,
    penalty: Penalty,
    solver: SolverChoice,
    start: Parameters | None = None,
    kind: MakeProblems = Numbers,
) -> FitResult:
    """Fit columns over rows whose features are known; else as :func:`fit_columns`.

    Responses, row weights, offsets, masks, penalty, start and ``kind`` of problems may be others
    than those of any fit before. The record counts the passes of this fit, not those of the survey.
    """

    def fit(columns: Columns, penalty: Penalty, start: Parameters | None) -> FitResult:
        problems = kind(columns, penalty, ready.responses(columns))
        first = problems.first(ready.rows.n_features, start)
        return _recorded(ready, problems, first, _solve_views(ready, problems, first, solver))

    with one_blas_thread(), quiet():
        ready = ready.for_columns(columns)
        if columns.estimates_scale:
            return fit_with_scales(fit, ready, columns, penalty, start, tolerance=solver.tol)
        return fit(columns, penalty, start)


@dataclass(frozen=True, eq=False)
class _Solved:
    """What solvers found: parameters of all problems, and how those went that can have a fit."""

    estimates: Parameters
    parts: list[tuple[IntArray, Outcome]]
    seen: Seen

    @property
    def outcome(self) -> Outcome | None:
        """Of all parts, or None where nothing could be fitted."""
        return Outcome.of_parts(self.parts) if self.parts else None

    @property
    def n_passes(self) -> int:
        """Visits of the rows."""
        return self.seen.n_visits + sum(outcome.n_passes for _, outcome in self.parts)


def _solve_views(
    ready: Prepared, problems: Problems, first: First, solver: SolverChoice
) -> _Solved:
    """Solve all problems that can have a fit.

    All at once, but for those that see the rows in other ways than others do.
    """
    parts: list[tuple[IntArray, Outcome]] = []
    coef, intercept = first.coef.copy(), first.intercept.copy()
    seen = views(ready, problems, first.walking, as_they_are=solver.reads_rows)
    for survey, view in seen.views:
        mine = class_columns(problems, view.columns)
        objective = problems.objective(view, ready.how)
        over_rows = problems.over_rows(objective)
        theta = for_the_solver(over_rows, first.coef[:, mine], first.intercept[mine])
        part = _solve(problems, objective, theta, view.columns, solver, part=len(parts))
        theta = problems.settled(objective, part.theta, view.columns)
        W, b = smallest_norm(*of_the_rows(over_rows, theta), view.null, survey)
        some = problems.take(view.columns)
        W, b, part = look_along_combinations(some, objective, survey, (W, b), part)
        W, intercept[mine], part = look_again(some, objective, survey, (W, b), part)
        coef[:, mine] = unmasked(over_rows, W)
        parts.append((view.columns, part))
    return _Solved((coef, intercept), parts, seen)


def _solve(
    problems: Problems,
    objective: Any,
    theta: FloatArray,
    which: IntArray,
    solver: SolverChoice,
    *,
    part: int,
) -> Outcome:
    theta, lost = problems.begin(objective, theta, which)
    over_rows = problems.over_rows(objective)
    n_weights = len(theta) - problems.n_classes
    with (
        pass_report(over_rows.table.n_kept) as report,
        resumable(objective, over_rows, theta, n_weights=n_weights, part=part) as begin,
    ):
        task = Task(
            objective,
            begin,
            n_rows=over_rows.table.n_kept,
            is_smooth=objective.penalty.is_smooth,
            report=report,
            **problems.task(objective, theta, which),
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
    if n <= at_once or not task.is_of_features:
        return method.solve(task)
    n_turns = math.ceil(n / at_once)
    turns = np.array_split(np.arange(n), n_turns)
    return Outcome.joined([method.solve(task.take(columns)) for columns in turns])


def _recorded(ready: Prepared, problems: Problems, first: First, solved: _Solved) -> FitResult:
    """Write down what was found, once it was looked for what separates responses."""
    observed, columns, (coef, intercept) = problems.observed, problems.columns, solved.estimates
    N, survey = len(first.hopeless), ready.survey
    went = how_it_went(solved.outcome, first.hopeless, first.walking)
    separating, status, n_visits = _separating(ready, problems, solved, went["status"])
    intercept, status = problems.told(intercept, status)
    shape = len(coef) * problems.n_classes, N
    about = about_features(survey, ready.rows, problems.penalty, shape, problems.n_classes)
    apart = [(aliased(own.features), len(which)) for own, which in solved.seen.surveys]
    names = ready.rows.feature_names
    about["remarks"] += remarks_on_weights(aliased(survey.features), apart, N, names)
    about["remarks"] += problems.remarks(about["rank"], len(coef), status)
    return FitResult(
        coef=coef,
        intercept=intercept,
        n_rows=observed.n_rows[:N],  # classes of a neuron have the same rows
        total_weight=observed.weight[:N],
        mean_response=observed.mean,
        certificate="Newton decrement" if problems.penalty.is_smooth else "KKT violation",
        plan=ready.how.explain(),
        has_intercept=columns.has_intercept,
        offset_mean=observed.offset,
        offset_square=observed.offset_square,
        separating=separating,
        feature_mean=location(survey) if columns.has_intercept else None,
        n_passes=1 + solved.n_passes + n_visits,
        **about,
        **(went | {"status": status}),
    )


def _separating(
    ready: Prepared, problems: Problems, solved: _Solved, status: tuple[Status, ...]
) -> tuple[BoolArray | None, tuple[Status, ...], int]:
    """Return the features (p, N) that separate responses, what that makes of statuses, and visits.

    What varies, and what may separate, is for each problem as under its own row weights.
    """
    coef, intercept = solved.estimates
    words, n_visits = list(status), 0
    found: BoolArray = np.zeros((len(coef), len(words)), dtype=bool)
    for survey, which in solved.seen.surveys:
        mine, some = class_columns(problems, which), problems.take(which)
        estimates, known = (coef[:, mine], intercept[mine]), [status[n] for n in which]
        touched, after = some.separating(survey, ready.how, estimates, known)
        if touched is not None:
            found[:, which], n_visits = touched, n_visits + VISITS
        for n, word in zip(which, after, strict=True):
            words[n] = word
    return (found if n_visits else None), tuple(words), n_visits


def about_features(
    survey: Survey, rows: Rows, penalty: Penalty, shape: tuple[int, int], n_classes: int = 1
) -> dict[str, Any]:
    """Return what a record says of the features; ``shape`` is that of coefficients, (p K, N)."""
    features = survey.features
    settled = settled_by(penalty, shape, features, n_classes)
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


def how_it_went(
    outcome: Outcome | None, hopeless: Sequence[Status | None], walking: IntArray
) -> dict[str, Any]:
    """Return what a record says of the solve: one entry per problem, walking or hopeless."""
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
    }
