"""Observation models that a user might write."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from spikeglm.observation_models import Observations


@dataclass(frozen=True)
class Laplace(Observations):
    """Responses with heavy tails: a loss that is not linear in y."""

    width: float = 0.5
    default_inverse_link_function = property(lambda self: lambda eta: eta)

    def _samples(self, y, mean):
        error = (y - mean) / self.width
        return jnp.sqrt(1.0 + error**2)

    def _negative_log_likelihood(self, y, predicted_rate, aggregate_sample_scores=jnp.mean):
        return aggregate_sample_scores(self._samples(y, predicted_rate))

    def log_likelihood(self, y, predicted_rate, scale=1.0, aggregate_sample_scores=jnp.mean):
        return -aggregate_sample_scores(self._samples(y, predicted_rate))

    def deviance(self, y, predicted_rate, scale=1.0):
        return 2.0 * (self._samples(y, predicted_rate) - 1.0)

    def sample_generator(self, key, predicted_rate, scale=1.0):
        return predicted_rate + self.width * jax.random.laplace(key, predicted_rate.shape)


class Duck:
    """No subclass of anything: the methods are enough."""

    def default_inverse_link_function(self, eta):
        return jnp.exp(eta)

    def _negative_log_likelihood(self, y, rate):
        return jnp.mean(rate - y * jnp.log(rate))

    def log_likelihood(self, y, rate, scale=1.0, aggregate_sample_scores=jnp.mean):
        return aggregate_sample_scores(jax.scipy.stats.poisson.logpmf(y, rate))

    def likelihood(self, y, rate, scale=1.0, aggregate_sample_scores=jnp.mean):
        return jnp.exp(self.log_likelihood(y, rate, scale, aggregate_sample_scores))

    def pseudo_r2(self, y, rate, score_type="", scale=1.0, aggregate_sample_scores=jnp.mean):
        return 1.0 - self.log_likelihood(y, rate) / self.log_likelihood(y, y.mean() + 0 * rate)

    def deviance(self, y, rate, scale=1.0):
        return rate - y

    def estimate_scale(self, y, rate, dof_resid):
        return jnp.ones(1)

    def sample_generator(self, key, rate, scale=1.0):
        return jax.random.poisson(key, rate)


class Changed(Duck):
    """A duck that differs in one member."""

    def __init__(self, **members):
        for name, member in members.items():
            setattr(self, name, member)
