"""The most likely weights and lapse rates of choices, by Newton's steps between bounds.

With s = 1 / (1 + exp(-eta)) a choice is 1 with probability

    a + (1 - a - b) s,    a, b >= 0,    a + b < 1

the lapse rates a to one and b to zero. In the weights alone this is no convex problem: so there are
several starts, and the best end counts. A step is Newton's where the objective bends up in all
directions that may move, and else that of its expected curvature, which always leads down. An end
is an optimum where the Newton decrement over all that may move is nil and a lapse rate of zero
would not gain by rising.

References
----------
Bertsekas (1982), SIAM J Control Optim 20:221-46, for steps between bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import showing
from ..typing import BoolArray, FloatArray

CONVERGED, LIMIT, STALLED = "converged", "iteration limit", "stalled"
_MOST_STEPS = 200
_DONE = 1e-8  # nats that are left to be gained
_FARTHEST = 200.0  # of a predictor: squares of probabilities are numbers still
_SUFFICIENT = 1e-4  # share of the slope that a step must gain
_HALVINGS = 50
_LEAST_BEND = 1e-10  # least eigenvalue of a curvature that is scaled to ones on its diagonal
_LEFT = 0.9  # share of the way to lapses on all trials, of a step
_BEGINNINGS = (  # lapse rates to one and to zero, and what weights of the GLM are multiplied by
    (0.02, 0.02, 1.0), (0.1, 0.1, 2.0), (0.25, 0.25, 4.0), (0.2, 0.02, 2.0), (0.02, 0.2, 2.0),
)  # fmt: skip


class Looked(NamedTuple):
    """Minus log p(choices) with the ridge, in nats, at parameters (m + 2,)."""

    value: float
    slope: FloatArray
    observed: FloatArray  # second derivative
    expected: FloatArray  # what it is on average, were the model true


class Ended(NamedTuple):
    """Where a climb ended."""

    theta: FloatArray
    value: float
    status: str


@dataclass(frozen=True, eq=False)
class Lapsing:
    """Choices that follow features, but for lapses.

    Parameters are m weights, then the lapse rates to one and to zero.

    Attributes
    ----------
    X :
        (n, m); an intercept is a column of ones.
    y :
        (n,) bools.
    offset :
        (n,) added to the predictor.
    strength :
        (m,) of a ridge, in nats.

    Examples
    --------
    >>> X, y = np.ones((10, 1)), np.arange(10) < 7
    >>> glm = Lapsing(X, y, np.zeros(10), np.zeros(1)).without_lapses()
    >>> bool(np.isclose(glm.theta[0], np.log(7 / 3))), glm.theta[1:], glm.status
    (True, array([0., 0.]), 'converged')
    """

    X: FloatArray
    y: BoolArray
    offset: FloatArray
    strength: FloatArray

    __repr__ = showing.of_fields

    def value(self, theta: FloatArray) -> float:
        """Return minus the log-likelihood with the ridge."""
        w = theta[:-2]
        one, zero, *_ = self._probabilities(theta)
        of_choices = np.log(np.where(self.y, one, zero)).sum()
        return float(-of_choices + 0.5 * self.strength @ w**2)

    def _probabilities(self, theta: FloatArray) -> tuple[FloatArray, ...]:
        """Return p(one), p(zero), s and 1 - s, (n,) each."""
        *_, to_one, to_zero = theta
        eta = np.clip(self.X @ theta[:-2] + self.offset, -_FARTHEST, _FARTHEST)
        up, down = 1.0 / (1.0 + np.exp(-eta)), 1.0 / (1.0 + np.exp(eta))
        listens = 1.0 - to_one - to_zero
        return to_one + listens * up, to_zero + listens * down, up, down

    def look(self, theta: FloatArray) -> Looked:
        """Return the value, its slope and its curvatures."""
        one, zero, up, down = self._probabilities(theta)
        w, listens = theta[:-2], 1.0 - theta[-2] - theta[-1]
        sign, p = np.where(self.y, 1.0, -1.0), np.where(self.y, one, zero)
        rise = listens * up * down  # of p(one) by the predictor
        by_all = np.column_stack([self.X * rise[:, None], down, -up])  # of p(one)
        score = by_all * (sign / p)[:, None]
        slope = -score.sum(axis=0)
        slope[:-2] += self.strength * w
        bent = (sign * rise * (down - up) / p)[:, None] * self.X
        crossed = self.X.T @ (sign * up * down / p)
        observed = score.T @ score
        observed[:-2, :-2] -= self.X.T @ bent
        observed[:-2, -2:] += crossed[:, None]
        observed[-2:, :-2] += crossed
        spread = by_all / np.sqrt(one * zero)[:, None]
        expected = spread.T @ spread
        diagonal = np.arange(len(w))
        for bend in (observed, expected):
            bend[diagonal, diagonal] += self.strength
        value = float(-np.log(p).sum() + 0.5 * self.strength @ w**2)
        return Looked(value, slope, observed, expected)

    def without_lapses(self) -> Ended:
        """Return the GLM: both lapse rates stay zero."""
        return self.climbed(np.zeros(self.X.shape[1] + 2), np.zeros(2, dtype=bool))

    def ends(self) -> list[Ended]:
        """Return where climbs from several starts end, the best first."""
        glm = self.without_lapses()
        found = []
        for to_one, to_zero, gain in _BEGINNINGS:
            theta = np.append(gain * glm.theta[:-2], [to_one, to_zero])
            found.append(self.climbed(theta, np.ones(2, dtype=bool)))
        return sorted(found, key=lambda end: end.value)

    def climbed(self, theta: FloatArray, may_lapse: BoolArray) -> Ended:
        """Return where Newton's steps lead; ``may_lapse`` (2,) says which rates may move."""
        m = len(theta) - 2
        for _ in range(_MOST_STEPS):
            at = self.look(theta)
            moves = np.append(np.ones(m, dtype=bool), may_lapse)
            moves[m:] &= (theta[m:] > 0) | (at.slope[m:] < 0)
            way, left = _step(at, moves)
            if left <= _DONE:
                return Ended(theta, at.value, CONVERGED)
            while (outward := (theta[m:] <= 0) & (way[m:] < 0)).any():
                moves[m:] &= ~outward
                way, _ = _step(at, moves)
            new = self._along(theta, way, at)
            if new is None:
                return Ended(theta, at.value, STALLED)
            theta = new
        return Ended(theta, self.value(theta), LIMIT)

    def _along(self, theta: FloatArray, way: FloatArray, at: Looked) -> FloatArray | None:
        """Return parameters lower down that way, within bounds; None where there are none."""
        m = len(theta) - 2
        falling = way[m:] < 0
        share = min(1.0, *(-theta[m:][falling] / way[m:][falling]), np.inf)
        more = way[m:].sum()
        if more > 0:
            share = min(share, _LEFT * (1.0 - theta[m:].sum()) / more)
        for _ in range(_HALVINGS):
            new = theta + share * way
            new[m:] = np.where(new[m:] < 1e-15, 0.0, new[m:])
            if self.value(new) <= at.value + _SUFFICIENT * share * (at.slope @ way):
                return new
            share /= 2.0
        return None


def _step(at: Looked, moves: BoolArray) -> tuple[FloatArray, float]:
    """Return a step that leads down, and what it would gain, about, by half its decrement."""
    slope = at.slope[moves]
    way = np.zeros(len(moves))
    for bend, must_bend_up in ((at.observed, True), (at.expected, False)):
        bend = bend[np.ix_(moves, moves)]
        size = np.sqrt(np.maximum(np.diag(bend), 0.0))
        size = np.where(size > 0, size, 1.0)
        values, vectors = np.linalg.eigh(bend / np.outer(size, size))
        if must_bend_up and values[0] < _LEAST_BEND:
            continue
        inverse = np.where(values > _LEAST_BEND, 1.0 / np.maximum(values, _LEAST_BEND), 0.0)
        way[moves] = -(vectors @ (inverse * (vectors.T @ (slope / size)))) / size
        break
    return way, float(-0.5 * (at.slope @ way))


def covariance(at: Looked, theta: FloatArray) -> FloatArray:
    """Return that of the parameters; NaN for a lapse rate of zero, or where they are not told.

    Examples
    --------
    >>> X, y = np.ones((10, 1)), np.arange(10) < 7
    >>> choices = Lapsing(X, y, np.zeros(10), np.zeros(1))
    >>> theta = choices.without_lapses().theta
    >>> covariance(choices.look(theta), theta)[0, 0].round(3)  # 1 / (10 * 0.7 * 0.3)
    np.float64(0.476)
    """
    moves = np.append(np.ones(len(theta) - 2, dtype=bool), theta[-2:] > 0)
    found = np.full(at.observed.shape, np.nan)
    bend = at.observed[np.ix_(moves, moves)]
    size = np.sqrt(np.maximum(np.diag(bend), np.finfo(float).tiny))
    scaled = bend / np.outer(size, size)
    if np.linalg.eigvalsh(scaled)[0] > _LEAST_BEND:
        found[np.ix_(moves, moves)] = np.linalg.inv(scaled) / np.outer(size, size)
    return found
