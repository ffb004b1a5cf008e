"""Fits of one model under several row weightings at once: folds, sessions, bootstrap draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..engine.columns import Columns, Source
from ..engine.plan import plan
from ..engine.threads import in_shares
from ..inference.record import FitResult
from ..rows.arrays import finite_rows
from ..rows.contract import Rows
from ..solvers import QuasiNewton
from ..typing import Array, ArrayLike, FloatArray, IntArray
from .choices import read_solver, refuse_classifiers
from .fitting import fit_columns
from .glm import GLM
from .inputs import FitInputs


def fit_weightings(
    model: GLM, X: ArrayLike, y: ArrayLike, weightings: Array, *, offset: ArrayLike | None = None
) -> tuple[FitResult, FitInputs]:
    """Fit a model once per row weighting, all in one solver call.

    Parameters
    ----------
    model :
        An estimator; only its constructor arguments are used.
    X, y, offset :
        As for ``fit``; N neurons.
    weightings :
        (T, K) >= 0.

    Returns
    -------
    FitResult, FitInputs
        A record of K·N columns, weighting by weighting: column k·N + n is neuron n under weighting
        k; and the data it was made from.
    """
    refuse_classifiers(model)
    inputs = model.read_inputs(X, y, offset=offset)
    n_neurons, n_weightings = inputs.columns.n_columns, weightings.shape[1]
    neuron = np.tile(np.arange(n_neurons), n_weightings)
    columns = _under(inputs.columns.take(neuron), weightings, n_neurons)
    penalty = model.read_penalty(inputs.shapes).take(neuron)
    solver = read_solver(model.solver_name, model.solver_kwargs, model.regularizer)
    if solver.name is None and penalty.is_smooth:
        # A fold may lack a feature that the others have. Newton would divide by its curvature.
        solver = replace(solver, method=QuasiNewton(solver.tol, solver.maxiter))
    result = fit_columns(
        inputs.rows,
        columns,
        penalty=penalty,
        keep=inputs.keep,
        solver=solver,
    )
    return result, inputs


def held_out_predictor(
    rows: Rows, result: FitResult, weighting: IntArray, n_neurons: int
) -> FloatArray:
    """Return the linear predictor (T, N) of row t under the fit of weighting ``weighting[t]``.

    NaN where a row is not finite.
    """
    n_weightings = len(result.intercept) // n_neurons
    eta = np.empty((rows.n_rows, n_neurons))
    how = plan(rows, len(result.intercept))

    def fill(starts: Sequence[int]) -> None:
        for start in starts:
            stop = min(start + how.block_rows, rows.n_rows)
            X = rows.read(start, stop)
            with np.errstate(invalid="ignore"):
                every = X @ result.coef + result.intercept
            every = every.reshape(-1, n_weightings, n_neurons)
            eta[start:stop] = every[np.arange(stop - start), weighting[start:stop]]
            eta[start:stop][~finite_rows(X)] = np.nan

    in_shares(fill, range(0, rows.n_rows, how.block_rows), n_threads=how.n_threads)
    return eta


def _under(columns: Columns, weightings: Array, n_neurons: int) -> Columns:
    """Return the columns with their row weights multiplied by one weighting per N columns."""
    n_weightings = weightings.shape[1]
    of = np.repeat(np.arange(n_weightings), n_neurons)
    if columns.weights is None:
        weights = Source(weightings, of)
    else:
        pairs = np.stack([columns.weights.of, of])
        (own, under), which = np.unique(pairs, axis=1, return_inverse=True)
        series = columns.weights.values[:, own] * weightings[:, under]
        weights = Source(series, which.ravel())
    return replace(columns, weights=weights)
