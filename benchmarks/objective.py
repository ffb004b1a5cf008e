"""The judge: objective and distance to the optimum of anyone's coefficients, in float64.

Shares no code with any of the libraries. Rows are taken in blocks, so that a block fits in cache.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .problems import Array, Problem

_BLOCK = 4096
WORSE = 1e-6  # relative excess of the objective from which a fit is called worse


def objective(problem: Problem, coef: Array, intercept: Array) -> Array:
    """Return the problem's penalised objective per neuron, (N,), for coef (p, N)."""
    total = np.zeros(problem.n_neurons)
    for X, y in _blocks(problem):
        eta = X @ coef + intercept
        total += (np.exp(eta) - y * eta).sum(axis=0)
    ratio = problem.l1_ratio
    penalty = ratio * np.abs(coef).sum(axis=0) + 0.5 * (1.0 - ratio) * (coef**2).sum(axis=0)
    return total / len(problem.y) + problem.strength * penalty


def newton_decrement(problem: Problem, coef: Array, intercept: Array) -> Array:
    """Return sqrt(g' H⁻¹ g) per neuron, (N,), with the exact gradient and Hessian of (w, b).

    For problems whose penalty has no absolute values.
    """
    p, n_neurons = problem.n_features, problem.n_neurons
    gradient, hessian = np.zeros((p + 1, n_neurons)), np.zeros((n_neurons, p + 1, p + 1))
    for X, y in _blocks(problem):
        X1 = np.column_stack([X, np.ones(len(X))])
        rate = np.exp(X @ coef + intercept)
        gradient += X1.T @ (rate - y)
        for c in range(n_neurons):
            hessian[c] += (X1 * rate[:, c, None]).T @ X1
    penalised = np.diag(np.append(np.full(p, problem.strength), 0.0))
    gradient = gradient / len(problem.y) + penalised @ np.vstack([coef, intercept])
    hessian = hessian / len(problem.y) + penalised
    steps = np.linalg.solve(hessian, gradient.T[:, :, None])[:, :, 0]
    return np.sqrt(np.maximum(np.einsum("cp,pc->c", steps, gradient), 0.0))


def log_likelihood_of_states(
    X: Array,
    y: Array,
    begins: Array,
    *,
    coef: Array,
    intercept: Array,
    initial: Array,
    transition: Array,
) -> float:
    """Return the log-likelihood of choices y (T,) under hidden states: the forward recursion.

    For weights (p, K) and rows (T,) that begin a session.
    """
    eta = X @ coef.reshape(X.shape[1], -1) + intercept.ravel()
    emission = np.where(y[:, None] > 0, 1.0 / (1.0 + np.exp(-eta)), 1.0 / (1.0 + np.exp(eta)))
    total, state = 0.0, initial
    for t in range(len(y)):
        state = (initial if begins[t] else state @ transition) * emission[t]
        seen = state.sum()
        total += float(np.log(seen))
        state = state / seen
    return total


def relative_gap(value: Array, best: Array) -> float:
    """Return the excess of the objective, summed over neurons, relative to the best fit."""
    return float((value.sum() - best.sum()) / abs(best.sum()))


def _blocks(problem: Problem) -> Iterator[tuple[Array, Array]]:
    for start in range(0, len(problem.X), _BLOCK):
        rows = slice(start, start + _BLOCK)
        yield problem.X[rows].astype(np.float64), problem.y[rows].astype(np.float64)
