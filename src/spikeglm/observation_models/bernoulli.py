"""Spike or no spike, left or right: responses that are 0 or 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import numerics
from ..typing import Array, BoolArray, Namespace
from .elementwise import ElementwiseObservations, LogTails
from .inverse_link import Coordinate, Link
from .links import Logistic


@dataclass(frozen=True)
class BernoulliObservations(ElementwiseObservations):
    """y is 1 with probability mu, else 0.

    With theta = log(mu / (1 - mu)) the loss is log(1 + e^theta) - y theta; its slope is mu - y, its
    curvature mu (1 - mu).

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, chapter 4.

    Examples
    --------
    >>> import numpy as np
    >>> model = BernoulliObservations()
    >>> float(model.likelihood(np.array([0, 1]), np.array([0.5, 0.5])))
    0.5
    """

    name: ClassVar[str] = "Bernoulli"
    natural: ClassVar[Coordinate] = "logit"
    means: ClassVar[tuple[float, float]] = (0.0, 1.0)
    support: ClassVar[str] = "0 and 1"
    event: ClassVar[str] = "event"

    @property
    def default_inverse_link_function(self) -> Link:
        """The logistic function."""
        return Logistic()

    # max(theta, 0) - y theta is taken first: it is exactly 0 for a certain and right prediction.

    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return log(1 + e^theta) - y theta."""
        return xp.maximum(theta, 0.0) - y * theta + xp.log1p(xp.exp(-xp.abs(theta)))

    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return log(1 + e^theta) - y theta and mu - y."""
        decay = xp.exp(-xp.abs(theta))
        value = xp.maximum(theta, 0.0) - y * theta + xp.log1p(decay)
        return value, xp.exp(xp.minimum(theta, 0.0)) / (1.0 + decay) - y

    def cumulant(self, theta: Array, xp: Namespace) -> tuple[Array, Array]:
        """Return log(1 + e^theta) and mu."""
        return self.loss_and_slope(xp.zeros_like(theta), theta, None, xp)

    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return mu (1 - mu)."""
        return self.information(theta, mean, xp)

    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return mu (1 - mu)."""
        decay = xp.exp(-xp.abs(theta))
        return decay / (1.0 + decay) ** 2

    def information_growth(self, theta: Array, xp: Namespace) -> Array:
        """Return 1 - 2 mu."""
        return -xp.tanh(0.5 * theta)

    def allowed(self, y: Array) -> BoolArray:
        """Return which y are 0 or 1."""
        return (y == 0) | (y == 1)

    def variance(self, predicted_rate: Array, scale: Any = None) -> Array:
        """Return mu (1 - mu)."""
        return np.asarray(predicted_rate) * (1.0 - np.asarray(predicted_rate))

    def log_tails(self, y: Array, predicted_rate: Array, scale: Any = None) -> LogTails:
        """Return log(1 - mu) and log mu for a response of zero, and what is certain for others."""
        mean, impossible = self._inside(predicted_rate, np), -math.inf
        lower = np.where(y < 0, impossible, np.where(y < 1, np.log1p(-mean), 0.0))
        return LogTails(lower, np.where(y < 0, 0.0, np.where(y < 1, np.log(mean), impossible)))

    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        return -self._mean_loss(y, mean, xp)

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        xlogy = numerics.special(xp).xlogy
        return 2.0 * (xlogy(y, y / mean) + xlogy(1.0 - y, (1.0 - y) / (1.0 - mean)))

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        return generator.random(mean.shape) < mean
