"""The inner problem of the proximal Newton method where the penalty bends: norms of groups.

    minimise over z (a,):   z' H z / 2 - r' z + penalty(z)

Between its kinks the penalty is smooth, so Newton's method applies, in turns with the question
which groups are zero, which has an exact answer for each. Where that takes long, norms are made
smooth first. H may be singular (copies of features, fewer rows than features). The number of steps
is bounded; what is returned is then as good as it got.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...regularizer.nonsmooth import Kinks
from ...typing import BoolArray, FloatArray

_MOST_TURNS = 15
_SMOOTHINGS, _SMALLER, _LEAST_SMOOTHING = 50, 0.5, 1e-9
_TINY = 1e-300  # keeps a quotient of nothing finite
_BISECTIONS = 40
_ON_KINK = 1e-3
SLACK, NOISE = 1e-10, 1e-14
"""Violations that are small enough: of the unit of slopes, and of H z."""

_RIDGE = 1e-13  # of the largest curvature, with which a singular system is solved


@dataclass(frozen=True, eq=False)
class CurvedProblem:
    """One problem of a coordinates.

    Attributes
    ----------
    H, r :
        (a, a) positive semidefinite, and (a,).
    kinks :
        The penalty of one column, (1, a).
    """

    H: FloatArray
    r: FloatArray
    kinks: Kinks

    def minimised(self, z: FloatArray) -> FloatArray:
        """Return the minimiser (a,), or how far the turns lead from z."""
        z, is_done = self._by_turns(z)
        if is_done:
            return z
        other, is_done = self._by_turns(self._by_smoothing(z))
        return other if is_done or self.value(other) < self.value(z) else z

    def _by_turns(self, z: FloatArray) -> tuple[FloatArray, bool]:
        """Choose which groups are zero and go towards the minimum of the others, in turns."""
        blocks = self.kinks.blocks()[0]
        for _ in range(_MOST_TURNS):
            z = self._with_fewer(z, blocks)
            excess = self.kinks.violation(z[None], (self.H @ z - self.r)[None])[0]
            excess -= negligible(self.H[None], self.r[None], self.kinks, z[None])[0]
            if excess.max() <= 0:
                return z, True
            moving = self.kinks.moves(z[None])[0]
            if excess[moving].max(initial=0.0) <= 0:
                z = self._with_more(z, (excess > 0) & ~moving, blocks)
                moving = self.kinks.moves(z[None])[0]
            z = self._towards_the_minimum(z, moving)
        return z, False

    def _by_smoothing(self, z: FloatArray) -> FloatArray:
        """Minimise with norms made smooth, sqrt(|z_g|² + m²), for ever smaller m.

        Newton's method on z and on the norms' slopes weight · u at once, |u_g| <= 1, which goes
        through and around zero, where Newton's method on z alone takes ever smaller steps. At first
        all is smooth: m is as large as a group that had to explain r alone, for one that came to
        rest next to its kink may belong far from it.

        Source: Chan, Golub & Mulet (1999), SIAM J Sci Comput 20:1964-77, eq. 3.5 to 3.8.
        """
        blocks, weight = self.kinks.blocks()[0], self.kinks.weights()[0]
        together = blocks.astype(float)
        pull = weight + np.sqrt(together @ self.r**2)
        typical = np.sqrt(together @ z**2) + pull / np.maximum(together @ np.diag(self.H), _TINY)
        u, smoothing = np.zeros_like(z), 1.0
        for _ in range(_SMOOTHINGS):
            eta = np.sqrt(together @ z**2 + (smoothing * typical) ** 2)
            eta = np.where((weight > 0) & (eta > 0), eta, 1.0)
            ahead = np.where(blocks, np.outer(u, z) / eta[:, None], 0.0)
            bend = (np.eye(len(z)) - 0.5 * (ahead + ahead.T)) * (weight / eta)[:, None]
            slope = self.H @ z - self.r + weight * z / eta
            step = -solution(self.H + bend, slope)
            u_new = (z + step - ahead @ step) / eta
            u = u_new / np.maximum(1.0, np.sqrt(together @ u_new**2))
            z, smoothing = z + step, max(_SMALLER * smoothing, _LEAST_SMOOTHING)
        return z

    def value(self, z: FloatArray) -> float:
        """Return the objective."""
        return float(z @ (0.5 * (self.H @ z) - self.r) + self.kinks.value(z[None])[0])

    def _with_fewer(self, z: FloatArray, blocks: BoolArray) -> FloatArray:
        """Set groups to zero that are best at zero, given the others: all of them, or one."""
        within = np.where(blocks, self.H, 0.0)
        without = self.H @ z - self.r - within @ z  # a group's slope if it were zero
        best = self.kinks.violation(np.zeros((1, len(z))), without[None])[0] == 0
        drop = best & (z != 0) & ~self.kinks.moves(np.zeros((1, len(z))))[0]
        if not drop.any():
            return z
        fewer = np.where(drop, 0.0, z)
        if self.value(fewer) <= self.value(z):
            return fewer
        one: BoolArray = np.zeros((1, len(z)), dtype=bool)
        one[0, np.flatnonzero(drop)[np.abs(z[drop]).argmin()]] = True
        return np.where(self.kinks.together(one)[0], 0.0, z)

    def _with_more(self, z: FloatArray, wanting: BoolArray, blocks: BoolArray) -> FloatArray:
        """Let groups in that are not best at zero, each by a step that no curvature forbids."""
        curvature = np.diag(self.H)
        while wanting.any():
            group = blocks[np.flatnonzero(wanting)[0]]
            pace = np.full((1, 1), 1.0 / curvature[group].sum())
            new = self.kinks.prox((z - pace[0] * (self.H @ z - self.r))[None], pace)[0]
            z = np.where(group, new, z)
            wanting = wanting & ~group
        return z

    def _towards_the_minimum(self, z: FloatArray, moving: BoolArray) -> FloatArray:
        """Take Newton's step among groups that are not zero, as far as the objective falls."""
        on = np.flatnonzero(moving)
        slope = (self.H @ z - self.r + self.kinks.slope(z[None])[0])[on]
        system = (self.H + self.kinks.bend(z[None])[0])[np.ix_(on, on)]
        step = np.zeros_like(z)
        step[on] = -solution(system, slope)
        along, bend = step @ (self.H @ z - self.r), step @ self.H @ step

        def falls(t: float) -> bool:
            by_kinks = step @ np.where(moving, self.kinks.slope((z + t * step)[None])[0], 0.0)
            return bool(along + t * bend + by_kinks <= 0)

        low, high = 0.0, 1.0
        for _ in range(0 if falls(1.0) else _BISECTIONS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if falls(middle) else (low, middle)
        return self._stopped_at_kinks(z, z + high * step)

    def _stopped_at_kinks(self, z: FloatArray, new: FloatArray) -> FloatArray:
        """Set groups to zero that a step from z took next to it.

        There Newton's step would end again and again, and hold up all others. At zero a group waits
        for them, and is let in again the right way if it still wants to be.
        """
        together = self.kinks.blocks()[0].astype(float)
        shrunk = together @ new**2 < _ON_KINK**2 * (together @ z**2)
        return np.where(shrunk & (self.kinks.weights()[0] > 0), 0.0, new)


def negligible(H: FloatArray, r: FloatArray, kinks: Kinks, z: FloatArray) -> FloatArray:
    """Return the violations (C, a) that are none: far below the strength, or rounding."""
    products = np.matmul(np.abs(H), np.abs(z)[:, :, None])[:, :, 0] + np.abs(r)
    return SLACK * kinks.unit + NOISE * products


def solution(H: FloatArray, r: FloatArray) -> FloatArray:
    """Return H⁻¹ r for coordinates (k,) of any units; where H is singular, the shortest."""
    size = np.sqrt(np.maximum(np.diag(H), np.finfo(float).tiny))
    system = H / size[:, None] / size
    try:
        return np.linalg.solve(system, r / size) / size
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(system, r / size)[0] / size
