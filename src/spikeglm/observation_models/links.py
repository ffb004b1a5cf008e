"""The inverse link functions that estimators know by name.

Each gives the log of its mean with two derivatives; a link whose mean, or whose log-odds, has a
better form of its own gives that as well.

References
----------
McCullagh & Nelder (1989), Generalized Linear Models, 2nd ed., chapters 4 (logistic, probit), 6
(log) and 8 (reciprocal); table 2.1 (inverse square). Softplus: Dugas et al. (2001), Adv Neural Inf
Process Syst 13.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .. import numerics
from ..typing import Array, Namespace
from .inverse_link import Coordinate, Curve, Link

_LOG_ROOT_TWO_PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Exp(Link):
    """mean = e^eta.

    Examples
    --------
    >>> float(Exp()(0.0))
    1.0
    """

    name: ClassVar[str] = "exp"
    linear_in: ClassVar[Coordinate | None] = "log"
    range: ClassVar[tuple[float, float] | None] = (0.0, math.inf)

    def mean(self, eta: Array, xp: Namespace = np) -> Array:
        """Return e^eta."""
        return xp.exp(eta)

    def predictor(self, mean: Array, xp: Namespace = np) -> Array:
        """Return log(mean)."""
        return xp.log(mean)

    def _log_curve(self, eta: Array, xp: Namespace) -> Curve:
        return Curve(xp.exp(eta), eta, xp.ones_like(eta))

    def _log_bend(self, eta: Array, xp: Namespace) -> Array:
        return xp.zeros_like(eta)

    def _rest(self, eta: Array, xp: Namespace) -> Array:
        return xp.maximum(-xp.expm1(eta), xp.finfo(eta.dtype).tiny)


@dataclass(frozen=True)
class Logistic(Link):
    """mean = 1 / (1 + e^-eta).

    Examples
    --------
    >>> float(Logistic()(0.0))
    0.5
    """

    name: ClassVar[str] = "logistic"
    linear_in: ClassVar[Coordinate | None] = "logit"
    range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)

    def mean(self, eta: Array, xp: Namespace = np) -> Array:
        """Return 1 / (1 + e^-eta)."""
        return numerics.logistic_parts(eta, xp)[0]

    def predictor(self, mean: Array, xp: Namespace = np) -> Array:
        """Return log(mean / (1 - mean))."""
        return xp.log(mean) - xp.log1p(-mean)

    def _log_curve(self, eta: Array, xp: Namespace) -> Curve:
        p, q, rise = numerics.logistic_parts(eta, xp)
        return Curve(p, eta - rise, q)

    def _log_bend(self, eta: Array, xp: Namespace) -> Array:
        p, q, _ = numerics.logistic_parts(eta, xp)
        return -p * q

    def _logit_curve(self, eta: Array, xp: Namespace) -> Curve:
        return Curve(self.mean(eta, xp), eta, xp.ones_like(eta))

    def _logit_bend(self, eta: Array, xp: Namespace) -> Array:
        return xp.zeros_like(eta)


@dataclass(frozen=True)
class Softplus(Link):
    """mean = log(1 + e^eta): exponential for small rates, linear for large ones.

    Examples
    --------
    >>> round(float(Softplus()(0.0)), 6)
    0.693147
    """

    name: ClassVar[str] = "softplus"
    range: ClassVar[tuple[float, float] | None] = (0.0, math.inf)

    def mean(self, eta: Array, xp: Namespace = np) -> Array:
        """Return log(1 + e^eta)."""
        return numerics.softplus(eta, xp)

    def predictor(self, mean: Array, xp: Namespace = np) -> Array:
        """Return log(e^mean - 1)."""
        return mean + xp.log(-xp.expm1(-mean))

    # Below -40, log(1 + e^eta) = e^eta to rounding: there the log of the mean is eta itself.

    def _log_curve(self, eta: Array, xp: Namespace) -> Curve:
        p, _, mean = numerics.logistic_parts(eta, xp)
        far = eta < -40.0
        return Curve(mean, xp.where(far, eta, xp.log(mean)), xp.where(far, 1.0, p / mean))

    def _log_bend(self, eta: Array, xp: Namespace) -> Array:
        p, q, mean = numerics.logistic_parts(eta, xp)
        return xp.where(eta < -40.0, 0.0, p / mean * (q - p / mean))


@dataclass(frozen=True)
class Identity(Link):
    """mean = eta.

    Examples
    --------
    >>> float(Identity()(-2.0))
    -2.0
    """

    name: ClassVar[str] = "identity"
    linear_in: ClassVar[Coordinate | None] = "mean"
    range: ClassVar[tuple[float, float] | None] = (-math.inf, math.inf)

    def mean(self, eta: Array, xp: Namespace = np) -> Array:
        """Return eta."""
        return eta

    def predictor(self, mean: Array, xp: Namespace = np) -> Array:
        """Return mean."""
        return mean

    def _log_curve(self, eta: Array, xp: Namespace) -> Curve:
        return Curve(eta, xp.log(eta), 1.0 / eta)

    def _log_bend(self, eta: Array, xp: Namespace) -> Array:
        return -1.0 / eta**2

    def _mean_curve(self, eta: Array, xp: Namespace) -> Curve:
        return Curve(eta, eta, xp.ones_like(eta))

    def _mean_bend(self, eta: Array, xp: Namespace) -> Array:
        return xp.zeros_like(eta)


@dataclass(frozen=True)
class NormCdf(Link):
    """mean = Phi(eta), the standard normal distribution function (probit).

    Examples
    --------
    >>> float(NormCdf()(0.0))
    0.5
    """

    name: ClassVar[str] = "norm.cdf"
    range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)

    def mean(self, eta: Array, xp: Namespace = np) -> Array:
        """Return Phi(eta)."""
        return numerics.special(xp).ndtr(eta)

    def predictor(self, mean: Array, xp: Namespace = np) -> Array:
        """Return the standard normal quantile of mean."""
        return numerics.special(xp).ndtri(mean)

    # r(x) = phi(x) / Phi(x) is the slope of log Phi, and r' = -r (x + r).

    def _log_curve(self, eta: Array, xp: Namespace) -> Curve:
        log_mean, ratio = _mills(eta, xp)
        return Curve(xp.exp(log_mean), log_mean, ratio)

    def _log_bend(self, eta: Array, xp: Namespace) -> Array:
        return _mills_slope(eta, xp)

    def _logit_curve(self, eta: Array, xp: Namespace) -> Curve:
        log_mean, ratio = _mills(eta, xp)
        log_rest, mirrored = _mills(-eta, xp)
        return Curve(xp.exp(log_mean), log_mean - log_rest, ratio + mirrored)

    def _logit_bend(self, eta: Array, xp: Namespace) -> Array:
        return _mills_slope(eta, xp) - _mills_slope(-eta, xp)


@dataclass(frozen=True)
class OneOverX(Link):
    """mean = 1 / eta, the canonical link of the Gamma model; eta must be positive there.

    Examples
    --------
    >>> float(OneOverX()(4.0))
    0.25
    """

    name: ClassVar[str] = "one_over_x"
    range: ClassVar[tuple[float, float] | None] = (-math.inf, math.inf)
    pole: ClassVar[float | None] = 0.0

    def mean(self, eta: Array, xp: Namespace = np) -> Array:
        """Return 1 / eta."""
        return 1.0 / eta

    def predictor(self, mean: Array, xp: Namespace = np) -> Array:
        """Return 1 / mean."""
        return 1.0 / mean

    def _log_curve(self, eta: Array, xp: Namespace) -> Curve:
        mean = 1.0 / eta
        return Curve(mean, -xp.log(eta), -mean)

    def _log_bend(self, eta: Array, xp: Namespace) -> Array:
        return 1.0 / eta**2

    def _mean_curve(self, eta: Array, xp: Namespace) -> Curve:
        mean = 1.0 / eta
        return Curve(mean, mean, -(mean**2))

    def _mean_bend(self, eta: Array, xp: Namespace) -> Array:
        return 2.0 / eta**3


@dataclass(frozen=True)
class OneOverSqrtX(Link):
    """mean = 1 / sqrt(eta), the canonical link of the inverse Gaussian model, 1 / mean^2 = eta.

    It is mirrored at eta < 0, where means are negative: a model of positive means never fits there,
    and a prediction there shows itself by its sign.

    Examples
    --------
    >>> float(OneOverSqrtX()(4.0)), float(OneOverSqrtX()(-4.0))
    (0.5, -0.5)
    """

    name: ClassVar[str] = "one_over_sqrt_x"
    range: ClassVar[tuple[float, float] | None] = (-math.inf, math.inf)
    pole: ClassVar[float | None] = 0.0

    def mean(self, eta: Array, xp: Namespace = np) -> Array:
        """Return 1 / sqrt(eta), with the sign of eta."""
        return xp.copysign(1.0 / xp.sqrt(xp.abs(eta)), eta)

    def predictor(self, mean: Array, xp: Namespace = np) -> Array:
        """Return 1 / mean^2, with the sign of the mean."""
        return xp.copysign(1.0 / mean**2, mean)

    def _log_curve(self, eta: Array, xp: Namespace) -> Curve:
        return Curve(self.mean(eta, xp), -0.5 * xp.log(eta), -0.5 / eta)

    def _log_bend(self, eta: Array, xp: Namespace) -> Array:
        return 0.5 / eta**2

    def _mean_curve(self, eta: Array, xp: Namespace) -> Curve:
        mean = self.mean(eta, xp)
        return Curve(mean, mean, -0.5 * mean / eta)

    def _mean_bend(self, eta: Array, xp: Namespace) -> Array:
        return 0.75 * self.mean(eta, xp) / eta**2


def _mills(x: Array, xp: Namespace) -> tuple[Array, Array]:
    """Return log Phi(x) and r(x) = phi(x) / Phi(x)."""
    log_cdf = numerics.special(xp).log_ndtr(x)
    return log_cdf, xp.exp(-0.5 * x**2 - log_cdf - _LOG_ROOT_TWO_PI)


def _mills_slope(x: Array, xp: Namespace) -> Array:
    """Return r'(x) = -r (x + r), which lies in (-1, 0)."""
    _, ratio = _mills(x, xp)
    return xp.clip(-ratio * (x + ratio), -1.0, 0.0)
