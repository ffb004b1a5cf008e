"""A chain of trials cut into blocks that are walked through at once.

A message of a hidden Markov chain goes from trial to trial, and T steps of Python are slow. So a
chain of T trials is cut into B blocks of L trials. What a block makes of any message is a matrix
(K, K), and all blocks find theirs in L steps; the message is carried from block to block; in L more
steps, all blocks follow it within. Sessions of any lengths lie in one chain, one after the other:
where one begins, the message forgets where it came from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import showing
from ..typing import Array, BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Chain:
    """R hidden Markov chains over the same T trials, of K states each.

    Attributes
    ----------
    initial :
        (R, K) probabilities of the states of the first trial of a session.
    transition :
        (R, K, K): row i is the distribution of the next state given state i. Or (T, R, K, K), one
        for each trial: that of trial t leads to it.
    starts :
        (T,) where a session begins; the first trial is one.

    Examples
    --------
    >>> move = np.array([[[0.9, 0.1], [0.2, 0.8]]])
    >>> chain = Chain(np.array([[0.5, 0.5]]), move, np.ones(1, dtype=bool))
    >>> chain.n_states, chain.is_driven
    (2, False)
    """

    initial: FloatArray
    transition: FloatArray
    starts: BoolArray

    __repr__ = showing.of_fields

    @property
    def n_states(self) -> int:
        """K."""
        return self.initial.shape[1]

    @property
    def is_driven(self) -> bool:
        """Whether each trial has a transition matrix of its own."""
        return self.transition.ndim == 4

    def logs(self) -> Chain:
        """Return the chain with the logarithms of its probabilities."""
        with np.errstate(divide="ignore"):
            return Chain(np.log(self.initial), np.log(self.transition), self.starts)


class Blocks(NamedTuple):
    """How T trials lie in B blocks of L: trial t is place t mod L of block t // L."""

    n_trials: int
    length: int
    n_blocks: int

    @classmethod
    def of(cls, n_trials: int) -> Blocks:
        """Return blocks about as long as there are many.

        >>> Blocks.of(10)
        Blocks(n_trials=10, length=4, n_blocks=3)
        """
        return cls.of_length(n_trials, math.isqrt(max(n_trials - 1, 0)) + 1)

    @classmethod
    def of_length(cls, n_trials: int, length: int) -> Blocks:
        """Return blocks of some length.

        >>> Blocks.of_length(10, 2).n_blocks
        5
        """
        return cls(n_trials, length, -(-n_trials // length))

    def fold(self, values: Array, fill: float, axis: int = 2) -> Array:
        """Return values (T, R, ...) as (L, R, B, ...); places after the last trial are filled.

        ``axis`` is where blocks lie.
        """
        n, (T, *shape) = self.n_blocks * self.length, values.shape
        if n > T:
            padded = np.full((n, *shape), fill, values.dtype)
            padded[:T] = values
            values = padded
        folded = values.reshape(self.n_blocks, self.length, *shape)
        return np.array(np.moveaxis(folded, 0, axis), order="C")

    def unfold(self, folded: Array, axis: int = 2) -> Array:
        """Return values (L, R, B, ...), blocks along an axis, as (T, R, ...).

        Of blocks along the last axis, in memory trials lie side by side.
        """
        if axis == -1:
            values = np.moveaxis(folded, 0, -1).reshape(*folded.shape[1:-1], -1)
            return np.moveaxis(values[..., : self.n_trials], -1, 0)
        values = np.moveaxis(folded, axis, 0)
        return values.reshape(-1, *values.shape[2:])[: self.n_trials]

    def begins(self, starts: BoolArray) -> list[IntArray]:
        """Return for each of L places the blocks in which a session begins there."""
        places = np.flatnonzero(starts)
        block, place = np.divmod(places, self.length)
        order = np.argsort(place, kind="stable")
        ends = np.searchsorted(place[order], np.arange(self.length + 1))
        return [block[order[ends[k] : ends[k + 1]]] for k in range(self.length)]

    @property
    def n_in_last(self) -> int:
        """Trials in the last block; its places from there on are padding."""
        return self.n_trials - (self.n_blocks - 1) * self.length
