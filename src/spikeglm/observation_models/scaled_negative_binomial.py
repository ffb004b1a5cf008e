"""The negative binomial model at scales that are known, one per column, zero included."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import numerics, showing
from ..typing import Array, ArrayLike, BoolArray, IntArray, Namespace
from .elementwise import ElementwiseObservations, LogTails
from .inverse_link import Link
from .links import Exp
from .overdispersion import ScaleTerms, scale_terms

_SMALLEST = 1e-150  # a smaller scale is zero


@dataclass(frozen=True, eq=False, repr=False)
class ScaledNegativeBinomial(ElementwiseObservations):
    """What a fit sees of a negative binomial model while it looks for scales: elementwise.

    Shapes: the last axis of responses and predictors is that of the C columns. The loss leaves out
    ``-y log scale``, a term of y alone, and is the Poisson model's where a scale is zero:
    (y + 1/scale) log(1 + scale mu) - y log mu.

    Parameters
    ----------
    of :
        The model of which these are the scales.
    scales :
        (C,) >= 0.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.observation_models import NegativeBinomialObservations
    >>> model = NegativeBinomialObservations("estimate").at_scale(np.array([0.0, 0.5]))
    >>> model.loss(np.array([1.0, 1.0]), np.zeros(2), None, np).round(3)
    array([1.   , 1.216])
    """

    of: ElementwiseObservations
    scales: Any

    name: ClassVar[str] = "NegativeBinomial"
    means: ClassVar[tuple[float, float]] = (0.0, math.inf)
    support: ClassVar[str] = "counts: 0, 1, 2, ..."

    __repr__ = showing.of_fields

    @property
    def by_column(self) -> Any:
        """The scales (C,)."""
        return self.scales

    @property
    def family(self) -> ElementwiseObservations:
        """The model of which these are the scales."""
        return self.of

    def take(self, columns: IntArray) -> ScaledNegativeBinomial:
        """Keep only some columns."""
        return ScaledNegativeBinomial(self.of, self.scales[columns])

    def at_scale(self, scale: ArrayLike) -> ScaledNegativeBinomial:
        """Return the model at other scales (C,)."""
        return ScaledNegativeBinomial(self.of, scale)

    @property
    def default_inverse_link_function(self) -> Link:
        """The exponential."""
        return Exp()

    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return (y + 1/scale) log(1 + scale mu) - y log mu."""
        return self.loss_and_slope(y, theta, mean, xp)[0]

    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return the loss and mu / (1 + scale mu) - y / (1 + scale mu)."""
        scale, s, log_scale = self._scales(theta, xp)
        p, q, rise = numerics.logistic_parts(theta + log_scale, xp)
        per_scale, shrunk = rise / s, p / s
        if xp is not np or not (scale > 0).all():  # where it is zero both are the mean
            mean_rate = xp.exp(theta)
            per_scale, shrunk = (xp.where(scale > 0, v, mean_rate) for v in (per_scale, shrunk))
        return y * (rise - theta) + per_scale, shrunk - y * q

    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return (1 + y scale) mu / (1 + scale mu)²."""
        scale, s, log_scale = self._scales(theta, xp)
        p, q, _ = numerics.logistic_parts(theta + log_scale, xp)
        return xp.where(scale > 0, (y + 1.0 / s) * p * q, xp.exp(theta))

    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return mu / (1 + scale mu)."""
        scale, s, log_scale = self._scales(theta, xp)
        p, _, _ = numerics.logistic_parts(theta + log_scale, xp)
        return xp.where(scale > 0, p / s, xp.exp(theta))

    def scale_terms(self, y: Array, mean: Array, xp: Namespace) -> ScaleTerms:
        """Return the log-likelihood as a function of the scale, per sample."""
        return scale_terms(y, mean, xp.asarray(self.scales), xp)

    def slope_by_scale(self, y: Array, theta: Array, xp: Namespace) -> Array:
        """Return the derivative by the scale of the slope, (y - mu) mu / (1 + scale mu)²."""
        scale, s, log_scale = self._scales(theta, xp)
        p, q, _ = numerics.logistic_parts(theta + log_scale, xp)
        shrunk = xp.where(scale > 0, p * q / s, xp.exp(theta))
        return y * shrunk - xp.where(scale > 0, (p / s) ** 2, xp.exp(2.0 * theta))

    def allowed(self, y: Array) -> BoolArray:
        """Return which y are non-negative integers."""
        return (y >= 0) & (y == np.floor(y))

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return the scales: they are known."""
        return self.scales

    def variance(self, predicted_rate: Array, scale: Any = None) -> Array:
        """Return mu + scale mu²."""
        return self.of.variance(predicted_rate, self._scale(scale))

    def log_tails(self, y: Array, predicted_rate: Array, scale: Any = None) -> LogTails:
        """Return the logarithms of both tails."""
        return self.of.log_tails(y, predicted_rate, self._scale(scale))

    def _scales(self, theta: Array, xp: Namespace) -> tuple[Array, Array, Array]:
        """Return the scales, those with ones for zeros, and their logarithms, -inf for zeros."""
        scale = xp.asarray(self.scales, dtype=theta.dtype)
        s = xp.where(scale > 0, scale, 1.0)
        return scale, s, xp.where(scale > 0, xp.log(s), -math.inf)

    def _scale(self, scale: Any) -> Any:
        return self.scales if scale is None else scale

    def _scale_of_deviance(self, scale: Any) -> Any:
        return self._scale(scale)

    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        return self.of._sample_log_likelihood(y, mean, scale, xp)

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        return self.of._sample_deviance(y, mean, scale, xp)

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        return self.of._draw(generator, mean, scale)
