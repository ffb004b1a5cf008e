"""One curvature shared by all columns, adapted to each by a cheap diagonal.

A column's Hessian is X' diag(h) X, and computing it for every column costs p passes each. But up to
the weighting h they are all X'X. So we factor the correlation matrix R of the features once, and
model the curvature of column c as

    H_c  =  [ D F D + h m m'   h m ]          F = h_g R + Lambda
            [ h m'             h   ]

where h is the column's mean curvature, m and v the mean and variance of the features under it, and
D the diagonal that gives H_c its true diagonal: D_j² = (h v_j + Lambda_j) / (h_g + Lambda_g,j).
Without a penalty (Lambda = 0) all columns share one factor; with one, columns of similar h do, and
where every column has a penalty or a mask of its own, columns of similar h and penalty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.linalg

from ..typing import BoolArray, FloatArray, IntArray

_RANK_TOLERANCE = 1e-12
_SMALLEST_VARIANCE = 1e-4
_MOST_FACTORS = 64


@dataclass(frozen=True, eq=False)
class SharedCurvature:
    """The model above for C columns; ``solve`` applies its inverse.

    Attributes
    ----------
    inverses :
        Inverse (or, where features are linearly dependent, pseudo-inverse) of F per group.
    group :
        (C,) which of them a column uses.
    group_h, group_ridge :
        (C,) h_g and (p, C) Lambda_g, the mean curvature and the penalty its F was made for.
    ridge :
        (p, C) Lambda.
    frozen :
        (p + 1, C) parameters that do not move.
    h, mean, scale :
        (C,), (p, C) and (p, C): h, m and D of each column.
    """

    inverses: tuple[FloatArray, ...]
    group: IntArray
    group_h: FloatArray
    group_ridge: FloatArray
    ridge: FloatArray
    frozen: BoolArray
    h: FloatArray
    mean: FloatArray
    scale: FloatArray

    @classmethod
    def initial(
        cls, correlation: FloatArray, h: FloatArray, ridge: FloatArray, frozen: BoolArray
    ) -> SharedCurvature:
        """Build the model for columns of mean curvature ``h`` (C,), all rows weighing alike."""
        group, group_h = _groups(h, ridge, frozen)
        group_ridge = np.empty_like(ridge)
        inverses = []
        for g in range(group.max() + 1):
            members = np.flatnonzero(group == g)
            group_ridge[:, members] = ridge[:, members].mean(axis=1, keepdims=True)
            F = group_h[members[0]] * correlation + np.diag(group_ridge[:, members[0]])
            inverses.append(
                inverse_or_pseudo_inverse(F, np.logical_and.reduce(frozen[:-1, members], axis=1))
            )
        p, n_columns = ridge.shape
        nothing = np.zeros((p, n_columns))
        unadapted = cls(
            tuple(inverses), group, group_h, group_ridge, ridge, frozen, h, nothing, nothing
        )
        everything = np.arange(n_columns)
        return unadapted.adapted(everything, h, np.zeros(ridge.shape), np.ones(ridge.shape))

    def adapted(
        self, columns: IntArray, h: FloatArray, mean: FloatArray, variance: FloatArray
    ) -> SharedCurvature:
        """Return the model with h (A,), m (p, A), v (p, A) of some columns replaced."""
        wanted = h * np.maximum(variance, _SMALLEST_VARIANCE) + self.ridge[:, columns]
        scale = np.sqrt(wanted / (self.group_h[columns] + self.group_ridge[:, columns]))
        return replace(
            self,
            h=_with_columns(self.h, h, columns),
            mean=_with_columns(self.mean, mean, columns),
            scale=_with_columns(self.scale, scale, columns),
        )

    def solve(self, gradient: FloatArray, columns: IntArray) -> FloatArray:
        """Return H⁻¹ g for the listed columns, (p + 1, A)."""
        mean, scale = self.mean[:, columns], self.scale[:, columns]
        by_intercept = gradient[-1]
        right = (gradient[:-1] - mean * by_intercept) / scale
        weights = self._solve_groups(right, columns) / scale
        intercept = by_intercept / self.h[columns] - np.einsum("pc,pc->c", mean, weights)
        return np.where(self.frozen[:, columns], 0.0, np.vstack([weights, intercept]))

    def _solve_groups(self, right: FloatArray, columns: IntArray) -> FloatArray:
        if len(self.inverses) == 1:
            return self.inverses[0] @ right
        out = np.empty_like(right)
        group = self.group[columns]
        for g in np.unique(group):
            out[:, group == g] = self.inverses[g] @ right[:, group == g]
        return out


def inverse_or_pseudo_inverse(F: FloatArray, frozen: BoolArray) -> FloatArray:
    """Invert a symmetric matrix on the features that are not frozen.

    Where features are linearly dependent the pseudo-inverse is returned: the coefficients then
    have the smallest norm among all that predict the same.
    """
    free = np.flatnonzero(~frozen)
    out = np.zeros_like(F)
    if len(free) == 0:
        return out
    # In units in which the diagonal is one: a strong penalty on one feature hides no other.
    unit = np.sqrt(np.diag(F)[free])
    sub = F[np.ix_(free, free)] / np.outer(unit, unit)
    try:
        factor = np.linalg.cholesky(sub)
        if np.diag(factor).min() ** 2 < _RANK_TOLERANCE * len(free) * np.diag(sub).max():
            raise np.linalg.LinAlgError
        inverse, _ = scipy.linalg.lapack.dpotri(factor, lower=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(sub)
        kept = values > _RANK_TOLERANCE * len(free) * values[-1]
        inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    out[np.ix_(free, free)] = inverse / np.outer(unit, unit)
    return out


def _groups(h: FloatArray, ridge: FloatArray, frozen: BoolArray) -> tuple[IntArray, FloatArray]:
    """Return per column its group and the h of that group."""
    octave = np.round(np.log2(h)) if ridge.any() else np.zeros_like(h)
    keys: list[Any] = [
        (octave[c], ridge[:, c].tobytes(), frozen[:, c].tobytes()) for c in range(len(h))
    ]
    if len(set(keys)) > _MOST_FACTORS:  # too many: a rougher model, which the solver makes good
        with np.errstate(divide="ignore"):
            decade = np.round(np.log10(ridge.mean(axis=0)))
        keys = list(zip(octave, decade, strict=True))
    numbers = {key: g for g, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys]), 2.0**octave


def _with_columns(old: FloatArray, new: FloatArray, columns: IntArray) -> FloatArray:
    out = old.copy()
    out[..., columns] = new
    return out
