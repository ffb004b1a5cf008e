"""Ways through sets of terms, for all neurons at once: each asks only for the sets it needs.

A ladder is climbed step by step. In each step every neuron that is still on its way has candidates,
sets of one size; the union of them over neurons is scored together, each neuron on its own only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from ... import numerics, showing
from ...typing import Array, BoolArray, FloatArray, IntArray
from ..paired_tests import differences
from .rules import Rule

_TIED = 1e-8  # relative; of sets that are as good the first by name is taken


class ScoredSets(Protocol):
    """What knows how good sets of J terms are; K folds, N neurons."""

    def scores(self, sets: BoolArray, wanted: BoolArray) -> FloatArray:
        """Return scores (M, K, N) of sets (M, J), NaN where they are not wanted (M, N)."""
        ...


@dataclass(frozen=True, eq=False)
class SearchStep:
    """The candidates of one step; M sets of J terms, K folds, N neurons.

    Attributes
    ----------
    sets :
        (M, J) which terms they have.
    is_candidate :
        (M, N) whose candidates they are.
    score :
        (M, K, N) NaN elsewhere, and where there is no fit.
    p_value :
        (M, N) one-sided, of the larger of two sets against the smaller; NaN without a test.
    before :
        (J, N) the set that a neuron had.
    best :
        (N,) the candidate with the best mean score, -1 for none.
    is_taken :
        (N,) whether the neuron went on to it.
    """

    sets: BoolArray
    is_candidate: BoolArray
    score: FloatArray
    p_value: FloatArray
    before: BoolArray
    best: IntArray
    is_taken: BoolArray

    __repr__ = showing.of_fields


class Climb(NamedTuple):
    """How a search went: its steps, and the set (J, N) where each neuron ended with its score."""

    steps: tuple[SearchStep, ...]
    selected: BoolArray
    score: FloatArray  # (K, N)


def forward(known: ScoredSets, rule: Rule, base: FloatArray, walks: BoolArray, J: int) -> Climb:
    """Begin with nothing, and add the term that helps most for as long as it helps.

    Parameters
    ----------
    known :
        The scores.
    rule :
        What helps.
    base :
        (K, N) scores without any term.
    walks :
        (N,) neurons that are searched.
    J :
        Number of terms.
    """
    current, score = np.zeros((J, len(walks)), dtype=bool), base
    steps, walks = [], walks.copy()
    for size in range(1, J + 1):
        if not walks.any():
            break
        sets, is_candidate = _neighbours(current, walks, to=True)
        found = known.scores(sets, is_candidate)
        best = best_of(found, is_candidate, base)
        judged = rule.better(found, score)
        is_free = rule.goes_on or (size == 1 and not rule.tests_first)
        taken = walks & (best >= 0) & (is_free | at(judged.is_better, best, False))
        steps.append(SearchStep(sets, is_candidate, found, judged.p_value, current, best, taken))
        current, score = _moved(current, score, sets, found, best, taken)
        walks = taken
    return Climb(tuple(steps), current, score)


def backward(known: ScoredSets, rule: Rule, base: FloatArray, walks: BoolArray, J: int) -> Climb:
    """Begin with all terms, and leave out the one that helps least for as long as it does not help.

    Parameters are those of :func:`forward`.
    """
    full = np.ones((1, J), dtype=bool)
    score = known.scores(full, walks[None])[0]
    has_fit = walks & is_whole(score[None], base)[0]
    current = np.broadcast_to(has_fit, (J, len(walks))).copy()
    first = SearchStep(
        full,
        walks[None],
        score[None],
        np.full((1, len(walks)), np.nan),
        np.zeros_like(current),
        np.where(has_fit, 0, -1),
        has_fit,
    )
    steps, walks = [first], has_fit
    for _ in range(J):
        if not walks.any():
            break
        sets, is_candidate = _neighbours(current, walks, to=False)
        found = known.scores(sets, is_candidate)
        best = best_of(found, is_candidate, base)
        judged = rule.better(score, found)  # is the larger one better?
        needs = at(judged.is_better, best, True) & (not rule.goes_on)
        taken = walks & (best >= 0) & ~needs
        steps.append(SearchStep(sets, is_candidate, found, judged.p_value, current, best, taken))
        current, score = _moved(current, score, sets, found, best, taken)
        walks = taken
    return Climb(tuple(steps), current, score)


def exhaustive(known: ScoredSets, rule: Rule, base: FloatArray, walks: BoolArray, J: int) -> Climb:
    """Score all sets, and climb from the best of one size to the best of the next.

    Rules without a test take the best set of all. Parameters are those of :func:`forward`.
    """
    every = np.array([[bool(i >> j & 1) for j in range(J)] for i in range(1, 2**J)])
    scores = known.scores(every, np.broadcast_to(walks, (len(every), len(walks))))
    tests = not rule.tests_first
    current, score = np.zeros((J, len(walks)), dtype=bool), base
    steps, on = [], walks.copy()
    for size in range(1, J + 1):
        of_size = every.sum(axis=1) == size
        sets, found = every[of_size], scores[of_size]
        is_candidate = np.broadcast_to(walks, (len(sets), len(walks)))
        best = best_of(found, is_candidate, base)
        judged = rule.better(found, score)
        helps = at(judged.is_better, best, False) | (tests and size == 1) | rule.goes_on
        taken = (on if tests else walks) & (best >= 0) & helps
        steps.append(SearchStep(sets, is_candidate, found, judged.p_value, current, best, taken))
        current, score = _moved(current, score, sets, found, best, taken)
        on = on & taken
    return Climb(tuple(steps), current, score)


LADDERS: dict[str, Callable[..., Climb]] = {
    "forward": forward,
    "backward": backward,
    "all": exhaustive,
}


def best_of(scores: FloatArray, is_candidate: BoolArray, base: FloatArray) -> IntArray:
    """Return which of M scored sets (M, K, N) has the best mean, (N,); -1 where none has a fit.

    Folds count where the set without terms has a score (K, N); a set that has none in one of them
    is no candidate. Of sets that are as good the first is taken.

    >>> scores = np.array([[[0.1]], [[0.3]], [[np.nan]]])
    >>> best_of(scores, np.ones((3, 1), dtype=bool), np.zeros((1, 1)))
    array([1])
    """
    mean = mean_score(scores, base)
    mean[~(is_candidate & is_whole(scores, base))] = -np.inf
    top = mean.max(axis=0)
    with numerics.quiet():
        is_top = mean >= top - _TIED * np.abs(top)
    return np.where(top > -np.inf, np.argmax(is_top, axis=0), -1)


def mean_score(scores: FloatArray, base: FloatArray) -> FloatArray:
    """Return the mean of scores (..., K, N) over the folds that count, (..., N).

    >>> mean_score(np.array([[1.0], [3.0]]), np.array([[0.0], [np.nan]]))
    array([1.])
    """
    counts = ~np.isnan(base)
    n = counts.sum(axis=0)
    with numerics.quiet():
        mean = np.where(counts, scores, 0.0).sum(axis=-2) / n
    return np.where(n > 0, mean, np.nan)


def is_whole(scores: FloatArray, base: FloatArray) -> BoolArray:
    """Tell which sets (M, N) have a score (M, K, N) in all folds that count, by the base (K, N).

    >>> is_whole(np.array([[[1.0], [np.nan]]]), np.array([[0.0], [np.nan]]))
    array([[ True]])
    """
    return np.asarray((~np.isnan(scores) | np.isnan(base)).all(axis=-2))


def at(values: Array, which: IntArray, otherwise: bool | float) -> Array:
    """Return values (M, N) of set ``which[n]`` of neuron n, (N,); ``otherwise`` where it is -1.

    >>> at(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, -1]), np.nan)
    array([ 3., nan])
    """
    found = np.take_along_axis(values, np.maximum(which, 0)[None], axis=0)[0]
    return np.where(which >= 0, found, otherwise)


def _moved(
    current: BoolArray,
    score: FloatArray,
    sets: BoolArray,
    scores: FloatArray,
    best: IntArray,
    taken: BoolArray,
) -> tuple[BoolArray, FloatArray]:
    """Return the sets (J, N) and scores (K, N) of neurons after a step."""
    to = sets[np.maximum(best, 0)].T
    reached = scores[np.maximum(best, 0), :, np.arange(len(best))].T
    return np.where(taken, to, current), np.where(taken, reached, score)


def _neighbours(current: BoolArray, walks: BoolArray, *, to: bool) -> tuple[BoolArray, BoolArray]:
    """Return the sets (M, J) that differ by one term from those of neurons (J, N), and whose.

    ``to`` True has one term more, False one less. Neurons at the same set share its neighbours.
    """
    J, N = current.shape
    owners: dict[tuple[bool, ...], list[int]] = {}
    for n in np.flatnonzero(walks):
        owners.setdefault(tuple(current[:, n].tolist()), []).append(int(n))
    candidates: dict[tuple[bool, ...], list[int]] = {}
    for at_set, neurons in owners.items():
        for j in range(J):
            if at_set[j] != to:
                new = (*at_set[:j], to, *at_set[j + 1 :])
                candidates.setdefault(new, []).extend(neurons)
    order = sorted(candidates, reverse=True)
    is_candidate = np.zeros((len(order), N), dtype=bool)
    for m, each in enumerate(order):
        is_candidate[m, candidates[each]] = True
    return np.array(order, dtype=bool).reshape(len(order), J), is_candidate


def smallest_as_good(climb: Climb, base: FloatArray) -> Climb:
    """Return a climb that ends at the smallest set within one error of the best on its way."""
    J, N = climb.selected.shape
    sets, path = np.zeros((J + 1, J, N), dtype=bool), np.full((J + 1, *base.shape), np.nan)
    path[0] = base
    for step in climb.steps:
        size, best = int(step.sets[0].sum()), np.maximum(step.best, 0)
        if size:
            reached = step.score[best, :, np.arange(N)].T
            sets[size], path[size] = step.sets[best].T, np.where(step.is_taken, reached, np.nan)
    chosen, each = within_one_error(path, base), np.arange(N)
    return Climb(climb.steps, sets[chosen, :, each].T, path[chosen, :, each].T)


def within_one_error(path: FloatArray, base: FloatArray) -> IntArray:
    """Return the first of sets that are as good as the best to within one standard error, (N,).

    Parameters
    ----------
    path :
        (L, K, N) scores of sets, the smallest first; NaN where there is none.
    base :
        (K, N) scores without any term: where folds count.

    Notes
    -----
    The error is that of the difference from the best set over folds: what makes a fold easy for
    all sets does not count.
    """
    mean = np.where(is_whole(path, base), mean_score(path, base), -np.inf)
    best = np.argmax(mean, axis=0)
    top = path[best, :, np.arange(len(best))].T
    d = differences(np.broadcast_to(top, path.shape), path)
    n = (~np.isnan(base)).sum(axis=0)
    with numerics.quiet():
        off = np.where(np.isnan(base), 0.0, d - mean_score(d, base)[:, None])
        se = np.sqrt(np.square(off).sum(axis=1) / (n * (n - 1)))
        is_near = (mean_score(d, base) <= np.nan_to_num(se)) & (mean > -np.inf)
    return np.argmax(is_near, axis=0)
