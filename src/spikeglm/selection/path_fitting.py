"""From columns to the solutions along many strengths: one survey of the rows, one walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import showing
from ..engine.columns import Columns
from ..engine.features.survey import survey_features, survey_responses
from ..engine.objective import Objective
from ..engine.runners.plan import plan
from ..engine.runners.threads import one_blas_thread
from ..engine.table import Table
from ..fit.fitting import for_the_solver, of_the_rows
from ..fit.magnitudes import check_features
from ..fit.progress import pass_report, survey_report
from ..fit.starts import dispersion, typical_curvature, without_features
from ..numerics import quiet
from ..regularizer.base import Penalty
from ..rows.contract import Rows
from ..solvers import Outcome, Status
from ..solvers.sparse.sparse_path import SparsePath
from ..typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class PathRecord:
    """Solutions of C columns at S strengths.

    Attributes
    ----------
    strengths, intercept, objective, violation :
        (S, C).
    coef :
        (S, p, C).
    status :
        S tuples of C.
    n_passes :
        Visits of all rows.
    """

    strengths: FloatArray
    coef: FloatArray
    intercept: FloatArray
    objective: FloatArray
    violation: FloatArray
    status: tuple[tuple[Status, ...], ...]
    n_passes: int

    __repr__ = showing.of_fields


def fit_path(
    rows: Rows,
    columns: Columns,
    *,
    penalty: Penalty,
    keep: BoolArray,
    strengths_of: Callable[[FloatArray], FloatArray],
    tolerance: float,
    max_passes: int,
) -> PathRecord:
    """Solve all columns at falling strengths.

    Parameters
    ----------
    rows, columns, keep :
        As for ``fit_columns``.
    penalty :
        At strength one.
    strengths_of :
        From the largest useful strengths (C,), NaN where a column has no fit, to strengths (S, C).
    tolerance, max_passes :
        For the solve at each strength.
    """
    with one_blas_thread(), quiet():
        how = plan(rows, columns.n_columns, iterative=True)
        table = Table.cut(rows, keep, how.block_rows)
        with survey_report(rows):
            observed = survey_responses(table, columns, how)
            survey = survey_features(table, columns, how)
        check_features(survey, rows)
        coef, intercept, hopeless = without_features(columns, observed, rows.n_features)
        walking = np.flatnonzero([status is None for status in hopeless])
        n_surveys = 1 + survey.n_passes
        if len(walking) == 0:
            strengths = strengths_of(np.full(columns.n_columns, np.nan))
            return _recorded(strengths, [], coef, intercept, hopeless, walking, n_surveys)
        objective = Objective(
            survey.table,
            columns.take(walking),
            how,
            penalty.take(walking),
            survey.features,
            observed.weight[walking],
        )
        seen = observed.take(walking)
        first = for_the_solver(objective, coef[:, walking], intercept[walking])
        h = typical_curvature(objective.columns, seen)
        with pass_report(objective.table.n_kept) as report:
            path = SparsePath(
                objective,
                first,
                h=h,
                tolerance=tolerance,
                max_passes=max_passes,
                row_slope=np.sqrt(h * dispersion(columns.likelihood, seen, first[-1])),
                report=report,
            )
            largest = np.full(columns.n_columns, np.nan)
            largest[walking] = path.largest_useful()
            strengths = strengths_of(largest)
            found = [
                (outcome, *of_the_rows(objective, outcome.theta))
                for outcome in path.along(strengths[:, walking])
            ]
        n_passes = n_surveys + path.n_passes
        return _recorded(strengths, found, coef, intercept, hopeless, walking, n_passes)


def _recorded(
    strengths: FloatArray,
    found: list[tuple[Outcome, FloatArray, FloatArray]],
    coef: FloatArray,
    intercept: FloatArray,
    hopeless: list[Status | None],
    walking: IntArray,
    n_passes: int,
) -> PathRecord:
    """Put what was found into the columns that could be fitted."""
    S, C = strengths.shape
    coefs = np.repeat(coef[None], S, axis=0)
    intercepts = np.repeat(intercept[None], S, axis=0)
    objective, violation = np.full((S, C), np.nan), np.full((S, C), np.nan)
    status = [[Status.LIMIT if s is None else s for s in hopeless] for _ in range(S)]
    for k, (outcome, W, b) in enumerate(found):
        coefs[k][:, walking], intercepts[k, walking] = W, b
        objective[k, walking], violation[k, walking] = outcome.value, outcome.decrement
        for c, word in zip(walking, outcome.status, strict=True):
            status[k][c] = word
    return PathRecord(
        strengths, coefs, intercepts, objective, violation, tuple(map(tuple, status)), n_passes
    )
