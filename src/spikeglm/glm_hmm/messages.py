"""Forward and backward messages: what is known of hidden states, for many chains at once.

With b_t(k) = p(y_t | z_t = k) over its largest entry, A the transition matrix and pi the
distribution at the start of a session, the scaled recursions are

    a_t(k)  = p(z_t = k | y_1..t)           = b_t(k) sum_j a_{t-1}(j) A_jk / c_t
    c_t     = p(y_t | y_1..t-1)
    beta_t(j) = p(y_t+1.. | z_t = j) / p(y_t+1.. | y_1..t) = sum_k A_jk b_t+1(k) beta_t+1(k) / c_t+1

and a_t beta_t is the posterior of trial t. They are taken block by block, see
:mod:`~spikeglm.glm_hmm.blocks`. Where a trial is missing b_t is one. Chains whose messages
underflow (transitions of probability zero and responses that deny all others) are done again in
logarithms.

References
----------
Rabiner (1989), Proc IEEE 77:257-86, section V.A, for the scaling. Bishop (2006), Pattern
Recognition and Machine Learning, eqs. 13.55-13.65.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .. import showing
from ..numerics import quiet
from ..typing import BoolArray, FloatArray, IntArray
from .blocks import Blocks, Chain
from .carrying import Made, carried, carried_back
from .log_messages import filtered_in_logs, smoothed_in_logs

_EVERY = 4  # steps between two scalings of products: a step takes no more than a few powers of ten
_PER_ROOT = 2.0  # trials of a block, over the third root of all


@dataclass(frozen=True, eq=False)
class Filtered:
    """What trials up to each say of its state.

    Attributes
    ----------
    log_predictive :
        (T, R) log p(y_t | responses before it in its session); they add up to the log-likelihood.
    probability :
        (T, R, K) p(z_t | responses up to it).
    """

    log_predictive: FloatArray
    probability: FloatArray

    __repr__ = showing.of_fields

    @property
    def log_likelihood(self) -> FloatArray:
        """(R,) log p(all responses)."""
        return self.log_predictive.sum(axis=0)


@dataclass(frozen=True, eq=False)
class Smoothed:
    """What all trials of a session say of each state in it.

    Attributes
    ----------
    log_predictive :
        As of :class:`Filtered`.
    probability :
        (T, R, K) p(z_t | all responses of the session).
    moves :
        (R, K, K) expected number of moves from one state to another.
    joint :
        (T, R, K, K) p(z_t-1, z_t | all responses), zero where a session begins; only of chains
        with transitions of their own for each trial, else None.
    """

    log_predictive: FloatArray
    probability: FloatArray
    moves: FloatArray
    joint: FloatArray | None = None

    __repr__ = showing.of_fields

    @property
    def log_likelihood(self) -> FloatArray:
        """(R,) log p(all responses)."""
        return self.log_predictive.sum(axis=0)

    def put(self, runs: IntArray, part: Smoothed) -> None:
        """Write what is known of some runs, in place."""
        self.log_predictive[:, runs] = part.log_predictive
        self.probability[:, runs] = part.probability
        self.moves[runs] = part.moves
        if self.joint is not None:
            self.joint[:, runs] = part.joint

    def take(self, runs: IntArray) -> Smoothed:
        """Keep only some runs."""
        return Smoothed(
            self.log_predictive[:, runs],
            self.probability[:, runs],
            self.moves[runs],
            None if self.joint is None else self.joint[:, runs],
        )


def filtered(log_emission: FloatArray, chain: Chain) -> Filtered:
    """Return what trials up to each say of its state.

    Parameters
    ----------
    log_emission :
        (T, R, K) log p(y_t | state); zero where y_t is missing.
    chain :
        R chains of K states.

    Examples
    --------
    Two states that predict a choice with 0.9 and 0.1; it is made, and made again:

    >>> chain = Chain(np.array([[0.5, 0.5]]), np.array([[[0.8, 0.2], [0.2, 0.8]]]),
    ...               np.array([True, False]))
    >>> found = filtered(np.log([[[0.9, 0.1]], [[0.9, 0.1]]]), chain)
    >>> found.probability[:, 0].round(3)
    array([[0.9  , 0.1  ],
           [0.962, 0.038]])
    """
    with quiet():
        begun = _begun(log_emission, chain)
        if begun is None:
            return Filtered(*filtered_in_logs(log_emission, chain))
        return Filtered(begun.log_predictive, begun.blocks.unfold(begun.filtered, -1))


def smoothed(log_emission: FloatArray, chain: Chain) -> Smoothed:
    """Return what all trials of a session say of each state in it, and of moves between states.

    Parameters
    ----------
    log_emission, chain :
        As for :func:`filtered`.

    Examples
    --------
    >>> chain = Chain(np.array([[0.5, 0.5]]), np.array([[[0.8, 0.2], [0.2, 0.8]]]),
    ...               np.array([True, False]))
    >>> found = smoothed(np.log([[[0.9, 0.1]], [[0.9, 0.1]]]), chain)
    >>> found.probability[:, 0].round(3), found.moves[0].round(3)
    (array([[0.962, 0.038],
           [0.962, 0.038]]), array([[0.936, 0.026],
           [0.026, 0.012]]))
    """
    with quiet():
        walk = _begun(log_emission, chain)
        back = None if walk is None else _backward(walk)
        if walk is None or back is None:
            return Smoothed(*smoothed_in_logs(log_emission, chain))
        unfold = walk.blocks.unfold
        joint = None if back.joint is None else unfold(back.joint, -1)
        return Smoothed(walk.log_predictive, unfold(back.probability, -1), back.moves, joint)


class _Walk(NamedTuple):
    """A forward pass: all that the backward pass needs. Blocks lie along the last axis."""

    blocks: Blocks
    steps: _Steps
    emission: FloatArray  # (L, R, K, B)
    top: FloatArray  # (L, R, B) the logarithm of the largest emission of a trial
    made: Made
    before: FloatArray  # (R, K, B) the message that reaches a block
    filtered: FloatArray  # (L, R, K, B)
    c: FloatArray  # (L, R, B)

    @property
    def log_predictive(self) -> FloatArray:
        """(T, R)."""
        return self.blocks.unfold(np.log(self.c) + self.top, -1)


def _begun(log_emission: FloatArray, chain: Chain) -> _Walk | None:
    """Return the forward pass; None where messages underflow."""
    blocks = Blocks.of_length(len(log_emission), _length(chain.starts))
    emission = blocks.fold(log_emission, 0.0, -1)
    top = emission.max(axis=2)
    if not np.isfinite(top).all():
        return None
    emission -= top[:, :, None]
    np.exp(emission, out=emission)
    steps = _Steps.of(chain, blocks)
    made = _made(emission, steps)
    before = carried(made, steps.forgets)
    found, c = _forward(emission, steps, before)
    if not (c > 0).all():
        return None
    return _Walk(blocks, steps, emission, top, made, before, found, c)


def _length(starts: BoolArray) -> int:
    """Return how long blocks are: a step costs a call or few, for as many blocks as go at once.

    Where all sessions begin with a block a step costs fewer.
    """
    wanted = max(1, round(_PER_ROOT * float(np.cbrt(len(starts)))))
    step = int(np.gcd.reduce(np.flatnonzero(starts)))
    near = np.arange(1 + 2 * wanted // 3, 3 * wanted // 2 + 1)
    fitting = near[step % near == 0] if step else near[:0]
    return int(fitting[np.abs(fitting - wanted).argmin()]) if len(fitting) else wanted


@dataclass(frozen=True, eq=False)
class _Steps:
    """How messages (R, K, ..., B) move to the trial at one place of all blocks."""

    initial: FloatArray  # (R, K)
    transition: FloatArray  # (R, K, K), or folded, (L, R, K, K, B)
    begins: list[IntArray]  # of L places: the blocks where a session begins
    n_in_last: int

    @classmethod
    def of(cls, chain: Chain, blocks: Blocks) -> _Steps:
        transition = chain.transition
        if chain.is_driven:
            transition = blocks.fold(transition, 0.0, -1)
        return cls(chain.initial, transition, blocks.begins(chain.starts), blocks.n_in_last)

    @cached_property
    def forgets(self) -> IntArray:
        """The blocks in which a session begins, in order."""
        return np.unique(np.concatenate(self.begins))

    @cached_property
    def _turned(self) -> FloatArray:
        return np.ascontiguousarray(self.transition.swapaxes(1, 2))

    def forward(self, place: int, message: FloatArray) -> FloatArray:
        """Return messages (R, K, ..., B) times the transition that leads to a place."""
        R, K = self.initial.shape
        if self.transition.ndim == 3:
            moved = (self._turned @ message.reshape(R, K, -1)).reshape(message.shape)
        else:
            A = self.transition[place].reshape(R, K, K, *(1,) * (message.ndim - 3), -1)
            moved = message[:, 0, None] * A[:, 0]
            for k in range(1, K):
                moved += message[:, k, None] * A[:, k]
        at = self.begins[place]
        if len(at):
            mass = message[..., at].sum(axis=1, keepdims=True)
            moved[..., at] = mass * self.initial.reshape(R, K, *(1,) * (message.ndim - 2))
        if place >= self.n_in_last:
            moved[..., -1] = message[..., -1]
        return moved

    def backward(self, place: int, message: FloatArray) -> FloatArray:
        """Return the transition that leads to a place times messages (R, K, B) there."""
        if self.transition.ndim == 3:
            moved = self.transition @ message
        else:
            moved = (self.transition[place] * message[:, None]).sum(axis=2)
        at = self.begins[place]
        if len(at):
            mass = (message[..., at] * self.initial[..., None]).sum(axis=1, keepdims=True)
            moved[..., at] = mass
        if place >= self.n_in_last:
            moved[..., -1] = message[..., -1]
        return moved

    def leave_out(self, place: int, values: FloatArray) -> None:
        """Put zeros where the trial at a place follows no other of its session, in place."""
        if len(self.begins[place]):
            values[..., self.begins[place]] = 0.0
        if place >= self.n_in_last:
            values[..., -1] = 0.0


def _made(emission: FloatArray, steps: _Steps) -> Made:
    """Return what each block makes of any message."""
    L, R, K, B = emission.shape
    product: FloatArray = np.zeros((R, K, K, B))  # the second state is where a message was
    product[:, np.arange(K), np.arange(K)] = 1.0
    log_mass = np.zeros((R, K, B))
    for place in range(L):
        product = steps.forward(place, product)
        product *= emission[place][:, :, None]
        if place % _EVERY == _EVERY - 1 or place == L - 1:
            mass = np.add.reduce(product, axis=1)
            log_mass += np.log(mass)
            product /= np.where(mass > 0, mass, 1.0)[:, None]
    return Made(*(np.ascontiguousarray(np.moveaxis(each, -1, 0)) for each in (product, log_mass)))


def _forward(
    emission: FloatArray, steps: _Steps, before: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return filtered probabilities (L, R, K, B) and c (L, R, B)."""
    L, R, _, B = emission.shape
    found, c = np.empty_like(emission), np.empty((L, R, B))
    message = before
    for place in range(L):
        message = np.multiply(steps.forward(place, message), emission[place], out=found[place])
        np.add.reduce(message, axis=1, out=c[place])
        message /= c[place][:, None]
    return found, c


class _Back(NamedTuple):
    """A backward pass."""

    probability: FloatArray  # (L, R, K, B)
    moves: FloatArray  # (R, K, K)
    joint: FloatArray | None  # (L, R, K, K, B)


def _backward(walk: _Walk) -> _Back | None:
    """Follow what comes after within blocks, and count moves on the way; None if it overflows.

    What a place needs is at hand when it is there: all is done to it at once. Its posterior takes
    the room of its emissions.
    """
    steps, (L, R, K, B) = walk.steps, walk.emission.shape
    message = carried_back(walk.made, steps.forgets)
    message /= (message * walk.filtered[-1]).sum(axis=1, keepdims=True)
    posterior, moves = walk.emission, np.zeros((R, K, K))
    joint = None if steps.transition.ndim == 3 else np.empty((L, R, K, K, B))
    for place in range(L - 1, -1, -1):
        ahead = walk.emission[place] / walk.c[place][:, None]
        ahead *= message
        seen = np.multiply(message, walk.filtered[place], out=posterior[place])
        seen /= np.add.reduce(seen, axis=1, keepdims=True)
        message = steps.backward(place, ahead)
        came_from = walk.filtered[place - 1] if place else walk.before
        steps.leave_out(place, ahead)
        if joint is None:
            moves += came_from @ ahead.swapaxes(1, 2)
        else:
            pairs = came_from[:, :, None] * steps.transition[place] * ahead[:, None]
            joint[place] = pairs
            moves += pairs.sum(axis=-1)
    if not (np.isfinite(posterior.sum()) and np.isfinite(moves).all()):
        return None
    return _Back(posterior, moves if joint is not None else moves * steps.transition, joint)
