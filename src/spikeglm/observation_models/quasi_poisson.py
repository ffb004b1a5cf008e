"""Counts whose variance is proportional to their mean: a Poisson fit with honest errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import errors, numerics
from ..typing import Array, ArrayLike, BoolArray, Namespace
from .elementwise import ElementwiseObservations
from .inverse_link import Link
from .links import Exp
from .observations import as_arrays
from .poisson import PoissonObservations

_POISSON = PoissonObservations()


@dataclass(frozen=True)
class QuasiPoissonObservations(ElementwiseObservations):
    """y >= 0 with mean mu and variance scale mu; nothing else is assumed of it.

    Coefficients are those of the Poisson model. The scale, Pearson's sum (y - mu)²/mu over the
    residual degrees of freedom, multiplies the covariance of the estimates: standard errors are
    sqrt(scale) times those of the Poisson model, also where counts vary less than Poisson counts.

    It is no distribution: there are no likelihood, no AIC and no samples (``score`` has
    ``"pseudo-r2-Cohen"``, from deviances). For those, a negative binomial model.

    References
    ----------
    Wedderburn (1974), Biometrika 61:439-47. McCullagh & Nelder (1989), Generalized Linear Models,
    sections 6.2.3 and 9.2.4.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2000, 1))
    >>> y = 3 * rng.poisson(np.exp(0.3 * X[:, 0]))  # spikes come in threes
    >>> nmo.GLM("QuasiPoisson").fit(X, y).scale_.round(1)
    array([2.9])
    """

    name: ClassVar[str] = "QuasiPoisson"
    means: ClassVar[tuple[float, float]] = (0.0, math.inf)
    support: ClassVar[str] = "numbers >= 0"
    has_dispersion: ClassVar[bool] = True
    has_likelihood: ClassVar[bool] = False

    @property
    def default_inverse_link_function(self) -> Link:
        """The exponential."""
        return Exp()

    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return mu - y theta."""
        return _POISSON.loss(y, theta, mean, xp)

    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return mu - y theta and mu - y."""
        return _POISSON.loss_and_slope(y, theta, mean, xp)

    def cumulant(self, theta: Array, xp: Namespace) -> tuple[Array, Array]:
        """Return mu, twice."""
        return _POISSON.cumulant(theta, xp)

    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return mu."""
        return _POISSON.loss_curvature(y, theta, mean, xp)

    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return mu."""
        return _POISSON.information(theta, mean, xp)

    def allowed(self, y: Array) -> BoolArray:
        """Return which y are not negative."""
        return y >= 0

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return Pearson's sum (y - mu)² / mu / dof_resid, one per neuron."""
        y, mean, xp = as_arrays(y, predicted_rate)
        with numerics.quiet():
            each = xp.where(y == mean, 0.0, (y - mean) ** 2 / self._inside(mean, xp))
            return xp.sum(each, axis=0) / xp.asarray(dof_resid)

    def variance(self, predicted_rate: Array, scale: Any = None) -> Array:
        """Return mu."""
        return np.asarray(predicted_rate)

    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        raise _no_distribution("likelihood")

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        return _POISSON._sample_deviance(y, mean, 1.0, xp) / xp.asarray(scale)

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        raise _no_distribution("samples")


def _no_distribution(what: str) -> ValueError:
    return errors.value_error(
        f"A quasi-Poisson model has no {what}.",
        given="a model of mean and variance, which is no distribution",
        expected="a distribution",
        todo="use score_type='pseudo-r2-Cohen', or for likelihoods, AIC and samples "
        "NegativeBinomialObservations(scale='estimate').",
    )
