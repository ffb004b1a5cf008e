"""Spike counts with the variance of a Poisson process."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import numerics
from ..typing import Array, BoolArray, Namespace
from .elementwise import ElementwiseObservations, LogTails
from .inverse_link import Link
from .links import Exp


@dataclass(frozen=True)
class PoissonObservations(ElementwiseObservations):
    """y is a count with mean and variance mu: p(y) = mu^y e^-mu / y!.

    With theta = log mu the loss is mu - y theta; its slope is mu - y, its curvature mu.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 6.2. For spike trains: Truccolo et
    al. (2005), J Neurophysiol 93:1074-89, equation 9.

    Examples
    --------
    >>> import numpy as np
    >>> model = PoissonObservations()
    >>> round(float(model.log_likelihood(np.array([0, 1]), np.array([1.0, 1.0]))), 6)
    -1.0
    """

    name: ClassVar[str] = "Poisson"
    means: ClassVar[tuple[float, float]] = (0.0, math.inf)
    support: ClassVar[str] = "counts: 0, 1, 2, ..."
    largest_drawn: ClassVar[float] = 1e18  # 64 bits hold little more

    @property
    def default_inverse_link_function(self) -> Link:
        """The exponential."""
        return Exp()

    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return mu - y theta."""
        return (xp.exp(theta) if mean is None else mean) - y * theta

    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return mu - y theta and mu - y."""
        mean = xp.exp(theta) if mean is None else mean
        return mean - y * theta, mean - y

    def cumulant(self, theta: Array, xp: Namespace) -> tuple[Array, Array]:
        """Return mu, twice."""
        mean = xp.exp(theta)
        return mean, mean

    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return mu."""
        return xp.exp(theta) if mean is None else mean

    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return mu."""
        return xp.exp(theta) if mean is None else mean

    def information_growth(self, theta: Array, xp: Namespace) -> Array:
        """Return 1."""
        return xp.ones_like(theta)

    def allowed(self, y: Array) -> BoolArray:
        """Return which y are non-negative integers."""
        return (y >= 0) & (y == np.floor(y))

    def variance(self, predicted_rate: Array, scale: Any = None) -> Array:
        """Return mu."""
        return np.asarray(predicted_rate)

    def log_tails(self, y: Array, predicted_rate: Array, scale: Any = None) -> LogTails:
        """Return the logarithms of the incomplete gamma functions Q(y + 1, mu) and P(y + 1, mu)."""
        special, mean = numerics.special(np), self._inside(predicted_rate, np)
        with numerics.quiet():
            n = np.asarray(y, dtype=float) + 1.0  # of less than no event: 0 and 1
            m = np.maximum(n, 1.0)
            lower = np.where(n > 0, special.gammaincc(m, mean), 0.0)
            return LogTails(np.log(lower), np.log(np.where(n > 0, special.gammainc(m, mean), 1.0)))

    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        return -self._mean_loss(y, mean, xp) - numerics.special(xp).gammaln(y + 1.0)

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        return 2.0 * (numerics.special(xp).xlogy(y, y / mean) - (y - mean))

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        return generator.poisson(mean)
