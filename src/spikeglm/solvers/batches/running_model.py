"""A running model of all mini-batches so far, in which a batch that comes again counts once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ... import showing
from ...engine.objective import Evaluation, Objective
from ...typing import FloatArray
from .parabolas import information, minimiser, products, ridge_of, within_reach

_KEPT_FROM_AFAR = 0.5  # share of what was known before a long step
_SAME = 1e-9  # relative difference of what a batch says of a point, if it is the same batch
_FADES = 0.1  # share that each step on the same batch leaves of the others' influence
_FEW_REPEATS = 3  # some scripts take a few steps on every batch: these leave it as it is


@dataclass(frozen=True, eq=False)
class Parabola:
    """theta'H theta / 2 - r'theta: H (C, n, n), r (C, n); ``mass`` (C,) is its weight in rows."""

    H: FloatArray
    r: FloatArray
    mass: FloatArray

    __repr__ = showing.of_fields

    def weighing(self, factor: FloatArray | float) -> Parabola:
        """Return the same with another mass."""
        return replace(self, mass=factor * self.mass)

    def and_also(self, other: Parabola) -> Parabola:
        """Return the average of two."""
        mass = self.mass + other.mass
        share = (other.mass / mass)[:, None]
        H = self.H + share[:, :, None] * (other.H - self.H)
        return Parabola(H, self.r + share * (other.r - self.r), mass)


@dataclass(frozen=True, eq=False)
class LastBatch:
    """The batch of the last step: its model, by which it is known again, and how often it came."""

    model: Parabola
    theta: FloatArray  # (p + 1, C) where the step ended
    there: Evaluation  # what the batch says of that point
    kept: FloatArray  # (C,) share of what was known before that is kept after the step
    n_repeats: int

    __repr__ = showing.of_fields

    def is_again(self, theta: FloatArray, evaluation: Evaluation) -> bool:
        """Tell whether a batch says the same where the last step ended: then it is the same."""
        return (
            theta.shape == self.theta.shape
            and np.allclose(theta, self.theta, rtol=_SAME, atol=_SAME)
            and np.allclose(evaluation.value, self.there.value, rtol=_SAME, atol=0)
            and np.allclose(evaluation.gradient, self.there.gradient, rtol=_SAME, atol=_SAME)
        )


@dataclass(frozen=True, eq=False)
class RunningModel:
    """A running average of the quadratic models of all batches, minimised with the penalty.

    Near theta_k the loss of batch k is g'd + d'H d / 2 with its Fisher information H. The average
    of these parabolas weighs a batch by its rows, and later ones more, by their number k: what the
    first batches said from far away is forgotten. With squared errors this is recursive least
    squares. After a step so long that the batch's own parabola fails, older ones are forgotten.

    A batch that comes again and again counts once, with its latest parabola, and what came before
    fades from the goal: that is Newton's method, and leads to the batch's optimum. Once another
    batch comes, all are remembered.

    Source: Mairal (2013), Stochastic majorization-minimization algorithms for large-scale
    optimization, NeurIPS 26; weights as in Lacoste-Julien, Schmidt & Bach (2012), arXiv:1212.2002.

    Attributes
    ----------
    before :
        What is known from all batches but the last.
    last :
        The last batch, None before the first.
    n_steps, n_batches :
        Steps so far, and batches: those that came again are counted once.
    """

    before: Parabola
    last: LastBatch | None = None
    n_steps: int = 0
    n_batches: int = 0

    __repr__ = showing.of_fields

    @classmethod
    def begun(cls, batch: Objective, theta: FloatArray) -> RunningModel:
        """Begin with a pull towards theta, as strong as the curvature of one batch."""
        H = information(batch, theta)
        diagonal = np.arange(H.shape[1])
        pull = np.zeros_like(H)
        pull[:, diagonal, diagonal] = H[:, diagonal, diagonal]
        return cls(Parabola(pull, products(pull, theta), batch.total_weight))

    def step(self, batch: Objective, theta: FloatArray) -> tuple[FloatArray, RunningModel]:
        """Add the model of a batch, and go to the minimum of the average."""
        columns = np.arange(batch.n_columns)
        theta = batch.balanced(theta, columns)
        evaluation = batch.evaluate(theta, columns)
        H = information(batch, theta)
        gradient = evaluation.gradient - batch.penalty_gradient(theta)
        model = Parabola(H, products(H, theta) - gradient.T, batch.total_weight)
        now = self._met(batch, theta, evaluation)
        n_repeats = 0 if now.last is None else now.last.n_repeats
        ridge = ridge_of(batch)
        average = now.before.weighing(now._influence(n_repeats)).and_also(model)
        goal = batch.balanced(minimiser(batch, average.H + ridge, average.r, theta), columns)
        there, at, is_far = within_reach(batch, theta, evaluation, H + ridge, goal)
        kept = np.where(is_far, _KEPT_FROM_AFAR, 1.0)
        last = LastBatch(model, there, at, kept, n_repeats)
        return there, replace(now, last=last, n_steps=now.n_steps + 1)

    def _met(self, batch: Objective, theta: FloatArray, evaluation: Evaluation) -> RunningModel:
        """Return what is known when a batch arrives, the last one not counted if it is the same."""
        last = self.last
        if last is None:
            return replace(self, n_batches=1)
        if last.is_again(theta, evaluation):
            return replace(self, last=replace(last, n_repeats=last.n_repeats + 1))
        before = self.before.weighing(self._influence(0)).and_also(last.model).weighing(last.kept)
        return replace(self, before=before, last=None, n_batches=self.n_batches + 1)

    def _influence(self, n_repeats: int) -> float:
        """Return the share of its mass that counts of what came before the last batch."""
        k = self.n_batches + 1
        told = n_repeats if self.n_batches == 1 else max(0, n_repeats - _FEW_REPEATS)
        return (k - 1) / k * _FADES**told
