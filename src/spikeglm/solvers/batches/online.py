"""One step per mini-batch: what ``update`` does between two sets of parameters.

Here theta (p + 1, C) are the user's weights and intercepts: the location and scale of features are
not known before all batches were seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from ... import showing
from ...engine.objective import Objective
from ...typing import FloatArray
from .parabolas import information, minimiser, products, ridge_of, within_reach

_SAME = 1e-9  # relative difference of two gradients, if the batch is all rows


class Stepper(Protocol):
    """What is remembered between batches; a step returns it changed, as a new object."""

    @property
    def n_steps(self) -> int:
        """Batches so far."""
        ...

    def step(self, batch: Objective, theta: FloatArray) -> tuple[FloatArray, Self]:
        """Return where a batch leads from theta (p + 1, C)."""
        ...


@dataclass(frozen=True, eq=False)
class PlainSteps:
    """Gradient (and proximal) steps of a length that the user gave, in the units of the features.

    Attributes
    ----------
    stepsize :
        The length.
    n_steps :
        Batches so far.
    """

    stepsize: float
    n_steps: int = 0

    def step(self, batch: Objective, theta: FloatArray) -> tuple[FloatArray, PlainSteps]:
        """Go down the gradient of a batch."""
        gradient = batch.evaluate(theta, np.arange(batch.n_columns)).gradient
        there = _plain_step(batch, theta, gradient, self.stepsize)
        return there, replace(self, n_steps=self.n_steps + 1)


@dataclass(frozen=True, eq=False)
class ReducedSteps:
    """Steps of SVRG: the gradient of a batch, corrected by what is known at an anchor.

    Attributes
    ----------
    anchor, gradient :
        (p + 1, C) the parameters at the start, and the gradient there of all rows.
    H :
        (C, n, n) Fisher information there: steps are measured in it.
    stepsize :
        A length in the units of the features, or None: half of what noise allows.
    n_steps :
        Batches so far.
    """

    anchor: FloatArray
    gradient: FloatArray
    H: FloatArray
    stepsize: float | None = None
    n_steps: int = 0

    __repr__ = showing.of_fields

    @classmethod
    def begun(cls, rows: Objective, theta: FloatArray, stepsize: float | None) -> ReducedSteps:
        """Anchor at theta, given all rows."""
        gradient = rows.evaluate(theta, np.arange(rows.n_columns)).gradient
        return cls(theta, gradient, information(rows, theta) + ridge_of(rows), stepsize)

    def step(self, batch: Objective, theta: FloatArray) -> tuple[FloatArray, ReducedSteps]:
        """Go down the corrected gradient of a batch."""
        columns = np.arange(batch.n_columns)
        both = batch.evaluate(np.hstack([theta, self.anchor]), np.tile(columns, 2)).gradient
        here, there = np.hsplit(both, 2)
        if self.stepsize is None and self._are_all_rows(there):
            return self._exact_step(batch, theta)
        gradient = self.gradient + here - there
        after = replace(self, n_steps=self.n_steps + 1)
        if self.stepsize is not None:
            return _plain_step(batch, theta, gradient, self.stepsize), after
        pace = 0.5 / (1.0 + len(theta) / np.maximum(batch.total_weight, 1.0))
        H = self.H / pace[:, None, None]
        return minimiser(batch, H, products(H, theta) - gradient.T, theta), after

    def _are_all_rows(self, at_anchor: FloatArray) -> bool:
        """Tell whether a batch has the gradient of all rows at the anchor."""
        size = float(np.abs(self.gradient).max(initial=0.0))
        return np.allclose(at_anchor, self.gradient, rtol=_SAME, atol=_SAME * size)

    def _exact_step(self, batch: Objective, theta: FloatArray) -> tuple[FloatArray, ReducedSteps]:
        """Take Newton's step: where nothing is left out, nothing needs to be made up for."""
        evaluation = batch.evaluate(theta, np.arange(batch.n_columns))
        H, ridge = information(batch, theta), ridge_of(batch)
        by_loss = evaluation.gradient - batch.penalty_gradient(theta)
        goal = minimiser(batch, H + ridge, products(H, theta) - by_loss.T, theta)
        there, _, _ = within_reach(batch, theta, evaluation, H + ridge, goal)
        return there, replace(self, n_steps=self.n_steps + 1)


def _plain_step(
    batch: Objective, theta: FloatArray, gradient: FloatArray, length: float
) -> FloatArray:
    """Go down a gradient, then to the minimum of kinks and distance."""
    columns = np.arange(batch.n_columns)
    down = theta - length * np.where(batch.frozen(columns), 0.0, gradient)
    there = batch.balanced(down, columns)
    kinks = batch.kinks()
    return there if kinks is None else kinks.prox(there.T, np.full((len(columns), 1), length)).T
