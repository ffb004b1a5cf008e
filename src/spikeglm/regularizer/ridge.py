"""The squared-norm penalty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import showing
from ..typing import ArrayLike, FloatArray, IntArray
from .base import Regularizer, strength_array
from .squares import Part
from .term_roughness import TermColumns


@dataclass(frozen=True)
class Ridge(Regularizer):
    """Ridge (Tikhonov, L2) penalty: ½ Σ λ w².

    The loss it is added to is a mean over rows, so λ does not depend on the length of a recording;
    it equals the ``alpha`` of scikit-learn's ``PoissonRegressor``. As a prior: independent
    w ~ Normal(0, φ / (λ A)) with A the sum of the row weights (T without) and φ the dispersion (1
    for Poisson, Bernoulli and negative binomial); for the Gaussian model, whose loss is the squared
    error without its half, Normal(0, 2 φ / (λ A)). Standard errors are those of the posterior.

    >>> import numpy as np
    >>> penalty = Ridge().bind(0.5, (3, 1))
    >>> penalty.value(np.array([[0.4], [-0.2], [0.7]]))
    array([0.1725])

    References
    ----------
    Hoerl & Kennard (1970), Technometrics 12:55-67, eq. 2.1.
    """

    default_strength = 1.0
    default_solver = "LBFGS"
    allowed_solvers = (
        "GradientDescent",
        "BFGS",
        "LBFGS",
        "NonlinearCG",
        "ProximalGradient",
        "SVRG",
        "ProxSVRG",
        "Newton",
        "PolynomialApproximation",
    )

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> RidgePenalty:
        """Return the penalty for coefficients (p, C); a strength broadcasts to them."""
        return RidgePenalty(strength_array(strength, shape))

    def by_term(self, terms: Sequence[TermColumns]) -> RidgeOfTerms:
        """Return the penalty with a strength per term, all of them one.

        >>> from spikeglm.rows.terms import Term
        >>> Ridge().by_term([Term("speed", 0, 1), Term("past", 1, 4)]).labels
        ('speed', 'past')
        """
        return RidgeOfTerms(
            tuple((t.label, t.start, t.stop) for t in terms), np.ones((len(terms), 1))
        )

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return p for each column."""
        return np.full(coef.shape[1], float(len(coef)))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}


@dataclass(frozen=True, eq=False)
class RidgePenalty:
    """½ Σ λ w² with λ an array that broadcasts to (p, C)."""

    strength: FloatArray

    __repr__ = showing.of_fields
    is_smooth = True
    is_diagonal = True  # its curvature, and zero the best of each coefficient, say all of it

    def take(self, columns: IntArray) -> RidgePenalty:
        """Keep only some columns."""
        shared = self.strength.shape[1] == 1
        return self if shared else RidgePenalty(self.strength[:, columns])

    def times(self, factor: FloatArray) -> RidgePenalty:
        """Return the penalty with each column's strengths multiplied, (C,)."""
        return RidgePenalty(self.strength * factor)

    def value(self, W: FloatArray) -> FloatArray:
        """Return ½ Σ λ w² of each column, (C,)."""
        return 0.5 * (self.strength * W**2).sum(axis=0)

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return λ w, (p, C)."""
        return self.strength * W

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return λ, (p, C)."""
        return np.broadcast_to(self.strength, shape)

    def kinks(self, unit: FloatArray, n_columns: int) -> None:
        """Return None: it is smooth."""

    def prox(self, W: FloatArray, step: float | FloatArray) -> FloatArray:
        """Return w / (1 + step λ), (p, C)."""
        return W / (1.0 + step * self.strength)


@dataclass(frozen=True, eq=False)
class RidgeOfTerms:
    """½ Σ_j λ_j |w_j|², with w_j the coefficients of term j: strengths that are still to be chosen.

    Attributes
    ----------
    terms :
        (R,) label, start and stop of each.
    strength :
        λ (R, N).

    >>> ridge = RidgeOfTerms((("speed", 0, 1), ("past", 1, 3)), np.ones((2, 1)))
    >>> ridge.with_strengths(np.array([[2.0], [1.0]])).value(np.ones((3, 1)))
    array([2.])
    """

    terms: tuple[tuple[str, int, int], ...]
    strength: FloatArray

    __repr__ = showing.of_fields

    @property
    def parts(self) -> tuple[Part, ...]:
        """The identity of each term."""
        return tuple(
            Part(np.arange(start, stop), np.eye(stop - start)) for _, start, stop in self.terms
        )

    @property
    def entry_of_part(self) -> IntArray:
        """(R,) the entry of each part: its own."""
        return np.arange(len(self.terms))

    @property
    def labels(self) -> tuple[str, ...]:
        """What the terms are called."""
        return tuple(label for label, _, _ in self.terms)

    @property
    def n_features(self) -> int:
        """p."""
        return self.terms[-1][2]

    def with_strengths(self, strength: FloatArray) -> RidgePenalty:
        """Return the penalty with a strength per term and neuron, (R, N)."""
        sizes = [stop - start for _, start, stop in self.terms]
        return RidgePenalty(np.repeat(strength, sizes, axis=0))
