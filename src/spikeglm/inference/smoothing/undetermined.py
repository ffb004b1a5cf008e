"""Directions that neither data nor penalty decide: they are left out of everything.

The functions of a B-spline add up to one, which is the intercept too, and no difference between
neighbours sees a constant: along that direction H + S is zero, and so its determinant. Without the
direction n (of length one, in the user's parameters) it is |H + S + n n'|.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...engine.coordinates.feature_facts import Features
from ...typing import FloatArray
from .coordinates import Coordinates

_CLEAR = 1e-9  # pivots of a matrix of unit diagonal from which none can be zero
_NONE = 1e-12  # per parameter: an eigenvalue that is rounding
_SMALL = 1e-6  # share of a coordinate in a direction that is rounding


class Undetermined(NamedTuple):
    """What A neurons' second derivatives lack, in coordinates gamma."""

    added: FloatArray | None  # (A, n, n) to be added to H; None for nothing
    log_det: FloatArray  # (A,) to be taken from log|M|
    n_directions: FloatArray  # (A,)


def without(H: FloatArray, features: Features) -> FloatArray:
    """Return second derivatives (A, n, n) without what a survey of the features took for rounding.

    Combinations that are constant as far as their storage tells may vary by its last digits.
    """
    null, p = features.null_space, len(features.scale)
    if not null.shape[1]:
        return H
    scale = np.where(features.scale > 0, features.scale, 1.0)
    T = np.diag(np.append(scale, 1.0))  # to standardised features, and the intercept at their mean
    T[-1, :-1] = features.mean
    kept = np.eye(p + 1)
    kept[:p, :p] -= null @ null.T
    through = np.linalg.inv(T) @ kept @ T
    return through.T @ H @ through


def undetermined(
    H: FloatArray, coordinates: Coordinates, rho: FloatArray, shift: FloatArray
) -> Undetermined:
    """Find the directions, given H (A, n, n), log strengths (A, R) and what features are less of.

    Parameters of rows less ``shift`` (p,) have another intercept than those of the user.
    """
    c = coordinates.diagonals[coordinates.of]
    M, places = H.copy(), np.arange(H.shape[1])
    M[:, places, places] += np.einsum("ar,arj->aj", np.exp(rho), c)
    diagonal = M[:, places, places]
    none = np.zeros(len(H))
    unit = np.where(diagonal > 0, diagonal, 1.0) ** -0.5
    M *= unit[:, :, None] * unit[:, None, :]
    doubtful = [a for a, matrix in enumerate(M) if not _is_clear(matrix)]
    if not doubtful:
        return Undetermined(None, none, none)
    added, log_det, n_directions = np.zeros_like(H), none.copy(), none.copy()
    for a in doubtful:
        if not np.isfinite(M[a]).all():
            continue
        values, vectors = np.linalg.eigh(M[a])
        found = vectors[:, values <= _NONE * len(values)] * unit[a][:, None]
        found = found[:, np.abs(found).max(axis=0) > 0]
        found[np.abs(found) <= _SMALL * np.abs(found).max(axis=0, initial=0.0)] = 0.0
        if not found.shape[1]:
            continue
        rows = _dual(coordinates.basis[coordinates.of[a]], found, shift)
        size = float(np.median(diagonal[a][np.abs(found).max(axis=1) > 0]))
        size = size if size > 0 else 1.0
        added[a] = size * rows @ rows.T
        log_det[a] = found.shape[1] * np.log(size)
        n_directions[a] = found.shape[1]
    return Undetermined(added, log_det, n_directions)


def _dual(B: FloatArray, found: FloatArray, shift: FloatArray) -> FloatArray:
    """Return N (n, k), by gamma, with N' gamma the parts along orthonormal directions of the user.

    Parameters z = B gamma of shifted rows are z = J beta, where J adds shift . w to the intercept.
    """
    directions = B @ found
    directions[-1] -= shift @ directions[:-1]  # beta = J^-1 z
    orthonormal, _ = np.linalg.qr(directions)
    orthonormal[:-1] -= shift[:, None] * orthonormal[-1]  # J^-T n
    return B.T @ orthonormal


def _is_clear(matrix: FloatArray) -> bool:
    try:
        return bool((np.diagonal(np.linalg.cholesky(matrix)) ** 2).min(initial=1.0) > _CLEAR)
    except np.linalg.LinAlgError:
        return False
