"""Two models on the same folds: how large differences are, and tests of them.

Folds are few, and fits of different folds share most of their rows. The two tests here make other
assumptions of that.

*Signed rank* (Wilcoxon 1945): differences of folds are independent, and without an effect as often
below zero as above, by the same amounts. Exact for any number of folds, ties included: with n
differences that are not zero, each of the 2^n patterns of signs is as likely as any other, so that
no p value is less than 2^-n. Fits that share rows are not independent, which is not allowed for.

*Corrected t* (Nadeau & Bengio 2003): differences are normal, and those of two folds correlate by
n_test / (n_test + n_train), so that with the mean d and the variance s² of K differences

    t = d / sqrt((1 / K + n_test / n_train) s²),    K - 1 degrees of freedom.

References
----------
Wilcoxon (1945), Biometrics Bulletin 1:80-3; Pratt & Gibbons (1981), Concepts of Nonparametric
Theory, chapter 3. Nadeau & Bengio (2003), Machine Learning 52:239-81, equation 9. Kerby (2014),
Comprehensive Psychology 3:11.IT.3.1, for the rank-biserial correlation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import errors, numerics, showing
from ..typing import ArrayLike, BoolArray, FloatArray, IntArray

ALTERNATIVES = ("two-sided", "greater", "less")
_ROUNDING = 1e-8  # of scores; differences that are smaller are none


class SignedRank(NamedTuple):
    """Wilcoxon's signed rank test of N columns of K differences, (N,) each."""

    statistic: FloatArray  # sum of the ranks of differences above zero
    p_value: FloatArray  # NaN without differences, 1 if all are zero
    n: IntArray  # differences that are not zero
    rank_biserial: FloatArray  # share of ranks above zero minus share below: from -1 to 1


def signed_rank(differences: ArrayLike, alternative: str = "two-sided") -> SignedRank:
    """Test whether paired differences lie about zero: the exact test of Wilcoxon.

    Parameters
    ----------
    differences :
        (K,) or (K, N); NaN is none. Those of zero are left out, equal ones share their ranks.
    alternative :
        ``"two-sided"``, ``"greater"`` (differences are above zero) or ``"less"``.

    Raises
    ------
    ValueError
        For another alternative.

    Examples
    --------
    Ten of ten differences above zero:

    >>> found = signed_rank(np.arange(1.0, 11.0), "greater")
    >>> found.p_value, 2.0**-10
    (array([0.00097656]), 0.0009765625)
    """
    if alternative not in ALTERNATIVES:
        raise errors.unknown_name("alternative", alternative, ALTERNATIVES)
    d = np.asarray(differences, dtype=float)
    d = d[:, None] if d.ndim == 1 else d
    is_counted = ~np.isnan(d) & (d != 0)
    doubled = _doubled_ranks(np.where(is_counted, np.abs(d), np.nan))
    above = np.where(d > 0, doubled, 0).sum(axis=0)
    total = doubled.sum(axis=0)
    p = _p_values(doubled, above, alternative)
    p[~(~np.isnan(d)).any(axis=0)] = np.nan
    share = np.divide(2.0 * above - total, total, out=np.zeros(len(total)), where=total > 0)
    return SignedRank(above / 2, p, is_counted.sum(axis=0), np.where(np.isnan(p), np.nan, share))


def _doubled_ranks(size: FloatArray) -> IntArray:
    """Return twice the ranks of sizes (K, N) in their column; of equal ones the mean; NaN has 0."""
    doubled = np.zeros(size.shape, dtype=int)
    for k in range(len(size)):
        below, equal = (size < size[k]).sum(axis=0), (size == size[k]).sum(axis=0)
        doubled[k] = np.where(np.isnan(size[k]), 0, 2 * below + equal + 1)
    return doubled


def _p_values(doubled: IntArray, above: IntArray, alternative: str) -> FloatArray:
    """Return the p values of rank sums (N,) given ranks (K, N): one distribution per pattern."""
    patterns, which = np.unique(np.sort(doubled, axis=0), axis=1, return_inverse=True)
    which, p = which.ravel(), np.empty(len(above))
    for i, pattern in enumerate(patterns.T):
        mine, tail = which == i, _upper_tail(pattern[pattern > 0])
        greater, less = tail[above[mine]], tail[len(tail) - 1 - above[mine]]
        both = np.minimum(1.0, 2.0 * np.minimum(greater, less))
        p[mine] = {"greater": greater, "less": less, "two-sided": both}[alternative]
    return p


def _upper_tail(doubled: IntArray) -> FloatArray:
    """Return P(W >= w) for w = 0 ... sum of the ranks, W the sum of those with a coin's heads."""
    chance = np.zeros(int(doubled.sum()) + 1)
    chance[0] = 1.0
    for rank in doubled:
        heads = np.zeros_like(chance)
        heads[rank:] = chance[: len(chance) - rank]
        chance = 0.5 * (chance + heads)
    return np.cumsum(chance[::-1])[::-1]


def smallest_p(n_folds: ArrayLike) -> FloatArray:
    """Return the smallest one-sided p value that so many differences can have, 2^-n.

    >>> smallest_p([4, 5, 10])
    array([0.0625    , 0.03125   , 0.00097656])
    """
    return np.asarray(2.0 ** -np.asarray(n_folds, dtype=float))


@dataclass(frozen=True, eq=False)
class PairedDifferences:
    """Differences of held-out scores, (N,) or (M, N) each: above zero the first model is better.

    Attributes
    ----------
    mean, se :
        Mean over folds, and its standard error by Nadeau & Bengio.
    low, high :
        95 % interval by that error and Student's t.
    n_folds :
        Folds where both models have a score.
    effect_size :
        Cohen's d of paired data: mean over standard deviation of the folds.
    rank_biserial :
        Share of ranks above zero less the share below: 1 if all folds are above.
    t, p_corrected_t :
        Of the corrected t test, two-sided.
    p_signed_rank :
        Of Wilcoxon's test, two-sided.

    Examples
    --------
    >>> found = PairedDifferences.of(np.array([[0.1], [0.2], [0.3]]), np.zeros((3, 1)), ratio=0.5)
    >>> found.mean, found.t.round(2), found.p_signed_rank
    (array([0.2]), array([2.19]), array([0.25]))
    """

    mean: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    n_folds: IntArray
    effect_size: FloatArray
    rank_biserial: FloatArray
    t: FloatArray
    p_corrected_t: FloatArray
    p_signed_rank: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, scores: FloatArray, other: FloatArray, *, ratio: float) -> PairedDifferences:
        """Compare scores (K, N), or (M, K, N), with those of another model (K, N).

        ``ratio`` is n_test / n_train, on average over folds.

        >>> scores = np.array([[1.0], [2.0]])
        >>> PairedDifferences.of(scores, scores, ratio=1.0).p_corrected_t
        array([1.])
        """
        d = differences(scores, other)
        K = d.shape[-2]
        flat = np.moveaxis(d, -2, 0)
        ranks = signed_rank(flat.reshape(K, -1))
        shape = flat.shape[1:]
        known = ~np.isnan(flat)
        n = known.sum(axis=0)
        with numerics.quiet():
            mean = np.where(n > 0, np.where(known, flat, 0.0).sum(axis=0) / n, np.nan)
            off = np.where(known, flat - mean, 0.0)
            variance = np.where(n > 1, np.square(off).sum(axis=0) / (n - 1), np.nan)
            se = np.sqrt((1.0 / n + ratio) * variance)
            t = np.where((se == 0) & (mean == 0), 0.0, mean / se)
            effect = np.where((variance == 0) & (mean == 0), 0.0, mean / np.sqrt(variance))
            special, dof = numerics.special(np), np.maximum(n - 1.0, 1.0)
            p = np.where(n > 1, 2.0 * special.stdtr(dof, -np.abs(t)), np.nan)
            half = se * special.stdtrit(dof, 0.975)
            return cls(
                mean=mean,
                se=se,
                low=mean - half,
                high=mean + half,
                n_folds=n,
                effect_size=effect,
                rank_biserial=ranks.rank_biserial.reshape(shape),
                t=t,
                p_corrected_t=p,
                p_signed_rank=ranks.p_value.reshape(shape),
            )


def differences(scores: FloatArray, other: FloatArray) -> FloatArray:
    """Return score differences, zero where they are no more than rounding.

    NaN where one of them is missing, and where both are minus infinity.

    >>> differences(np.array([1.0, 2.0]), np.array([1.0 + 1e-13, np.nan]))
    array([ 0., nan])
    """
    with numerics.quiet():
        d = scores - other
        size = np.maximum(np.abs(scores), np.abs(other))
        is_none: BoolArray = np.abs(d) <= _ROUNDING * np.where(np.isfinite(size), size, 0.0)
    return np.where(is_none, 0.0, d)
