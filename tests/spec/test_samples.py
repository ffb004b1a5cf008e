"""Moments of samples at mean 2 and scale 1/2, beside those measured on NeMoS 0.2.9."""

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from spikeglm.observation_models import (
    GammaObservations,
    GaussianObservations,
    NegativeBinomialObservations,
)

# mean and variance; NeMoS's Gamma samples have variance 0.9989, which its likelihood does not say
MOMENTS = {
    GammaObservations(): (2.0007, 2.0),
    NegativeBinomialObservations(0.5): (2.0017, 4.0007),
    GaussianObservations(): (2.0, 0.4985),
}


@pytest.mark.parametrize("model", MOMENTS, ids=lambda model: model.name)
@pytest.mark.parametrize("key", [0, jax.random.key(0), jax.random.PRNGKey(0)], ids=str)
def test_moments(model, key):
    y = model.sample_generator(key, np.full(200_000, 2.0), 0.5)
    assert_allclose([y.mean(), y.var()], MOMENTS[model], rtol=0.03)
