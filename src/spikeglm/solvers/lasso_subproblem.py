"""Small lasso problems of many columns at once: the inner problem of the proximal Newton method.

    minimise over z (a,):   z' H z / 2 - r' z + sum_j l_j |z_j|

A few accelerated proximal steps (Beck & Teboulle 2009, SIAM J Imaging Sci 2:183-202, with restarts
of O'Donoghue & Candès 2015) find which coordinates are zero and the signs of the others; given
those, the solution is a linear system. If its signs and its slopes agree, it is exact.
"""

from __future__ import annotations

import numpy as np

from ..numerics import soft_threshold
from ..typing import BoolArray, FloatArray

_STEPS_BETWEEN_CHECKS = 20
_MOST_CHECKS = 100
_JITTER = 1e-12
_SLACK = 1e-9


def solve_lasso(H: FloatArray, r: FloatArray, l1: FloatArray, start: FloatArray) -> FloatArray:
    """Minimise C problems of a coordinates each.

    Parameters
    ----------
    H :
        (C, a, a) symmetric positive semidefinite.
    r, l1, start :
        (C, a) linear terms, weights >= 0 of the absolute values, first points.

    Returns
    -------
    numpy.ndarray
        (C, a) minimisers; coordinates that are zero are exactly zero.
    """
    n = H.shape[1]
    H = H + _JITTER * np.eye(n) * np.diagonal(H, axis1=1, axis2=2).max(axis=1)[:, None, None]
    lipschitz = np.linalg.eigvalsh(H)[:, -1:]
    out, left = start.copy(), np.arange(len(H))
    z = momentum = start.copy()
    t: FloatArray = np.ones((len(H), 1))
    for _ in range(_MOST_CHECKS):
        for _ in range(_STEPS_BETWEEN_CHECKS):
            z, momentum, t = _accelerated_step(H, r, l1, lipschitz, z, momentum, t)
        exact, solved = _given_the_signs(H, r, l1, z)
        out[left] = np.where(solved[:, None], exact, z)
        if solved.all():
            break
        H, r, l1, lipschitz = H[~solved], r[~solved], l1[~solved], lipschitz[~solved]
        z, momentum, t, left = z[~solved], momentum[~solved], t[~solved], left[~solved]
    return out


def _accelerated_step(
    H: FloatArray,
    r: FloatArray,
    l1: FloatArray,
    lipschitz: FloatArray,
    z: FloatArray,
    momentum: FloatArray,
    t: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    slope = _times(H, momentum) - r
    new = soft_threshold(momentum - slope / lipschitz, l1 / lipschitz)
    uphill = np.sum((momentum - new) * (new - z), axis=1, keepdims=True) > 0
    t_new = np.where(uphill, 1.0, 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t**2)))
    weight = np.where(uphill, 0.0, (t - 1.0) / t_new)
    return new, new + weight * (new - z), t_new


def _given_the_signs(
    H: FloatArray, r: FloatArray, l1: FloatArray, z: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Solve the linear systems that the zeros and signs of z imply; say where that is optimal."""
    used = (z != 0) | (l1 == 0)
    sign = np.where(l1 == 0, 0.0, np.sign(z))
    system = np.where(used[:, :, None] & used[:, None, :], H, 0.0)
    diagonal = np.arange(H.shape[1])
    system[:, diagonal, diagonal] = np.where(used, system[:, diagonal, diagonal], 1.0)
    x = np.linalg.solve(system, np.where(used, r - l1 * sign, 0.0)[:, :, None])[:, :, 0]
    x = np.where(used, x, 0.0)
    same_signs = ((x * sign > 0) | (sign == 0)).all(axis=1)
    slope = np.abs(_times(H, x) - r)
    no_way_out = ((slope <= l1 * (1 + _SLACK) + 1e-300) | used).all(axis=1)
    return x, same_signs & no_way_out


def _times(H: FloatArray, z: FloatArray) -> FloatArray:
    return np.matmul(H, z[:, :, None])[:, :, 0]
