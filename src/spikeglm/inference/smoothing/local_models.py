"""The marginal likelihood of strengths where the loss is a quadratic function of the parameters.

In coordinates gamma in which every matrix is a diagonal c_j, with lambda_j = exp(rho_j), losses in
nats at a dispersion of one, S = diag(sum_j lambda_j c_j) and M = H + S, the negative log marginal
likelihood by Laplace's approximation is

    D/phi - n peak(phi) + ½ log|M| - ½ log|S|+ - ½ m log(2 pi phi),    D = l + ½ gamma'S gamma

at gamma = M⁻¹ a, the minimum of D; m parameters have no penalty, and peak(phi) is the log-density
of a response at its mean (Wood 2011, eq. 4). H changes with gamma: the derivative of log|M| along
the way adds ½ bending . (gamma - gamma_0). All derivatives by rho are sums over diagonals:

    d gamma_j = -M⁻¹ lambda_j c_j gamma,    d log|M| = sum_i (M⁻¹)_ii lambda_j c_ji

The dispersion is that which is best for these strengths.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple, Self

import numpy as np

from ... import showing
from ...observation_models.elementwise import ElementwiseObservations
from ...typing import BoolArray, FloatArray, IntArray

_STEPS_FOR_DISPERSION = 50
_LOG_2_PI = float(np.log(2.0 * np.pi))


class Criterion(NamedTuple):
    """What A neurons' strengths (A, R) are worth, with two derivatives by their logs."""

    value: FloatArray  # (A,) negative log marginal likelihood, up to what y alone decides
    gradient: FloatArray  # (A, R)
    hessian: FloatArray  # (A, R, R)
    fixed_point: FloatArray  # (A, R) steps of the extended Fellner-Schall method
    gamma: FloatArray  # (A, n)
    inverse: FloatArray  # (A, n, n) of M
    log_det: FloatArray  # (A,) of M, less that of S over its range
    penalty: FloatArray  # (A, R) lambda_j gamma' c_j gamma
    left: FloatArray  # (A, R) what of each entry's rank no penalty takes: rank_j - tr(M^-1 S_j)
    scale: FloatArray  # (A,) phi


@dataclass(frozen=True, eq=False)
class LocalModels:
    """Quadratic models of the loss of A neurons about gamma_0.

    Attributes
    ----------
    hessian, linear, constant :
        H (A, n, n), a = H gamma_0 - slope (A, n), and the loss at gamma = 0 (A,), less what no
        mean could save.
    bending :
        (A, n) derivative of log|M| by gamma, at gamma_0.
    gamma_0 :
        (A, n).
    diagonals :
        c (A, R, n).
    highest :
        (A, R) log strengths that are not passed.
    n_unpenalised :
        (A,) m.
    log_det_more :
        (A,) to be taken from log|M|: of directions that neither data nor penalty decide.
    n_observations :
        (A,) sum of the row weights.
    model :
        The observation model.
    """

    hessian: FloatArray
    linear: FloatArray
    constant: FloatArray
    bending: FloatArray
    gamma_0: FloatArray
    diagonals: FloatArray
    highest: FloatArray
    n_unpenalised: FloatArray
    log_det_more: FloatArray
    n_observations: FloatArray
    model: ElementwiseObservations

    __repr__ = showing.of_fields

    def take(self, which: IntArray | BoolArray) -> Self:
        """Keep only some neurons."""
        parts = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "model"}
        return type(self)(**{name: part[which] for name, part in parts.items()}, model=self.model)

    def at(self, rho: FloatArray) -> Criterion:
        """Return the criterion at log strengths (A, R); inf where M is not positive definite."""
        lc = np.exp(rho)[:, :, None] * self.diagonals
        D = lc.sum(axis=1)
        P, log_det = inverses(self.hessian, D)
        gamma = np.einsum("aij,aj->ai", P, self.linear)
        deviance = self.constant - 0.5 * np.einsum("ai,ai->a", self.linear, gamma)
        S = _Determinant.of(lc, D)
        U = lc * gamma[:, None]
        moves = -U @ P  # d gamma_j
        penalty = np.einsum("arj,aj->ar", U, gamma)
        traces = np.einsum("arj,ajj->ar", lc, P)
        phi = self._dispersion(deviance)
        along = np.einsum("arj,aj->ar", moves, self.bending)
        gradient = 0.5 * (penalty / phi[:, None] + traces - S.ranks + along)
        hessian = 0.5 * (S.cross - (lc @ P**2) @ np.swapaxes(lc, 1, 2))
        hessian += (U @ np.swapaxes(moves, 1, 2)) / phi[:, None, None]
        turned = lc * np.einsum("aij,aj->ai", P, self.bending)[:, None] @ np.swapaxes(moves, 1, 2)
        hessian -= 0.5 * (turned + np.swapaxes(turned, 1, 2))
        places = np.arange(rho.shape[1])
        hessian[:, places, places] += gradient
        hessian -= self._of_dispersion(deviance, phi, penalty)
        log_det = log_det - self.log_det_more - S.value
        value = self._value(deviance, phi, log_det)
        value += 0.5 * np.einsum("ai,ai->a", self.bending, gamma - self.gamma_0)
        left = np.maximum(S.ranks - traces, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.log(phi[:, None] * left / penalty)
        value = np.where(np.isfinite(value), value, np.inf)
        return Criterion(value, gradient, hessian, step, gamma, P, log_det, penalty, left, phi)

    def unsettled(self, rho: FloatArray, there: Criterion) -> FloatArray:
        """Return by how many nats, (A,), the penalised likelihood is better there than at gamma_0.

        At the same log strengths (A, R).
        """
        S = np.einsum("ar,arj->aj", np.exp(rho), self.diagonals)
        slope = np.einsum("aij,aj->ai", self.hessian, self.gamma_0) + S * self.gamma_0 - self.linear
        fall = -0.5 * np.einsum("ai,ai->a", slope, there.gamma - self.gamma_0)
        return fall / there.scale

    def _value(self, deviance: FloatArray, phi: FloatArray, log_det: FloatArray) -> FloatArray:
        free = self.n_unpenalised * (_LOG_2_PI + np.log(phi))
        peak = self.n_observations * self._peak(phi)[0]
        return deviance / phi - peak + 0.5 * (log_det - free)

    def _dispersion(self, deviance: FloatArray) -> FloatArray:
        """Return phi (A,): the best one, for a model that has a dispersion."""
        if not self.model.has_dispersion:
            return np.ones_like(deviance)
        n, m = self.n_observations, self.n_unpenalised
        t = np.log(np.maximum(2.0 * deviance / np.maximum(n - m, 1.0), np.finfo(float).tiny))
        for _ in range(_STEPS_FOR_DISPERSION):
            slope, bend = self._by_dispersion(deviance, t)
            step = np.clip(-slope / np.maximum(bend, 1e-3 * np.abs(slope) + 1e-300), -2.0, 2.0)
            t = t + np.where(np.isfinite(step), step, 0.0)
            if not (np.abs(step) > 1e-14).any():
                break
        return np.exp(t)

    def _by_dispersion(self, deviance: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return two derivatives of the criterion by t = log phi, (A,)."""
        _, rise, bend = self._peak(np.exp(t))
        part, n = deviance * np.exp(-t), self.n_observations
        return -part - n * rise - 0.5 * self.n_unpenalised, part - n * bend

    def _peak(self, phi: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        found = self.model.log_peak(phi)
        assert found is not None  # models without were refused
        return found

    def _of_dispersion(
        self, deviance: FloatArray, phi: FloatArray, penalty: FloatArray
    ) -> FloatArray | float:
        """Return what a dispersion that follows the strengths takes from the curvature."""
        if not self.model.has_dispersion:
            return 0.0
        _, bend = self._by_dispersion(deviance, np.log(phi))
        mixed = 0.5 * penalty / phi[:, None]
        return mixed[:, :, None] * mixed[:, None, :] / bend[:, None, None]


class _Determinant(NamedTuple):
    """log|S|+ (A,), its derivatives by rho: ranks (A, R), and what the second add to them."""

    value: FloatArray
    ranks: FloatArray
    cross: FloatArray  # (A, R, R)

    @classmethod
    def of(cls, lc: FloatArray, D: FloatArray) -> _Determinant:
        inside = D > 0
        full = np.where(inside, D, 1.0)
        share = lc / full[:, None]
        return cls(np.log(full).sum(axis=1), share.sum(axis=2), share @ np.swapaxes(share, 1, 2))


def inverses(H: FloatArray, D: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the inverses of H + diag(D), (A, n, n), and their log-determinants; NaN for none.

    In units in which the diagonal is one.

    >>> inverse, log_det = inverses(np.array([[[1.0, 0.0], [0.0, 3.0]]]), np.array([[1.0, 1.0]]))
    >>> inverse[0].diagonal(), log_det.round(3)
    (array([0.5 , 0.25]), array([2.079]))
    """
    M, places = H.copy(), np.arange(H.shape[1])
    M[:, places, places] += D
    diagonal = M[:, places, places]
    is_fine = np.logical_and((diagonal > 0).all(axis=1), np.isfinite(M).all(axis=(1, 2)))
    M[~is_fine] = np.eye(len(places))
    unit = 1.0 / np.sqrt(np.where(is_fine[:, None], diagonal, 1.0))
    M *= unit[:, :, None]
    M *= unit[:, None, :]
    factors = _cholesky(M, is_fine)
    inverse = _inverse(M, is_fine)
    inverse = 0.5 * (inverse + np.swapaxes(inverse, 1, 2))
    inverse *= unit[:, :, None]
    inverse *= unit[:, None, :]
    inverse[~is_fine] = np.nan
    with np.errstate(invalid="ignore"):
        pivots = 2.0 * np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    log_det = pivots - 2.0 * np.log(unit).sum(axis=1)
    return inverse, np.where(is_fine, log_det, np.nan)


def _inverse(M: FloatArray, is_fine: BoolArray) -> FloatArray:
    """Return inverses; of what is singular but for rounding, the identity, no longer fine."""
    try:
        return np.linalg.inv(M)
    except np.linalg.LinAlgError:  # a factor of Cholesky's may have had a last pivot of 1e-16
        out = np.tile(np.eye(M.shape[1]), (len(M), 1, 1))
        for a in np.flatnonzero(is_fine):
            try:
                out[a] = np.linalg.inv(M[a])
            except np.linalg.LinAlgError:
                is_fine[a] = False
        return out


def _cholesky(M: FloatArray, is_fine: BoolArray) -> FloatArray:
    """Return Cholesky factors; where there is none, the identity, and ``is_fine`` becomes False."""
    try:
        return np.linalg.cholesky(M)
    except np.linalg.LinAlgError:
        out = np.tile(np.eye(M.shape[1]), (len(M), 1, 1))
        for a, matrix in enumerate(M):
            try:
                out[a] = np.linalg.cholesky(matrix)
            except np.linalg.LinAlgError:
                is_fine[a] = False
                M[a] = np.eye(M.shape[1])
        return out
