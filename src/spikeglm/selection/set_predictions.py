"""Held-out predictions of sets of terms, computed when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import showing
from ..engine.runners.plan import plan
from ..glm.reading.fit_inputs import FitInputs
from ..numerics import quiet
from ..typing import FloatArray, IntArray
from .set_problem import Scored, SetProblem


@dataclass(frozen=True, eq=False)
class SetPredictions:
    """Fits of M sets without each of K folds, with their data; T rows, p features, N neurons.

    Attributes
    ----------
    inputs :
        The data.
    tested_by :
        (T,) the fit that a row tests, -1 for none.
    coef, intercept :
        (M, K, p, N) and (M, K, N).

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
    >>> sets = [(), ["x0", "x1"]]
    >>> found = nmo.selection.fit_term_sets(nmo.GLM(), X, y, sets, keeps_predictions=True)
    >>> found.predictions.of_set(0)[:2, 0].round(3)  # the mean of the rows of the other folds
    array([1., 1.])
    """

    inputs: FitInputs
    tested_by: IntArray
    coef: FloatArray
    intercept: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, problem: SetProblem, scored: Scored) -> SetPredictions:
        """Keep what was found."""
        coef, intercept, _ = scored.estimates
        return cls(problem.inputs, problem.folds.tested_by, coef, intercept)

    def of_set(self, m: int) -> FloatArray:
        """Return means (T, N) of set number ``m``, NaN where no fold tests a row."""
        rows, columns = self.inputs.rows, self.inputs.columns
        mean = np.full((rows.n_rows, columns.n_columns), np.nan)
        how, is_complete = plan(rows, columns.n_columns), rows.valid_rows()
        for start in range(0, rows.n_rows, how.block_rows):
            index = np.arange(start, min(start + how.block_rows, rows.n_rows))
            fold = np.where(is_complete[index], self.tested_by[index], -1)
            if (fold < 0).all():
                continue
            X = rows.read(start, int(index[-1]) + 1)
            for k in np.unique(fold[fold >= 0]):
                here = fold == k
                eta = X[here] @ self.coef[m, k] + self.intercept[m, k]
                if columns.offsets is not None:
                    eta = eta + columns.offsets.block(index[here])
                with quiet():
                    mean[index[here]] = columns.likelihood.mean(eta)
        return mean
