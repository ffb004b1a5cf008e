"""Labels of C classes as C outputs of a state: a one-hot response with a softmax for its mean.

    log p(y | eta)  =  sum_c y_c log p_c        p_c = e^eta_c / sum_d e^eta_d

with a term for each class, and the slope by eta_c of what is minimised p_c - y_c. So states, runs
and missing trials are handled as those of C outputs; that classes add up to one is here.

Source: Bishop (2006), Pattern Recognition and Machine Learning, section 4.3.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..io.interop.random_keys import RandomKey, as_generator
from ..numerics import quiet
from ..observation_models.categorical import LogSoftmax
from ..typing import Array, FloatArray

_LEAST = 1e-12  # probability of a class that was never seen


@dataclass(frozen=True)
class OneHotObservations:
    """y is one-hot; means are probabilities. Classes are on the last axis, results have it, too.

    Examples
    --------
    >>> y, p = np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])
    >>> OneHotObservations().log_likelihood(y, p, None, lambda terms: terms).round(3)
    array([[-0.693,  0.   ]])
    """

    name: ClassVar[str] = "Categorical"
    natural: ClassVar[str] = "log"
    has_dispersion: ClassVar[bool] = False
    loss_unit: ClassVar[float] = 1.0
    scale: ClassVar[float] = 1.0

    def log_likelihood(self, y: Array, mean: Array, scale: Any, aggregate: Any) -> Any:
        """Return y_c log p_c, aggregated."""
        return aggregate(np.where(y > 0, y * np.log(np.maximum(mean, _LEAST)), 0.0))

    def sample_generator(self, key: RandomKey, mean: Array, scale: Any = None) -> FloatArray:
        """Draw one class of each row, one-hot; NaN where probabilities are."""
        below = np.cumsum(np.nan_to_num(mean), axis=-1)
        u = as_generator(key).random((*mean.shape[:-1], 1)) * below[..., -1:]
        drawn = np.argmax(below > u, axis=-1)[..., None] == np.arange(mean.shape[-1])
        return np.where(np.isfinite(mean), drawn, np.nan)


@dataclass(frozen=True)
class LabelLikelihood:
    """One-hot responses seen through the softmax of linear predictors (..., C).

    Examples
    --------
    >>> value, slope = LabelLikelihood().value_and_slope(np.zeros((1, 2)), np.array([[1.0, 0.0]]))
    >>> value.round(3), slope
    (array([[0.693, 0.   ]]), array([[-0.5,  0.5]]))
    """

    model: ClassVar[OneHotObservations] = OneHotObservations()
    link: ClassVar[LogSoftmax] = LogSoftmax()
    estimates_scale: ClassVar[bool] = False
    takes_counts: ClassVar[bool] = False

    def at_scale(self, scale: Any) -> LabelLikelihood:
        """Return itself: there is no scale."""
        return self

    def mean(self, eta: Array) -> FloatArray:
        """Return the probability of each class."""
        return np.exp(self.link(eta))

    def value(self, eta: Array, y: Array) -> FloatArray:
        """Return -y_c log p_c."""
        with quiet():
            return np.where(y > 0, -y * self.link(eta), 0.0)

    def value_and_slope(self, eta: Array, y: Array) -> tuple[FloatArray, FloatArray]:
        """Return -y_c log p_c, and the derivative of their sum by eta_c."""
        return self.value(eta, y), self.mean(eta) - y

    def fisher(self, eta: Array) -> FloatArray:
        """Return p_c (1 - p_c), the curvature along one class."""
        p = self.mean(eta)
        return p * (1.0 - p)

    def start(self, mean: Array) -> FloatArray:
        """Return the predictors (C,) of probabilities; they add up to zero."""
        logs = np.log(np.maximum(mean, _LEAST))
        return logs - logs.mean(axis=-1, keepdims=True)

    def check_response(self, y: Array) -> None:
        """Do nothing: labels are checked where they are read."""
