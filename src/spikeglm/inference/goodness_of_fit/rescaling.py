"""Time rescaling of every neuron of a fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from ...numerics import quiet
from ...observation_models.elementwise import ElementwiseObservations
from ...typing import Array, BoolArray, FloatArray
from ..time_rescaling.discrete_time import (
    FEWEST_SPIKES,
    bernoulli_intervals,
    poisson_intervals,
)
from ..time_rescaling.rescaled_intervals import autocorrelation_of, distance_of
from .predictions import Predictions, RandomPlaces

_Intervals: TypeAlias = Callable[[Array, FloatArray, np.random.Generator, int], FloatArray]


class Rescaled(NamedTuple):
    """What rescaled intervals say of G neurons; NaN where they say nothing."""

    distance: FloatArray  # (G,) KS
    n_spikes: FloatArray  # (G,)
    is_exact: BoolArray  # (G,) intervals of known rates are exponential
    autocorrelation: FloatArray  # (L, G)
    reason: tuple[str, ...]  # (G,) why there is nothing, or ""

    @classmethod
    def joined(cls, parts: Sequence[Rescaled]) -> Rescaled:
        """Return what was found of several groups of neurons, one after the other."""
        return cls(
            np.concatenate([part.distance for part in parts]),
            np.concatenate([part.n_spikes for part in parts]),
            np.concatenate([part.is_exact for part in parts]),
            np.concatenate([part.autocorrelation for part in parts], axis=1),
            tuple(reason for part in parts for reason in part.reason),
        )

    def without(self, nothing: BoolArray) -> Rescaled:
        """Return the same, with NaN for some neurons."""
        return self._replace(
            distance=np.where(nothing, np.nan, self.distance),
            autocorrelation=np.where(nothing, np.nan, self.autocorrelation),
        )

    @property
    def p_value(self) -> FloatArray:
        """(G,) of known rates; NaN for counts whose places within a bin no model tells."""
        from scipy.stats import kstwo

        known = np.isfinite(self.distance) & self.is_exact
        out = np.full(len(known), np.nan)
        out[known] = kstwo.sf(self.distance[known], self.n_spikes[known])
        return out

    @property
    def band_95(self) -> FloatArray:
        """(G,) distances that known rates exceed with probability 5 %."""
        from scipy.stats import kstwo

        known = np.isfinite(self.distance)
        n, of_each = np.unique(self.n_spikes[known], return_inverse=True)
        out = np.full(len(known), np.nan)
        out[known] = kstwo.ppf(0.95, n)[of_each]
        return out


def rescaled(
    model: ElementwiseObservations, found: Predictions, places: RandomPlaces, n_lags: int
) -> Rescaled:
    """Rescale the intervals of G neurons.

    The places of spikes within bins are known for Poisson counts, and for zeros and ones.
    """
    n, takes_part = len(found.neurons), found.takes_part
    distance, n_spikes = np.full(n, np.nan), np.zeros(n)
    is_exact, autocorrelation = np.zeros(n, dtype=bool), np.full((n_lags, n), np.nan)
    reasons = []
    for c in range(n):
        counts = takes_part[:, c]
        y, mean = found.y[counts, c], found.mean[counts, c]
        reasons.append(why_not(model, y, mean))
        if reasons[-1]:
            continue
        draw = places.generator(int(found.neurons[c]))
        intervals = intervals_of(model)(y.astype(np.intp), mean, draw, 1)
        n_spikes[c], is_exact[c] = intervals.size, _is_exact(model, mean, found.scale[c])
        distance[c] = distance_of(intervals)
        lags = min(n_lags, intervals.size - 2)
        autocorrelation[:lags, c] = autocorrelation_of(-np.expm1(-intervals), lags)
    return Rescaled(distance, n_spikes, is_exact, autocorrelation, tuple(reasons))


def intervals_of(model: ElementwiseObservations) -> _Intervals:
    """Return what rescales the counts of a model: as zeros and ones, or as Poisson counts."""
    return bernoulli_intervals if model.means == (0.0, 1.0) else poisson_intervals


def _is_exact(model: ElementwiseObservations, mean: FloatArray, scale: float) -> bool:
    """Tell whether intervals rescaled by known rates are exponential: of Poisson counts and 0/1."""
    is_poisson = model.has_likelihood and np.array_equal(model.variance(mean, scale), mean)
    return model.means == (0.0, 1.0) or is_poisson


def why_not(
    model: ElementwiseObservations, y: FloatArray, mean: FloatArray, fewest: int = FEWEST_SPIKES
) -> str:
    """Say why a neuron's intervals cannot be rescaled, or nothing."""
    with quiet():
        if not model.has_likelihood:
            return "no distribution, so no likelihoods and no rescaling"
        if not model.gives_probabilities or not ((y >= 0) & (y == np.floor(y))).all():
            return "no counts"
        if y.sum() < fewest:
            return f"fewer than {fewest} spikes" if y.any() else "no spikes"
        if not (np.isfinite(mean) & (mean >= 0)).all():
            return "means that are no rates"
        if model.means == (0.0, 1.0) and mean.max() >= 1.0:
            return "a probability of 1"
        return ""
