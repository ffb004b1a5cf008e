"""Positive continuous responses whose spread grows with their mean (calcium events, intervals)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import numerics
from ..typing import Array, ArrayLike, BoolArray, Namespace
from .elementwise import ElementwiseObservations
from .inverse_link import Link
from .links import OneOverX
from .observations import as_arrays


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

    def _ratio(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        return y * xp.exp(-theta) if mean is None else y / mean

    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        shape = 1.0 / xp.asarray(scale)
        constant = (shape - 1.0) * xp.log(y) + shape * xp.log(shape)
        return constant - numerics.special(xp).gammaln(shape) - shape * self._mean_loss(y, mean, xp)

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        return 2.0 * ((y - mean) / mean - xp.log(y / mean)) / xp.asarray(scale)

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        return generator.gamma(1.0 / scale, scale * mean)
