"""Small problems on which both libraries can be run in seconds."""

from functools import cache

import numpy as np

T, P, N = 120, 3, 2
# model: (links, draw from the mean given eta in a harmless range)
LINKS = {
    "Poisson": ("exp", "softplus"),
    "Gaussian": ("identity",),
    "Bernoulli": ("logistic", "norm.cdf"),
    "Gamma": ("exp", "softplus"),
    "NegativeBinomial": ("exp", "softplus"),
}
PAIRS = [(model, link) for model, links in LINKS.items() for link in links]


@cache
def features() -> np.ndarray:
    return np.random.default_rng(3).uniform(-1, 1, (T, P))


@cache
def responses(model: str) -> np.ndarray:
    """Draw (T, N) responses that depend on the features."""
    rng = np.random.default_rng(4)
    eta = features() @ rng.uniform(-0.8, 0.8, (P, N)) + 0.2
    if model == "Gaussian":
        return eta + rng.normal(0, 0.5, eta.shape)
    if model == "Bernoulli":
        return (rng.uniform(size=eta.shape) < 1 / (1 + np.exp(-eta))).astype(float)
    if model == "Gamma":
        return rng.gamma(2.0, np.exp(eta) / 2.0) + 0.01
    return rng.poisson(np.exp(eta)).astype(float)
