"""The inner problem of the proximal Newton method with norms of groups, one column at a time.

    minimise over z (a,):   z' H z / 2 - r' z + sum_g weight_g |z_g|

Which groups are zero has an exact answer for each, given the others; among those that are not, the
norms are smooth and Newton's method applies, shortened until the objective falls. The two take
turns. From a warm start a few turns do it. Where they go on for long,
:mod:`~spikeglm.solvers.sparse.curved_pieces` has a method that surely ends.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...typing import BoolArray, FloatArray, IntArray
from .active_sets import largest_eigenvalue
from .curved_pieces import NOISE, SLACK, solution

_MOST_TURNS, _MOST_STEPS, _ACCELERATED = 12, 8, 20
_MOST_HALVINGS = 30
_ARMIJO = 1e-4
_ON_KINK = 1e-3  # of its norm: a group that a step left so near to zero waits there
_SHARPER = 1e-2  # than others: Newton's steps are sharp, and one more costs little
_JITTER, _TINY = 1e-12, 1e-300  # relative, of a curvature that is none


class Norms(NamedTuple):
    """Weighted norms of groups of a coordinates; those outside have the last group, of no weight.

    Attributes
    ----------
    group :
        (a,) from 0 to G.
    weight :
        (G + 1,) >= 0, the last one zero.
    """

    group: IntArray
    weight: FloatArray

    def of(self, z: FloatArray) -> FloatArray:
        """Return |z_g|, (G + 1,)."""
        return np.sqrt(np.bincount(self.group, z * z, minlength=len(self.weight)))

    def value(self, z: FloatArray) -> float:
        """Return the penalty."""
        return float(self.weight @ self.of(z))


def by_group_sets(
    H: FloatArray,
    r: FloatArray,
    norms: Norms,
    unit: FloatArray,
    start: FloatArray,
    *,
    share: float = 0.0,
) -> FloatArray | None:
    """Return the minimiser (a,), None where it was not found.

    Parameters
    ----------
    H :
        (a, a) symmetric positive semidefinite; a little is added to its diagonal, in place.
    r, start :
        (a,) linear term and first point.
    norms :
        The penalty.
    unit :
        (a,) slopes in which violations are measured.
    share :
        Of the violation at the start, that may be left.

    Examples
    --------
    >>> H, r = np.eye(3), np.array([3.0, 4.0, 0.5])
    >>> pair = Norms(np.array([0, 0, 1]), np.array([1.0, 1.0, 0.0]))
    >>> by_group_sets(H, r, pair, np.ones(3), np.zeros(3)).round(3)
    array([2.4, 3.2, 0. ])
    """
    diagonal = np.einsum("ii->i", H)  # a view
    jitter = _JITTER * diagonal + _TINY
    diagonal += jitter
    r = r + jitter * start  # it holds on to the start, not to zero: no bias where a walk ends
    if not (np.isfinite(r).all() and np.isfinite(diagonal).all()):
        return None
    z, same = start, norms.group[:, None] == norms.group
    within = np.where(same, H, 0.0)
    pace = 1.0 / np.maximum(np.bincount(norms.group, diagonal, len(norms.weight)), _TINY)
    lipschitz, enough, is_first = largest_eigenvalue(H), _SHARPER * SLACK * unit, True
    for turn in range(_MOST_TURNS):
        if turn:
            z = _accelerated(H, r, norms, lipschitz, z)
        for _ in range(_MOST_STEPS):
            z = _with_fewer(H, r, norms, within, z)
            slope = H @ z - r
            size, steep = norms.of(z), norms.of(slope)
            moves = (size > 0) | (norms.weight == 0)
            off = _violations(slope, z, size, steep, norms, moves)
            if is_first:
                enough, is_first = np.maximum(enough, share * off.max(initial=0.0)), False
            above = _above(off, enough, H, r, z)
            if not above.any():
                return z
            if not (above & moves[norms.group]).any():
                joins = ~moves & (steep > norms.weight)
                part = np.where(joins, pace * (1.0 - norms.weight / np.maximum(steep, _TINY)), 0.0)
                z = z - part[norms.group] * slope
                slope, size = H @ z - r, norms.of(z)
                moves = moves | joins
            z, is_whole = _towards_the_minimum(H, slope, norms, same, z, size, moves)
            if not np.isfinite(z).all():
                return None
            if not is_whole:
                break
    return None


def _accelerated(
    H: FloatArray, r: FloatArray, norms: Norms, lipschitz: float, z: FloatArray
) -> FloatArray:
    """Take some accelerated proximal steps.

    Beck & Teboulle (2009), SIAM J Imaging Sci 2:183-202, with restarts of O'Donoghue & Candès
    (2015).
    """
    ahead, t, least = z, 1.0, norms.weight / lipschitz
    for _ in range(_ACCELERATED):
        there = ahead - (H @ ahead - r) / lipschitz
        size = norms.of(there)
        share = np.maximum(1.0 - least / np.where(size > 0, size, 1.0), 0.0)
        new = there * share[norms.group]
        move = new - z
        if (ahead - new) @ move > 0:
            t, ahead = 1.0, new
        else:
            t_new = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t**2))
            t, ahead = t_new, new + (t - 1.0) / t_new * move
        z = new
    return z


def _violations(
    slope: FloatArray,
    z: FloatArray,
    size: FloatArray,
    steep: FloatArray,
    norms: Norms,
    moves: BoolArray,
) -> FloatArray:
    """Return how far coordinates are from optimal, (a,), as :class:`GroupNorms` has it."""
    pull = norms.weight / np.where(size > 0, size, 1.0)
    beyond = np.maximum(steep - norms.weight, 0.0)
    group = norms.group
    return np.where(moves[group], np.abs(slope + pull[group] * z), beyond[group])


def _above(
    off: FloatArray, enough: FloatArray, H: FloatArray, r: FloatArray, z: FloatArray
) -> BoolArray:
    """Return which violations (a,) are too large, and no rounding of their sums."""
    above = off > enough
    if above.any():
        above &= off > enough + NOISE * (np.abs(H) @ np.abs(z) + np.abs(r))
    return above


def _with_fewer(
    H: FloatArray, r: FloatArray, norms: Norms, within: FloatArray, z: FloatArray
) -> FloatArray:
    """Set groups to zero that are best there, given the others: all of them, or the smallest."""
    slope = H @ z - r
    size = norms.of(z)
    drop = (norms.of(slope - within @ z) <= norms.weight) & (size > 0) & (norms.weight > 0)
    if not drop.any():
        return z
    for some in (drop, np.arange(len(drop)) == np.where(drop, size, np.inf).argmin()):
        fewer = np.where(some[norms.group], 0.0, z)
        move = fewer - z
        change = slope @ move + 0.5 * move @ H @ move - norms.weight[some] @ size[some]
        if change <= 0:
            return fewer
    return z


def _towards_the_minimum(
    H: FloatArray,
    slope: FloatArray,
    norms: Norms,
    same: BoolArray,
    z: FloatArray,
    size: FloatArray,
    moves: BoolArray,
) -> tuple[FloatArray, bool]:
    """Take Newton's step among groups that are not zero, as far as the objective falls.

    Also tell whether that was all of it.
    """
    (on,) = moves[norms.group].nonzero()
    pull = (norms.weight / np.where(size > 0, size, 1.0))[norms.group[on]]
    u = z[on] / np.where(size > 0, size, 1.0)[norms.group[on]]
    system = H[on[:, None], on]
    system -= np.where(same[on[:, None], on], (pull * u)[:, None] * u, 0.0)
    np.einsum("ii->i", system)[:] += pull
    total = slope[on] + pull * z[on]
    step = np.zeros_like(z)
    step[on] = -solution(system, total)
    falls = float(total @ step[on])
    if not falls < 0:
        return z, False
    along, bend, before = slope @ step, step @ H @ step, norms.weight @ size
    t = 1.0
    for _ in range(_MOST_HALVINGS):
        new = z + t * step
        after = norms.of(new)
        if t * along + 0.5 * t * t * bend + norms.weight @ after - before <= _ARMIJO * t * falls:
            break
        t *= 0.5
    waits = (after < _ON_KINK * size) & (norms.weight > 0)
    return (np.where(waits[norms.group], 0.0, new) if waits.any() else new), t == 1.0
