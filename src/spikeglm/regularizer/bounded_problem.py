"""Parabolas in several variables with bounds.

    minimise over low <= z <= high:   z' H z / 2 - r' z

Projected Newton steps: what stands on a bound and would go further out is held, all else takes
Newton's step, cut off at the bounds, and shortened until the objective falls. For a positive
definite H the bounds of the minimiser are found after finitely many steps, and the next one is
exact.

Source: Bertsekas (1982), SIAM J Control Optim 20:221-46, eq. 32-36.
"""

from __future__ import annotations

import numpy as np

from ..typing import FloatArray
from .nonsmooth import Kinks

_MOST_STEPS = 100
_MOST_HALVINGS = 40
_ARMIJO = 1e-4
_NOISE = 1e-15  # of the terms of a slope, below which it is none


def minimise_within(H: FloatArray, r: FloatArray, box: Kinks, start: FloatArray) -> FloatArray:
    """Return the minimisers (C, a) of C problems, from first points (C, a).

    Parameters
    ----------
    H, r :
        (C, a, a) symmetric positive definite, and (C, a).
    box :
        The bounds.
    start :
        First points, within.

    Examples
    --------
    >>> from spikeglm.regularizer.box import Box
    >>> low, high = np.array([[0.0, -np.inf]]), np.array([[np.inf, 0.5]])
    >>> H, r = np.array([[[2.0, 1.0], [1.0, 2.0]]]), np.array([[-1.0, 3.0]])
    >>> minimise_within(H, r, Box(low, high), np.zeros((1, 2)))
    array([[0. , 0.5]])
    """
    each = (box.take(np.array([c])) for c in range(len(H)))
    return np.array([_minimised(*one) for one in zip(H, r, each, start, strict=True)])


def _minimised(H: FloatArray, r: FloatArray, box: Kinks, z: FloatArray) -> FloatArray:
    for _ in range(_MOST_STEPS):
        slope = H @ z - r
        wanting = box.violation(z[None], slope[None])[0]
        if (wanting <= _NOISE * (np.abs(H) @ np.abs(z) + np.abs(r))).all():
            break
        on = np.flatnonzero(box.moves(z[None])[0] | (wanting > 0))
        step = np.zeros_like(z)
        unit = 1.0 / np.sqrt(np.diag(H)[on])
        step[on] = -unit * np.linalg.solve(
            H[np.ix_(on, on)] * np.outer(unit, unit), unit * slope[on]
        )
        new = _shortened(H, slope, box, z, step)
        if (new == z).all():
            break
        z = new
    return z


def _shortened(
    H: FloatArray, slope: FloatArray, box: Kinks, z: FloatArray, step: FloatArray
) -> FloatArray:
    """Return the first of z + t step, t = 1, 1/2, ..., cut off at the bounds, that is lower."""
    t, cut = 1.0, np.ones((1, 1))
    for _ in range(_MOST_HALVINGS):
        new = box.prox((z + t * step)[None], cut)[0]
        move = new - z
        along = slope @ move
        if along + 0.5 * move @ H @ move <= _ARMIJO * along:
            return new
        t *= 0.5
    return z
