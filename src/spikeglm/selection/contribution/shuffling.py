"""A term from other times: its columns moved along the rows, in training and in test.

Musall et al. permute the rows of a variable and fit again, so that a model without its information
has as many parameters as the full one. Single rows that are permuted lose what a slow variable is:
it no longer resembles itself from bin to bin, and suits slow noise less well. A shift around the
rows that take part keeps that.

References
----------
Musall, Kaufman, Juavinett, Gluf & Churchland (2019), Nat Neurosci 22:1677-86, methods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import errors, showing
from ...typing import BoolArray, IntArray

WAYS = ("shift", "rows")
_FARTHEST_FROM_ENDS = 0.1  # of the rows that take part: no shift is shorter than that, either way


@dataclass(frozen=True, eq=False)
class Reordered:
    """Row ``order[t]`` comes to lie at row t.

    Attributes
    ----------
    order :
        (T,).

    >>> Reordered(np.array([1, 0, 2])).of(np.array([0, 2]))
    array([1, 2])
    """

    order: IntArray

    __repr__ = showing.of_fields

    def of(self, rows: IntArray) -> IntArray:
        """Return (B,) the rows that come to lie at some rows (B,)."""
        return self.order[rows]


def moves_of(
    way: str, keep: BoolArray, n_draws: int, rng: np.random.Generator
) -> tuple[Reordered, ...]:
    """Return how rows that take part (T,) are moved in each draw; all others stay.

    Raises
    ------
    ValueError
        If there is no such way.

    >>> (move,) = moves_of("shift", np.array([1, 0, 1, 1, 1], bool), 1, np.random.default_rng(0))
    >>> move.order
    array([3, 1, 4, 0, 2])
    """
    if way not in WAYS:
        raise errors.unknown_name("way to shuffle", way, list(WAYS))
    if not isinstance(n_draws, int | np.integer) or n_draws < 1:
        raise errors.value_error(
            "There is no such number of shuffles.",
            given=f"n_shuffles={n_draws!r}",
            expected="a whole number from 1 on",
        )
    kept = np.flatnonzero(keep)
    least = max(1, int(_FARTHEST_FROM_ENDS * len(kept)))
    found = []
    for _ in range(n_draws):
        order = np.arange(len(keep))
        if way == "shift":
            order[kept] = np.roll(
                kept, -int(rng.integers(least, max(least + 1, len(kept) - least)))
            )
        else:
            order[kept] = rng.permutation(kept)
        found.append(Reordered(order))
    return tuple(found)
