"""Fits of small networks whose past is in their design, for tests of simulation and coupling."""

from functools import cache

import numpy as np
from tests.models import MODELS

import spikeglm as nmo

WINDOW = 6
# name: model, link, where the linear predictor sits, size of filters: networks that are stable
PAIRS = {
    "Poisson": ("Poisson", "exp", -1.0, 0.3),
    "NegativeBinomial": ("NegativeBinomial", "exp", -1.0, 0.2),
    "softplus": ("Poisson", "softplus", -0.5, 0.3),
    "Bernoulli": ("Bernoulli", "logistic", -1.0, 0.4),
    "Gaussian": ("Gaussian", "identity", 0.5, 0.1),
    "Gamma": ("Gamma", "exp", 0.2, 0.02),
    "InverseGaussian": ("InverseGaussian", "exp", 0.2, 0.02),
}


def basis():
    """History and coupling of all neurons, and a signal."""
    past = nmo.basis.RaisedCosineLogConv(3, window_size=WINDOW, label="coupling")
    return past + nmo.basis.IdentityEval(label="stimulus")


@cache
def recorded(name, n_bins=600, n_neurons=3):
    """A stimulus (T,), responses (T, N) of a network drawn bin by bin, and the fit to them."""
    model, link, level, size = PAIRS[name]
    rng = np.random.default_rng(3)
    stimulus = rng.normal(size=n_bins)
    filters = size * rng.uniform(-1, 1, (WINDOW, n_neurons, n_neurons))
    likelihood = nmo.GLM(MODELS[model].given, link)._likelihood
    y = np.zeros((n_bins, n_neurons))
    for t in range(n_bins):
        eta = level + 0.1 * stimulus[t] * np.ones(n_neurons)
        for lag in range(1, min(t, WINDOW) + 1):
            eta += filters[lag - 1] @ y[t - lag]
        y[t] = likelihood.model.sample_generator(rng, likelihood.mean(eta), 0.3)
    fitted = nmo.PopulationGLM(MODELS[model].given, link).fit(basis().design(y, stimulus), y)
    return stimulus, y, fitted
