"""Fits of one model under several row weightings at once: folds, sessions, bootstrap draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..engine.columns import Columns, Source
from ..engine.runners.plan import plan
from ..engine.runners.threads import in_shares
from ..fit.record import FitResult
from ..regularizer.base import Penalty
from ..rows.arrays import finite_rows
from ..rows.contract import Rows
from ..typing import Array, ArrayLike, FloatArray, IntArray
from .base import BaseGLM
from .reading.fit_inputs import FitInputs
from .reading.known_labels import check_coefficients
from .reading.parameter_checks import dof_resid
from .reading.read_arguments import read_solver
from .results import dispersion
from .results.automatic import fit_again


@dataclass(frozen=True, eq=False)
class WeightedFits:
    """Fits of N neurons under W row weightings each; K classes, or K = 1.

    Attributes
    ----------
    result :
        A record of all columns: column (k·W + w)·N + n is class k of neuron n under weighting w.
        What has one entry per neuron has entry w·N + n.
    inputs :
        The data, K·N columns.
    n_weightings :
        W.
    columns, penalty :
        What was fitted: one per column of the record.
    """

    result: FitResult
    inputs: FitInputs
    n_weightings: int
    columns: Columns
    penalty: Penalty

    @property
    def n_neurons(self) -> int:
        """N."""
        return self.inputs.shapes.n_neurons or 1

    def scales(self, model: BaseGLM) -> FloatArray | None:
        """Return the dispersions (W, N) of the fits, as a fit has it in ``scale_``.

        None for a model that has none, and for classifiers.
        """
        if self.inputs.classes is not None:
            return None
        result, n_columns = self.result, self.columns.n_columns
        if result.scale is None and not self.columns.likelihood.model.has_dispersion:
            return None
        shapes = replace(self.inputs.shapes, n_neurons=n_columns)
        inputs = replace(self.inputs, columns=self.columns)
        left = dof_resid(shapes, result, model._regularizer, self.columns.mask)
        found = dispersion.estimate(
            inputs, result, lambda: self.penalty, dof_resid=left, weight=result.total_weight
        )
        return found.scale.reshape(self.n_weightings, self.n_neurons)

    def by_weighting(self, columns: Array) -> Array:
        """Return (..., K·W·N) as (..., K, W, N)."""
        return columns.reshape(*columns.shape[:-1], -1, self.n_weightings, self.n_neurons)


def fit_weightings(
    model: BaseGLM,
    X: ArrayLike,
    y: ArrayLike,
    weightings: Array,
    *,
    offset: ArrayLike | None = None,
    terms: Any = None,
    factors: Sequence[float] = (1.0,),
) -> WeightedFits:
    """Fit a model once per row weighting, and per strength, all in one solver call.

    Parameters
    ----------
    model :
        An estimator; only its constructor arguments are used.
    X, y, offset, terms :
        As for ``fit``; N neurons.
    weightings :
        (T, V) >= 0.
    factors :
        (S,) > 0, which multiply the model's strengths. Weighting v at factor s counts as number
        s·V + v of W = S·V.

    Examples
    --------
    Two folds at three strengths:

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
    >>> training = np.arange(200)[:, None] % 2 == [0, 1]
    >>> ridge = nmo.GLM(regularizer="Ridge", regularizer_strength=0.1)
    >>> fits = fit_weightings(ridge, X, y, training, factors=[10.0, 1.0, 0.1])
    >>> fits.by_weighting(fits.result.intercept).shape  # classes, weightings, neurons
    (1, 6, 1)
    """
    inputs = model._read_to_fit(X, y, offset=offset, terms=terms)
    check_coefficients(model, inputs)
    if inputs.lost is not None:
        inputs.lost.announce()
    return fit_read_weightings(model, inputs, weightings, factors=factors)


def fit_read_weightings(
    model: BaseGLM, inputs: FitInputs, weightings: Array, *, factors: Sequence[float] = (1.0,)
) -> WeightedFits:
    """Return :func:`fit_weightings` of data that were read already.

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
    >>> inputs = nmo.GLM()._read_to_fit(X, y)
    >>> fit_read_weightings(nmo.GLM(), inputs, np.ones((200, 3))).result.coef.shape
    (2, 3)
    """
    n_neurons, n_weightings = inputs.shapes.n_neurons or 1, len(factors) * weightings.shape[1]
    shape = inputs.shapes.n_classes or 1, n_weightings, n_neurons
    each = np.arange(inputs.columns.n_columns).reshape(shape[0], 1, n_neurons)
    under = np.tile(np.arange(weightings.shape[1]), len(factors))[:, None]
    columns = under_weightings(
        inputs.columns.take(np.broadcast_to(each, shape).ravel()),
        weightings,
        np.broadcast_to(under, shape).ravel(),
    )
    neurons = np.tile(np.arange(n_neurons), n_weightings)
    by_column = np.repeat(np.asarray(factors, float), weightings.shape[1] * n_neurons)
    solver = read_solver(model.solver_name, model.solver_kwargs, model._regularizer)
    found = fit_again(model, replace(inputs, columns=columns), neurons, solver, by_column)
    return WeightedFits(found.result, inputs, n_weightings, columns, found.penalty)


def held_out_predictor(rows: Rows, fits: WeightedFits, weighting: IntArray) -> FloatArray:
    """Return the linear predictors (T, K·N) of row t under the fit of weighting ``weighting[t]``.

    NaN where a row is not finite, or its weighting is -1.
    """
    result, columns = fits.result, fits.inputs.columns
    eta = np.empty((rows.n_rows, columns.n_columns))
    how = plan(rows, len(result.intercept))

    def fill(starts: Sequence[int]) -> None:
        for start in starts:
            part = slice(start, min(start + how.block_rows, rows.n_rows))
            X, fit = rows.read(part.start, part.stop), weighting[part]
            with np.errstate(invalid="ignore"):
                every = fits.by_weighting(X @ result.coef + result.intercept)
            eta[part] = every[np.arange(len(fit)), :, fit].reshape(len(fit), -1)
            if columns.offsets is not None:
                eta[part] += columns.offsets.block(part)
            eta[part][(fit < 0) | ~finite_rows(X)] = np.nan

    in_shares(fill, range(0, rows.n_rows, how.block_rows), n_threads=how.n_threads)
    return eta


def under_weightings(columns: Columns, weightings: Array, of: IntArray) -> Columns:
    """Return the columns with the row weights of column c multiplied by weighting ``of[c]``.

    >>> from spikeglm.observation_models import PoissonObservations, links
    >>> from spikeglm.observation_models.likelihood import Likelihood
    >>> pair = Likelihood(PoissonObservations(), links.Exp())
    >>> columns = Columns(pair, Source(np.ones((4, 1)), np.zeros(2, int)))
    >>> halves = np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
    >>> under_weightings(columns, halves, np.array([1, 0])).weights.block(slice(0, 1))
    array([[0., 1.]])
    """
    if columns.weights is None:
        weights = Source(weightings, of)
    else:
        pairs = np.stack([columns.weights.of, of])
        (own, under), which = np.unique(pairs, axis=1, return_inverse=True)
        series = columns.weights.values[:, own] * weightings[:, under]
        weights = Source(series, which.ravel())
    return replace(columns, weights=weights)
