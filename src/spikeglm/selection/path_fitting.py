"""From columns to the solutions along many strengths: one survey of the rows, one walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import showing
from ..engine.columns import Columns
from ..engine.objective import Objective
from ..engine.runners.threads import one_blas_thread
from ..fit.fitting import for_the_solver, of_the_rows
from ..fit.prepared import prepare
from ..fit.problems import First, Numbers
from ..fit.progress import pass_report
from ..numerics import quiet
from ..regularizer.base import Penalty
from ..rows.contract import Rows
from ..solvers import Outcome, Status
from ..solvers.contract import Report
from ..solvers.sparse.sparse_path import SparsePath
from ..typing import BoolArray, FloatArray


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
    ready = prepare(rows, columns, keep=keep)
    with one_blas_thread(), quiet():
        problems = Numbers(columns, penalty, ready.responses(columns))
        first = problems.first(rows.n_features, None)
        largest = np.full(columns.n_columns, np.nan)
        n_surveys = 1 + ready.survey.n_passes
        if len(first.walking) == 0:
            return _recorded(strengths_of(largest), [], first, n_surveys)
        [view] = ready.survey.views(columns, penalty, problems.h, first.walking)
        objective = problems.objective(view, ready.how)
        with pass_report(objective.table.n_kept) as report:
            path = _begun(problems, objective, first, tolerance, max_passes, report)
            largest[first.walking] = path.largest_useful()
            strengths = strengths_of(largest)
            found = [
                (outcome, *of_the_rows(objective, outcome.theta))
                for outcome in path.along(strengths[:, first.walking])
            ]
        return _recorded(strengths, found, first, n_surveys + path.n_passes)


def _begun(
    problems: Numbers,
    objective: Objective,
    first: First,
    tolerance: float,
    max_passes: int,
    report: Report,
) -> SparsePath:
    """Return a walk that stands where all penalised coefficients are zero."""
    walking = first.walking
    theta = for_the_solver(objective, first.coef[:, walking], first.intercept[walking])
    known = problems.task(objective, theta, walking)
    return SparsePath(
        objective,
        theta,
        h=known["h"],
        tolerance=tolerance,
        max_passes=max_passes,
        row_slope=np.sqrt(known["h"]) * known["unit"],
        report=report,
    )


def _recorded(
    strengths: FloatArray,
    found: list[tuple[Outcome, FloatArray, FloatArray]],
    first: First,
    n_passes: int,
) -> PathRecord:
    """Put what was found into the columns that could be fitted."""
    (S, C), walking = strengths.shape, first.walking
    coefs = np.repeat(first.coef[None], S, axis=0)
    intercepts = np.repeat(first.intercept[None], S, axis=0)
    objective, violation = np.full((S, C), np.nan), np.full((S, C), np.nan)
    status = [[Status.LIMIT if s is None else s for s in first.hopeless] for _ in range(S)]
    for k, (outcome, W, b) in enumerate(found):
        coefs[k][:, walking], intercepts[k, walking] = W, b
        objective[k, walking], violation[k, walking] = outcome.value, outcome.decrement
        for c, word in zip(walking, outcome.status, strict=True):
            status[k][c] = word
    return PathRecord(
        strengths, coefs, intercepts, objective, violation, tuple(map(tuple, status)), n_passes
    )
