"""How many lags, where the user does not say: from the length of the data, or from the scores.

What Newey & West and Andrews choose weighs the scores of all coefficients of a neuron by one, as
R's sandwich does, so it depends on the units of the features: bring them to one scale first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from ...engine.kernels.score_kernels import lagged_products, neighbour_moments
from ...typing import FloatArray, IntArray
from ..information.filling import Seen
from .independent import n_rows
from .pairs import Times, over_pairs

_BARTLETT = 1.1447  # Andrews (1991), eq. 6.2: the rate's factor of this kernel


@dataclass(frozen=True)
class LazarusLags:
    """A window of 1.3 sqrt(n) bins, rounded down: longer than what is best for the covariance.

    Intervals are off by how biased the covariance is more than by how noisy it is, as far as
    Student's quantile knows the noise.

    References
    ----------
    Lazarus, Lewis, Stock & Watson (2018), J Bus Econ Stat 36:541-59.

    >>> LazarusLags().words
    ', as Lazarus et al. (2018)'
    """

    @property
    def words(self) -> str:
        """Where the lags come from."""
        return ", as Lazarus et al. (2018)"

    def of(self, seen: Seen, times: Times) -> IntArray:
        """Return the lags of each neuron, (A,): a window less its own bin."""
        return _floor(1.3 * np.sqrt(n_rows(seen, are_copies=False))) - 1


@dataclass(frozen=True)
class NeweyWestLags:
    """The plug-in choice that sums autocovariances of the summed scores.

    ``L = 1.1447 ((s1 / s0)² n)^(1/3)``, rounded down, with ``s0 = g_0 + 2 sum_j g_j`` and
    ``s1 = 2 sum_j j g_j`` over the first ``4 (n / 100)^(2/9)`` autocovariances g of the sum over
    coefficients (not the intercept) of the scores.

    References
    ----------
    Newey & West (1994), Rev Econ Stud 61:631-53.

    >>> NeweyWestLags().words
    ', chosen as Newey and West (1994)'
    """

    @property
    def words(self) -> str:
        """Where the lags come from."""
        return ", chosen as Newey and West (1994)"

    def of(self, seen: Seen, times: Times) -> IntArray:
        """Return the lags of each neuron, (A,)."""
        return _floor(self.bandwidth(seen, times))

    def bandwidth(self, seen: Seen, times: Times) -> FloatArray:
        """Return the bandwidth of each neuron, (A,), before it is rounded down; NaN: none."""
        n = n_rows(seen, are_copies=False)
        looked_at = np.floor(4.0 * (n / 100.0) ** (2 / 9)).astype(int)
        most = int(looked_at.max(initial=0))
        kernel = partial(
            lagged_products, n_classes=seen.n_classes, direction=_direction(seen), n_lags=most
        )
        g = over_pairs(kernel, seen, times, most).products
        j = np.arange(most + 1)
        g = np.where(j <= looked_at[:, None], g, 0.0)
        s0, s1 = g[:, 0] + 2.0 * g[:, 1:].sum(axis=1), 2.0 * (g @ j)
        with np.errstate(invalid="ignore", divide="ignore"):
            return _BARTLETT * np.cbrt((s1 / s0) ** 2 * n)


@dataclass(frozen=True)
class AndrewsLags:
    """The plug-in choice that takes each score for an autoregression of order one.

    ``L = 1.1447 (n alpha)^(1/3)``, rounded down, with rho and sigma² of the regression of each
    coefficient's score on the one before, and ``alpha = sum 4 rho² sigma⁴ / ((1 - rho)^6
    (1 + rho)²)`` over ``sum sigma⁴ / (1 - rho)⁴``.

    References
    ----------
    Andrews (1991), Econometrica 59:817-58, eq. 6.2 and 6.4.

    >>> AndrewsLags().words
    ', chosen as Andrews (1991)'
    """

    @property
    def words(self) -> str:
        """Where the lags come from."""
        return ", chosen as Andrews (1991)"

    def of(self, seen: Seen, times: Times) -> IntArray:
        """Return the lags of each neuron, (A,)."""
        return _floor(self.bandwidth(seen, times))

    def bandwidth(self, seen: Seen, times: Times) -> FloatArray:
        """Return the bandwidth of each neuron, (A,), before it is rounded down; NaN: none."""
        kernel = partial(neighbour_moments, n_classes=seen.n_classes, shift=seen.shift)
        sums = over_pairs(kernel, seen, times, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            m = sums.n_pairs[:, None]
            before = sums.before_before - sums.before**2 / m
            both = sums.now_before - sums.now * sums.before / m
            rho = both / before
            variance = (sums.now_now - sums.now**2 / m - rho * both) / m
            taken = np.repeat(_direction(seen)[:-1] != 0, seen.n_classes, axis=0).T
            if not taken.any():
                taken = np.ones_like(rho, dtype=bool)
            of_coef = slice(None, taken.shape[1])
            rho, s = rho[:, of_coef], np.where(taken, variance[:, of_coef], 0.0)
            above = 4.0 * rho**2 * s**2 / ((1.0 - rho) ** 6 * (1.0 + rho) ** 2)
            below = s**2 / (1.0 - rho) ** 4
            above, below = np.nansum(above, axis=1), np.nansum(below, axis=1)
            return _BARTLETT * np.cbrt(n_rows(seen, are_copies=False) * above / below)


def _direction(seen: Seen) -> FloatArray:
    """Return (p + 1, A) the sum of the scores of plain features that each neuron may use."""
    p, mask = len(seen.shift), seen.columns.mask
    used = np.ones((p, seen.n_neurons)) if mask is None else mask[:, : seen.n_neurons].astype(float)
    if p == 0:  # the intercept alone
        return np.ones((1, seen.n_neurons))
    return np.vstack([used, seen.shift @ used])


def _floor(bandwidth: FloatArray) -> IntArray:
    return np.where(np.isfinite(bandwidth), bandwidth, 0.0).astype(np.intp)
