"""The likelihood of a negative binomial scale, against sums in many digits."""

import jax
import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.observation_models.catalogue import double_precision

from spikeglm.observation_models import (
    Likelihood,
    NegativeBinomialObservations,
    PoissonObservations,
)
from spikeglm.observation_models.links import Exp, Softplus
from spikeglm.observation_models.overdispersion import scale_terms
from spikeglm.observation_models.scale_search import best_scale

SCALES = (0.0, 1e-12, 1e-6, 1e-3, 0.05, 1 / 15, 0.07, 0.5, 3.0, 1e4)
MEANS = (1e-6, 0.02, 1.0, 30.0, 1e4)
COUNTS = (0, 1, 2, 3, 17, 300)


def exact(y, mean, scale):
    """Value, slope and curvature as differences and sums, and the size of what is added up."""
    s, mu, k = mpmath.mpf(scale), mpmath.mpf(mean), range(y)
    rising = [
        mpmath.fsum(mpmath.log(1 + j * s) for j in k),
        mpmath.fsum(j / (1 + j * s) for j in k),
        -mpmath.fsum(mpmath.mpf(j) ** 2 / (1 + j * s) ** 2 for j in k),
    ]
    if scale == 0:
        falling = [-mu, mu**2 / 2 - y * mu, y * mu**2 - 2 * mu**3 / 3]
    else:
        log, q = mpmath.log(1 + s * mu), 1 / (1 + s * mu)
        falling = [
            -(y + 1 / s) * log,
            -y * mu * q + log / s**2 - mu * q / s,
            y * mu**2 * q**2 - 2 * log / s**3 + 2 * mu * q / s**2 + mu**2 * q**2 / s,
        ]
    falling[0] += y * mpmath.log(mu)
    return [(a + b, abs(a) + abs(b)) for a, b in zip(rising, falling, strict=True)]


@pytest.mark.parametrize("scale", SCALES)
def test_value_and_derivatives_have_all_digits_at_every_scale(scale):
    mpmath.mp.dps = 100
    for mean in MEANS:
        for y in COUNTS:
            ours = scale_terms(np.array([float(y)]), np.array([mean]), np.array([scale]))
            for term, (value, size) in zip(ours, exact(y, mean, scale), strict=True):
                assert abs(float(term[0]) - value) <= 1e-11 * size


def test_jax_computes_the_same():
    y, mean = np.meshgrid(np.array(COUNTS, dtype=float), MEANS)
    with double_precision():
        for scale in SCALES:
            there = scale_terms(*map(jax.numpy.asarray, (y, mean, scale)), jax.numpy)
            for one, other in zip(scale_terms(y, mean, np.asarray(scale)), there, strict=True):
                assert_allclose(other, one, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("link", [Exp(), Softplus()], ids=lambda link: link.name)
def test_columns_at_their_scales_are_models_of_these_scales(link):
    scales = np.array([0.4, 2.0])
    pair = Likelihood(NegativeBinomialObservations("estimate"), link).at_scale(scales)
    eta, y = np.array([[-1.0, 0.5], [2.0, 0.1]]), np.array([[0.0, 3.0], [1.0, 0.0]])
    value, slope = pair.value_and_slope(eta, y)
    for c, scale in enumerate(scales):
        alone = Likelihood(NegativeBinomialObservations(scale), link)
        own_value, own_slope = alone.value_and_slope(eta[:, c], y[:, c])
        constant = y[:, c] * np.log(scale)
        assert_allclose(value[:, c], own_value + constant, rtol=1e-13)
        assert_allclose(slope[:, c], own_slope, rtol=1e-13)
        assert_allclose(pair.curvature(eta, y)[:, c], alone.curvature(eta[:, c], y[:, c]))
        assert_allclose(pair.fisher(eta)[:, c], alone.fisher(eta[:, c]))
        some = pair.take(np.array([c]))
        assert_allclose(some.value(eta[:, [c]], y[:, [c]])[:, 0], value[:, c])


def test_at_scale_zero_densities_deviances_and_losses_are_those_of_a_poisson_model():
    y, mean = np.array([0.0, 1.0, 7.0]), np.array([0.3, 2.0, 5.0])
    model, poisson = NegativeBinomialObservations("estimate"), PoissonObservations()
    for method in ("log_likelihood", "deviance"):
        at_zero = getattr(model, method)(y, mean, 0.0)
        assert_allclose(at_zero, getattr(poisson, method)(y, mean), rtol=1e-13)
        near_zero = getattr(model, method)(y, mean, 1e-13)
        assert_allclose(near_zero, at_zero, rtol=1e-10)
    eta = np.log(mean)
    pair = Likelihood(model, Exp()).at_scale(np.zeros(3))
    theirs = Likelihood(poisson, Exp()).value_and_slope(eta, y)
    for one, other in zip(pair.value_and_slope(eta, y), theirs, strict=True):
        assert_allclose(one, other, rtol=1e-14)


def test_the_best_scale_is_where_the_likelihood_is_stationary():
    rng = np.random.default_rng(0)
    mean = np.exp(rng.normal(size=(300, 3)))
    y = rng.poisson(rng.gamma([0.5, 5.0, 50.0], [2.0, 0.2, 0.02], (300, 3)) * mean).astype(float)
    y[:, 2] = np.round(mean[:, 2])  # hardly any variance at all
    scale = best_scale(y, mean)
    assert scale[2] == 0
    slope = scale_terms(y, mean, scale).slope.sum(axis=0)
    assert np.abs(slope[:2]).max() < 1e-8
    assert slope[2] < 0


def test_a_scale_that_is_not_known_is_asked_for():
    model = NegativeBinomialObservations("estimate")
    y, mean = np.array([0, 3]), np.array([1.0, 2.0])
    for method in (model.log_likelihood, model.deviance, model.pseudo_r2):
        with pytest.raises(ValueError, match="The scale of this negative binomial model is not"):
            method(y, mean)
    with pytest.raises(ValueError, match="'estimate'"):
        NegativeBinomialObservations("guess")
    assert np.isfinite(model.log_likelihood(y, mean, 0.5))
    assert model.replaced(scale=0.5) == NegativeBinomialObservations(0.5)
