"""Coordinates in which the rows of a small table are orthonormal, found without X'X.

A sum of squares keeps half of the digits of what it sums. Of rows that are few enough to be kept as
they are, a singular value decomposition loses none: with X the centred features that move, ½ |G w|²
the penalty, D the size of their columns together, N the combinations of columns D⁻¹ that are known
to be constant, F an orthonormal complement of N, and E the size of columns of what is decomposed,

    ( √a X D⁻¹ )
    (   G D⁻¹  ) (F N) E⁻¹  =  U S V',        B = D⁻¹ (F N) E⁻¹ V / S,

features in the coordinates u, w = B u, have together with their penalty a curvature of about one in
every direction, also where features in units of 1e11 are combinations of each other but for
something of size one. Without a penalty there is no N. Products with rows are computed in extended
precision where the platform has it: what is known to be constant may still differ a little there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .. import showing
from ..regularizer.base import PenaltyTerm
from ..regularizer.nonsmooth import Kinks
from ..regularizer.squares import Part, Squares, as_squares
from ..typing import Array, BoolArray, FloatArray, IntArray

_NO_SHARE = 1e-12  # of a combination in features that do not move: rounding
_UNRESOLVED = 1e-14  # of the largest singular value

Extended = np.longdouble


class Coordinates(NamedTuple):
    """w = w₀ + B u: what moves, and the rows there."""

    weights: FloatArray  # B (p, r), in the user's scale
    rows: FloatArray  # (M, r) centred features times B
    centre: Array  # (p,) of the features, zero without an intercept


def resolved(
    X: Array,
    row_weights: FloatArray,
    *,
    moves: BoolArray,
    scale: FloatArray,
    null: FloatArray,
    root: FloatArray,
    is_centred: bool,
) -> Coordinates:
    """Return coordinates in which rows are orthonormal.

    Parameters
    ----------
    X, row_weights :
        M rows (M, p) in extended precision, and their weights (M,).
    moves :
        (p,) the features that may move.
    scale :
        (p,) in which they are standardised.
    null :
        (p, k) orthonormal combinations of standardised features that are constant.
    root :
        G (R, p) with a penalty of ½ |G w|², over the root of the loss's curvature per row.
    is_centred :
        Whether there is an intercept.
    """
    share = (row_weights / row_weights.sum()).astype(Extended)
    centre = share @ X if is_centred else np.zeros(len(scale), dtype=Extended)
    j = np.flatnonzero(moves)
    unit = np.hypot(scale[j], np.linalg.norm(root[:, j], axis=0))
    constant, free = _split(null, moves, unit / scale[j])
    penalty = root[:, j] / unit
    if not penalty.any():
        constant = constant[:, :0]
    basis = np.hstack([free, constant])
    seen = ((X[:, j] - centre[j]) / unit) @ basis.astype(Extended)
    top = (np.sqrt(share)[:, None] * seen).astype(np.float64)
    A = np.vstack([top, penalty @ basis])
    size = np.linalg.norm(A, axis=0)
    size = np.where((size > 0) & np.isfinite(size), size, np.inf)  # inf: of no use
    _, values, right = np.linalg.svd(np.nan_to_num(A) / size, full_matrices=False)
    kept = values > _UNRESOLVED * values.max(initial=0.0)
    mixed = right[kept].T / values[kept] / size[:, None]
    weights = np.zeros((len(scale), mixed.shape[1]))
    weights[j] = basis @ mixed / unit[:, None]
    rows = seen @ mixed.astype(Extended)
    return Coordinates(weights, rows.astype(np.float64), centre)


def _split(
    null: FloatArray, moves: BoolArray, stretch: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the constant combinations of features that move, (m, k), and a complement.

    In coordinates that are ``stretch`` (m,) times those of the combinations.
    """
    _, left_out, right = np.linalg.svd(null[~moves], full_matrices=True)
    rest = np.append(left_out, np.zeros(null.shape[1] - len(left_out)))
    constant = null[moves] @ right[rest <= _NO_SHARE].T * stretch[:, None]
    k = constant.shape[1]
    complete = np.linalg.qr(constant, mode="complete")[0] if k else np.eye(len(constant))
    return complete[:, :k], complete[:, k:]


@dataclass(frozen=True, eq=False)
class PenaltyHere:
    """The penalty of one problem of K columns around coefficients, as far as no kink is met.

    Attributes
    ----------
    penalty, kinks :
        On weights (p K, 1) in the user's scale; None for no kinks.
    point :
        (p, K).
    """

    penalty: PenaltyTerm
    kinks: Kinks | None
    point: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, penalty: PenaltyTerm, point: FloatArray) -> PenaltyHere:
        """Return it around a point (p, K)."""
        return cls(penalty, penalty.kinks(np.ones(point.size), 1), point)

    @property
    def moves(self) -> BoolArray:
        """(p, K) True where a coefficient can move a little without meeting a kink."""
        if self.kinks is None:
            return np.ones(self.point.shape, dtype=bool)
        return self.kinks.moves(_with_intercept(self.point))[0, :-1].reshape(self.point.shape)

    @cached_property
    def squares(self) -> Squares:
        """The second derivative; of norms over several classes one that is not less."""
        p, K = self.point.shape
        smooth = as_squares(self.penalty, p, 1, K)
        if self.kinks is None:
            return smooth
        bend = self.kinks.bend(_with_intercept(self.point))[0, :-1, :-1]
        rows, strength = np.eye(p), np.diag(bend).reshape(p, K)
        if K == 1:
            values, vectors = np.linalg.eigh(bend)
            rows, strength = vectors.T, np.maximum(values, 0.0)[:, None]
        everything = Part(np.arange(p), rows)
        return Squares((*smooth.parts, everything), np.vstack([smooth.strength, strength]), p)

    @property
    def root(self) -> FloatArray:
        """G (R, p) with squares of ½ |G w|², or of less for some classes."""
        strength = self.squares.strength.max(axis=1)
        return np.sqrt(strength)[:, None] * self.squares.along(np.eye(len(self.point)))

    def along(self, weights: FloatArray) -> PenaltyAlong:
        """Return it as a function of u (r, K), with coefficients of point + weights u."""
        return PenaltyAlong(self, weights)


@dataclass(frozen=True, eq=False)
class PenaltyAlong:
    """A penalty as a smooth function of coordinates u (r, K), see :class:`PenaltyHere`."""

    here: PenaltyHere
    weights: FloatArray  # (p, r)

    __repr__ = showing.of_fields
    is_smooth = True

    def take(self, columns: IntArray) -> PenaltyAlong:
        """Return the same, once for each of some columns that all are the one it is for."""
        return self

    def times(self, factor: FloatArray) -> PenaltyAlong:
        """Refuse: its point is that of one strength."""
        raise NotImplementedError

    def value(self, U: FloatArray) -> FloatArray:
        """Return the penalty, (1,)."""
        return self.here.penalty.value(self._there(U))

    def gradient(self, U: FloatArray) -> FloatArray:
        """Return its derivative, (r K, 1)."""
        W, kinks = self._there(U), self.here.kinks
        slope = np.asarray(self.here.penalty.gradient(W))
        if kinks is not None:
            slope = slope + kinks.slope(_with_intercept(W))[:, :-1].T
        return (self.weights.T @ slope.reshape(self.here.point.shape)).reshape(U.shape)

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return the diagonal of its second derivative, (r K, 1)."""
        return self._squares.diagonal.reshape(shape)

    def squares(self, n_columns: int) -> Squares:
        """Return its second derivative as squares, of class columns."""
        return self._squares

    def kinks(self, unit: FloatArray, n_columns: int) -> None:
        """Return None: it is smooth as far as it goes."""

    @cached_property
    def _squares(self) -> Squares:
        return self.here.squares.of(self.weights)

    def _there(self, U: FloatArray) -> FloatArray:
        K = self.here.point.shape[1]
        return (self.here.point + self.weights @ U.reshape(-1, K)).reshape(-1, 1)


def _with_intercept(W: FloatArray) -> FloatArray:
    """Return coefficients as the coordinates (1, p K + 1) of kinks."""
    return np.append(W, 0.0)[None]
