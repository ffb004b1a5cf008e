"""Time rescaling of every neuron of a fit, and how far from exponential a fit lets intervals be.

Rates that were estimated on the very rows come too near to the spikes (``time_rescaling``): the p
value then comes from responses that the model draws, each fitted and tested again. All refits are
columns of a few fits that share one look at the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias, cast

import numpy as np

from ... import showing
from ...engine.columns import Source
from ...fit.fitting import SolverChoice, fit_prepared
from ...fit.prepared import Prepared, prepare
from ...numerics import quiet
from ...observation_models.elementwise import ElementwiseObservations
from ...regularizer.base import Penalty
from ...typing import Array, BoolArray, FloatArray, IntArray
from ..fisher import Optimum
from ..rescaled_intervals import autocorrelation_of, distance_of
from ..time_rescaling import bernoulli_intervals, poisson_intervals
from .predictions import Predictions, RandomPlaces, in_groups, predictions_of

FEWEST_SPIKES = 5  # the autocorrelation has no meaning for fewer
FEWEST_DRAWS = 19  # of which the largest is at the 5 % level
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
        reasons.append(_why_not(model, y, mean))
        if reasons[-1]:
            continue
        draw = places.generator(int(found.neurons[c]))
        intervals = _intervals_of(model)(y.astype(np.intp), mean, draw, 1)
        n_spikes[c], is_exact[c] = intervals.size, _is_exact(model, mean, found.scale[c])
        distance[c] = distance_of(intervals)
        lags = min(n_lags, intervals.size - 2)
        autocorrelation[:lags, c] = autocorrelation_of(-np.expm1(-intervals), lags)
    return Rescaled(distance, n_spikes, is_exact, autocorrelation, tuple(reasons))


def bootstrapped(
    optimum: Optimum, distance: FloatArray, n_bootstrap: int, places: RandomPlaces
) -> FloatArray:
    """Return p values (N,) of KS distances (N,) of a fit on its own rows, by drawing and refitting.

    p = (1 + #{D* >= D}) / (1 + B), of B recordings that the model draws.

    References
    ----------
    Davison & Hinkley (1997), Bootstrap Methods and their Application, section 4.2.3.
    """
    refits = Refits.of(optimum)
    neurons = np.repeat(np.flatnonzero(np.isfinite(distance)), n_bootstrap)
    draws = np.tile(np.arange(n_bootstrap), len(neurons) // max(n_bootstrap, 1))
    drawn = np.full(len(neurons), np.nan)
    for group in in_groups(len(neurons), optimum.rows.n_rows) if len(neurons) else ():
        drawn[group] = _drawn_distances(refits, neurons[group], draws[group], places)
    p_value = np.full(len(distance), np.nan)
    by_neuron = drawn.reshape(-1, n_bootstrap)
    for n, of_draws in zip(np.unique(neurons), by_neuron, strict=True):
        known = of_draws[np.isfinite(of_draws)]
        p_value[n] = (1 + np.sum(known >= distance[n])) / (1 + len(known))
    return p_value


@dataclass(frozen=True, eq=False)
class Refits:
    """The fit of any of its neurons to other responses, over rows that were looked at once."""

    optimum: Optimum
    ready: Prepared

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, optimum: Optimum) -> Refits:
        """Look at the rows."""
        return cls(optimum, prepare(optimum.rows, optimum.columns, keep=optimum.keep))

    def optimum_for(self, neurons: IntArray, responses: FloatArray) -> Optimum:
        """Return the optima of neurons (B,), which may repeat, for their responses (T, B)."""
        then, columns = self.optimum, self.optimum.columns.take(neurons)
        columns = replace(columns, responses=Source.one_per_column(responses))
        penalty = cast(Penalty, then.penalty.take(neurons))
        start = then.coef[:, neurons], then.intercept[neurons]
        choice = SolverChoice()
        result = fit_prepared(self.ready, columns, penalty=penalty, solver=choice, start=start)
        return replace(
            then,
            columns=columns,
            coef=result.coef,
            intercept=result.intercept,
            penalty=penalty,
            scale=None if then.scale is None else then.scale[neurons],
            record=result,
        )


def _drawn_distances(
    refits: Refits, neurons: IntArray, draws: IntArray, places: RandomPlaces
) -> FloatArray:
    """Return the KS distance (B,) of a drawn recording from its own fit, for each neuron."""
    model = refits.optimum.columns.likelihood.model
    which, of = np.unique(neurons, return_inverse=True)
    truth = predictions_of(refits.optimum, which)
    takes_part = truth.takes_part
    generators = [places.generator(*pair) for pair in zip(neurons, draws, strict=True)]
    responses = np.empty((len(truth.y), len(neurons)))
    for b, (c, generator) in enumerate(zip(of, generators, strict=True)):
        counts = takes_part[:, c]
        mean = np.where(counts, truth.mean[:, c], 0.5)
        drawn = model.sample_generator(generator, mean, truth.scale[c])
        responses[:, b] = np.where(counts, drawn, 0.0)
    again = predictions_of(refits.optimum_for(neurons, responses), np.arange(len(neurons)))
    distance, takes_part = np.full(len(neurons), np.nan), again.takes_part
    for b, generator in enumerate(generators):
        counts = takes_part[:, b]
        y, mean = responses[counts, b], again.mean[counts, b]
        if not _why_not(model, y, mean, fewest=1):
            distance[b] = distance_of(_intervals_of(model)(y.astype(np.intp), mean, generator, 1))
    return distance


def _intervals_of(model: ElementwiseObservations) -> _Intervals:
    return bernoulli_intervals if model.means == (0.0, 1.0) else poisson_intervals


def _is_exact(model: ElementwiseObservations, mean: FloatArray, scale: float) -> bool:
    """Tell whether intervals rescaled by known rates are exponential: of Poisson counts and 0/1."""
    is_poisson = model.has_likelihood and np.array_equal(model.variance(mean, scale), mean)
    return model.means == (0.0, 1.0) or is_poisson


def _why_not(
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
