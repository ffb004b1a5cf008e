"""Columns over prepared rows with a penalty whose strengths are open: guesses, choices and fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...engine.features.survey import Responses
from ...fit.fitting import SolverChoice, fit_prepared
from ...fit.prepared import Prepared
from ...fit.problems import Parameters
from ...fit.record import FitResult
from ...regularizer.adjustable import Adjustable
from ...regularizer.base import Penalty
from ...solvers import Status
from ...typing import FloatArray, IntArray
from ..information.memory import groups
from ..information.optimum import NO_OPTIMUM
from .choose import Chosen, Rounds

_NONE_CHOSEN = NO_OPTIMUM | {Status.SEPARATED}
_BEYOND = 1e9
"""Times the information on the same features: stronger matrices would hide it from whoever inverts.

Of the smoothest curve that 20 functions can bend such a strength leaves some thousandths of a
degree of freedom.
"""
_MATRICES = 6  # of a column that a choice holds at a time, for one that standard errors take


@dataclass(frozen=True, eq=False)
class Setting:
    """C columns, R entries; log strengths rho (C, R) are those of the summed loss in nats.

    Attributes
    ----------
    ready, columns, penalty, observed :
        The rows, the columns over them, their matrices, and moments of their responses.
    """

    ready: Prepared
    columns: Columns
    penalty: Adjustable
    observed: Responses

    __repr__ = showing.of_fields

    def first_guess(self) -> FloatArray:
        """Return log strengths (C, R) that weigh as much as the data on the same features."""
        columns, penalty = self.columns, self.penalty
        likelihood = columns.likelihood
        if columns.estimates_scale:
            likelihood = likelihood.at_scale(np.zeros(columns.n_columns))
        h = likelihood.fisher(likelihood.start(self.observed.mean)) * self.observed.weight
        h = np.nan_to_num(h / likelihood.model.loss_unit, posinf=0.0)
        variance = self.ready.survey.features.scale**2
        information, trace = np.zeros((2, len(penalty.strength)))
        for entry, part in zip(penalty.entry_of_part, penalty.parts, strict=True):
            information[entry] += variance[part.places].sum()
            trace[entry] += (part.rows**2).sum()
        size = np.outer(h, information) / np.maximum(trace, np.finfo(float).tiny)
        return np.log(np.where(size > 0, size, 1.0))

    def fitted(self, penalty: Penalty, solver: SolverChoice, start: Parameters | None) -> FitResult:
        """Fit all columns."""
        return fit_prepared(self.ready, self.columns, penalty=penalty, solver=solver, start=start)

    def bound(self, rho: FloatArray) -> Penalty:
        """Return the penalty at log strengths (C, R)."""
        weight = np.where(self.observed.weight > 0, self.observed.weight, 1.0)
        return self.penalty.with_strengths(self._of_users(rho, weight))

    def of_users(self, rho: FloatArray, chosen: list[tuple[IntArray, Chosen]]) -> FloatArray:
        """Return strengths (R, C) of the mean loss, NaN where none were chosen.

        Those that were are noted in rho (C, R).
        """
        strength = np.full(rho.T.shape, np.nan)
        for which, part in chosen:
            rho[which] = part.rho
            strength[:, which] = self._of_users(part.rho, self.observed.weight[which])
        return strength

    def reached(self, last: FitResult, chosen: list[tuple[IntArray, Chosen]]) -> Parameters:
        """Return where the choice led, or the last fit."""
        coef, intercept = last.coef.copy(), last.intercept.copy()
        for which, part in chosen:
            coef[:, which], intercept[which] = part.coef, part.intercept
        return coef, intercept

    def lost(self, result: FitResult, strength: FloatArray) -> bool:
        """Tell whether a column has no optimum that has strengths (R, C): then it has no choice.

        A fit that only begins need not have seen that something separates its responses.
        """
        has_none = np.array([status in _NONE_CHOSEN for status in result.status], dtype=bool)
        return bool(np.isfinite(strength[:, has_none]).any())

    def at_scales(self, last: FitResult) -> Columns:
        """Return the columns at scales of their likelihoods, where a fit has found some."""
        return self.columns if last.scale is None else self.columns.at_scale(last.scale)

    def chosen(self, rho: FloatArray, last: FitResult) -> list[tuple[IntArray, Chosen]]:
        """Choose for columns that have a choice, in groups whose matrices fit into memory."""
        works = np.array([status not in _NONE_CHOSEN for status in last.status], dtype=bool)
        works &= np.isfinite(last.coef).all(axis=0) & np.isfinite(last.intercept)
        some = np.flatnonzero(works)
        n_parameters = int(np.ceil(np.sqrt(_MATRICES) * (self.penalty.n_features + 1)))
        parts = groups(len(some), n_parameters) if len(some) else []
        return [(some[part], self._rounds(some[part], rho, last).go()) for part in parts]

    def _rounds(self, which: IntArray, rho: FloatArray, last: FitResult) -> Rounds:
        columns, observed = self.at_scales(last).take(which), self.observed.take(which)

        def refit(
            some: IntArray, log_strength: FloatArray, W: FloatArray, b: FloatArray
        ) -> Parameters:
            again = Setting(self.ready, columns.take(some), self.penalty, observed.take(some))
            result = again.fitted(again.bound(log_strength), SolverChoice(), (W, b))
            return result.coef, result.intercept

        highest = self.first_guess()[which] + np.log(_BEYOND)
        begin = rho[which], highest, last.coef[:, which].copy(), last.intercept[which].copy()
        return Rounds(self.ready, columns, self.penalty, begin, observed.weight, refit)

    def _of_users(self, rho: FloatArray, weight: FloatArray) -> FloatArray:
        return (np.exp(rho) * self.columns.likelihood.model.loss_unit / weight[:, None]).T
