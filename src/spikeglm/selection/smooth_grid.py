"""Strengths to try where no largest one is useful: smooth penalties, also beside bounds."""

from __future__ import annotations

import numpy as np

from ..glm.reading.fit_inputs import FitInputs
from ..numerics import quiet
from ..regularizer.base import Penalty
from ..typing import Array, FloatArray

_SAMPLED = 32  # blocks of rows that give the size of features
_BLOCK = 512
_DECADES_ABOVE, _DECADES = 2.0, 9.0


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
    columns = inputs.columns
    likelihood = columns.likelihood
    if columns.estimates_scale:  # not known yet: counts that vary no more than Poisson counts
        likelihood = likelihood.at_scale(np.zeros(columns.n_columns))
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
