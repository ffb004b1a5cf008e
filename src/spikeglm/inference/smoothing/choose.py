"""Strengths that the data choose: each round reads the rows once, all neurons together.

A round takes loss, slope and curvature of each neuron where it stands; on these quadratic models
strengths are searched for to the end (:mod:`~.search`), and neurons go on to where that leads. With
each round the models are nearer to the optimum for the best strengths, and from the second on they
know how the curvature bends, so that the criterion is stationary there and not only nearly so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...engine.kernels import bending_kernels
from ...engine.kernels.bending_kernels import BendingSums
from ...engine.runners.dispatch import run
from ...engine.runners.plan import plan
from ...fit.prepared import Prepared
from ...regularizer.adjustable import Adjustable
from ...typing import BoolArray, FloatArray, IntArray
from ..information.memory import for_matrices
from .coordinates import Coordinates
from .local_models import LocalModels
from .search import Found, search
from .undetermined import Undetermined, undetermined, without

_MOST_ROUNDS = 30
_DONE = 1e-8  # nats that strengths and parameters are to be short of their best
_ROUGH = (1,)  # rounds that neither say what is undetermined nor are the last
_FEWEST_ROUNDS = 3  # of which the last knows how curvature bends, of curvature that it knew
_WORSE = 1e-6  # nats, beyond rounding
_SHORTER = 0.25  # share of a step that led to something worse
_ASTRAY = 10.0  # nats that a loss is more than was foreseen

Refit = Callable[[IntArray, FloatArray, FloatArray, FloatArray], tuple[FloatArray, FloatArray]]
"""From columns (A,), log strengths (A, R) and a start to coefficients (p, A), intercepts (A,)."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """Strengths of C columns, and where they lead.

    Attributes
    ----------
    rho :
        (C, R) log strengths of the summed log-likelihood in nats.
    at_bound :
        (C, R) 1 where any larger strength, -1 where any smaller one does the same, else 0.
    coef, intercept :
        (p, C) and (C,), nearly the optimum.
    log_det :
        (C,) log|H + S| - log|S|+.
    n_unpenalised :
        (C,) parameters without a penalty.
    scale :
        (C,) the dispersion that goes with the criterion.
    left :
        (C, R) degrees of freedom that an entry leaves of those that it penalises.
    short :
        (C,) nats by which strengths and parameters were short of their best as the last round
        began; NaN where there is no criterion.
    n_rounds :
        Visits of the rows.
    """

    rho: FloatArray
    at_bound: IntArray
    coef: FloatArray
    intercept: FloatArray
    log_det: FloatArray
    n_unpenalised: FloatArray
    scale: FloatArray
    left: FloatArray
    short: FloatArray
    n_rounds: int

    __repr__ = showing.of_fields


class Rounds:
    """Where each of C columns stands.

    Parameters
    ----------
    ready, columns, penalty :
        The rows, the columns over them, and their matrices.
    rho, coef, intercept :
        Where to begin: (C, R), (p, C) and (C,); rho comes with log strengths (C, R) that are not
        passed.
    total_weight :
        (C,) sum of the row weights.
    refit :
        Finds the optimum at given strengths, for columns that went astray.
    """

    def __init__(
        self,
        ready: Prepared,
        columns: Columns,
        penalty: Adjustable,
        begin: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
        total_weight: FloatArray,
        refit: Refit,
    ) -> None:
        n, self.columns, self.refit = columns.n_columns, columns, refit
        self.unit, self.weight = columns.likelihood.model.loss_unit, total_weight
        self.coordinates = Coordinates.of_columns(
            penalty, columns.mask, n, has_intercept=columns.has_intercept
        )
        # Near copies of features are told apart by the penalty here, or not at all.
        table = replace(ready.survey.table, combinations=None).in_double()
        self.table, self.how = for_matrices(table, ready.keep, plan(ready.rows, n), n)
        p = penalty.n_features
        self.shift = table.origin
        self.rho, self.highest, self.coef, self.intercept = begin
        self.features = ready.survey.features
        self.saturated = self._saturated()
        self.spread = np.zeros((n, p + 1, p + 1))
        self.before: tuple[FloatArray, FloatArray] = np.full(n, np.nan), np.zeros((n, p + 1))
        self.lacks = Undetermined(None, np.zeros(n), np.zeros(n))
        self.chosen = self._nothing_yet(n)
        self.n_rounds = 0
        self.short, self.reach, self.value, self.went = np.full((4, n), np.inf)

    def go(self) -> Chosen:
        """Return the strengths of all columns."""
        active = np.arange(self.columns.n_columns)
        for number in range(_MOST_ROUNDS):
            is_rough = number in _ROUGH
            seen = self._visit(active, with_bending=number > 0, is_rough=is_rough)
            sums = self._back_on_track(active, seen)
            models = self._models(active, sums, is_first=number == 0)
            is_first = number == 0
            found = search(
                models,
                self.rho[active],
                self.reach[active],
                from_afar=is_first,
                is_rough=is_first and not self._is_quadratic,
            )
            self._shorten(active, found)
            done = self._is_done(active, found, number)
            self._stand(active, models, found)
            is_fine = np.isfinite(found.criterion.value)
            self.chosen.short[active] = np.where(is_fine, self.short[active], np.nan)
            active = active[~done & (is_fine | is_rough)]
            if not len(active):
                break
        return replace(self.chosen, n_rounds=self.n_rounds)

    def _shorten(self, which: IntArray, found: Found) -> None:
        """Let strengths that went to where the criterion is worse go less far from now on."""
        is_worse = found.began > self.value[which] + _WORSE
        self.reach[which[is_worse]] = _SHORTER * self.went[which[is_worse]]
        self.value[which] = found.began
        self.went[which] = np.abs(found.rho - self.rho[which]).max(axis=1, initial=0.0)

    def _is_done(self, which: IntArray, found: Found, number: int) -> BoolArray:
        """Tell of which columns the next round would find that they were nearly at their best.

        Rounds converge linearly: what the next would find is to this what this was to the last.
        """
        if self._is_quadratic:  # then the search was all there is to do
            self.short[which] = 0.0
            return np.ones(len(which), dtype=bool)
        short = np.abs(found.promise) + np.abs(found.unsettled)
        with np.errstate(invalid="ignore"):
            then = short * np.fmin(1.0, short / self.short[which])
        self.short[which] = short
        return (then < _DONE) & (number + 1 >= _FEWEST_ROUNDS)

    @property
    def _is_quadratic(self) -> bool:
        """Whether the models are no approximation."""
        likelihood = self.columns.likelihood
        return likelihood.has_constant_information and likelihood.model.natural == "mean"

    def _visit(self, which: IntArray, *, with_bending: bool, is_rough: bool = False) -> BendingSums:
        """Sum over the rows where some columns stand, in nats at a dispersion of one."""
        kernel: Any = bending_kernels.loss_to_second_order
        if with_bending and not self._is_quadratic:
            spread = self.spread[which]
            kernel = partial(bending_kernels.loss_with_bending, spread=spread, is_rough=is_rough)
        sums = self._sums(kernel, which)
        return BendingSums(*(part / self.unit for part in sums))

    def _sums(self, kernel: Any, which: IntArray) -> Any:
        W, b = self.table.weights_here(self.coef[:, which], self.intercept[which])
        self.n_rounds += 1
        return run(kernel, self.table, self.columns.take(which), W, b, self.how)

    def _saturated(self) -> FloatArray:
        """Return the loss (C,) that no mean could save, for a dispersion to be found beside it."""
        everything = np.arange(self.columns.n_columns)
        self.n_rounds = 0
        if not self.columns.likelihood.model.has_dispersion:
            return np.zeros(len(everything))
        deviance = self._sums(bending_kernels.half_deviance, everything).total
        loss = self._sums(bending_kernels.loss_to_second_order, everything).loss
        return loss / self.unit - deviance

    def _gamma(self, which: IntArray) -> FloatArray:
        """Return the coordinates (A, n) of where columns stand."""
        W, b = self.table.weights_here(self.coef[:, which], self.intercept[which])
        return self.coordinates.take(which).gamma_of(np.vstack([W, b]))

    def _back_on_track(self, which: IntArray, sums: BendingSums) -> BendingSums:
        """Refit columns whose loss is much more than their models foresaw; visit them again."""
        foreseen, gamma = (part[which] for part in self.before)
        astray = ~(sums.loss - foreseen < _ASTRAY) | ~np.isfinite(sums.hessian).all(axis=(1, 2))
        astray &= np.isfinite(foreseen)
        if not astray.any():
            return sums
        lost = which[astray]
        W, b = self._parameters(self.coordinates.take(lost).of_gamma(gamma[astray]))
        self.coef[:, lost], self.intercept[lost] = self.refit(lost, self.rho[lost], W, b)
        again = self._visit(lost, with_bending=True)
        for name in ("loss", "hessian"):
            getattr(sums, name)[astray] = getattr(again, name)
        for name in ("slope", "bending"):
            getattr(sums, name)[:, astray] = getattr(again, name)
        return sums

    def _models(self, which: IntArray, sums: BendingSums, *, is_first: bool) -> LocalModels:
        coordinates = self.coordinates.take(which)
        H, gamma = coordinates.hessian(sums.hessian), self._gamma(which)
        if is_first:
            seen = coordinates.hessian(without(sums.hessian, self.features))
            self.lacks = undetermined(seen, coordinates, self.rho[which], self.shift)
            self.chosen.n_unpenalised[:] = self._n_unpenalised() - self.lacks.n_directions
        if self.lacks.added is not None:
            H = H + self.lacks.added[which]
        slope = coordinates.gradient(sums.slope)
        bent = np.einsum("aij,aj->ai", H, gamma)
        self.before[1][which] = gamma
        constant = sums.loss - self.saturated[which]
        constant += np.einsum("ai,ai->a", gamma, 0.5 * bent - slope)
        return LocalModels(
            hessian=H,
            linear=bent - slope,
            constant=constant,
            bending=coordinates.gradient(sums.bending),
            gamma_0=gamma,
            diagonals=self._diagonals(which),
            highest=self.highest[which],
            n_unpenalised=self.chosen.n_unpenalised[which],
            log_det_more=self.lacks.log_det[which],
            n_observations=self.weight[which],
            model=self.columns.likelihood.model,
        )

    def _stand(self, which: IntArray, models: LocalModels, found: Found) -> None:
        """Go where the models lead, and note what they say of there."""
        is_fine = np.isfinite(found.criterion.value)
        some, there, chosen = which[is_fine], found.criterion, self.chosen
        self.rho[some] = chosen.rho[some] = found.rho[is_fine]
        gamma = there.gamma[is_fine]
        W, b = self._parameters(self.coordinates.take(some).of_gamma(gamma))
        self.coef[:, some], self.intercept[some] = W, b
        self.spread[some] = self.coordinates.take(some).spread(there.inverse[is_fine])
        chosen.coef[:, some], chosen.intercept[some] = W, b
        chosen.at_bound[some], chosen.left[some] = found.at_bound[is_fine], there.left[is_fine]
        moved = np.einsum("ai,ai->a", models.bending, there.gamma - models.gamma_0)
        chosen.log_det[some] = (there.log_det + moved)[is_fine]
        chosen.scale[some] = there.scale[is_fine]
        linear = np.einsum("ai,ai->a", models.linear, there.gamma) + there.penalty.sum(axis=1)
        self.before[0][which] = models.constant + self.saturated[which] - 0.5 * linear

    def _parameters(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.table.weights_of_rows(z[:-1], z[-1])

    def _diagonals(self, which: IntArray) -> FloatArray:
        return self.coordinates.diagonals[self.coordinates.of[which]]

    def _n_unpenalised(self) -> FloatArray:
        c = self.coordinates
        without = (c.is_free & ~(c.diagonals > 0).any(axis=1)).sum(axis=1)
        return without[c.of].astype(float)

    def _nothing_yet(self, n: int) -> Chosen:
        R = self.rho.shape[1]
        return Chosen(
            rho=self.rho.copy(),
            at_bound=np.zeros((n, R), dtype=np.intp),
            coef=self.coef.copy(),
            intercept=self.intercept.copy(),
            log_det=np.full(n, np.nan),
            n_unpenalised=np.zeros(n),
            scale=np.full(n, np.nan),
            left=np.full((n, R), np.nan),
            short=np.full(n, np.nan),
            n_rounds=0,
        )
