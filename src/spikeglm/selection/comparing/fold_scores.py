"""Scores of fits of folds on the rows that they have not seen, block by block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...engine.runners.plan import plan
from ...engine.runners.threads import in_shares
from ...glm.base import BaseGLM
from ...glm.weightings import WeightedFits
from ...numerics import quiet
from ...typing import FloatArray, IntArray
from .measures import Measure, Predicted


def fold_scores(
    model: BaseGLM, fits: WeightedFits, tested_by: IntArray, measure: Measure
) -> FloatArray:
    """Return the scores (K, N) of K folds, NaN where a fold tests no row of a neuron.

    Parameters
    ----------
    model, fits :
        The model, and its fits to the training rows of each fold.
    tested_by :
        (T,) the fold that a row tests, -1 for none.
    measure :
        What is scored.
    """
    rows, inputs = fits.inputs.rows, fits.inputs
    K, N = fits.n_weightings, fits.n_neurons
    how = plan(rows, inputs.columns.n_columns)
    starts = range(0, rows.n_rows, how.block_rows)
    scorer = _scorer(model, fits, measure)
    found: dict[int, dict[int, FloatArray]] = {}

    def fill(mine: Sequence[int]) -> None:
        for start in mine:
            stop = min(start + how.block_rows, rows.n_rows)
            fold = tested_by[start:stop]
            X = rows.read(start, stop) if (fold >= 0).any() else None
            found[start] = {
                k: scorer.sums(k, X[fold == k], start + np.flatnonzero(fold == k))
                for k in np.unique(fold[fold >= 0]).tolist()
                if X is not None
            }

    with quiet():
        in_shares(fill, starts, n_threads=how.n_threads)
        total = np.zeros((2, K, N))
        for start in starts:
            for k, sums in found[start].items():
                total[:, k] += sums
        return np.where(total[1] > 0, total[0] / total[1], np.nan)


def _scorer(model: BaseGLM, fits: WeightedFits, measure: Measure) -> _OfNumbers | _OfClasses:
    if fits.inputs.classes is not None:
        return _OfClasses(fits)
    return _OfNumbers(model, fits, measure)


class _Fits:
    """Linear predictors of the fit of each fold; C columns."""

    def __init__(self, fits: WeightedFits) -> None:
        result, self.inputs, self.n_neurons = fits.result, fits.inputs, fits.n_neurons
        coef, intercept = fits.by_weighting(result.coef), fits.by_weighting(result.intercept)
        p, K = len(result.coef), fits.n_weightings
        self.coef = np.moveaxis(coef, 2, 0).reshape(K, p, -1)
        self.intercept = np.moveaxis(intercept, 1, 0).reshape(K, -1)

    def eta(self, k: int, X: FloatArray, rows: IntArray) -> FloatArray:
        """Return predictors (B, C) of rows of a fold."""
        eta = X @ self.coef[k] + self.intercept[k]
        offsets = self.inputs.columns.offsets
        return eta if offsets is None else eta + offsets.block(rows)


class _OfNumbers(_Fits):
    """Sums of a measure of predicted means."""

    def __init__(self, model: BaseGLM, fits: WeightedFits, measure: Measure) -> None:
        super().__init__(fits)
        self.measure = measure
        self.scale = fits.scales(model) if measure.is_likelihood else None
        self.null = fits.by_weighting(fits.result.mean_response)[0]

    def sums(self, k: int, X: FloatArray, rows: IntArray) -> FloatArray:
        """Return both sums of a measure over rows of a fold, (2, N)."""
        columns = self.inputs.columns
        mean = columns.likelihood.mean(self.eta(k, X, rows))
        y = np.broadcast_to(columns.responses.block(rows), mean.shape)
        is_there = np.isfinite(y)
        scale = None if self.scale is None else self.scale[k]
        model, y = columns.likelihood.model, np.where(is_there, y, mean)
        parts = self.measure.parts(Predicted(model, y, mean, scale, self.null[k]))
        return np.array([np.where(is_there, part, 0.0).sum(axis=0) for part in parts])


class _OfClasses(_Fits):
    """Sums of log p of the classes that occurred, and how many rows have one."""

    def sums(self, k: int, X: FloatArray, rows: IntArray) -> FloatArray:
        """Return both sums over rows of a fold, (2, N)."""
        eta = self.eta(k, X, rows).reshape(len(rows), -1, self.n_neurons)  # (B, classes, N)
        y = self.inputs.columns.responses.block(rows).reshape(eta.shape)
        log_p = eta - np.logaddexp.reduce(eta, axis=1, keepdims=True)
        value = np.where(y > 0, log_p, 0.0).sum(axis=1)
        return np.array([value.sum(axis=0), y.any(axis=1).sum(axis=0)])
