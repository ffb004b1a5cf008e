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
from functools import reduce
from typing import NamedTuple

import numpy as np

from .. import showing
from ..numerics import quiet
from ..typing import BoolArray, FloatArray, IntArray
from .blocks import Blocks, Chain
from .log_messages import filtered_in_logs, smoothed_in_logs

_EVERY = 4  # steps between two scalings of products: a step takes no more than a few powers of ten


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
        walk, top = begun
        log_predictive = np.log(walk.blocks.unfold(walk.c)) + top
        return Filtered(log_predictive, walk.blocks.unfold(walk.filtered))


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
        begun = _begun(log_emission, chain)
        if begun is None:
            return Smoothed(*smoothed_in_logs(log_emission, chain))
        walk, top = begun
        back = _backward(walk, _carried_back(walk.products, walk.filtered[-1]))
        log_predictive = np.log(walk.blocks.unfold(walk.c)) + top
        probability = walk.blocks.unfold(walk.filtered * back.beta)
        probability /= _summed(probability)[..., None]
        joint = None if back.joint is None else walk.blocks.unfold(back.joint)
        return Smoothed(log_predictive, probability, back.moves, joint)


class _Walk(NamedTuple):
    """A forward pass: all that the backward pass needs. Shapes (L, R, B, ...)."""

    blocks: Blocks
    steps: _Steps
    emission: FloatArray  # (L, R, B, K)
    products: FloatArray  # (R, B, K, K) what a block makes of a message, up to a factor
    before: FloatArray  # (R, B, K) the message that reaches a block
    filtered: FloatArray  # (L, R, B, K)
    c: FloatArray  # (L, R, B)


def _begun(log_emission: FloatArray, chain: Chain) -> tuple[_Walk, FloatArray] | None:
    """Return the forward pass and the largest log-emission of each trial (T, R).

    None where messages underflow.
    """
    top = reduce(np.maximum, np.moveaxis(log_emission, -1, 0))
    if not np.isfinite(top).all():
        return None
    blocks = Blocks.of(len(log_emission))
    emission = blocks.fold(np.exp(log_emission - top[..., None]), 1.0)
    steps = _Steps.of(chain, blocks)
    products = _products(emission, steps)
    before = _carried(products)
    found, c = _forward(emission, steps, before)
    if not (c > 0).all():
        return None
    return _Walk(blocks, steps, emission, products, before, found, c), top


@dataclass(frozen=True, eq=False)
class _Steps:
    """How messages (R, B, ..., K) move to the trial at one place of all blocks."""

    initial: FloatArray  # (R, K)
    transition: FloatArray  # (R, K, K), or folded, (L, R, B, K, K)
    begins: list[IntArray]  # of L places: the blocks where a session begins
    n_in_last: int

    @classmethod
    def of(cls, chain: Chain, blocks: Blocks) -> _Steps:
        transition = chain.transition
        if chain.is_driven:
            transition = blocks.fold(transition, 0.0)
        return cls(chain.initial, transition, blocks.begins(chain.starts), blocks.n_in_last)

    def forward(self, place: int, message: FloatArray) -> FloatArray:
        """Return messages (R, B, M, K) times the transition that leads to a place."""
        if self.transition.ndim == 3:
            R, K = self.initial.shape
            moved = (message.reshape(R, -1, K) @ self.transition).reshape(message.shape)
        else:
            moved = message @ self.transition[place]
        at = self.begins[place]
        if len(at):
            mass = _summed(message[:, at])[..., None]
            moved[:, at] = mass * self.initial[:, None, None]
        if place >= self.n_in_last:
            moved[:, -1] = message[:, -1]
        return moved

    def backward(self, place: int, message: FloatArray) -> FloatArray:
        """Return the transition that leads to a place times messages (R, B, K) there."""
        if self.transition.ndim == 3:
            moved = message @ self.transition.swapaxes(-1, -2)
        else:
            moved = (self.transition[place] @ message[..., None])[..., 0]
        at = self.begins[place]
        if len(at):
            mass = (message[:, at] * self.initial[:, None]).sum(axis=-1, keepdims=True)
            moved[:, at] = mass
        if place >= self.n_in_last:
            moved[:, -1] = message[:, -1]
        return moved

    def is_move(self, place: int, n_blocks: int) -> BoolArray:
        """Return (B,) whether the trial at a place follows another of its session."""
        found = np.ones(n_blocks, dtype=bool)
        found[self.begins[place]] = False
        if place >= self.n_in_last:
            found[-1] = False
        return found


def _summed(values: FloatArray) -> FloatArray:
    """Return sums over the last, short axis: as a product several times as fast as a sum."""
    return np.asarray(values @ np.ones(values.shape[-1]))


def _products(emission: FloatArray, steps: _Steps) -> FloatArray:
    """Return what each block makes of any message, (R, B, K, K), the largest row adding up to one.

    Rows are scaled one by one on the way, and told apart by the logarithm of what they were.
    """
    L, R, B, K = emission.shape
    product: FloatArray = np.broadcast_to(np.eye(K), (R, B, K, K)).copy()
    log_mass = np.zeros((R, B, K))
    for place in range(L):
        product = steps.forward(place, product)
        product *= emission[place][:, :, None]
        if place % _EVERY == _EVERY - 1 or place == L - 1:
            mass = _summed(product)
            log_mass += np.log(mass)
            product /= np.where(mass > 0, mass, 1.0)[..., None]
    return product * np.exp(log_mass - log_mass.max(axis=-1, keepdims=True))[..., None]


def _carried(products: FloatArray) -> FloatArray:
    """Return the message (R, B, K) that reaches each block; the first begins a session."""
    R, B, K, _ = products.shape
    before = np.empty((B, R, 1, K))
    message = np.full((R, 1, K), 1.0 / K)
    by_block = np.ascontiguousarray(products.swapaxes(0, 1))
    for block in range(B):
        before[block] = message
        message = message @ by_block[block]
        message /= message.sum(axis=-1, keepdims=True)
    return np.ascontiguousarray(before[:, :, 0].swapaxes(0, 1))


def _forward(
    emission: FloatArray, steps: _Steps, before: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return filtered probabilities (L, R, B, K) and c (L, R, B)."""
    found, c = np.empty_like(emission), np.empty(emission.shape[:-1])
    message = before[:, :, None]
    for place in range(len(emission)):
        message = steps.forward(place, message)
        message *= emission[place][:, :, None]
        mass = _summed(message)[..., None]
        message /= mass
        found[place], c[place] = message[:, :, 0], mass[:, :, 0, 0]
    return found, c


def _carried_back(products: FloatArray, last: FloatArray) -> FloatArray:
    """Return beta (R, B, K) at the end of each block, scaled by the filter there, (R, B, K)."""
    R, B, K, _ = products.shape
    after = np.empty((B, R, K, 1))
    message = np.ones((R, K, 1))
    by_block = np.ascontiguousarray(products.swapaxes(0, 1))
    for block in range(B - 1, -1, -1):
        after[block] = message
        message = by_block[block] @ message
        message /= message.max(axis=1, keepdims=True)
    beta = np.ascontiguousarray(after[..., 0].swapaxes(0, 1))
    return beta / _summed(beta * last)[..., None]


class _Back(NamedTuple):
    """A backward pass."""

    beta: FloatArray  # (L, R, B, K)
    moves: FloatArray  # (R, K, K)
    joint: FloatArray | None  # (L, R, B, K, K)


def _backward(walk: _Walk, message: FloatArray) -> _Back:
    """Follow beta within blocks, from their ends (R, B, K), and count moves on the way."""
    steps, (L, R, B, K) = walk.steps, walk.emission.shape
    beta, moves = np.empty_like(walk.emission), np.zeros((R, K, K))
    joint = None if steps.transition.ndim == 3 else np.empty((L, R, B, K, K))
    for place in range(L - 1, -1, -1):
        beta[place] = message
        ahead = message * walk.emission[place]
        ahead /= walk.c[place][..., None]
        message = steps.backward(place, ahead)
        came_from = walk.filtered[place - 1] if place else walk.before
        ahead *= steps.is_move(place, B)[:, None]
        if joint is None:
            moves += came_from.swapaxes(-1, -2) @ ahead
        else:
            pairs = came_from[..., None] * steps.transition[place] * ahead[..., None, :]
            joint[place] = pairs
            moves += pairs.sum(axis=1)
    return _Back(beta, moves if joint is not None else moves * steps.transition, joint)
