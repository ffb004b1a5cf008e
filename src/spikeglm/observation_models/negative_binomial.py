"""Spike counts with more variance than a Poisson process."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import errors, numerics
from ..typing import Array, ArrayLike, BoolArray, Namespace
from .elementwise import ElementwiseObservations, LogTails
from .inverse_link import Link
from .links import Exp
from .observations import as_arrays

_NO_SPREAD = 1e-32  # a dispersion with which a draw is its mean, to rounding


@dataclass(frozen=True)
class NegativeBinomialObservations(ElementwiseObservations):
    """y is a count with mean mu and variance mu + scale mu^2.

    ``scale`` is the overdispersion, the variance of a Gamma gain of mean 1 on a Poisson rate; it is
    fixed, and searchable. With theta = log mu and p = scale mu / (1 + scale mu) the loss is
    (y + 1/scale) log(1 + scale mu) - y log(scale mu); its slope is p / scale - y (1 - p), its
    curvature (y + 1/scale) p (1 - p).

    Parameters
    ----------
    scale :
        The overdispersion, positive; near 0 the model is Poisson.

    Raises
    ------
    ValueError
        The scale is not a positive number.

    References
    ----------
    Hilbe (2011), Negative Binomial Regression, 2nd ed., chapter 8 (NB2). For spike counts: Goris,
    Movshon & Simoncelli (2014), Nat Neurosci 17:858-65, equation 3.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.array([0, 5])
    >>> model = NegativeBinomialObservations(scale=0.5)
    >>> round(float(model.log_likelihood(counts, np.array([2.0, 2.0]))), 6)
    -2.223283
    """

    scale: float = 1.0

    name: ClassVar[str] = "NegativeBinomial"
    means: ClassVar[tuple[float, float]] = (0.0, math.inf)
    support: ClassVar[str] = "counts: 0, 1, 2, ..."
    largest_drawn: ClassVar[float] = 1e15

    def __post_init__(self) -> None:
        try:
            scale = float(self.scale)
        except (TypeError, ValueError):
            scale = math.nan
        if not 0.0 < scale < math.inf:
            raise errors.value_error(
                "The scale of a negative binomial model cannot be used.",
                given=repr(self.scale),
                expected="a positive number, the overdispersion in var = mean + scale * mean**2",
                todo="Use a Poisson model where there is no overdispersion.",
            )
        object.__setattr__(self, "scale", scale)

    @property
    def default_inverse_link_function(self) -> Link:
        """The exponential."""
        return Exp()

    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return (y + 1/scale) log(1 + scale mu) - y log(scale mu)."""
        shifted = theta + math.log(self.scale)
        return (y + 1.0 / self.scale) * numerics.softplus(shifted, xp) - y * shifted

    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return the loss and p / scale - y (1 - p)."""
        shifted = theta + math.log(self.scale)
        p, q, rise = numerics.logistic_parts(shifted, xp)
        return (y + 1.0 / self.scale) * rise - y * shifted, p / self.scale - y * q

    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return (y + 1/scale) p (1 - p)."""
        p, q, _ = numerics.logistic_parts(theta + math.log(self.scale), xp)
        return (y + 1.0 / self.scale) * p * q

    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return p / scale = mu / (1 + scale mu)."""
        return numerics.logistic_parts(theta + math.log(self.scale), xp)[0] / self.scale

    def allowed(self, y: Array) -> BoolArray:
        """Return which y are non-negative integers."""
        return (y >= 0) & (y == np.floor(y))

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return the model's own ``scale``: it is a choice, not an estimate."""
        _, _, xp = as_arrays(y, predicted_rate)
        return xp.asarray(self.scale)

    def variance(self, predicted_rate: Array, scale: Any = None) -> Array:
        """Return mu + scale mu^2."""
        mean = np.asarray(predicted_rate)
        return mean * (1.0 + np.asarray(self._scale(scale)) * mean)

    def log_tails(self, y: Array, predicted_rate: Array, scale: Any = None) -> LogTails:
        """Return the logarithms of the incomplete beta functions I_p(1 / scale, y + 1) and 1 - I_p.

        p = 1 / (1 + scale mu).
        """
        special, mean = numerics.special(np), self._inside(predicted_rate, np)
        scale = np.asarray(self._scale(scale), dtype=float)
        r = 1.0 / np.where(scale > 0, scale, 1.0)
        with numerics.quiet():
            n = np.asarray(y, dtype=float) + 1.0
            m = np.maximum(n, 1.0)
            lower, upper = special.gammaincc(m, mean), special.gammainc(m, mean)  # a Poisson model
            lower = np.where(scale > 0, special.betainc(r, m, r / (r + mean)), lower)
            upper = np.where(scale > 0, special.betainc(m, r, mean / (r + mean)), upper)
            lower, upper = np.where(n > 0, lower, 0.0), np.where(n > 0, upper, 1.0)
            return LogTails(np.log(lower), np.log(upper))

    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        gammaln = numerics.special(xp).gammaln
        r = 1.0 / xp.asarray(scale)
        counted = gammaln(y + r) - gammaln(y + 1.0) - gammaln(r)
        return counted - (y + r) * xp.log1p(mean / r) + y * (xp.log(mean) - xp.log(r))

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        scale = xp.asarray(scale)
        shrunk = (1.0 + scale * mean) / (1.0 + scale * y)
        return 2.0 * (numerics.special(xp).xlogy(y, y / mean * shrunk) + xp.log(shrunk) / scale)

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        scale = np.maximum(scale, _NO_SPREAD)
        rate = generator.gamma(1.0 / scale, scale * mean)
        return generator.poisson(np.minimum(rate, 1e18))  # what 64 bits hold
