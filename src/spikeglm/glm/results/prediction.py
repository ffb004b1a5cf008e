"""Sweeps over the rows under fitted coefficients: the mean response, the loss, the dispersion."""

from __future__ import annotations

import numpy as np

from ...engine.columns import Columns
from ...engine.kernels import loss_kernels
from ...engine.runners.dispatch import products, run
from ...engine.runners.plan import plan, planned
from ...fit.record import FitResult
from ...rows.contract import Rows
from ...typing import Array, BoolArray, FloatArray


def linear_predictor(
    rows: Rows, coef: FloatArray, intercept: FloatArray, offset: Array
) -> FloatArray:
    """Return X coef + intercept + offset, (T, C); NaN where a row is not finite.

    Features are read block by block; only the result is as long as the recording.
    """
    eta = products(rows, coef, plan(rows, coef.shape[1]))
    eta += intercept
    eta += offset
    return eta


def mean_loss(
    rows: Rows, columns: Columns, coef: FloatArray, intercept: FloatArray, keep: BoolArray
) -> FloatArray:
    """Return the unpenalised mean loss of each column, (C,); masked features do not count."""
    coef = coef if columns.mask is None else coef * columns.mask
    sums = _sweep(loss_kernels.loss, rows, columns, coef, intercept, keep)
    return sums.total / sums.weight


def estimate_scale(
    rows: Rows, columns: Columns, result: FitResult, dof: FloatArray, *, keep: BoolArray
) -> FloatArray:
    """Return the dispersion of each column, (C,): Pearson's sum over the degrees of freedom.

    A row of weight a counts as a rows. Models without a dispersion to estimate state theirs. Where
    the degrees of freedom are NaN, so is the dispersion.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 9.2.4.
    """
    model = columns.likelihood.model
    if not model.dispersion_adds_up:
        return _scale_at_once(rows, columns, result, dof, keep)
    if not model.has_dispersion:
        return np.full(columns.n_columns, float(model.scale))
    sums = _sweep(loss_kernels.pearson, rows, columns, result.coef, result.intercept, keep)
    return np.where(sums.weight > 0, sums.total, np.nan) / dof


def _scale_at_once(
    rows: Rows, columns: Columns, result: FitResult, dof: FloatArray, keep: BoolArray
) -> FloatArray:
    """Ask a user's model for the dispersion of each column, given its rows of positive weight."""
    block, model = columns.block(np.flatnonzero(keep)), columns.likelihood.model
    offset = np.zeros((1, 1)) if columns.offsets is None else columns.offsets.block(slice(None))
    eta = linear_predictor(rows, result.coef, result.intercept, offset)[keep]
    mean = columns.likelihood.mean(eta)
    weight = np.ones((1, 1)) if block.weights is None else block.weights
    scale = np.full(columns.n_columns, np.nan)
    for c, used in enumerate(np.broadcast_to(weight > 0, mean.shape).T):
        if used.any():
            y, mu = block.y[used, c, None], mean[used, c, None]
            scale[c] = np.ravel(model.estimate_scale(y, mu, dof[c]))[0]
    return scale


def _sweep(
    kernel: loss_kernels.Kernel[loss_kernels.TotalSums],
    rows: Rows,
    columns: Columns,
    coef: FloatArray,
    intercept: FloatArray,
    keep: BoolArray,
) -> loss_kernels.TotalSums:
    table, how = planned(rows, keep, columns.n_columns)
    return run(kernel, table.in_double(), columns, coef, intercept, how)
