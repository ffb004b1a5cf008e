"""The exact posterior of a Gamma model with a log link, beside which Laplace's can be judged.

Hamiltonian Monte Carlo of all recordings at once. They share their features, so that one matrix,
the expected curvature X'X / phi + lambda T / phi of all of them, makes the posterior of each nearly
a standard normal one.

Source: Neal (2011), MCMC using Hamiltonian dynamics, in Handbook of Markov Chain Monte Carlo.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

_N_WARM, _N_DRAWS = 200, 1500
_STEP, _N_STEPS = 0.28, 6  # a path of 1.7, about a quarter of a period


class Posterior(NamedTuple):
    """Draws of N recordings summarised, for their p coefficients; what is accepted on average."""

    low: Any  # (p, N) quantile .025
    high: Any  # (p, N) quantile .975
    deviation: Any  # (p, N)
    accepted: float


def gamma_posterior(
    X: Any, y: Any, *, start: Any, dispersion: float, strength: float, rng: np.random.Generator
) -> Posterior:
    """Sample the coefficients given responses (T, N), the dispersion and the prior of Ridge.

    The intercept has a flat prior; ``start`` (p + 1, N) is a point of high density.
    """
    T, p = X.shape
    X1 = np.column_stack([X, np.ones(T)])
    precision = strength * T / dispersion
    curvature = X1.T @ X1 / dispersion
    curvature[np.arange(p), np.arange(p)] += precision
    factor = np.linalg.cholesky(curvature)
    back = np.linalg.inv(factor).T  # parameters = back @ u
    eta_of, coef_of = X1 @ back, back[:p]

    def energy(u: Any) -> tuple[Any, Any]:
        eta, w = eta_of @ u, coef_of @ u
        ratio = y * np.exp(-eta)
        value = (eta + ratio).sum(axis=0) / dispersion + 0.5 * precision * (w**2).sum(axis=0)
        return value, eta_of.T @ (1.0 - ratio) / dispersion + precision * (coef_of.T @ w)

    u = factor.T @ start
    value, slope = energy(u)
    draws, accepted = [], 0.0
    for draw in range(_N_WARM + _N_DRAWS):
        momentum, step = rng.normal(size=u.shape), _STEP * rng.uniform(0.7, 1.2)
        at, moving, here = u, momentum - 0.5 * step * slope, slope
        for leap in range(_N_STEPS):
            at = at + step * moving
            there, here = energy(at)
            moving = moving - (step if leap < _N_STEPS - 1 else 0.5 * step) * here
        gained = value + 0.5 * (momentum**2).sum(axis=0) - there - 0.5 * (moving**2).sum(axis=0)
        takes = np.log(rng.uniform(size=gained.shape)) < gained
        u, slope = np.where(takes, at, u), np.where(takes, here, slope)
        value = np.where(takes, there, value)
        if draw >= _N_WARM:
            accepted += takes.mean() / _N_DRAWS
            draws.append((coef_of @ u).astype(np.float32))
    every = np.array(draws)
    low, high = np.quantile(every, [0.025, 0.975], axis=0)
    return Posterior(low, high, every.std(axis=0), accepted)
