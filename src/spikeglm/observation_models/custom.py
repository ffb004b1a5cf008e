"""An observation model of one's own, as the engine sees it.

Its loss is differentiated automatically along a coordinate of the mean; all else is the user's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np

from .. import numerics, showing
from ..io.interop.autodiff import Derivatives, Elementwise, Fingerprint, in_double
from ..io.interop.random_keys import RandomKey, as_jax_key
from ..typing import Array, ArrayLike, BoolArray, Namespace
from .elementwise import ElementwiseObservations
from .inverse_link import Coordinate
from .observations import Aggregate, PseudoR2, mean_then_sum
from .protocol import check_observation_model

_COORDINATES: dict[tuple[float, float], Coordinate] = {(0.0, math.inf): "log", (0.0, 1.0): "logit"}
_SMALLEST = np.finfo(np.float32).tiny
# Possible means of every model of counts, sizes and numbers.
_PROBE = np.array([[1.0], [2.0], [3.0]])
_MOST_MODELS = 64  # of users, whose derivatives are kept


@dataclass(frozen=True)
class CustomObservations(ElementwiseObservations):
    """A user's model behind the contract of the built-in ones.

    Estimators wrap a model in this by themselves. Scores, samples and the dispersion are what the
    user's methods return for float64 JAX arrays, as NumPy. A loss that is NaN counts as impossible
    (+inf). Where the user's model has no ``expected_curvature``, solvers use the curvature at a
    response equal to its mean, which is the expected one if the loss is linear in y, and standard
    errors the observed curvature.

    Parameters
    ----------
    given :
        The user's model: a subclass of ``Observations``, or any object with its methods.

    References
    ----------
    Griewank & Walther (2008), Evaluating Derivatives, 2nd ed., chapter 3; for standard errors Efron
    & Hinkley (1978), Biometrika 65:457-82.

    Examples
    --------
    See :class:`~spikeglm.observation_models.Observations` for a model and its fit.

    >>> import numpy as np
    >>> from spikeglm.observation_models import PoissonObservations
    >>> model = CustomObservations(PoissonObservations())
    >>> model.loss_and_slope(np.array([2.0]), np.array([0.0]), None, np)
    (array([1.]), array([-1.]))
    """

    given: Any

    support: ClassVar[str] = "whatever the model assigns a finite loss"
    dispersion_adds_up: ClassVar[bool] = False
    has_linear_slope: ClassVar[bool] = False  # nobody knows

    __repr__ = showing.of_fields

    @property
    def name(self) -> str:  # type: ignore[override]  # that of the user's class
        """The name of the user's class."""
        return type(self.given).__name__.removesuffix("Observations")

    @property
    def means(self) -> tuple[float, float]:  # type: ignore[override]  # the user's
        """The open interval of possible means; all numbers where the user's model does not say."""
        return getattr(self.given, "means", (-math.inf, math.inf))

    @property
    def natural(self) -> Coordinate:  # type: ignore[override]  # it follows from the means
        """The log for positive means, the log-odds for probabilities, else the mean itself."""
        return _COORDINATES.get(self.means, "mean")

    @property
    def expects_curvature(self) -> bool:  # type: ignore[override]  # the user may state it
        """Whether the user's model has ``expected_curvature``."""
        return hasattr(self.given, "expected_curvature")

    @cached_property
    def has_dispersion(self) -> bool:  # type: ignore[override]  # seen from what it does
        """Whether the dispersion that the user's model estimates depends on the residuals."""
        exact, noisy = (self.estimate_scale(_PROBE + e, _PROBE, 1.0) for e in (0.0, 0.5))
        return not np.allclose(exact, noisy)

    @property
    def default_inverse_link_function(self) -> Any:
        """The user's choice."""
        return self.given.default_inverse_link_function

    @property
    def scale(self) -> float:  # type: ignore[override]  # the user's
        """The dispersion of the user's model, 1 where it has none."""
        return float(getattr(self.given, "scale", 1.0))

    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return the user's loss per sample; +inf where it is NaN."""
        return self._at(y, theta, xp).value

    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return the user's loss and its derivative."""
        at = self._at(y, theta, xp)
        return at.value, at.slope

    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return the second derivative of the user's loss."""
        return self._at(y, theta, xp).curvature

    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return the expected curvature if the user states it, else that of y = mean; positive."""
        mean, rate_of_mean = _mean_of(self.natural, theta, xp)
        if self.expects_curvature:
            expected = self.given.expected_curvature
            value = expected(mean) if xp is not np else in_double(expected, mean)
            value = value * rate_of_mean**2
        else:
            value = self._at(mean, theta, xp).curvature
        value = xp.where(xp.isfinite(value), value, _SMALLEST)
        return xp.maximum(value, _SMALLEST).astype(theta.dtype)

    def allowed(self, y: Array) -> BoolArray:
        """Return True everywhere: the user's loss decides."""
        return np.ones(np.shape(y), dtype=bool)

    def log_likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        scale: Any = None,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        """Return what the user's ``log_likelihood`` does."""
        return self._ask(
            self.given.log_likelihood, y, predicted_rate, scale, aggregate_sample_scores
        )

    def likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        scale: Any = None,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        """Return what the user's ``likelihood`` does."""
        return self._ask(self.given.likelihood, y, predicted_rate, scale, aggregate_sample_scores)

    def pseudo_r2(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        score_type: PseudoR2 = "pseudo-r2-McFadden",
        scale: Any = None,
        aggregate_sample_scores: Aggregate = mean_then_sum,
        *,
        null_mean: ArrayLike | None = None,
    ) -> Any:
        """Return what the user's ``pseudo_r2`` does; ours, where a null model is given."""
        if null_mean is not None:
            named = {"aggregate_sample_scores": aggregate_sample_scores, "null_mean": null_mean}
            return super().pseudo_r2(y, predicted_rate, score_type, scale, **named)

        def scored(y: Any, rate: Any, scale: Any, **named: Any) -> Any:
            return self.given.pseudo_r2(y, rate, score_type=score_type, scale=scale, **named)

        return self._ask(scored, y, predicted_rate, scale, aggregate_sample_scores)

    def deviance(self, y: ArrayLike, predicted_rate: ArrayLike, scale: Any = None) -> Array:
        """Return what the user's ``deviance`` does."""
        return in_double(
            self.given.deviance, np.asarray(y), np.asarray(predicted_rate), self._number(scale)
        )

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return what the user's ``estimate_scale`` does."""
        return in_double(
            self.given.estimate_scale,
            np.asarray(y),
            np.asarray(predicted_rate),
            np.asarray(dof_resid),
        )

    def sample_generator(
        self, key: RandomKey, predicted_rate: ArrayLike, scale: Any = None
    ) -> Array:
        """Return what the user's ``sample_generator`` draws; NaN where the mean is not finite."""
        mean = np.asarray(predicted_rate, dtype=float)
        known = np.isfinite(mean)
        draw = in_double(
            self.given.sample_generator,
            as_jax_key(key),
            np.where(known, mean, 0.5),
            self._number(scale),
        )
        return draw if known.all() else np.where(known, draw, np.nan)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the user's parameters."""
        return self.given.get_params() if hasattr(self.given, "get_params") else {}

    def _negative_log_likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        return in_double(
            self.given._negative_log_likelihood,
            np.asarray(y),
            np.asarray(predicted_rate),
            aggregate_sample_scores,
        )

    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        return self.log_likelihood(y, mean, scale, lambda samples: samples)

    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        return self.deviance(y, mean, scale)

    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        return self.sample_generator(generator, mean, scale)

    def _ask(
        self,
        method: Callable[..., Any],
        y: ArrayLike,
        predicted_rate: ArrayLike,
        scale: Any,
        aggregate: Aggregate,
    ) -> Any:
        return in_double(
            method,
            np.asarray(y),
            np.asarray(predicted_rate),
            self._number(scale),
            aggregate_sample_scores=aggregate,
        )

    def _number(self, scale: Any) -> Any:
        scale = np.asarray(self._scale(scale), dtype=float)
        return scale if scale.size > 1 else float(scale.ravel()[0])

    def _at(self, y: Array, theta: Array, xp: Namespace) -> Derivatives:
        evaluate = self._differentiated if xp is np else self._differentiated.traced
        at = evaluate(theta, y)
        return Derivatives(
            xp.where(xp.isnan(at.value), math.inf, at.value).astype(theta.dtype),
            *(xp.where(xp.isfinite(d), d, 0.0).astype(theta.dtype) for d in at[1:]),
        )

    @cached_property
    def _differentiated(self) -> Elementwise:
        return Elementwise(_LossAlong(self.given, self.natural))

    def __reduce__(self) -> tuple[Any, ...]:
        return CustomObservations, (self.given,)


@dataclass(frozen=True)
class _LossAlong:
    """The user's loss as a function of a coordinate of the mean; traced by JAX."""

    given: Any
    natural: Coordinate

    def __call__(self, theta: Any, y: Any) -> Any:
        xp = numerics.namespace(theta)
        return self.given._negative_log_likelihood(y, _mean_of(self.natural, theta, xp)[0])


def _mean_of(coordinate: Coordinate, theta: Array, xp: Namespace) -> tuple[Array, Array]:
    """Return the mean at a coordinate, and d mean / d theta."""
    if coordinate == "log":
        mean = xp.exp(theta)
        return mean, mean
    if coordinate == "logit":
        p, q, _ = numerics.logistic_parts(theta, xp)
        return p, p * q
    return theta, xp.ones_like(theta)


def custom_model(given: Any) -> CustomObservations:
    """Return a user's model as the engine sees it; it is checked once per class and parameters.

    Raises
    ------
    AttributeError, TypeError, ValueError
        As for :func:`~spikeglm.observation_models.check_observation_model`.
    """
    return _of_state(Fingerprint(given))


@lru_cache(maxsize=_MOST_MODELS)
def _of_state(fingerprint: Fingerprint) -> CustomObservations:
    check_observation_model(fingerprint.part)
    return CustomObservations(fingerprint.part)
