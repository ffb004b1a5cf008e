"""Links and observation models of one's own: the same script in both libraries."""

import warnings

import jax
import jax.numpy as jnp
import nemos
import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.parity.problems import features, responses

import spikeglm

EXACT = {"tol": 1e-12, "maxiter": 5_000}
SCORES = ("log-likelihood", "pseudo-r2-McFadden", "pseudo-r2-Cohen")


def saturating(eta):
    return 9.0 / (1.0 + jnp.exp(-eta))


def squared(eta):
    return (0.5 * eta + 1.0) ** 2 + 0.05


def zero_inflated(library):
    """The class that a user writes, on the base class of either library."""

    class ZeroInflated(library.observation_models.Observations):
        def __init__(self, p=0.3):
            super().__init__()
            self.p = p

        @property
        def default_inverse_link_function(self):
            return jnp.exp

        def _log_p(self, y, mean):
            rate = jnp.clip(mean, 1e-12) / (1 - self.p)
            off = jnp.log(self.p + (1 - self.p) * jnp.exp(-rate))
            on = jnp.log(1 - self.p) + jax.scipy.stats.poisson.logpmf(y, rate)
            return jnp.where(y == 0, off, on)

        def _negative_log_likelihood(self, y, mean, aggregate_sample_scores=jnp.mean):
            return -aggregate_sample_scores(self._log_p(y, mean))

        def log_likelihood(self, y, mean, scale=1.0, aggregate_sample_scores=jnp.mean):
            return aggregate_sample_scores(self._log_p(y, mean))

        def deviance(self, y, mean, scale=1.0):
            return 2.0 * (self._log_p(y, (1 - self.p) * y) - self._log_p(y, mean))

        def estimate_scale(self, y, mean, dof_resid):
            return jnp.ones_like(jnp.atleast_1d(y[0]))

        def sample_generator(self, key, mean, scale=1.0):
            return jax.random.poisson(key, mean)

    return ZeroInflated()


def both(X, y, **arguments):
    """Fit either library; an argument that is a function of the library is called with it."""
    fits = []
    for library, more in ((spikeglm, {}), (nemos, {"solver_kwargs": EXACT})):
        chosen = {k: v(library) if v is zero_inflated else v for k, v in arguments.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fits.append(library.glm.GLM(**chosen, **more).fit(X, y))
    return fits


@pytest.mark.parametrize("link", [saturating, squared, lambda eta: jnp.exp(0.5 * eta)])
@pytest.mark.parametrize("model", ["Poisson", "Gamma", "NegativeBinomial"])
def test_links(model, link):
    X, y = features(), responses(model)[:, 0]
    ours, theirs = both(X, y, observation_model=model, inverse_link_function=link)
    assert_allclose(ours.coef_, theirs.coef_, atol=2e-4)
    assert_allclose(ours.scale_, np.broadcast_to(theirs.scale_, (1,)), rtol=1e-3)
    for score_type in SCORES:
        theirs_score = theirs.score(X, y, score_type=score_type)
        assert_allclose(ours.score(X, y, score_type), theirs_score, atol=1e-5)


@pytest.mark.parametrize("link", [None, "softplus", saturating])
def test_models(link):
    X, y = features(), responses("Poisson")[:, 0]
    ours, theirs = both(X, y, observation_model=zero_inflated, inverse_link_function=link)
    assert_allclose(ours.coef_, theirs.coef_, atol=2e-4)
    for score_type in SCORES:
        theirs_score = theirs.score(X, y, score_type=score_type)
        assert_allclose(ours.score(X, y, score_type), theirs_score, atol=1e-5)
