"""Every observation model and every link: a new one adds a row here and gains all laws.

The distributions are SciPy's, so that each law compares the library with someone else's formulas.
"""

from contextlib import AbstractContextManager

import jax
import numpy as np
import scipy.stats as st

from spikeglm.observation_models import (
    BernoulliObservations,
    GammaObservations,
    GaussianObservations,
    Likelihood,
    NegativeBinomialObservations,
    PoissonObservations,
)
from spikeglm.observation_models.links import Exp, Identity, Logistic, NormCdf, OneOverX, Softplus

LINKS = (Exp(), Logistic(), Softplus(), Identity(), NormCdf(), OneOverX())

# SciPy's distribution of y at a mean and a dispersion.
DISTRIBUTIONS = {
    PoissonObservations(): lambda mean, scale: st.poisson(mean),
    GaussianObservations(): lambda mean, scale: st.norm(mean, np.sqrt(scale)),
    BernoulliObservations(): lambda mean, scale: st.bernoulli(mean),
    GammaObservations(): lambda mean, scale: st.gamma(1 / scale, scale=scale * mean),
    NegativeBinomialObservations(0.3): lambda mean, scale: st.nbinom(
        1 / scale, 1 / (1 + scale * mean)
    ),
}
MODELS = tuple(DISTRIBUTIONS)
RESPONSES = {
    "Poisson": [0.0, 1.0, 7.0],
    "Gaussian": [-1.5, 0.0, 2.0],
    "Bernoulli": [0.0, 1.0],
    "Gamma": [0.1, 1.0, 6.0],
    "NegativeBinomial": [0.0, 1.0, 7.0],
}
PAIRS = tuple(Likelihood(model, link) for model in MODELS for link in LINKS)


def log_density(model, y, mean, scale):
    """SciPy's log p(y)."""
    distribution = DISTRIBUTIONS[model](mean, scale)
    continuous = model.name in ("Gaussian", "Gamma")
    return distribution.logpdf(y) if continuous else distribution.logpmf(y)


def name_of(part) -> str:
    """A test id: the name of a model or a link, or of both."""
    if isinstance(part, Likelihood):
        return f"{part.model.name}-{part.link.name}"
    return part.name


def grid(pair, n=60, low=-6.0, high=6.0):
    """Linear predictors at which the pair has a mean, shape (<= n,)."""
    eta = np.linspace(low, high, n) + 0.0137
    y = np.full_like(eta, RESPONSES[pair.model.name][-1])
    return eta[np.isfinite(pair.value(eta, y))]


def double_precision() -> AbstractContextManager:
    """JAX in float64, here only."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return jax.experimental.enable_x64()
