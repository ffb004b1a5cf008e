"""All neurons x folds x strengths as columns of one fit, and their held-out scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import showing
from ..fit.fitting import SolverChoice
from ..glm.reading.fit_inputs import FitInputs
from ..glm.weightings import under_weightings
from ..numerics import quiet
from ..regularizer.adjustable import Adjustable
from ..regularizer.base import Penalty
from ..settings import get_config
from ..solvers import WELL
from ..typing import Array, FloatArray, IntArray
from .folds import Folds
from .held_out_scores import held_out_scores, score_name
from .least_squares.ridge_scores import LeastSquares, RidgeScores
from .path_fitting import PathRecord, fit_path
from .smooth_path import fit_copies, fit_smooth_path

_SAMPLED = 32  # blocks of rows that give the size of features
_BLOCK = 512
_VECTORS = 30  # of the size of the coefficients that a solver of smooth penalties remembers
_DECADES_ABOVE, _DECADES = 2.0, 9.0


@dataclass(frozen=True, eq=False)
class Scored:
    """Held-out scores of S strengths, K folds, N neurons.

    Attributes
    ----------
    strengths :
        (S, N), falling.
    scores :
        (S, K, N); NaN where a fit has no certificate, or a fold tests no row.
    status :
        (S, K, N) words.
    exact :
        The same, where moments of the rows were enough; it has the fits to all rows.
    """

    strengths: FloatArray
    scores: FloatArray
    status: Array
    exact: RidgeScores | None = None

    __repr__ = showing.of_fields


@dataclass(frozen=True, eq=False)
class FoldFits:
    """What all fits of a choice share: data, folds, and how to solve.

    Attributes
    ----------
    inputs :
        The data; N neurons.
    folds :
        K of them.
    solver, tolerance :
        How to solve.
    """

    inputs: FitInputs
    folds: Folds
    solver: SolverChoice
    tolerance: float

    __repr__ = showing.of_fields

    @property
    def n_neurons(self) -> int:
        """N."""
        return self.inputs.columns.n_columns

    @property
    def score_name(self) -> str:
        """What scores are, in words."""
        return score_name(self.inputs.columns.likelihood)

    @property
    def n_folds(self) -> int:
        """K."""
        return len(self.folds.labels)

    def smooth(self, penalty: Penalty, strengths: FloatArray) -> Scored:
        """Score a smooth penalty (of strength one) at strengths (S, N)."""
        exact = LeastSquares.of(self.inputs, penalty)
        folds = self.folds.training, self.folds.tested_by
        found = None if exact is None else exact.by_folds(*folds, strengths)
        if found is not None:
            return Scored(found.strengths, found.scores, found.status, found)
        return self._in_groups(
            len(strengths),
            lambda part, which: part._smooth(penalty.take(which), strengths[:, which]),
        )

    def _smooth(self, penalty: Penalty, strengths: FloatArray) -> Scored:
        columns, each = self._columns(self.folds.training)
        record = fit_smooth_path(
            self.inputs.rows,
            columns,
            penalty=penalty.take(each),
            keep=self.inputs.keep,
            strengths=np.tile(strengths, self.n_folds),
            solver=self.solver,
        )
        return self._scored(record, strengths)

    def of_entry(
        self, penalty: Adjustable, by_entry: FloatArray, entry: int, strengths: Any
    ) -> Scored:
        """Score strengths (S, N) of one entry where the others have ``by_entry`` (R, N)."""
        return self._in_groups(
            len(strengths),
            lambda part, which: part._of_entry(
                penalty, by_entry[:, which], entry, strengths[:, which]
            ),
        )

    def _of_entry(
        self, penalty: Adjustable, by_entry: FloatArray, entry: int, strengths: FloatArray
    ) -> Scored:
        columns, _ = self._columns(self.folds.training)
        S, K = len(strengths), self.n_folds
        wide = np.repeat(by_entry[:, None], S, axis=1)
        wide[entry] = strengths
        each = np.repeat(wide[:, :, None], K, axis=2)
        record = fit_copies(
            self.inputs.rows,
            columns,
            penalty=penalty.with_strengths(each.reshape(len(wide), -1)),
            keep=self.inputs.keep,
            strengths=np.tile(strengths, K),
            solver=self.solver,
        )
        return self._scored(record, strengths)

    def sparse(self, penalty: Penalty, grid: Callable[[FloatArray], FloatArray]) -> Scored:
        """Score a penalty with kinks along a path; a fit to all rows says where it begins."""
        K, N = self.n_folds, self.n_neurons
        every = np.ones((len(self.folds.tested_by), 1), dtype=self.folds.training.dtype)
        columns, each = self._columns(np.hstack([self.folds.training, every]))

        def strengths_of(largest: FloatArray) -> FloatArray:
            return np.tile(grid(largest.reshape(K + 1, N)[-1]), K + 1)

        record = fit_path(
            self.inputs.rows,
            columns,
            penalty=penalty.take(each),
            keep=self.inputs.keep,
            strengths_of=strengths_of,
            tolerance=self.tolerance,
            max_passes=self.solver.maxiter,
        )
        return self._scored(record, record.strengths[:, :N])

    def _in_groups(self, n_strengths: int, score: Callable[[FoldFits, IntArray], Scored]) -> Scored:
        """Score neurons together, or where their columns do not fit in memory a part at a time."""
        bytes_each = 8 * _VECTORS * (self.inputs.rows.n_features + 1) * n_strengths * self.n_folds
        n_together = max(1, get_config().memory_bytes // bytes_each)
        n_groups = -(-self.n_neurons // n_together)
        groups = np.array_split(np.arange(self.n_neurons), n_groups)
        found = [score(self._of(which) if n_groups > 1 else self, which) for which in groups]
        return Scored(
            np.concatenate([part.strengths for part in found], axis=-1),
            np.concatenate([part.scores for part in found], axis=-1),
            np.concatenate([part.status for part in found], axis=-1),
        )

    def _of(self, neurons: IntArray) -> FoldFits:
        columns = self.inputs.columns.take(neurons)
        return replace(self, inputs=replace(self.inputs, columns=columns))

    def _columns(self, weightings: Array) -> tuple[Any, Any]:
        """Return the columns of all neurons under each weighting, and the neuron of each."""
        V, N = weightings.shape[1], self.n_neurons
        each, under = np.tile(np.arange(N), V), np.repeat(np.arange(V), N)
        return under_weightings(self.inputs.columns.take(each), weightings, under), each

    def _scored(self, record: PathRecord, strengths: FloatArray) -> Scored:
        K, N, S = self.n_folds, self.n_neurons, len(strengths)
        C = K * N
        shape = S, K, N
        scale = None if record.scale is None else record.scale[:, :C].reshape(shape)
        scores = held_out_scores(
            self.inputs,
            self.folds.tested_by,
            record.coef[:, :, :C].reshape(S, -1, K, N),
            record.intercept[:, :C].reshape(shape),
            scale,
        )
        is_well = np.array([[word in WELL for word in row[:C]] for row in record.status])
        words = np.array([[str(word) for word in row[:C]] for row in record.status], dtype=object)
        scores[~is_well.reshape(shape)] = np.nan
        return Scored(strengths, scores, words.reshape(shape))


def smooth_grid(inputs: FitInputs, penalty: Penalty, n_strengths: int) -> FloatArray:
    """Return strengths (S, N) from one that leaves nothing to one that does nothing.

    With h the curvature of the loss at the mean response and v_j / d_j the variance of a feature
    over its curvature in the penalty, h Σ_j v_j / d_j bounds what data say of any direction (the
    largest eigenvalue of h D^-1/2 Cov D^-1/2 is at most its trace). The grid begins two decades
    above and spans nine.

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(500, 3)), np.arange(500) % 2
    >>> model = nmo.GLM(regularizer="Ridge", regularizer_strength=1.0)
    >>> inputs = model._read_to_fit(X, y)
    >>> smooth_grid(inputs, model.read_penalty(inputs.shapes), 3).round(3).ravel()
    array([1.45678e+02, 5.00000e-03, 0.00000e+00])
    """
    columns, likelihood = inputs.columns, inputs.columns.likelihood
    X, y = _sampled(inputs)
    known = np.isfinite(y)
    with quiet():  # of neurons without a response nothing is known
        mean = np.where(known, y, 0.0).sum(axis=0) / known.sum(axis=0)
        eta = likelihood.start(mean)
        h = np.abs(likelihood.curvature(eta, likelihood.mean(eta)))
    cost = np.broadcast_to(
        penalty.curvature((inputs.rows.n_features, columns.n_columns)),
        (inputs.rows.n_features, columns.n_columns),
    )
    share = np.divide(X.var(axis=0)[:, None], cost, out=np.zeros(cost.shape), where=cost > 0)
    top = h * share.sum(axis=0)
    top = np.where(np.isfinite(top) & (top > 0), top, 1.0)
    decades = np.linspace(_DECADES_ABOVE, _DECADES_ABOVE - _DECADES, n_strengths)
    return np.asarray(top * 10.0 ** decades[:, None])


def _sampled(inputs: FitInputs) -> tuple[Array, Array]:
    """Return some of the rows that take part, from all over the recording, and their responses."""
    kept = np.flatnonzero(inputs.keep)
    n_blocks = min(_SAMPLED, max(1, len(kept) // _BLOCK))
    X, y = [], []
    for k in range(n_blocks):
        first = int(kept[k * len(kept) // n_blocks])
        stop = min(first + _BLOCK, inputs.rows.n_rows)
        keep = inputs.keep[first:stop]
        X.append(np.asarray(inputs.rows.read(first, stop), dtype=float)[keep])
        y.append(inputs.columns.responses.block(np.arange(first, stop)[keep]))
    return np.concatenate(X), np.concatenate(y)
