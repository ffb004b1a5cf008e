"""How far from exponential rescaled intervals are where rates are estimates of a right model.

Rates that were estimated on the very rows come too near to the spikes, and those of other rows have
errors of their own (``time_rescaling``). What that does, the model can tell: it draws responses for
the rows of its fit, is fitted to each, and tested on these, or on responses that it draws for other
rows. All refits are columns of a few fits that share one look at the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from ... import showing
from ...engine.columns import Source
from ...fit.fitting import SolverChoice, fit_prepared
from ...fit.prepared import Prepared, prepare
from ...regularizer.base import Penalty
from ...typing import FloatArray, IntArray
from ..information.optimum import Optimum
from ..time_rescaling.rescaled_intervals import distance_of
from .predictions import Predictions, RandomPlaces, in_groups, predictions_of
from .rescaling import intervals_of, why_not

FEWEST_DRAWS = 19  # of which the largest is at the 5 % level


def bootstrapped(
    optimum: Optimum,
    distance: FloatArray,
    n_bootstrap: int,
    places: RandomPlaces,
    *,
    tested: Optimum | None = None,
) -> FloatArray:
    """Return p values (N,) of KS distances (N,) of a fit, by drawing and refitting.

    p = (1 + #{D* >= D}) / (1 + B), of B recordings that the model draws.

    Parameters
    ----------
    optimum :
        The fit, with its data.
    distance :
        KS distances of its neurons; NaN for those that have none.
    n_bootstrap :
        B.
    places :
        Random numbers.
    tested :
        The same estimates with the rows on which the distances were measured, if these are others.

    References
    ----------
    Davison & Hinkley (1997), Bootstrap Methods and their Application, section 4.2.3.
    """
    recordings = _Recordings(Refits.of(optimum), tested, places)
    neurons = np.repeat(np.flatnonzero(np.isfinite(distance)), n_bootstrap)
    draws = np.tile(np.arange(n_bootstrap), len(neurons) // max(n_bootstrap, 1))
    drawn = np.full(len(neurons), np.nan)
    longest = max(of.rows.n_rows for of in (optimum, tested or optimum))
    for group in in_groups(len(neurons), longest) if len(neurons) else ():
        drawn[group] = recordings.distances(neurons[group], draws[group])
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
        then = with_responses(self.optimum, neurons, responses)
        penalty = cast(Penalty, then.penalty)
        start, choice = (then.coef, then.intercept), SolverChoice()
        columns = then.columns
        result = fit_prepared(self.ready, columns, penalty=penalty, solver=choice, start=start)
        return replace(then, coef=result.coef, intercept=result.intercept, record=result)


def with_responses(optimum: Optimum, neurons: IntArray, responses: FloatArray) -> Optimum:
    """Return estimates of neurons (B,), which may repeat, beside other responses (T, B)."""
    columns = optimum.columns.take(neurons)
    return replace(
        optimum,
        columns=replace(columns, responses=Source.one_per_column(responses)),
        coef=optimum.coef[:, neurons],
        intercept=optimum.intercept[neurons],
        penalty=optimum.penalty.take(neurons),
        scale=None if optimum.scale is None else optimum.scale[neurons],
        record=None,
    )


@dataclass(frozen=True, eq=False)
class _Recordings:
    """Recordings that a model draws, for the rows of its fit and for those that are tested."""

    refits: Refits
    tested: Optimum | None
    places: RandomPlaces

    def distances(self, neurons: IntArray, draws: IntArray) -> FloatArray:
        """Return the KS distance (B,) of a recording of each neuron from rates that are fitted."""
        generators = [self.places.generator(*pair) for pair in zip(neurons, draws, strict=True)]
        then = self.refits.optimum
        responses = _drawn(then, neurons, generators)
        refitted = self.refits.optimum_for(neurons, responses)
        if self.tested is not None:
            responses = _drawn(self.tested, neurons, generators)
            elsewhere = with_responses(self.tested, neurons, responses)
            refitted = replace(elsewhere, coef=refitted.coef, intercept=refitted.intercept)
        again = predictions_of(refitted, np.arange(len(neurons)))
        return _distances(refitted, again, generators)


def _drawn(
    optimum: Optimum, neurons: IntArray, generators: list[np.random.Generator]
) -> FloatArray:
    """Return responses (T, B) that a model draws of neurons (B,); zero where none take part."""
    which, of = np.unique(neurons, return_inverse=True)
    truth, model = predictions_of(optimum, which), optimum.columns.likelihood.model
    takes_part = truth.takes_part
    responses = np.empty((len(truth.y), len(neurons)))
    for b, (c, generator) in enumerate(zip(of, generators, strict=True)):
        counts = takes_part[:, c]
        mean = np.where(counts, truth.mean[:, c], 0.5)
        drawn = model.sample_generator(generator, mean, truth.scale[c])
        responses[:, b] = np.where(counts, drawn, 0.0)
    return responses


def _distances(
    optimum: Optimum, found: Predictions, generators: list[np.random.Generator]
) -> FloatArray:
    """Return KS distances (B,); NaN of recordings without a spike."""
    model, takes_part = optimum.columns.likelihood.model, found.takes_part
    distance = np.full(len(generators), np.nan)
    for b, generator in enumerate(generators):
        counts = takes_part[:, b]
        y, mean = found.y[counts, b], found.mean[counts, b]
        if not why_not(model, y, mean, fewest=1):
            distance[b] = distance_of(intervals_of(model)(y.astype(np.intp), mean, generator, 1))
    return distance
