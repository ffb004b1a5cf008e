"""What the tests of penalised terms need of one neuron, from its covariance and information."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...regularizer.squares import squares_of
from ...typing import BoolArray, FloatArray, IntArray
from ..information.inverses import only_by_penalty
from ..information.optimum import Optimum, Uncertainty
from ..information.rereading import covariance_about
from .smooth_tests import Mixture, alike, partly_penalised, wholly_penalised

_ROUNDING = 1e-11  # share of the largest eigenvalue, per row, that is none
_MOVED = 1e-6  # norm of the values of a function, from which it is one


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
    is_decided: BoolArray  # (n,) by the penalty alone: Ve is zero there, or rounding

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
        return cls(better, information, Vp, F, F @ Vp, only_by_penalty(Vp, information))

    def tests(
        self, terms: Sequence[IntArray], penalties: Sequence[FloatArray]
    ) -> list[Mixture | None]:
        """Return the tests of terms, all of a size at once.

        Parameters
        ----------
        terms :
            (b,) the features of each.
        penalties :
            (b, b) a matrix for each, with the null space of the penalty on the term.
        """
        out: list[Mixture | None] = [None] * len(terms)
        for _, some in alike(np.array([len(features) for features in terms])):
            places = np.stack([terms[j] for j in some])
            found = self._tests_alike(places, np.stack([penalties[j] for j in some]))
            for j, mixture in zip(some.tolist(), found, strict=True):
                out[j] = mixture
        return out

    def _tests_alike(self, places: IntArray, penalties: FloatArray) -> list[Mixture | None]:
        """Return the tests of J terms of b features (J, b) each."""
        out: list[Mixture | None] = [None] * len(places)
        rows, columns = places[:, :, None], places[:, None, :]
        b, V, I = self.coef[places], self.Vp[rows, columns], self.information[rows, columns]  # noqa: E741  (its name)
        L, ranks = _among(I)
        is_partly = _leaves_some_free(L, I, penalties) & (ranks > 0)
        partly = np.flatnonzero(is_partly)
        if len(partly):
            edf1 = 2 * np.diag(self.F) - np.einsum("ij,ji->i", self.F, self.F)
            found = partly_penalised(b[partly], V[partly], I[partly], edf1[places[partly]].sum(1))
            for j, mixture in zip(partly.tolist(), found, strict=True):
                out[j] = mixture
        for rank, alike_ones in alike(np.where(is_partly, 0, ranks)):
            if rank:
                some, lower = alike_ones, L[alike_ones, :, -rank:]
                told = (lower.mT @ b[some, :, None])[:, :, 0]
                Ve = self.Ve[rows[some], columns[some]]
                found = wholly_penalised(told, lower.mT @ V[some] @ lower, lower.mT @ Ve @ lower)
                for j, mixture in zip(some.tolist(), found, strict=True):
                    out[j] = mixture
        return out


def penalties_on(optimum: Optimum, neuron: int, terms: Sequence[IntArray]) -> list[FloatArray]:
    """Return a matrix (b, b) with the null space of the penalty on the features of each term.

    Its size is not that of the penalty: strengths that differ much would hide one another.

    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> model = nmo.GLM(regularizer="Ridge", regularizer_strength=[0.1, 0.0])
    >>> fit = model.fit(X, np.arange(100) % 3).on(X, np.arange(100) % 3)
    >>> penalties_on(fit.optimum, 0, [np.arange(2)])
    [array([[1., 0.],
           [0., 0.]])]
    """
    penalty = optimum.penalty.take(np.array([neuron]))
    squares = squares_of(penalty, 1)
    if squares is None:
        bends = penalty.curvature((len(optimum.coef), 1))[:, 0] > 0
        return [np.diag(bends[features].astype(float)) for features in terms]
    out: list[FloatArray] = [np.zeros((len(features),) * 2) for features in terms]
    first = 0
    for places, rows in squares.parts:
        acts = squares.strength[first : first + len(rows), 0] > 0
        first += len(rows)
        here = np.zeros((int(acts.sum()), squares.n_coefficients))
        here[:, places] = rows[acts]
        for total, features in zip(out, terms, strict=True):
            part = here[:, features]
            size = np.linalg.norm(part)
            if size > 0:
                total += part.T @ part / size**2
    return out


def _among(information: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return combinations L (J, b, b) of coefficients that the values of terms tell, and ranks.

    Of each term they are the last columns, as many as its rank (J,); the others are zero.
    """
    unit = np.sqrt(np.maximum(np.diagonal(information, axis1=1, axis2=2), 0.0))
    is_there = unit > _ROUNDING * unit.max(axis=1, initial=0.0, keepdims=True)
    inverse_unit = np.where(is_there, 1.0 / np.where(is_there, unit, 1.0), 0.0)
    scaled = information * inverse_unit[:, :, None] * inverse_unit[:, None, :]
    values, vectors = np.linalg.eigh(scaled)
    least = _ROUNDING * is_there.sum(axis=1) * np.maximum(values[:, -1], 0.0)
    kept = values > least[:, None]
    L = vectors * kept[:, None, :] * np.where(is_there, unit, 0.0)[:, :, None]
    return L, kept.sum(axis=1)


def _leaves_some_free(L: FloatArray, information: FloatArray, penalties: FloatArray) -> BoolArray:
    """Tell of J terms whether some functions, beyond those that are zero, are not penalised."""
    unit = np.sqrt(np.maximum(np.diagonal(information, axis1=1, axis2=2), 0.0))
    unit = np.where(unit > 0, unit, 1.0)
    values, vectors = np.linalg.eigh(penalties / (unit[:, :, None] * unit[:, None, :]))
    is_free = values <= _ROUNDING * values.shape[1] * values[:, -1:]
    free = vectors * is_free[:, None, :] / unit[:, :, None]
    moved = np.linalg.norm(L.mT @ free, axis=2)  # in the values of the term
    return np.asarray((moved > _MOVED).any(axis=1))
