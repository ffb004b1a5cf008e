"""How well fits of folds predict the rows that they have not seen, summed up in one reading."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.runners.plan import plan
from ..engine.runners.threads import in_shares
from ..glm.reading.fit_inputs import FitInputs
from ..observation_models.likelihood import Likelihood
from ..typing import FloatArray, IntArray


def score_name(likelihood: Likelihood) -> str:
    """Return what :func:`held_out_scores` returns, in words.

    >>> from spikeglm.observation_models import PoissonObservations, links
    >>> score_name(Likelihood(PoissonObservations(), links.Exp()))
    'log-likelihood (nats per bin)'
    """
    if likelihood.model.has_dispersion:
        return "minus half the deviance (per bin)"
    return "log-likelihood (nats per bin)"


def held_out_scores(
    inputs: FitInputs,
    tested_by: IntArray,
    coef: FloatArray,
    intercept: FloatArray,
    scale: FloatArray | None = None,
) -> FloatArray:
    """Return the mean score (S, K, N) of tested rows, NaN where a fold tests none of a neuron.

    Rows count by their weights.

    The score is the log-likelihood; of models with a dispersion it is minus half the deviance, the
    log-likelihood at dispersion one but for a constant.

    Parameters
    ----------
    inputs :
        The data; N neurons.
    tested_by :
        (T,) the fold that tests a row, -1 for none.
    coef, intercept, scale :
        (S, p, K, N), (S, K, N) and (S, K, N): S fits per fold and neuron.
    """
    S, _, K, N = coef.shape
    how = plan(inputs.rows, S * N)
    starts = range(0, inputs.rows.n_rows, how.block_rows)
    found: dict[int, dict[int, tuple[FloatArray, FloatArray]]] = {}
    by_fold = np.ascontiguousarray(coef.transpose(2, 1, 0, 3)).reshape(K, -1, S * N)

    def fill(mine: Sequence[int]) -> None:
        for start in mine:
            rows = np.arange(start, min(start + how.block_rows, inputs.rows.n_rows))
            fold = np.where(inputs.keep[rows], tested_by[rows], -1)
            X = inputs.rows.read(start, rows[-1] + 1)
            found[start] = {
                k: _of_rows(
                    inputs,
                    rows[fold == k],
                    (X[fold == k] @ by_fold[k]).reshape(-1, S, N) + intercept[:, k],
                    None if scale is None else scale[:, k],
                )
                for k in np.unique(fold[fold >= 0]).tolist()
            }

    in_shares(fill, starts, n_threads=how.n_threads)
    total, count = np.zeros((S, K, N)), np.zeros((K, N))
    for start in starts:
        for k, (value, n) in found[start].items():
            total[:, k] += value
            count[k] += n
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def _of_rows(
    inputs: FitInputs, rows: IntArray, eta: FloatArray, scale: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return sums (S, N) of scores times row weights over rows, and sums (N,) of these weights."""
    columns = inputs.columns
    likelihood, n_neurons = columns.likelihood, columns.n_columns
    if columns.offsets is not None:
        eta = eta + columns.offsets.block(rows)[:, None]
    y = np.broadcast_to(columns.responses.block(rows), (len(rows), n_neurons))
    is_there = np.isfinite(y)
    mean = likelihood.mean(eta)
    y_each = np.broadcast_to(np.where(is_there, y, 0.0)[:, None], mean.shape)
    model = likelihood.model
    if model.has_dispersion:
        value = -0.5 * model.deviance(np.where(is_there[:, None], y_each, mean), mean)
    else:
        value = model.log_likelihood(y_each, mean, scale, lambda each: each)
    counts = is_there.astype(np.float64)
    if columns.weights is not None:
        counts *= columns.weights.block(rows)
    value = np.where(counts[:, None] > 0, value, 0.0)
    return np.einsum("tsn,tn->sn", value, counts), counts.sum(axis=0)
