"""Features that are nearly the same, told apart: small differences as features of their own.

Two features x and x' = x + 1e-7 n differ by something that X'X, a sum of squares, keeps no digit
of: 1e-14 beside one. The rows themselves still hold half of its digits. So the combination is
computed row by row, given a variance of one, and takes the place of a feature:

    (x, x')   becomes   (x, z),        z = (x' - x - mean) / deviation

and a fit on these is as good as a QR factorisation of the rows. Nothing else needs to know: solvers
see features that are far from dependent, and the weights that they find are taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import showing
from ..regularizer.base import PenaltyTerm
from ..regularizer.firth import is_of_information
from ..regularizer.nonsmooth import Kinks
from ..regularizer.squares import Squares, squares_of
from ..typing import Array, FloatArray, IntArray


class Redundant(NamedTuple):
    """k features that others make up for: x N = c on every row, and N is the identity there."""

    places: IntArray  # (k,)
    null: FloatArray  # N (p, k)
    constant: FloatArray  # c (k,)

    @classmethod
    def of(cls, null: FloatArray, constant: FloatArray, size: FloatArray) -> Redundant:
        """Choose features of size (p,) to do without, given combinations that are constant."""
        places = most_different(null * size[:, None])
        inverse = np.linalg.inv(null[places])
        return cls(places, null @ inverse, constant @ inverse)

    def removed_from(self, W: FloatArray) -> FloatArray:
        """Return weights (p, A) that predict the same but for a constant, without the features."""
        return W - self.null @ W[self.places]


@dataclass(frozen=True, eq=False)
class Combinations:
    """m combinations z = x V - c of p features, each in the place of one feature.

    Attributes
    ----------
    weights :
        V (p, m).
    centre :
        c (m,).
    places :
        (m,) the features that they replace; V is invertible there.
    redundant :
        Features that are not needed beside the others.

    Examples
    --------
    >>> difference = np.array([[-1.0], [1.0]])
    >>> none = Redundant.of(np.zeros((2, 0)), np.zeros(0), np.ones(2))
    >>> told_apart = Combinations(difference, np.zeros(1), np.array([1]), none)
    >>> told_apart.of_rows(np.array([[2.0, 5.0]]))
    array([[2., 3.]])
    >>> W, _ = told_apart.weights_of_rows(np.array([[1.0], [10.0]]), np.zeros(1))
    >>> W.ravel()
    array([-9., 10.])
    """

    weights: FloatArray
    centre: FloatArray
    places: IntArray
    redundant: Redundant

    __repr__ = showing.of_fields

    @classmethod
    def of(
        cls, weights: FloatArray, centre: FloatArray, redundant: Redundant, size: FloatArray
    ) -> Combinations:
        """Choose the places among features of size (p,): where the combinations differ most.

        The features that are left must not be able to make a combination up between them, so those
        that are redundant count as what they are made of.
        """
        places = most_different(redundant.removed_from(weights) * size[:, None])
        return cls(weights, centre, places, redundant)

    def of_rows(self, X: Array) -> Array:
        """Return rows (B, p) with the combinations in their places."""
        if not self.places.size:
            return X
        out = np.array(X, dtype=np.float64, order="C")
        out[:, self.places] = X @ self.weights - self.centre
        return out

    def weights_of_rows(self, U: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return weights W (p, A) and intercepts for plain rows that predict the same."""
        return self.of_weights(U), b - self.centre @ U[self.places]

    def weights_here(self, W: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return weights U (p, A) and intercepts for these rows that predict the same."""
        b = b + self.redundant.constant @ W[self.redundant.places]
        W = self.redundant.removed_from(W)
        seen = self.redundant.removed_from(self.weights)
        own = np.linalg.solve(seen[self.places], W[self.places])
        U = W - seen @ own
        U[self.places] = own
        # z is made of the redundant features as they are: what removing them adds is a constant.
        lost = self.redundant.constant @ self.weights[self.redundant.places]
        return U, b + (self.centre - lost) @ own

    def of_weights(self, U: FloatArray) -> FloatArray:
        """Return weights W (p, A) of plain rows for U of these."""
        W = U.copy()
        W[self.places] = 0.0
        return W + self.weights @ U[self.places]

    def transposed(self, G: FloatArray) -> FloatArray:
        """Return derivatives by U, given those by W = :meth:`of_weights` of U; (p, A)."""
        out = G.copy()
        out[self.places] = self.weights.T @ G
        return out


def most_different(weights: FloatArray) -> IntArray:
    """Return the (m,) rows of weights (p, m) that are furthest from dependent.

    >>> most_different(np.array([[1.0], [-3.0], [2.0]]))
    array([1])
    """
    from scipy.linalg import qr

    if not weights.size:
        return np.zeros(0, dtype=np.intp)
    in_units = (weights / np.linalg.norm(weights, axis=0)).T
    order = qr(in_units, mode="r", pivoting=True)[1]
    return np.asarray(order[: weights.shape[1]], dtype=np.intp)


@dataclass(frozen=True, eq=False)
class PenaltyThere:
    """A smooth penalty on W (p K, C) as a function of U, the weights of combined features.

    With K classes, row j K + k is feature j of class k.
    """

    penalty: PenaltyTerm
    combinations: Combinations
    n_classes: int = 1

    is_smooth = True

    @property
    def is_of_information(self) -> bool:
        """Whether the penalty is a function of the information, which no combination changes."""
        return is_of_information(self.penalty)

    def take(self, columns: IntArray) -> PenaltyThere:
        """Keep only some columns."""
        return PenaltyThere(self.penalty.take(columns), self.combinations, self.n_classes)

    def times(self, factor: FloatArray) -> PenaltyThere:
        """Return the penalty with each column's strengths multiplied, (C,)."""
        return PenaltyThere(self.penalty.times(factor), self.combinations, self.n_classes)

    def value(self, U: FloatArray) -> FloatArray:
        """Return the penalty of each column, (C,)."""
        return self.penalty.value(self._weights(U))

    def gradient(self, U: FloatArray) -> FloatArray:
        """Return its derivative by U, (p K, C)."""
        by_W = self.penalty.gradient(self._weights(U))
        return self.combinations.transposed(self._wide(by_W)).reshape(U.shape)

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return the diagonal of its second derivative, (p K, C)."""
        by_W = self._wide(np.broadcast_to(self.penalty.curvature(shape), shape))
        out = by_W.copy()
        out[self.combinations.places] = (self.combinations.weights**2).T @ by_W
        return out.reshape(shape)

    def squares(self, n_columns: int) -> Squares | None:
        """Return it as squares, of class columns; None where that of W has a diagonal."""
        by_W = squares_of(self.penalty, n_columns)
        if by_W is None:
            return None
        return by_W.of(self.combinations.of_weights(np.eye(by_W.n_coefficients)))

    def kinks(self, unit: FloatArray, n_columns: int) -> Kinks | None:
        """Return None: it is smooth."""

    def _weights(self, U: FloatArray) -> FloatArray:
        return self.combinations.of_weights(self._wide(U)).reshape(U.shape)

    def _wide(self, values: FloatArray) -> FloatArray:
        """Return (p K, C) as (p, K C)."""
        return np.ascontiguousarray(values).reshape(-1, self.n_classes * values.shape[1])
