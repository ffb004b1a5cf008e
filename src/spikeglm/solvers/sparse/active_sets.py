"""The inner problem of the proximal Newton method with absolute values.

    minimise over z (a,):   z' H z / 2 - r' z + sum_j weight_j |z_j|

Which coordinates are zero and which signs the others have is guessed from where a proximal step
leads; with these the minimum is a linear system, whose solution leads to the next guess. From a
warm start the guess is right after a turn or three, and then the minimum is exact; where guesses go
round in circles, a few accelerated proximal steps come nearer first.

Columns with as many coordinates take their first turns together. Then a column at a time, for its
matrix then stays in the cache of the processor, and none waits for others that need more turns.

Source: Hintermüller, Ito & Kunisch (2002), SIAM J Optim 13:865-88, section 2: the primal-dual
active set strategy.
"""

from __future__ import annotations

import numpy as np

from ...typing import BoolArray, FloatArray
from .curved_pieces import NOISE, SLACK, solution

_MOST_TURNS = 8
_TURNS_TOGETHER = 2  # most guesses are right by then
_AT_ONCE = 16  # systems of about the same size
_MOST_ROUNDS, _STEPS = 5, 15  # of steps that come nearer where guesses are no good
_JITTER, _TINY = 1e-12, 1e-300  # relative, of a curvature that is none


def by_active_sets(
    H: FloatArray, r: FloatArray, weight: FloatArray, unit: FloatArray, start: FloatArray
) -> FloatArray | None:
    """Return the minimiser (a,), None where it was not found.

    Parameters
    ----------
    H :
        (a, a) symmetric positive semidefinite; a little is added to its diagonal, in place.
    r, start :
        (a,) linear term and first point.
    weight, unit :
        (a,) weights of the absolute values, and the slopes in which violations are measured.

    Examples
    --------
    >>> H, r = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([3.0, 1.0])
    >>> by_active_sets(H, r, np.ones(2), np.ones(2), np.zeros(2)).round(3)
    array([1., 0.])
    """
    diagonal = np.einsum("ii->i", H)  # a view
    jitter = _JITTER * diagonal + _TINY
    diagonal += jitter
    r = r + jitter * start  # it holds on to the start, not to zero: no bias where a walk ends
    if not (np.isfinite(r).all() and np.isfinite(diagonal).all()):
        return None
    z, lipschitz = start, 0.0
    for _ in range(_MOST_ROUNDS):
        found = _by_turns(H, r, weight, unit, z)
        if found is not None:
            return found
        lipschitz = lipschitz or largest_eigenvalue(H)
        z = _accelerated(H, r, weight / lipschitz, lipschitz, z)
    return None


def by_active_sets_together(
    H: FloatArray, r: FloatArray, weight: FloatArray, unit: FloatArray, start: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Return the minimisers (A, a) of A problems, and whether each was found in a turn or two.

    Parameters are stacks of those of :func:`by_active_sets`, which finds the others.

    Examples
    --------
    >>> H, r = np.array([[[2.0, 1.0], [1.0, 2.0]]]), np.array([[3.0, 1.0]])
    >>> by_active_sets_together(H, r, np.ones((1, 2)), np.ones((1, 2)), np.zeros((1, 2)))
    (array([[1., 0.]]), array([ True]))
    """
    out, is_found = start.copy(), np.zeros(len(start), dtype=bool)
    diagonal = np.einsum("aii->ai", H)  # a view
    jitter = _JITTER * diagonal + _TINY
    diagonal += jitter
    r = r + jitter * start
    left = np.flatnonzero(np.isfinite(r).all(axis=1) & np.isfinite(diagonal).all(axis=1))
    for _ in range(_TURNS_TOGETHER):
        if not len(left):
            break
        some = slice(None) if len(left) == len(H) else left
        try:
            out[left], is_found[left] = _turn(
                H[some], r[some], weight[some], SLACK * unit[some], out[some]
            )
        except np.linalg.LinAlgError:
            break
        left = left[~is_found[left]]
    return out, is_found


def _turn(
    H: FloatArray, r: FloatArray, weight: FloatArray, enough: FloatArray, z: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Guess zeros and signs of A problems, and tell whether their solutions (A, a) agree."""
    pace, is_free = 1.0 / np.einsum("aii->ai", H), weight == 0
    towards = z - pace * (_times(H, z) - r)
    sign = np.sign(towards)
    used = is_free | (np.abs(towards) > pace * weight)
    pull = np.where(used, weight * sign, 0.0)
    z = _solved_on(used, H, np.where(used, r - pull, 0.0))
    excess = np.abs(_times(H, z) - r + pull) - np.where(used, 0.0, weight)
    above = excess > enough
    if above.any():
        above &= excess > enough + NOISE * (_times(np.abs(H), np.abs(z)) + np.abs(r))
    return z, ~above.any(axis=1) & (~used | is_free | (z * sign >= 0)).all(axis=1)


def _solved_on(used: BoolArray, H: FloatArray, r: FloatArray) -> FloatArray:
    """Return H⁻¹ r among the coordinates that are used, (A, a), zero elsewhere."""
    n_used, z = used.sum(axis=1), np.zeros_like(r)
    places = np.argsort(~used, axis=1, kind="stable")  # those that are used come first
    order = np.argsort(n_used)
    for first in range(0, len(order), _AT_ONCE):
        some = order[first : first + _AT_ONCE]
        size = n_used[some[-1]]
        each, inside = some[:, None], places[some, :size]
        among = H[each[:, :, None], inside[:, :, None], inside[:, None, :]]
        is_more = np.arange(size) >= n_used[some, None]
        among[is_more[:, :, None] | is_more[:, None, :]] = 0.0
        np.einsum("aii->ai", among)[:] += is_more
        z[each, inside] = np.linalg.solve(among, r[each, inside][:, :, None])[:, :, 0]
    return z


def _times(H: FloatArray, z: FloatArray) -> FloatArray:
    """Return H z (A, a)."""
    product: FloatArray = np.matmul(H, z[:, :, None])[:, :, 0]
    return product


def _by_turns(
    H: FloatArray, r: FloatArray, weight: FloatArray, unit: FloatArray, z: FloatArray
) -> FloatArray | None:
    """Guess zeros and signs in turns; None where they go round in circles."""
    slope, pace, is_free = H @ z - r, 1.0 / np.einsum("ii->i", H), weight == 0
    least, enough = pace * weight, SLACK * unit
    for _ in range(_MOST_TURNS):
        towards = z - pace * slope
        sign = np.sign(towards)
        (used,) = (is_free | (np.abs(towards) > least)).nonzero()
        pull = weight[used] * sign[used]
        inside = _solved(H[used[:, None], used], r[used] - pull)
        z = np.zeros_like(z)
        z[used] = inside
        slope = H @ z - r
        excess = np.abs(slope) - weight
        excess[used] = np.abs(slope[used] + pull)
        above = excess > enough
        if above.any():
            above &= excess > enough + NOISE * (np.abs(H) @ np.abs(z) + np.abs(r))
        if not above.any() and (is_free[used] | (inside * sign[used] >= 0)).all():
            return z
    return None


def _solved(H: FloatArray, r: FloatArray) -> FloatArray:
    """Return H⁻¹ r; units do not matter where elimination is far from singular."""
    try:
        return np.linalg.solve(H, r)
    except np.linalg.LinAlgError:
        return solution(H, r)


def _accelerated(
    H: FloatArray, r: FloatArray, least: FloatArray, lipschitz: float, z: FloatArray
) -> FloatArray:
    """Take some accelerated proximal steps, each of which pulls by ``least`` towards zero.

    Beck & Teboulle (2009), SIAM J Imaging Sci 2:183-202, with restarts of O'Donoghue & Candès
    (2015).
    """
    ahead, t = z, 1.0
    for _ in range(_STEPS):
        there = ahead - (H @ ahead - r) / lipschitz
        new = np.sign(there) * np.maximum(np.abs(there) - least, 0.0)
        move = new - z
        if (ahead - new) @ move > 0:
            t, ahead = 1.0, new
        else:
            t_new = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t**2))
            t, ahead = t_new, new + (t - 1.0) / t_new * move
        z = new
    return z


def largest_eigenvalue(H: FloatArray) -> float:
    """Return an upper bound, that of Collatz and Wielandt for the absolute values of H."""
    size, x = np.abs(H), np.ones(len(H))
    for _ in range(4):
        y = size @ x
        x = y / y.max()
    return float(((size @ x) / x).max())
