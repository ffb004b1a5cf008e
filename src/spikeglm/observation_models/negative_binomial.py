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
from .overdispersion import rising_factorial
from .scale_search import best_scale
from .scaled_negative_binomial import ScaledNegativeBinomial

ESTIMATE = "estimate"
_NO_SPREAD = 1e-32  # a dispersion with which a draw is its mean, to rounding


@dataclass(frozen=True)
class NegativeBinomialObservations(ElementwiseObservations):
    """y is a count with mean mu and variance mu + scale mu^2.

    ``scale`` is the overdispersion, the variance of a Gamma gain of mean 1 on a Poisson rate: a
    number, searchable, or ``"estimate"``: then ``fit`` finds the most likely one of each neuron
    together with its coefficients, and ``scale_`` has it. It is 0 for a neuron whose counts vary no
    more than Poisson counts do. With theta = log mu and p = scale mu / (1 + scale mu) the loss is
    (y + 1/scale) log(1 + scale mu) - y log(scale mu); its slope is p / scale - y (1 - p), its
    curvature (y + 1/scale) p (1 - p).

    Parameters
    ----------
    scale :
        The overdispersion, positive, or ``"estimate"``; near 0 the model is Poisson.

    Raises
    ------
    ValueError
        The scale is not a positive number.

    References
    ----------
    Hilbe (2011), Negative Binomial Regression, 2nd ed., chapter 8 (NB2). For spike counts: Goris,
    Movshon & Simoncelli (2014), Nat Neurosci 17:858-65, equation 3. For the estimate: Lawless
    (1987), Can J Stat 15:209-25.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.array([0, 5])
    >>> model = NegativeBinomialObservations(scale=0.5)
    >>> round(float(model.log_likelihood(counts, np.array([2.0, 2.0]))), 6)
    -2.223283

    The scale of a neuron with a gain of variance 0.5:

    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2000, 1))
    >>> y = rng.poisson(rng.gamma(2.0, 0.5, 2000) * np.exp(0.3 * X[:, 0] + 1))
    >>> nmo.GLM(NegativeBinomialObservations(scale="estimate")).fit(X, y).scale_.round(1)
    array([0.5])
    """

    scale: float | str = 1.0  # type: ignore[assignment]  # the contract's is a number

    name: ClassVar[str] = "NegativeBinomial"
    means: ClassVar[tuple[float, float]] = (0.0, math.inf)
    support: ClassVar[str] = "counts: 0, 1, 2, ..."
    largest_drawn: ClassVar[float] = 1e15

    def __post_init__(self) -> None:
        if isinstance(self.scale, str) and self.scale == ESTIMATE:
            return
        try:
            scale = float(self.scale)
        except (TypeError, ValueError):
            scale = math.nan
        if not 0.0 < scale < math.inf:
            raise errors.value_error(
                "The scale of a negative binomial model cannot be used.",
                given=repr(self.scale),
                expected="a positive number, the overdispersion in var = mean + scale * mean**2, "
                f"or {ESTIMATE!r}",
                todo="Use a Poisson model where there is no overdispersion.",
            )
        object.__setattr__(self, "scale", scale)

    @property
    def estimates_scale(self) -> bool:
        """Whether ``fit`` is to find the scale."""
        return self.scale == ESTIMATE

    def at_scale(self, scale: ArrayLike) -> ScaledNegativeBinomial:
        """Return the model at scales (C,) >= 0, one per column."""
        return ScaledNegativeBinomial(self, scale)

    @property
    def default_inverse_link_function(self) -> Link:
        """The exponential."""
        return Exp()

    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return (y + 1/scale) log(1 + scale mu) - y log(scale mu)."""
        shifted = theta + math.log(self._number)
        return (y + 1.0 / self._number) * numerics.softplus(shifted, xp) - y * shifted

    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return the loss and p / scale - y (1 - p)."""
        scale = self._number
        shifted = theta + math.log(scale)
        p, q, rise = numerics.logistic_parts(shifted, xp)
        return (y + 1.0 / scale) * rise - y * shifted, p / scale - y * q

    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return (y + 1/scale) p (1 - p)."""
        p, q, _ = numerics.logistic_parts(theta + math.log(self._number), xp)
        return (y + 1.0 / self._number) * p * q

    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return p / scale = mu / (1 + scale mu)."""
        scale = self._number
        return numerics.logistic_parts(theta + math.log(scale), xp)[0] / scale

    def allowed(self, y: Array) -> BoolArray:
        """Return which y are non-negative integers."""
        return (y >= 0) & (y == np.floor(y))

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return the model's own ``scale``, or if that is to be estimated the most likely one.

        Of means that are known, so no degrees of freedom are lost.

        >>> import numpy as np
        >>> counts, mean = np.array([0, 9, 1, 6, 0, 0, 4, 0]), np.full(8, 2.5)
        >>> NegativeBinomialObservations("estimate").estimate_scale(counts, mean, 7).round(2)
        array([2.7])
        """
        y, mean, xp = as_arrays(y, predicted_rate)
        if not self.estimates_scale:
            return xp.asarray(self.scale)
        columns = [np.asarray(a, dtype=float).reshape(len(a), -1) for a in (y, mean)]
        return xp.asarray(best_scale(*columns))

    @property
    def _number(self) -> float:
        """The scale, where it is a number."""
        if self.estimates_scale:
            raise errors.value_error(
                "The scale of this negative binomial model is not known here.",
                given=repr(self),
                expected="a scale: of a fit, or a number",
                todo="call fit, whose scale_ is the estimate (update, and paths of sparse "
                "penalties, cannot find it), and pass scale=model.scale_ to methods of the "
                "observation model; or give NegativeBinomialObservations a number.",
            )
        return self.scale  # type: ignore[return-value]

    def _scale(self, scale: Any) -> Any:
        return self._number if scale is None else scale

    def _scale_of_deviance(self, scale: Any) -> Any:
        return self._scale(scale) if self.estimates_scale else self.scale

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
        scale = xp.asarray(scale)
        s, special = xp.where(scale > 0, scale, 1.0), numerics.special(xp)
        fall = xp.where(scale > 0, (y + 1.0 / s) * xp.log1p(s * mean), mean)
        rise = rising_factorial(y, scale, xp)
        return rise - special.gammaln(y + 1.0) + special.xlogy(y, mean) - fall

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        scale = xp.asarray(scale)
        s = xp.where(scale > 0, scale, 1.0)
        # log of (1 + s mean) / (1 + s y), over s: mean - y where s is zero
        shrunk = xp.log1p(s * (mean - y) / (1.0 + s * y))
        per_scale = xp.where(scale > 0, shrunk / s, mean - y)
        of_counts = numerics.special(xp).xlogy(y, y / mean)
        return 2.0 * (of_counts + y * xp.where(scale > 0, shrunk, 0.0) + per_scale)

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        scale = np.maximum(scale, _NO_SPREAD)
        rate = generator.gamma(1.0 / scale, scale * mean)
        return generator.poisson(np.minimum(rate, 1e18))  # what 64 bits hold
