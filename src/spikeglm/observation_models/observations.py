"""The contract of an observation model: what the response is, given its mean.

A model says two things. To the engine: its loss per sample as a function of one natural coordinate
theta of the mean, with slope and curvature (four short elementwise methods). To people: the
normalised log-likelihood, the deviance, the dispersion and a sampler, as functions of the mean.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np

from .. import errors, numerics
from ..io.random_keys import RandomKey, as_generator
from ..typing import Array, ArrayLike, BoolArray, Namespace
from .inverse_link import Coordinate, Link, natural_coordinate

Aggregate = Callable[[Array], Any]
PseudoR2 = Literal["pseudo-r2-McFadden", "pseudo-r2-Cohen"]
_Model = TypeVar("_Model", bound="Observations")


def mean_then_sum(samples: Array) -> Array:
    """Average over time, then add up the neurons.

    Examples
    --------
    >>> import numpy as np
    >>> float(mean_then_sum(np.array([[1.0, 10.0], [3.0, 30.0]])))
    22.0
    """
    return samples.mean(axis=0).sum()


@dataclass(frozen=True)
class Observations(ABC):
    """What every observation model can do.

    Shapes: ``y`` and ``predicted_rate`` (the mean, in the units of y) are (T,) or (T, N) alike;
    NumPy in, NumPy out; JAX in, JAX out. ``scale`` is the dispersion, a float or (N,).
    Log-likelihoods are in nats.

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
    loss_unit :
        The loss as a multiple of the negative log-likelihood at dispersion one.
    """

    name: ClassVar[str]
    natural: ClassVar[Coordinate] = "log"
    means: ClassVar[tuple[float, float]]
    support: ClassVar[str]
    has_dispersion: ClassVar[bool] = False
    loss_unit: ClassVar[float] = 1.0

    # --- for the engine: elementwise in theta; `mean` is given where it is already known ---

    @abstractmethod
    def loss(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return the training loss per sample, constants in y dropped."""

    @abstractmethod
    def loss_and_slope(
        self, y: Array, theta: Array, mean: Array | None, xp: Namespace
    ) -> tuple[Array, Array]:
        """Return the loss and its derivative with respect to theta."""

    @abstractmethod
    def loss_curvature(self, y: Array, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return the second derivative of the loss with respect to theta."""

    @abstractmethod
    def information(self, theta: Array, mean: Array | None, xp: Namespace) -> Array:
        """Return the expectation of :meth:`loss_curvature` over y at the given mean."""

    @abstractmethod
    def allowed(self, y: Array) -> BoolArray:
        """Return which responses the model can produce, shape of y."""

    # --- for people: functions of the mean ---

    @property
    @abstractmethod
    def default_inverse_link_function(self) -> Link:
        """The link used when the estimator is given none."""

    @property
    def scale(self) -> float:
        """The dispersion the model assumes where none is given: 1."""
        return 1.0

    @abstractmethod
    def _sample_log_likelihood(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        """Return log p(y | mean, scale) per sample."""

    @abstractmethod
    def _sample_deviance(self, y: Array, mean: Array, scale: Any, xp: Namespace) -> Array:
        """Return 2 (log p(y | y) - log p(y | mean)) per sample."""

    @abstractmethod
    def _draw(self, generator: np.random.Generator, mean: Array, scale: Any) -> Array:
        """Draw one response per mean; every mean is finite."""

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
        y, mean, xp = _arrays(y, predicted_rate)
        with numerics.quiet():
            scores = self._sample_log_likelihood(y, self._inside(mean, xp), self._scale(scale), xp)
            return aggregate_sample_scores(scores)

    def likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        scale: Any = None,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        """Return exp of :meth:`log_likelihood`: by default the geometric mean over time."""
        xp = numerics.namespace(y, predicted_rate)
        return xp.exp(self.log_likelihood(y, predicted_rate, scale, aggregate_sample_scores))

    def deviance(self, y: ArrayLike, predicted_rate: ArrayLike, scale: Any = None) -> Array:
        """Return twice the log-likelihood ratio to the perfect fit, per sample (not aggregated)."""
        y, mean, xp = _arrays(y, predicted_rate)
        with numerics.quiet():
            return self._sample_deviance(y, self._inside(mean, xp), self._scale(scale), xp)

    def sample_generator(
        self, key: RandomKey, predicted_rate: ArrayLike, scale: Any = None
    ) -> Array:
        """Draw one response per predicted mean, as a NumPy array; NaN where the mean is not finite.

        ``key`` is a NumPy Generator, an int or a JAX key; the same key gives the same draw.
        """
        mean = np.asarray(predicted_rate)
        known = np.isfinite(mean)
        scale = np.asarray(self._scale(scale), dtype=float)
        draw = self._draw(as_generator(key), np.where(known, mean, 0.5), scale)
        return draw if known.all() else np.where(known, draw, np.nan)

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return the dispersion, one per neuron: ones, for a model that has none to estimate."""
        y, _, xp = _arrays(y, predicted_rate)
        return xp.ones_like(xp.atleast_1d(y[0]), dtype=float)

    def pseudo_r2(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        score_type: PseudoR2 = "pseudo-r2-McFadden",
        scale: Any = None,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        """Return the gain over the mean of y, as a share of what there was to gain.

        McFadden: 1 - LL(model) / LL(null). Cohen: 1 - D(model) / D(null), at the model's own scale.
        The null model is the mean over time of the y that is scored.

        Raises
        ------
        NotImplementedError
            The score type is neither of the two.

        References
        ----------
        McFadden (1974), Conditional logit analysis. Cohen et al. (2003), Applied Multiple
        Regression/Correlation Analysis, 3rd ed., p. 502.
        """
        y, mean, xp = _arrays(y, predicted_rate)
        null = xp.ones_like(mean) * y.mean(axis=0)
        if score_type == "pseudo-r2-McFadden":
            gained = self.log_likelihood(y, mean, scale, aggregate_sample_scores)
            return 1.0 - gained / self.log_likelihood(y, null, scale, aggregate_sample_scores)
        if score_type == "pseudo-r2-Cohen":
            left = aggregate_sample_scores(self.deviance(y, mean))
            return 1.0 - left / aggregate_sample_scores(self.deviance(y, null))
        known = ["pseudo-r2-McFadden", "pseudo-r2-Cohen"]
        raise NotImplementedError(str(errors.unknown_name("score type", score_type, known)))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments by name, in scikit-learn's manner."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def replaced(self: _Model, **params: Any) -> _Model:
        """Return a copy with some constructor arguments changed; the model itself never changes.

        Raises
        ------
        ValueError
            The model has no such argument.
        """
        known = list(self.get_params())
        for name in params:
            if name not in known:
                raise errors.unknown_name(f"parameter of {type(self).__name__}", name, known)
        return dataclasses.replace(self, **params)

    def _negative_log_likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        y, mean, xp = _arrays(y, predicted_rate)
        with numerics.quiet():
            return aggregate_sample_scores(self._mean_loss(y, self._inside(mean, xp), xp))

    def _mean_loss(self, y: Array, mean: Array, xp: Namespace) -> Array:
        return self.loss(y, natural_coordinate(self.natural, mean, xp), mean, xp)

    def _scale(self, scale: Any) -> Any:
        return self.scale if scale is None else scale

    def _inside(self, mean: Array, xp: Namespace) -> Array:
        """Keep the mean a rounding error away from the ends of its range."""
        margin = xp.finfo(mean.dtype).eps
        low, high = self.means
        return xp.clip(mean, low + margin, high - margin)


def _arrays(y: ArrayLike, predicted_rate: ArrayLike) -> tuple[Array, Array, Namespace]:
    xp = numerics.namespace(y, predicted_rate)
    mean = xp.asarray(predicted_rate)
    if not xp.issubdtype(mean.dtype, xp.floating):
        mean = mean.astype(float)
    return xp.asarray(y), mean, xp
