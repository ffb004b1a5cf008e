"""Powers of signal and noise, and what follows from them, with the jackknife over trials.

With C_ij the covariance over time of trials i and j, w_ij the bins that they share, R trials,

    S = Σ_{i≠j} w_ij C_ij / Σ_{i≠j} w_ij       power of the signal
    P = Σ_i w_ii C_ii / Σ_i w_ii               power of a trial
    M = S + (P - S) / R                        power of the mean of the trials
    A, V                                       covariance of trials and prediction; its power

For trials of equal length S is that of Sahani & Linden, (R M - P) / (R - 1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ... import showing
from ...typing import BoolArray, FloatArray, IntArray
from .repeats import TrialMoments

RATIOS = ("explainable", "cc_max", "cc_abs", "cc_norm", "explained", "r2_er")


@dataclass(frozen=True, eq=False)
class Powers:
    """S, P, A, V of N neurons, (N,) or (N, R) where each trial is left out in turn.

    Attributes
    ----------
    signal, trial, covariance, prediction :
        S, P, A and V; NaN where there is none.
    pairs :
        Mean of a_i a_j over i ≠ j, of covariances with the prediction.
    share :
        (N,) 1 / R, on average over bins.

    Examples
    --------
    >>> both = TrialMoments.of(np.array([[[0.0], [2.0]], [[1.0], [5.0]]]), None)
    >>> powers = Powers.of(both, np.array([0.5]))
    >>> powers.signal, powers.trial, powers.mean
    (array([2.]), array([2.5]), array([2.25]))
    """

    signal: FloatArray
    trial: FloatArray
    covariance: FloatArray
    prediction: FloatArray
    pairs: FloatArray
    share: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, moments: TrialMoments, share: FloatArray) -> Powers:
        """Return the powers of all trials together."""
        sums = _Sums.of(moments)
        return sums.powers(share)

    @classmethod
    def without_each(cls, moments: TrialMoments, share: FloatArray) -> Powers:
        """Return the powers with each trial left out, (N, R); of a mean of as many as before."""
        return _Sums.of(moments).less_each(moments).powers(share[:, None])

    @property
    def noise(self) -> FloatArray:
        """P - S."""
        return self.trial - self.signal

    @property
    def mean(self) -> FloatArray:
        """M."""
        return self.signal + self.share * self.noise

    def with_poisson_noise(self, rate: FloatArray) -> Powers:
        """Return them where noise has the power ``rate`` in each trial; S is what is left."""
        left = self.signal_or_none * (1.0 - self.share) + self.trial * self.share
        signal = left - self.share * rate
        return replace(self, signal=signal, trial=signal + rate)

    @property
    def signal_or_none(self) -> FloatArray:
        """S, zero where there is one trial, of which it has no part."""
        return np.where(self.share < 1.0, self.signal, 0.0)

    def ratio(self, name: str) -> FloatArray:
        """Return one of ``RATIOS``; NaN where the signal has no power."""
        S, A, V = self.signal, self.covariance, self.prediction
        with np.errstate(invalid="ignore", divide="ignore"):
            found = {
                "explainable": lambda: S / self.trial,
                "cc_max": lambda: np.sqrt(S / self.mean),
                "cc_abs": lambda: A / np.sqrt(V * self.mean),
                "cc_norm": lambda: A / np.sqrt(V * S),
                "explained": lambda: (2.0 * A - V) / S,
                "r2_er": lambda: self.pairs / (V * S),
            }[name]()
        is_defined = (S > 0) & (self.mean > 0) if name != "cc_abs" else self.mean > 0
        return np.where(is_defined & np.isfinite(found), found, np.nan)


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over trials or pairs of them, with their weights; (N,) or (N, R)."""

    pairs: FloatArray  # Σ w C over i ≠ j
    pairs_bins: FloatArray  # Σ w over i ≠ j
    own: FloatArray  # Σ w C over i = j
    own_bins: FloatArray
    predicted: FloatArray  # Σ w a
    predicted_bins: FloatArray
    prediction: FloatArray  # Σ w V
    squares: FloatArray  # Σ (w a)²
    squares_bins: FloatArray  # Σ w²

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, moments: TrialMoments) -> _Sums:
        each = vars(_of_trials(moments))
        return cls(**{name: values.sum(axis=1) for name, values in each.items()})

    def less_each(self, moments: TrialMoments) -> _Sums:
        each = vars(_of_trials(moments))
        return _Sums(
            **{
                name: getattr(self, name)[:, None] - (2.0 if "pairs" in name else 1.0) * values
                for name, values in each.items()  # of a pair either trial may be left out
            }
        )

    def powers(self, share: FloatArray) -> Powers:
        a, w = self.predicted, self.predicted_bins
        return Powers(
            signal=_over(self.pairs, self.pairs_bins),
            trial=_over(self.own, self.own_bins),
            covariance=_over(a, w),
            prediction=_over(self.prediction, w),
            pairs=_over(a**2 - self.squares, w**2 - self.squares_bins),
            share=share,
        )


def _of_trials(moments: TrialMoments) -> _Sums:
    """Return what each trial adds, (N, R); of pairs, those that it is the first of."""
    R = moments.C.shape[1]
    off = ~np.eye(R, dtype=bool)
    C = np.where(np.isfinite(moments.C), moments.C, 0.0)
    w = np.where(np.isfinite(moments.C), moments.weight, 0.0)
    own, w_own = C.diagonal(axis1=1, axis2=2), w.diagonal(axis1=1, axis2=2)
    a = np.full_like(own, np.nan) if moments.a is None else moments.a
    power = a if moments.prediction_power is None else moments.prediction_power
    w_a = np.where(np.isfinite(a), w_own, 0.0)
    wa, w_power = w_a * np.nan_to_num(a), w_a * np.nan_to_num(power)
    return _Sums(
        pairs=(w * C * off).sum(axis=2),
        pairs_bins=(w * off).sum(axis=2),
        own=w_own * own,
        own_bins=w_own,
        predicted=wa,
        predicted_bins=w_a,
        prediction=w_power,
        squares=wa**2,
        squares_bins=w_a**2,
    )


def _over(total: FloatArray, weight: FloatArray) -> FloatArray:
    return np.divide(total, weight, out=np.full(total.shape, np.nan), where=weight > 0)


def jackknife(values: FloatArray, counts: IntArray, is_in: BoolArray) -> FloatArray:
    """Return the standard error (N,) of what is (N, R) with each trial left out in turn.

    ``is_in`` (N, R) says which trials a neuron has, ``counts`` (N,) how many. NaN where a value is,
    or where there are fewer than three.

    >>> jackknife(np.array([[1.0, 2.0, 3.0]]), np.array([3]), np.ones((1, 3), dtype=bool)).round(3)
    array([1.155])
    """
    n = np.maximum(counts, 1)
    kept = np.where(is_in, values, 0.0)
    mean = kept.sum(axis=1) / n
    off = np.where(is_in, values - mean[:, None], 0.0)
    square = np.square(off).sum(axis=1)
    return np.where(counts >= 3, np.sqrt((n - 1) / n * square), np.nan)


def trials_of(moments: TrialMoments) -> tuple[BoolArray, IntArray]:
    """Return which trials each neuron has, (N, R), and how many, (N,)."""
    is_in = np.isfinite(moments.C.diagonal(axis1=1, axis2=2))
    return is_in, is_in.sum(axis=1)
