"""Many strengths of a penalty with kinks, one after the other: the solution path of many columns.

Strengths fall, and each solve begins where the last one ended, with the curvature that was learned
there. Working sets begin with the features that the sequential strong rule keeps: those whose slope
at the last strength s is at least 2 s' - s in units of the next strength s' (Tibshirani et al.
2012, J R Stat Soc B 74:245-66, eq. 12). The rule may err; the certificate sees all features, so the
result does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...typing import BoolArray, FloatArray
from ..contract import Outcome, PenalisedObjective, Report
from ..curvature.local_curvature import LocalCurvature
from .optimality import RESOLVED, kinks_of
from .proximal_newton import walk_on
from .sparse_walk import Walk

_MOST_TRIES = 20  # steps of one strength before the next waits no longer
_NOTHING = 1e-100  # a strength below which it is that of a response without any size


class SparsePath:
    """A walk of C columns along strengths of their penalty.

    Parameters
    ----------
    objective :
        The column problems with a penalty of strength one.
    start :
        (p + 1, C) first point; penalised weights are zero.
    h :
        (C,) typical curvature of the loss per row.
    tolerance, max_passes, row_slope, report :
        For the solve at each strength, as for :func:`minimise_sparse`.
    """

    def __init__(
        self,
        objective: PenalisedObjective,
        start: FloatArray,
        *,
        h: FloatArray,
        tolerance: float,
        max_passes: int,
        row_slope: FloatArray,
        report: Report,
    ) -> None:
        self._unit, self._penalty, self._kinks = objective, objective.penalty, kinks_of(objective)
        is_quadratic = getattr(objective, "is_quadratic", False)  # knows its own curvature
        self._curvature = LocalCurvature(objective, None if is_quadratic else h)
        self._walk = Walk.begin(start, objective.evaluate(start, np.arange(objective.n_columns)))
        self._factor: FloatArray = np.ones(objective.n_columns)
        self._tolerance, self._max_passes, self._report = tolerance, max_passes, report
        self._row_slope, self._unit_of_loss = row_slope, row_slope / np.sqrt(h)
        self.n_passes = objective.n_passes

    def largest_useful(self) -> FloatArray:
        """Return (C,) the strengths from which all penalised weights are zero.

        That is the dual norm of the gradient where only the others are fitted. Where that is
        rounding (a response that is the same everywhere, or balanced against all features) it is
        the smallest strength that is resolved; where there is nothing to penalise, one.
        """
        zero = np.zeros((self._unit.n_columns, self._unit.n_parameters))
        is_penalised = ~self._kinks.moves(zero).T
        least = self._least_resolved()
        factor = np.maximum(self._dual_norm(), least)
        for _ in range(_MOST_TRIES):
            self.solve(2.0 * factor)
            if not self._walk.theta[is_penalised].any():
                break
            factor = 2.0 * factor
        return np.maximum(self._dual_norm(), least)

    def along(self, strengths: FloatArray) -> Iterator[Outcome]:
        """Solve at each of the strengths (S, C) in turn."""
        for factor in strengths:
            yield self.solve(factor)

    def solve(self, factor: FloatArray) -> Outcome:
        """Solve at one strength per column, (C,), from where the last solve ended."""
        objective = self._unit.with_penalty(self._penalty.times(factor))
        kept = self._kept_by_the_strong_rule(factor)
        self._walk.begin_again(*self._change(factor))
        self._factor = factor
        outcome = walk_on(
            objective,
            self._walk,
            self._curvature,
            tolerance=self._tolerance,
            max_passes=self._max_passes,
            row_slope=self._row_slope,
            unit=self._unit_of_loss,
            also=kept,
            report=self._report,
        )
        self.n_passes += outcome.n_passes
        return outcome

    def _dual_norm(self) -> FloatArray:
        return self._kinks.dual_norm(self._walk.gradient.T / self._kinks.stretch)

    def _least_resolved(self) -> FloatArray:
        slope = np.ones_like(self._walk.gradient.T) * RESOLVED * self._row_slope[:, None]
        least = self._kinks.dual_norm(slope / self._kinks.stretch)
        return np.where(least > _NOTHING, least, 1.0)

    def _kept_by_the_strong_rule(self, factor: FloatArray) -> BoolArray:
        kinks = self._kinks.times(np.maximum(2.0 * factor - self._factor, 0.0))
        z, slope = self._walk.theta.T * kinks.stretch, self._walk.gradient.T / kinks.stretch
        return ((kinks.violation(z, slope) > 0) & (z == 0))[:, :-1]

    def _change(self, factor: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what the change of strength adds to value (C,) and gradient (p + 1, C)."""
        W, _ = self._unit.to_user(self._walk.theta)
        more = self._penalty.times(factor - self._factor)
        unit = self._unit.features.inverse_scale[:, None]
        by_theta = more.gradient(W) * unit
        return more.value(W), np.vstack([by_theta, np.zeros((1, len(factor)))])
