"""The parabola that stands for the loss of a mini-batch: its curvature, its minimum, its reach."""

from __future__ import annotations

import numpy as np

from ...engine.objective import Evaluation, Objective
from ...typing import BoolArray, FloatArray
from ..sparse.proximal_subproblem import minimise_model

_SINGULAR = 1e-12  # relative eigenvalue that counts as none
_MOST_HALVINGS = 20  # of a step on one batch; then it is not taken
_ROUNDING = 1e-13  # of an objective, relative
_RATHER_WRONG = 0.1  # error of a parabola relative to twice what its curvature adds


def information(batch: Objective, theta: FloatArray) -> FloatArray:
    """Return the Fisher information (C, n, n) of a batch; zero for parameters that do not move."""
    columns = np.arange(batch.n_columns)
    all_but_the_last = np.arange(batch.n_parameters - 1)
    H = batch.hessian_on(theta, columns, [all_but_the_last] * batch.n_columns)
    free = ~batch.frozen(columns).T
    return np.where(free[:, :, None] & free[:, None, :], np.nan_to_num(H), 0.0)


def minimiser(batch: Objective, H: FloatArray, r: FloatArray, theta: FloatArray) -> FloatArray:
    """Return argmin of z'H z / 2 - r'z and the kinks of the penalty; where H is zero, theta."""
    unit = np.sqrt(np.diagonal(H, axis1=1, axis2=2).mean(axis=0))
    unit = np.divide(1.0, unit, out=np.ones_like(unit), where=unit > 0)
    H, r, z = H * unit * unit[:, None], r * unit, theta.T / unit
    kinks = batch.kinks_in(unit[:-1])
    if kinks is None:
        return ((z - _solved(H, matvec(H, z) - r)) * unit).T
    stretch = kinks.stretch
    H = H / (stretch[:, :, None] * stretch[:, None, :])
    still = np.diagonal(H, axis1=1, axis2=2) <= 0
    H = H + np.where(still, 1.0, 0.0)[:, :, None] * np.eye(H.shape[1])
    r = np.where(still, z * stretch, r / stretch)
    return (minimise_model(H, r, kinks, z * stretch) / stretch * unit).T


def within_reach(
    batch: Objective, theta: FloatArray, here: Evaluation, H: FloatArray, goal: FloatArray
) -> tuple[FloatArray, Evaluation, BoolArray]:
    """Return points towards the goal, up to where the batch's own model holds, and who went far.

    It holds as long as the loss is no more than the model would say with twice the curvature. Far
    is a step that a batch alone would not take by chance, and along which the model is wrong. What
    the batch says at the points is returned with them.
    """
    columns = np.arange(batch.n_columns)
    change, step = goal - theta, np.ones(batch.n_columns)
    start = here.value - _kinks_at(batch, theta)
    slope = np.einsum("pc,pc->c", here.gradient, change)
    bend = np.einsum("pc,cp->c", change, matvec(H, change.T))
    for _ in range(_MOST_HALVINGS):
        trial = np.where(step == 1.0, goal, theta + step * change)
        there = batch.evaluate(trial, columns)
        with np.errstate(invalid="ignore"):
            added = there.value - _kinks_at(batch, trial) - start - step * slope
            noise = _ROUNDING * np.abs(start)
            holds = there.finite & (added <= step**2 * bend + noise)
        if holds.all():
            break
        step = np.where(holds, step, 0.5 * step)
    wrong = np.abs(added - 0.5 * step**2 * bend) > _RATHER_WRONG * step**2 * bend + noise
    is_far = (step < 1.0) | (wrong & (bend * batch.total_weight > len(theta)))
    at = Evaluation(
        np.where(holds, there.value, here.value), np.where(holds, there.gradient, here.gradient)
    )
    return np.where(holds, trial, theta), at, is_far


def _kinks_at(batch: Objective, theta: FloatArray) -> FloatArray | float:
    kinks = batch.kinks()
    return 0.0 if kinks is None else kinks.value(theta.T * kinks.stretch)


def ridge_of(batch: Objective) -> FloatArray:
    """Return the penalty's second derivative, (C, n, n); zero for what does not move."""
    everyone, n = np.arange(batch.n_columns), batch.n_parameters
    free = ~batch.frozen(everyone).T
    out = np.zeros((batch.n_columns, n, n))
    batch.add_penalty_curvature(out, everyone)
    return np.where(free[:, :, None] & free[:, None, :], out, 0.0)


def _solved(H: FloatArray, slope: FloatArray) -> FloatArray:
    """Return H⁺ slope, (C, n)."""
    values, vectors = np.linalg.eigh(H)
    kept = values > _SINGULAR * H.shape[1] * values[:, -1:]
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    along = np.einsum("cij,ci->cj", vectors, slope)
    return np.einsum("cij,cj->ci", vectors, inverse * along)


def matvec(H: FloatArray, z: FloatArray) -> FloatArray:
    """Return H z, (C, n), for matrices (C, n, n) and vectors (C, n)."""
    return np.einsum("cij,cj->ci", H, z)


def products(H: FloatArray, theta: FloatArray) -> FloatArray:
    """Return H theta, (C, n), for parameters theta (n, C)."""
    return matvec(H, theta.T)
