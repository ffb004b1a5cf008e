"""Transitions that follow inputs: a multinomial logit on a design of their own.

From state i, with u the inputs of the trial that a move leads to,

    log P(j | i, u) / P(i | i, u)  =  log A_ij / A_ii  +  u . v_ij

so that A is the transition matrix at inputs of zero, and weights v, zero for j = i, say what makes
a move more likely than to stay. Given expected moves, each state's weights maximise a concave
function: Newton's method.

References
----------
Bengio & Frasconi (1995), NIPS 7:427-34. Calhoun, Pillow & Murthy (2019), Nat Neurosci 22:2040-9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import showing
from ..numerics import quiet
from ..typing import BoolArray, FloatArray

_LEAST = 1e-12  # probability that a logit can move
_MOST_STEPS = 25
_MOST_HALVINGS = 20
_DONE = 1e-10  # nats of what a step gains


@dataclass(frozen=True, eq=False)
class Inputs:
    """What transitions follow.

    Attributes
    ----------
    values :
        (T, q) of each trial; those of the first trials of sessions have no effect.
    strength :
        Of a ridge on their weights, in nats.
    centre :
        (q, K, K) weights from which the ridge counts; None: zero.

    Examples
    --------
    >>> Inputs(np.zeros((5, 2)), 1.0).n_inputs
    2
    """

    values: FloatArray
    strength: float
    centre: FloatArray | None = None

    __repr__ = showing.of_fields

    @property
    def n_inputs(self) -> int:
        """q."""
        return self.values.shape[1]

    def matrices(self, transition: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the transition matrix that leads to each trial, (T, R, K, K).

        Parameters
        ----------
        transition, weights :
            (R, K, K) at inputs of zero, and (q, R, K, K).
        """
        return _probabilities(_with_ones(self.values), _stacked(transition, weights))

    def log_prior(self, weights: FloatArray) -> FloatArray:
        """Return minus the penalty of weights (q, R, K, K), (R,)."""
        return -0.5 * self.strength * ((weights - self._centre) ** 2).sum(axis=(0, 2, 3))

    @property
    def _centre(self) -> FloatArray | float:
        """(q, 1, K, K), for all runs."""
        return 0.0 if self.centre is None else self.centre[:, None]

    def best(
        self,
        joint: FloatArray,
        counts: FloatArray,
        transition: FloatArray,
        weights: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Return the most likely transition (R, K, K) and weights (q, R, K, K).

        Parameters
        ----------
        joint :
            (T, R, K, K) expected moves that lead to each trial.
        counts :
            (K, K) moves that a prior adds, at inputs of zero.
        transition, weights :
            From where to begin; no worse ones are returned.
        """
        found = _Climb(_with_ones(self.values), joint, counts, self.strength, self._centre)
        best = found.best(_stacked(transition, weights))
        at_zero = _softmax(best[0])
        return at_zero, best[1:]

    def slope(
        self,
        joint: FloatArray,
        counts: FloatArray,
        transition: FloatArray,
        weights: FloatArray,
    ) -> FloatArray:
        """Return the slope of expected log p(moves) + log prior, (q + 1, R, K, K).

        By log-odds at inputs of zero, and by weights; arguments as of :meth:`best`.
        """
        climb = _Climb(_with_ones(self.values), joint, counts, self.strength, self._centre)
        return climb.slope(_stacked(transition, weights))


class _Climb(NamedTuple):
    """What weights (m, R, K, K), m = q + 1, are to explain."""

    Z: FloatArray  # (T, m) ones and inputs
    joint: FloatArray  # (T, R, K, K)
    counts: FloatArray  # (K, K)
    strength: float
    centre: FloatArray | float  # (q, 1, K, K) weights from which the ridge counts

    def best(self, W: FloatArray) -> FloatArray:
        """Return the best weights from some on."""
        value = self.value(W)
        for _ in range(_MOST_STEPS):
            step, gain = self.newton(W)
            if (gain < _DONE).all():
                break
            W, value, moved = self.moved(W, value, step)
            if not moved.any():
                break
        return W

    def moved(
        self, W: FloatArray, value: FloatArray, step: FloatArray
    ) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Return weights after a step, shortened for each state until it is no worse."""
        size = np.ones(value.shape)
        for _ in range(_MOST_HALVINGS):
            new = W + step * size[..., None]
            tried = self.value(new)
            worse = ~(tried >= value)
            if not worse.any():
                break
            size = np.where(worse, 0.5 * size, size)
        is_better = tried >= value
        W = np.where(is_better[..., None], new, W)
        return W, np.where(is_better, tried, value), is_better & (tried > value)

    def value(self, W: FloatArray) -> FloatArray:
        """Return the expected log-likelihood of moves from each state, penalised, (R, K)."""
        with quiet():
            log_p = np.log(np.maximum(_probabilities(self.Z, W), 1e-300))
            log_0 = np.log(np.maximum(_softmax(W[0]), 1e-300))
        seen = np.einsum("trij,trij->ri", self.joint, log_p) + (self.counts * log_0).sum(axis=-1)
        return seen - 0.5 * self.strength * ((W[1:] - self.centre) ** 2).sum(axis=(0, 3))

    def slope(self, W: FloatArray) -> FloatArray:
        """Return the slope of all values, (m, R, K, K)."""
        p, p_0 = _probabilities(self.Z, W), _softmax(W[0])
        leaving = self.joint.sum(axis=-1, keepdims=True)
        slope = np.tensordot(self.Z, self.joint - leaving * p, axes=(0, 0))
        slope[0] += self.counts - self.counts.sum(axis=-1, keepdims=True) * p_0
        slope[1:] -= self.strength * (W[1:] - self.centre)
        return np.asarray(slope)

    def newton(self, W: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return Newton's step (m, R, K, K), and what it gains, (R, K)."""
        m, R, K, _ = W.shape
        p, p_0, slope = _probabilities(self.Z, W), _softmax(W[0]), self.slope(W)
        leaving = self.joint.sum(axis=-1, keepdims=True)
        added = self.counts.sum(axis=-1, keepdims=True)
        products = (self.Z[:, :, None] * self.Z[:, None]).reshape(len(p), m * m)
        bend = np.tensordot(products, leaving[..., None] * _spread(p), axes=(0, 0))
        bend = bend.reshape(m, m, R, K, K, K)
        bend[0, 0] += added[..., None] * _spread(p_0)
        step, gain = np.zeros_like(W), np.zeros((R, K))
        for i in range(K):
            moves = np.flatnonzero(np.arange(K) != i)
            g = slope[:, :, i, moves].transpose(1, 0, 2).reshape(R, -1)
            H = bend[:, :, :, i][..., moves, :][..., moves].transpose(2, 0, 3, 1, 4)
            H = H.reshape(R, g.shape[1], g.shape[1])
            ridge = np.repeat([1e-10] + [self.strength + 1e-10] * (m - 1), K - 1)
            found = np.linalg.solve(H + np.diag(ridge), g[..., None])[..., 0]
            step[:, :, i, moves] = found.reshape(R, m, K - 1).transpose(1, 0, 2)
            gain[:, i] = 0.5 * (found * g).sum(axis=-1)
        return step, gain


def _with_ones(values: FloatArray) -> FloatArray:
    return np.hstack([np.ones((len(values), 1)), values])


def _stacked(transition: FloatArray, weights: FloatArray) -> FloatArray:
    """Return log-odds against staying, (m, R, K, K): those of A, and weights."""
    A = np.maximum(transition, _LEAST)
    stay = np.diagonal(A, axis1=-2, axis2=-1)
    return np.concatenate([np.log(A / stay[..., None])[None], weights])


def _probabilities(Z: FloatArray, W: FloatArray) -> FloatArray:
    """Return (T, R, K, K)."""
    return _softmax(np.tensordot(Z, W, axes=(1, 0)))


def _softmax(eta: FloatArray) -> FloatArray:
    raised = np.exp(eta - eta.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def _spread(p: FloatArray) -> FloatArray:
    """Return diag(p) - p pᵀ over the last axis, (..., K, K)."""
    return p[..., None] * np.eye(p.shape[-1]) - p[..., None] * p[..., None, :]
