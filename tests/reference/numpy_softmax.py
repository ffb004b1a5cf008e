"""Multinomial logistic regression in 40 lines of NumPy and SciPy.

One of K classes occurs in each row, class k with probability softmax_k(x . W[:, k] + b[k] + o_k).
Fitting means to minimise, over W (p, K) and b (K,),

    -sum_t a_t log p_t,y(t) / sum_t a_t  +  ridge / 2 * sum W²  +  lasso * sum |W|

Adding a number to all of b changes no probability, and without a penalty neither does adding one
to a row of W: the answer returned sums to zero over the classes. For the absolute values W is
written as a difference of two arrays that are not negative, which makes the problem smooth.

The library shares no code with this page, which therefore serves the tests as an oracle.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax


class Fit(NamedTuple):
    """What a fit returns."""

    coef: np.ndarray  # (p, K)
    intercept: np.ndarray  # (K,)
    objective: float


def fit(
    X,
    codes,
    n_classes,
    *,
    weights=None,
    offset=0.0,
    ridge=0.0,
    lasso=0.0,
    matrix=0.0,
    mask=None,
    intercept=True,
):
    """Fit X (T, p) and codes (T,) of 0 to K - 1; ridge and lasso are numbers or (p, K).

    A matrix S (p, p) adds w'S w / 2 of each class. Without an intercept b is zero.
    """
    p, K = X.shape[1], n_classes
    a = np.ones(len(X)) if weights is None else weights
    y = np.eye(K)[codes]
    free = np.ones((p, K)) if mask is None else mask
    S = np.broadcast_to(matrix, (p, p))
    ridge, lasso = np.broadcast_to(ridge, (p, K)), np.broadcast_to(lasso, (p, K))

    def objective(parameters):
        up, down, b = np.split(parameters, [p * K, 2 * p * K])
        up, down = free * up.reshape(p, K), free * down.reshape(p, K)
        W = up - down
        log_p = log_softmax(X @ W + b + offset, axis=1)
        value = -np.sum(a[:, None] * y * log_p) / a.sum() + np.sum(ridge * W**2) / 2
        value += np.sum(W * (S @ W)) / 2
        slope = a[:, None] * (np.exp(log_p) - y) / a.sum()
        by_W = X.T @ slope + ridge * W + S @ W
        gradients = [free * (by_W + lasso), free * (lasso - by_W), slope.sum(axis=0)]
        return value + np.sum(lasso * (up + down)), np.concatenate([g.ravel() for g in gradients])

    bounds = [(0, None)] * (2 * p * K) + [(None, None) if intercept else (0, 0)] * K
    options = {"maxiter": 20_000, "maxfun": 50_000, "ftol": 1e-16, "gtol": 1e-11, "maxcor": 40}
    start = np.zeros(2 * p * K + K)
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    up, down, b = np.split(found.x, [p * K, 2 * p * K])
    W = free * (up - down).reshape(p, K)
    if mask is None and not (ridge.any() or lasso.any() or S.any()):
        W = W - W.mean(axis=1, keepdims=True)
    return Fit(W, b - b.mean(), found.fun)
