"""The covariance of coefficients whose penalty has strengths that are not known either.

At the chosen strengths a posterior covariance takes them for known. Over what else they may be, one
entry at a time and with the posterior of log strengths rho as weights,

    Cov = P + sum_j E_j[ P(rho_j) - P + (gamma(rho_j) - gamma)(gamma(rho_j) - gamma)' ]

about the estimates gamma, with P(rho) the covariance at known strengths. On the quadratic model of
the loss at the optimum all of that costs no row. The prior of 1 / sqrt(lambda), the deviation that
a penalty allows, is flat: where data hardly tell a curve from a line the likelihood is as good for
every large strength, and a flat prior of the logarithm would leave nothing but lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...engine.kernels.loss_kernels import fisher_information
from ...numerics import quiet
from ...observation_models import PoissonObservations
from ...typing import BoolArray, FloatArray, IntArray
from ..information.filling import Filling, Seen
from .coordinates import Coordinates
from .local_models import LocalModels
from .undetermined import undetermined

_GRID = np.linspace(-6.0, 6.0, 17)  # of log strengths, about the most likely one
_ROUNDING = 1e-12  # of a variance
_LITTLE = 0.1  # degrees of freedom: beyond, strengths are not looked at from where they are


@dataclass(frozen=True)
class OverStrengths:
    """The covariance with strengths unknown, in the place of a sandwich.

    References
    ----------
    Kass & Steffey (1989), JASA 84:717-26, eq. 3.5, for the two parts; Wood, Pya & Säfken (2016),
    JASA 111:1548-63, section 4, for smooth models; Gelman (2006), Bayesian Analysis 1:515-34,
    section 7.1, for the prior.

    >>> OverStrengths()
    OverStrengths()
    """

    __repr__ = showing.of_fields

    def fill(self, seen: Seen) -> Filling:
        """Return the covariance of each neuron.

        Raises
        ------
        ValueError
            If the penalty is not made of matrices with strengths.
        """
        penalty: Any = seen.penalty
        if seen.unit is None or seen.weight is None or not hasattr(penalty, "with_strengths"):
            raise errors.value_error(
                "Only penalties made of matrices have strengths that can be unknown.",
                given="cov_type='unconditional' for another penalty, or none",
                expected="a fit with Smoothness or Quadratic",
                todo="take cov_type='model'.",
            )
        information = seen.visited(fisher_information).information
        is_known = np.isfinite(information).all(axis=(1, 2)) & (seen.unit > 0)
        models, rho, coordinates = _models(seen, information, is_known)
        more = coordinates.spread(_more(models, rho))
        more[~is_known] = 0.0  # a response that a fit says exactly, or no dispersion
        whole = np.stack(seen.inverses) * seen.unit[:, None, None] + more
        n = len(whole)
        method = ("posterior, strengths unknown",) * n
        return Filling(whole, np.full(n, np.inf), method, ("",) * n, is_whole=True)


def _models(
    seen: Seen, information: FloatArray, is_known: BoolArray
) -> tuple[LocalModels, FloatArray, Coordinates]:
    """Return the loss about the optimum, over the dispersion, and log strengths (A, R) there.

    Of columns of which these are not known, (A,), they are those of some loss.
    """
    penalty: Any = seen.penalty
    unit, weight = np.where(is_known, np.asarray(seen.unit), 1.0), np.asarray(seen.weight)
    information = np.where(is_known[:, None, None], information, 0.0)
    n = len(unit)
    with np.errstate(divide="ignore"):
        rho = np.log(penalty.strength * weight / unit).T
    coordinates = Coordinates.of_columns(
        penalty, seen.columns.mask, n, has_intercept=seen.columns.has_intercept
    )
    is_there = np.isfinite(rho)
    c = coordinates.diagonals[coordinates.of] * is_there[:, :, None]
    rho = np.where(is_there, rho, 0.0)
    gamma = coordinates.gamma_of(np.vstack([seen.W, seen.b]))
    S = np.einsum("ar,arj->aj", np.exp(rho), c)
    H = coordinates.hessian(information / unit[:, None, None])
    lacks = undetermined(H, coordinates, rho, np.zeros(len(seen.W)))
    H = H if lacks.added is None else H + lacks.added
    none = np.zeros(n)
    models = LocalModels(
        hessian=H,
        linear=np.einsum("aij,aj->ai", H, gamma) + S * gamma,
        constant=none,
        bending=np.zeros_like(gamma),
        gamma_0=gamma,
        diagonals=c,
        highest=np.full_like(rho, np.inf),
        n_unpenalised=none,
        log_det_more=none,
        n_observations=none,
        model=PoissonObservations(),
    )
    return models, rho, coordinates


def _more(models: LocalModels, rho: FloatArray) -> FloatArray:
    """Return what unknown strengths add to the covariance of gamma, (A, n, n)."""
    here = models.at(rho)
    total = np.zeros_like(here.inverse)
    highest = _where_little_is_left(models)
    for j in range(rho.shape[1]):
        reaches = np.any(models.diagonals[:, j] > 0, axis=1)[:, None, None]
        found, worth = [], []
        for step in _GRID:
            trial = rho.copy()
            trial[:, j] = np.minimum(rho[:, j], highest[:, j]) + step
            there = models.at(trial)
            moved = there.gamma - here.gamma
            found.append(there.inverse - here.inverse + moved[:, :, None] * moved[:, None])
            worth.append(-there.value - 0.5 * trial[:, j])
        with quiet():  # of a silent neuron no strength is worth anything
            share = np.exp(np.array(worth) - np.max(worth, axis=0))
            share /= share.sum(axis=0)
        added = sum(w[:, None, None] * part for w, part in zip(share, found, strict=True))
        total += np.where(reaches, added, 0.0)
    return _without_less(total, here.inverse)


def _where_little_is_left(models: LocalModels) -> FloatArray:
    """Return log strengths (A, R) that leave about a tenth of a degree of freedom."""
    information = np.einsum("aii->ai", models.hessian)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.where(models.diagonals > 0, information / models.diagonals, 0.0).sum(axis=2)
        return np.where(total > 0, np.log(total / _LITTLE), 0.0)


def _without_less(more: FloatArray, P: FloatArray) -> FloatArray:
    """Return more (A, n, n) without combinations of which it would make us surer than P does."""
    out = np.zeros_like(more)
    for a in _finite(more, P):
        unit = np.sqrt(np.maximum(np.diag(P[a]), 0.0))
        unit = np.where(unit > 0, unit, 1.0)
        sizes, axes = np.linalg.eigh(P[a] / np.outer(unit, unit))
        size = np.sqrt(np.maximum(sizes, _ROUNDING))
        L, inverse = unit[:, None] * axes * size, (axes / size).T / unit
        relative = inverse @ more[a] @ inverse.T
        values, vectors = np.linalg.eigh(0.5 * (relative + relative.T))
        root = L @ (vectors * np.sqrt(np.maximum(values, 0.0)))
        out[a] = root @ root.T
    return out


def _finite(more: FloatArray, P: FloatArray) -> IntArray:
    return np.flatnonzero(np.isfinite(more + P).all(axis=(1, 2)))
