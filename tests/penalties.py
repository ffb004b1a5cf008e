"""Every penalty: how a user asks for it, and the same written out here, sharing no code with us.

All are one formula: sum_k weight_k |w_k| + w'S w / 2, where w_k are some of the coefficients. Each
row says what laws need to know of a penalty, and which solvers find its optimum.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikeglm.regularizer import ElasticNet, GroupLasso, Lasso, Quadratic, Ridge, UnRegularized

N_FEATURES = 3


@dataclass(frozen=True)
class Penalty:
    """A row of the catalogue.

    ``asked_for`` takes the weights of the kinks and returns what a user writes; ``kinks`` are pairs
    of features and the weight of their norm, ``entries`` features, a matrix and its weight. Solvers
    come with their default tolerance over that of the first one.
    """

    asked_for: Callable[[tuple[tuple[tuple[int, ...], float], ...], int], tuple[Any, Any]]
    main_solvers: dict[str, float]
    other_solvers: dict[str, float]
    l2: float = 0.0
    kinks: tuple[tuple[tuple[int, ...], float], ...] = ()
    n_features: int = N_FEATURES
    entries: tuple[tuple[tuple[int, ...], Any, float], ...] = ()

    @property
    def matrix(self) -> np.ndarray:
        """S (p, p)."""
        return self.matrix_of(self.n_features)

    def matrix_of(self, n_features: int) -> np.ndarray:
        """S for another number of features; entries stay where they are."""
        S = self.l2 * np.eye(n_features)
        for features, matrix, weight in self.entries:
            S[np.ix_(features, features)] += weight * np.array(matrix)
        return S

    @property
    def is_smooth(self) -> bool:
        """Whether it has a gradient everywhere: Newton decrements and standard errors exist."""
        return not self.kinks

    @property
    def is_none(self) -> bool:
        """Whether the optimum follows features into other units, and offsets that are features."""
        return self.is_smooth and not self.matrix.any()

    @property
    def largest_weight(self) -> float:
        return max((weight for _, weight in self.kinks), default=0.0)

    @property
    def smallest_weight(self) -> float:
        return min((weight for _, weight in self.kinks), default=0.0)

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of an estimator."""
        what = (self.entries,) if self.entries else (self.kinks, self.n_features)
        regularizer, strength = self.asked_for(*what)
        return {"regularizer": regularizer, "regularizer_strength": strength}

    def of_features(self, features) -> "Penalty":
        """Return the penalty of only these features, in this order, each weighing what it did."""
        place = {int(feature): new for new, feature in enumerate(features)}
        kept = (([place[j] for j in w if j in place], weight) for w, weight in self.kinks)
        kinks = tuple((tuple(w), weight) for w, weight in kept if w)
        more = (self.main_solvers, self.other_solvers, self.l2)
        whole = range(len(place))
        part = self.matrix[np.ix_(list(place), list(place))]
        entries = ((tuple(whole), part, 1.0),) if self.entries else ()
        return Penalty(self.asked_for, *more, kinks, len(place), entries)

    def value(self, w) -> float:
        """Return the penalty of coefficients (p,)."""
        return w @ self.matrix @ w / 2 + self.of_kinks(w)

    def of_kinks(self, w) -> float:
        """Return the part that is not smooth."""
        return sum(weight * np.linalg.norm(w[list(some)]) for some, weight in self.kinks)

    def prox(self, w, step):
        """Return argmin_v of_kinks(v) + |v - w|² / (2 step)."""
        out = w.copy()
        for some, weight in self.kinks:
            size = np.linalg.norm(w[list(some)])
            out[list(some)] *= max(0.0, 1 - step * weight / size) if size else 0.0
        return out

    @property
    def kinked(self):
        """``(value, prox)`` of the part that is not smooth."""
        return self.of_kinks, self.prox

    def shortest_slope(self, w, slope):
        """Return the smallest subgradient (p,) of slope'w + penalty(w) at w: zero at an optimum."""
        out = slope + self.matrix @ w
        for some, weight in self.kinks:
            some = list(some)
            size, pull = np.linalg.norm(w[some]), np.linalg.norm(out[some])
            at_zero = out[some] * max(0.0, 1 - weight / pull) if pull else 0.0 * w[some]
            out[some] = out[some] + weight * w[some] / size if size else at_zero
        return out


def _group_lasso(kinks, n_features):
    mask = np.zeros((len(kinks), n_features))
    for group, (features, _) in zip(mask, kinks, strict=True):
        group[list(features)] = 1.0
    strength = np.array([weight / np.sqrt(len(features)) for features, weight in kinks])
    return GroupLasso(mask), strength


def _quadratic(entries):
    given = [(np.array(features), np.array(matrix)) for features, matrix, _ in entries]
    return Quadratic(given), np.array([weight for *_, weight in entries])


def _single(weight: float):
    return tuple(((j,), weight) for j in range(N_FEATURES))


SMOOTH = {
    "main_solvers": {"LBFGS": 1.0, "Newton": 1.0},
    "other_solvers": {
        "GradientDescent": 1.0,
        "BFGS": 10.0,
        "NonlinearCG": 10.0,
        "SVRG": 1.0,
        "ProximalGradient": 1.0,
        "ProxSVRG": 1.0,
    },
}
KINKED = {
    "main_solvers": {"ProximalNewton": 1.0},
    "other_solvers": {"ProximalGradient": 10.0, "ProxSVRG": 10.0},
}
PENALTIES = {
    "UnRegularized": Penalty(lambda *_: (UnRegularized(), None), **SMOOTH),
    "Ridge": Penalty(lambda *_: (Ridge(), 0.05), **SMOOTH, l2=0.05),
    "Quadratic": Penalty(
        _quadratic,
        **SMOOTH,
        # They overlap, and leave one combination without a penalty.
        entries=(((0, 2), ((1, -1), (-1, 1)), 0.05), ((1, 2), ((4, -2), (-2, 1)), 0.02)),
    ),
    "Lasso": Penalty(lambda *_: (Lasso(), 0.02), **KINKED, kinks=_single(0.02)),
    "ElasticNet": Penalty(
        lambda *_: (ElasticNet(), (0.02, 0.75)), **KINKED, l2=0.005, kinks=_single(0.015)
    ),
    "GroupLasso": Penalty(
        _group_lasso, **KINKED, kinks=(((0, 2), 0.03 * np.sqrt(2)), ((1,), 0.03))
    ),
}
APPROXIMATE = ("PolynomialApproximation",)
"""Solvers that stop short of the optimum, which no law of the optimum holds for."""
