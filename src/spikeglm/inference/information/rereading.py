"""The rows of a fit read once more, for what tests need of them: information and slopes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ... import showing
from ...engine.features.survey import survey_locations, survey_responses
from ...engine.kernels import loss_kernels
from ...engine.runners.dispatch import run
from ...engine.runners.plan import Plan, planned
from ...engine.table import Table
from ...typing import FloatArray, IntArray
from .memory import groups, in_longer_blocks
from .optimum import Information, Optimum


@dataclass(frozen=True, eq=False)
class Rereading:
    """How the data of an optimum of C columns are read: features less ``shift`` (p,).

    Matrices are on (w, b + shift . w), the intercept last, in units of the loss.

    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.random.default_rng(1).poisson(1.0, 200)
    >>> optimum = nmo.GLM().fit(X, y).on(X, y).optimum
    >>> ((_, F),) = Rereading.of(optimum).informations(np.array([0]), np.zeros(2))
    >>> bool(np.isclose(F[2, 2], y.sum()))
    True
    """

    optimum: Optimum
    how: Plan
    table: Table
    shift: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, optimum: Optimum) -> Rereading:
        """Look at where the features lie."""
        columns = optimum.columns
        table, how = planned(optimum.rows, optimum.keep, columns.n_columns)
        table = in_longer_blocks(survey_locations(table, columns, how).table, how)
        return cls(optimum, how, table, table.origin)

    def informations(
        self, wanted: IntArray, centre: FloatArray
    ) -> Iterator[tuple[int, FloatArray]]:
        """Yield each wanted column with its information (n, n) on (w, b + centre . w)."""
        for group in self.groups(wanted):
            W, b = self.at(group)
            columns = self.optimum.columns.take(group)
            sums = run(loss_kernels.fisher_information, self.table, columns, W, b, self.how)
            for c, information in zip(group, sums.information, strict=True):
                yield int(c), Information(information, self.shift).about(centre)

    def slopes(self) -> FloatArray:
        """Return the derivative (n, C) of the summed loss, without a penalty."""
        W, b = self.at(np.arange(self.optimum.columns.n_columns))
        sums = run(loss_kernels.loss_and_gradient, self.table, self.optimum.columns, W, b, self.how)
        return np.vstack([sums.by_weights, sums.by_intercept])

    def penalised_slopes(self) -> FloatArray:
        """Return the derivative (n, C) of the summed loss with its penalty, by (w, b)."""
        out, columns = self.slopes(), self.optimum.columns
        out[:-1] += np.outer(self.shift, out[-1])
        weight = survey_responses(self.table, columns, self.how).weight
        out[:-1] += self.optimum.penalty.gradient(self.optimum.coef) * weight
        return out

    def losses(self) -> FloatArray:
        """Return the summed loss (C,), without a penalty."""
        W, b = self.at(np.arange(self.optimum.columns.n_columns))
        return run(loss_kernels.loss, self.table, self.optimum.columns, W, b, self.how).total

    def groups(self, wanted: IntArray) -> list[IntArray]:
        """Return the wanted columns in groups whose matrices fit the memory budget."""
        if not len(wanted):
            return []
        return [wanted[group] for group in groups(len(wanted), len(self.shift) + 1)]

    def at(self, group: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the estimates of some columns, for the features as they are read."""
        return self.table.weights_here(self.optimum.coef[:, group], self.optimum.intercept[group])


def covariance_about(covariance: FloatArray, centre: FloatArray) -> FloatArray:
    """Return the covariance (n, n) of (w, b) as that of (w, b + centre . w).

    >>> covariance_about(np.array([[1.0, -1.0], [-1.0, 2.0]]), np.ones(1))
    array([[1., 0.],
           [0., 1.]])
    """
    out = covariance.copy()
    out[-1] += centre @ out[:-1]
    out[:, -1] += out[:, :-1] @ centre
    return out
