"""From columns to the solutions along many strengths: one survey of the rows, one walk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from .. import showing
from ..engine.columns import Columns
from ..engine.features.near_dependence import View
from ..engine.objective import Objective
from ..engine.runners.plan import Plan
from ..engine.runners.threads import one_blas_thread
from ..fit.by_moments import NumbersByMoments
from ..fit.prepared import Prepared
from ..fit.problems import First, Numbers
from ..fit.progress import pass_report
from ..fit.row_weights import views
from ..fit.user_scale import for_the_solver, of_the_rows, unmasked
from ..numerics import quiet
from ..regularizer.base import Penalty
from ..solvers import Outcome, Status
from ..solvers.contract import Report
from ..solvers.sparse.sparse_path import SparsePath
from ..typing import FloatArray, IntArray

_Part: TypeAlias = tuple[int, IntArray, Outcome, tuple[FloatArray, FloatArray]]
"""Which strength, which columns (A,), how that went, and their weights and intercepts."""


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
    scale :
        (S, C) the best scales of likelihoods that have one to find, else None.
    """

    strengths: FloatArray
    coef: FloatArray
    intercept: FloatArray
    objective: FloatArray
    violation: FloatArray
    status: tuple[tuple[Status, ...], ...]
    n_passes: int
    scale: FloatArray | None = None

    __repr__ = showing.of_fields


def joined(parts: Sequence[tuple[IntArray, PathRecord]]) -> PathRecord:
    """Return the record of all strengths from those of some (numbers of strengths, record)."""
    order = np.argsort(np.concatenate([which for which, _ in parts]))
    records = [record for _, record in parts]

    def together(name: str) -> FloatArray:
        return np.concatenate([getattr(record, name) for record in records])[order]

    status = [words for record in records for words in record.status]
    has_scale = all(record.scale is not None for record in records)
    return PathRecord(
        **{name: together(name) for name in ("strengths", "coef", "intercept", "objective")},
        violation=together("violation"),
        status=tuple(status[k] for k in order),
        n_passes=sum(record.n_passes for record in records),
        scale=together("scale") if has_scale else None,
    )


def fit_path(
    ready: Prepared,
    columns: Columns,
    *,
    penalty: Penalty,
    strengths_of: Callable[[FloatArray], FloatArray],
    tolerance: float,
    max_passes: int,
) -> PathRecord:
    """Solve all columns at falling strengths.

    Parameters
    ----------
    ready :
        The rows.
    columns :
        As for ``fit_prepared``.
    penalty :
        At strength one.
    strengths_of :
        From the largest useful strengths (C,), NaN where a column has no fit, to strengths (S, C).
    tolerance, max_passes :
        For the solve at each strength.
    """
    with one_blas_thread(), quiet():
        ready = ready.for_columns(columns)
        largest, found = np.full(columns.n_columns, np.nan), list[_Part]()
        with pass_report(ready.survey.table.n_kept) as report:
            walks, first, n_passes = _walks(ready, columns, penalty, tolerance, max_passes, report)
            for which, _, path in walks:
                largest[which] = path.largest_useful()
            strengths = strengths_of(largest)
            for which, objective, path in walks:
                for k, outcome in enumerate(path.along(strengths[:, which])):
                    W, b = of_the_rows(objective, outcome.theta)
                    found.append((k, which, outcome, (unmasked(objective, W), b)))
                n_passes += path.n_passes
        return _recorded(strengths, found, first, n_passes)


def largest_useful(
    ready: Prepared, columns: Columns, *, penalty: Penalty, tolerance: float, max_passes: int
) -> FloatArray:
    """Return the strengths (C,) from which all that is penalised is zero, NaN where nothing fits.

    Parameters are those of :func:`fit_path`.
    """
    with one_blas_thread(), quiet():
        ready = ready.for_columns(columns)
        largest = np.full(columns.n_columns, np.nan)
        with pass_report(ready.survey.table.n_kept) as report:
            walks, _, _ = _walks(ready, columns, penalty, tolerance, max_passes, report)
            for which, _, path in walks:
                largest[which] = path.largest_useful()
        return largest


def _walks(
    ready: Prepared,
    columns: Columns,
    penalty: Penalty,
    tolerance: float,
    max_passes: int,
    report: Report,
) -> tuple[list[tuple[IntArray, Objective, SparsePath]], First, int]:
    """Return a walk for each way in which columns see the rows, where they begin, and visits."""
    problems = NumbersByMoments(columns, penalty, ready.responses(columns), keep=ready.keep)
    first = problems.first(ready.rows.n_features, None)
    seen = views(ready, problems, first.walking)
    walks = [
        _walk(problems, view, ready.how, first, tolerance, max_passes, report)
        for _, view in seen.views
    ]
    return walks, first, 1 + ready.survey.n_passes + seen.n_visits


def _walk(
    problems: Numbers,
    view: View,
    how: Plan,
    first: First,
    tolerance: float,
    max_passes: int,
    report: Report,
) -> tuple[IntArray, Objective, SparsePath]:
    """Return the columns of a view and a walk, at zero for all penalised coefficients."""
    which, objective = view.columns, problems.objective(view, how)
    theta = for_the_solver(objective, first.coef[:, which], first.intercept[which])
    theta, _ = problems.begin(objective, theta, which)
    known = problems.task(objective, theta, which)
    path = SparsePath(
        objective,
        theta,
        h=known["h"],
        tolerance=tolerance,
        max_passes=max_passes,
        row_slope=np.sqrt(known["h"]) * known["unit"],
        report=report,
    )
    return which, objective, path


def _recorded(strengths: FloatArray, found: list[_Part], first: First, n_passes: int) -> PathRecord:
    """Put what was found into the columns that could be fitted."""
    S, C = strengths.shape
    coefs = np.repeat(first.coef[None], S, axis=0)
    intercepts = np.repeat(first.intercept[None], S, axis=0)
    objective, violation = np.full((S, C), np.nan), np.full((S, C), np.nan)
    status = [[Status.LIMIT if s is None else s for s in first.hopeless] for _ in range(S)]
    for k, which, outcome, (W, b) in found:
        coefs[k][:, which], intercepts[k, which] = W, b
        objective[k, which], violation[k, which] = outcome.value, outcome.decrement
        for c, word in zip(which, outcome.status, strict=True):
            status[k][c] = word
    return PathRecord(
        strengths, coefs, intercepts, objective, violation, tuple(map(tuple, status)), n_passes
    )
