r"""Does the model get the timing right? Rescale time by the predicted rate and look.

If a model is right, the predicted rate integrated from one spike to the next, ``z``, is
exponentially distributed with mean 1 and independent of the other intervals, so ``u = 1 − exp(−z)``
is uniform on [0, 1] (time-rescaling theorem; Brown et al. 2002). A Kolmogorov–Smirnov (KS) test
compares the two.

Binned data need one more step: where in its bin a spike fell is not known, and putting it at the
end of the bin makes intervals too long. Haslinger, Pipa and Brown (2010) draw the position from
the model itself, which makes the theorem exact for bins of any width. How to draw depends on the
model of the counts, hence one function for each: :func:`time_rescaling` for Poisson counts of any
size, :func:`time_rescaling_bernoulli` for bins that hold at most one spike, and
:func:`time_rescaling_continuous` for the uncorrected textbook version.

Rows may come from several epochs or held-out folds, put one after the other. Under the model the
integrated rate starts afresh at every row, so an interval that runs across a border still has the
same distribution, and none has to be cut off and thrown away (which would favour short ones).

The p values are those of *known* rates. Rates that were estimated on the same rows follow the
spikes too closely: a right model is rejected in .002 to .02 of recordings at 5 %, and a wrong one
is missed more often. Rates estimated on other rows have errors of their own, and a right model is
rejected in .10 to .15. For the model of a fit use
:func:`~spikeglm.inference.time_rescaling.rescaling_bootstrap.time_rescaling_bootstrap`, which
repeats the fit.

References
----------
Brown, Barbieri, Ventura, Kass, Frank 2002, Neural Comput 14:325-346.
Haslinger, Pipa, Brown 2010, Neural Comput 22:2477-2506.
"""

from __future__ import annotations

import numpy as np

from ... import errors
from ...io.interop.row_labels import require_same_rows
from ...io.interop.timeseries import to_array
from ...typing import Array, ArrayLike, FloatArray, IntArray
from ..bin_size import tell_of_rates_per_second
from .rescaled_intervals import TimeRescaling, summarise

__all__ = [
    "TimeRescaling",
    "time_rescaling",
    "time_rescaling_bernoulli",
    "time_rescaling_continuous",
]

FEWEST_SPIKES = 5  # the autocorrelation has no meaning for fewer


def time_rescaling(
    counts: ArrayLike,
    mean_counts: ArrayLike,
    *,
    seed: int | np.random.Generator = 0,
    n_draws: int = 1,
    n_lags: int = 20,
) -> TimeRescaling:
    r"""Test Poisson counts, of any size per bin, against their predicted means.

    Bin t is the stretch ``[Λₜ₋₁, Λₜ]`` of rescaled time, ``Λₜ = μ₁ + … + μₜ``, and given their
    number the spikes of a Poisson bin lie uniformly in it. Drawing them so gives a Poisson process
    of rate 1, exactly, whatever the width of the bins and however many spikes share one. (Up to
    its first spike a bin is treated as by Haslinger et al. with ``p = 1 − exp(−μ)``.)

    Parameters
    ----------
    counts :
        (T,) spikes per bin, whole numbers ≥ 0.
    mean_counts :
        (T,) predicted mean count per bin, given all that happened before the bin. Rows where it is
        NaN are left out, with their spikes.
    seed :
        An int or a NumPy Generator for the random positions.
    n_draws :
        Average the sorted uniforms over this many draws of the positions; with several the p value
        is too large.
    n_lags :
        How many lags of the autocorrelation to compute (fewer for a short train).

    Returns
    -------
    TimeRescaling
        The rescaled intervals, KS distance with its bands and p value, and autocorrelation.

    Raises
    ------
    ValueError
        For shapes that differ, negative or non-integer counts, negative means, or fewer than five
        spikes.

    References
    ----------
    Haslinger, Pipa, Brown 2010, Neural Comput 22:2477-2506, carried over to Poisson counts.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> mean_counts = rng.gamma(2.0, 0.2, size=5000)
    >>> counts = rng.poisson(mean_counts)
    >>> bool(time_rescaling(counts, mean_counts).p_value > 0.05)
    True
    >>> bool(time_rescaling(counts, 1.3 * mean_counts).p_value < 1e-6)
    True
    """
    counts, mean_counts = _checked_rows(counts, mean_counts)
    return summarise(poisson_intervals(counts, mean_counts, seed, n_draws), n_lags)


def poisson_intervals(
    counts: Array, mean_counts: FloatArray, seed: int | np.random.Generator, n_draws: int
) -> FloatArray:
    """Return the rescaled intervals, (n_draws, n), of counts (T,) that have been checked.

    >>> poisson_intervals(np.array([0, 1]), np.array([0.5, 0.0]), 0, 1)
    array([[0.5]])
    """
    bins = np.repeat(np.arange(counts.size), counts)
    starts = _integrated(mean_counts)[bins]
    position = _drawn(seed, n_draws=n_draws, n_spikes=bins.size)
    times = np.sort(starts + position * mean_counts[bins], axis=1)
    return np.diff(times, axis=1, prepend=0.0)


def time_rescaling_bernoulli(
    spikes: ArrayLike,
    probability: ArrayLike,
    *,
    seed: int | np.random.Generator = 0,
    n_draws: int = 1,
    n_lags: int = 20,
) -> TimeRescaling:
    r"""Test a 0/1 spike train against the predicted probability of a spike in each bin.

    With ``qₜ = −log(1 − pₜ)`` and spikes in the bins i < j, the rescaled interval is
    ``z = qᵢ₊₁ + … + qⱼ₋₁ + δ``, ``δ = −log(1 − r·pⱼ)``, r uniform on [0, 1]: exactly Exp(1).

    Parameters
    ----------
    spikes :
        (T,) zeros and ones.
    probability :
        (T,) predicted probability of a spike, in [0, 1), given all that happened before the bin.
        Rows where it is NaN are left out. For a Poisson model of 0/1 data: ``1 − exp(−mean)``.
    seed, n_draws, n_lags :
        As in :func:`time_rescaling`.

    Returns
    -------
    TimeRescaling
        The rescaled intervals, KS distance with its bands and p value, and autocorrelation.

    Raises
    ------
    ValueError
        For shapes that differ, a bin with more than one spike, probabilities outside [0, 1), or
        fewer than five spikes.

    References
    ----------
    Haslinger, Pipa, Brown 2010, Neural Comput 22:2477-2506.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> probability = rng.uniform(0.0, 0.5, size=5000)
    >>> spikes = rng.random(5000) < probability
    >>> bool(time_rescaling_bernoulli(spikes, probability).p_value > 0.05)
    True
    """
    spikes, probability = _checked_rows(spikes, probability)
    _check_bernoulli(spikes, probability)
    return summarise(bernoulli_intervals(spikes, probability, seed, n_draws), n_lags)


def bernoulli_intervals(
    spikes: Array, probability: FloatArray, seed: int | np.random.Generator, n_draws: int
) -> FloatArray:
    """Return the rescaled intervals, (n_draws, n), of zeros and ones (T,) that have been checked.

    >>> bernoulli_intervals(np.array([0, 1]), np.array([0.5, 0.0]), 0, 1).round(3)
    array([[0.693]])
    """
    bins = np.flatnonzero(spikes)
    integrated = _integrated(-np.log1p(-probability))
    # Λ at the end of the previous spike's bin; the first interval starts with the first row.
    previous = np.concatenate([[0.0], integrated[bins[:-1] + 1]])
    position = _drawn(seed, n_draws=n_draws, n_spikes=bins.size)
    within = -np.log1p(-position * probability[bins])
    return integrated[bins] - previous + within


def time_rescaling_continuous(
    counts: ArrayLike, mean_counts: ArrayLike, *, n_lags: int = 20
) -> TimeRescaling:
    """Test without the correction for bins: every spike is put at the end of its bin.

    Right only where bins are so fine that the mean count per bin is a few percent at most; wider
    bins reject the true model. Here for comparison; use :func:`time_rescaling`.

    Parameters
    ----------
    counts, mean_counts, n_lags :
        As in :func:`time_rescaling`.

    Returns
    -------
    TimeRescaling
        The rescaled intervals, KS distance with its bands and p value, and autocorrelation.

    Raises
    ------
    ValueError
        As :func:`time_rescaling`.

    References
    ----------
    Brown, Barbieri, Ventura, Kass, Frank 2002, Neural Comput 14:325-346.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> mean_counts = rng.gamma(2.0, 0.2, size=5000)
    >>> counts = rng.poisson(mean_counts)
    >>> bool(time_rescaling_continuous(counts, mean_counts).p_value < 1e-6)  # though it is right
    True
    """
    counts, mean_counts = _checked_rows(counts, mean_counts)
    ends = _integrated(mean_counts)[1:]
    times = np.repeat(ends, counts)[None, :]
    return summarise(np.diff(times, axis=1, prepend=0.0), n_lags)


def _integrated(rate: FloatArray) -> FloatArray:
    """Return (T + 1,) Λ at the borders of the bins, starting with 0."""
    return np.concatenate([[0.0], np.cumsum(rate)])


def _drawn(seed: int | np.random.Generator, *, n_draws: int, n_spikes: int) -> FloatArray:
    """Return (n_draws, n_spikes) uniform positions within a bin."""
    if n_draws < 1:
        raise errors.value_error(
            "n_draws must be positive.", given=n_draws, expected="an integer >= 1"
        )
    return np.random.default_rng(seed).random((n_draws, n_spikes))


def _checked_rows(counts: ArrayLike, predicted: ArrayLike) -> tuple[Array, FloatArray]:
    """Return integer counts and predictions of one neuron, NaN predictions left out."""
    require_same_rows(counts=counts, predicted=predicted)
    counts = to_array(counts, name="counts").astype(float)
    predicted = to_array(predicted, name="predicted").astype(float)
    if counts.ndim != 1 or counts.shape != predicted.shape:
        raise errors.value_error(
            "Time rescaling looks at one spike train at a time.",
            given=f"counts of shape {counts.shape} and predictions of shape {predicted.shape}",
            expected="two arrays of one shape (T,)",
            todo="pass one neuron, for example counts[:, 0] and predicted[:, 0].",
        )
    kept = ~np.isnan(predicted)
    return check_counts(counts[kept], predicted[kept]), predicted[kept]


def check_counts(counts: FloatArray, predicted: FloatArray) -> IntArray:
    """Return counts as whole numbers, if time can be rescaled by predictions of their shape.

    Raises
    ------
    ValueError
        For counts that are none, predictions that are no means, or fewer than five spikes.

    >>> check_counts(np.array([2.0, 3.0]), np.array([1.5, 4.0]))
    array([2, 3])
    """
    if not (np.all(counts >= 0) and np.all(counts == np.floor(counts))):
        raise errors.value_error(
            "Spike counts must be whole numbers.",
            given="counts with negative, fractional or NaN values in rows that have predictions",
            expected="0, 1, 2, …",
            todo="counts come first, then predictions; set predictions to NaN in rows that should "
            "be left out.",
        )
    if not (np.all(predicted >= 0) and np.all(np.isfinite(predicted))):
        raise errors.value_error(
            "Predicted means must be finite and not negative.",
            given=f"values from {predicted.min():.3g} to {predicted.max():.3g}",
            expected="the mean count per bin, as predict returns it",
        )
    if counts.sum() < FEWEST_SPIKES:
        raise errors.value_error(
            "There are too few spikes for time rescaling.",
            given=f"{int(counts.sum())} spikes in rows that have predictions",
            expected=f"at least {FEWEST_SPIKES} (and better a hundred)",
        )
    tell_of_rates_per_second(counts, predicted)
    return counts.astype(np.intp)


def _check_bernoulli(spikes: Array, probability: FloatArray) -> None:
    if spikes.max() > 1:
        raise errors.value_error(
            "A Bernoulli bin holds at most one spike.",
            given=f"a bin with {spikes.max()} spikes",
            expected="zeros and ones",
            todo="use time_rescaling (Poisson counts), or finer bins.",
        )
    if probability.max() >= 1:
        raise errors.value_error(
            "Predicted probabilities must be below 1.",
            given=f"a probability of {probability.max():.3g}",
            expected="values in [0, 1)",
            todo="for the means of a Poisson model pass 1 - exp(-mean).",
        )
