"""Penalties that are squares of combinations of coefficients: matrices in place of a diagonal.

A symmetric matrix without negative eigenvalues is a product S = G'G, so that

    ½ w'S w  =  ½ |G w|²  =  ½ sum_r (g_r . w)²

and a sum of such terms, each with a strength of its own, is ½ sum_r s_r (g_r . w)²: its derivatives
are G'(s ∘ G w) and G' diag(s) G, in other units d z = w it has G diag(d), and it has no curvature
where G w is zero. A ridge is G = 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .. import showing
from ..typing import FloatArray, IntArray


class Part(NamedTuple):
    """Some rows of G, which are zero but in some places."""

    places: IntArray  # (m,) coefficients
    rows: FloatArray  # (r, m)


@dataclass(frozen=True, eq=False)
class Squares:
    """½ sum_r s_r (g_r . w)² for C columns of p coefficients.

    Attributes
    ----------
    parts :
        G (R, p), some rows at a time.
    strength :
        s (R, C).
    n_coefficients :
        p.

    Examples
    --------
    >>> difference = Part(np.array([0, 1]), np.array([[-1.0, 1.0]]))
    >>> smooth = Squares((difference,), np.array([[3.0]]), 2)
    >>> W = np.array([[1.0], [3.0]])
    >>> smooth.value(W), smooth.gradient(W).ravel()
    (array([6.]), array([-6.,  6.]))
    >>> smooth.matrix(smooth.strength[:, 0])
    array([[ 3., -3.],
           [-3.,  3.]])
    """

    parts: tuple[Part, ...]
    strength: FloatArray
    n_coefficients: int

    __repr__ = showing.of_fields

    def take(self, columns: IntArray) -> Squares:
        """Keep only some columns."""
        return replace(self, strength=self.strength[:, columns])

    def times(self, factor: FloatArray) -> Squares:
        """Return the penalty with each column's strengths multiplied, (C,)."""
        return replace(self, strength=self.strength * factor)

    def in_units(self, unit: FloatArray) -> Squares:
        """Return the same as a function of z, with w = unit z; unit is (p,)."""
        parts = (Part(places, rows * unit[places]) for places, rows in self.parts)
        return replace(self, parts=tuple(parts))

    def of(self, matrix: FloatArray) -> Squares:
        """Return the same as a function of u, with w = matrix u; matrix is (p, q)."""
        q = matrix.shape[1]
        parts = (Part(np.arange(q), rows @ matrix[places]) for places, rows in self.parts)
        return Squares(tuple(parts), self.strength, q)

    def value(self, W: FloatArray) -> FloatArray:
        """Return the penalty of each column, (C,)."""
        out = np.zeros(W.shape[1])
        for (places, rows), strength in self._with_strengths():
            out = out + 0.5 * (strength * (rows @ W[places]) ** 2).sum(axis=0)
        return out

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return the derivative, (p, C)."""
        out = np.zeros_like(W, dtype=np.float64)
        for (places, rows), strength in self._with_strengths():
            out[places] += rows.T @ (strength * (rows @ W[places]))
        return out

    @cached_property
    def diagonal(self) -> FloatArray:
        """(p, C) diagonal of the second derivative."""
        out = np.zeros((self.n_coefficients, self.strength.shape[1]))
        for (places, rows), strength in self._with_strengths():
            out[places] += (rows**2).T @ strength
        return out

    def matrix(self, strength: FloatArray, among: slice = slice(None)) -> FloatArray:
        """Return G' diag(s) G among some coefficients in a row, for strengths s (R,).

        Of parts that reach beyond ``among`` nothing is in it.
        """
        start, stop, _ = among.indices(self.n_coefficients)
        out = np.zeros((stop - start, stop - start))
        first = 0
        for places, rows in self.parts:
            own = strength[first : first + len(rows)]
            first += len(rows)
            if _is_within(places, start, stop) and own.any():
                out[np.ix_(places - start, places - start)] += (rows.T * own) @ rows
        return out

    def straddling(self, strength: FloatArray, slices: tuple[slice, ...]) -> FloatArray:
        """Return V (p, k) with V V' = G' diag(s) G of the parts that lie within no slice."""
        found = [np.zeros((self.n_coefficients, 0))]
        first = 0
        for places, rows in self.parts:
            own = strength[first : first + len(rows)]
            first += len(rows)
            if not any(_is_within(places, s.start, s.stop) for s in slices):
                columns = np.zeros((self.n_coefficients, len(rows)))
                columns[places] = rows.T * np.sqrt(own)
                found.append(columns)
        return np.hstack(found)

    def add_to(self, H: FloatArray, places: slice = slice(None)) -> None:
        """Add the second derivatives to matrices H (C, n, n), in place.

        ``places`` are the rows and columns of H that stand for the coefficients.
        """
        view = H[:, places, places]
        for c, strength in enumerate(self.strength.T):
            view[c, : self.n_coefficients, : self.n_coefficients] += self.matrix(strength)

    def along(self, directions: FloatArray) -> FloatArray:
        """Return G times directions (p, m), (R, m)."""
        found = [np.zeros((0, directions.shape[1]))]
        return np.vstack(found + [rows @ directions[places] for places, rows in self.parts])

    def rows_of_one(self, factor: float) -> FloatArray:
        """Return G (R, p + 1) of one column with its strengths, times a factor, in its rows.

        >>> difference = Part(np.array([0, 1]), np.array([[-1.0, 1.0]]))
        >>> Squares((difference,), np.array([[4.0]]), 2).rows_of_one(1.0)
        array([[-2.,  2.,  0.]])
        """
        G = self.along(np.eye(self.n_coefficients, self.n_coefficients + 1))
        out: FloatArray = G * np.sqrt(factor * self.strength)
        return out

    @property
    def size(self) -> FloatArray:
        """(R,) lengths of the rows of G."""
        found = [np.zeros(0)] + [np.linalg.norm(rows, axis=1) for _, rows in self.parts]
        return np.concatenate(found)

    def _with_strengths(self) -> Iterator[tuple[Part, FloatArray]]:
        first = 0
        for part in self.parts:
            yield part, self.strength[first : first + len(part.rows)]
            first += len(part.rows)


def as_squares(penalty: Any, n_features: int, n_columns: int, n_classes: int) -> Squares:
    """Return the smooth part of any penalty on weights (p K, C) as squares, of class columns."""
    found = squares_of(penalty, n_columns)
    if found is not None:
        return found
    shape = n_features * n_classes, n_columns
    strength = np.broadcast_to(penalty.curvature(shape), shape).reshape(n_features, -1)
    return Squares((Part(np.arange(n_features), np.eye(n_features)),), strength, n_features)


def squares_of(penalty: Any, n_columns: int) -> Squares | None:
    """Return the smooth part of a penalty as squares; None where its curvature is a diagonal.

    Penalties of the latter kind need not say so.
    """
    tell = getattr(penalty, "squares", None)
    found: Squares | None = None if tell is None else tell(n_columns)
    return found


def _is_within(places: IntArray, start: int, stop: int) -> bool:
    return len(places) == 0 or bool(places.min() >= start and places.max() < stop)
