"""How sure are we of the coefficients: the Fisher information at the optimum.

With F = sum_t a_t E[d²l/d(w,b)²] the expected curvature of the summed loss, Lambda the second
derivative of the penalty (which is added to the *mean* loss, hence the factor A = sum_t a_t),
phi the dispersion and k the loss in units of the negative log-likelihood,

    Cov(w, b) = k phi (F + A Lambda)⁻¹

Without a penalty this is the inverse Fisher information of maximum likelihood; with Ridge it is the
posterior covariance (Laplace approximation) under the prior that the penalty states.

A matrix per column is too much where columns and features are many, so they are made in groups that
fit the memory budget, each group in one visit of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...engine.features.survey import survey_features, survey_responses
from ...engine.runners.plan import planned
from ...fit.separation import curvature_at
from ...regularizer.squares import squares_of
from ...solvers import Status
from ...typing import BoolArray
from .at_optimum import AtOptimum
from .filling import Filler
from .inverses import TOUCHED, unshift
from .memory import groups
from .optimum import Centred, Information, Optimum, Uncertainty
from .prior_slopes import with_prior


def uncertainties(
    optimum: Optimum, *, keep_void: bool = False, filler: Filler | None = None
) -> Iterator[Uncertainty]:
    """Yield, column by column, the covariance from the Fisher information at the optimum.

    With ``keep_void`` also the directions that the data say nothing of, and the information; with
    a ``filler`` the sandwich of two inverses around what that makes of the rows
    (:mod:`.covariances`).

    Raises
    ------
    ValueError
        If the data are not those of the fit.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 2.5; for the penalised case
    Wood (2017), Generalized Additive Models, 2nd ed., eq. 6.13.
    """
    told_apart, is_open = _told_apart(optimum, keep_void, filler), _left_open(optimum)
    for column, plain in enumerate(_plainly(optimum, keep_void, filler)):
        if column not in told_apart:
            yield plain
            continue
        better = next(told_apart[column])
        if optimum.has_none(column):
            better = plain._replace(covariance=better.covariance, centred=None)
        undetermined = better.undetermined | is_open[:, column]
        yield better._replace(undetermined=undetermined, information=plain.information)


def _left_open(optimum: Optimum) -> BoolArray:
    """Return (p + 1, C) parameters of exact copies and combinations that nothing else settles.

    Beside near copies of them, far from zero, rounding could make one of two copies look known.
    """
    record, columns, shape = optimum.record, optimum.columns, optimum.coef.shape
    is_open = np.zeros((shape[0] + 1, shape[1]), dtype=bool)
    if record is None or squares_of(optimum.penalty, 1) is not None:
        return is_open
    sees_all = np.ones(shape[1], dtype=bool) if columns.mask is None else columns.mask.all(axis=0)
    is_free = sees_all & (optimum.penalty.curvature(shape) == 0)
    is_open[record.aliased] = is_free[record.aliased]
    return is_open


def _told_apart(
    optimum: Optimum, keep_void: bool, filler: Filler | None
) -> dict[int, Iterator[Uncertainty]]:
    """Return, for columns that can tell near copies of features apart, how sure they are of them.

    Columns that see the rows alike share an iterator, which takes them in their order.
    """
    record = optimum.record
    if record is None or not (record.near_copies and optimum.penalty.is_smooth):
        return {}
    columns = optimum.columns
    table, how = planned(optimum.rows, optimum.keep, columns.n_columns)
    observed = survey_responses(table, columns, how)
    survey = survey_features(table, columns, how)
    which = np.flatnonzero([status is not Status.SEPARATED for status in record.status])
    found: dict[int, Iterator[Uncertainty]] = {}
    for view in survey.views(columns, optimum.penalty, curvature_at(columns, observed), which):
        if view.table.combinations is not None and view.table.combinations.places.size:
            reading = AtOptimum.through(optimum, view, how, observed)
            sure = _of_plain_rows(reading, keep_void, filler)
            found |= dict.fromkeys(map(int, view.columns), sure)
    return found


def _of_plain_rows(
    reading: AtOptimum, keep_void: bool, filler: Filler | None
) -> Iterator[Uncertainty]:
    """Yield the uncertainty of the parameters of plain rows, of all columns of a view."""
    p = len(reading.shift)
    J = np.vstack(reading.table.weights_of_rows(np.eye(p, p + 1), np.eye(1, p + 1, p)[0]))
    is_made_of = np.abs(J) > TOUCHED * np.abs(J).max(axis=0)
    for group in groups(reading.optimum.columns.n_columns, p + 1):
        found = reading.inverses(group, {}, keep_void=keep_void)
        for sure in reading.filled(group, {}, found, filler):
            yield sure._replace(
                covariance=J @ sure.covariance @ J.T,
                undetermined=is_made_of @ sure.undetermined,
                void=None if sure.void is None else J @ sure.void,
            )


def _plainly(
    optimum: Optimum, keep_void: bool, filler: Filler | None = None
) -> Iterator[Uncertainty]:
    """Yield the uncertainty of each column from the features as they are."""
    reading = AtOptimum.of(optimum)
    limits, remaining = reading.limits(), reading.remaining()
    p = len(optimum.coef)
    for group in groups(optimum.columns.n_columns, p + 1):
        slopes = reading.slopes(group)
        found = reading.inverses(group, limits, keep_void=keep_void)
        if optimum.record is not None and optimum.penalty.is_smooth:
            slopes = with_prior(slopes, reading, group, [one.inverse for one in found])
            for c, slope, one in zip(group, slopes, found, strict=True):
                total = one.information + reading.penalty(c)
                remaining.check(optimum.record, c, slope, one.inverse, total)
        filled = reading.filled(group, limits, found, filler)
        for c, one, sure in zip(group, found, filled, strict=True):
            centred = Centred(sure.covariance.copy(), reading.shift)
            unshift(sure.covariance, reading.shift)
            undetermined, void, has_none = sure.undetermined, sure.void, optimum.has_none(c)
            if void is not None:
                void[-1] -= reading.shift @ void[:-1]
            if c in limits:
                limit = limits[c]
                has_none |= limit is None
                undetermined = undetermined | (True if limit is None else limit.touched)
            if keep_void and has_none:
                void = np.eye(p + 1)
            undetermined = undetermined | has_none
            known = None
            if keep_void and c not in limits:
                known = Information(one.information, reading.shift)
            yield sure._replace(
                undetermined=undetermined,
                void=void,
                has_none=has_none,
                information=known,
                centred=centred,
            )
