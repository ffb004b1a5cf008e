"""Fits near others of the same responses: parts of their rows, parts of their features.

The curvature of the loss where a neuron was fitted to all rows with all features is nearly that of
its folds and of its sets of features: the linear predictors are nearly the same. It is summed up
once per neuron, for rows that go together in all folds, and a set has those rows and columns of it
that are its features.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from .. import showing
from ..engine.columns import Columns, Source
from ..engine.coordinates.feature_facts import Features
from ..engine.group_moments import Groups
from ..engine.kernels.loss_kernels import fisher_information
from ..engine.objective import Objective
from ..engine.runners.dispatch import run
from ..engine.runners.threads import one_blas_thread
from ..engine.table import cut
from ..numerics import quiet
from ..solvers import WELL
from ..solvers.curvature.known_curvature import KnownCurvature
from ..solvers.curvature.shared_curvature import Curvature, SharedCurvature
from ..typing import Array, BoolArray, FloatArray, IntArray
from .by_moments import NumbersByMoments
from .prepared import Prepared
from .problems import MakeProblems, Parameters
from .record import FitResult

_GROUPS_PER_SERIES = 4  # of rows; more ways in which rows count are no folds
_BLOCK_ROWS = 2048  # each adds a matrix for each neuron


@dataclass(frozen=True, eq=False)
class Nearby:
    """Fits of N neurons to all rows, and second derivatives there under V row weightings.

    Attributes
    ----------
    neurons, is_well :
        (N,) numbers of their responses, and whether their fits have a certificate.
    used :
        (p,) features that their fits could use.
    features :
        The coordinates.
    loss :
        (V N + N, p + 1, p + 1) by theta: sums over rows, of neuron n under weighting v in v N + n,
        and over all rows last.
    coef, intercept :
        (p, N) and (N,).
    """

    neurons: IntArray
    is_well: BoolArray
    used: BoolArray
    features: Features
    loss: FloatArray
    coef: FloatArray
    intercept: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def seen(
        cls,
        ready: Prepared,
        columns: Columns,
        weightings: Array,
        fits: FitResult,
        used: BoolArray,
    ) -> Nearby | None:
        """Sum up curvatures in one visit; None where rows or weightings are not plain.

        Parameters
        ----------
        ready :
            The rows.
        columns :
            N neurons, whose responses differ.
        weightings :
            (T, V) how often rows count.
        fits :
            Their fits to all rows.
        used :
            (p,) the features that they could use.
        """
        table, features, V = ready.survey.table, ready.survey.features, weightings.shape[1]
        groups = Groups.of(Source(weightings, np.arange(V)), np.arange(V), ready.keep)
        if not table.is_plain or len(groups.share) > _GROUPS_PER_SERIES * V:
            return None
        if groups.factor is not None:
            own = Source(groups.factor[:, None], np.zeros(columns.n_columns, dtype=np.intp))
            columns = replace(columns, weights=own)
        else:
            columns = replace(columns, weights=None)
        n, N, at = len(features.mean) + 1, columns.n_columns, (fits.coef, fits.intercept)
        loss = np.zeros((V + 1, N, n, n), dtype=np.float32)
        block_rows = max(ready.how.block_rows, _BLOCK_ROWS)
        with one_blas_thread(), quiet():
            for g, share in enumerate(groups.share):
                blocks = tuple(cut(groups.of_row == g, block_rows))
                rows = replace(table, blocks=blocks)
                found = run(fisher_information, rows, columns, *at, ready.how).information
                found = _by_theta(found, features)
                for v in np.flatnonzero(share):
                    loss[v] += share[v] * found
                loss[V] += found
        is_well = np.isin(fits.status, WELL)
        loss = loss.reshape(-1, n, n)
        return cls(columns.responses.of, is_well, used, features, loss, *at)

    def knows(self, neurons: IntArray, used: BoolArray) -> bool:
        """Tell whether these neurons were looked at, with these features at least."""
        return bool(np.isin(neurons, self.neurons).all() and not (used & ~self.used).any())

    def place(self, responses: IntArray) -> IntArray:
        """Return which of the neurons have responses (A,)."""
        order = np.argsort(self.neurons)
        return order[np.searchsorted(self.neurons[order], responses)]

    def start(self, responses: IntArray, masks: BoolArray) -> Parameters:
        """Return where fits of masks (p, A) to responses (A,) begin: features less, means alike."""
        n = self.place(responses)
        W, left_out = self.coef[:, n], np.where(masks, 0.0, self.coef[:, n])
        return W - left_out, self.intercept[n] + self.features.mean @ left_out

    def curvature(self, objective: Objective, h: FloatArray) -> Curvature:
        """Return that of the columns of an objective; where these are others, what they share."""
        columns = objective.columns
        known = self.features
        is_alike = np.array_equal(known.mean, objective.features.mean) and np.array_equal(
            known.inverse_scale, objective.features.inverse_scale
        )
        if not (is_alike and objective.table.is_plain):
            return SharedCurvature.of(objective, h)
        N, weights = len(self.neurons), columns.weights
        series = len(self.loss) // N - 1 if weights is None else weights.of
        return KnownCurvature.of(
            objective,
            self.loss,
            series * N + self.place(columns.responses.of),
            1.0 / objective.total_weight,
            n_threads=objective.plan.n_threads,
        )


@dataclass(frozen=True, eq=False)
class NumbersNearby(NumbersByMoments):
    """C problems of one column each, whose responses have been fitted before.

    Attributes
    ----------
    nearby :
        What is known from there.
    """

    nearby: Nearby = field(kw_only=True)

    __repr__ = showing.of_fields

    def task(self, objective: Objective, theta: FloatArray, which: IntArray) -> dict[str, Any]:
        """Return what a solver is told, with the curvature that is known."""
        return super().task(objective, theta, which) | {"curvature_of": self.nearby.curvature}


def numbers_nearby(ready: Prepared, nearby: Nearby) -> MakeProblems:
    """Return what makes problems over prepared rows near fits that are known."""
    return partial(NumbersNearby, keep=ready.keep, nearby=nearby)


def _by_theta(F: FloatArray, features: Features) -> FloatArray:
    """Return second derivatives (N, p + 1, p + 1) by theta, given those by weights, in place."""
    F[:, :-1] -= features.mean[:, None] * F[:, -1:]
    F[:, :, :-1] -= F[:, :, -1:] * features.mean
    unit = np.append(features.inverse_scale, 1.0)
    F *= unit[:, None] * unit
    return F
