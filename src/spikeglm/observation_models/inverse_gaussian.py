"""Positive responses with heavy tails, whose variance is the mean cubed (intervals, latencies)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import numerics
from ..typing import Array, ArrayLike, BoolArray, Namespace
from .elementwise import ElementwiseObservations, LogTails, without_spread
from .inverse_link import Link
from .links import OneOverSqrtX
from .observations import as_arrays


@dataclass(frozen=True)
class InverseGaussianObservations(ElementwiseObservations):
    """y > 0 with mean mu and variance scale mu^3: how long noise with a drift takes to a threshold.

    A perfect integrate-and-fire neuron has such intervals; 1 / scale is the shape parameter. With
    theta = log mu the loss is y / (2 mu^2) - 1 / mu; its slope is (1 - y / mu) / mu, its curvature
    (2 y / mu - 1) / mu. The default link is the canonical one, in which a fit has one optimum; with
    ``"exp"`` effects multiply, and the loss need not be convex.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, table 2.1. Tweedie (1957), Ann Math
    Statist 28:362-77. As intervals: Gerstein & Mandelbrot (1964), Biophys J 4:41-68.

    Examples
    --------
    >>> import numpy as np
    >>> model = InverseGaussianObservations()
    >>> model.deviance(np.array([1.0, 4.0]), np.array([1.0, 2.0]))
    array([0.  , 0.25])
    """

    name: ClassVar[str] = "InverseGaussian"
    means: ClassVar[tuple[float, float]] = (0.0, math.inf)
    support: ClassVar[str] = "positive numbers"
    has_dispersion: ClassVar[bool] = True
    gives_probabilities: ClassVar[bool] = False

    @property
    def default_inverse_link_function(self) -> Link:
        """1 / sqrt(x), the canonical link."""
        return OneOverSqrtX()

    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return y / (2 mu^2) - 1 / mu."""
        pace = _pace(theta, mean, xp)
        return pace * (0.5 * y * pace - 1.0)

    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return the loss and (1 - y / mu) / mu."""
        pace = _pace(theta, mean, xp)
        ratio = y * pace
        return pace * (0.5 * ratio - 1.0), pace * (1.0 - ratio)

    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return (2 y / mu - 1) / mu, which is negative for y < mu / 2."""
        pace = _pace(theta, mean, xp)
        return pace * (2.0 * y * pace - 1.0)

    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return 1 / mu."""
        return _pace(theta, mean, xp)

    def allowed(self, y: Array) -> BoolArray:
        """Return which y are positive."""
        return y > 0

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return Pearson's sum (y - mu)^2 / mu^3 / dof_resid, one per neuron."""
        y, mean, xp = as_arrays(y, predicted_rate)
        mean = self._inside(mean, xp)
        return xp.sum(((y - mean) / mean) ** 2 / mean, axis=0) / xp.asarray(dof_resid)

    def variance(self, predicted_rate: Array, scale: Any = None) -> Array:
        """Return mu^3."""
        return np.asarray(predicted_rate) ** 3

    def log_tails(self, y: Array, predicted_rate: Array, scale: Any = None) -> LogTails:
        """Return the logarithms of Phi(a) + e^(2 / (scale mu)) Phi(-b), and of one less that.

        a and b are (y / mu - 1) and (y / mu + 1) over sqrt(scale y): Shuster (1968), J Am Stat
        Assoc 63:1514-6.
        """
        log_ndtr, mean = numerics.special(np).log_ndtr, self._inside(predicted_rate, np)
        with numerics.quiet():
            scale = np.asarray(self._scale(scale), dtype=float)
            a, b = ((y / mean + sign) / np.sqrt(scale * y) for sign in (-1.0, 1.0))
            second = 2.0 / (scale * mean) + log_ndtr(-b)
            upper = log_ndtr(-a) + np.log1p(-np.exp(second - log_ndtr(-a)))
            return LogTails(np.logaddexp(log_ndtr(a), second), upper)

    def log_peak(self, scale: Array) -> tuple[Array, Array, Array]:
        """Return -½ log(2 pi scale), whose slope by log(scale) is -½."""
        value = -0.5 * np.log(2.0 * math.pi * scale)
        return value, np.full_like(value, -0.5), np.zeros_like(value)

    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        scale = xp.asarray(scale)
        peak = -0.5 * (xp.log(2.0 * math.pi * scale) + 3.0 * xp.log(y))
        density = peak - _deviance(y, mean) / (2.0 * scale)
        return without_spread(math.inf, -math.inf, density, y, mean, scale, xp)

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        deviance = _deviance(y, mean) / xp.asarray(scale)
        return without_spread(0.0, math.inf, deviance, y, mean, scale, xp)

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        # (y - mu)^2 / (scale mu^2 y) is the square z^2 of a normal number: its roots are mu / q and
        # mu q, taken with probabilities q / (1 + q) and 1 / (1 + q). Michael, Schucany & Haas
        # (1976), Am Stat 30:88-90; written so that no digits cancel where w is large.
        w = mean * scale * generator.standard_normal(np.shape(mean)) ** 2
        q = 1.0 + 0.5 * w + np.sqrt(w) * np.sqrt(1.0 + 0.25 * w)
        is_small = generator.random(np.shape(mean)) * (1.0 + 1.0 / q) < 1.0
        return np.where(is_small, mean / q, mean * q)


def _pace(theta: Array, mean: Array | None, xp: Namespace) -> Array:
    """Return 1 / mu."""
    return xp.exp(-theta) if mean is None else 1.0 / mean


def _deviance(y: Array, mean: Array) -> Array:
    return ((y - mean) / mean) ** 2 / y
