"""The curvature of each column where it was seen before, near where its optimum must be.

Folds leave out a part of the rows, and sets a part of the features: their optima are near those of
all rows, and with them their curvature. It is inverted once per column; what it misses, steps tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

import numpy as np

from ... import showing
from ...engine.runners.threads import in_shares
from ...typing import BoolArray, FloatArray, IntArray
from ..contract import Evaluation, Objective

_LEAST = 1e-6  # eigenvalue of a matrix of unit diagonal: what single precision may hide
_DOUBTFUL = 1e-3  # the same where rounding made the matrix indefinite
_FLAT = 1e-12  # of the largest diagonal entry
_MOST_BYTES = 2**25  # of matrices at a time


class _Alike(NamedTuple):
    """Columns with the same free parameters."""

    parameters: IntArray  # (k,)
    inverses: FloatArray  # (c, k, k)


class Penalised(Protocol):
    """What adds the curvature of a penalty, of some columns."""

    @property
    def n_columns(self) -> int:
        """C."""
        ...

    def frozen(self, active: IntArray) -> BoolArray:
        """Return (p + 1, A) True for parameters that stay zero."""
        ...

    def add_penalty_curvature(self, H: FloatArray, active: IntArray) -> None:
        """Add it to matrices (A, p + 1, p + 1), in place."""
        ...


@dataclass(frozen=True, eq=False)
class KnownCurvature:
    """Inverse second derivatives of C columns; ``solve`` applies them.

    Attributes
    ----------
    alike :
        Inverses of columns with the same free parameters.
    group, place :
        (C,) where the inverse of a column is.
    """

    alike: tuple[_Alike, ...]
    group: IntArray
    place: IntArray

    __repr__ = showing.of_fields

    @classmethod
    def of(
        cls,
        objective: Penalised,
        loss: FloatArray,
        which: IntArray,
        share: FloatArray,
        *,
        n_threads: int = 1,
    ) -> Self:
        """Invert the curvature of all columns of an objective.

        Parameters
        ----------
        objective :
            C columns, which add their penalties.
        loss :
            (M, n, n) second derivatives of losses by theta.
        which, share :
            (C,) the matrix of each column, and what it is multiplied by.
        """
        everything = np.arange(objective.n_columns)
        free = ~objective.frozen(everything)
        _, first, group = np.unique(free, axis=1, return_index=True, return_inverse=True)
        group, place = group.ravel(), np.zeros(len(everything), dtype=np.intp)
        alike = []
        at_once = max(1, _MOST_BYTES // (8 * len(free) ** 2))
        for g, column in enumerate(first):
            members, parameters = np.flatnonzero(group == g), np.flatnonzero(free[:, column])
            place[members] = np.arange(len(members))
            parts = [members[k : k + at_once] for k in range(0, len(members), at_once)]
            out = np.empty((len(members), len(parameters), len(parameters)), dtype=np.float32)

            def invert(
                share_of_parts: Sequence[IntArray],
                out: FloatArray = out,
                parameters: IntArray = parameters,
            ) -> None:
                for some in share_of_parts:
                    H = loss[which[some]].astype(np.float64)
                    H *= share[some, None, None]
                    objective.add_penalty_curvature(H, some)
                    out[place[some]] = _inverses(H[:, parameters[:, None], parameters])

            in_shares(invert, parts, n_threads=n_threads)
            alike.append(_Alike(parameters, out))
        return cls(tuple(alike), group, place)

    def solve(self, gradient: FloatArray, columns: IntArray) -> FloatArray:
        """Return H⁻¹ g for the listed columns, (p + 1, A)."""
        out, group = np.zeros_like(gradient), self.group[columns]
        for g in np.unique(group).tolist():
            mine, (parameters, inverses) = np.flatnonzero(group == g), self.alike[g]
            place, there = self.place[columns[mine]], np.ix_(parameters, mine)
            if not np.array_equal(place, np.arange(len(inverses))):
                inverses = inverses[place]
            some = gradient[there].T.astype(inverses.dtype)
            out[there] = np.matmul(inverses, some[:, :, None])[:, :, 0].T
        return out

    def observed(
        self, objective: Objective, theta: FloatArray, active: IntArray
    ) -> tuple[Evaluation, Self, IntArray]:
        """Evaluate points theta; the curvature stays as it is."""
        return objective.evaluate(theta, active), self, np.zeros(0, dtype=np.intp)


def _inverses(H: FloatArray) -> FloatArray:
    """Return inverses of matrices (A, k, k), none of whose eigenvalues counts as next to nothing.

    In units in which diagonals are one.
    """
    size = np.diagonal(H, axis1=1, axis2=2)
    largest = size.max(axis=1, keepdims=True)
    unit = np.sqrt(np.maximum(size, np.where(largest > 0, _FLAT * largest, 1.0)))
    scale = 1.0 / unit[:, :, None] / unit[:, None, :]
    scaled = H * scale
    np.einsum("aii->ai", scaled)[:] += _LEAST
    is_clear = _are_definite(scaled)
    out = np.empty_like(scaled)
    out[is_clear] = np.linalg.inv(scaled[is_clear])
    if not is_clear.all():
        values, vectors = np.linalg.eigh(scaled[~is_clear])
        inverse = 1.0 / np.maximum(values, _DOUBTFUL)
        out[~is_clear] = (vectors * inverse[:, None, :]) @ vectors.swapaxes(1, 2)
    return out * scale


def _are_definite(matrices: FloatArray) -> BoolArray:
    """Return which of matrices (A, k, k) are positive definite: most often all are."""
    try:
        np.linalg.cholesky(matrices)
        return np.ones(len(matrices), dtype=bool)
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.zeros(1, dtype=bool)
        middle = len(matrices) // 2
        halves = _are_definite(matrices[:middle]), _are_definite(matrices[middle:])
        return np.concatenate(halves)
