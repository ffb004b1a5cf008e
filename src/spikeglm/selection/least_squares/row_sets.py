"""Which rows go together: rows that all folds treat alike, and outputs that have the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import showing
from ...engine.columns import Source
from ...typing import Array, BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Atoms:
    """Sets of rows that every fold treats alike: sums over folds are sums of them, and add up.

    Attributes
    ----------
    of_row :
        (T,) the set a row is in.
    training :
        (A, K) how often a set counts in a fit.
    tested_by :
        (A,) the fold that it tests, -1 for none.

    Examples
    --------
    >>> training = np.array([[0, 1], [0, 1], [1, 0]])
    >>> atoms = Atoms.of(training, np.array([0, 0, 1]))
    >>> atoms.of_row, atoms.tested_by
    (array([0, 0, 1]), array([0, 1]))
    """

    of_row: IntArray
    training: FloatArray
    tested_by: IntArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, training: Array, tested_by: IntArray) -> Atoms:
        """Return the sets of rows of folds; ``training`` (T, K), ``tested_by`` (T,)."""
        keys = np.column_stack([training, tested_by]).astype(np.int64)
        is_new = np.append(True, (keys[1:] != keys[:-1]).any(axis=1))
        runs = np.flatnonzero(is_new)  # fewer than rows: sorting takes time
        distinct, which = np.unique(keys[runs], axis=0, return_inverse=True)
        of_row = which.ravel()[np.cumsum(is_new) - 1]
        return cls(of_row, distinct[:, :-1].astype(float), distinct[:, -1].astype(np.intp))

    @classmethod
    def single(cls, n_rows: int) -> Atoms:
        """Return one set of all rows, without folds."""
        nothing = np.zeros(1, dtype=np.intp)
        return cls(np.zeros(n_rows, dtype=np.intp), np.zeros((1, 0)), nothing - 1)

    def __len__(self) -> int:
        return len(self.tested_by)


@dataclass(frozen=True, eq=False)
class Group:
    """Outputs that have the same rows.

    Attributes
    ----------
    outputs :
        Which of N.
    present :
        (T,) the rows that have a response of them.
    """

    outputs: IntArray
    present: BoolArray

    __repr__ = showing.of_fields


def groups_of(weights: Source | None, n_rows: int, n_outputs: int) -> list[Group] | None:
    """Return outputs that have the same rows, together; None where rows have weights.

    >>> is_there = Source.one_per_column(np.array([[1, 1, 0], [1, 1, 1]]))
    >>> [group.outputs.tolist() for group in groups_of(is_there, 2, 3)]
    [[0, 1], [2]]
    """
    if weights is None:
        return [Group(np.arange(n_outputs), np.ones(n_rows, dtype=bool))]
    values = weights.values[:]
    is_there = values > 0
    if (values[is_there] != 1).any():
        return None
    packed = np.packbits(is_there, axis=0).T.copy()
    members: dict[bytes, list[int]] = {}
    for n, series in enumerate(weights.of):
        members.setdefault(packed[series].tobytes(), []).append(n)
    return [
        Group(np.array(outputs), is_there[:, weights.of[outputs[0]]])
        for outputs in members.values()
    ]
