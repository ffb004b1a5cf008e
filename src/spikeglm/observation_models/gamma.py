"""Positive continuous responses whose spread grows with their mean (calcium events, intervals)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import numerics
from ..typing import Array, ArrayLike, BoolArray, Namespace
from .elementwise import ElementwiseObservations, LogTails, without_spread
from .inverse_link import Link
from .links import OneOverX
from .observations import as_arrays

_LARGE = 1e4  # of a shape, beyond which digits go and series hold
_NO_SPREAD = 1e-32  # a dispersion with which a draw is its mean, to rounding


@dataclass(frozen=True)
class GammaObservations(ElementwiseObservations):
    """y > 0 with mean mu and variance scale mu^2: shape 1 / scale, scale parameter scale mu.

    With theta = log mu the loss is y / mu + theta; its slope is 1 - y / mu, its curvature y / mu.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 8.2.

    Examples
    --------
    >>> import numpy as np
    >>> model = GammaObservations()
    >>> float(model.log_likelihood(np.array([1.0, 3.0]), np.array([1.0, 1.0])))
    -2.0
    """

    name: ClassVar[str] = "Gamma"
    means: ClassVar[tuple[float, float]] = (0.0, math.inf)
    support: ClassVar[str] = "positive numbers"
    has_dispersion: ClassVar[bool] = True
    constant_information: ClassVar[bool] = True
    gives_probabilities: ClassVar[bool] = False

    @property
    def default_inverse_link_function(self) -> Link:
        """1 / x, the canonical link."""
        return OneOverX()

    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return y / mu + log mu."""
        return self._ratio(y, theta, mean, xp) + theta

    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return y / mu + log mu and 1 - y / mu."""
        ratio = self._ratio(y, theta, mean, xp)
        return ratio + theta, 1.0 - ratio

    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return y / mu."""
        return self._ratio(y, theta, mean, xp)

    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return 1."""
        return xp.ones_like(theta)

    def allowed(self, y: Array) -> BoolArray:
        """Return which y are positive."""
        return y > 0

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return Pearson's sum ((y - mu) / mu)^2 / dof_resid, one per neuron."""
        y, mean, xp = as_arrays(y, predicted_rate)
        mean = self._inside(mean, xp)
        return xp.sum(((y - mean) / mean) ** 2, axis=0) / xp.asarray(dof_resid)

    def log_peak(self, scale: Array) -> tuple[Array, Array, Array]:
        """Return k log k - k - log Gamma(k) with k = 1 / scale, and derivatives by log(scale)."""
        k, special = 1.0 / np.asarray(scale), numerics.special(np)
        rise = _log_less_digamma(k)  # by k
        slope = -k * rise
        bend = k * rise + k - k**2 * special.polygamma(1, k)
        near = -1.0 / (12.0 * k)  # series of the last, whose parts nearly cancel
        return _peak(k, np), slope, np.where(k < _LARGE, bend, near)

    def _ratio(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        return y * xp.exp(-theta) if mean is None else y / mean

    def variance(self, predicted_rate: Array, scale: Any = None) -> Array:
        """Return mu^2."""
        return np.asarray(predicted_rate) ** 2

    def log_tails(self, y: Array, predicted_rate: Array, scale: Any = None) -> LogTails:
        """Return the logarithms of incomplete gamma functions at 1 / scale and y / (scale mu)."""
        special, mean = numerics.special(np), self._inside(predicted_rate, np)
        with numerics.quiet():
            shape = 1.0 / np.asarray(self._scale(scale), dtype=float)
            x = shape * (y / mean)
            return LogTails(np.log(special.gammainc(shape, x)), np.log(special.gammaincc(shape, x)))

    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        # With k the shape: -log y + [k log k - k - log Gamma(k)] - k D / 2, D the deviance.
        shape = 1.0 / xp.asarray(scale)
        density = _peak(shape, xp) - xp.log(y) - shape * _half_deviance(y, mean, xp)
        return without_spread(math.inf, -math.inf, density, y, mean, scale, xp)

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        deviance = 2.0 * _half_deviance(y, mean, xp) / xp.asarray(scale)
        return without_spread(0.0, math.inf, deviance, y, mean, scale, xp)

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        scale = np.maximum(scale, _NO_SPREAD)
        return generator.gamma(1.0 / scale, scale * mean)


def _half_deviance(y: Array, mean: Array, xp: Namespace) -> Array:
    """Return r - log(1 + r) with r = y / mean - 1: a series where the two nearly cancel."""
    r = (y - mean) / mean
    near = r**2 * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r / 5)))
    return xp.where(xp.abs(r) < 1e-3, near, r - xp.log(y / mean))


def _peak(shape: Array, xp: Namespace) -> Array:
    """Return k log k - k - log Gamma(k): Stirling's series for a k beyond which the digits go."""
    exact = shape * xp.log(shape) - shape - numerics.special(xp).gammaln(shape)
    return xp.where(shape < _LARGE, exact, 0.5 * xp.log(shape / (2 * math.pi)) - 1 / (12 * shape))


def _log_less_digamma(k: Array) -> Array:
    """Return log k - digamma(k): a series where the two nearly cancel."""
    series = 1.0 / (2.0 * k) + 1.0 / (12.0 * k**2)
    return np.where(k < _LARGE, np.log(k) - numerics.special(np).digamma(k), series)
