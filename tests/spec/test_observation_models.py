"""Observation models at fixed means: the numbers of NeMoS 0.2.9, which must not change."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.spec.toy import BINARY, COEF, COUNTS, INTERCEPT, POSITIVE, X

from spikeglm.observation_models import (
    BernoulliObservations,
    GammaObservations,
    GaussianObservations,
    NegativeBinomialObservations,
    PoissonObservations,
)
from spikeglm.observation_models.links import Exp, Identity, Logistic

ETA = X @ COEF + INTERCEPT
TOY = {
    "Poisson": (PoissonObservations(), Exp(), COUNTS),
    "Gamma": (GammaObservations(), Exp(), POSITIVE),
    "Gaussian": (GaussianObservations(), Identity(), COUNTS),
    "Bernoulli": (BernoulliObservations(), Logistic(), BINARY),
    "NegativeBinomial": (NegativeBinomialObservations(), Exp(), COUNTS),
    "NegativeBinomial half": (NegativeBinomialObservations(0.5), Exp(), COUNTS),
}
# loss, log-likelihood, McFadden, Cohen
SCORES = {
    "Poisson": (0.494526, -1.438353, 0.136597, 0.383545),
    "Gamma": (1.593126, -1.593126, 0.068171, 0.367612),
    "Gaussian": (3.695417, -2.766647, -0.518703, -1.046692),
    "Bernoulli": (0.650413, -0.650413, 0.061652, 0.061652),
    "NegativeBinomial": (1.750898, -1.750898, 0.048186, 0.331623),
    "NegativeBinomial half": (2.526064, -1.612624, None, 0.356327),
}
DEVIANCES = {
    "Poisson": [0.010342, 0.039095, 1.809675, 1.175323, 1.141437, 0.213061],
    "Gamma": [0.006967, 0.152168, 0.871048, 0.693180, 0.504194, 0.178419],
    "Gaussian": [0.81, 2.1025, 0.01, 6.76, 10.24, 2.25],
    "Bernoulli": [1.288793, 0.910985, 1.288793, 1.026031, 2.342201, 0.948154],
    "NegativeBinomial": [0.004998, 0.013870, 1.288793, 0.405441, 0.306982, 0.123719],
    "NegativeBinomial half": [0.006739, 0.020474, 1.492921, 0.601539, 0.483009, 0.156447],
}


@pytest.mark.parametrize("name", TOY)
def test_toy_scores_are_those_of_nemos(name):
    model, link, y = TOY[name]
    mean = link(ETA)
    loss, log_likelihood, mcfadden, cohen = SCORES[name]
    assert_allclose(model._negative_log_likelihood(y, mean), loss, atol=1e-6)
    assert_allclose(model.log_likelihood(y, mean), log_likelihood, atol=1e-6)
    assert_allclose(model.likelihood(y, mean), np.exp(log_likelihood), atol=1e-6)
    assert_allclose(model.pseudo_r2(y, mean, "pseudo-r2-Cohen"), cohen, atol=1e-6)
    if mcfadden is not None:
        assert_allclose(model.pseudo_r2(y, mean), mcfadden, atol=1e-6)


@pytest.mark.parametrize("name", TOY)
def test_toy_deviances_are_those_of_nemos(name):
    model, link, y = TOY[name]
    assert_allclose(model.deviance(y, link(ETA)), DEVIANCES[name], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "log_likelihood", "deviance", "mcfadden"),
    [("Gamma", -1.407329, 4.811952, 0.142098), ("Gaussian", -4.267782, 44.345, -0.794754)],
)
def test_toy_scores_at_half_the_scale_are_those_of_nemos(name, log_likelihood, deviance, mcfadden):
    model, link, y = TOY[name]
    mean = link(ETA)
    assert_allclose(model.log_likelihood(y, mean, 0.5), log_likelihood, atol=1e-6)
    assert_allclose(model.deviance(y, mean, 0.5).sum(), deviance, atol=1e-6)
    assert_allclose(model.pseudo_r2(y, mean, scale=0.5), mcfadden, atol=1e-6)


def test_toy_poisson_with_softplus_is_that_of_nemos():
    mean = np.log1p(np.exp(ETA))
    model = PoissonObservations()
    assert_allclose(model._negative_log_likelihood(COUNTS, mean), 0.937387, atol=1e-6)
    assert_allclose(model.log_likelihood(COUNTS, mean), -1.881214, atol=1e-6)
    assert_allclose(model.deviance(COUNTS, mean).sum(), 9.703262, atol=1e-6)
    assert_allclose(model.pseudo_r2(COUNTS, mean), -0.129240, atol=1e-6)
    assert_allclose(model.pseudo_r2(COUNTS, mean, "pseudo-r2-Cohen"), -0.362889, atol=1e-6)


def test_toy_population_scores_are_those_of_nemos():
    Y = np.column_stack([COUNTS, COUNTS[::-1]])
    mean = np.exp(X @ [[0.4, -0.1], [0.2, 0.3]] + [0.1, -0.2])
    model = PoissonObservations()
    per_neuron = lambda samples: samples.mean(axis=0)  # noqa: E731
    assert_allclose(model._negative_log_likelihood(Y, mean), 1.795706, atol=1e-6)
    assert_allclose(model.log_likelihood(Y, mean), -3.683359, atol=1e-6)
    assert_allclose(model.log_likelihood(Y, mean, 1.0, np.mean), -1.841680, atol=1e-6)
    assert_allclose(
        model.log_likelihood(Y, mean, 1.0, per_neuron), [-1.438353, -2.245006], atol=1e-6
    )
    for score, expected, each in (
        ("pseudo-r2-McFadden", -0.105509, [0.136597, -0.347615]),
        ("pseudo-r2-Cohen", -0.296254, [0.383545, -0.976054]),
    ):
        ours = model.pseudo_r2(Y, mean, score, aggregate_sample_scores=np.mean)
        assert_allclose(ours, expected, atol=1e-6)
        ours = model.pseudo_r2(Y, mean, score, aggregate_sample_scores=per_neuron)
        assert_allclose(ours, each, atol=1e-6)


def test_toy_dispersions_are_those_of_nemos():
    for name, expected in {"Gamma": 0.944383, "Gaussian": 7.390833}.items():
        model, link, y = TOY[name]
        assert_allclose(model.estimate_scale(y, link(ETA), 3), expected, atol=1e-6)
    assert_allclose(PoissonObservations().estimate_scale(COUNTS, np.exp(ETA), 3), [1.0])
    assert_allclose(NegativeBinomialObservations(0.5).estimate_scale(COUNTS, np.exp(ETA), 3), 0.5)
