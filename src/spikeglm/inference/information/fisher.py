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

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...engine.features.near_dependence import View
from ...engine.features.survey import Responses, survey_features, survey_locations, survey_responses
from ...engine.kernels import loss_kernels
from ...engine.runners.dispatch import run
from ...engine.runners.plan import Plan, plan
from ...engine.table import Table
from ...fit.record import FitResult, check_same_data
from ...fit.separation import Separation, curvature_at, separations, without_rows
from ...fit.starts import dispersion
from ...regularizer.base import PenaltyTerm
from ...regularizer.squares import squares_of
from ...rows.contract import Rows
from ...solvers import Status
from ...typing import BoolArray, FloatArray, IntArray
from .filling import Filler, Seen
from .inverses import TOUCHED, penalised_inverse, unshift
from .memory import groups, in_longer_blocks
from .prior_slopes import with_prior
from .remaining_step import RemainingSteps

NO_OPTIMUM = {
    Status.SILENT,
    Status.SATURATED,
    Status.OUT_OF_RANGE,
    Status.NO_ROWS,
    Status.ONE_CLASS,
}

_ROUNDED = 1e-6  # of a count, however large: what it varies by less is rounding


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where a fit of C columns ended, and the data it came from.

    Attributes
    ----------
    rows, columns, keep, time_axis :
        The data of the fit: the table (T, p), the column problems, the rows that took part (T,),
        and their times and epochs where X or y had them.
    coef, intercept :
        The optimum, (p, C) and (C,).
    penalty :
        The penalty of the fit.
    scale :
        (C,) dispersion; None for a model without one.
    record :
        That of the fit, if it led to these estimates: then the data are checked to be those of the
        fit. Where a fit ended without an optimum (a silent neuron) every parameter is undetermined;
        of a separated one those are that separate.
    """

    rows: Rows
    columns: Columns
    keep: BoolArray
    coef: FloatArray
    intercept: FloatArray
    penalty: PenaltyTerm
    scale: FloatArray | None = None
    record: FitResult | None = None
    time_axis: Any = None

    __repr__ = showing.of_fields

    @property
    def unit(self) -> FloatArray:
        """(C,) k phi: the dispersion, in units of the loss."""
        model = self.columns.likelihood.model
        dispersion = self.scale if self.scale is not None and model.has_dispersion else 1.0
        return np.broadcast_to(model.loss_unit * dispersion, self.intercept.shape)

    def has_none(self, column: int) -> bool:
        """Tell whether a column ended where no standard errors are valid."""
        selected = not self.penalty.is_smooth  # none are after a selection
        return selected or (self.record is not None and self.record.status[column] in NO_OPTIMUM)


class Uncertainty(NamedTuple):
    """How sure we are of the n parameters (w, b) of one column; the intercept comes last.

    Masked features have variance 0: they are known to be zero, as is an intercept that the model
    does not have. Where features are linearly dependent without a penalty the covariance is the
    generalised inverse, right for every combination that the data determine, such as a prediction.

    >>> import numpy as np
    >>> Uncertainty(np.diag([0.04, 1.0]), np.array([False, True])).standard_errors
    array([0.2, nan])
    """

    covariance: FloatArray  # (n, n)
    undetermined: BoolArray  # (n,) True for parameters that the data do not determine
    void: FloatArray | None = None  # (n, m) directions of parameters that they do not determine
    dof: float = math.inf  # degrees of freedom of Student's quantiles
    method: str = "model"  # in words
    reason: str = ""  # why there is none; "" where there is one
    has_none: bool = False  # whether there is no covariance at all, of silence or a selection

    @property
    def standard_errors(self) -> FloatArray:
        """(n,); NaN where a parameter is undetermined."""
        variance = np.maximum(np.diagonal(self.covariance), 0.0)
        return np.where(self.undetermined, np.nan, np.sqrt(variance))


def uncertainties(
    optimum: Optimum, *, keep_void: bool = False, filler: Filler | None = None
) -> Iterator[Uncertainty]:
    """Yield, column by column, the covariance from the Fisher information at the optimum.

    With ``keep_void`` also the directions that the data say nothing of; with a ``filler`` the
    sandwich of two inverses around what that makes of the rows (:mod:`.covariances`).

    Raises
    ------
    ValueError
        If the data are not those of the fit.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 2.5; for the penalised case
    Wood (2017), Generalized Additive Models, 2nd ed., eq. 6.13.
    """
    told_apart = _told_apart(optimum, keep_void, filler)
    for column, plain in enumerate(_plainly(optimum, keep_void, filler)):
        if column not in told_apart:
            yield plain
            continue
        better = next(told_apart[column])
        if optimum.has_none(column):
            better = plain._replace(covariance=better.covariance)
        yield better


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
    how = plan(optimum.rows, columns.n_columns)
    table = Table.cut(optimum.rows, optimum.keep, how.block_rows)
    observed = survey_responses(table, columns, how)
    survey = survey_features(table, columns, how)
    which = np.flatnonzero([status is not Status.SEPARATED for status in record.status])
    found: dict[int, Iterator[Uncertainty]] = {}
    for view in survey.views(columns, optimum.penalty, curvature_at(columns, observed), which):
        if view.table.combinations is not None and view.table.combinations.places.size:
            reading = _Reading.through(optimum, view, how, observed)
            sure = _of_plain_rows(reading, keep_void, filler)
            found |= dict.fromkeys(map(int, view.columns), sure)
    return found


def _of_plain_rows(
    reading: _Reading, keep_void: bool, filler: Filler | None
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


class _Inverse(NamedTuple):
    """The inverse of the information of a column, for features as they are read."""

    inverse: FloatArray  # (n, n)
    undetermined: BoolArray  # (n,)
    void: FloatArray | None  # (n, m)
    information: FloatArray  # (n, n) penalised
    n_used: float  # parameters that the fit uses up


def _plainly(
    optimum: Optimum, keep_void: bool, filler: Filler | None = None
) -> Iterator[Uncertainty]:
    """Yield the uncertainty of each column from the features as they are."""
    reading = _Reading.of(optimum)
    limits, remaining = reading.limits(), reading.remaining()
    p = len(optimum.coef)
    for group in groups(optimum.columns.n_columns, p + 1):
        slopes = reading.slopes(group)
        found = reading.inverses(group, limits, keep_void=keep_void)
        if optimum.record is not None and optimum.penalty.is_smooth:
            slopes = with_prior(slopes, reading, group, [one.inverse for one in found])
            for c, slope, one in zip(group, slopes, found, strict=True):
                remaining.check(optimum.record, c, slope, one.inverse, one.information)
        for c, sure in zip(group, reading.filled(group, limits, found, filler), strict=True):
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
            yield sure._replace(undetermined=undetermined, void=void, has_none=has_none)


@dataclass(frozen=True, eq=False)
class _Reading:
    """The data of an optimum as they are read: features less ``shift`` (p,), in longer blocks."""

    optimum: Optimum
    how: Plan
    table: Table
    shift: FloatArray
    observed: Responses

    @classmethod
    def of(cls, optimum: Optimum) -> _Reading:
        """Look at the data, and check that they are those of the fit."""
        columns = optimum.columns
        how = plan(optimum.rows, columns.n_columns)
        table = Table.cut(optimum.rows, optimum.keep, how.block_rows)
        observed = survey_responses(table, columns, how)
        if optimum.record is not None:
            check_same_data(optimum.record, observed)
        table = survey_locations(table, columns, how).table
        shift = np.zeros(len(optimum.coef)) if table.shift is None else table.shift
        return cls(optimum, how, in_longer_blocks(table, how), shift, observed)

    @classmethod
    def through(cls, optimum: Optimum, view: View, how: Plan, observed: Responses) -> _Reading:
        """Return how the columns of a view are read, nothing checked."""
        mine = view.columns
        seen = replace(
            optimum,
            columns=optimum.columns.take(mine),
            coef=optimum.coef[:, mine],
            intercept=optimum.intercept[mine],
            scale=None if optimum.scale is None else optimum.scale[mine],
            penalty=view.penalty,
            record=None,
        )
        none = np.zeros(len(optimum.coef))
        return cls(seen, how, in_longer_blocks(view.table, how), none, observed.take(mine))

    def free(self, column: int) -> BoolArray:
        """Return (p + 1,) True for the parameters that a column has."""
        columns = self.optimum.columns
        used = np.ones(len(self.shift), bool) if columns.mask is None else columns.mask[:, column]
        return np.append(used, columns.has_intercept)

    def at(self, group: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the estimates of some columns, for the features as they are read."""
        return self.table.weights_here(self.optimum.coef[:, group], self.optimum.intercept[group])

    def limits(self) -> dict[int, Separation | None]:
        """Return what separates each column that the record says is separated."""
        optimum, record = self.optimum, self.optimum.record
        if record is None or not optimum.penalty.is_smooth:
            return {}
        apart = np.flatnonzero([status is Status.SEPARATED for status in record.status])
        if len(apart) == 0:
            return {}
        columns = optimum.columns.take(apart)
        free = np.column_stack([self.free(c) for c in map(int, apart)])
        free[:-1] &= optimum.penalty.curvature(optimum.coef.shape)[:, apart] == 0
        h = curvature_at(columns, self.observed.take(apart))
        found = separations(self.table, columns, *self.at(apart), self.how, free=free, h=h)
        return dict(zip(map(int, apart), found, strict=True))

    def columns(self, group: IntArray, limits: dict[int, Separation | None]) -> Columns:
        """Return the problems of some columns on what is not certain."""
        columns = self.optimum.columns.take(group)
        if any(limits.get(c) is not None for c in group):
            everything = np.ones(self.table.rows.n_rows, dtype=bool)
            stays = [everything if (s := limits.get(c)) is None else s.stays for c in group]
            columns = without_rows(columns, np.column_stack(stays))
        return columns

    def inverses(
        self, group: IntArray, limits: dict[int, Separation | None], *, keep_void: bool
    ) -> list[_Inverse]:
        """Return the inverse information of each of some columns; one pass."""
        columns, found = self.columns(group, limits), []
        for c, information in zip(group, self.information(columns, group), strict=True):
            S = self.penalty(c)
            inverse, unsure, void = penalised_inverse(
                self.free(c), information, S, keep_void=keep_void
            )
            n_used = float(np.einsum("ij,ij->", inverse, information))
            found.append(_Inverse(inverse, unsure, void, information + S, n_used))
        return found

    def information(self, columns: Columns, group: IntArray) -> FloatArray:
        """Return the information of some columns, (C, p + 1, p + 1); one pass.

        Where it does not depend on estimates, columns under the same row weights share theirs.
        """
        W, b = self.at(group)
        first = of = np.arange(len(group))
        if columns.likelihood.has_constant_information:
            series = np.zeros(len(group)) if columns.weights is None else columns.weights.of
            _, first, of = np.unique(series, return_index=True, return_inverse=True)
        some = columns.take(first)
        kernel = loss_kernels.fisher_information
        sums = run(kernel, self.table, some, W[:, first], b[first], self.how)
        return np.asarray(sums.information[of])

    def filled(
        self,
        group: IntArray,
        limits: dict[int, Separation | None],
        found: list[_Inverse],
        filler: Filler | None,
    ) -> Iterator[Uncertainty]:
        """Yield how sure columns are of the parameters of the rows as they are read."""
        if filler is None:
            for c, one in zip(group, found, strict=True):
                yield Uncertainty(one.inverse * self.optimum.unit[c], one.undetermined, one.void)
            return
        columns, n_used = self.columns(group, limits), np.array([one.n_used for one in found])
        inverses = [one.inverse for one in found]
        W, b = self.at(group)
        seen = Seen(
            self.table, columns, W, b, self.how, inverses, n_used, self.shift,
            penalty=self.optimum.penalty.take(group),
            unit=self.optimum.unit[group],
            weight=self.observed.weight[group],
        )  # fmt: skip
        filling = filler.fill(seen)
        is_whole = filling.is_whole
        for one, *about in zip(found, *filling[:4], strict=True):
            products, dof, method, reason = about
            covariance = products if is_whole else one.inverse @ products @ one.inverse
            undetermined = one.undetermined | (reason != "")
            yield Uncertainty(covariance, undetermined, one.void, float(dof), method, reason)

    def penalty(self, column: int) -> FloatArray:
        """Return A Lambda (p + 1, p + 1) of a column."""
        penalty = self.optimum.penalty.take(np.array([column]))
        p, squares = len(self.shift), squares_of(penalty, 1)
        out = np.zeros((p + 1, p + 1))
        if squares is None:
            places = np.arange(p)
            out[places, places] = penalty.curvature((p, 1))[:, 0]
        else:
            out[:p, :p] = squares.matrix(squares.strength[:, 0])
        return out * self.observed.weight[column]

    def remaining(self) -> RemainingSteps:
        """Return what looks how far the estimates are from the best ones for these data."""
        optimum, observed, likelihood = self.optimum, self.observed, self.optimum.columns.likelihood
        if likelihood.model.has_dispersion:
            spread = dispersion(likelihood, observed, likelihood.start(observed.mean))
        else:
            spread = np.maximum(np.maximum(observed.variance, 1.0), (_ROUNDED * observed.mean) ** 2)
        return RemainingSteps(
            coef=optimum.coef,
            intercept=optimum.intercept,
            unit=optimum.unit,
            shift=self.shift,
            is_single=self.table.rows.dtype == np.float32,
            weight=observed.weight,
            spread=spread,
        )

    def slopes(self, group: IntArray) -> FloatArray:
        """Return the derivative (C, p + 1) of the penalised summed loss."""
        optimum = self.optimum
        if optimum.record is None or not optimum.penalty.is_smooth:
            return np.zeros((len(group), len(self.shift) + 1))
        W, b = self.at(group)
        columns = optimum.columns.take(group)
        sums = run(loss_kernels.loss_and_gradient, self.table, columns, W, b, self.how)
        penalty = optimum.penalty.take(group).gradient(W) * self.observed.weight[group]
        slopes = np.vstack([sums.by_weights + penalty, sums.by_intercept]).T
        # What the fit took for rounding it left at zero, wherever the loss would fall.
        aliased = optimum.record.aliased
        is_single = self.table.rows.dtype == np.float32  # whose rounding the rows show in double
        slopes[:, aliased] *= (W[aliased].T != 0) & (not is_single)
        return slopes
