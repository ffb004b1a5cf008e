"""Coordinates of the coefficients in which every matrix of a penalty is a diagonal.

With strengths that differ by many powers of ten, log|S| and log|H + S| lose their digits where
matrices are added as they are. In coordinates gamma, w = B gamma, in which all S_j are diagonals
c_j at once, S only adds to the diagonal of H: no strength hides anything then, and derivatives by
log strengths are sums over a diagonal.

One matrix has such coordinates, and any two that are positive semi-definite (the generalised
eigenvectors); more than two that overlap have them if they commute, as those of a product do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ... import errors, showing
from ...regularizer.adjustable import Adjustable
from ...typing import BoolArray, FloatArray, IntArray

_NO_RANK = 1e-6  # share of the largest singular value that counts as none
_NO_SHARE = 1e-13  # of a matrix along a coordinate; less is rounding
_ROUNDING = 1e-8  # beside a diagonal


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Coordinates of n = p + 1 parameters, the intercept last, for patterns of free features.

    Q patterns, R entries; neuron c has pattern ``of[c]``.

    Attributes
    ----------
    basis :
        B (Q, n, n): parameters are B gamma. Columns of zeros for parameters that are not free.
    diagonals :
        c (Q, R, n), zero where an entry does not reach.
    is_free :
        (Q, n) whether a coordinate is one of a parameter that can vary.
    of :
        (C,).

    Examples
    --------
    >>> from spikeglm.regularizer import Quadratic
    >>> alike = Quadratic([([0, 1], [[1.0, -1.0], [-1.0, 1.0]])]).bind(1.0, (2, 1))
    >>> found = Coordinates.of_columns(alike, None, 1, has_intercept=True)
    >>> B, c = found.basis[0], found.diagonals[0, 0]
    >>> (B.T @ [[1, -1, 0], [-1, 1, 0], [0, 0, 0]] @ B).round(9) + 0.0, c.round(9)
    (array([[2., 0., 0.],
           [0., 0., 0.],
           [0., 0., 0.]]), array([2., 0., 0.]))
    """

    basis: FloatArray
    diagonals: FloatArray
    is_free: BoolArray
    of: IntArray

    __repr__ = showing.of_fields

    @classmethod
    def of_columns(
        cls, penalty: Adjustable, mask: BoolArray | None, n_columns: int, *, has_intercept: bool
    ) -> Coordinates:
        """Return the coordinates of C columns with feature masks (p, C).

        Raises
        ------
        ValueError
            If three or more matrices overlap that have no such coordinates.
        """
        if mask is None:
            mask, of = np.ones((penalty.n_features, 1), dtype=bool), np.zeros(n_columns, np.intp)
        else:
            mask, of = np.unique(mask, axis=1, return_inverse=True)
        blocks = _blocks(penalty)
        known: dict[tuple[int, bytes], tuple[FloatArray, FloatArray]] = {}
        n, patterns = penalty.n_features + 1, mask.shape[1]
        basis = np.zeros((patterns, n, n))
        diagonals = np.zeros((patterns, len(penalty.strength), n))
        is_free = np.vstack([mask, np.full((1, patterns), has_intercept)]).T
        for q, free in enumerate(is_free):
            basis[q][np.diag_indices(n)] = free
            for k, block in enumerate(blocks):
                inside = free[block.places]
                key = k, inside.tobytes()
                if key not in known:
                    known[key] = _diagonalised(block, inside, labels_of(penalty))
                places = block.places[inside]
                basis[q][np.ix_(places, places)] = known[key][0]
                diagonals[q][np.ix_(block.entries, places)] = known[key][1]
        return cls(basis, diagonals, is_free, of.ravel())

    def take(self, columns: IntArray) -> Coordinates:
        """Keep only some columns."""
        return Coordinates(self.basis, self.diagonals, self.is_free, self.of[columns])

    def of_gamma(self, gamma: FloatArray) -> FloatArray:
        """Return parameters (n, C) for gamma (C, n)."""
        return np.einsum("cij,cj->ic", self.basis[self.of], gamma)

    def gamma_of(self, parameters: FloatArray) -> FloatArray:
        """Return gamma (C, n) of parameters (n, C), zero where they are not free."""
        inverse = np.linalg.inv(self.basis + np.eye(self.basis.shape[1]) * ~self.is_free[:, None])
        return np.einsum("cij,jc->ci", inverse[self.of], parameters) * self.is_free[self.of]

    def gradient(self, slope: FloatArray) -> FloatArray:
        """Return derivatives by gamma (C, n), given those by the parameters (n, C)."""
        return np.einsum("cij,ic->cj", self.basis[self.of], slope)

    def hessian(self, H: FloatArray) -> FloatArray:
        """Return second derivatives by gamma, given those by the parameters, both (C, n, n).

        Of what is not free the diagonal is one.
        """
        B = self.basis[self.of] if len(self.basis) > 1 else self.basis[0]
        out = np.swapaxes(B, -1, -2) @ H @ B
        column, fixed = np.nonzero(~self.is_free[self.of])
        out[column, fixed, fixed] = 1.0
        return out

    def spread(self, inverse: FloatArray) -> FloatArray:
        """Return an inverse second derivative by gamma as one by the parameters, (C, n, n)."""
        B = self.basis[self.of] if len(self.basis) > 1 else self.basis[0]
        return B @ inverse @ np.swapaxes(B, -1, -2)


def labels_of(penalty: Adjustable) -> tuple[str, ...]:
    """Return what entries are called, or their numbers.

    >>> from spikeglm.regularizer import Quadratic
    >>> labels_of(Quadratic([([0], [[1.0]])]).bind(1.0, (1, 1)))
    ('entry 0',)
    """
    return penalty.labels or tuple(f"entry {number}" for number in range(len(penalty.strength)))


class _Block(NamedTuple):
    """Features (m,) that entries (E,) penalise together, and the rows (r, m) of each entry."""

    places: IntArray
    entries: IntArray
    rows: tuple[FloatArray, ...]


def _blocks(penalty: Adjustable) -> list[_Block]:
    """Return sets of features such that every part of the penalty lies within one."""
    of_feature = np.arange(penalty.n_features)  # the smallest feature of its set
    for part in penalty.parts:
        if len(part.places):
            joined = np.isin(of_feature, of_feature[part.places])
            of_feature[joined] = of_feature[joined].min()
    found = []
    for first in np.unique([of_feature[p.places[0]] for p in penalty.parts if len(p.rows)]):
        places = np.flatnonzero(of_feature == first)
        parts = [
            (entry, part)
            for entry, part in zip(penalty.entry_of_part, penalty.parts, strict=True)
            if len(part.rows) and of_feature[part.places[0]] == first
        ]
        entries = np.unique([entry for entry, _ in parts])
        rows = []
        for entry in entries:
            own = [part for e, part in parts if e == entry]
            wide = [np.zeros((len(part.rows), len(places))) for part in own]
            for part, out in zip(own, wide, strict=True):
                out[:, np.searchsorted(places, part.places)] = part.rows
            rows.append(np.vstack(wide))
        found.append(_Block(places, entries, tuple(rows)))
    return found


def _diagonalised(
    block: _Block, free: BoolArray, labels: tuple[str, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return coordinates (m, m) of the free features of a block, and c (E, m)."""
    rows = [G[:, free] for G in block.rows]
    sizes = np.array([float((G**2).sum()) for G in rows])
    m, E = int(free.sum()), len(rows)
    unit = np.sqrt(np.where(sizes > 0, sizes, 1.0))
    _, s, Vt = np.linalg.svd(np.vstack([G / u for G, u in zip(rows, unit, strict=True)]))
    if len(s) == 0 or s[0] == 0:
        return np.eye(m), np.zeros((E, m))
    rank = int((s > _NO_RANK * s[0]).sum())
    inside = Vt[:rank].T / s[:rank]
    along = [G @ inside / u for G, u in zip(rows, unit, strict=True)]  # squares sum to one
    if E > 1:
        weights = np.linspace(1.0, 2.0, E) if E > 2 else np.array([1.0, 0.0])
        _, turn = np.linalg.eigh(sum(w * A.T @ A for w, A in zip(weights, along, strict=True)))
        inside, along = inside @ turn, [A @ turn for A in along]
    for A in along:
        beside = A.T @ A - np.diag((A**2).sum(axis=0))
        if np.abs(beside).max(initial=0.0) > _ROUNDING:
            raise _no_coordinates([labels[e] for e in block.entries])
    share = np.array([(A**2).sum(axis=0) for A in along])
    share[share < _NO_SHARE] = 0.0
    c = np.zeros((E, m))
    c[:, :rank] = share * unit[:, None] ** 2
    return np.hstack([inside, Vt[rank:].T]), c


def _no_coordinates(labels: list[str]) -> ValueError:
    return errors.value_error(
        "Automatic strengths are not there for more than two matrices that overlap and do not "
        "commute.",
        given=", ".join(labels),
        expected="matrices such as those of a tensor product, or at most two on the same columns",
        todo="add some of them up to one entry, or give strengths as numbers.",
    )
