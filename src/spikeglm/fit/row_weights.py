"""Row weights under which other features are constant than under those that rows were prepared for.

What is constant depends on the rows that count. A fold may lack a category or a whole trial type
that all rows together have; what its fit is to make of that feature its rows do not say. With a_t
the weights of a column, m_t those of the survey (both adding up to one), and v any combination of
features,

    Var_a(v)  >=  min_t (a_t / m_t)  Var_m(v)

so where no row that counted has lost nearly all of its weight, nothing new is constant. Elsewhere
the covariance under a is looked at, of a sample of the rows and, if that leaves doubts, of all.
What is still in doubt then gets a survey of its own, as a fit to those rows alone makes it. Nothing
needs a look where a penalty settles every coefficient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..engine.columns import Columns, Source
from ..engine.coordinates.feature_facts import RANK_TOLERANCE, Features
from ..engine.features.near_dependence import View
from ..engine.features.survey import Survey
from ..engine.kernels.loss_kernels import InformationSums, fisher_information
from ..engine.runners import threads
from ..engine.runners.dispatch import run
from ..engine.runners.plan import Plan
from ..engine.table import Table
from ..observation_models import GaussianObservations
from ..observation_models.likelihood import Likelihood
from ..observation_models.links import Identity
from ..regularizer.squares import squares_of
from ..settings import get_config
from ..typing import BoolArray, FloatArray, IntArray
from .prepared import Prepared
from .problems import Problems, class_columns

_LOST = 1e-3  # of a row's weight; above, a variance keeps as much
_UNSEEN = 1e-6  # of a row's weight, of which a survey has seen no more: a variance may be as much
_LITTLE = 1e-6  # of its variance, which a combination may not fall below without a closer look
_SETTLED = 10 * RANK_TOLERANCE  # per feature: penalty over curvature that is no rounding
_ROWS_PER_FEATURE = 4  # of a sample; fewer leave more in doubt
_FEWEST_ROWS = 500
_SHARE_FOR_COVARIANCES = 1 / 16  # of the memory budget
_COUNTS = Likelihood(GaussianObservations(), Identity())  # each row's information is its weight


class Seen(NamedTuple):
    """How problems see the rows."""

    surveys: list[tuple[Survey, IntArray]]  # with the problems whose rows they are of
    views: list[tuple[Survey, View]]  # with the survey that a view follows from
    n_visits: int  # of the rows, that it took to know


def views(
    ready: Prepared, problems: Problems, which: IntArray, *, as_they_are: bool = False
) -> Seen:
    """Return how some problems (A,) see the rows: almost always all alike.

    ``as_they_are`` leaves near copies of features together.
    """
    columns, found = problems.columns, list[tuple[Survey, View]]()
    surveys, n_visits = _surveys(ready, problems, which)
    for survey, members in surveys:
        if as_they_are:
            survey = replace(survey, told_apart=None)
        seen = survey.views(columns, problems.penalty, problems.h, members, problems.n_classes)
        found += [(survey, view) for view in seen]
    return Seen(surveys, found, n_visits)


def _surveys(
    ready: Prepared, problems: Problems, which: IntArray
) -> tuple[list[tuple[Survey, IntArray]], int]:
    """Return surveys, each with those of some problems (A,) that it is right for, and visits."""
    if len(which) == 0:
        return [], 0
    if ready.is_for(problems.columns):
        return [(ready.survey, which)], 0
    series = _series(problems.columns)[which]
    used, apart, n_visits = _apart(ready, problems, which, series)
    is_apart = np.isin(series, used[apart])
    found = [] if is_apart.all() else [(ready.survey, which[~is_apart])]
    for s in used[apart]:
        members = which[series == s]
        alone = problems.columns.take(class_columns(problems, members[:1]))
        found.append((ready.under(alone), members))
        n_visits += found[-1][0].n_passes
    return found, n_visits


def _series(columns: Columns) -> IntArray:
    """Return (C,) which row weights a column has."""
    if columns.weights is None:
        return np.zeros(columns.n_columns, dtype=np.intp)
    return np.asarray(columns.weights.of)


def _apart(
    ready: Prepared, problems: Problems, which: IntArray, series: IntArray
) -> tuple[IntArray, BoolArray, int]:
    """Return row weights (S,) of problems (A,), which need a survey of their own, and visits."""
    used, n_visits = np.unique(series), 0
    lost, apart = _compared(ready, problems.columns, used)
    is_open = ~_is_settled(problems, ready.survey.features)[which]
    doubtful = np.flatnonzero(lost & ~apart & np.isin(used, series[is_open]))
    if len(doubtful):
        apart[doubtful], n_visits = _is_doubtful(ready, problems.columns, used[doubtful])
    return used, apart, n_visits


def _compared(ready: Prepared, columns: Columns, used: IntArray) -> tuple[BoolArray, BoolArray]:
    """Return (S,) whether rows have lost nearly all weight, and whether some count as never before.

    Those may move what was constant. Where nothing was, the coordinates of the survey do for them,
    unless they counted so little that it has hardly seen them.
    """
    features = ready.survey.features
    has_constants = bool(features.null_space.size or (features.scale == 0).any())
    least, most = np.full(len(used), np.inf), np.zeros(len(used))
    total, before = np.zeros(len(used)), 0.0
    for block in ready.survey.table.blocks:
        known = _mean_weights(ready.weights, block.rows)
        now = _weights(columns.weights, used, block.rows)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = now / known[:, None]
        least = np.fmin(least, np.fmin.reduce(ratio, axis=0))
        most = np.fmax(most, np.fmax.reduce(ratio, axis=0))
        total, before = total + now.sum(axis=0), before + known.sum()
    is_new = most * before * (_LOST if has_constants else _UNSEEN) > total
    return ~(least * before >= _LOST * total), is_new


def _weights(source: Source | None, used: IntArray, rows: slice | IntArray) -> FloatArray:
    """Return series (B, S) of row weights; ones where there are none."""
    if source is None:
        n_rows = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        return np.ones((n_rows, len(used)))
    return np.asarray(source.values[rows][:, used], dtype=np.float64)


def _mean_weights(source: Source | None, rows: slice | IntArray) -> FloatArray:
    """Return the mean of the row weights over columns, (B,)."""
    if source is None:
        return _weights(None, np.zeros(1, dtype=np.intp), rows)[:, 0]
    used, counts = np.unique(source.of, return_counts=True)
    return _weights(source, used, rows) @ (counts / counts.sum())


def _is_settled(problems: Problems, features: Features) -> BoolArray:
    """Return (N,) whether a penalty settles every coefficient of a problem."""
    p, K, N = len(features.scale), problems.n_classes, len(problems.h)
    if not problems.penalty.is_smooth or squares_of(problems.penalty, N) is not None:
        return np.zeros(N, dtype=bool)  # what matrices leave open is not looked at
    curvature = problems.penalty.curvature((p * K, N)).reshape(p, K, N).min(axis=1)
    share = curvature * features.inverse_scale[:, None] ** 2 / problems.h
    is_settled: BoolArray = (share > _SETTLED * p)[features.scale > 0].min(axis=0, initial=True)
    return is_settled


def _is_doubtful(ready: Prepared, columns: Columns, series: IntArray) -> tuple[BoolArray, int]:
    """Return (S,) whether more may be constant under row weights than is known, and visits."""
    how, table, features = ready.how, ready.survey.table.in_double(), ready.survey.features
    at_once, n_visits = _at_once(len(features.scale), how), 0
    doubtful = np.ones(len(series), dtype=bool)
    if how.look.width is not None or at_once == 0:
        return doubtful, 0  # blocks of features are told by their own survey
    n_rows = max(_FEWEST_ROWS, _ROWS_PER_FEATURE * len(features.scale))
    looks = [(threads.run, threads.sampled(table, n_rows, how))]
    if how.look.is_complete and table.n_kept > n_rows:
        looks.append((run, table))
    for visit, rows in looks:
        left = np.flatnonzero(doubtful)
        for part in (left[k : k + at_once] for k in range(0, len(left), at_once)):
            doubtful[part] = ~_is_clear(visit, rows, columns, series[part], features, how)
            n_visits += visit is run
    return doubtful, n_visits


def _at_once(n_features: int, how: Plan) -> int:
    """Return how many covariances fit the memory that is theirs."""
    room = int(_SHARE_FOR_COVARIANCES * get_config().memory_bytes)
    return room // (8 * (n_features + 1) ** 2 * (how.n_threads + 1))


def _is_clear(
    visit: Callable[..., InformationSums],
    table: Table,
    columns: Columns,
    series: IntArray,
    features: Features,
    how: Plan,
) -> BoolArray:
    """Return (S,) whether all combinations of features that vary do so under some row weights."""
    some = columns.take(np.zeros(len(series), dtype=np.intp))
    weights = None if columns.weights is None else Source(columns.weights.values, series)
    some = Columns(_COUNTS, some.responses, weights, has_intercept=columns.has_intercept)
    p = len(features.scale)
    sums = visit(
        fisher_information,
        table,
        some,
        np.zeros((p, len(series))),
        np.zeros(len(series)),
        how,
    )
    return np.array([_is_regular(F, features, columns.has_intercept) for F in sums.information])


def _is_regular(information: FloatArray, features: Features, has_intercept: bool) -> bool:
    """Tell whether combinations of features vary, given sums (p + 1, p + 1) of x xᵀ and x."""
    weight = information[-1, -1]
    if not weight > 0:
        return False
    mean = information[:-1, -1] / weight if has_intercept else np.zeros(len(features.scale))
    covariance = information[:-1, :-1] / weight - np.outer(mean, mean)
    covariance *= np.outer(features.inverse_scale, features.inverse_scale)
    covariance += features.null_space @ features.null_space.T  # which is known already
    covariance += np.diag(features.scale == 0)
    try:
        return bool((np.diag(np.linalg.cholesky(covariance)) ** 2).min(initial=1.0) > _LITTLE)
    except np.linalg.LinAlgError:
        return False
