r"""Does a model get a whole population right? Time rescaling of all neurons together.

Neurons that each pass a test of their own may still fire together in a way that the model does not
know. The spikes of all neurons, taken as one train (the ground process), have the rate

    mu_t = mu_1t + ... + mu_Nt      (or, in bins of 0 and 1, p_t = 1 - (1 - p_1t) ... (1 - p_Nt))

and which neuron a spike is of (its mark) has the probabilities mu_it / mu_t. A right model makes
the rescaled intervals of the ground process exponential, and marks uniform once they are put
through their own distribution; both are independent. The test of the ground process sees shared
gains and missing coupling, that of the marks who takes part in them.

References
----------
Gerhard, Haslinger & Pipa 2011, Neural Comput 23:1452-83. Meyer 1971, in Mathematical Statistics and
Probability, and Daley & Vere-Jones 2003, An Introduction to the Theory of Point Processes, 2nd ed.,
proposition 7.4.VI, for the theorem.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ... import errors, showing
from ...io.interop.column_names import require_same_columns
from ...io.interop.frames import column_labels
from ...io.interop.row_labels import require_same_rows
from ...io.interop.timeseries import to_array
from ...typing import Array, ArrayLike, FloatArray, IntArray
from ..time_rescaling.discrete_time import bernoulli_intervals, check_counts, poisson_intervals
from ..time_rescaling.rescaled_intervals import TimeRescaling, summarise

_BELOW_ONE = np.nextafter(1.0, 0.0)
_AT_ONCE = 2**20  # entries of patterns


@dataclass(frozen=True, eq=False)
class PopulationRescaling:
    """How the spikes of a population are spread over rescaled time, and over neurons.

    Shapes: n events (spikes, or bins with spikes where each holds at most one of a neuron), in the
    order in which they came.

    Attributes
    ----------
    ground :
        Time rescaling of all spikes as one train.
    marks :
        The marks through their distribution, as a :class:`TimeRescaling` has them: ``uniforms`` are
        sorted, and ``intervals`` are -log(1 - u) in the order of the events.
    event_bins :
        (n,) the row of each event.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> means = rng.uniform(0.05, 0.2, (2000, 5))
    >>> found = time_rescaling_population(rng.poisson(means), means)
    >>> found.ground.n_spikes == found.marks.n_spikes, found.p_value > 0.05
    (True, True)
    """

    ground: TimeRescaling
    marks: TimeRescaling
    event_bins: IntArray

    __repr__ = showing.of_fields

    @property
    def p_value(self) -> float:
        """That of both tests, which are independent under the model: 1 - (1 - min p)² (Šidák)."""
        smallest = min(self.ground.p_value, self.marks.p_value)
        return float(smallest * (2.0 - smallest))


def time_rescaling_population(
    counts: ArrayLike,
    mean_counts: ArrayLike,
    *,
    seed: int | np.random.Generator = 0,
    n_lags: int = 20,
) -> PopulationRescaling:
    """Test Poisson counts of a population, of any size per bin, against their predicted means.

    Parameters
    ----------
    counts :
        (T, N) spikes per bin, whole numbers >= 0.
    mean_counts :
        (T, N) predicted means, given all that happened before the bin, to any of the neurons. Rows
        where one is NaN are left out, with their spikes.
    seed :
        Of the positions of spikes within bins, and of points within the probability of a mark.
    n_lags :
        Lags of the autocorrelation of the ground process.

    Returns
    -------
    PopulationRescaling
        The p values are those of known rates.

    Raises
    ------
    ValueError
        For shapes that differ, counts that are none, negative means, names that disagree, or fewer
        than five spikes.

    References
    ----------
    Gerhard, Haslinger & Pipa 2011, Neural Comput 23:1452-83.

    Examples
    --------
    A gain that all neurons share, and no model knows:

    >>> rng = np.random.default_rng(3)
    >>> means = np.full((3000, 10), 0.1)
    >>> gain = np.repeat(rng.gamma(4.0, 0.25, (300, 1)), 10, axis=0)
    >>> counts = rng.poisson(gain * means)
    >>> found = time_rescaling_population(counts, means)
    >>> bool(found.ground.p_value < 0.001), bool(found.marks.p_value > 0.05)
    (True, True)
    """
    counts, means, rows = _checked(counts, mean_counts)
    rng = np.random.default_rng(seed)
    total, mean = counts.sum(axis=1), means.sum(axis=1)
    ground = summarise(poisson_intervals(total, mean, rng, 1), n_lags)
    bins, neurons = np.nonzero(counts)
    times = counts[bins, neurons]
    bins, neurons = np.repeat(bins, times), np.repeat(neurons, times)
    own = means[bins, neurons]
    before = np.cumsum(means, axis=1)[bins, neurons] - own
    uniforms = (before + rng.random(len(bins)) * own) / mean[bins]
    return PopulationRescaling(ground, _of_marks(uniforms, n_lags), rows[bins])


def time_rescaling_population_bernoulli(
    spikes: ArrayLike,
    probability: ArrayLike,
    *,
    seed: int | np.random.Generator = 0,
    n_lags: int = 20,
) -> PopulationRescaling:
    """Test zeros and ones of a population against predicted probabilities.

    An event is a bin in which any neuron spikes; its mark is the pattern y of who does, which has
    the probability prod p^y (1 - p)^(1 - y) / (1 - prod (1 - p)). Patterns are in the order of
    binary numbers.

    Parameters
    ----------
    spikes :
        (T, N) zeros and ones.
    probability :
        (T, N) in [0, 1), given all that happened before the bin; neurons are independent given
        that. Rows where one is NaN are left out.
    seed, n_lags :
        As in :func:`time_rescaling_population`.

    Returns
    -------
    PopulationRescaling
        The p values are those of known probabilities.

    Raises
    ------
    ValueError
        As :func:`time_rescaling_population`; for bins with more than one spike of a neuron, and
        probabilities outside [0, 1).

    References
    ----------
    Gerhard, Haslinger & Pipa 2011, Neural Comput 23:1452-83; Haslinger, Pipa & Brown 2010, Neural
    Comput 22:2477-2506.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> probability = rng.uniform(0.02, 0.2, (3000, 4))
    >>> spikes = rng.random((3000, 4)) < probability
    >>> bool(time_rescaling_population_bernoulli(spikes, probability).p_value > 0.05)
    True
    """
    spikes, p, rows = _checked(spikes, probability)
    if spikes.max(initial=0) > 1 or p.max(initial=0.0) >= 1:
        raise errors.value_error(
            "Bins hold at most one spike of a neuron, with a probability below 1.",
            given=f"up to {spikes.max()} spikes, and a probability of {p.max():.3g}",
            expected="zeros and ones, and probabilities in [0, 1)",
            todo="use time_rescaling_population (Poisson counts), or finer bins; for the means of "
            "a Poisson model pass 1 - exp(-mean).",
        )
    rng = np.random.default_rng(seed)
    log_silent = np.log1p(-p).sum(axis=1)  # log prod (1 - p)
    any_spike = spikes.any(axis=1)
    ground = summarise(bernoulli_intervals(any_spike, -np.expm1(log_silent), rng, 1), n_lags)
    bins = np.flatnonzero(any_spike)
    parts = np.array_split(bins, max(1, math.ceil(bins.size * p.shape[1] / _AT_ONCE)))
    found = [_pattern_probabilities(spikes[part], p[part]) for part in parts]
    before, own = (np.concatenate(of_all) for of_all in zip(*found, strict=True))
    uniforms = before + rng.random(len(bins)) * own
    return PopulationRescaling(ground, _of_marks(uniforms, n_lags), rows[bins])


def _pattern_probabilities(y: Array, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities of patterns before y (n, N) and of y, given that one neuron spikes.

    A pattern comes before y if it agrees with y up to a neuron that spikes in y alone. If none has
    spiked up to there, one of those that follow must.
    """
    of_each = np.where(y > 0, p, 1.0 - p)
    n = len(y)
    up_to = np.cumprod(np.column_stack([np.ones(n), of_each]), axis=1)  # (n, N + 1)
    silent = np.column_stack([1.0 - p, np.ones(n)])[:, ::-1].cumprod(axis=1)[:, ::-1]
    some_follow = 1.0 - silent[:, 1:]
    none_yet = np.column_stack([np.zeros(n), np.cumsum(y, axis=1)])[:, :-1] == 0
    agrees = up_to[:, :-1] * (1.0 - p) * np.where(none_yet, some_follow, 1.0)
    total = 1.0 - silent[:, 0]
    return np.where(y > 0, agrees, 0.0).sum(axis=1) / total, up_to[:, -1] / total


def _of_marks(uniforms: FloatArray, n_lags: int) -> TimeRescaling:
    """Compare (n,) numbers with independent uniform ones."""
    return summarise(-np.log1p(-np.minimum(uniforms, _BELOW_ONE))[None], n_lags)


def _checked(counts: ArrayLike, predicted: ArrayLike) -> tuple[Array, FloatArray, IntArray]:
    """Return counts and predictions (T, N) of complete rows, and which rows these are."""
    require_same_rows(counts=counts, predicted=predicted)
    names = column_labels(predicted)
    require_same_columns(
        None if names is None else tuple(names),
        column_labels(counts),
        table="predictions",
        what="the neurons of counts",
        todo="predictions[counts.columns].",
    )
    counts = to_array(counts, name="counts").astype(float)
    predicted = to_array(predicted, name="predicted").astype(float)
    if counts.ndim != 2 or counts.shape != predicted.shape:
        raise errors.value_error(
            "A population is a column per neuron.",
            given=f"counts of shape {counts.shape} and predictions of shape {predicted.shape}",
            expected="two arrays of one shape (T, N)",
            todo="of a single neuron ask time_rescaling.",
        )
    rows = np.flatnonzero(~np.isnan(predicted).any(axis=1))
    return check_counts(counts[rows], predicted[rows]), predicted[rows], rows
