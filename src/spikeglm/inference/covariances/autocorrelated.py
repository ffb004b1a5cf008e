"""Sandwiches for rows that depend on each other over some bins of time: HAC."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from ... import showing
from ...engine.kernels.score_kernels import window_score_products
from ...typing import IntArray
from ..information.filling import Filling, Seen
from . import small_samples
from .independent import n_rows
from .pairs import Times, over_pairs

_BARTLETT_SQUARED = 2 / 3  # the integral of the square of 1 - |x| over -1 to 1


class Lags(Protocol):
    """How many lags are taken.

    >>> hasattr(Lags, "of")
    True
    """

    def of(self, seen: Seen, times: Times) -> IntArray:
        """Return the lags of each neuron, (A,), in bins."""
        ...

    @property
    def words(self) -> str:
        """Where they come from, in words."""
        ...


@dataclass(frozen=True)
class GivenLags:
    """As many as the user says, in bins.

    >>> GivenLags(5).words
    ''
    """

    n_lags: int

    __repr__ = showing.of_fields

    def of(self, seen: Seen, times: Times) -> IntArray:
        """Return the same lags for all neurons."""
        return np.full(seen.n_neurons, self.n_lags, dtype=np.intp)

    @property
    def words(self) -> str:
        """Nothing."""
        return ""


@dataclass(frozen=True, eq=False)
class Autocorrelated:
    """Products of scores at most L bins apart, with Bartlett's weights 1 - l / (L + 1).

    Attributes
    ----------
    times :
        When rows are. Bins that are missing or take no part are gaps; epochs are far apart.
    longest :
        Bins of the longest stretch without a border: L is less.
    lags :
        L, or how it is chosen.
    small_sample :
        The factor.
    are_copies :
        Whether a row of weight a is a rows, for that factor.

    A sum over few windows varies: its quantiles are Student's with 3 n / (2 (L + 1)) degrees of
    freedom, those of a Bartlett window, and the factor exp(b), b = (L + 1) / n, is for the mean
    score, which is zero whatever the data.

    References
    ----------
    Newey & West (1987), Econometrica 55:703-8; for b Kiefer & Vogelsang (2005), Econom Theory
    21:1130-64, and Sun (2014), J Econom 178:659-77.
    """

    times: Times
    longest: int
    lags: Lags
    small_sample: str
    are_copies: bool

    __repr__ = showing.of_fields

    def fill(self, seen: Seen) -> Filling:
        """Return the weighted sums of products of scores of each neuron."""
        n = n_rows(seen, are_copies=self.are_copies)
        factor = small_samples.factor(self.small_sample, n=n, k=seen.n_used)
        L = np.clip(self.lags.of(seen, self.times), 0, max(self.longest - 1, 0))
        kernel = partial(window_score_products, n_classes=seen.n_classes, n_lags=L)
        products = over_pairs(kernel, seen, self.times, int(L.max(initial=0))).products
        reason = np.where(np.isinf(factor), "as many parameters as rows", "")
        with np.errstate(divide="ignore", invalid="ignore"):
            b = (L + 1) / n_rows(seen, are_copies=False)
        if self.small_sample == small_samples.FIXED_B:
            factor = factor * np.exp(np.minimum(b, 1.0))
        return Filling(
            products * np.where(np.isinf(factor), 0.0, factor)[:, None, None],
            1.0 / (_BARTLETT_SQUARED * b),
            tuple(
                f"HAC (Newey-West, {n_lags} lags{self.lags.words}), factor {self.small_sample}"
                for n_lags in L
            ),
            tuple(map(str, reason)),
        )
