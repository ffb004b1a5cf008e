"""What the rows of a fit say at its optimum: information with its inverses, and slopes left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...engine.features.near_dependence import View
from ...engine.features.survey import Responses, survey_locations, survey_responses
from ...engine.kernels import loss_kernels
from ...engine.runners.dispatch import run
from ...engine.runners.plan import Plan, planned
from ...engine.table import Table
from ...fit.record import check_same_data
from ...fit.separation import Separation, curvature_at, separations, without_rows
from ...fit.starts import dispersion
from ...regularizer.squares import squares_of
from ...solvers import Status
from ...typing import BoolArray, FloatArray, IntArray
from .filling import Filler, Seen
from .inverses import only_by_penalty, penalised_inverse
from .memory import in_longer_blocks
from .optimum import Optimum, Uncertainty
from .remaining_step import RemainingSteps

NO_RESIDUALS = "no residuals: every response is what the fit says, and nothing is left to see"
_EXACT = 1e-24  # of the variance that a true model would have: residuals are rounding
_ROUNDED = 1e-6  # of a count, however large: what it varies by less is rounding


class Inverse(NamedTuple):
    """The inverse of the information of a column, for features as they are read."""

    inverse: FloatArray  # (n, n)
    undetermined: BoolArray  # (n,)
    void: FloatArray | None  # (n, m)
    information: FloatArray  # (n, n) without the penalty
    n_used: float  # parameters that the fit uses up


@dataclass(frozen=True, eq=False)
class AtOptimum:
    """The data of an optimum as they are read: features less ``shift`` (p,), in longer blocks."""

    optimum: Optimum
    how: Plan
    table: Table
    shift: FloatArray
    observed: Responses

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, optimum: Optimum) -> AtOptimum:
        """Look at the data, and check that they are those of the fit."""
        columns = optimum.columns
        table, how = planned(optimum.rows, optimum.keep, columns.n_columns)
        observed = survey_responses(table, columns, how)
        if optimum.record is not None:
            check_same_data(optimum.record, observed)
        table = in_longer_blocks(survey_locations(table, columns, how).table, how)
        return cls(optimum, how, table, table.origin, observed)

    @classmethod
    def through(cls, optimum: Optimum, view: View, how: Plan, observed: Responses) -> AtOptimum:
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
    ) -> list[Inverse]:
        """Return the inverse information of each of some columns; one pass."""
        columns, found = self.columns(group, limits), []
        for c, information in zip(group, self.information(columns, group), strict=True):
            S = self.penalty(c)
            inverse, unsure, void = penalised_inverse(
                self.free(c), information, S, rows=self.penalty_rows(c), keep_void=keep_void
            )
            n_used = float(np.einsum("ij,ij->", inverse, information))
            found.append(Inverse(inverse, unsure, void, information, n_used))
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
        found: list[Inverse],
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
            if not is_whole:  # else the prior says how sure one is where data do not
                undetermined = undetermined | only_by_penalty(one.inverse, one.information)
                if not reason and _is_exact(covariance, one):
                    reason, undetermined = NO_RESIDUALS, np.ones_like(undetermined)
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

    def penalty_rows(self, column: int) -> Callable[[], FloatArray] | None:
        """Return what tells G (R, p + 1), G'G the penalty of a column; None of a diagonal one."""
        squares = squares_of(self.optimum.penalty.take(np.array([column])), 1)
        weight = float(self.observed.weight[column])
        return None if squares is None else partial(squares.rows_of_one, weight)

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


def _is_exact(covariance: FloatArray, found: Inverse) -> bool:
    """Tell whether a sandwich (n, n) holds nothing but the rounding of residuals."""
    inverse = found.inverse
    expected = np.einsum("ij,ji->i", inverse @ found.information, inverse)
    return bool((np.diag(covariance) <= _EXACT * expected).all()) and bool((expected > 0).any())
