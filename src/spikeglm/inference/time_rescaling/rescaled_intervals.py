"""What rescaled interspike intervals say about a model: a KS distance and an autocorrelation.

The intervals come from :mod:`spikeglm.inference.time_rescaling`; if the model is right they are
independent and exponential with mean 1.

References
----------
Brown, Barbieri, Ventura, Kass, Frank 2002, Neural Comput 14:325-346 (KS test).
Truccolo, Eden, Fellows, Donoghue, Brown 2005, J Neurophysiol 93:1074-1089 (autocorrelation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import numerics, showing
from ...typing import FloatArray


@dataclass(frozen=True)
class TimeRescaling:
    """The rescaled intervals of one spike train and how far they are from what the model says.

    Shapes: n spikes, D draws of the spike positions, L lags.

    Attributes
    ----------
    intervals :
        (D, n) rescaled intervals ``z`` in time order; Exp(1) under the model.
    uniforms :
        (n,) sorted ``u = 1 − exp(−z)``, averaged over the draws.
    ks_distance :
        Largest distance of the distribution of ``uniforms`` from the uniform one.
    p_value :
        Probability of a KS distance at least as large under the model, exact for one draw;
        averaging several can only make the distance smaller, the test more cautious. Of a bootstrap
        the share of simulated recordings.
    band_95, band_99 :
        KS distances exceeded with probability 5 % and 1 % under the model.
    autocorrelation :
        (L,) autocorrelation, at lags 1 … L, of the intervals made Gaussian, ``Φ⁻¹(u)``; 0 under the
        model.
    autocorrelation_band_95 :
        1.96/√n: 95 % of the autocorrelations lie within ± this, under the model.
    n_bootstrap :
        Simulated recordings that p value and bands come from; 0 for the theory of known rates.

    Examples
    --------
    >>> import numpy as np
    >>> found = summarise(np.random.default_rng(1).exponential(size=(1, 500)), n_lags=5)
    >>> found.n_spikes, round(found.ks_distance, 3), found.ks_distance < found.band_95
    (500, 0.033, True)
    """

    intervals: FloatArray
    uniforms: FloatArray
    ks_distance: float
    p_value: float
    band_95: float
    band_99: float
    autocorrelation: FloatArray
    autocorrelation_band_95: float
    n_bootstrap: int = 0

    __repr__ = showing.of_fields

    @property
    def n_spikes(self) -> int:
        """Number of intervals, one for each spike."""
        return self.uniforms.size

    @property
    def model_quantiles(self) -> FloatArray:
        """(n,) where the sorted uniforms should lie, ``(k − ½)/n``."""
        return (np.arange(self.n_spikes) + 0.5) / self.n_spikes


def summarise(intervals: FloatArray, n_lags: int) -> TimeRescaling:
    """Compare (D, n) rescaled intervals, D draws of n in time order, with independent Exp(1).

    Examples
    --------
    >>> intervals = np.random.default_rng(1).exponential(size=(1, 500))
    >>> summary = summarise(intervals, 20)
    >>> summary.n_spikes, bool(summary.ks_distance < summary.band_95)
    (500, True)
    """
    from scipy.stats import kstwo

    uniforms = -np.expm1(-intervals)
    n = intervals.shape[1]
    mean_sorted = _mean_sorted(uniforms)
    distance = _ks_distance(mean_sorted)
    return TimeRescaling(
        intervals=intervals,
        uniforms=mean_sorted,
        ks_distance=distance,
        p_value=float(kstwo.sf(distance, n)),
        band_95=float(kstwo.ppf(0.95, n)),
        band_99=float(kstwo.ppf(0.99, n)),
        autocorrelation=autocorrelation_of(uniforms, min(n_lags, n - 2)),
        autocorrelation_band_95=1.96 / np.sqrt(n),
    )


def distance_of(intervals: FloatArray) -> float:
    """Return the KS distance of (D, n) rescaled intervals from independent Exp(1).

    >>> distance_of(np.array([[np.log(2.0)]]))
    0.5
    """
    return _ks_distance(_mean_sorted(-np.expm1(-intervals)))


def _mean_sorted(uniforms: FloatArray) -> FloatArray:
    return np.sort(uniforms, axis=1).mean(axis=0)


def _ks_distance(sorted_uniforms: FloatArray) -> float:
    n = sorted_uniforms.size
    steps = np.arange(n + 1) / n
    return float(max((steps[1:] - sorted_uniforms).max(), (sorted_uniforms - steps[:-1]).max()))


def autocorrelation_of(uniforms: FloatArray, n_lags: int) -> FloatArray:
    """Return (L,) autocorrelation of the Gaussian scores of (D, n) uniforms, mean over draws.

    >>> autocorrelation_of(np.array([[0.1, 0.9, 0.1, 0.9]]), 2)
    array([-0.75,  0.5 ])
    """
    tiny = np.finfo(float).eps  # keeps the Gaussian score of an exact 0 or 1 finite
    scores = numerics.special(np).ndtri(np.clip(uniforms, tiny, 1 - tiny))
    scores = scores - scores.mean(axis=1, keepdims=True)
    power = np.maximum((scores**2).sum(axis=1), tiny)
    lags = range(1, n_lags + 1)
    products = [(scores[:, lag:] * scores[:, :-lag]).sum(axis=1) / power for lag in lags]
    return np.mean(products, axis=1) if products else np.empty(0)
