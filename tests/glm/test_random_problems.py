"""Problems drawn at random, well posed or not: whoever says converged is at a dense optimum."""

import warnings

import numpy as np
import pytest
from tests.catalogue import CANONICAL, SOLVERS, WITH_POLE, Case, drawn
from tests.glm import dense
from tests.models import MODELS
from tests.reference.numpy_glm import LINKS

from spikeglm.errors import ConvergenceWarning

KINDS = (*CANONICAL, ("Poisson", "softplus"), ("Bernoulli", "norm.cdf"), ("Gaussian", "exp"))


def random_problem(seed, link):
    """X (T, p) of any size, scale and location, and linear predictors (T, N) of any spread."""
    rng = np.random.default_rng(seed)
    T, p, n_neurons = rng.integers(20, 400), rng.integers(1, 8), rng.integers(1, 6)
    Z = rng.normal(size=(T, p))
    if rng.random() < 0.3:
        Z[:, 0] = rng.integers(0, 2, T)
    X = Z * 10.0 ** rng.uniform(-3, 3, p) + 10.0 ** rng.uniform(-3, 4, p) * rng.integers(0, 2, p)
    eta = Z @ rng.normal(0, rng.uniform(0, 1.5) / np.sqrt(p), (p, n_neurons)) + rng.uniform(-2, 1)
    return X, np.exp(0.1 * eta) if link in WITH_POLE else eta, rng


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("model", "link"), KINDS)
def test_converged_means_at_the_optimum(model, link, seed, solver):
    case = Case(model, link, solver=solver)
    X, eta, rng = random_problem(seed, link)
    y = drawn(model, LINKS[link][0](eta), rng)
    y = MODELS[model].possible(y, smallest=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = case.population().fit(X, y)
    centre, spread = X.mean(axis=0), np.maximum(X.std(axis=0), 1e-300)
    Z = (X - centre) / spread  # the same decrement in any coordinates; these lose no digits
    for n in np.flatnonzero(np.array(fit.fit_report_.status) == "converged"):
        theta = np.append(fit.coef_[:, n] * spread, fit.intercept_[n] + centre @ fit.coef_[:, n])
        gradient = dense.gradient(theta, Z, y[:, n], case)
        hessian = dense.hessian(theta, Z, y[:, n], case)
        decrement = np.sqrt(abs(gradient @ np.linalg.pinv(hessian, rcond=1e-10) @ gradient))
        assert decrement < 1e-7 * max(dense.unit(case, y[:, n]), 1e-6)
    assert np.isfinite(fit.coef_).all()
