"""Messages in logarithms: the most likely path (Viterbi), and sums where scaled messages underflow.

The recursions are those of :mod:`~spikeglm.glm_hmm.messages` with sums for products, and for sums
either the logarithm of a sum of exponentials or the largest term.

References
----------
Viterbi (1967), IEEE Trans Inf Theory 13:260-69; Rabiner (1989), Proc IEEE 77:257-86, eqs. 30-35.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..numerics import quiet
from ..typing import FloatArray, IntArray
from .blocks import Blocks, Chain

_Collect = Callable[[FloatArray, int], FloatArray]
"""From terms and the axis over which they are collected to the sum, or the largest."""


def most_likely_path(log_emission: FloatArray, chain: Chain) -> IntArray:
    """Return the most likely states together, (T, R), each session by itself.

    Of paths that are equally likely it is one with the lowest number where they part.

    Parameters
    ----------
    log_emission, chain :
        As for :func:`~spikeglm.glm_hmm.messages.filtered`.

    Examples
    --------
    >>> chain = Chain(np.array([[0.5, 0.5]]), np.array([[[0.9, 0.1], [0.1, 0.9]]]),
    ...               np.array([True, False, False]))
    >>> most_likely_path(np.log([[[0.9, 0.1]], [[0.4, 0.6]], [[0.9, 0.1]]]), chain)[:, 0]
    array([0, 0, 0])
    """
    with quiet():
        walk = _walk(log_emission, chain, _largest)
        best, origins = walk.before, []
        for place in range(walk.blocks.length):
            terms = walk.terms(place, best)
            origins.append(terms.argmax(axis=-2))
            best = terms.max(axis=-2) + walk.emission[place]
        return walk.blocks.unfold(_backtracked(origins, best))


def filtered_in_logs(log_emission: FloatArray, chain: Chain) -> tuple[FloatArray, FloatArray]:
    """Return the two fields of :class:`~spikeglm.glm_hmm.messages.Filtered`.

    >>> chain = Chain(np.array([[0.5, 0.5]]), np.eye(2)[None], np.array([True, False]))
    >>> log_emission = np.log([[[0.9, 0.1]], [[0.9, 0.1]]])
    >>> filtered_in_logs(log_emission, chain)[1][:, 0].round(3)
    array([[0.9  , 0.1  ],
           [0.988, 0.012]])
    """
    with quiet():
        alpha = _forward(_walk(log_emission, chain, _summed))
        return _of_forward(log_emission, chain, alpha)


def smoothed_in_logs(
    log_emission: FloatArray, chain: Chain
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray | None]:
    """Return the four fields of :class:`~spikeglm.glm_hmm.messages.Smoothed`.

    >>> chain = Chain(np.array([[0.5, 0.5]]), np.eye(2)[None], np.array([True, False]))
    >>> log_emission = np.log([[[0.9, 0.1]], [[0.9, 0.1]]])
    >>> smoothed_in_logs(log_emission, chain)[1][:, 0].round(3)
    array([[0.988, 0.012],
           [0.988, 0.012]])
    """
    with quiet():
        walk = _walk(log_emission, chain, _summed)
        alpha = _forward(walk)
        beta = _backward(walk)
        log_predictive, _ = _of_forward(log_emission, chain, alpha)
        both = alpha + beta
        posterior = _normalised(both)
        logs = chain.logs()
        move = logs.transition if not chain.is_driven else logs.transition[1:]
        ahead = (log_emission + beta)[1:]
        pairs = alpha[:-1, ..., None] + move + ahead[..., None, :]
        total = _summed(both[1:], -1)
        joint = np.zeros((*alpha.shape, alpha.shape[-1]))
        joint[1:] = np.where(
            chain.starts[1:, None, None, None], 0.0, np.exp(pairs - total[..., None, None])
        )
        return log_predictive, posterior, joint.sum(axis=0), joint if chain.is_driven else None


class _Walk(NamedTuple):
    """Logarithms, folded into blocks, and messages at the start and the end of these."""

    blocks: Blocks
    initial: FloatArray  # (R, K)
    transition: FloatArray  # (R, K, K) or (L, R, B, K, K)
    emission: FloatArray  # (L, R, B, K)
    begins: list[IntArray]
    collect: _Collect
    before: FloatArray  # (R, B, K) the message that reaches a block
    products: FloatArray  # (R, B, K, K)

    def terms(self, place: int, message: FloatArray) -> FloatArray:
        """Return (R, B, ..., K, K): what a message (R, B, ..., K) says of each way to a place."""
        between = (1,) * (message.ndim - 3)
        if self.transition.ndim == 3:
            R, K = self.initial.shape
            move = self.transition.reshape(R, 1, *between, K, K)
        else:
            found = self.transition[place]
            move = found.reshape(*found.shape[:2], *between, *found.shape[2:])
        terms = message[..., None] + move
        at, R = self.begins[place], len(self.initial)
        if len(at):
            first = self.initial.reshape(R, 1, *between, 1, -1)
            terms[:, at] = message[:, at][..., None] + first
        if place >= self.blocks.n_in_last:
            K = message.shape[-1]
            stay = np.where(np.eye(K, dtype=bool), 0.0, -np.inf)
            terms[:, -1] = message[:, -1][..., None] + stay
        return terms


def _walk(log_emission: FloatArray, chain: Chain, collect: _Collect) -> _Walk:
    """Fold logarithms into blocks and carry the message from block to block."""
    blocks, logs = Blocks.of(len(log_emission)), chain.logs()
    _, R, K = log_emission.shape
    transition = blocks.fold(logs.transition, 0.0) if chain.is_driven else logs.transition
    emission = blocks.fold(log_emission, 0.0)
    begins = blocks.begins(chain.starts)
    B = blocks.n_blocks
    product = np.where(np.eye(K, dtype=bool), 0.0, -np.inf) + np.zeros((R, B, 1, 1))
    before = np.zeros((R, B, K))
    walk = _Walk(blocks, logs.initial, transition, emission, begins, collect, before, product)
    for place in range(blocks.length):
        product = collect(walk.terms(place, product), -2) + emission[place][:, :, None]
    # Before the first trial there is one state only: what is said of K alike would count K times.
    before[:, 0] = np.where(np.arange(K) == 0, 0.0, -np.inf)
    for block in range(1, B):
        before[:, block] = collect(before[:, block - 1, :, None] + product[:, block - 1], -2)
    return walk._replace(before=before, products=product)


def _forward(walk: _Walk) -> FloatArray:
    """Return log p(all trials up to t, z_t), (T, R, K)."""
    found, message = np.empty_like(walk.emission), walk.before
    for place in range(walk.blocks.length):
        message = walk.collect(walk.terms(place, message), -2) + walk.emission[place]
        found[place] = message
    return walk.blocks.unfold(found)


def _backward(walk: _Walk) -> FloatArray:
    """Return log p(all trials after t | z_t), (T, R, K)."""
    R, B, K = walk.before.shape
    after: FloatArray = np.empty((R, B, K))
    message: FloatArray = np.zeros((R, K))
    for block in range(B - 1, -1, -1):
        after[:, block] = message
        message = walk.collect(walk.products[:, block] + message[:, None], -1)
    found, message = np.empty_like(walk.emission), after
    nothing = np.zeros((R, B, K))
    for place in range(walk.blocks.length - 1, -1, -1):
        found[place] = message
        ahead = walk.emission[place] + message
        message = walk.collect(walk.terms(place, nothing) + ahead[..., None, :], -1)
    return walk.blocks.unfold(found)


def _of_forward(
    log_emission: FloatArray, chain: Chain, alpha: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return log p(y_t | before), (T, R), and filtered probabilities, (T, R, K)."""
    total = _summed(alpha, -1)
    log_predictive = np.diff(total, axis=0, prepend=0.0)
    return log_predictive, _normalised(alpha)


def _normalised(logs: FloatArray) -> FloatArray:
    """Return exp of logs (..., K) over its sum."""
    raised = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def _backtracked(origins: list[IntArray], best: FloatArray) -> IntArray:
    """Return states (L, R, B) of the best path, given where each state of a place comes from.

    First all blocks find which state before them each state at their end leads to, then a path is
    followed over blocks, then within all.
    """
    (R, B, K), L = best.shape, len(origins)
    leads = np.broadcast_to(np.arange(K), (R, B, K))
    for origin in reversed(origins):
        leads = np.take_along_axis(origin, leads, axis=-1)
    end, runs = np.empty((R, B), dtype=np.intp), np.arange(R)
    end[:, -1] = best[:, -1].argmax(axis=-1)
    for block in range(B - 1, 0, -1):
        end[:, block - 1] = leads[runs, block, end[:, block]]
    path, now = np.empty((L, R, B), dtype=np.intp), end[..., None]
    for place in range(L - 1, -1, -1):
        path[place] = now[..., 0]
        now = np.take_along_axis(origins[place], now, axis=-1)
    return path


def _largest(terms: FloatArray, axis: int) -> FloatArray:
    return terms.max(axis=axis)


def _summed(terms: FloatArray, axis: int) -> FloatArray:
    """Return the logarithm of the sum of exponentials; of none that is possible, -inf."""
    top = terms.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.exp(terms - top).sum(axis=axis)
    return np.log(total) + np.squeeze(top, axis=axis)
