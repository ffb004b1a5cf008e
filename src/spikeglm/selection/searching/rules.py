"""When a set of terms is better than another: by tests over folds, by scores, by criteria."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ... import errors, numerics
from ...typing import BoolArray, FloatArray
from ..paired_tests import differences, signed_rank, smallest_p

_NO_LEVEL = 0.05  # of rules without a test, which do not look at it


class Judged(NamedTuple):
    """Whether sets are better than others, (..., N), and by which p value; NaN without a test."""

    is_better: BoolArray
    p_value: FloatArray


@dataclass(frozen=True)
class Rule:
    """What makes one more term worth having.

    Attributes
    ----------
    name :
        As users give it.
    judge :
        From differences of scores (K, M) to what :class:`Judged` holds, (M,).
    tests_first :
        Whether the first term must be better than none before others are tried; else only what is
        selected in the end must be.
    goes_on :
        Whether the ladder is climbed to its end, and the place chosen afterwards.
    is_of_folds :
        Whether scores are those of held-out folds; else criteria of fits to all rows.
    fewest_folds :
        That a neuron must have for an answer.
    alpha :
        Level of the test; None without one.
    """

    name: str
    judge: Callable[[FloatArray], Judged]
    tests_first: bool = True
    goes_on: bool = False
    is_of_folds: bool = True
    fewest_folds: int = 1
    alpha: float | None = None

    def _stored(self) -> StoredRule:
        """What a file holds of it."""
        return StoredRule(self.name, self.alpha)

    def better(self, scores: FloatArray, others: FloatArray) -> Judged:
        """Judge scores (..., K, N) against others (..., K, N), (..., N) each.

        >>> rule = rule_named("hardcastle", 0.05)
        >>> found = rule.better(np.arange(1.0, 6.0)[:, None], np.zeros((5, 1)))
        >>> found.is_better, found.p_value
        (array([ True]), array([0.03125]))
        """
        d = np.moveaxis(differences(scores, others), -2, 0)
        judged, shape = self.judge(d.reshape(len(d), -1)), d.shape[1:]
        return Judged(judged.is_better.reshape(shape), judged.p_value.reshape(shape))


@dataclass(frozen=True)
class StoredRule:
    """A rule as a file holds it: its name, and the level of its test, if it has one."""

    name: str
    alpha: float | None

    def restored(self) -> Rule:
        """Return the rule."""
        return rule_named(self.name, _NO_LEVEL if self.alpha is None else self.alpha)


def rule_named(name: str, alpha: float) -> Rule:
    """Return a rule by its name; ``alpha`` is the level of its test, if it has one.

    Raises
    ------
    ValueError
        If there is no such rule, or alpha is no probability.

    Examples
    --------
    >>> rule_named("aic", 0.05).is_of_folds
    False
    """
    if not 0 < alpha < 1:
        raise errors.value_error(
            "alpha cannot be used.", given=f"alpha={alpha!r}", expected="between 0 and 1"
        )
    rules = (
        Rule(
            "hardcastle",
            _by_signed_rank(alpha),
            tests_first=False,
            fewest_folds=fewest_folds(alpha),
            alpha=alpha,
        ),
        Rule("score", _by_mean),
        Rule("one_se", _by_mean, goes_on=True, fewest_folds=2),
        Rule("aic", _by_mean, is_of_folds=False),
        Rule("bic", _by_mean, is_of_folds=False),
    )
    by_name = {rule.name: rule for rule in rules}
    if name not in by_name:
        raise errors.unknown_name("rule", name, list(by_name))
    return by_name[name]


def fewest_folds(alpha: float) -> int:
    """Return how many folds it takes for a one-sided p value below alpha, 2^-n < alpha.

    >>> fewest_folds(0.05), fewest_folds(0.01)
    (5, 7)
    """
    n = 1
    while smallest_p(n) >= alpha:
        n += 1
    return n


def _by_signed_rank(alpha: float) -> Callable[[FloatArray], Judged]:
    def judge(d: FloatArray) -> Judged:
        p = signed_rank(d, "greater").p_value
        return Judged(np.less(p, alpha), p)

    return judge


def _by_mean(d: FloatArray) -> Judged:
    with numerics.quiet():
        mean = np.nansum(d, axis=0)
    return Judged(mean > 0, np.full(mean.shape, np.nan))
