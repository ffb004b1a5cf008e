"""The contract of an observation model towards people: what the response is, given its mean.

Every model, built in or a user's own, gives the normalised log-likelihood, the deviance, the
dispersion and samples as functions of the mean. What the engine needs on top is in
:mod:`spikeglm.observation_models.elementwise`; for a model of one's own it follows by automatic
differentiation of ``_negative_log_likelihood``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from inspect import signature
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np

from .. import errors, notices, numerics
from ..io.interop.random_keys import RandomKey
from ..io.interop.timeseries import to_array
from ..typing import Array, ArrayLike, Namespace
from .inverse_link import Link

Aggregate = Callable[[Array], Any]
PseudoR2 = Literal["pseudo-r2-McFadden", "pseudo-r2-Cohen"]
_SCORES = ["pseudo-r2-McFadden", "pseudo-r2-Cohen"]
_NO_SHARE = (
    "McFadden's pseudo-R² is no share of anything for continuous responses: it compares logarithms "
    "of densities, which change with the units of y and may have any sign. What to do: use "
    "score_type='pseudo-r2-Cohen', for the Gaussian model the R²."
)
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


class Observations(ABC):
    """What every observation model can do; subclass it to write your own.

    Shapes: ``y`` and ``predicted_rate`` (the mean, in the units of y) are (T,) or (T, N) alike;
    results per sample have their shape. ``scale`` is the dispersion, a float or (N,).
    Log-likelihoods are in nats.

    A model of one's own gives the five abstract methods, written with ``jax.numpy`` (or NumPy's
    elementwise functions): estimators call them with float64 JAX arrays and a JAX key.
    ``_negative_log_likelihood`` is what a fit minimises; it is differentiated automatically, and
    terms of y alone may be left out of it. Standard errors use its second derivatives at the data
    (the observed information), or the expected ones if the model states them:

    ``expected_curvature(predicted_rate)``
        E[d²l / dmu²] over y per sample, optional.
    ``means``
        The open interval of possible means, optional. It keeps a fit inside; for (0, inf) and
        (0, 1) the loss is differentiated along the log of the mean and its log-odds.

    Attributes
    ----------
    means :
        As above; by default all real numbers.
    gives_probabilities :
        Whether likelihoods are probabilities, as those of counts; False for densities.
    event :
        What responses count, for tables and texts: ``"spike"``; ``"event"`` where they may be
        choices as well.
    scale :
        The dispersion the model assumes where none is given: 1.

    References
    ----------
    For observed and expected information: Efron & Hinkley (1978), Biometrika 65:457-82.

    Examples
    --------
    Neurons that are switched off in a share p of the bins (a zero-inflated Poisson model):

    >>> from dataclasses import dataclass
    >>> import jax, jax.numpy as jnp, numpy as np
    >>> from jax.scipy.special import gammaln, xlogy
    >>> import spikeglm as nmo
    >>> from spikeglm.observation_models import Observations
    >>>
    >>> @dataclass(frozen=True)
    ... class SwitchedPoisson(Observations):
    ...     p: float = 0.4
    ...     means = (0.0, np.inf)
    ...     default_inverse_link_function = "exp"
    ...     def _log_p(self, y, mean):
    ...         rate = mean / (1 - self.p)  # while it is on
    ...         off = jnp.log(self.p + (1 - self.p) * jnp.exp(-rate))
    ...         on = jnp.log(1 - self.p) + xlogy(y, rate) - rate - gammaln(y + 1)
    ...         return jnp.where(y == 0, off, on)
    ...     def _negative_log_likelihood(self, y, mean, aggregate_sample_scores=jnp.mean):
    ...         return -aggregate_sample_scores(self._log_p(y, mean))
    ...     def log_likelihood(self, y, mean, scale=1.0, aggregate_sample_scores=jnp.mean):
    ...         return aggregate_sample_scores(self._log_p(y, mean))
    ...     def deviance(self, y, mean, scale=1.0):
    ...         return 2 * (self._log_p(y, y * (1 - self.p)) - self._log_p(y, mean))
    ...     def sample_generator(self, key, mean, scale=1.0):
    ...         first, second = jax.random.split(key)
    ...         is_on = jax.random.bernoulli(first, 1 - self.p, mean.shape)
    ...         return is_on * jax.random.poisson(second, mean / (1 - self.p))
    >>>
    >>> X = np.random.default_rng(0).normal(size=(4000, 1))
    >>> truth = nmo.GLM(SwitchedPoisson())
    >>> truth.coef_, truth.intercept_ = np.array([0.5]), np.array([0.7])
    >>> y, _ = truth.simulate(0, X)
    >>> model = nmo.GLM(SwitchedPoisson()).fit(X, y)
    >>> coef_error, _ = model.standard_errors(X, y)
    >>> bool(abs(model.coef_[0] - 0.5) < 3 * coef_error[0]), model.fit_report_.status
    (True, ('converged',))
    """

    means: ClassVar[tuple[float, float]] = (-float("inf"), float("inf"))
    gives_probabilities: ClassVar[bool] = True
    event: ClassVar[str] = "spike"
    scale: float = 1.0

    @property
    @abstractmethod
    def default_inverse_link_function(self) -> Link | Callable[..., Any] | str:
        """The link used when the estimator is given none: a link, its name or a function."""

    @abstractmethod
    def _negative_log_likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        """Return the training loss, aggregated over samples; terms of y alone may be missing."""

    @abstractmethod
    def log_likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        scale: Any = None,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        """Return the normalised log-likelihood, aggregated over the samples.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> y, rate = np.array([0, 2, 1]), np.array([0.5, 1.5, 1.0])
        >>> float(PoissonObservations().log_likelihood(y, rate).round(3))
        -0.961
        """

    @abstractmethod
    def deviance(self, y: ArrayLike, predicted_rate: ArrayLike, scale: Any = None) -> Array:
        """Return twice the log-likelihood ratio to the perfect fit, per sample (not aggregated).

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> y, rate = np.array([0, 2, 1]), np.array([0.5, 1.5, 1.0])
        >>> PoissonObservations().deviance(y, rate).round(3)
        array([1.   , 0.151, 0.   ])
        """

    @abstractmethod
    def sample_generator(
        self, key: RandomKey, predicted_rate: ArrayLike, scale: Any = None
    ) -> Array:
        """Draw one response per predicted mean.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> PoissonObservations().sample_generator(0, np.array([0.5, 1.5, 10.0]))
        array([ 1,  0, 15])
        """

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return the dispersion, one per neuron: ones, for a model that has none to estimate.

        >>> import numpy as np
        >>> from spikeglm.observation_models import GaussianObservations
        >>> y, mean = np.array([1.0, 2.0, 4.0, 5.0]), np.array([1.5, 2.5, 3.5, 4.5])
        >>> float(GaussianObservations().estimate_scale(y, mean, dof_resid=2))
        0.5
        """
        xp = numerics.namespace(y, predicted_rate)
        return xp.ones_like(xp.atleast_1d(xp.asarray(y)[0]), dtype=float)

    def likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        scale: Any = None,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        """Return exp of :meth:`log_likelihood`: by default the geometric mean over time.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> y, rate = np.array([0, 2, 1]), np.array([0.5, 1.5, 1.0])
        >>> float(PoissonObservations().likelihood(y, rate).round(3))
        0.383
        """
        xp = numerics.namespace(y, predicted_rate)
        scale = self._scale(scale)
        return xp.exp(self.log_likelihood(y, predicted_rate, scale, aggregate_sample_scores))

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
        """Return the gain over the mean of y, as a share of what there was to gain.

        McFadden: 1 - LL(model) / LL(null). Cohen: 1 - D(model) / D(null), at the model's own scale.
        Where the null model is perfect (y never changes) there is nothing to gain: Cohen's is -inf,
        or NaN for a model that is as good.

        Parameters
        ----------
        y, predicted_rate, scale, aggregate_sample_scores :
            As for :meth:`log_likelihood`.
        score_type :
            ``"pseudo-r2-McFadden"`` or ``"pseudo-r2-Cohen"``.
        null_mean :
            What the null model predicts: a number, (N,), or the shape of y. None takes the mean
            over time of the y that is scored.

        Raises
        ------
        NotImplementedError
            The score type is neither of the two.

        Warns
        -----
        UserWarning
            McFadden's for continuous responses: the logarithm of a density has
            no zero to count from, so it is no share. Cohen's is.

        References
        ----------
        McFadden (1974), Conditional logit analysis. Cohen et al. (2003), Applied Multiple
        Regression/Correlation Analysis, 3rd ed., p. 502.

        Examples
        --------
        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> y, rate = np.array([0, 2, 1]), np.array([0.5, 1.5, 1.0])
        >>> float(PoissonObservations().pseudo_r2(y, rate, "pseudo-r2-Cohen").round(3))
        0.585
        >>> float(PoissonObservations().pseudo_r2(y, np.ones(3)))
        0.0
        """
        if score_type not in _SCORES:
            raise NotImplementedError(str(errors.unknown_name("score type", score_type, _SCORES)))
        y, mean, _ = as_arrays(y, predicted_rate)
        if score_type == "pseudo-r2-McFadden" and not self.gives_probabilities:
            notices.warn(_NO_SHARE)
        xp = numerics.namespace(y, mean)
        if null_mean is None:
            null = self._null_mean(y, mean, xp)
        else:
            null = xp.broadcast_to(xp.asarray(null_mean, dtype=mean.dtype), mean.shape)
        with numerics.quiet():
            return self._pseudo_r2(y, mean, null, score_type, scale, aggregate_sample_scores)

    def _pseudo_r2(
        self,
        y: Array,
        mean: Array,
        null: Array,
        score_type: str,
        scale: Any,
        aggregate_sample_scores: Aggregate,
    ) -> Any:
        if score_type == "pseudo-r2-McFadden":
            scale = self._scale(scale)
            gained = self.log_likelihood(y, mean, scale, aggregate_sample_scores)
            return 1.0 - gained / self.log_likelihood(y, null, scale, aggregate_sample_scores)
        own = self._scale_of_deviance(scale)
        left = aggregate_sample_scores(self.deviance(y, mean, own))
        return 1.0 - left / aggregate_sample_scores(self.deviance(y, null, own))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments by name, in scikit-learn's manner.

        >>> from spikeglm.observation_models import NegativeBinomialObservations
        >>> NegativeBinomialObservations(scale=0.5).get_params()
        {'scale': 0.5}
        """
        names = [name for name in signature(type(self).__init__).parameters if name != "self"]
        return {name: getattr(self, name) for name in names if hasattr(self, name)}

    def replaced(self: _Model, **params: Any) -> _Model:
        """Return a copy with some constructor arguments changed; the model itself never changes.

        Raises
        ------
        ValueError
            The model has no such argument.

        Examples
        --------
        >>> from spikeglm.observation_models import NegativeBinomialObservations
        >>> NegativeBinomialObservations(scale=0.5).replaced(scale=2.0)
        NegativeBinomialObservations(scale=2.0)
        """
        known = self.get_params()
        for name in params:
            if name not in known:
                raise errors.unknown_name(f"parameter of {type(self).__name__}", name, list(known))
        return type(self)(**(known | params))

    def _null_mean(self, y: Array, mean: Array, xp: Namespace) -> Array:
        """Return the prediction without features for every sample: the mean of y over time."""
        return xp.broadcast_to(y.mean(axis=0).astype(mean.dtype), mean.shape)

    def _scale(self, scale: Any) -> Any:
        return self.scale if scale is None else scale

    def _scale_of_deviance(self, scale: Any) -> Any:
        """Return the dispersion at which Cohen's pseudo-R² compares deviances, given that of y."""
        return self.scale


def as_arrays(y: ArrayLike, predicted_rate: ArrayLike) -> tuple[Array, Array, Namespace]:
    """Return both as arrays of one library, the mean as floats, and that library.

    Raises
    ------
    ValueError
        If their shapes differ so that each response would meet each mean: (T,) and (T, 1).
    TypeError
        If one is masked.
    """
    for name, given in (("y", y), ("predicted_rate", predicted_rate)):
        if isinstance(given, np.ma.MaskedArray):
            to_array(given, name=name)  # which says what to do
    xp = numerics.namespace(y, predicted_rate)
    y, mean = xp.asarray(y), xp.asarray(predicted_rate)
    if not xp.issubdtype(mean.dtype, xp.floating):
        mean = mean.astype(float)
    if not _pair(y.shape, mean.shape):
        raise errors.value_error(
            "y and predicted_rate do not fit each other.",
            given=f"shapes {y.shape} and {mean.shape}",
            expected="one shape, (T,) or (T, N)",
        )
    return y, mean, xp


def _pair(first: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Tell whether entries of two shapes pair, or one of them is repeated for the other."""
    try:
        return first == other or np.broadcast_shapes(first, other) in (first, other)
    except ValueError:
        return False
