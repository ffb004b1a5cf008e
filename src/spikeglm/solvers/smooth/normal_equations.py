"""Losses and penalties that are quadratic: one linear system each, and columns that share one.

A column's step from any point leads to its optimum; what rounding leaves is taken off by another.
Columns with the same row weights, penalty and frozen parameters (the neurons of a fold at one
strength) have the same matrix, which is inverted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ...typing import FloatArray, IntArray
from ..contract import Objective, Outcome, Status

_MOST_STEPS = 6  # the first two do it; more where a matrix is nearly singular
_MOST_BYTES = 2**26  # of matrices at a time
_SINGULAR = 1e-14  # eigenvalue, per parameter, of a matrix with unit diagonal, that may be rounding


class QuadraticObjective(Objective, Protocol):
    """An :class:`Objective` with the same second derivatives everywhere, which cost nothing."""

    def hessians(self, active: IntArray) -> FloatArray:
        """Return them, (A, p + 1, p + 1), with a one for each parameter that is frozen."""
        ...

    def alike(self, active: IntArray) -> IntArray:
        """Return (A,) numbers from 0; columns of one number have the same second derivatives."""
        ...


def minimise_quadratic(
    objective: QuadraticObjective, start: FloatArray, *, tolerance: float, unit: FloatArray
) -> Outcome:
    """Minimise all columns, and certify each by its Newton decrement.

    Parameters
    ----------
    objective :
        C column problems.
    start :
        (p + 1, C) first point.
    tolerance :
        On the Newton decrement, in units of ``unit`` (C,).

    Examples
    --------
    Chosen strengths of a Gaussian model come from it:

    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> ridge = nmo.GLM("Gaussian", regularizer="Ridge")
    >>> choice = nmo.selection.select_strength(ridge, X, X[:, 0] + X[::-1, 1])
    >>> set(choice.searches[0].status.ravel())
    {'converged'}
    """
    n_columns, wanted = objective.n_columns, tolerance * unit
    theta, value = start.copy(), np.full(n_columns, np.nan)
    decrement, n_steps = np.full(n_columns, np.inf), np.zeros(n_columns, dtype=np.intp)
    groups = _members(objective.alike(np.arange(n_columns)))
    at_once = max(1, _MOST_BYTES // (8 * objective.n_parameters**2))
    for some in (groups[k : k + at_once] for k in range(0, len(groups), at_once)):
        inverses = _inverses(objective.hessians(np.array([members[0] for members in some])))
        which = np.concatenate(some)
        sizes = [len(members) for members in some]
        for _ in range(_MOST_STEPS):
            at = objective.evaluate(theta[:, which], which)
            value[which] = at.value
            step = _steps(inverses, at.gradient, sizes)
            decrement[which] = np.sqrt(np.abs(np.einsum("pc,pc->c", step, at.gradient)))
            left = ~(decrement[which] <= wanted[which])
            if not left.any():
                break
            theta[:, which[left]] += step[:, left]
            n_steps[which[left]] += 1
    is_done = decrement <= wanted
    status = tuple(Status.CONVERGED if done else Status.STALLED for done in is_done)
    return Outcome(theta, value, decrement, True, status, n_steps, objective.n_passes)


def _members(number: IntArray) -> list[IntArray]:
    """Return the columns of each number."""
    order = np.argsort(number, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(number[order])) + 1)


def _steps(inverses: FloatArray, gradient: FloatArray, sizes: Sequence[int]) -> FloatArray:
    """Return -H⁻¹ g (n, A), columns in the order of their matrices, so many of each."""
    out, first = np.empty_like(gradient), 0
    for inverse, size in zip(inverses, sizes, strict=True):
        mine = slice(first, first + size)
        np.matmul(inverse, gradient[:, mine], out=out[:, mine])
        first += size
    return -out


def _inverses(H: FloatArray) -> FloatArray:
    """Return the inverses of matrices (G, n, n), whose eigenvalues count as no less than is sure.

    In units in which diagonals are one, where a strong penalty on one parameter hides no other.
    """
    unit = np.sqrt(np.maximum(np.diagonal(H, axis1=1, axis2=2), np.finfo(float).tiny))
    unit = unit[:, :, None] * unit[:, None, :]
    scaled, least = H / unit, _SINGULAR * H.shape[1]
    out = np.empty_like(H)
    for g, matrix in enumerate(scaled):
        try:
            pivots = np.diag(np.linalg.cholesky(matrix)) ** 2
            is_clear = bool(pivots.min() > 1e3 * least)
        except np.linalg.LinAlgError:
            is_clear = False
        if is_clear:
            out[g] = np.linalg.inv(matrix)
        else:
            values, vectors = np.linalg.eigh(matrix)
            out[g] = (vectors / np.maximum(values, least)) @ vectors.T
    return out / unit
