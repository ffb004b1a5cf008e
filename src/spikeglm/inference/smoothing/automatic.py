"""A fit whose penalty has the strengths that the data choose, by marginal likelihood.

Strengths are the hyperparameters of the prior that a penalty states; they maximise the probability
of the responses with the coefficients integrated out by Laplace's approximation (restricted maximum
likelihood, for a Gaussian model exactly).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ... import errors, showing
from ...engine.columns import Columns
from ...engine.features.survey import Responses
from ...engine.kernels import bending_kernels
from ...engine.runners.dispatch import run
from ...engine.runners.plan import plan
from ...engine.runners.threads import one_blas_thread
from ...engine.table import Table
from ...fit.fitting import SolverChoice, fit_prepared
from ...fit.prepared import Prepared, prepare
from ...fit.problems import Parameters
from ...fit.record import FitResult
from ...numerics import quiet
from ...regularizer.adjustable import Adjustable
from ...regularizer.base import Penalty
from ...rows.contract import Rows
from ...solvers import Cheapest, Status
from ...typing import BoolArray, FloatArray, IntArray
from ..fisher import NO_OPTIMUM, groups
from .choose import Chosen, Rounds

_FIRST_TOLERANCE = 1e-4  # of a fit that only begins
_NONE_CHOSEN = NO_OPTIMUM | {Status.SEPARATED}
NEARLY = 1e-2
"""Nats that a marginal likelihood may be short of its maximum: no data tell such models apart."""
_MATRICES = 6  # of a column that a choice holds at a time, for one that standard errors take


@dataclass(frozen=True, eq=False)
class AutomaticFit:
    """A fit of C columns, and how its R strengths were chosen.

    Attributes
    ----------
    result :
        The fit at these strengths; its passes are all that were taken.
    strength :
        (R, C) as users give them: of the mean loss per row. NaN where there is no choice.
    log_marginal_likelihood :
        (C,) nats, with all constants; NaN where there is no choice.
    at_bound :
        (R, C) 1 where any larger strength does the same: what the entry penalises is gone; -1
        where any smaller one does: it penalises nothing.
    short :
        (C,) nats by which the marginal likelihood is short of its maximum, at most; NaN where
        there is no choice.
    scale :
        (C,) the dispersion that goes with the marginal likelihood.
    """

    result: FitResult
    strength: FloatArray
    log_marginal_likelihood: FloatArray
    at_bound: IntArray
    short: FloatArray
    scale: FloatArray

    __repr__ = showing.of_fields


def fit_automatically(
    rows: Rows,
    columns: Columns,
    *,
    penalty: Adjustable,
    keep: BoolArray,
    solver: SolverChoice,
    start: Parameters | None = None,
) -> AutomaticFit:
    """Choose the strengths of all columns, and fit them.

    Parameters are those of :func:`~spikeglm.fit.fitting.fit_columns`.

    Raises
    ------
    TypeError
        For a model whose dispersion has no likelihood.
    ValueError
        If matrices overlap in a way that cannot be handled.

    References
    ----------
    Wood (2011), J R Stat Soc B 73:3-36, eq. 4; Wood & Fasiolo (2017), Biometrics 73:1071-81.
    """
    check_model(columns)
    ready = prepare(rows, columns, keep=keep, looks_at_all=solver.reads_correlations)
    with one_blas_thread(), quiet():
        observed = ready.responses(columns)
        rho = _first_guess(ready, columns, penalty, observed)
        begin = partial(fit_prepared, ready, solver=SolverChoice(None, Cheapest(_FIRST_TOLERANCE)))
        first = begin(columns, penalty=_bound(penalty, rho, columns, observed), start=start)
        works = np.array([status not in _NONE_CHOSEN for status in first.status], dtype=bool)
        works &= np.isfinite(first.coef).all(axis=0) & np.isfinite(first.intercept)
        chosen = _chosen(ready, columns, penalty, observed, (rho, first), np.flatnonzero(works))
    strength = np.full((len(penalty.strength), columns.n_columns), np.nan)
    coef, intercept = first.coef.copy(), first.intercept.copy()
    for which, part in chosen:
        strength[:, which] = _of_users(part.rho, columns, observed.weight[which])
        coef[:, which], intercept[which] = part.coef, part.intercept
    result = fit_prepared(
        ready,
        columns,
        penalty=penalty.with_strengths(np.nan_to_num(strength)),
        solver=solver,
        start=(coef, intercept),
    )
    n_more = 1 + ready.survey.n_passes + first.n_passes + sum(part.n_rounds for _, part in chosen)
    result = replace(result, n_passes=result.n_passes + n_more)
    return _told(ready, columns, penalty, result, strength, chosen)


def check_model(columns: Columns) -> None:
    """Raise a TypeError for a model whose dispersion has no likelihood."""
    model = columns.likelihood.model
    if model.log_peak(np.ones(1)) is None:
        raise errors.type_error(
            "Strengths cannot be chosen for this observation model: its dispersion has no "
            "likelihood.",
            given=f"regularizer_strength='auto' with {model.name}",
            expected="one of the built-in models, or one without a dispersion",
            todo="give strengths as numbers, and compare some by selection.cross_validated.",
        )


def _first_guess(
    ready: Prepared, columns: Columns, penalty: Adjustable, observed: Responses
) -> FloatArray:
    """Return log strengths (C, R) that weigh as much as the data on the same features."""
    likelihood = columns.likelihood
    h = likelihood.fisher(likelihood.start(observed.mean)) * observed.weight
    h = np.nan_to_num(h / likelihood.model.loss_unit, posinf=0.0)
    variance = ready.survey.features.scale**2
    information, trace = np.zeros((2, len(penalty.strength)))
    for entry, part in zip(penalty.entry_of_part, penalty.parts, strict=True):
        information[entry] += variance[part.places].sum()
        trace[entry] += (part.rows**2).sum()
    size = np.outer(h, information) / np.maximum(trace, np.finfo(float).tiny)
    return np.log(np.where(size > 0, size, 1.0))


def _of_users(rho: FloatArray, columns: Columns, weight: FloatArray) -> FloatArray:
    """Return strengths (R, A) of the mean loss, given logs (A, R) of those of the sum in nats."""
    return (np.exp(rho) * columns.likelihood.model.loss_unit / weight[:, None]).T


def _bound(penalty: Adjustable, rho: FloatArray, columns: Columns, observed: Responses) -> Penalty:
    weight = np.where(observed.weight > 0, observed.weight, 1.0)
    return penalty.with_strengths(_of_users(rho, columns, weight))


def _chosen(
    ready: Prepared,
    columns: Columns,
    penalty: Adjustable,
    observed: Responses,
    begin: tuple[FloatArray, FitResult],
    works: IntArray,
) -> list[tuple[IntArray, Chosen]]:
    """Return the choice of columns that have one, in groups whose matrices fit into memory."""
    rho, first = begin
    found = []
    n_parameters = int(np.ceil(np.sqrt(_MATRICES) * (penalty.n_features + 1)))
    for group in groups(len(works), n_parameters) if len(works) else []:
        which = works[group]
        mine, seen = columns.take(which), observed.take(which)

        def refit(
            some: IntArray,
            log_strength: FloatArray,
            W: FloatArray,
            b: FloatArray,
            mine: Columns = mine,
            seen: Responses = seen,
        ) -> Parameters:
            bound = _bound(penalty, log_strength, mine, seen.take(some))
            result = fit_prepared(
                ready, mine.take(some), penalty=bound, solver=SolverChoice(), start=(W, b)
            )
            return result.coef, result.intercept

        start = rho[which], first.coef[:, which].copy(), first.intercept[which].copy()
        found.append((which, Rounds(ready, mine, penalty, start, seen.weight, refit).go()))
    return found


def _told(
    ready: Prepared,
    columns: Columns,
    penalty: Adjustable,
    result: FitResult,
    strength: FloatArray,
    chosen: list[tuple[IntArray, Chosen]],
) -> AutomaticFit:
    """Return the fit with what its strengths are worth."""
    C, R = columns.n_columns, len(penalty.strength)
    marginal, scale = np.full(C, np.nan), np.full(C, np.nan)
    at_bound, short = np.zeros((R, C), dtype=np.intp), np.full(C, np.nan)
    value = penalty.with_strengths(np.nan_to_num(strength)).value(result.coef)
    for which, part in chosen:
        phi = part.scale
        data = _log_likelihood(ready, columns.take(which), result, which, phi)
        nats = result.total_weight[which] / columns.likelihood.model.loss_unit
        free = part.n_unpenalised * np.log(2.0 * np.pi * phi)
        worth = data - nats * value[which] / phi - 0.5 * part.log_det + 0.5 * free
        is_known = (part.short < NEARLY) & np.isfinite(worth)
        marginal[which], scale[which] = np.where(is_known, worth, np.nan), phi
        at_bound[:, which], short[which] = part.at_bound.T, part.short
    result = replace(result, n_passes=result.n_passes + len(chosen))
    return AutomaticFit(result, strength, marginal, at_bound, short, scale)


def _log_likelihood(
    ready: Prepared, columns: Columns, result: FitResult, which: IntArray, scale: FloatArray
) -> FloatArray:
    how = plan(ready.rows, columns.n_columns)
    table = Table.cut(ready.rows, ready.keep, how.block_rows).in_double()
    kernel = partial(bending_kernels.log_likelihood, scale=scale)
    W, b = result.coef[:, which], result.intercept[which]
    with one_blas_thread(), quiet():
        total: FloatArray = run(kernel, table, columns, W, b, how).total
    return total
