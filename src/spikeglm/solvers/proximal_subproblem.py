"""The inner problem of the proximal Newton method, for many columns at once.

    minimise over z (a,):   z' H z / 2 - r' z + penalty(z)

A few accelerated proximal steps (Beck & Teboulle 2009, SIAM J Imaging Sci 2:183-202, with restarts
of O'Donoghue & Candès 2015) find which coordinates are zero. Where the others lie the penalty is
smooth, and Newton's method finds them: for absolute values that is one linear system. If the
outcome satisfies the optimality conditions it is exact.
"""

from __future__ import annotations

import numpy as np

from ..regularizer.kinks import Kinks
from ..typing import BoolArray, FloatArray

_STEPS_BETWEEN_CHECKS = 10
_MOST_CHECKS = 50
_CHECKS_BEFORE_PIVOTS = 4
_MOST_PIVOTS = 10  # per coordinate
_MOST_POLISHES = 6
_JITTER = 1e-12
_SLACK = 1e-10
_NOISE = 1e-14


def minimise_model(H: FloatArray, r: FloatArray, kinks: Kinks, start: FloatArray) -> FloatArray:
    """Minimise C problems of a coordinates each.

    Parameters
    ----------
    H :
        (C, a, a) symmetric positive semidefinite.
    r, start :
        (C, a) linear terms and first points.
    kinks :
        The penalty.

    Returns
    -------
    numpy.ndarray
        (C, a) minimisers; coordinates that are zero are exactly zero. A column that is not solved
        after some hundred steps is returned as far as it came.
    """
    diagonal = np.arange(H.shape[1])
    H = H.copy()
    jitter = _JITTER * H[:, diagonal, diagonal].max(axis=1, keepdims=True)
    H[:, diagonal, diagonal] += jitter
    r = r + jitter * start  # it holds on to the start, not to zero: no bias where a walk ends
    out, left = start.copy(), np.arange(len(H))
    z = momentum = start
    t: FloatArray = np.ones((len(H), 1))
    lipschitz: FloatArray = np.zeros((len(H), 1))
    for check in range(_MOST_CHECKS):
        before = z
        for _ in range(_STEPS_BETWEEN_CHECKS if check else 0):  # warm starts are often right
            z, momentum, t = _accelerated_step(H, r, kinks, lipschitz, z, momentum, t)
        if check >= _CHECKS_BEFORE_PIVOTS and kinks.is_piecewise_linear:
            out[left] = [
                pivoted(*problem)
                for problem in zip(H, r, kinks.slope(np.ones_like(z)), z, strict=True)
            ]
            break
        settled = kinks.same_side(z, before)
        out[left] = z
        solved = np.zeros(len(H), dtype=bool)
        exact, solved[settled] = _polished(H[settled], r[settled], kinks.take(settled), z[settled])
        out[left[solved]] = exact[solved[settled]]
        if solved.all():
            break
        more = ~solved
        H, r, kinks, left = H[more], r[more], kinks.take(more), left[more]
        z, momentum, t = z[more], momentum[more], t[more]
        lipschitz = lipschitz[more] if check else _largest_eigenvalue(H)
    return out


def _largest_eigenvalue(H: FloatArray) -> FloatArray:
    """Return an upper bound, (C, 1): that of Collatz and Wielandt for the absolute values of H."""
    size = np.abs(H)
    x = np.ones(H.shape[:2])
    for _ in range(4):
        y = _times(size, x)
        x = y / y.max(axis=1, keepdims=True)
    return (_times(size, x) / x).max(axis=1, keepdims=True)


def _accelerated_step(
    H: FloatArray,
    r: FloatArray,
    kinks: Kinks,
    lipschitz: FloatArray,
    z: FloatArray,
    momentum: FloatArray,
    t: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    slope = _times(H, momentum) - r
    new = kinks.prox(momentum - slope / lipschitz, 1.0 / lipschitz)
    uphill = np.sum((momentum - new) * (new - z), axis=1, keepdims=True) > 0
    t_new = np.where(uphill, 1.0, 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t**2)))
    weight = np.where(uphill, 0.0, (t - 1.0) / t_new)
    return new, new + weight * (new - z), t_new


def _polished(
    H: FloatArray, r: FloatArray, kinks: Kinks, z: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Apply Newton's method where the penalty is smooth around z; say where that is optimal."""
    moving = kinks.moves(z)
    noise = _NOISE * _times(np.abs(H), np.abs(z)).max(axis=1, keepdims=True)
    size = _SLACK * np.abs(r).max(axis=1, keepdims=True) + noise + 1e-300
    solved = np.zeros(len(H), dtype=bool)
    for _ in range(1 if kinks.is_piecewise_linear else _MOST_POLISHES):
        slope = np.where(moving, _times(H, z) - r + kinks.slope(z), 0.0)
        system = H if kinks.is_piecewise_linear else H + kinks.bend(z)
        new = z - _solved_on(system, slope, moving)
        stays = kinks.same_side(z, new)
        z = np.where(stays[:, None], new, z)
        left = kinks.violation(z, _times(H, z) - r)
        solved = stays & (left <= size).all(axis=1)
        if solved.all() or not stays.any():
            break
    return z, solved


def _solved_on(H: FloatArray, slope: FloatArray, moving: BoolArray) -> FloatArray:
    """Return H⁻¹ slope (C, a) on the coordinates that move, zero elsewhere."""
    out = np.zeros_like(slope)
    for c in range(len(H)):
        on = np.flatnonzero(moving[c])
        out[c, on] = np.linalg.solve(H[c][np.ix_(on, on)], slope[c, on])
    return out


def pivoted(H: FloatArray, r: FloatArray, weight: FloatArray, z: FloatArray) -> FloatArray:
    """Minimise one problem with absolute values by pivots: slower, and exact if H is near singular.

    Feature-sign search (Lee, Battle, Raina & Ng 2006, NIPS 19, algorithm 1): go towards the minimum
    for the present zeros and signs, drop the coordinate that meets zero first; at a minimum, let
    the worst violator in. The objective falls with each pivot, so no set of signs comes twice.

    Parameters
    ----------
    H :
        (a, a) symmetric positive definite.
    r, weight, z :
        (a,) linear term, weights >= 0 of the absolute values, and first point.
    """
    z = z.copy()
    moving, sign = (z != 0) | (weight == 0), np.sign(z)
    size = _SLACK * np.abs(r).max() + 1e-300
    for _ in range(_MOST_PIVOTS * len(z)):
        on = np.flatnonzero(moving)
        target = np.linalg.solve(H[np.ix_(on, on)], (r - weight * sign)[on])
        meets = (weight[on] > 0) & (target * sign[on] <= 0)
        if meets.any():
            way = np.where(meets, z[on] / np.where(meets, z[on] - target, 1.0), np.inf)
            z[on] += way.min() * (target - z[on])
            dropped = on[way == way.min()]
            z[dropped], moving[dropped] = 0.0, False
            continue
        z[on] = target
        slope = H @ z - r
        excess = np.where(moving, -np.inf, np.abs(slope) - weight)
        worst = int(excess.argmax())
        if excess[worst] <= size + _NOISE * (np.abs(H) @ np.abs(z)).max():
            break
        moving[worst], sign[worst] = True, -np.sign(slope[worst])
    return z


def _times(H: FloatArray, z: FloatArray) -> FloatArray:
    return np.matmul(H, z[:, :, None])[:, :, 0]
