"""What makes one prediction better than another: ratios of sums over tested rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ... import errors
from ...inference.bits_per_spike import poisson_log_likelihood
from ...typing import Array, FloatArray


class Predicted(NamedTuple):
    """Responses of B rows and what a fit says of them; N neurons."""

    observations: Any  # the observation model
    y: FloatArray  # (B, N)
    mean: FloatArray  # (B, N)
    scale: FloatArray | None  # (N,)
    null: FloatArray  # (N,) mean of the training rows


Parts = tuple[Array, Array]  # whose sums are divided, (B, N) each


@dataclass(frozen=True)
class Measure:
    """A score: the sum of one thing over tested rows, divided by the sum of another.

        Attributes
        ----------
        name, words :
            As users give it, and what it is.
        parts :
            What is summed.
    XX        Whether classifiers have it: then it is log p of the class that occurred.
    """

    name: str
    words: str
    parts: Callable[[Predicted], Parts]
    is_likelihood: bool = False

    def check(self, models: Sequence[tuple[str, Any]]) -> None:
        """Raise a ValueError if observation models (None of classifiers) do not have it alike."""
        for name, observations in models:
            if observations is None and not self.is_likelihood:
                raise errors.value_error(
                    f"Classifiers have no {self.words}.",
                    given=f"measure={self.name!r} with the classifier {name!r}",
                    expected="measure='log_likelihood'",
                )
        if self.is_likelihood:
            _check_likelihoods(models)


def _check_likelihoods(models: Sequence[tuple[str, Any]]) -> None:
    kinds: dict[bool, str] = {}
    for name, observations in models:
        if not getattr(observations, "has_likelihood", True):
            raise errors.value_error(
                "A quasi-likelihood is no likelihood.",
                given=f"measure='log_likelihood' with {name!r}, a {observations.name} model",
                expected="models that are distributions",
                todo="measure='bits_per_spike' or 'variance_explained' compare predicted means.",
            )
        kinds[observations is None or observations.gives_probabilities] = name
    if len(kinds) > 1:
        raise errors.value_error(
            "Probabilities of counts and densities of numbers cannot be compared.",
            given=f"measure='log_likelihood' with {kinds[True]!r}, which gives probabilities, and "
            f"{kinds[False]!r}, which gives densities",
            expected="models of one kind",
            todo="measure='variance_explained' or 'bits_per_spike' compare predicted means.",
        )


def _log_likelihood(of: Predicted) -> Parts:
    value = of.observations.log_likelihood(of.y, of.mean, of.scale, lambda each: each)
    return np.asarray(value), np.ones(of.y.shape)


def _bits_per_spike(of: Predicted) -> Parts:
    null = np.broadcast_to(of.null, of.y.shape)
    gain = poisson_log_likelihood(of.y, of.mean) - poisson_log_likelihood(of.y, null)
    return gain / np.log(2), of.y


def _variance_explained(of: Predicted) -> Parts:
    total = np.square(of.y - of.null)
    return total - np.square(of.y - of.mean), total


_MEASURES = {
    measure.name: measure
    for measure in (
        Measure("log_likelihood", "log-likelihood (nats per bin)", _log_likelihood, True),
        Measure("bits_per_spike", "gain over a constant rate (bits per spike)", _bits_per_spike),
        Measure("variance_explained", "share of variance explained", _variance_explained),
    )
}


def measure_named(name: str) -> Measure:
    """Return the measure that users call so.

    >>> measure_named("bits_per_spike").words
    'gain over a constant rate (bits per spike)'
    """
    if name not in _MEASURES:
        raise errors.unknown_name("measure", name, list(_MEASURES))
    return _MEASURES[name]
