"""Smooth penalties at many strengths: every neuron at every strength is a column of one fit.

Estimates change smoothly with the logarithm of the strength. So every fourth strength is solved
first, and the strengths between begin where the polynomial through their neighbours leads: nearer
to their optimum than another strength is, and still many columns to each visit of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.columns import Columns
from ..engine.quadratic import is_quadratic
from ..fit.by_moments import numbers_by_moments
from ..fit.fitting import SolverChoice, fit_prepared
from ..fit.prepared import Prepared
from ..fit.problems import Numbers, Parameters
from ..regularizer.base import Penalty
from ..typing import FloatArray, IntArray
from .path_fitting import PathRecord, joined

_FIRST = 4  # one of so many strengths is solved without a neighbour
_POINTS = 4  # of the polynomial that a start is taken from
_STARTS_PAY_FROM = 200_000_000  # multiplications per visit for all strengths together


def fit_smooth_path(
    ready: Prepared,
    columns: Columns,
    *,
    penalty: Penalty,
    strengths: FloatArray,
    solver: SolverChoice,
) -> PathRecord:
    """Fit all columns at all strengths.

    Parameters
    ----------
    ready :
        The rows.
    columns, solver :
        As for ``fit_prepared``; C columns.
    penalty :
        At strength one.
    strengths :
        (S, C) > 0, falling, which multiply it.
    """
    C, found = columns.n_columns, list[tuple[IntArray, PathRecord]]()
    for level in _levels(ready, columns, len(strengths)):
        some = strengths[level]
        which = np.tile(np.arange(C), len(level))
        tiled = penalty.take(which).times(some.ravel())
        start = _between(found, strengths, level) if found else None
        record = fit_copies(
            ready, columns, penalty=tiled, strengths=some, solver=solver, start=start
        )
        found.append((level, record))
    return joined(found)


def fit_copies(
    ready: Prepared,
    columns: Columns,
    *,
    penalty: Penalty,
    strengths: FloatArray,
    solver: SolverChoice,
    start: Parameters | None = None,
) -> PathRecord:
    """Fit S copies of C columns, copy s of column c with the penalty of column s C + c.

    ``strengths`` (S, C) are for the record; ``start`` are first coefficients (p, S C) and
    intercepts (S C,).
    """
    S, C = strengths.shape
    which = np.tile(np.arange(C), S)
    result = fit_prepared(
        ready,
        columns.take(which),
        penalty=penalty,
        solver=solver,
        start=start,
        kind=numbers_by_moments(ready) if solver.name is None else Numbers,
    )
    words = result.status
    return PathRecord(
        strengths=strengths,
        coef=result.coef.reshape(-1, S, C).swapaxes(0, 1),
        intercept=result.intercept.reshape(S, C),
        objective=result.objective.reshape(S, C),
        violation=result.decrement.reshape(S, C),
        status=tuple(words[s * C : (s + 1) * C] for s in range(S)),
        n_passes=result.n_passes,
        scale=None if result.scale is None else result.scale.reshape(S, C),
    )


def _levels(ready: Prepared, columns: Columns, n_strengths: int) -> list[IntArray]:
    """Return which strengths are solved together, in order."""
    every = np.arange(n_strengths)
    work = ready.survey.table.n_kept * ready.rows.n_features * columns.n_columns * n_strengths
    pays = work >= _STARTS_PAY_FROM and n_strengths > 2 * _FIRST
    if is_quadratic(columns) or columns.estimates_scale or not pays:
        return [every]
    first = np.unique(np.append(every[::_FIRST], n_strengths - 1))
    middle = np.setdiff1d(every[:: _FIRST // 2], first)
    return [first, middle, np.setdiff1d(every, np.union1d(first, middle))]


def _between(
    found: Sequence[tuple[IntArray, PathRecord]], strengths: FloatArray, wanted: IntArray
) -> Parameters:
    """Return coefficients (p, S C) and intercepts (S C,) at some strengths, from those at others.

    A polynomial in log strength through the nearest four, for each column its own.
    """
    known = np.concatenate([level for level, _ in found])
    order = np.argsort(known)
    known = known[order]
    coef = np.concatenate([record.coef for _, record in found])[order]
    intercept = np.concatenate([record.intercept for _, record in found])[order]
    coefs, intercepts = [], []
    for s in wanted:
        first = np.searchsorted(known, s) - _POINTS // 2
        first = int(np.clip(first, 0, max(0, len(known) - _POINTS)))
        near = slice(first, first + _POINTS)
        share = _lagrange(np.log(strengths[known[near]]), np.log(strengths[s]))
        coefs.append(np.einsum("kc,kpc->pc", share, coef[near]))
        intercepts.append(np.einsum("kc,kc->c", share, intercept[near]))
    return np.hstack(coefs), np.concatenate(intercepts)


def _lagrange(points: FloatArray, at: FloatArray) -> FloatArray:
    """Return the shares (K, C) of values at points (K, C) in the polynomial's value at (C,).

    Where points coincide they are just any finite numbers.

    >>> _lagrange(np.array([[0.0], [1.0], [2.0]]), np.array([1.5])).ravel()
    array([-0.125,  0.75 ,  0.375])
    """
    out = np.ones_like(points)
    for j, own in enumerate(points):
        for k, other in enumerate(points):
            if j != k:
                apart = own - other
                out[j] *= (at - other) / np.where(apart != 0, apart, 1.0)
    return out
