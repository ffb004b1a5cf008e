"""Penalty matrices as users give them: checked, and taken apart into rows with G'G = S."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import errors
from ..io.interop.timeseries import to_array
from ..typing import Array, FloatArray, IntArray
from .base import numbers_of

_ROUNDING = {True: 1e-4, False: 1e-8}  # of matrices in float32, and in float64
_NO_EIGENVALUE = 1e-14  # share of the largest, per row, that counts as none


class Entry(NamedTuple):
    """A matrix, a root of it, and the columns it is for as the user gave them."""

    columns: Any
    matrix: FloatArray  # (m, m)
    root: FloatArray  # G (r, m) with G'G = S

    @classmethod
    def of(cls, given: Any, called: str) -> Entry:
        """Return the entry of a pair (columns, S); ``called`` is what errors call it.

        Raises
        ------
        TypeError
            If it is no pair, or not numeric.
        ValueError
            If S does not fit its columns, is not symmetric or has negative eigenvalues.
        """
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise errors.type_error(
                f"Entry {called} of a quadratic penalty is not a pair.",
                given=repr(given)[:200],
                expected="(columns, S), such as (slice(0, 10), D.T @ D)",
            )
        columns, S = given
        name = f"The matrix of entry {called}"
        values = numbers_of(S, name=name, expected="(m, m) numbers, such as D.T @ D")
        is_single = to_array(S, name=name).dtype.itemsize < 8
        matrix = _checked(values, name, _ROUNDING[is_single])
        if not isinstance(columns, slice):
            _check_numbers(columns, called, len(matrix))
        return cls(columns, matrix, _root(matrix, name, _ROUNDING[is_single]))

    def placed(self, called: str, n_features: int) -> IntArray:
        """Return the columns as numbers (m,).

        Raises
        ------
        ValueError
            If there are no such features, or not as many as the matrix has rows.
        """
        size = len(self.matrix)
        if isinstance(self.columns, slice):
            places = np.arange(n_features)[self.columns]
            if len(places) != size:
                given = f"{self.columns}, which is {len(places)} of {n_features} features"
                raise _unfit_columns(called, given, size)
            return places
        places = np.asarray(self.columns, dtype=np.intp)
        if len(places) and places.max() >= n_features:
            raise errors.value_error(
                f"Entry {called} of the quadratic penalty is for features that X does not have.",
                given=f"column {places.max()}",
                expected=f"columns below {n_features}, the number of features",
            )
        return places


class Spectrum(NamedTuple):
    """Eigenvalues and vectors of a matrix S, in units in which its diagonal is one.

    Large coefficients do not hide small ones there: S = diag(unit) V diag(values) V' diag(unit).
    """

    unit: FloatArray  # (m,)
    values: FloatArray  # (m,) from small to large
    vectors: FloatArray  # V (m, m)

    @classmethod
    def of(cls, S: FloatArray) -> Spectrum:
        """Return those of a symmetric matrix."""
        diagonal = np.diag(S)
        unit = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        return cls(unit, *np.linalg.eigh(S / np.outer(unit, unit)))

    def root(self, n_null: int) -> FloatArray:
        """Return G (m - n_null, m) of full rank with G'G = S, without the smallest eigenvalues."""
        kept = slice(n_null, None)
        return np.ascontiguousarray(
            (self.vectors[:, kept] * np.sqrt(self.values[kept])).T * self.unit
        )

    def null_space(self, n_null: int) -> FloatArray:
        """Return (m, n_null): what S does not see."""
        return self.vectors[:, :n_null] / self.unit[:, None]


def _checked(S: Array, name: str, rounding: float) -> FloatArray:
    """Return a matrix (m, m) made exactly symmetric."""
    if S.ndim != 2 or S.shape[0] != S.shape[1]:
        raise errors.value_error(
            f"{name} is not square.",
            given=f"shape {S.shape}",
            expected="(m, m) for m columns",
            todo="for rows D of combinations that should be small give D.T @ D; for a penalty per "
            "column np.diag(penalty).",
        )
    if not np.isfinite(S).all():
        raise errors.value_error(
            f"{name} is not finite.", given="NaN or inf among its numbers", expected="numbers"
        )
    worst = np.abs(S - S.T).max(initial=0.0)
    if worst > rounding * np.abs(S).max(initial=0.0):
        raise errors.value_error(
            f"{name} is not symmetric.",
            given=f"S with S - S.T up to {worst:.3g}",
            expected="S equal to S.T",
            todo="give (S + S.T) / 2, which penalises the same.",
        )
    return np.asarray(0.5 * (S + S.T), dtype=np.float64)


def _root(S: FloatArray, name: str, rounding: float) -> FloatArray:
    """Return G (r, m) of full rank with G'G = S."""
    spectrum = Spectrum.of(S)
    values = spectrum.values
    if values.min(initial=0.0) < -rounding * max(values.max(initial=0.0), 1.0):
        raise errors.value_error(
            f"{name} has negative eigenvalues: its penalty would have no minimum.",
            given=f"a smallest eigenvalue of {np.linalg.eigvalsh(S)[0]:.3g}",
            expected="a positive semidefinite matrix",
            todo="for rows D of combinations that should be small give D.T @ D, for a kernel K of "
            "a Gaussian process its inverse np.linalg.inv(K).",
        )
    most = _NO_EIGENVALUE * len(S) * values.max(initial=0.0)
    return spectrum.root(int((values <= most).sum()))


def _check_numbers(columns: Any, called: str, size: int) -> None:
    """Check that columns are as many whole numbers as the matrix has rows, each once."""
    values = np.asarray(columns)
    expected = f"a slice, or {size} numbers of features"
    if values.dtype.kind not in "iu" or values.ndim != 1:
        raise errors.type_error(
            f"The columns of entry {called} are not whole numbers.",
            given=repr(columns)[:200],
            expected=expected,
            todo="for a mask of features give np.flatnonzero(mask).",
        )
    if len(values) != size:
        raise _unfit_columns(called, f"{len(values)} columns", size)
    if len(set(values.tolist())) < size or (values < 0).any():
        raise errors.value_error(
            f"The columns of entry {called} come twice, or are below zero.",
            given=repr(columns)[:200],
            expected="each feature once, counted from zero",
        )


def _unfit_columns(called: str, given: str, size: int) -> ValueError:
    return errors.value_error(
        f"The columns and the matrix of entry {called} do not fit each other.",
        given=f"{given}, and a matrix ({size}, {size})",
        expected="a row and a column of the matrix for each column",
    )
