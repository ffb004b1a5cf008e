"""Smooth penalties at many strengths: every neuron at every strength is a column of one fit."""

from __future__ import annotations

import numpy as np

from ..engine.columns import Columns
from ..fit.fitting import SolverChoice, fit_columns
from ..regularizer.base import Penalty
from ..rows.contract import Rows
from ..typing import BoolArray, FloatArray
from .path_fitting import PathRecord


def fit_smooth_path(
    rows: Rows,
    columns: Columns,
    *,
    penalty: Penalty,
    keep: BoolArray,
    strengths: FloatArray,
    solver: SolverChoice,
) -> PathRecord:
    """Fit all columns at all strengths at once; they share each pass over the rows.

    Parameters
    ----------
    rows, columns, keep, solver :
        As for ``fit_columns``; C columns.
    penalty :
        At strength one.
    strengths :
        (S, C) > 0, which multiply it.
    """
    which = np.tile(np.arange(columns.n_columns), len(strengths))
    tiled = penalty.take(which).times(strengths.ravel())
    return fit_copies(rows, columns, penalty=tiled, keep=keep, strengths=strengths, solver=solver)


def fit_copies(
    rows: Rows,
    columns: Columns,
    *,
    penalty: Penalty,
    keep: BoolArray,
    strengths: FloatArray,
    solver: SolverChoice,
) -> PathRecord:
    """Fit S copies of C columns, copy s of column c with the penalty of column s C + c.

    ``strengths`` (S, C) are for the record.
    """
    S, C = strengths.shape
    which = np.tile(np.arange(C), S)
    result = fit_columns(rows, columns.take(which), penalty=penalty, keep=keep, solver=solver)
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
