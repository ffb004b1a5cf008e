"""The mean loss less ½ log |I| / A: what Firth's penalty makes of column problems.

I is the information on all parameters of a column that move, A the sum of its row weights, so that
A times this is minus the penalised log-likelihood. Two visits of the rows evaluate it: one for the
loss, its slope and I, one for the slope of the determinant, which needs the inverse of I. What
predicts nothing (combinations of features that are constant) has no information for any parameters,
and takes no part in the determinant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from .. import errors, showing
from ..numerics import quiet
from ..observation_models.likelihood import Likelihood
from ..regularizer.base import PenaltyTerm
from ..typing import BoolArray, FloatArray, IntArray
from .coordinates.feature_facts import RANK_TOLERANCE
from .kernels import jeffreys_kernels
from .objective import Evaluation, Objective

_POSITIVE = 1e-14  # smallest eigenvalue, of one whose diagonal is one, that is no rounding


@dataclass
class JeffreysObjective:
    """Value, gradient and Fisher's curvature of C column problems with Jeffreys' prior.

    The curvature is that of the loss, which is what Fisher scoring uses; the penalty's own is of
    the order of parameters per event of it.

    Attributes
    ----------
    plain :
        The same problems without the prior.
    """

    plain: Objective

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, objective: Objective) -> JeffreysObjective:
        """Return the problems with the prior; products are float64 from the start.

        Raises
        ------
        ValueError
            If the likelihood is none of a canonical link whose information is known.
        """
        check_has_growth(objective.columns.likelihood)
        plain = replace(objective, watch=None, n_passes=objective.n_passes)
        plain.use_double()
        return cls(plain)

    @property
    def n_passes(self) -> int:
        """Visits of all rows so far."""
        return self.plain.n_passes

    @property
    def features(self) -> Any:
        """Mean, scale and correlation of the features."""
        return self.plain.features

    @property
    def penalty(self) -> PenaltyTerm:
        """The mark of the prior."""
        return self.plain.penalty

    @property
    def n_parameters(self) -> int:
        """p + 1."""
        return self.plain.n_parameters

    @property
    def n_columns(self) -> int:
        """C."""
        return self.plain.n_columns

    @property
    def is_single(self) -> bool:
        """False: products are float64."""
        return self.plain.is_single

    def use_double(self) -> None:
        """Compute all further products in float64."""
        self.plain.use_double()

    def frozen(self, active: IntArray) -> BoolArray:
        """Return (p + 1, A) True for parameters that stay zero."""
        return self.plain.frozen(active)

    def spread(self, step: FloatArray) -> FloatArray:
        """Return the mean square, (A,), of how steps (p + 1, A) move the linear predictor."""
        return self.plain.spread(step)

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Return objective and gradient; two visits."""
        return self.evaluate_with_hessian(theta, active)[0]

    def evaluate_with_hessian(
        self, theta: FloatArray, active: IntArray
    ) -> tuple[Evaluation, FloatArray]:
        """Also return the curvature (A, p + 1, p + 1) of the loss by theta."""
        at, H = self.plain.evaluate_with_hessian(theta, active)
        inverse, log_determinant = self._inverted(H, active)
        total = self.plain.total_weight[active]
        value = at.value - 0.5 * log_determinant / total
        usable = np.isfinite(value) & at.finite
        inverse[~usable] = 0.0
        gradient = at.gradient - self._slope(theta, active, inverse / total[:, None, None]) / total
        return Evaluation(np.where(usable, value, np.inf), gradient), H

    def _slope(self, theta: FloatArray, active: IntArray, inverse: FloatArray) -> FloatArray:
        """Return the derivative (p + 1, A) of ½ log |I|, given the inverses of I by theta."""
        W, b = self.plain.to_user(theta)
        J = self.plain.change_of_coordinates
        kernel = partial(jeffreys_kernels.half_log_information, inverse=J @ inverse @ J.T)
        sums = self.plain.visit(kernel, W, b, active)
        return self.plain.by_theta(sums.by_weights, sums.by_intercept, active)

    def _inverted(self, H: FloatArray, active: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the inverses of curvatures (A, n, n) and the logarithms of their determinants.

        Among the parameters that move; inf where one is not positive.
        """
        frozen = self.frozen(active).T
        silent = [self._silent[int(c)] for c in active]
        filled = H + np.stack([N @ N.T for N in silent])
        filled[~np.isfinite(filled)] = 0.0
        unit = np.sqrt(np.abs(np.diagonal(filled, axis1=1, axis2=2)))
        unit[unit == 0] = 1.0
        scaled = filled / (unit[:, :, None] * unit[:, None, :])
        factor, is_positive = _cholesky(scaled)
        is_positive &= np.isfinite(H).all(axis=(1, 2))
        with quiet():
            log = 2.0 * np.log(np.diagonal(factor, axis1=1, axis2=2) * unit).sum(axis=1)
        inverse = np.linalg.inv(factor)
        inverse = inverse.transpose(0, 2, 1) @ inverse
        inverse /= unit[:, :, None] * unit[:, None, :]
        for k, N in enumerate(silent):
            inverse[k] -= N @ N.T
            inverse[k, frozen[k]] = 0.0
            inverse[k][:, frozen[k]] = 0.0
        return inverse, np.where(is_positive, log, np.inf)

    @cached_property
    def _silent(self) -> list[FloatArray]:
        """Orthonormal combinations (n, k) of the parameters of each column that predict nothing."""
        features, columns = self.features, self.plain.columns
        everything = np.arange(self.n_columns)
        null = np.vstack([features.null_space, np.zeros((1, features.null_space.shape[1]))])
        if columns.mask is None or not null.shape[1]:
            return [null] * self.n_columns
        frozen = self.frozen(everything)
        R = features.correlation @ np.eye(self.n_parameters - 1)
        found: dict[bytes, FloatArray] = {}
        for c in everything:
            key = frozen[:, c].tobytes()
            if key not in found:
                found[key] = _null_among(R, ~frozen[:-1, c], self.n_parameters)
        return [found[frozen[:, c].tobytes()] for c in everything]


def _cholesky(matrices: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return Cholesky factors (A, n, n), and (A,) whether there is one; of others that of 1."""
    try:
        return np.linalg.cholesky(matrices), np.ones(len(matrices), dtype=bool)
    except np.linalg.LinAlgError:
        pass
    is_positive = np.linalg.eigvalsh(matrices)[:, 0] > _POSITIVE
    some = np.where(is_positive[:, None, None], matrices, np.eye(matrices.shape[1]))
    return np.linalg.cholesky(some), is_positive


def _null_among(R: FloatArray, free: BoolArray, n: int) -> FloatArray:
    """Return combinations (n, k) of free features that are constant, by their correlation R."""
    places = np.flatnonzero(free)
    values, vectors = np.linalg.eigh(R[np.ix_(places, places)])
    kept = vectors[:, values <= RANK_TOLERANCE * max(len(places), 1) * 10]
    out = np.zeros((n, kept.shape[1]))
    out[places] = kept
    return out


def check_has_growth(likelihood: Likelihood) -> None:
    """Check that Jeffreys' prior takes away bias: the link is canonical, and its information known.

    Raises
    ------
    ValueError
        If it does not.

    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.links import Exp
    >>> check_has_growth(Likelihood(PoissonObservations(), Exp()))
    """
    if not likelihood.knows_information_growth:
        raise errors.value_error(
            "Firth's penalty reduces bias for canonical links only.",
            given=f"{likelihood.model.name} with the link {likelihood.link.name}",
            expected="Poisson with 'exp', or Bernoulli with 'logistic'",
            todo="use one of these, or regularizer='Ridge'.",
        )
