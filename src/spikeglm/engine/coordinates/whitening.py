"""Coordinates in which a curvature is the identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ... import showing
from ...regularizer.squares import Squares
from ...typing import Array, BoolArray, FloatArray
from .block_diagonal import BlockDiagonal
from .correlation import Correlation
from .feature_facts import RANK_TOLERANCE

_SMALL = 100  # features for which importing LAPACK's own takes longer than it saves


@dataclass(frozen=True, eq=False)
class Whitening:
    """Coordinates z = B x in which F = h R + Lambda is the identity: B F B' = 1.

    With a factor L of the blocks of F = L L' + V V', and the singular vectors Q and values s of
    L⁻¹ V,

        B  =  (1 - Q diag(c) Q') L⁻¹,        c = 1 - 1 / sqrt(1 + s²)

    On combinations of features that are known to be constant B is zero: they have no curvature.

    Attributes
    ----------
    blocks :
        L⁻¹ (p, p); rows of zeros for features that do not move or are linearly dependent.
    shared :
        Q (p, k), or None where the blocks are all there is.
    shrink :
        c (k,).
    excluded :
        (p, m) orthonormal, on which B is zero; or None.
    """

    blocks: BlockDiagonal
    shared: FloatArray | None = None
    shrink: FloatArray | None = None
    excluded: FloatArray | None = None

    __repr__ = showing.of_fields

    @classmethod
    def of(
        cls,
        correlation: Correlation,
        h: float,
        ridge: FloatArray,
        frozen: BoolArray,
        squares: Squares | None = None,
    ) -> Whitening:
        """Return coordinates for R times h, plus a ridge (p,), of the features not frozen (p,).

        With squares, the ridge is their strengths (R,).
        """

        def factored(R: FloatArray, where: slice) -> FloatArray:
            F = h * R
            if squares is None:
                F[np.diag_indices(len(F))] += ridge[where]
            else:
                F += squares.matrix(ridge, where)
            return whitening(F, frozen[where])

        blocks = correlation.blocks.map(factored)
        excluded = _without_curvature(correlation, ridge, frozen)
        factor = None if correlation.factor is None else np.sqrt(h) * correlation.factor
        if squares is not None and len(correlation.blocks.blocks) > 1:
            beyond = squares.straddling(ridge, correlation.blocks.slices)
            factor = beyond if factor is None else np.hstack([factor, beyond])
        if factor is None or not factor.shape[1]:
            return cls(blocks, excluded=excluded)
        M = blocks @ factor
        values, vectors = np.linalg.eigh(M.T @ M)
        kept = values > np.finfo(float).eps * len(M) * max(values[-1], 1.0)
        Q = M @ (vectors[:, kept] / np.sqrt(values[kept]))
        return cls(blocks, Q, 1.0 - 1.0 / np.sqrt(1.0 + values[kept]), excluded)

    def __matmul__(self, x: FloatArray) -> FloatArray:
        """Return B x for x (p, ...)."""
        return self._shrunk(self.blocks @ self._kept(x))

    def transposed_times(self, z: FloatArray) -> FloatArray:
        """Return B' z for z (p, ...)."""
        return self._kept(self.blocks.transposed_times(self._shrunk(z)))

    def of_rows(self, X: Array) -> FloatArray:
        """Return the coordinates of each row of X (B, p)."""
        z = self.blocks.times_rows(X if self.excluded is None else self._kept(X.T).T)
        return z if self.shared is None else self._shrunk(z.T).T

    def variances(self, correlation: Correlation) -> FloatArray:
        """Return (p,) the diagonal of B R B'."""
        pairs = zip(self.blocks.blocks, correlation.blocks.blocks, strict=True)
        plain = [np.einsum("ij,ij->i", B @ R, B) for B, R in pairs]
        out = self._diagonal(np.concatenate(plain), lambda x: correlation.blocks @ x)
        factor = correlation.factor
        return out if factor is None else out + ((self @ factor) ** 2).sum(axis=1)

    def ridges(self, ridge: FloatArray) -> FloatArray:
        """Return the diagonals of B Lambda B' for each column of ridge (p, A)."""
        plain = self.blocks.map(lambda block, _: block**2) @ ridge
        if self.shared is None or not plain.size:
            return plain
        columns = zip(plain.T, ridge.T, strict=True)
        return np.stack([self._diagonal(d, partial(_scaled, r)) for d, r in columns], axis=1)

    def penalties(self, squares: Squares, strength: FloatArray) -> FloatArray:
        """Return the diagonals of B G' diag(s) G B' for each column of strengths s (R, A)."""
        out = np.zeros((squares.n_coefficients, strength.shape[1]))
        first = 0
        for places, rows in squares.parts:
            combinations = np.zeros((squares.n_coefficients, len(rows)))
            combinations[places] = rows.T
            out += (self @ combinations) ** 2 @ strength[first : first + len(rows)]
            first += len(rows)
        return out

    def _kept(self, x: FloatArray) -> FloatArray:
        return x if self.excluded is None else x - self.excluded @ (self.excluded.T @ x)

    def _shrunk(self, z: FloatArray) -> FloatArray:
        if self.shared is None or self.shrink is None:
            return z
        return z - self.shared @ (self.shrink[:, None] * (self.shared.T @ z))

    def _diagonal(self, plain: FloatArray, times: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Return the diagonal of B S B', given that of L⁻¹ S L⁻ᵀ and the product with S."""
        if self.shared is None or self.shrink is None:
            return plain
        Qc = self.shared * self.shrink
        SQ = self.blocks @ times(self.blocks.transposed_times(self.shared))
        square = Qc @ (self.shared.T @ SQ * self.shrink)
        return plain - 2 * (SQ * Qc).sum(axis=1) + (square * self.shared).sum(axis=1)


def _without_curvature(
    correlation: Correlation, ridge: FloatArray, frozen: BoolArray
) -> FloatArray | None:
    """Return the constant combinations of features that move and are not penalised."""
    null = correlation.null_space
    if null is None or null.shape[1] == 0 or ridge.any():
        return None
    if not frozen.any():
        return null
    _, values, vectors = np.linalg.svd(null[frozen])
    rank = int((values > np.sqrt(RANK_TOLERANCE)).sum())
    return null @ vectors[rank:].T


def whitening(F: FloatArray, frozen: BoolArray) -> FloatArray:
    """Return B (p, p) with B F B' = 1 on the features that are not frozen: a Cholesky factor.

    Where features are linearly dependent it is made of eigenvectors, and B'B is the pseudo-inverse
    of F: steps then have the smallest norm among all that predict the same. Unused rows are zero.
    """
    free = np.flatnonzero(~frozen & (np.diag(F) > 0))
    if len(free) == 0:
        return np.zeros_like(F)
    # In units in which the diagonal is one: a strong penalty on one feature hides no other.
    unit = np.sqrt(np.diag(F)[free])
    sub = F[np.ix_(free, free)]
    sub /= unit
    sub /= unit[:, None]
    try:
        factor = np.linalg.cholesky(sub)
        if np.diag(factor).min() ** 2 < RANK_TOLERANCE * len(free):
            raise np.linalg.LinAlgError
        B = _inverse_of_triangle(factor)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(sub)
        kept = values > RANK_TOLERANCE * len(free)
        B = np.zeros_like(sub)
        B[kept] = (vectors[:, kept] / np.sqrt(values[kept])).T
    B /= unit
    if len(free) == len(F):
        return B
    out = np.zeros_like(F)
    out[np.ix_(free, free)] = B
    return out


def _scaled(ridge: FloatArray, x: FloatArray) -> FloatArray:
    return ridge[:, None] * x


def _inverse_of_triangle(factor: FloatArray) -> FloatArray:
    """Return the inverse of a lower triangle: a third of the work of inverting any matrix."""
    if len(factor) < _SMALL:
        return np.tril(np.linalg.inv(factor))
    from scipy.linalg.lapack import dtrtri

    # The transpose of an array in C's order is one in Fortran's, which LAPACK works on in place.
    inverse, _ = dtrtri(factor.T, lower=0, overwrite_c=1)
    return inverse.T
