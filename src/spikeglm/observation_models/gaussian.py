"""Continuous responses with noise of constant variance (calcium traces, LFP)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import numerics
from ..typing import Array, ArrayLike, BoolArray, Namespace
from .elementwise import ElementwiseObservations, LogTails, without_spread
from .inverse_link import Coordinate, Link
from .links import Identity
from .observations import as_arrays


@dataclass(frozen=True)
class GaussianObservations(ElementwiseObservations):
    """y is normal with mean mu and variance scale.

    The training loss is (y - mu)^2, without the factor 1/2 (NeMoS's convention): a Ridge strength
    here is twice that of a loss with it.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, chapter 3.

    Examples
    --------
    >>> import numpy as np
    >>> model = GaussianObservations()
    >>> model.deviance(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    array([0., 4.])
    """

    name: ClassVar[str] = "Gaussian"
    natural: ClassVar[Coordinate] = "mean"
    means: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    support: ClassVar[str] = "real numbers"
    has_dispersion: ClassVar[bool] = True
    constant_information: ClassVar[bool] = True
    is_squared_error: ClassVar[bool] = True
    gives_probabilities: ClassVar[bool] = False
    loss_unit: ClassVar[float] = 2.0

    @property
    def default_inverse_link_function(self) -> Link:
        """The identity."""
        return Identity()

    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return (y - mu)^2."""
        return (theta - y) ** 2

    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return (y - mu)^2 and 2 (mu - y)."""
        error = theta - y
        return error * error, 2.0 * error

    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return 2."""
        return xp.full_like(theta, 2.0)

    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return 2."""
        return xp.full_like(theta, 2.0)

    def allowed(self, y: Array) -> BoolArray:
        """Return True everywhere."""
        return np.ones(np.shape(y), dtype=bool)

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return the residual variance sum (y - mu)^2 / dof_resid, one per neuron."""
        y, mean, xp = as_arrays(y, predicted_rate)
        return xp.sum((y - mean) ** 2, axis=0) / xp.asarray(dof_resid)

    def variance(self, predicted_rate: Array, scale: Any = None) -> Array:
        """Return 1."""
        return np.ones(np.shape(predicted_rate))

    def log_tails(self, y: Array, predicted_rate: Array, scale: Any = None) -> LogTails:
        """Return log Phi(z) and log Phi(-z) of z = (y - mu) / sqrt(scale)."""
        special = numerics.special(np)
        with numerics.quiet():
            z = (y - np.asarray(predicted_rate)) / np.sqrt(np.asarray(self._scale(scale)))
            return LogTails(special.log_ndtr(z), special.log_ndtr(-z))

    def log_peak(self, scale: Array) -> tuple[Array, Array, Array]:
        """Return -½ log(2 pi scale), whose slope by log(scale) is -½."""
        value = -0.5 * np.log(2.0 * math.pi * scale)
        return value, np.full_like(value, -0.5), np.zeros_like(value)

    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        scale = xp.asarray(scale)
        density = -0.5 * xp.log(2.0 * math.pi * scale) - (y - mean) ** 2 / (2.0 * scale)
        return without_spread(math.inf, -math.inf, density, y, mean, scale, xp)

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        deviance = (y - mean) ** 2 / xp.asarray(scale)
        return without_spread(0.0, math.inf, deviance, y, mean, scale, xp)

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        return generator.normal(mean, np.sqrt(scale))
