"""Sandwiches written out: every sum over rows as a matrix of all rows, nothing shared with src."""

import numpy as np
from tests.models import NB_SCALE
from tests.reference.numpy_glm import LINKS, variance


class Sandwich:
    """One neuron's: rows Z (T, n) with the intercept last, scores s (T, n), and the bread B."""

    def __init__(self, X, y, coef, intercept, model, link, *, a=None, ridge=0.0, offset=0.0):
        f, slope, _ = LINKS[link]
        self.a = np.ones(len(y)) if a is None else a
        eta = X @ coef + intercept + offset
        V = variance(model, f(eta), NB_SCALE)
        self.Z = np.column_stack([X, np.ones(len(y))])
        self.factor = 2.0 if model == "Gaussian" else 1.0  # of its loss, (y - mu)²
        self.u = self.factor * (y - f(eta)) * slope(eta) / V
        self.w = self.factor * slope(eta) ** 2 / V
        S = np.zeros((self.Z.shape[1],) * 2)
        S[:-1, :-1] = ridge if np.ndim(ridge) == 2 else ridge * np.eye(X.shape[1])
        F = self.Z.T @ (self.Z * (self.a * self.w)[:, None])
        self.B = np.linalg.inv(F + self.a.sum() * S)
        self.k = np.trace(self.B @ F)
        self.n = self.a.sum()

    def around(self, K):
        """B Z' diag(u) K diag(u) Z B, K (T, T) the weight of each pair of rows."""
        s = self.Z * self.u[:, None]
        return self.B @ (s.T @ K @ s) @ self.B

    def hc(self, name):
        h = self.w * np.einsum("ti,ij,tj->t", self.Z, self.B, self.Z)
        by = {"HC0": 1.0, "HC1": self.n / (self.n - self.k), "HC2": 1 / (1 - h)}
        return self.around(np.diag(self.a * by.get(name, 1 / (1 - h) ** 2)))

    def cluster(self, groups):
        G = len(np.unique(groups[self.a > 0]))
        same = groups[:, None] == groups
        return self.around(same * np.outer(self.a, self.a)) * G / (G - 1)

    def reduced(self, groups, power):
        """CR2 (power 1/2), and CR3 (1), with the hat matrix of all rows."""
        root = np.sqrt(self.a * self.w)
        H = (self.Z * root[:, None]) @ self.B @ (self.Z * root[:, None]).T
        M, G = np.zeros_like(self.B), len(np.unique(groups[self.a > 0]))
        for g in np.unique(groups):
            rows = np.flatnonzero((groups == g) & (self.a > 0))
            values, vectors = np.linalg.eigh(np.eye(len(rows)) - H[np.ix_(rows, rows)])
            e = (self.a * self.u)[rows] / root[rows]
            s = (self.Z[rows] * root[rows, None]).T @ (vectors * values**-power) @ vectors.T @ e
            M += np.outer(s, s)
        return self.B @ M @ self.B * (1.0 if power == 0.5 else (G - 1) / G)

    def hac(self, L, times=None):
        at = np.arange(len(self.a)) if times is None else times
        K = np.clip(1 - np.abs(at[:, None] - at) / (L + 1), 0, None)
        return self.around(K * np.outer(self.a, self.a)) * self.n / (self.n - self.k)
