"""A label as response: one of K classes, with a probability each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import errors, numerics
from ..io.interop.random_keys import RandomKey, as_generator
from ..typing import Array, ArrayLike, Namespace
from .observations import Aggregate, Observations, as_arrays, mean_then_sum

_LIBRARIES = ("jax", "scipy", "nemos", "spikeglm")


@dataclass(frozen=True)
class LogSoftmax:
    """log p_k = eta_k - log sum_j e^eta_j, over the last axis: K log-probabilities of K classes.

    Adding the same number to all classes changes nothing.

    Examples
    --------
    >>> import numpy as np
    >>> np.exp(LogSoftmax()(np.log([1.0, 1.0, 2.0])))
    array([0.25, 0.25, 0.5 ])
    """

    name: ClassVar[str] = "log_softmax"

    def __call__(self, eta: ArrayLike) -> Array:
        """Return log-probabilities for eta (..., K), NumPy or JAX like eta."""
        xp = numerics.namespace(eta)
        eta = xp.asarray(eta)
        shifted = eta - xp.max(eta, axis=-1, keepdims=True)
        return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))

    @property
    def __name__(self) -> str:
        return self.name


@dataclass(frozen=True)
class CategoricalObservations(Observations):
    """y is class k with probability p_k.

    Shapes: ``y`` is one-hot and ``predicted_rate`` holds *log-probabilities*; both are (T, K), or
    (T, N, K) for N neurons. A sample's log-likelihood and deviance are sums over its classes, (T,)
    or (T, N). The loss is -log p of the class that occurred.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 5.2.4 (nominal scales).

    Examples
    --------
    >>> import numpy as np
    >>> model = CategoricalObservations()
    >>> y, p = np.array([[1, 0, 0], [0, 0, 1]]), np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]])
    >>> float(model.likelihood(y, np.log(p)))
    0.5
    """

    name: ClassVar[str] = "Categorical"
    has_dispersion: ClassVar[bool] = False

    @property
    def default_inverse_link_function(self) -> LogSoftmax:
        """The logarithm of the softmax."""
        return LogSoftmax()

    def log_likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        scale: Any = None,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        """Return log p of the classes that occurred, aggregated over the samples."""
        y, log_p, xp = as_arrays(y, predicted_rate)
        with numerics.quiet():
            scores = xp.where(y > 0, y * log_p, 0.0)
        return aggregate_sample_scores(xp.sum(scores, axis=-1))

    def _negative_log_likelihood(
        self,
        y: ArrayLike,
        predicted_rate: ArrayLike,
        aggregate_sample_scores: Aggregate = mean_then_sum,
    ) -> Any:
        return -self.log_likelihood(y, predicted_rate, None, aggregate_sample_scores)

    def deviance(self, y: ArrayLike, predicted_rate: ArrayLike, scale: Any = None) -> Array:
        """Return -2 log p of the class that occurred, per sample (not aggregated)."""
        return -2.0 * self.log_likelihood(y, predicted_rate, None, lambda scores: scores)

    def sample_generator(
        self, key: RandomKey, predicted_rate: ArrayLike, scale: Any = None
    ) -> Array:
        """Draw one class per sample, one-hot; NaN where log-probabilities are NaN.

        ``key`` is a NumPy Generator, an int or a JAX key; the same key gives the same draw.
        """
        log_p = np.asarray(predicted_rate, dtype=float)
        known = ~np.isnan(log_p).any(axis=-1, keepdims=True)
        below = np.cumsum(np.exp(np.where(known, log_p, 0.0)), axis=-1)
        u = as_generator(key).random((*log_p.shape[:-1], 1)) * below[..., -1:]
        k = np.argmax(below > u, axis=-1)
        draw = (k[..., None] == np.arange(log_p.shape[-1])).astype(np.int64)
        return draw if known.all() else np.where(known, draw, np.nan)

    def estimate_scale(self, y: ArrayLike, predicted_rate: ArrayLike, dof_resid: ArrayLike) -> Any:
        """Return ones, one per neuron: there is no dispersion to estimate."""
        xp = numerics.namespace(y)
        return xp.ones_like(xp.atleast_1d(xp.asarray(y)[0, ..., 0]), dtype=float)

    def _null_mean(self, y: Array, mean: Array, xp: Namespace) -> Array:
        """Return the log of the class frequencies, for every sample."""
        frequency = xp.mean(y.astype(float), axis=0)
        return xp.zeros_like(mean) + xp.log(xp.maximum(frequency, xp.finfo(float).eps))


def class_link_named(link: Any) -> LogSoftmax:
    """Return the link of a classifier; there is one, the log of the softmax (also None).

    Raises
    ------
    ValueError
        For another name or function.
    TypeError
        For what is neither.

    >>> class_link_named("jax.nn.log_softmax")
    LogSoftmax()
    """
    if link is None or isinstance(link, LogSoftmax):
        return LogSoftmax()
    expected = "None or 'log_softmax'"
    if not isinstance(link, str) and not callable(link):
        raise errors.type_error(
            "The inverse link function could not be read.", given=repr(link), expected=expected
        )
    home, _, name = _full_name(link).rpartition(".")
    if name != "log_softmax" or (home and home.partition(".")[0] not in _LIBRARIES):
        raise errors.value_error(
            "A classifier has one inverse link function, the log of the softmax.",
            given=repr(link),
            expected=expected,
        )
    return LogSoftmax()


def _full_name(link: Any) -> str:
    if isinstance(link, str):
        return link
    return f"{getattr(link, '__module__', '')}.{getattr(link, '__name__', '')}"
