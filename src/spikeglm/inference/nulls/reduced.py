"""The models that lack a term, which everything it adds is measured against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...engine.kernels import loss_kernels
from ...engine.runners.dispatch import run
from ...engine.runners.plan import Plan
from ...engine.table import Table
from ...fit.fitting import SolverChoice, fit_prepared
from ...fit.prepared import Prepared, prepare
from ...fit.starts import without_features
from ...rows.contract import Rows
from ...solvers import WELL, Status
from ...typing import BoolArray, FloatArray
from .question import Sight

NOTHING_TO_GAIN = (Status.SILENT, Status.SATURATED)
"""Of a response that never varies no feature explains anything."""
ANSWERED = (*WELL, Status.SEPARATED, *NOTHING_TO_GAIN)
"""Statuses of fits whose loss is the least one, if only in the limit."""


@dataclass(frozen=True, eq=False)
class Reduced:
    """Fits of C columns without the term.

    Attributes
    ----------
    ready :
        The rows, looked at once.
    coef, intercept :
        (p, C) and (C,) estimates.
    status :
        (C,) how each fit ended.
    weight, mean :
        (C,) sum of the row weights, and mean response.
    unit :
        (C,) dispersion of these models, in units of the loss.
    """

    ready: Prepared
    coef: FloatArray
    intercept: FloatArray
    status: tuple[Status, ...]
    weight: FloatArray
    mean: FloatArray
    unit: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, sight: Sight, ready: Prepared | None = None) -> Reduced:
        """Fit the models without the term."""
        columns, penalty = sight.without_term, sight.penalty
        if ready is None:
            ready = prepare(sight.rows, columns, keep=sight.keep)
        if not sight.has_rest and columns.offsets is None and _has_mean(columns):
            observed = ready.responses(columns)
            W, b, found = without_features(columns, observed, len(sight.of_term))
            status = tuple(Status.CONVERGED if word is None else word for word in found)
            weight, mean = observed.weight, observed.mean
        else:
            result = fit_prepared(ready, columns, penalty=penalty, solver=SolverChoice())
            W, b, status = result.coef, result.intercept, result.status
            weight, mean = result.total_weight, result.mean_response
        return cls(ready, W, b, status, weight, mean, _unit(sight, ready, W, b))

    @property
    def has_answer(self) -> BoolArray:
        """(C,) whether a fit is one to measure against."""
        return np.array([status in ANSWERED for status in self.status], dtype=bool)

    @property
    def is_constant(self) -> BoolArray:
        """(C,) whether a response never varies."""
        return np.array([status in NOTHING_TO_GAIN for status in self.status], dtype=bool)

    def table(self, rows: Rows, how: Plan) -> Table:
        """Return other rows, read as the fits read theirs: less where features lie."""
        table = Table.cut(rows, self.ready.keep, how.block_rows)
        shift = self.ready.survey.table.shift
        return table if shift is None else table.moved(shift)


def _has_mean(columns: Columns) -> bool:
    """Whether the best fit without features has the mean of the responses."""
    return columns.has_intercept and columns.likelihood.model.has_linear_slope


def _unit(sight: Sight, ready: Prepared, W: FloatArray, b: FloatArray) -> FloatArray:
    """Return the dispersion (C,) of fits, in units of the loss: Pearson's, over the rows."""
    model = sight.columns.likelihood.model
    if not model.has_dispersion:
        return np.full(len(b), float(model.loss_unit))
    table = Table.cut(sight.rows, sight.keep, ready.how.block_rows)
    W, b = table.weights_here(W, b)
    sums = run(loss_kernels.pearson, table, sight.columns, W, b, ready.how)
    tiny = np.finfo(float).tiny
    scale = np.maximum(sums.total, tiny) / np.maximum(sums.weight, tiny)
    return model.loss_unit * scale
