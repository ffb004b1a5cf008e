"""Which of several strengths: means over folds, their errors, and the two rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import errors, showing
from ..typing import Array, BoolArray, FloatArray, IntArray

RULES = ("min", "one_se")


@dataclass(frozen=True, eq=False)
class StrengthSearch:
    """Held-out scores of S strengths, K folds and N neurons, and which strength was chosen.

    Attributes
    ----------
    strength :
        (S, N), from strong to weak.
    fold_score :
        (S, K, N) mean score of the rows that a fold tests; larger is better. NaN where the fit has
        no certificate, or the fold tests no row.
    status :
        (S, K, N) how fits ended, in a word.
    rule :
        ``"min"`` or ``"one_se"``.
    term, ratio :
        The term whose strength was varied, ``""`` for all together; the ratio of an elastic net.

    Examples
    --------
    >>> scores = np.array([[0.0, 0.2], [0.3, 0.5], [0.2, 0.7]])[:, :, None]
    >>> status = np.full(scores.shape, "converged", dtype=object)
    >>> search = StrengthSearch(np.array([[4.0], [2.0], [1.0]]), scores, status, "min")
    >>> search.mean.ravel(), search.chosen, search.at_rule("one_se").chosen
    (array([0.1 , 0.4 , 0.45]), array([2]), array([1]))
    """

    strength: FloatArray
    fold_score: FloatArray
    status: Array
    rule: str
    term: str = ""
    ratio: float | None = None

    __repr__ = showing.of_fields

    @property
    def counts(self) -> BoolArray:
        """(K, N) folds that count for a neuron: those with a score at some strength."""
        return np.asarray(np.isfinite(self.fold_score).any(axis=0))

    @property
    def mean(self) -> FloatArray:
        """(S, N) mean over the folds that count; NaN where one of them has no score."""
        total = np.where(self.counts, self.fold_score, 0.0).sum(axis=1)
        n = self.counts.sum(axis=0)
        return np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)

    @property
    def se(self) -> FloatArray:
        """(S, N) standard deviation over folds, divided by the root of their number."""
        n = self.counts.sum(axis=0)
        off = np.where(self.counts, self.fold_score - self.mean[:, None], 0.0)
        square = np.square(off).sum(axis=1)
        known = np.broadcast_to(n > 1, square.shape)
        share = np.maximum(n * (n - 1), 1)
        return np.where(known, np.sqrt(square / share), np.nan)

    @property
    def best(self) -> IntArray:
        """(N,) the strength with the best mean, of equal ones the strongest; -1 for none."""
        mean = self.mean
        known = np.isfinite(mean).any(axis=0)
        return np.where(known, np.argmax(np.where(np.isfinite(mean), mean, -np.inf), axis=0), -1)

    @property
    def chosen(self) -> IntArray:
        """(N,) the strength that the rule chooses: the best one, or the strongest within one SE."""
        best, mean = self.best, self.mean
        if self.rule == "min":
            return best
        at_best = np.maximum(best, 0)[None]
        least = np.take_along_axis(mean - np.nan_to_num(self.se), at_best, axis=0)
        within = np.where(np.isfinite(mean), mean, -np.inf) >= least
        return np.where(best >= 0, np.argmax(within, axis=0), -1)

    @property
    def chosen_strength(self) -> FloatArray:
        """(N,) that strength; NaN for none."""
        return self.at_chosen(self.strength)

    def at_chosen(self, values: FloatArray) -> FloatArray:
        """Return values (S, N) of the strength that was chosen, (N,); NaN for none.

        >>> status = np.full((2, 1, 1), "converged", dtype=object)
        >>> scores = np.array([[[0.0]], [[1.0]]])
        >>> search = StrengthSearch(np.array([[4.0], [2.0]]), scores, status, "min")
        >>> search.at_chosen(search.mean)
        array([1.])
        """
        chosen = self.chosen
        found = np.take_along_axis(values, np.maximum(chosen, 0)[None], axis=0)[0]
        return np.where(chosen >= 0, found, np.nan)

    def at_rule(self, rule: str) -> StrengthSearch:
        """Return the same scores under another rule.

        >>> status = np.full((1, 1, 1), "converged", dtype=object)
        >>> search = StrengthSearch(np.ones((1, 1)), np.zeros((1, 1, 1)), status, "min")
        >>> search.at_rule("one_se").rule
        'one_se'
        """
        return StrengthSearch(
            self.strength, self.fold_score, self.status, rule, self.term, self.ratio
        )

    def reasons(self) -> list[str]:
        """Return what there is to say of each neuron, (N,), ``""`` for nothing.

        >>> status = np.full((2, 3, 1), "silent", dtype=object)
        >>> scores = np.full((2, 3, 1), np.nan)
        >>> StrengthSearch(np.ones((2, 1)), scores, status, "min").reasons()
        ['no fit in any fold (silent)']
        """
        best, counts = self.best, self.counts
        return [self._reason(n, int(best[n]), counts[:, n]) for n in range(len(best))]

    def _reason(self, n: int, best: int, counts: BoolArray) -> str:
        parts = []
        lost = np.flatnonzero(~counts)
        if len(lost):
            words = {str(w) for w in self.status[:, lost, n].ravel()} - {"converged"}
            why = ", ".join(sorted(words)) or "no rows to test"
            which = " in any fold" if len(lost) == len(counts) else f" in fold {_listed(lost)}"
            parts.append(f"no fit{which if len(counts) > 1 else ''} ({why})")
        some = ~np.isfinite(self.fold_score[:, counts, n]).all(axis=1)
        if counts.any() and some.any():
            words = {str(w) for w in self.status[some][:, counts, n].ravel()} - {"converged"}
            parts.append(f"{some.sum()} strength(s) without a fit ({', '.join(sorted(words))})")
        ends = {0: "the strongest", len(self.strength) - 1: "the weakest"}
        if len(self.strength) > 1 and best in ends:
            parts.append(f"the best strength is {ends[best]} that was tried")
        return "; ".join(parts)


def check_rule(rule: str) -> None:
    """Raise a ValueError for a rule that is unknown."""
    if rule not in RULES:
        raise errors.unknown_name("rule", rule, list(RULES))


def _listed(numbers: IntArray) -> str:
    return ", ".join(map(str, numbers.tolist()))
