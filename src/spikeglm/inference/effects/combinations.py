"""Combinations of parameters, their errors, and how far a band reaches that holds at all of them.

Whatever a term looks like at W points is K beta, with K (W, n) and the n = p + 1 parameters beta of
a neuron. With V their covariance the errors are the roots of diag(K V K'), and a band

    K beta +- c sqrt(diag(K V K'))

holds pointwise with c a quantile of the normal distribution (Student's, where the dispersion is
estimated), and at all points at once with c that of

    max_w |z_w|,    z = (K beta_hat - K beta) / sqrt(diag(K V K')) ~ N(0, correlations of K V K')

z = D u R, where D (W, r) has rows of length one, u is uniform on the sphere of r dimensions and R²
is chi-squared with r degrees of freedom (r times Snedecor's F where the dispersion is estimated).
So of draws u only the direction is random, and given it P(R max |D u| <= c) is known: the mean of
it over draws says what c covers. For one point, and for all of two dimensions' points, that is
exact; elsewhere the error of c is some thousandths for 10 000 draws, a fraction of that of
quantiles of simulated maxima.

References
----------
Ruppert, Wand & Carroll (2003), Semiparametric Regression, section 6.5. Sun & Loader (1994), Ann
Stat 22:1328-45, for the decomposition. Marra & Wood (2012), Scand J Stat 39:53-74, for what the
posterior of a penalised fit covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ... import errors, numerics, showing
from ...typing import FloatArray
from ..curve_bands import error_of, quantile
from ..information.optimum import Uncertainty

_AT_ONCE = 2**22  # numbers of a product
_GROUPS = 500  # of draws that are alike, whose probabilities are those of their mean to 1e-5
_ROUNDING = 1e-10  # of the largest spread of directions: what is less is none
_SMALL = 1e-12  # of |K| V |K'|: what varies by less is known


@dataclass(frozen=True, eq=False)
class Combinations:
    """Combinations (W, p + 1) of parameters, made as they are needed: some columns, and the rest.

    ``values`` (W, b) are those of ``columns``, ``base`` (p + 1,) those of all others or None for 0.
    """

    columns: slice
    values: FloatArray
    base: FloatArray | None = None

    __repr__ = showing.of_fields

    def of(self, parameters: FloatArray) -> FloatArray:
        """Return the values (W, C) of combinations of parameters (p + 1, C)."""
        used, K = self.in_use()
        return K @ parameters[used]

    def in_use(self) -> tuple[slice, FloatArray]:
        """Return which parameters take part, and their combinations (W, n)."""
        if self.base is None:
            return self.columns, self.values
        K = np.tile(self.base, (len(self.values), 1))
        K[:, self.columns] = self.values
        return slice(None), K

    def spread(self, sure: Uncertainty) -> tuple[FloatArray, Uncertainty]:
        """Return the combinations (W, n) of the n parameters in use, and how sure these are."""
        used, K = self.in_use()
        if self.base is not None:
            return sure.of(K)
        void = None if sure.void is None else sure.void[used]
        part = sure.covariance[used, used], sure.undetermined[used], void
        return K, Uncertainty(*part, sure.dof, sure.method, sure.reason)


@dataclass(frozen=True)
class Reach:
    """How far bands reach: at ``level``, pointwise or at all points at once (``draws``).

    Raises
    ------
    ValueError
        If there are too few draws.
    """

    level: float
    simultaneous: bool = False
    n_draws: int = 10_000
    seed: int = 0

    def check(self) -> None:
        """Raise ValueError for what cannot be."""
        if self.simultaneous and not self.n_draws >= 100:
            raise errors.value_error(
                "These are too few draws for a simultaneous band.",
                given=f"n_draws={self.n_draws}",
                expected="100 or more; 10_000 give three digits",
            )

    def quantile(self, dof: float) -> float:
        """Return how many standard errors an interval at one point reaches."""
        return float(quantile(self.level, dof))

    def of(self, K: FloatArray, sure: Uncertainty, error: FloatArray) -> float:
        """Return how many standard errors the band reaches; NaN where nothing is known."""
        if not self.simultaneous:
            return self.quantile(sure.dof)
        if not np.isfinite(error).any():  # a neuron without data, or without a dispersion
            return float("nan")
        unit = directions(K, sure.covariance, error)
        if not len(unit):  # all are known exactly: masked features
            return self.quantile(sure.dof)
        return simultaneous_quantile(
            unit, self.level, dof=sure.dof, n_draws=self.n_draws, seed=self.seed
        )


class Spreads(NamedTuple):
    """Errors (W, S, C) of S combinations for C columns, how far they reach, (S, C), dof (C,)."""

    error: FloatArray
    critical: FloatArray
    dof: FloatArray


def spreads(
    combinations: Sequence[Combinations],
    sure: Iterable[Uncertainty],
    reach: Reach,
) -> Spreads:
    """Return the errors of combinations for every column, which are gone through once."""
    of_columns, criticals, dof = [], [], []
    for one in sure:
        parts = [K.spread(one) for K in combinations]
        found = [error_of(*part) for part in parts]
        of_columns.append(np.stack(found, axis=1))
        criticals.append(
            [reach.of(K, part, error) for (K, part), error in zip(parts, found, strict=True)]
        )
        dof.append(one.dof)
    return Spreads(np.stack(of_columns, axis=-1), np.stack(criticals, axis=-1), np.array(dof))


def directions(K: FloatArray, covariance: FloatArray, error: FloatArray) -> FloatArray:
    """Return D (W', r), rows of length one, whose products are the correlations of K V K'.

    Combinations without an error, or with that of rounding, are left out.

    >>> K, V = np.eye(2), np.diag([4.0, 1.0])
    >>> D = directions(K, V, np.array([2.0, 1.0]))
    >>> (D @ D.T).round(12) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    largest = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    scale = np.abs(K) @ largest
    told = np.isfinite(error) & (error > _SMALL * scale)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    rows = K[told] @ root
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(float).tiny)
    values, vectors = np.linalg.eigh(rows.T @ rows)
    rows = rows @ vectors[:, values > _ROUNDING * max(values[-1:], default=0.0)]
    if len(rows):  # signs of eigenvectors are arbitrary, and draws should mean the same each time
        rows *= np.sign(rows[np.abs(rows).argmax(axis=0), np.arange(rows.shape[1])])
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def simultaneous_quantile(
    unit: FloatArray,
    level: float,
    *,
    dof: float = np.inf,
    n_draws: int = 10_000,
    seed: int = 0,
) -> float:
    """Return c with P(max |D z| <= c) = level for D (W, r) with rows of length one, z normal.

    Parameters
    ----------
    unit :
        D, from :func:`directions`.
    level :
        0.95 for 95 %.
    dof :
        Degrees of freedom of an estimated dispersion: z is then of Student's t.
    n_draws, seed :
        Directions that are drawn.

    Returns
    -------
    float
        Between the pointwise quantile and Scheffé's; NaN for no points.

    >>> at_one = simultaneous_quantile(np.ones((1, 1)), 0.95)
    >>> angle = np.linspace(0, np.pi, 500)
    >>> on_a_circle = simultaneous_quantile(np.column_stack([np.cos(angle), np.sin(angle)]), 0.95)
    >>> round(at_one, 6), round(on_a_circle, 3)
    (1.959964, 2.448)
    """
    n_points, r = unit.shape
    if n_points == 0 or not dof > 0:
        return np.nan
    from scipy.optimize import brentq

    is_known, special = np.isinf(dof), numerics.special(np)
    draws = np.random.default_rng(seed).normal(size=(n_draws, r))
    draws /= np.linalg.norm(draws, axis=1, keepdims=True)
    step = max(1, _AT_ONCE // n_points)
    parts = range(0, n_draws, step)
    largest = np.concatenate([np.abs(unit @ draws[i : i + step].T).max(axis=0) for i in parts])
    starts = np.arange(0, n_draws, max(1, n_draws // _GROUPS))
    n_each = np.diff(np.append(starts, n_draws))
    largest = np.add.reduceat(np.sort(largest), starts) / n_each  # means of draws that are alike

    def covered(c: float) -> float:
        squared = (c / largest) ** 2
        share = special.chdtr(r, squared) if is_known else special.fdtr(r, dof, squared / r)
        return float(share @ n_each) / n_draws - level

    squared = special.chdtri(r, 1 - level) if is_known else r * special.fdtri(r, dof, level)
    pointwise = float(quantile(level, dof))
    if r == 1 or covered(pointwise) >= 0:
        return pointwise
    return float(brentq(covered, pointwise, 1.001 * np.sqrt(squared), xtol=1e-10))
