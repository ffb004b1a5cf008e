"""Quadratic forms that test as many numbers as the data determine.

Of a term with coefficients b, the data determine those combinations that lie in no direction of
which they say nothing (``void``: of splines that add up to one, the level that the intercept has
too). An orthonormal basis L of these, in units in which coefficients are about as sure, makes

    W = b'L (L'V L)⁻¹ L'b

whose degrees of freedom are the columns of L: the rank of the design less its rank without the
term. It is the same for every L and for every solution b of a rank-deficient fit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...typing import FloatArray, IntArray
from ..information.optimum import Uncertainty

_IN_VOID = 1e-6  # share of a direction in a term from which it counts
_RANK = 1e-11  # per row: share of the largest eigenvalue that is rounding


class QuadraticForm(NamedTuple):
    """A statistic that is chi-squared under the hypothesis, with its degrees of freedom.

    ``rank`` is that of the covariance: less than ``df`` where there are too few observations of it
    (clusters, say), and then the statistic is NaN.

    >>> QuadraticForm(3.0, df=2, rank=2).df
    2
    """

    statistic: float
    df: int
    rank: int


def determined(sure: Uncertainty, features: IntArray) -> FloatArray:
    """Return combinations (b, r) of the coefficients of some features that the data determine.

    Parameters
    ----------
    sure :
        How sure the parameters are, with the directions of which the data say nothing.
    features :
        (b,) which, none of them masked.

    Returns
    -------
    numpy.ndarray
        L (b, r): columns are orthonormal for coefficients in units of their standard errors.

    >>> both = Uncertainty(np.eye(3), np.zeros(3, bool), np.array([[1.0], [1.0], [0.0]]))
    >>> np.abs(determined(both, np.array([0, 1]))).round(3)
    array([[0.707],
           [0.707]])
    """
    variance = np.diag(sure.covariance)[features]
    unit = np.sqrt(np.where(variance > 0, variance, 1.0))
    if sure.void is None or not sure.void.size:
        return np.diag(1.0 / unit)
    part = sure.void[features] / unit[:, None]
    U, size, _ = np.linalg.svd(part, full_matrices=True)
    rank = int((size > _IN_VOID * np.abs(part).max(initial=1.0)).sum())
    out: FloatArray = U[:, rank:] / unit[:, None]
    return out


def wald(estimate: FloatArray, covariance: FloatArray, combinations: FloatArray) -> QuadraticForm:
    """Return the statistic for the hypothesis that combinations (b, r) of estimates (b,) are zero.

    >>> wald(np.array([2.0, 1.0]), np.diag([1.0, 0.25]), np.eye(2))
    QuadraticForm(statistic=8.0, df=2, rank=2)
    """
    value = combinations.T @ estimate
    V = combinations.T @ covariance @ combinations
    return inverse_form(value, V)


def inverse_form(value: FloatArray, V: FloatArray) -> QuadraticForm:
    """Return v' V⁻¹ v of v (r,) with its covariance V (r, r).

    >>> inverse_form(np.array([2.0, 1.0]), np.ones((2, 2))).rank
    1
    """
    df = len(value)
    unit = np.sqrt(np.maximum(np.diag(V), 0.0))
    if df == 0 or not np.isfinite(V).all() or not (unit > 0).all():
        return QuadraticForm(np.nan, df, int((unit > 0).sum()))
    values, vectors = np.linalg.eigh(V / np.outer(unit, unit))
    rank = int((values > _RANK * df * values[-1]).sum())
    if rank < df:
        return QuadraticForm(np.nan, df, rank)
    along = vectors.T @ (value / unit)
    return QuadraticForm(float((along**2 / values).sum()), df, rank)


def schur(F: FloatArray, inside: IntArray, inverse_outside: FloatArray) -> FloatArray:
    """Return the information on some parameters that is left where the others are free.

    Parameters
    ----------
    F :
        (n, n).
    inside :
        (b,) numbers of the parameters in question.
    inverse_outside :
        (n, n) a generalised inverse of F among the others, zero elsewhere.

    >>> schur(np.array([[2.0, 1.0], [1.0, 1.0]]), np.array([0]), np.diag([0.0, 1.0]))
    array([[1.]])
    """
    across = F[inside]
    out: FloatArray = across[:, inside] - across @ inverse_outside @ across.T
    return out
