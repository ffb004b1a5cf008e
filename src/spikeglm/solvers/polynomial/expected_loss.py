"""A penalised mean loss that is known from sufficient statistics: rows are not needed any more.

A loss A(eta) - y B(eta) is the mean of A over the rows minus that of B over the events, the rows
counted y times, and quadratics in the place of A and B have means that follow from the mean and
variance of eta (:mod:`.quadratics`, :mod:`.predictor_moments`). Where B is a straight line of slope
s, its part is  s (mean(y z)·w + mean(y) b).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ... import showing
from ...engine.objective import Evaluation
from ...engine.objective import Objective as EngineObjective
from ...typing import BoolArray, FloatArray, IntArray
from .predictor_moments import Cloud
from .quadratics import Function, Quadratic


@dataclass(frozen=True, eq=False)
class Term:
    """A function of the linear predictor, its mean over a cloud, and how often that counts (C,)."""

    function: Function
    cloud: Cloud
    factor: FloatArray

    __repr__ = showing.of_fields

    def take(self, columns: IntArray) -> Term:
        """Keep only some columns."""
        return Term(self.function, self.cloud.take(columns), self.factor[columns])


@dataclass(eq=False)
class ExpectedLoss:
    """What :func:`minimise` asks of an objective, from statistics.

    Attributes
    ----------
    rows :
        The objective over rows: penalty, units and masks are its own.
    terms :
        Functions whose means add up to the loss.
    pull :
        (p + 1, C) minus the gradient of the part that is a straight line.
    mean_response :
        (C,) mean of y.
    quadratic :
        What stands for the functions.
    n_passes :
        Evaluations so far; none of them visits a row.
    """

    rows: EngineObjective
    terms: tuple[Term, ...]
    pull: FloatArray
    mean_response: FloatArray
    quadratic: Quadratic
    n_passes: int = 0
    is_single: bool = field(default=False, init=False)

    __repr__ = showing.of_fields

    @property
    def n_parameters(self) -> int:
        """p + 1."""
        return self.rows.n_parameters

    @property
    def n_columns(self) -> int:
        """C."""
        return self.rows.n_columns

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Return objective and gradient; no pass."""
        self.n_passes += 1
        pull = self.pull[:, active]
        value, gradient = -np.einsum("pc,pc->c", pull, theta), -pull
        for term in self._of(active):
            mean, variance, spread = term.cloud.predictor(theta)
            expected = self.quadratic.expected(term.function, mean, variance)
            value = value + term.factor * expected.value
            by_mean = term.factor * expected.by_mean
            by_variance = term.factor * expected.by_variance
            gradient[:-1] += by_mean * term.cloud.mean + 2 * by_variance * spread
            gradient[-1] += by_mean
        return self._penalised(value, gradient, theta, active)

    def spread(self, step: FloatArray) -> FloatArray:
        """Return the mean square, (A,), of how steps (p + 1, A) move the linear predictor."""
        return self.rows.spread(step)

    def _penalised(
        self, value: FloatArray, gradient: FloatArray, theta: FloatArray, active: IntArray
    ) -> Evaluation:
        penalty = self.rows.penalty.take(active)
        W, _ = self.rows.to_user(theta)
        gradient[:-1] += penalty.gradient(W) * self.rows.features.inverse_scale[:, None]
        gradient[self._frozen[:, active]] = 0.0
        return Evaluation(value + penalty.value(W), gradient)

    def _of(self, active: IntArray) -> tuple[Term, ...]:
        if len(active) == self.n_columns:
            return self.terms
        return tuple(term.take(active) for term in self.terms)

    @cached_property
    def _frozen(self) -> BoolArray:
        return self.rows.frozen(np.arange(self.n_columns))
