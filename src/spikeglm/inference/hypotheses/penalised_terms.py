"""What the tests of penalised terms need of one neuron, from its covariance and information."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...regularizer.squares import squares_of
from ...typing import FloatArray, IntArray
from ..information.optimum import Optimum, Uncertainty
from ..information.rereading import covariance_about
from .smooth_tests import Mixture, partly_penalised, wholly_penalised

_ROUNDING = 1e-11  # share of the largest eigenvalue, per row, that is none


class Penalised(NamedTuple):
    """A penalised fit: coefficients, and covariances of n parameters (w, b + centre . w).

    With I the information, S the penalty and phi the dispersion, in units of the loss:
    Vp = phi (I + S)⁻¹, F = (I + S)⁻¹ I, Ve = F Vp.

    A strong penalty leaves coefficients smaller than what a fit stops at: a step of Newton's method
    gives them the digits that their ratio to Vp needs.

    >>> one = np.eye(1)
    >>> sure = Uncertainty(one, np.array([False]))
    >>> known = Penalised.of(sure, one, np.zeros(0), 2.0, np.zeros(0), np.zeros(1))
    >>> known.F, known.Ve
    (array([[0.5]]), array([[0.5]]))
    """

    coef: FloatArray  # (p,)
    information: FloatArray
    Vp: FloatArray
    F: FloatArray
    Ve: FloatArray

    @classmethod
    def of(
        cls,
        sure: Uncertainty,
        information: FloatArray,
        centre: FloatArray,
        unit: float,
        coef: FloatArray,
        slope: FloatArray,
    ) -> Penalised:
        """Return them from the covariance of (w, b), and the slope (n,) of the penalised loss."""
        better = coef - (sure.covariance @ slope)[: len(coef)] / unit
        Vp = covariance_about(sure.covariance, centre)
        F = Vp @ information / unit
        return cls(better, information, Vp, F, F @ Vp)

    def test(self, features: IntArray, penalty: FloatArray) -> Mixture | None:
        """Return the test of the term that has some features (b,).

        Parameters
        ----------
        features :
            (b,).
        penalty :
            (b, b) a matrix with the null space of the penalty on the term.
        """
        block = np.ix_(features, features)
        b, V, I = self.coef[features], self.Vp[block], self.information[block]  # noqa: E741  (its name)
        L = _among(I)
        if L.shape[1] == 0:
            return None
        if _leaves_some_free(L, I, penalty):
            edf1 = 2 * np.diag(self.F) - np.einsum("ij,ji->i", self.F, self.F)
            return partly_penalised(b, V, I, float(edf1[features].sum()))
        return wholly_penalised(L.T @ b, L.T @ V @ L, L.T @ self.Ve[block] @ L)


def penalty_on(optimum: Optimum, neuron: int, features: IntArray) -> FloatArray:
    """Return a matrix (b, b) with the null space of the penalty on some features of a neuron.

    Its size is not that of the penalty: strengths that differ much would hide one another.

    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> model = nmo.GLM(regularizer="Ridge", regularizer_strength=[0.1, 0.0])
    >>> fit = model.fit(X, np.arange(100) % 3).on(X, np.arange(100) % 3)
    >>> penalty_on(fit.optimum, 0, np.arange(2))
    array([[1., 0.],
           [0., 0.]])
    """
    penalty = optimum.penalty.take(np.array([neuron]))
    squares = squares_of(penalty, 1)
    if squares is None:
        diagonal = penalty.curvature((len(optimum.coef), 1))[features, 0]
        return np.diag((diagonal > 0).astype(float))
    out = np.zeros((len(features), len(features)))
    first = 0
    for places, rows in squares.parts:
        acts = squares.strength[first : first + len(rows), 0] > 0
        first += len(rows)
        here = np.zeros((int(acts.sum()), squares.n_coefficients))
        here[:, places] = rows[acts]
        part = here[:, features]
        size = np.linalg.norm(part)
        if size > 0:
            out += part.T @ part / size**2
    return out


def _among(information: FloatArray) -> FloatArray:
    """Return combinations L (b, r) of coefficients that the values of the term tell."""
    unit = np.sqrt(np.maximum(np.diag(information), 0.0))
    is_there = unit > _ROUNDING * unit.max(initial=0.0)
    scaled = information[np.ix_(is_there, is_there)] / np.outer(unit[is_there], unit[is_there])
    values, vectors = np.linalg.eigh(scaled)
    kept = values > _ROUNDING * len(values) * max(values[-1:], default=0.0)
    L = np.zeros((len(unit), int(kept.sum())))
    L[is_there] = vectors[:, kept] * unit[is_there, None]
    return L


def _leaves_some_free(L: FloatArray, information: FloatArray, penalty: FloatArray) -> bool:
    """Tell whether some functions of the term, beyond those that are zero, are not penalised."""
    unit = np.sqrt(np.maximum(np.diag(information), 0.0))
    unit = np.where(unit > 0, unit, 1.0)
    values, vectors = np.linalg.eigh(penalty / np.outer(unit, unit))
    free = vectors[:, values <= _ROUNDING * len(values) * values[-1]] / unit[:, None]
    if not free.shape[1]:
        return False
    moved = np.linalg.norm(L.T @ free, axis=1)  # in the values of the term
    return bool((moved > 1e-6).any())
