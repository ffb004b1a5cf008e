"""The contract of an observation model towards the engine, and what the built-in models share.

The engine wants the loss per sample as a function of one natural coordinate theta of the mean, with
slope and curvature: four short elementwise methods. From those and three more hooks (density,
deviance, draw) follows everything that people ask of a model.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from .. import numerics
from ..io.interop.random_keys import RandomKey, as_generator
from ..typing import Array, ArrayLike, BoolArray, IntArray, Namespace
from .inverse_link import Coordinate, Link, natural_coordinate
from .observations import Aggregate, Observations, as_arrays, mean_then_sum

_Terms: TypeAlias = Callable[[Array, Array, Any, Namespace], Array]
_AT_ONCE = 2**18  # samples


class LogTails(NamedTuple):
    """Logarithms of how probable it is to get no more than a response, and to get more."""

    lower: Array  # log P(Y <= y)
    upper: Array  # log P(Y > y)


@dataclass(frozen=True)
class ElementwiseObservations(Observations):
    """A model whose loss is known, sample by sample, in one coordinate of the mean.

    Shapes: as for :class:`Observations`; NumPy in, NumPy out; JAX in, JAX out.

    Attributes
    ----------
    natural :
        The coordinate of the mean in which the loss is written: the mean, its log or its log-odds.
    means :
        The open interval of possible means.
    support :
        The possible responses, in words.
    has_dispersion :
        Whether a dispersion is estimated from the residuals.
    dispersion_adds_up :
        Whether ``estimate_scale`` of all rows is the sum of those of parts of the rows.
    has_likelihood :
        Whether it is a distribution; quasi-likelihoods are none.
    expects_curvature :
        Whether :meth:`information` is the exact expectation of the curvature.
    has_linear_slope :
        Whether the derivative of the loss is linear in the response, and zero on average at the
        mean: of exponential families, and of the negative binomial at a scale.
    constant_information :
        Whether :meth:`information` is the same at every mean.
    is_squared_error :
        Whether the loss is (y - mu)².
    loss_unit :
        The loss as a multiple of the negative log-likelihood at dispersion one.
    largest_drawn :
        The largest mean of which NumPy can draw a response.
    """

    name: ClassVar[str]
    natural: ClassVar[Coordinate] = "log"
    support: ClassVar[str]
    has_dispersion: ClassVar[bool] = False
    dispersion_adds_up: ClassVar[bool] = True
    has_likelihood: ClassVar[bool] = True
    expects_curvature: ClassVar[bool] = True
    has_linear_slope: ClassVar[bool] = True
    constant_information: ClassVar[bool] = False
    is_squared_error: ClassVar[bool] = False
    loss_unit: ClassVar[float] = 1.0
    largest_drawn: ClassVar[float] = math.inf

    # --- for the engine: elementwise in theta; `mean` is given where it is already known ---

    @abstractmethod
    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return the training loss per sample, constants in y dropped.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> PoissonObservations().loss(np.array([0.0, 2.0]), np.log([0.5, 1.5]), None, np).round(3)
        array([0.5  , 0.689])
        """

    @abstractmethod
    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return the loss and its derivative with respect to theta.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> y, theta = np.array([0, 2]), np.log([0.5, 1.5])
        >>> _, slope = PoissonObservations().loss_and_slope(y, theta, None, np)
        >>> slope.round(3)
        array([ 0.5, -0.5])
        """

    def cumulant(self, theta: Array, xp: Namespace) -> tuple[Array, Array] | None:
        """Return b(theta) and its derivative, the mean, where the loss is b(theta) - y theta.

        None where it is not, or nobody says. What y adds is then known from sums over the rows.

        References
        ----------
        McCullagh & Nelder (1989), Generalized Linear Models, section 2.2.2.

        Examples
        --------
        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> PoissonObservations().cumulant(np.zeros(1), np)
        (array([1.]), array([1.]))
        """
        return None

    @abstractmethod
    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return the second derivative of the loss with respect to theta.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> y, theta = np.array([0, 2]), np.log([0.5, 1.5])
        >>> PoissonObservations().loss_curvature(y, theta, None, np).round(3)
        array([0.5, 1.5])
        """

    @abstractmethod
    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return the expectation of :meth:`loss_curvature` over y at the given mean.

        >>> import numpy as np
        >>> from spikeglm.observation_models import BernoulliObservations
        >>> BernoulliObservations().information(np.zeros(1), None, np)
        array([0.25])
        """

    def information_growth(self, theta: Array, xp: Namespace) -> Array | None:
        """Return the derivative of log :meth:`information` by theta, where theta is canonical.

        None where it is not, or nobody says. It is the skewness of y over its deviation.

        >>> import numpy as np
        >>> from spikeglm.observation_models import BernoulliObservations
        >>> BernoulliObservations().information_growth(np.array([0.0, 2.0]), np).round(3) + 0.0
        array([ 0.   , -0.762])
        """
        return None

    @abstractmethod
    def allowed(self, y: Array) -> BoolArray:
        """Return which responses the model can produce, shape of y.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> PoissonObservations().allowed(np.array([0.0, 2.0, 0.5, -1.0]))
        array([ True,  True, False, False])
        """

    # --- for models whose loss depends on a scale that is estimated ---

    @property
    def estimates_scale(self) -> bool:
        """Whether a fit is to find a scale on which the loss depends, for each column its own."""
        return False

    @property
    def by_column(self) -> Any:
        """The scales (C,) of the columns where the model is at such; None elsewhere."""
        return None

    @property
    def family(self) -> ElementwiseObservations:
        """The model without scales of columns."""
        return self

    def at_scale(self, scale: ArrayLike) -> ElementwiseObservations:
        """Return the model at scales (C,), one per column: itself, if it has none to estimate.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> PoissonObservations().at_scale(np.ones(2))
        PoissonObservations()
        """
        return self

    def take(self, columns: IntArray) -> ElementwiseObservations:
        """Return the model of some columns: itself, if all have the same.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> PoissonObservations().take(np.array([0]))
        PoissonObservations()
        """
        return self

    def log_peak(self, scale: Array) -> tuple[Array, Array, Array] | None:
        """Return the log-density of a response at its own mean, without what y alone decides.

        Beside it two derivatives by log(scale); zeros for a model without a dispersion. None where
        nobody knows: then no dispersion maximises a likelihood.

        >>> import numpy as np
        >>> from spikeglm.observation_models import GaussianObservations
        >>> value, slope, bend = GaussianObservations().log_peak(np.array([1.0]))
        >>> value.round(3), slope, bend
        (array([-0.919]), array([-0.5]), array([0.]))
        """
        if self.has_dispersion:
            return None
        nothing = np.zeros_like(scale)
        return nothing, nothing, nothing

    # --- the hooks of the methods for people ---

    @abstractmethod
    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        """Return log p(y | mean, scale) per sample."""

    @abstractmethod
    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        """Return 2 (log p(y | y) - log p(y | mean)) per sample."""

    @abstractmethod
    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        """Draw one response per mean; every mean is possible and finite, and so is the scale."""

    # --- the distribution, where the model states it ---

    def variance(self, predicted_rate: Array, scale: Any = None) -> Array:
        """Return V(mu), the variance of a response over the dispersion; NaN if it is not stated.

        ``scale`` counts for the negative binomial model alone, where it is no dispersion.

        >>> import numpy as np
        >>> from spikeglm.observation_models import GammaObservations, NegativeBinomialObservations
        >>> mean = np.array([0.5, 2.0])
        >>> GammaObservations().variance(mean)
        array([0.25, 4.  ])
        >>> NegativeBinomialObservations(scale=0.5).variance(mean)
        array([0.625, 4.   ])
        """
        return np.full(np.shape(predicted_rate), np.nan)

    def log_tails(self, y: Array, predicted_rate: Array, scale: Any = None) -> LogTails:
        """Return log P(Y <= y) and log P(Y > y), each exact where it is small; NaN if not stated.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> lower, upper = PoissonObservations().log_tails(np.array([-1, 0, 2]), np.ones(3))
        >>> np.exp(lower).round(3), np.exp(upper).round(3)
        (array([0.   , 0.368, 0.92 ]), array([1.   , 0.632, 0.08 ]))
        """
        unknown = np.full(np.broadcast_shapes(np.shape(y), np.shape(predicted_rate)), np.nan)
        return LogTails(unknown, unknown)

    # --- for people: functions of the mean ---

    @property
    @abstractmethod
    def default_inverse_link_function(self) -> Link:
        """The link used when the estimator is given none."""

    def log_likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        scale: Any = None,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        """Return the normalised log-likelihood, aggregated over the samples.

        ``scale=None`` means the model's own ``scale``. Means are kept a rounding error away from
        the ends of their range: one impossible prediction costs much, not everything.
        """
        y, mean, xp = as_arrays(y, predicted_rate)
        with numerics.quiet():
            scores = self._per_sample(self._sample_log_likelihood, y, mean, self._scale(scale), xp)
            return aggregate_sample_scores(scores)

    def deviance(self, y: ArrayLike, predicted_rate: ArrayLike, scale: Any = None) -> Array:
        """Return twice the log-likelihood ratio to the perfect fit, per sample (not aggregated)."""
        y, mean, xp = as_arrays(y, predicted_rate)
        with numerics.quiet():
            return self._per_sample(self._sample_deviance, y, mean, self._scale(scale), xp)

    def sample_generator(
        self, key: RandomKey, predicted_rate: ArrayLike, scale: Any = None
    ) -> Array:
        """Draw one response per predicted mean, as a NumPy array.

        NaN where the model cannot have the mean, where the dispersion is not finite, and where a
        count would be too large for an integer.

        ``key`` is a NumPy Generator, an int or a JAX key; the same key gives the same draw.
        """
        mean = np.asarray(predicted_rate)
        scale = np.asarray(self._scale(scale), dtype=float)
        low, high = self.means
        known = np.isfinite(mean) & (mean >= low) & (mean <= high) & (mean <= self.largest_drawn)
        usable = np.where(np.isfinite(scale), scale, 1.0)
        with numerics.quiet():
            draw = self._draw(as_generator(key), np.where(known, mean, 0.5), usable)
        known = known & np.isfinite(scale)
        return draw if known.all() else np.where(known, draw, np.nan)

    def _negative_log_likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        y, mean, xp = as_arrays(y, predicted_rate)
        with numerics.quiet():
            return aggregate_sample_scores(self._mean_loss(y, self._inside(mean, xp), xp))

    def _per_sample(self, terms: _Terms, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        """Return one number per sample; of a long recording in memory, part by part.

        What is computed on the way takes several times the memory of the result.
        """
        is_long = xp is np and mean.size > _AT_ONCE
        if not is_long or y.shape != mean.shape or np.ndim(scale) > 1:
            return terms(y, self._inside(mean, xp), scale, xp)
        step = max(1, _AT_ONCE * len(mean) // mean.size)
        out = np.empty(0)
        for start in range(0, len(mean), step):
            part = slice(start, start + step)
            scores = terms(y[part], self._inside(mean[part], xp), scale, xp)
            out = out if start else np.empty(mean.shape, scores.dtype)
            out[part] = scores
        return out

    def _mean_loss(self, y: Array, mean: Array, xp: Namespace) -> Array:
        return self.loss(y, natural_coordinate(self.natural, mean, xp), mean, xp)

    def _inside(self, mean: Array, xp: Namespace) -> Array:
        """Keep the mean a rounding error away from the ends of its range."""
        margin = xp.finfo(mean.dtype).eps
        low, high = self.means
        return xp.clip(mean, low + margin, high - margin)


def without_spread(
    at_mean: float,
    elsewhere: float,
    density: Array,
    y: Array,
    mean: Array,
    scale: Any,
    xp: Namespace,
) -> Array:
    """Return a density per sample, or its limits where the dispersion is zero.

    A response that never differs from its mean leaves no dispersion: then all probability is there.
    """
    limit = xp.where(y == mean, at_mean, elsewhere)
    return xp.where(xp.asarray(scale) == 0, limit, density)
