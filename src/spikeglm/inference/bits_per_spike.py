"""How much better than a constant rate a model predicts spikes, in bits per spike.

The difference of the log-likelihoods, in bits, divided by the number of spikes: 0 is no better than
the constant rate, 1 means that the model makes each spike twice as likely as the constant does.
Measure it on rows the model has not seen, and take the constant from the rows it has.

References
----------
Harris, Csicsvari, Hirase, Dragoi, Buzsáki 2003, Nature 424:552-556.
Pillow, Shlens, Paninski, Sher, Litke, Chichilnisky, Simoncelli 2008, Nature 454:995-999.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import errors, numerics
from ..fit.record import FitResult
from ..io.interop.column_names import require_same_columns
from ..io.interop.frames import column_labels, index_of
from ..io.interop.row_labels import require_same_rows
from ..io.interop.timeseries import to_array
from ..typing import ArrayLike, FloatArray
from .bin_size import tell_of_rates_per_second


def poisson_log_likelihood(counts: FloatArray, mean_counts: FloatArray) -> FloatArray:
    """Return ``y·log μ − μ`` elementwise, in nats, without the constant ``−log y!``.

    The Poisson density (McCullagh & Nelder 1989, Generalized Linear Models, §6.2). Raises nothing.

    Examples
    --------
    >>> poisson_log_likelihood(np.array([0.0, 2.0]), np.array([0.5, 1.0])).tolist()
    [-0.5, -1.0]
    """
    return numerics.special(np).xlogy(counts, mean_counts) - mean_counts


def bits_per_spike(
    counts: ArrayLike,
    mean_counts: ArrayLike,
    *,
    null_mean: ArrayLike,
    log_likelihood: Callable[[FloatArray, FloatArray], FloatArray] = poisson_log_likelihood,
) -> float | FloatArray:
    """Return the gain of the predictions over a constant rate, in bits per spike, per neuron.

    ``Σₜ [ℓ(yₜ, μₜ) − ℓ(yₜ, μ₀)] / (log 2 · Σₜ yₜ)``

    Parameters
    ----------
    counts :
        (T,) or (T, N) spikes per bin. Rows with a NaN, here or in the predictions, are left out for
        that neuron.
    mean_counts :
        (T,) or (T, N) predicted mean count per bin, as ``predict`` returns it.
    null_mean :
        The constant to beat, in counts per bin: the mean of the *training* rows, a number or (N,);
        or one value per row, (T,) or (T, N), where the rows come from several folds, or from a
        model without features that knows an offset (``training_mean`` of
        :class:`~spikeglm.selection.HeldOut` is both).
    log_likelihood :
        Elementwise log-likelihood ``f(counts, means)`` in nats, up to a term in the counts alone.
        Poisson if not given.

    Returns
    -------
    float or (N,)
        Bits per spike. NaN for a neuron without spikes, −inf where a spike was given probability 0.

    Raises
    ------
    ValueError
        If the shapes of counts and predictions differ or ``null_mean`` does not fit them, or if
        they call rows or neurons differently.

    References
    ----------
    Harris et al. 2003, Nature 424:552-556; Pillow et al. 2008, Nature 454:995-999.

    Examples
    --------
    A model that knows in which half of the bins all the spikes are gains one bit for each:

    >>> bits_per_spike([2, 0, 2, 0], [2, 0, 2, 0], null_mean=1.0)
    1.0
    """
    _check_labels(counts, mean_counts, null_mean)
    counts = to_array(counts, name="counts").astype(float)
    mean_counts = to_array(mean_counts, name="mean_counts").astype(float)
    null = to_array(null_mean, name="null_mean").astype(float)
    null = _checked_null(counts, mean_counts, null)
    kept = ~(np.isnan(counts) | np.isnan(mean_counts))
    tell_of_rates_per_second(counts[kept], mean_counts[kept])
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = log_likelihood(counts, mean_counts) - log_likelihood(counts, null)
    nats = np.where(kept, gain, 0.0).sum(axis=0)
    n_spikes = np.where(kept, counts, 0.0).sum(axis=0)
    bits = nats / (np.log(2) * np.where(n_spikes > 0, n_spikes, np.nan))
    return float(bits) if bits.ndim == 0 else bits


def excess_bits_per_spike(result: FitResult) -> FloatArray:
    """Return about how far fits are from the optimum, in bits per spike, from their certificates.

    ``λ² / (2 log 2 · ȳ)`` with λ the Newton decrement and ȳ the mean count per bin: half the
    squared decrement is what a quadratic objective exceeds its minimum by, in nats per bin. It is
    an estimate, not a bound, on the rows of the fit and with the penalty counted; it means bits per
    spike where the response is a count and the loss its negative log-likelihood.

    Parameters
    ----------
    result :
        The record of a fit of N neurons, ``fit_report_.result``.

    Returns
    -------
    (N,)
        Bits per spike. NaN for sparse penalties, whose certificate is no decrement, and for neurons
        that have none (silent ones). Raises nothing.

    References
    ----------
    Boyd & Vandenberghe, Convex Optimization, section 9.5.1 (the decrement).

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.3 * X[:, 0] - 1))
    >>> fast = nmo.GLM(solver_name="PolynomialApproximation").fit(X, y)
    >>> bool(excess_bits_per_spike(fast.fit_report_.result) < 0.001)
    True
    """
    is_decrement = result.certificate == "Newton decrement"
    nats = 0.5 * result.decrement**2 if is_decrement else np.full_like(result.decrement, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return nats / (np.log(2) * np.where(result.mean_response > 0, result.mean_response, np.nan))


def _check_labels(counts: ArrayLike, mean_counts: ArrayLike, null_mean: ArrayLike) -> None:
    """Check that all call rows and neurons alike; a mean per neuron names neurons, not rows."""
    neurons = column_labels(counts)
    per_neuron = np.ndim(null_mean) == 1 and np.ndim(counts) == 2
    by_row = {"counts": counts, "mean_counts": mean_counts}
    require_same_rows(**by_row, **({} if per_neuron else {"null_mean": null_mean}))
    named = index_of(null_mean) if per_neuron else column_labels(null_mean)
    for table, names in (("mean_counts", column_labels(mean_counts)), ("null_mean", named)):
        require_same_columns(
            None if names is None else tuple(names),
            neurons,
            table=table,
            what="the neurons of counts",
            todo=f"{table}[counts.columns].",
        )


def _checked_null(counts: FloatArray, mean_counts: FloatArray, null: FloatArray) -> FloatArray:
    if counts.ndim not in (1, 2) or counts.shape != mean_counts.shape:
        raise errors.value_error(
            "Counts and predictions must have the same shape.",
            given=f"counts {counts.shape}, predictions {mean_counts.shape}",
            expected="(T,) for one neuron or (T, N) for several, both alike",
        )
    try:
        return np.broadcast_to(null, counts.shape)
    except ValueError:
        raise errors.value_error(
            "null_mean does not fit the counts.",
            given=f"null_mean of shape {null.shape} for counts of shape {counts.shape}",
            expected="a number, one per neuron (N,), or one per row with the shape of the counts",
        ) from None
