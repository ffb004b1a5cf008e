"""Does activity that neurons pass on to each other die out, or does it run away?

Let m be the mean responses per bin, eta* the linear predictors at which the link f gives them, and
h_ij[w] the filter from neuron j to neuron i. The mean field m_i(t) = f(b_i + sum_jw h_ij[w]
m_j(t - w)), linearised at m, multiplies a small change of all rates, in the long run, by

    G_ij = f'(eta*_i) sum_w h_ij[w]

so that it grows without end if the spectral radius of G is one or more. That takes every spike for
a small change. What one whole spike of j adds to the expected responses of i is

    B_ij = sum_w f(eta*_i + h_ij[w]) - f(eta*_i)

its direct offspring, for the link exp m_i (e^h - 1): G for small h, more for strong excitation and
much less for strong inhibition, which cannot push a rate below zero (refractory filters of -5 do
not make a neuron unstable).

The radius is the criterion where all entries are positive. Where some are not its eigenvalues may
be large and negative, or complex, and no activity grows; what decides then is the same equation
with its lags, B(w): ``growth``, the largest |z| with x(t) = z^t x, is the factor by which activity
changes from bin to bin, and one or more is unstable.

Both look at the mean rates alone. Whether *large* activity dies out too is a question to the whole
link: ``headroom`` is how many times their mean all rates may be at once for the mean field to come
back.

References
----------
Brémaud & Massoulié (1996), Ann Probab 24:1563-88 (nonlinear Hawkes processes); Gerhard, Deger &
Truccolo (2017), PLoS Comput Biol 13:e1005390 (GLMs: stable, fragile, divergent).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import numerics, showing
from ..typing import FloatArray
from .network import Network

_STEPS = (1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_STEP = 0.2  # of the way to the next rates: oscillations that only rounds without lags have die out
_MOST_ROUNDS = 400
_BACK = 0.02  # of the distance between the means and where they were: it has come back
_FAR = 1e4  # times the mean
_NEAR = 3.0  # times the mean rates: chance bursts of a few neurons get there within seconds
_DENSE = 500  # rows of a companion matrix whose eigenvalues are all computed
_MOST_PRODUCTS = 4e9  # of larger ones, before it is given up
_PER_RESTART = 20  # products of vectors with the matrix


@dataclass(frozen=True, eq=False)
class Stability:
    """Whether N neurons that see their own past are stable at their mean rates.

    Attributes
    ----------
    radius :
        Spectral radius of the mean field linearised at the mean rates, G above.
    spike_radius :
        That of B: how many further spikes a spike causes, from one generation to the next.
    growth :
        Factor by which a disturbance changes per bin, in the end; NaN where it could not be found.
    headroom :
        The largest of some factors by which all rates may rise at once for the mean field to
        bring them back; inf if 100 is not too much, NaN where even a tenth is.
    offspring, weights :
        (N, N) B and G, to each neuron (rows) from each (columns).
    neurons :
        (N,) their names.
    bin_s :
        Seconds of a bin, where known.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> from spikeglm.observation_models import Likelihood, PoissonObservations
    >>> from spikeglm.simulation.network import Network
    >>> pair = Likelihood(PoissonObservations(), nmo.observation_models.links.Exp())
    >>> rates = np.array([0.1, 0.1])
    >>> filters = np.array([[[-3.0, 0.5], [0.5, -3.0]]] * 2)
    >>> found = Stability.of(Network(pair, filters, ("a", "b"), mean_response=rates))
    >>> round(found.radius, 2), round(found.spike_radius, 2), found.headroom
    (0.7, 0.32, inf)
    """

    radius: float
    spike_radius: float
    growth: float
    headroom: float
    offspring: FloatArray
    weights: FloatArray
    neurons: tuple[Any, ...]
    bin_s: float | None = None

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, network: Network) -> Stability | None:
        """Return the stability of a network; None where its mean responses are not known.

        >>> import spikeglm as nmo
        >>> from spikeglm.simulation.network import Network
        >>> counts = np.random.default_rng(0).poisson(0.2, (500, 1))
        >>> model = nmo.PopulationGLM().fit(nmo.basis.HistoryConv(1).design(counts), counts)
        >>> filters = model.coef_[None]
        >>> network = Network(model._likelihood, filters, (0,), mean_response=counts.mean(axis=0))
        >>> Stability.of(network).is_stable
        True
        """
        if network.mean_response is None or not np.isfinite(network.mean_response).any():
            return None
        known = np.isfinite(network.mean_response)  # a neuron without responses drives nobody
        mean = np.where(known, network.mean_response, network.likelihood.model.means[0])
        mean = np.where(np.isfinite(mean), mean, 0.0)
        network = replace(network, filters=network.filters * known, mean_response=mean)
        h, link = network.filters, network.likelihood.link
        with numerics.quiet():
            eta = link.predictor(np.asarray(mean, dtype=float))
            of_spikes = link.mean(eta[:, None] + h) - link.mean(eta)[:, None]
            gain = link.curve("mean", eta).slope
        of_spikes[~np.isfinite(of_spikes)] = 0.0  # of silent neurons
        weights = np.where(np.isfinite(gain), gain, 0.0)[:, None] * h.sum(axis=0)
        offspring = of_spikes.sum(axis=0)
        found = cls(
            spectral_radius(weights),
            spectral_radius(offspring),
            growth_per_bin(of_spikes),
            np.nan,
            offspring,
            weights,
            network.neurons,
            network.bin_s,
        )
        if not found.is_stable:
            return found
        return replace(found, headroom=headroom(network, eta, offspring, gain))

    @property
    def is_stable(self) -> bool:
        """Whether disturbances of the mean rates die out: ``growth`` is below one.

        Where it was not found: the largest real part of an eigenvalue of B is.
        """
        if np.isnan(self.growth):
            return bool(np.linalg.eigvals(self.offspring).real.max(initial=0.0) < 1)
        return self.growth < 1

    @property
    def is_fragile(self) -> bool:
        """Whether it is stable, but three times the mean rates are too much (``headroom``)."""
        return self.is_stable and not self.headroom > _NEAR

    @property
    def time_constant(self) -> float:
        """How long disturbances last, to 1/e: seconds, or bins where their length is not known."""
        if not 0 < self.growth < 1:
            return np.nan if not self.growth < 1 else 0.0
        bins = -1.0 / np.log(self.growth)
        return float(bins if self.bin_s is None else bins * self.bin_s)

    def __str__(self) -> str:
        numbers = f"mean-field radius {self.radius:.3g}, of whole spikes {self.spike_radius:.3g}"
        if not self.is_stable:
            return f"runs away: activity grows by a factor of {self.growth:.4g} per bin ({numbers})"
        unit = "bins" if self.bin_s is None else "s"
        lasts = (
            ""
            if np.isnan(self.time_constant)
            else f"; disturbances last {self.time_constant:.3g} {unit}"
        )
        if np.isinf(self.headroom):
            return f"stable ({numbers}{lasts})"
        word = "fragile" if self.is_fragile else "stable"
        limit = 1.0 if np.isnan(self.headroom) else self.headroom
        return (
            f"{word} ({numbers}{lasts}): beyond {limit:g} times its mean rates the mean field runs "
            "away"
        )


def spectral_radius(A: FloatArray) -> float:
    """Return the largest modulus of an eigenvalue; 0 of an empty matrix.

    >>> spectral_radius(np.array([[0.0, 2.0], [0.5, 0.0]]))
    1.0
    """
    return float(np.abs(np.linalg.eigvals(A)).max(initial=0.0)) if A.size else 0.0


def growth_per_bin(A: FloatArray) -> float:
    """Return the largest |z| with x(t) = sum_w A[w] x(t - 1 - w), x(t) = z^t x; A is (W, N, N).

    That is the spectral radius of the companion matrix; NaN where it was not found.

    >>> round(growth_per_bin(np.array([0.0, 0.25]).reshape(2, 1, 1)), 6)
    0.5
    """
    n_lags, n, _ = A.shape
    size = n_lags * n
    if size == 0 or not A.any():
        return 0.0
    if size <= _DENSE:
        companion = np.zeros((size, size))
        companion[:n] = A.transpose(1, 0, 2).reshape(n, size)
        companion[n:, :-n] = np.eye(size - n)
        return spectral_radius(companion)
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigs

    first = A.transpose(1, 0, 2).reshape(n, size)

    def step(x: FloatArray) -> FloatArray:
        x = x.ravel()
        return np.concatenate([first @ x, x[:-n]])

    whole = LinearOperator((size, size), matvec=step, dtype=float)
    start = np.random.default_rng(0).uniform(0.5, 1.5, size)
    try:
        restarts = int(np.clip(_MOST_PRODUCTS / A.size / _PER_RESTART, 5, 3000))
        found = eigs(whole, k=1, v0=start, return_eigenvectors=False, maxiter=restarts, tol=1e-6)
    except ArpackError:
        return float("nan")
    return float(np.abs(found).max())


def headroom(network: Network, eta: FloatArray, offspring: FloatArray, gain: FloatArray) -> float:
    """Return how many times the mean all rates may be for the mean field to come back.

    The mean field with whole spikes is r -> f(eta* + S (r - m)) with S = B / f'(eta*), whose slope
    at the fixed point m is B. For Poisson spikes and the link exp it is exact for independent bins.
    """
    mean = np.asarray(network.mean_response, dtype=float)
    with numerics.quiet():
        S = offspring / gain[:, None]
    S[~np.isfinite(S)] = 0.0
    base = np.where(np.isfinite(eta), eta, 0.0)
    is_there = np.isfinite(eta)
    low, high = 0, len(_STEPS)  # how many of the steps it comes back from, at least and at most
    while low < high:
        middle = (low + high + 1) // 2
        if _comes_back(network, _STEPS[middle - 1], S, base, is_there, mean):
            low = middle
        else:
            high = middle - 1
    if low == len(_STEPS):
        return float("inf")
    return _STEPS[low - 1] if low else float("nan")


def _comes_back(
    network: Network,
    factor: float,
    S: FloatArray,
    base: FloatArray,
    is_there: Any,
    mean: FloatArray,
) -> bool:
    low, high = network.likelihood.model.means
    distance = np.abs(mean).max() * (factor - 1)
    rates = np.clip(mean * factor, low, high)
    for _ in range(_MOST_ROUNDS):
        with numerics.quiet():
            new = network.likelihood.link.mean(base + S @ (rates - mean))
        rates = np.where(is_there, rates + _STEP * (new - rates), mean)
        away = np.abs(rates - mean).max(initial=0.0)
        if not away < _FAR * max(np.abs(mean).max(), 1e-300):
            return False
        if away <= _BACK * distance:
            return True
    return False
