"""Messages from block to block: what all blocks before make of the first message.

Blocks are many and each is a small matrix, so they are gone through in groups, all groups at once,
as trials are in blocks: what a group makes of any message, the message that reaches each group,
then those within. A block in which a session begins forgets where messages came from: where these
are dense, all stretches between them are gone through at once. Rows of matrices are as different as
responses make them (a state may be impossible), so their sizes are kept as logarithms beside them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .. import showing
from ..typing import FloatArray, IntArray

_FEW = 48  # blocks that are gone through one after the other


@dataclass(frozen=True, eq=False)
class Made:
    """What each of B blocks makes of a message: the sum over j of m_j exp(log_mass_j) rows_kj.

    Attributes
    ----------
    rows :
        (B, R, K, K) to state k from state j; over k they add up to one.
    log_mass :
        (B, R, K) of each state from which a message came.
    """

    rows: FloatArray
    log_mass: FloatArray

    __repr__ = showing.of_fields

    def take(self, which: slice | int | IntArray) -> Made:
        """Return some blocks."""
        return Made(self.rows[which], self.log_mass[which])

    def of(self, messages: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what blocks make of messages (..., K, M), each over its sum, and log sums."""
        weighed, top = _raised(np.log(messages) + self.log_mass[..., None])
        made = self.rows @ weighed
        mass = np.add.reduce(made, axis=-2, keepdims=True)
        made /= np.where(mass > 0, mass, 1.0)
        return made, (np.log(mass) + top)[..., 0, :]

    def back(self, messages: FloatArray) -> FloatArray:
        """Return what messages (..., K, 1) at their ends are before them, up to a factor."""
        seen = np.log(self.rows.swapaxes(-1, -2) @ messages) + self.log_mass[..., None]
        return _raised(seen)[0]

    @property
    def are_few(self) -> bool:
        """Whether they are gone through one after the other."""
        return len(self.rows) <= _FEW

    @cached_property
    def places(self) -> Made:
        """The same as (g, G, ...): block g i + j is place j of group i. The last do nothing."""
        (B, R, K), g = self.log_mass.shape, math.isqrt(len(self.rows) - 1) + 1
        missing = -B % g
        rows = np.concatenate([self.rows, np.broadcast_to(np.eye(K), (missing, R, K, K))])
        log_mass = np.concatenate([self.log_mass, np.zeros((missing, R, K))])
        folded = (each.reshape(-1, g, *each.shape[1:]).swapaxes(0, 1) for each in (rows, log_mass))
        return Made(*map(np.ascontiguousarray, folded))

    @cached_property
    def groups(self) -> Made:
        """What groups make of a message."""
        first = self.places.take(0)
        rows, log_mass = first.rows, first.log_mass
        for place in range(1, len(self.places.rows)):
            rows, added = self.places.take(place).of(rows)
            log_mass = log_mass + added
        return Made(rows, log_mass)


def carried(made: Made, forgets: IntArray) -> FloatArray:
    """Return the message (R, K, B) that reaches each block; the first begins a session.

    ``forgets`` are the blocks in which a session begins, in order.
    """
    B, R, K = made.log_mass.shape
    first = np.full((R, K, 1), 1.0 / K)
    n = np.diff(forgets, append=B)
    if n.max() > _FEW:
        found = _carried(made, first)
    else:
        found = np.empty((B, R, K, 1))
        found[forgets] = first  # any message: what comes out is the same
        for k in range(1, n.max() + 1):
            at = forgets[n >= k] + k
            at = at[at < B]
            found[at] = made.take(at - 1).of(found[at - 1])[0]
    return np.ascontiguousarray(np.moveaxis(found[..., 0], 0, -1))


def carried_back(made: Made, forgets: IntArray) -> FloatArray:
    """Return p(all after a block | state at its end) up to a factor, (R, K, B)."""
    B, R, K = made.log_mass.shape
    last = np.ones((R, K, 1))
    n = np.diff(forgets, append=B)
    if n.max() > _FEW:
        found = _carried_back(made, last)
    else:
        found = np.empty((B, R, K, 1))
        found[-1] = last
        ends = np.append(forgets[1:], B - 1)
        found[ends] = last
        for k in range(1, n.max() + 1):
            at = ends[n >= k] - k
            at = at[at >= 0]
            found[at] = made.take(at + 1).back(found[at + 1])
    return np.ascontiguousarray(np.moveaxis(found[..., 0], 0, -1))


def _carried(made: Made, message: FloatArray) -> FloatArray:
    """Return the messages (B, R, K, 1) that reach blocks, given that which reaches the first."""
    if not made.are_few:
        return _in_a_row(_followed(made.places, _carried(made.groups, message)), made)
    return _followed(made, message)


def _carried_back(made: Made, message: FloatArray) -> FloatArray:
    """Return the messages (B, R, K, 1) at the ends of blocks, given that of the last."""
    if not made.are_few:
        return _in_a_row(_followed_back(made.places, _carried_back(made.groups, message)), made)
    return _followed_back(made, message)


def _followed(made: Made, message: FloatArray) -> FloatArray:
    found = np.empty((len(made.rows), *message.shape))
    for place in range(len(found)):
        found[place] = message
        message = made.take(place).of(message)[0]
    return found


def _followed_back(made: Made, message: FloatArray) -> FloatArray:
    found = np.empty((len(made.rows), *message.shape))
    for place in range(len(found) - 1, -1, -1):
        found[place] = message
        message = made.take(place).back(message)
    return found


def _in_a_row(found: FloatArray, made: Made) -> FloatArray:
    """Return what places of groups have, (g, G, ...), as of blocks, (B, ...)."""
    return found.swapaxes(0, 1).reshape(-1, *found.shape[2:])[: len(made.rows)]


def _raised(logs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return exp of logs (..., K, M) over the largest of each column, and the logs of these."""
    top = np.maximum.reduce(logs, axis=-2, keepdims=True)
    return np.exp(logs - np.where(np.isfinite(top), top, 0.0)), top
