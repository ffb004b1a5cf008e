"""The contract of an inverse link function: from the linear predictor eta to the mean response.

A likelihood is simple in one coordinate of the mean, the one its model calls natural: the log of
the mean for counts and positive responses, the log-odds for binary ones, the mean itself for
Gaussian ones. A link therefore gives more than the mean: it gives each coordinate of the mean as a
function of eta, with two derivatives, in a form that neither overflows nor cancels. The chain rule
then covers every model with every link; see :mod:`spikeglm.observation_models.likelihood`.

References
----------
McCullagh & Nelder (1989), Generalized Linear Models, 2nd ed., sections 2.2 and 4.3.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from .. import numerics
from ..typing import Array, ArrayLike, Namespace

Coordinate = Literal["mean", "log", "logit"]


class Curve(NamedTuple):
    """One coordinate of the mean along eta; all fields have the shape of eta.

    Attributes
    ----------
    mean :
        mu = f(eta).
    theta :
        The coordinate: mu, log(mu) or log(mu / (1 - mu)).
    slope :
        d theta / d eta.
    """

    mean: Array
    theta: Array
    slope: Array


@dataclass(frozen=True)
class Link(ABC):
    """An inverse link function f: mean = f(eta). Calling it evaluates it.

    Shapes: eta and mean are arrays of any one shape; every method works element by element.

    Attributes
    ----------
    name :
        The string that names the link in an estimator.
    linear_in :
        The coordinate of the mean that *is* eta (the log for ``exp``), if there is one.
    range :
        The open interval of the means that f, monotone, can give; None for a function of which
        nothing is known (:class:`~spikeglm.observation_models.custom_link.CustomLink`).
    pole :
        The eta, if any, at which f has no value.
    """

    name: ClassVar[str]
    linear_in: ClassVar[Coordinate | None] = None
    range: ClassVar[tuple[float, float] | None]
    pole: ClassVar[float | None] = None

    def __call__(self, eta: ArrayLike) -> Array:
        """Return the mean for eta, NumPy or JAX like eta."""
        xp = numerics.namespace(eta)
        with numerics.quiet():
            return self.mean(xp.asarray(eta), xp)

    @property
    def __name__(self) -> str:
        return self.name.replace(".", "_")

    @abstractmethod
    def mean(self, eta: Array, xp: Namespace = np) -> Array:
        """Return f(eta).

        >>> import numpy as np
        >>> from spikeglm.observation_models.links import Softplus
        >>> Softplus().mean(np.array([-10.0, 0.0, 10.0])).round(4)
        array([ 0.    ,  0.6931, 10.    ])
        """

    @abstractmethod
    def predictor(self, mean: Array, xp: Namespace = np) -> Array:
        """Return the eta whose mean is ``mean``: f inverted.

        >>> import numpy as np
        >>> from spikeglm.observation_models.links import Softplus
        >>> Softplus().predictor(np.array([1.0, 10.0])).round(3)
        array([ 0.541, 10.   ])
        """

    def curve(self, coordinate: Coordinate, eta: Array, xp: Namespace = np) -> Curve:
        """Return the mean, its coordinate and the coordinate's slope at eta.

        >>> import numpy as np
        >>> from spikeglm.observation_models.links import Logistic
        >>> Logistic().curve("mean", np.zeros(1))
        Curve(mean=array([0.5]), theta=array([0.5]), slope=array([0.25]))
        """
        if coordinate == "log":
            return self._log_curve(eta, xp)
        if coordinate == "logit":
            return self._logit_curve(eta, xp)
        return self._mean_curve(eta, xp)

    def bend(self, coordinate: Coordinate, eta: Array, xp: Namespace = np) -> Array:
        """Return the second derivative of the coordinate of the mean with respect to eta.

        >>> import numpy as np
        >>> from spikeglm.observation_models.links import Exp
        >>> Exp().bend("log", np.array([0.5])), Exp().bend("mean", np.array([0.0]))
        (array([0.]), array([1.]))
        """
        if coordinate == "log":
            return self._log_bend(eta, xp)
        if coordinate == "logit":
            return self._logit_bend(eta, xp)
        return self._mean_bend(eta, xp)

    @abstractmethod
    def _log_curve(self, eta: Array, xp: Namespace) -> Curve: ...

    @abstractmethod
    def _log_bend(self, eta: Array, xp: Namespace) -> Array: ...

    # With L = log mu: mu' = mu L' and mu'' = mu (L'' + L'^2); and for the log-odds
    # theta = L - log(1 - mu): theta' = L' / (1 - mu), theta'' = L'' / (1 - mu) + mu theta'^2.

    def _mean_curve(self, eta: Array, xp: Namespace) -> Curve:
        mean, _, slope = self._log_curve(eta, xp)
        return Curve(mean, mean, mean * slope)

    def _mean_bend(self, eta: Array, xp: Namespace) -> Array:
        mean, _, slope = self._log_curve(eta, xp)
        return mean * (self._log_bend(eta, xp) + slope**2)

    def _logit_curve(self, eta: Array, xp: Namespace) -> Curve:
        mean, log_mean, slope = self._log_curve(eta, xp)
        rest = self._rest(eta, xp)
        return Curve(mean, log_mean - xp.log(rest), slope / rest)

    def _logit_bend(self, eta: Array, xp: Namespace) -> Array:
        mean, _, slope = self._log_curve(eta, xp)
        rest = self._rest(eta, xp)
        return self._log_bend(eta, xp) / rest + mean * (slope / rest) ** 2

    def _rest(self, eta: Array, xp: Namespace) -> Array:
        """Return 1 - mean, kept away from zero."""
        return xp.maximum(1.0 - self.mean(eta, xp), xp.finfo(eta.dtype).tiny)


def natural_coordinate(coordinate: Coordinate, mean: Array, xp: Namespace = np) -> Array:
    """Return the coordinate of a mean that is given itself: mean, log(mean) or its log-odds."""
    if coordinate == "log":
        return xp.log(mean)
    if coordinate == "logit":
        return xp.log(mean) - xp.log1p(-mean)
    return mean
