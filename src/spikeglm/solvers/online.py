"""One step per mini-batch: what ``update`` does between two sets of parameters.

Here theta (p + 1, C) are the user's weights and intercepts: the location and scale of features are
not known before all batches were seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from .. import showing
from ..engine.objective import Objective
from ..typing import BoolArray, FloatArray
from .contract import Evaluation
from .proximal_subproblem import minimise_model

_SINGULAR = 1e-12
_MOST_HALVINGS = 20
_ROUNDING = 1e-13
_RATHER_WRONG = 0.1  # error of a parabola relative to twice what its curvature adds
_KEPT_FROM_AFAR = 0.5  # share of what was known before a long step


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
class RunningModel:
    """A running average of the quadratic models of all batches, minimised with the penalty.

    Near theta_k the loss of batch k is g'd + d'H d / 2 with its Fisher information H. The average
    of these parabolas weighs a batch by its rows, and later ones more, by their number k: what the
    first batches said from far away is forgotten. With squared errors this is recursive least
    squares. After a step so long that the batch's own parabola fails, older ones are forgotten.

    Source: Mairal (2013), Stochastic majorization-minimization algorithms for large-scale
    optimization, NeurIPS 26; weights as in Lacoste-Julien, Schmidt & Bach (2012), arXiv:1212.2002.

    Attributes
    ----------
    H, r :
        (C, n, n) and (C, n): the average is theta'H theta / 2 - r'theta.
    mass :
        (C,) weight of what is in the average, in rows.
    n_steps :
        Batches so far.
    """

    H: FloatArray
    r: FloatArray
    mass: FloatArray
    n_steps: int = 0

    __repr__ = showing.of_fields

    @classmethod
    def begun(cls, batch: Objective, theta: FloatArray) -> RunningModel:
        """Begin with a pull towards theta, as strong as the curvature of one batch."""
        H = information(batch, theta)
        diagonal = np.arange(H.shape[1])
        pull = np.zeros_like(H)
        pull[:, diagonal, diagonal] = H[:, diagonal, diagonal]
        return cls(pull, _times(pull, theta), batch.total_weight)

    def step(self, batch: Objective, theta: FloatArray) -> tuple[FloatArray, RunningModel]:
        """Add the model of a batch, and go to the minimum of the average."""
        columns = np.arange(batch.n_columns)
        evaluation, H = batch.evaluate(theta, columns), information(batch, theta)
        gradient = evaluation.gradient - batch.penalty_gradient(theta)
        k = self.n_steps + 2
        mass = self.mass * (k - 1) / k + batch.total_weight
        share = (batch.total_weight / mass)[:, None]
        average = replace(
            self,
            H=self.H + share[:, :, None] * (H - self.H),
            r=self.r + share * (_times(H, theta) - gradient.T - self.r),
            mass=mass,
            n_steps=self.n_steps + 1,
        )
        ridge = _ridge(batch)
        goal = _minimiser(batch, average.H + ridge, average.r, theta)
        there, is_far = _within_reach(batch, theta, evaluation, H + ridge, goal)
        return there, replace(average, mass=np.where(is_far, _KEPT_FROM_AFAR * mass, mass))


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
        return cls(theta, gradient, information(rows, theta) + _ridge(rows), stepsize)

    def step(self, batch: Objective, theta: FloatArray) -> tuple[FloatArray, ReducedSteps]:
        """Go down the corrected gradient of a batch."""
        columns = np.arange(batch.n_columns)
        both = batch.evaluate(np.hstack([theta, self.anchor]), np.tile(columns, 2)).gradient
        here, there = np.hsplit(both, 2)
        gradient = self.gradient + here - there
        after = replace(self, n_steps=self.n_steps + 1)
        if self.stepsize is not None:
            return _plain_step(batch, theta, gradient, self.stepsize), after
        pace = 0.5 / (1.0 + len(theta) / np.maximum(batch.total_weight, 1.0))
        H = self.H / pace[:, None, None]
        return _minimiser(batch, H, _times(H, theta) - gradient.T, theta), after


def _plain_step(
    batch: Objective, theta: FloatArray, gradient: FloatArray, length: float
) -> FloatArray:
    """Go down a gradient, then to the minimum of kinks and distance."""
    columns = np.arange(batch.n_columns)
    there = theta - length * np.where(batch.frozen(columns), 0.0, gradient)
    kinks = batch.kinks()
    return there if kinks is None else kinks.prox(there.T, np.full((len(columns), 1), length)).T


def information(batch: Objective, theta: FloatArray) -> FloatArray:
    """Return the Fisher information (C, n, n) of a batch; zero for parameters that do not move."""
    columns = np.arange(batch.n_columns)
    all_but_the_last = np.arange(batch.n_parameters - 1)
    H = batch.hessian_on(theta, columns, [all_but_the_last] * batch.n_columns)
    free = ~batch.frozen(columns).T
    return np.where(free[:, :, None] & free[:, None, :], np.nan_to_num(H), 0.0)


def _minimiser(batch: Objective, H: FloatArray, r: FloatArray, theta: FloatArray) -> FloatArray:
    """Return argmin of z'H z / 2 - r'z and the kinks of the penalty; where H is zero, theta."""
    unit = np.sqrt(np.diagonal(H, axis1=1, axis2=2).mean(axis=0))
    unit = np.divide(1.0, unit, out=np.ones_like(unit), where=unit > 0)
    H, r, z = H * unit * unit[:, None], r * unit, theta.T / unit
    kinks = batch.kinks_in(unit[:-1])
    if kinks is None:
        return ((z - _solved(H, _matvec(H, z) - r)) * unit).T
    stretch = kinks.stretch
    H = H / (stretch[:, :, None] * stretch[:, None, :])
    still = np.diagonal(H, axis1=1, axis2=2) <= 0
    H = H + np.where(still, 1.0, 0.0)[:, :, None] * np.eye(H.shape[1])
    r = np.where(still, z * stretch, r / stretch)
    return (minimise_model(H, r, kinks, z * stretch) / stretch * unit).T


def _within_reach(
    batch: Objective, theta: FloatArray, here: Evaluation, H: FloatArray, goal: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Return points towards the goal, up to where the batch's own model holds, and who went far.

    It holds as long as the loss is no more than the model would say with twice the curvature. Far
    is a step that a batch alone would not take by chance, and along which the model is wrong.
    """
    columns = np.arange(batch.n_columns)
    change, step = goal - theta, np.ones(batch.n_columns)
    start = here.value - _kinks_at(batch, theta)
    slope = np.einsum("pc,pc->c", here.gradient, change)
    bend = np.einsum("pc,cp->c", change, _matvec(H, change.T))
    for _ in range(_MOST_HALVINGS):
        trial = np.where(step == 1.0, goal, theta + step * change)
        there = batch.evaluate(trial, columns)
        with np.errstate(invalid="ignore"):
            added = there.value - _kinks_at(batch, trial) - start - step * slope
            noise = _ROUNDING * np.abs(start)
            holds = there.finite & (added <= step**2 * bend + noise)
        if holds.all():
            break
        step = np.where(holds, step, 0.5 * step)
    wrong = np.abs(added - 0.5 * step**2 * bend) > _RATHER_WRONG * step**2 * bend + noise
    is_far = (step < 1.0) | (wrong & (bend * batch.total_weight > len(theta)))
    return np.where(holds, trial, theta), is_far


def _kinks_at(batch: Objective, theta: FloatArray) -> FloatArray | float:
    kinks = batch.kinks()
    return 0.0 if kinks is None else kinks.value(theta.T * kinks.stretch)


def _ridge(batch: Objective) -> FloatArray:
    """Return the penalty's second derivative as (C, n, n) diagonal matrices."""
    diagonal = batch.penalty_curvature(np.arange(batch.n_columns))
    free = ~batch.frozen(np.arange(batch.n_columns))[:-1]
    full = np.vstack([diagonal * free, np.zeros((1, batch.n_columns))])
    return full.T[:, :, None] * np.eye(len(full))


def _solved(H: FloatArray, slope: FloatArray) -> FloatArray:
    """Return H⁺ slope, (C, n)."""
    values, vectors = np.linalg.eigh(H)
    kept = values > _SINGULAR * H.shape[1] * values[:, -1:]
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    along = np.einsum("cij,ci->cj", vectors, slope)
    return np.einsum("cij,cj->ci", vectors, inverse * along)


def _matvec(H: FloatArray, z: FloatArray) -> FloatArray:
    return np.einsum("cij,cj->ci", H, z)


def _times(H: FloatArray, theta: FloatArray) -> FloatArray:
    return _matvec(H, theta.T)
