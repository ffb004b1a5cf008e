"""From class columns to a fitted record: the story of :mod:`~spikeglm.fit.fitting` for classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...engine.features.near_dependence import View
from ...engine.features.survey import Responses, Survey, survey_features, survey_responses
from ...engine.objective import Objective
from ...engine.runners.plan import Plan, plan
from ...engine.runners.threads import one_blas_thread
from ...engine.softmax_objective import SoftmaxObjective
from ...engine.table import Table
from ...fit import fitting
from ...fit.checkpoint import resumable
from ...fit.fitting import SolverChoice
from ...fit.magnitudes import check_features
from ...fit.progress import pass_report, survey_report
from ...fit.record import FitResult
from ...numerics import quiet
from ...regularizer import Penalty, UnRegularized
from ...rows.contract import Rows
from ...solvers import Outcome, Status, Task
from ...solvers.curvature.softmax_curvature import SoftmaxCurvature
from ...typing import BoolArray, FloatArray, IntArray
from .separating import Found, separating_features


def fit_classes(
    rows: Rows,
    columns: Columns,
    *,
    n_classes: int,
    penalty: Penalty,
    keep: BoolArray,
    solver: SolverChoice,
    start: tuple[FloatArray, FloatArray] | None = None,
) -> FitResult:
    """Fit all neurons at once and say of each how it went.

    Parameters
    ----------
    rows :
        The table (T, p).
    columns :
        K·N class columns with one-hot responses; column k·N + n is class k of neuron n.
    n_classes :
        K.
    penalty :
        On the coefficients (p K, N).
    keep :
        (T,) rows that take part.
    solver :
        Which solver, and when to stop.
    start :
        First coefficients (p, K·N) and intercepts (K·N,); default: zero, and class frequencies.

    Returns
    -------
    FitResult
        ``coef`` (p, K·N) and ``intercept`` (K·N,); all else has one entry per neuron. Of equally
        good parameters they are those of smallest norm.
    """
    with one_blas_thread(), quiet():
        return _fit(rows, columns, n_classes, penalty, keep, solver, start)


@dataclass(frozen=True)
class Frequencies:
    """How often each class occurs; (K, N) and (N,).

    A class that never occurs gets half an event in the whole recording (the posterior mean under
    Jeffreys' prior): the optimum would be a probability of zero. Without intercepts that is for the
    features to say, and what is known before them is that classes are as many as they are.
    """

    frequency: FloatArray
    absent: BoolArray
    weight: FloatArray

    __repr__ = showing.of_fields

    @property
    def hopeless(self) -> list[Status | None]:
        """(N,) why there is nothing to fit, or None."""
        n_found = (~self.absent).sum(axis=0)
        return [
            Status.NO_ROWS if weight == 0 else Status.ONE_CLASS if n < 2 else None
            for weight, n in zip(self.weight, n_found, strict=True)
        ]


def _frequencies(observed: Responses, n_classes: int, *, has_intercept: bool) -> Frequencies:
    total = observed.weight.reshape(n_classes, -1)[0]
    even = 1.0 / n_classes
    frequency = np.nan_to_num(observed.mean, nan=even).reshape(n_classes, -1)
    if not has_intercept:
        frequency = np.full_like(frequency, even)
    absent = frequency <= 0
    half = 0.5 / np.maximum(total, 1.0)
    return Frequencies(np.where(absent, half, frequency), absent, total)


def _fit(
    rows: Rows,
    columns: Columns,
    n_classes: int,
    penalty: Penalty,
    keep: BoolArray,
    solver: SolverChoice,
    start: tuple[FloatArray, FloatArray] | None,
) -> FitResult:
    how = plan(rows, columns.n_columns, iterative=penalty.is_smooth)
    table = Table.cut(rows, keep, how.block_rows)
    with survey_report(rows):
        observed = survey_responses(table, columns, how)
        survey = survey_features(table, columns, how)
    check_features(survey, rows)
    seen = _frequencies(observed, n_classes, has_intercept=columns.has_intercept)
    coef: FloatArray = np.zeros((rows.n_features, n_classes, len(seen.weight)))
    intercept = _intercepts(columns, seen, observed)
    first = (coef, intercept) if start is None else _given(start, seen, coef, intercept)
    walking = np.flatnonzero([status is None for status in seen.hopeless])
    parts: list[tuple[IntArray, Outcome]] = []
    h = np.full(len(seen.weight), 1.0 / n_classes)
    for view in survey.views(columns, penalty, h, walking, n_classes) if len(walking) else ():
        mine = view.columns
        objective = _objective(view, columns, how, seen)
        classes = objective.classes
        from_coef, from_intercept = first[0][:, :, mine], first[1][:, mine]
        theta = fitting.for_the_solver(
            classes, from_coef.reshape(len(coef), from_intercept.size), from_intercept.ravel()
        )
        part = _solve(objective, seen.frequency[:, mine], solver, theta, part=len(parts))
        theta = _with_middle_at_zero(objective, part.theta)
        theta[-n_classes:] = _with_half_an_event(theta[-n_classes:], seen, mine)
        W, b = fitting.of_the_rows(classes, objective.widened(theta))
        W, b = fitting.smallest_norm(W, b, view.null, survey)
        coef[:, :, mine] = W.reshape(len(coef), n_classes, len(mine))
        intercept[:, mine] = b.reshape(n_classes, -1)
        parts.append((mine, part))
    outcome = Outcome.of_parts(parts) if parts else None
    went = fitting.how_it_went(outcome, seen.hopeless, walking, n_surveys=1 + survey.n_passes)
    wide = coef.reshape(len(coef), len(seen.weight) * n_classes)
    found = _separating(columns, how, survey, penalty, seen, (wide, intercept), went["status"])
    went["n_passes"] += found.n_passes
    return FitResult(
        coef=wide,
        intercept=(intercept - intercept.mean(axis=0)).ravel(),
        n_rows=observed.n_rows.reshape(n_classes, -1)[0],
        total_weight=seen.weight,
        mean_response=observed.mean,
        certificate="Newton decrement" if penalty.is_smooth else "KKT violation",
        plan=how.explain(),
        has_intercept=columns.has_intercept,
        offset_mean=observed.offset,
        offset_square=observed.offset_square,
        separating=found.separating,
        **fitting.about_features(
            survey, rows, penalty, (len(coef) * n_classes, len(seen.weight)), n_classes
        ),
        **(went | {"status": _with_absent_classes(found.status, seen.absent)}),
    )


def _given(
    start: tuple[FloatArray, FloatArray],
    seen: Frequencies,
    coef: FloatArray,
    intercept: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the user's first parameters, (p, K, N) and (K, N); not of classes that are absent."""
    of_classes = np.where(seen.absent, intercept, start[1].reshape(intercept.shape))
    return start[0].reshape(coef.shape), of_classes


def _objective(view: View, columns: Columns, how: Plan, seen: Frequencies) -> SoftmaxObjective:
    """Return the objective of neurons that see the rows alike."""
    absent = seen.absent[:, view.columns]
    mine = (np.arange(len(absent))[:, None] * len(seen.weight) + view.columns).ravel()
    weight = np.tile(seen.weight[view.columns], len(absent))
    no_penalty = UnRegularized().bind(None, (0, 0))
    classes = Objective(view.table, columns.take(mine), how, no_penalty, view.features, weight)
    return SoftmaxObjective(classes, view.penalty, absent)


def _separating(
    columns: Columns,
    how: Plan,
    survey: Survey,
    penalty: Penalty,
    seen: Frequencies,
    estimates: tuple[FloatArray, FloatArray],
    status: tuple[Status, ...],
) -> Found:
    """Look for what separates neurons, given their estimates (p, K·N) and (K, N)."""
    weight = np.tile(seen.weight, len(seen.absent))
    no_penalty = UnRegularized().bind(None, (0, 0))
    classes = Objective(survey.table, columns, how, no_penalty, survey.features, weight)
    theta = fitting.for_the_solver(classes, estimates[0], estimates[1].ravel())
    objective = SoftmaxObjective(classes, penalty, seen.absent)
    return separating_features(objective, objective.stacked(theta), status)


def _solve(
    objective: SoftmaxObjective,
    frequency: FloatArray,
    solver: SolverChoice,
    theta: FloatArray,
    *,
    part: int,
) -> Outcome:
    K, N = frequency.shape
    first = objective.balanced(objective.stacked(theta), np.arange(N))
    penalty = objective.penalty.value(np.ones((len(first) - K, N)))
    with (
        pass_report(objective.classes.table.n_kept) as report,
        resumable(objective, objective.classes, first, penalty, part=part) as begin,
    ):
        task = Task(
            objective,
            begin,
            h=np.full(N, 1.0 / K),
            unit=np.ones(N),
            n_rows=objective.classes.table.n_kept,
            is_smooth=objective.penalty.is_smooth,
            report=report,
            curvature_of=lambda *_: SoftmaxCurvature.of(objective, frequency),
            is_of_features=False,
        )
        return solver.method.solve(task)


def _with_middle_at_zero(objective: SoftmaxObjective, theta: FloatArray) -> FloatArray:
    """Shift the weights of a feature by what changes neither probabilities nor absolute values.

    sum_k |w_k - c| is smallest for c between the two middle values of w; of those the c next to the
    mean gives the smallest norm, which is also the limit of an elastic net whose squares vanish.
    Source: Friedman, Hastie & Tibshirani (2010), J Stat Softw 33(1), section 4.1.
    """
    K, kinks = objective.n_classes, objective.kinks()
    if kinks is None or not kinks.is_piecewise_linear:
        return theta.copy()
    ridge = objective.ridge(np.arange(objective.n_columns))
    weight = kinks.slope(np.ones(theta.T.shape)).T[:-K].reshape(-1, K, theta.shape[1])
    frozen = objective.frozen(np.arange(theta.shape[1]))[:-K].reshape(weight.shape)
    open_ = (weight == weight[:, :1]) & (weight > 0) & ~frozen & (ridge.reshape(weight.shape) == 0)
    w = theta[:-K].reshape(weight.shape)
    middle = np.sort(w, axis=1)[:, [(K - 1) // 2, K // 2]]
    shift = np.clip(w.mean(axis=1), middle[:, 0], middle[:, 1])
    w = w - np.where(open_.all(axis=1), shift, 0.0)[:, None]
    return np.vstack([w.reshape(-1, theta.shape[1]), theta[-K:]])


def _with_half_an_event(theta: FloatArray, seen: Frequencies, walking: IntArray) -> FloatArray:
    """Return intercepts (K, A); those of absent classes so that they are as rare as that."""
    absent, frequency = seen.absent[:, walking], seen.frequency[:, walking]
    total = np.log(np.sum(np.exp(theta - theta.max(axis=0)), axis=0)) + theta.max(axis=0)
    return np.where(absent, np.log(frequency) + total, theta)


def _with_absent_classes(status: tuple[Status, ...], absent: BoolArray) -> tuple[Status, ...]:
    """Mark neurons that were fitted well, but for a class that they never show."""
    return tuple(
        Status.ABSENT_CLASS if word is Status.CONVERGED and lacks else word
        for word, lacks in zip(status, np.any(absent, axis=0).tolist(), strict=True)
    )


def _intercepts(columns: Columns, seen: Frequencies, observed: Responses) -> FloatArray:
    """Return those of the model without features, (K, N): log frequencies less offsets, centred."""
    if not columns.has_intercept:
        return np.zeros_like(seen.frequency)
    out = np.log(seen.frequency) - np.nan_to_num(observed.offset).reshape(seen.frequency.shape)
    return out - out.mean(axis=0)
