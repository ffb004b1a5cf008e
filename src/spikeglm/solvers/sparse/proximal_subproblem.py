"""The inner problem of the proximal Newton method, for many columns at once.

    minimise over z (a,):   z' H z / 2 - r' z + penalty(z)

A few accelerated proximal steps (Beck & Teboulle 2009, SIAM J Imaging Sci 2:183-202, with restarts
of O'Donoghue & Candès 2015) find which coordinates are zero. Where the others lie the penalty is
smooth, and Newton's method finds them: for absolute values that is one linear system. If the
outcome satisfies the optimality conditions it is exact. Where that does not come about, the method
that surely does, one column at a time: pivots, or :mod:`~spikeglm.solvers.sparse.curved_pieces`.
"""

from __future__ import annotations

import numpy as np

from ...regularizer.bounded_problem import minimise_within
from ...regularizer.nonsmooth import AbsoluteValues, Kinks
from ...typing import BoolArray, FloatArray
from .curved_pieces import CurvedProblem, negligible, solution

_STEPS_BETWEEN_CHECKS = 10  # a check looks at all conditions and costs more than a step
_CHECKS = 4  # then the next outer step corrects the rest
_MOST_PIVOTS = 10  # per coordinate
_MOST_POLISHES = 6  # Newton steps on the set that is not zero
_REFINED = 2  # a linear system is solved to the last digit by solving it again
_JITTER, _TINY = 1e-12, 1e-300  # relative, of a curvature that is none


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
    H, jitter = _made_definite(H)
    r = r + jitter * start  # it holds on to the start, not to zero: no bias where a walk ends
    out, left = start.copy(), np.flatnonzero(_is_finite(H, r))
    H, r, kinks, z = H[left], r[left], kinks.take(left), start[left]
    if kinks.has_bounds:
        out[left] = minimise_within(H, r, kinks, z)
        return out
    momentum, lipschitz = z, _largest_eigenvalue(H)
    t: FloatArray = np.ones((len(H), 1))
    for check in range(_CHECKS):
        before = z
        for _ in range(_STEPS_BETWEEN_CHECKS if check else 0):  # warm starts are often right
            z, momentum, t = _accelerated_step(H, r, kinks, lipschitz, z, momentum, t)
        settled = kinks.same_side(z, before)
        solved = np.zeros(len(H), dtype=bool)
        exact, solved[settled] = _polished(H[settled], r[settled], kinks.take(settled), z[settled])
        out[left[solved]] = exact[solved[settled]]
        more = ~solved
        H, r, kinks, left = H[more], r[more], kinks.take(more), left[more]
        z, momentum, t, lipschitz = z[more], momentum[more], t[more], lipschitz[more]
        if len(left) == 0:
            return out
    for a, c in enumerate(left):
        out[c] = _surely_minimised(H[a], r[a], kinks.take(np.array([a])), z[a])
    return out


def _made_definite(H: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return H with what rounding took from it, positive definite, and what was added (C, a)."""
    diagonal = np.arange(H.shape[1])
    of_each = H[:, diagonal, diagonal]
    largest = of_each.max(axis=1, keepdims=True)
    jitter = _JITTER * np.where(of_each > 0, of_each, largest) + _TINY
    H = H.copy()
    H[:, diagonal, diagonal] += jitter
    try:
        np.linalg.cholesky(H)
    except np.linalg.LinAlgError:
        for c in np.flatnonzero(np.isfinite(H).all(axis=(1, 2))):
            size = np.sqrt(np.maximum(np.abs(H[c, diagonal, diagonal]), jitter[c]))
            values, vectors = np.linalg.eigh(H[c] / size[:, None] / size)
            if values[0] < _JITTER:
                vectors = vectors * size[:, None]
                H[c] = (vectors * np.maximum(values, _JITTER)) @ vectors.T
    return H, jitter


def _is_finite(H: FloatArray, r: FloatArray) -> BoolArray:
    finite = np.isfinite(H).all(axis=(1, 2)) & np.isfinite(r).all(axis=1)
    return np.asarray(finite)


def _surely_minimised(H: FloatArray, r: FloatArray, kinks: Kinks, z: FloatArray) -> FloatArray:
    """Minimise one problem (a,), by steps that each lower its objective."""
    if kinks.is_piecewise_linear:
        return pivoted(H, r, kinks.slope(np.ones_like(z)[None])[0], z)
    return CurvedProblem(H, r, kinks).minimised(z)


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
    solved = np.zeros(len(H), dtype=bool)
    for _ in range(_REFINED if kinks.is_piecewise_linear else _MOST_POLISHES):
        slope = np.where(moving, _times(H, z) - r + kinks.slope(z), 0.0)
        system = H if kinks.is_piecewise_linear else H + kinks.bend(z)
        new = z - _solved_on(system, slope, moving & ~solved[:, None])
        stays = kinks.same_side(z, new)
        z = np.where(stays[:, None], new, z)
        left = kinks.violation(z, _times(H, z) - r)
        solved = stays & (left <= negligible(H, r, kinks, z)).all(axis=1)
        if solved.all() or not stays.any():
            break
    return z, solved


def _solved_on(H: FloatArray, slope: FloatArray, moving: BoolArray) -> FloatArray:
    """Return H⁻¹ slope (C, a) on the coordinates that move, zero elsewhere."""
    out = np.zeros_like(slope)
    for c in range(len(H)):
        on = np.flatnonzero(moving[c])
        if len(on):
            out[c, on] = solution(H[c][np.ix_(on, on)], slope[c, on])
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
    z, kinks = z.copy(), AbsoluteValues(weight[None])
    moving, sign = (z != 0) | (weight == 0), np.sign(z)
    newest, undecided = -1, np.zeros(len(z), dtype=bool)
    for _ in range(_MOST_PIVOTS * len(z)):
        on = np.flatnonzero(moving)
        downhill = (r - H @ z - weight * sign)[on]
        target = z[on] + solution(H[np.ix_(on, on)], downhill)
        meets = (weight[on] > 0) & (target * sign[on] <= 0)
        if meets.any():
            way = np.where(meets, z[on] / np.where(meets, z[on] - target, 1.0), np.inf)
            z[on] += way.min() * (target - z[on])
            dropped = on[way == way.min()]
            z[dropped], moving[dropped] = 0.0, False
            if newest in dropped and way.min() == 0:
                undecided[newest] = True  # its way in and its way out differ by rounding
            continue
        z[on] = target
        slope = H @ z - r
        excess = np.abs(slope) - weight - negligible(H[None], r[None], kinks, z[None])[0]
        excess[moving | undecided] = -np.inf
        newest = int(excess.argmax())
        if excess[newest] <= 0:
            break
        moving[newest], sign[newest] = True, -np.sign(slope[newest])
    return z


def _times(H: FloatArray, z: FloatArray) -> FloatArray:
    return np.matmul(H, z[:, :, None])[:, :, 0]
