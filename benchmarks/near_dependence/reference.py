"""Maximum likelihood by iteratively reweighted least squares, on a QR in extended precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
NB_SCALE = 0.5


class Model(NamedTuple):
    """A model with its usual link, written out."""

    link: str
    start: Callable[[Any], Any]  # the linear predictor of a mean
    loss: Callable[[Array, Array], Array]  # of the linear predictor and y, up to a function of y
    slope: Callable[[Array, Array], Array]  # of the loss by the linear predictor
    weight: Callable[[Array], Array]  # its expected curvature


def _logistic(eta: Array) -> Array:
    return 1 / (1 + np.exp(-eta))


MODELS = {
    "Poisson": Model(
        "exp", np.log, lambda e, y: np.exp(e) - y * e, lambda e, y: np.exp(e) - y, np.exp
    ),
    "Gaussian": Model(
        "identity",
        lambda mean: mean,
        lambda e, y: (y - e) ** 2 / 2,
        lambda e, y: e - y,
        np.ones_like,
    ),
    "Bernoulli": Model(
        "logistic",
        lambda mean: np.log(mean / (1 - mean)),
        lambda e, y: np.logaddexp(0, e) - y * e,
        lambda e, y: _logistic(e) - y,
        lambda e: _logistic(e) * _logistic(-e),
    ),
    "Gamma": Model(
        "exp",
        np.log,
        lambda e, y: y * np.exp(-e) + e,
        lambda e, y: 1 - y * np.exp(-e),
        np.ones_like,
    ),
    "NegativeBinomial": Model(
        "exp",
        np.log,
        lambda e, y: (y + 1 / NB_SCALE) * np.log1p(NB_SCALE * np.exp(e)) - y * e,
        lambda e, y: (np.exp(e) - y) / (1 + NB_SCALE * np.exp(e)),
        lambda e: np.exp(e) / (1 + NB_SCALE * np.exp(e)),
    ),
}


def fit(X: Array, y: Array, model: Model, n_steps: int = 60) -> Array:
    """Return the linear predictor (T,) at the optimum, in extended precision."""
    Z = np.column_stack([np.ones(len(X)), X]).astype(np.longdouble)
    y = y.astype(np.longdouble)
    eta = np.zeros(len(y), np.longdouble) + model.start(y.mean())
    value = model.loss(eta, y).mean()
    for _ in range(n_steps):
        root = np.sqrt(model.weight(eta))
        Q = orthonormal(Z * root[:, None])
        move = Q @ (Q.T @ (-model.slope(eta, y) / root)) / root
        step = np.longdouble(1)
        while not model.loss(eta + step * move, y).mean() <= value and step > 1e-12:
            step /= 2
        if step <= 1e-12:
            break
        eta = eta + step * move
        value = model.loss(eta, y).mean()
    return eta


def orthonormal(A: Array) -> Array:
    """Return an orthonormal basis of the columns of A, by Gram-Schmidt done twice."""
    Q = np.array(A)
    for j in range(Q.shape[1]):
        for _ in range(2):
            Q[:, j] -= Q[:, :j] @ (Q[:, :j].T @ Q[:, j])
        size = np.sqrt(Q[:, j] @ Q[:, j])
        Q[:, j] = Q[:, j] / size if size > 0 else 0
    return Q
