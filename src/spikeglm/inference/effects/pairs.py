"""Pairs of points of a term: which may be chosen, and what a neuron says of those that are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...numerics import quiet
from ...observation_models.likelihood import Likelihood
from ...rows.terms import Term
from ...typing import Array, FloatArray, IntArray
from ..curve_bands import error_of
from ..information.optimum import Uncertainty
from .combinations import Reach
from .points import Points
from .scales import scale_named

_MOST_PAIRS = 2**15
_CHOICES = {"preferred": np.argmax, "least": np.argmin}


@dataclass(frozen=True, eq=False)
class Candidates:
    """The points (M,) among which one is taken; for opposites, half a period further.

    Attributes
    ----------
    points :
        All of them.
    choice :
        ``"preferred"``, ``"least"``, ``"opposite"`` of the other end, or ``""`` for the only one.
    """

    points: Points
    choice: str = ""

    __repr__ = showing.of_fields

    @classmethod
    def of(
        cls, term: Term, wanted: Any, n_points: int, bin_s: float | None, *, other: Points | None
    ) -> Candidates:
        """Return the candidates for what is wanted, a point or a word.

        Raises
        ------
        ValueError
            If a point does not fit the term, or there is no opposite.
        """
        is_word = isinstance(wanted, str) and wanted in (*_CHOICES, "opposite")
        if is_word and term.kind == "category":
            is_word = wanted not in list(term.axis())
        if not is_word:
            if isinstance(wanted, str) and term.kind != "category":
                raise errors.unknown_name("choice of a point", wanted, (*_CHOICES, "opposite"))
            at = wanted if isinstance(wanted, tuple) else (wanted,)
            points = Points.of(term, tuple(np.ravel(x)[:1] for x in at), 1, bin_s)
            sizes = [np.size(x) for x in at]
            if sizes != [1] * len(sizes):
                raise errors.value_error(
                    "A comparison is of two points.",
                    given=f"{sizes} numbers",
                    expected="one for each variable",
                    todo="ask for a curve to see several.",
                )
            return cls(points)
        if wanted != "opposite":
            return cls(Points.of(term, None, n_points, bin_s), wanted)
        if other is None or term.circle() is None:
            raise errors.value_error(
                f"{term.label!r} has no opposite there.",
                given="'opposite'" if other else "at='opposite'",
                expected="a variable on a circle (CyclicBSplineEval, FourierEval), and against",
                todo="give the point itself, or against='least'.",
            )
        return cls(other, wanted)

    @property
    def names(self) -> tuple[str, ...]:
        """What the variables are called."""
        return self.points.names

    def functions(self, channel: int) -> FloatArray:
        """Return the functions (M, b) of a channel at all candidates."""
        return self.points.term.functions(*self._own(channel, self.points.grid), channel=channel)

    def shown(self, chosen: IntArray) -> list[Array]:
        """Return, for each variable, the points (S, C) that were chosen."""
        axes = []
        for axis in self.points.shown:
            rows = [self._own(c, (axis,))[0][of_channel] for c, of_channel in enumerate(chosen)]
            axes.append(np.stack(rows))
        return axes

    def _own(self, channel: int, points: tuple[Array, ...]) -> tuple[Array, ...]:
        circle = self.points.term.circle(channel=channel) if self.choice == "opposite" else None
        if circle is None:
            return points
        low, span = circle[0], circle[1] - circle[0]
        return tuple(low + (at + span / 2 - low) % span for at in points)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Candidates for the one and for the other point of a term."""

    term: Term
    first: Candidates
    second: Candidates

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, term: Term, at: Any, against: Any, n_points: int, bin_s: float | None) -> Pairs:
        """Return the candidates.

        Raises
        ------
        ValueError
            As :meth:`Candidates.of`, or if there are too many pairs.
        """
        first = Candidates.of(term, at, n_points, bin_s, other=None)
        second = Candidates.of(term, against, n_points, bin_s, other=first.points)
        pairs = cls(term, first, second)
        if pairs._are_independent and len(first.points.grid[0]) ** 2 > _MOST_PAIRS:
            raise errors.value_error(
                "There are too many pairs of points to choose from.",
                given=f"{len(first.points.grid[0])} points, of which any two might be chosen",
                expected=f"at most {_MOST_PAIRS} pairs",
                todo="pass a smaller n_points, or one of the two points.",
            )
        return pairs

    @property
    def are_chosen(self) -> bool:
        """Whether the estimates choose."""
        return any(end.choice in _CHOICES for end in (self.first, self.second))

    @property
    def _are_independent(self) -> bool:
        return all(end.choice in _CHOICES for end in (self.first, self.second))

    def choice(self, seen: Seen) -> tuple[int, int]:
        """Return the places of the two points that a neuron has chosen, among known ones."""
        i = _chosen(self.first.choice, seen.eta[0], seen.errors[0])
        if self.second.choice == "opposite":
            return i, i
        return i, _chosen(self.second.choice, seen.eta[1], seen.errors[1])

    def all(self, n_first: int, n_second: int) -> tuple[IntArray, IntArray]:
        """Return the places (M,) of all pairs that might be chosen."""
        if self.second.choice == "opposite":
            return np.arange(n_first), np.arange(n_first)
        grid = np.meshgrid(np.arange(n_first), np.arange(n_second), indexing="ij")
        return grid[0].ravel(), grid[1].ravel()


class Seen:
    """What a neuron says of the predictors at both ends, of all candidates.

    Attributes
    ----------
    K, eta, errors :
        For each end: combinations (M, n), predictors (M,) and their standard errors (M,).
    """

    def __init__(
        self,
        combinations: Sequence[FloatArray],
        parameters: FloatArray,
        sure: Uncertainty,
        likelihood: Likelihood,
    ) -> None:
        self.K, self.sure, self.likelihood = tuple(combinations), sure, likelihood
        self.per_bin = scale_named("mean", likelihood, None)
        self.eta = tuple(K @ parameters for K in self.K)
        self.errors = tuple(error_of(K, sure) for K in self.K)

    def told(self, i: int, j: int, pairs: Pairs, reach: Reach) -> dict[str, float]:
        """Return values, difference and ratio of two candidates, per bin, with their intervals."""
        out: dict[str, float] = {}
        for name, end, place in (("value_at", 0, i), ("value_against", 1, j)):
            half = reach.of(self.K[end], self.sure, self.errors[end]) * self.errors[end][place]
            middle = self.eta[end][place]
            out |= _interval(name, self.per_bin.of(middle), *self.per_bin.ends(middle, half))
        left, right = pairs.all(len(self.eta[0]), len(self.eta[1]))
        at = int(np.flatnonzero((left == i) & (right == j))[0])
        mean, slope = zip(*(self._mean(eta) for eta in self.eta), strict=True)
        with quiet():
            by_log = [s / m for s, m in zip(slope, mean, strict=True)]
            log_ratio = np.log(mean[0][i]) - np.log(mean[1][j])
        for name, weights, middle, turn in (
            ("difference", slope, mean[0][i] - mean[1][j], float),
            ("ratio", by_log, log_ratio, np.exp),
        ):
            with quiet():
                K = (
                    weights[0][left, None] * self.K[0][left]
                    - weights[1][right, None] * self.K[1][right]
                )
            known = np.isfinite(K).all(axis=1)
            K = np.where(known[:, None], K, 0.0)
            error = np.where(known, error_of(K, self.sure), np.nan)
            half = reach.of(K, self.sure, error) * error[at]
            with quiet():  # of a neuron of one spike ends may be beyond all numbers
                ends = [turn(x) for x in (middle, middle - half, middle + half)]
            out |= _interval(name, *ends)
        return out

    def _mean(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the mean and its slope."""
        with quiet():
            mean, _, slope = self.likelihood.link.curve("mean", eta)
        return mean, slope


def _interval(name: str, value: Any, low: Any, high: Any) -> dict[str, float]:
    return {name: float(value), f"{name}_low": float(low), f"{name}_high": float(high)}


def _chosen(choice: str, eta: FloatArray, error: FloatArray) -> int:
    """Return the place of the highest or lowest estimate, among those that data know."""
    if choice not in _CHOICES:
        return 0
    worst = -np.inf if choice == "preferred" else np.inf
    known = np.where(np.isfinite(error) & np.isfinite(eta), eta, worst)
    return int(_CHOICES[choice](known))
