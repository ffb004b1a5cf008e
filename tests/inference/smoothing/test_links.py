"""Strengths of models with curved links and dispersions are where V is stationary, by numbers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize_scalar

import spikeglm as nmo
from spikeglm.regularizer import Quadratic

from .test_choice import bumps, differences

PENALTY = Quadratic([(slice(0, 10), differences(10))])
DRAWS = {
    ("Poisson", "softplus"): lambda rng, rate: rng.poisson(rate),
    ("Bernoulli", "norm.cdf"): lambda rng, rate: rng.binomial(1, rate / (1 + rate)),
    ("Gamma", "one_over_x"): lambda rng, rate: rng.gamma(3, rate / 3),
    ("InverseGaussian", "exp"): lambda rng, rate: rng.wald(rate, 3.0),
}


def criterion(pair, X, y, sp):
    """V at a smoothing parameter, from a fit at it: the dispersion is the best one."""
    model = nmo.GLM(*pair, regularizer=PENALTY, solver_kwargs={"tol": 1e-12})
    likelihood = model._likelihood
    unit = likelihood.model.loss_unit
    model.set_params(regularizer_strength=sp * unit / len(y)).fit(X, y)
    Z, beta = np.column_stack([X, np.ones(len(y))]), np.append(model.coef_, model.intercept_)
    S = np.zeros((11, 11))
    S[:10, :10] = sp * differences(10)
    eta = Z @ beta
    H = Z.T @ ((likelihood.curvature(eta, y) / unit)[:, None] * Z)
    apart = np.linalg.svd(np.append(np.ones(10), -1.0)[:, None])[0][:, 1:]  # from what adds to one
    log_det = np.log(np.linalg.eigvalsh(S)[3:]).sum()
    log_det -= np.linalg.slogdet(apart.T @ (H + S) @ apart)[1]
    mean = likelihood.mean(eta)

    def negative(t):
        phi = np.exp(t) if likelihood.model.has_dispersion else None
        data = likelihood.model.log_likelihood(y, mean, phi, np.sum)
        return -(data - 0.5 * beta @ S @ beta / np.exp(t) + 0.5 * log_det + np.log(2 * np.pi) + t)

    if not likelihood.model.has_dispersion:
        return -negative(0.0)
    return -minimize_scalar(negative, bracket=(-3, 1), tol=1e-12).fun


@pytest.mark.parametrize("pair", DRAWS, ids="-".join)
def test_value_and_slope_by_numbers(pair):
    rng = np.random.default_rng(20)
    x = rng.uniform(0, 1, 500)
    X, rate = bumps(x, 10), np.exp(0.8 * np.sin(5 * x))
    y = DRAWS[pair](rng, rate).astype(float)
    model = nmo.GLM(*pair, regularizer=PENALTY, regularizer_strength="auto").fit(X, y)
    sp = model.regularizer_strength_[0] * len(y) / model._likelihood.model.loss_unit
    low, here, high = (criterion(pair, X, y, sp * np.exp(step)) for step in (-0.03, 0.0, 0.03))
    assert_allclose(model.log_marginal_likelihood_, here, rtol=1e-8)
    assert abs(high - low) / 0.06 < 1e-3 and high < here > low
