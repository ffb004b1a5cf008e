"""Quadratic models of the loss, one per column, on the parameters that the column works with.

A column begins with the curvature that all share: the correlation matrix R of the features times
the column's mean curvature h, known before the first pass. Steps correct the model by the BFGS
formula (Nocedal & Wright, Numerical Optimization, 2nd ed., eq. 6.19), and features that join later
are added by what R says of them. So no visit of the rows is spent on curvature.

Where columns share no such matrix (h is None), a model is the column's own curvature where it
stands when parameters join, at one visit of the rows each time. So is the model of a column that
follows its curvature, and it is made anew wherever the column asks for a goal: Newton's method.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ...typing import BoolArray, FloatArray, IntArray
from ..contract import Objective

_LEAST_CURVED = 1e-8  # share of |step| |change| below which a pair says nothing about curvature
_DEPENDENT = 1e-8  # added to a correlation of one: features may be copies of each other
_MOST_BYTES = 2**26  # of models that are worked on at a time


class LocalCurvature:
    """Hessians of the loss on a set of parameters per column; the last one is always among them.

    Parameters
    ----------
    objective :
        C column problems.
    h :
        (C,) mean curvature of their losses per row, or None.

    Attributes
    ----------
    follows :
        (C,) whether a column's model is its own curvature wherever it stands.
    """

    def __init__(self, objective: Objective, h: FloatArray | None) -> None:
        n = objective.n_columns
        self._objective, self._h = objective, None if h is None else h.copy()
        self._models: list[FloatArray] = [
            np.full((1, 1), x) for x in (np.ones(n) if h is None else h)
        ]
        self._sets: list[IntArray] = [np.zeros(0, dtype=np.intp)] * n
        self.follows = np.zeros(n, dtype=bool)
        self._has = np.zeros((n, objective.n_parameters - 1), dtype=bool)

    def sets(self, columns: IntArray) -> list[IntArray]:
        """Return the parameters of each column's model, the last one not counted."""
        return [self._sets[c] for c in columns]

    def extend(self, theta: FloatArray, columns: IntArray, wanted: BoolArray) -> None:
        """Let models contain at least the wanted parameters, (A, n - 1); theta is (n, A)."""
        missing = wanted & ~self._has[columns]
        incomplete = np.flatnonzero(missing.any(axis=1))
        self._has[columns] |= missing
        is_own = self.follows[columns]
        if self._h is None:
            is_own[incomplete] = True
        self._compute(theta, columns, np.flatnonzero(is_own))
        for a in incomplete[~is_own[incomplete]]:
            c = columns[a]
            self._add(c, np.flatnonzero(missing[a]), 1.0 if self._h is None else self._h[c])

    def price(self, columns: IntArray) -> FloatArray:
        """Return what a column's own curvature costs, (A,), in visits for value and gradient."""
        size = np.array([len(self._sets[c]) + 1 for c in columns])
        return size**2 / (4.0 * self._objective.n_parameters)

    def _compute(self, theta: FloatArray, columns: IntArray, which: IntArray) -> None:
        """Replace some of the models by the columns' own curvature at theta."""
        sets = [np.flatnonzero(self._has[c]) for c in columns[which]]
        for batch in in_batches([len(s) for s in sets]):
            part = which[batch]
            H = self._objective.hessian_on(theta[:, part], columns[part], [sets[k] for k in batch])
            for a, k in enumerate(batch):
                c, used = columns[which[k]], sets[k]
                places = np.append(np.arange(len(used)), -1)
                self._models[c], self._sets[c] = H[a][np.ix_(places, places)], used

    def _add(self, column: int, new: IntArray, h: float) -> None:
        """Add features u to a model of features o.

        A new feature is what the old ones predict of it plus a rest, u = o B + e. The first part
        has their curvature, and the rest that of the mean row:

            H_ou = H_oo B,    H_uu = B' H_oo B + h (R_uu - R_uo B),    B = R_oo^-1 R_ou

        which is positive semidefinite whatever H_oo is, and h R if H_oo is h R_oo.
        """
        R = self._objective.features.correlation
        old, H = self._sets[column], self._models[column]
        k, n = len(old), len(old) + len(new)
        R_oo = R.part(old, old) + _DEPENDENT * np.eye(k)
        R_ou = R.part(old, new)
        B = np.linalg.solve(R_oo, R_ou)
        H_ou = H[:, :k] @ B
        o, u = np.append(np.arange(k), n), np.arange(k, n)
        out = np.zeros((n + 1, n + 1))
        out[np.ix_(o, o)] = H
        out[np.ix_(o, u)], out[np.ix_(u, o)] = H_ou, H_ou.T
        rest = R.part(new, new) - R_ou.T @ B
        out[np.ix_(u, u)] = B.T @ H_ou[:k] + h * rest
        # What rounding makes unequal would grow with every feature that joins.
        out = 0.5 * (out + out.T)
        self._models[column], self._sets[column] = out, np.concatenate([old, new])

    def model(self, column: int) -> FloatArray:
        """Return a copy of the model of a column, (k + 1, k + 1), of its set and the last one."""
        return self._models[column].copy()

    def alike(self, columns: IntArray) -> FloatArray:
        """Return copies of the models of columns with sets of one size, (A, k + 1, k + 1)."""
        return np.stack([self._models[c] for c in columns])

    def padded(self, columns: IntArray) -> FloatArray:
        """Return the models of some columns, (A, k + 1, k + 1) with k the size of the largest set.

        A diagonal of one stands for the places between a smaller set and the intercept.
        """
        size = 1 + max(len(self._sets[c]) for c in columns)
        H = np.zeros((len(columns), size, size))
        for a, c in enumerate(columns):
            k = len(self._sets[c])
            H[a, :k, :k] = self._models[c][:k, :k]
            H[a, -1, :k] = H[a, :k, -1] = self._models[c][-1, :k]
            H[a, -1, -1] = self._models[c][-1, -1]
            padding = np.arange(k, size - 1)
            H[a, padding, padding] = 1.0
        return H

    def in_batches(self, columns: IntArray) -> Iterator[IntArray]:
        """Yield the columns in batches whose padded models fit into memory."""
        for batch in in_batches([len(self._sets[c]) for c in columns]):
            yield columns[batch]

    def learn(self, step: FloatArray, change: FloatArray, columns: IntArray) -> None:
        """Correct the models by accepted steps and the loss's change of gradient, (p + 1, A)."""
        for a, c in enumerate(columns):
            rows = np.append(self._sets[c], -1)
            s, y, H = step[rows, a], change[rows, a], self._models[c]
            Hs, sy = H @ s, s @ y
            sHs = s @ Hs
            if sHs > 0 and sy > _LEAST_CURVED * np.sqrt((s @ s) * (y @ y)):
                H += np.array([y / sy, -Hs / sHs]).T @ np.array([y, Hs])
                if self._h is not None:
                    self._h[c] *= np.clip(sy / sHs, 0.1, 10.0)


def in_batches(sizes: Sequence[int]) -> Iterator[IntArray]:
    """Yield the numbers of models, given their sizes, in batches that fit into memory, padded."""
    largest = 1 + max(sizes, default=0)
    n = max(1, _MOST_BYTES // (8 * largest**2))
    for start in range(0, len(sizes), n):
        yield np.arange(start, min(start + n, len(sizes)))
