"""Where profile likelihoods have fallen by half a quantile: Venzon and Moolgavkar's steps.

At an end l(theta) = l_max - q/2, and l has no slope but along the parameter omega = c'theta. With U
the slope and I the information at theta, the quadratic approximation has its end at

    theta + I⁻¹ (U + lambda c),   lambda = ± sqrt[(2 (l(theta) - l_max) + q + U'I⁻¹U) / c'I⁻¹c]

which is repeated until l and U are what they must be. I may be Fisher's: it decides how many steps
are taken, not where they end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from ...engine.features.near_dependence import View
from ...engine.jeffreys_objective import JeffreysObjective
from ...engine.runners.threads import one_blas_thread
from ...fit.prepared import Prepared, prepare
from ...fit.problems import Numbers
from ...fit.row_weights import views
from ...fit.user_scale import for_the_solver, of_the_rows
from ...numerics import quiet
from ...regularizer.base import Penalty
from ...regularizer.firth import is_of_information
from ...typing import BoolArray, FloatArray, IntArray
from ..information.memory import groups
from ..information.optimum import Optimum

_MOST_STEPS = 100
_DONE = 1e-6  # standard errors
_LONGEST = 3.0  # step, in standard errors
_FAR = 4.0  # of a log-likelihood below that of an end, from which a step was too long
_SINGULAR = 1e-12  # of the largest eigenvalue, per parameter


def profile_ends(
    optimum: Optimum, place: int, known: IntArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Return both ends of the intervals of some columns, (K,) and (K,); NaN where none was found.

    Parameters
    ----------
    optimum :
        Where a fit ended; its penalty is smooth.
    place :
        The parameter, among p coefficients and the intercept.
    known :
        (K,) columns that have an interval.
    level :
        Of the intervals.
    """
    from scipy.special import ndtri

    half = 0.5 * float(ndtri(0.5 + 0.5 * level)) ** 2
    low, high = np.full(len(known), np.nan), np.full(len(known), np.nan)
    if not len(known):
        return low, high
    with one_blas_thread(), quiet():
        ready = prepare(optimum.rows, optimum.columns, keep=optimum.keep)
        for group in groups(len(known), 2 * (len(optimum.coef) + 1)):
            ends = _of_group(ready, optimum, place, known[group], half)
            low[group], high[group] = ends.reshape(2, -1)
    return low, high


def _of_group(
    ready: Prepared, optimum: Optimum, place: int, which: IntArray, half: float
) -> FloatArray:
    """Return the low ends and then the high ends of some columns, (2 K,)."""
    both = np.concatenate([which, which])
    side = np.repeat([-1.0, 1.0], len(which))
    columns, penalty = optimum.columns.take(both), cast(Penalty, optimum.penalty.take(both))
    ready = ready.for_columns(columns)
    problems = Numbers(columns, penalty, ready.responses(columns))
    out = np.full(len(both), np.nan)
    for _, view in views(ready, problems, np.arange(len(both))).views:
        mine = view.columns
        at = optimum.coef[:, both[mine]], optimum.intercept[both[mine]]
        out[mine] = _Walk.begun(problems, view, ready, at, place, side[mine], half).ends()
    return out


@dataclass
class _Walk:
    """Where K ends of intervals are looked for; parameters theta (n, K)."""

    objective: Any
    along: FloatArray  # (n,) c: omega = c'theta
    side: FloatArray  # (K,)
    weight: FloatArray  # (K,) sum of the row weights
    half: float  # q/2
    theta: FloatArray
    best: FloatArray  # (K,) the largest log-likelihood
    is_done: BoolArray

    @classmethod
    def begun(
        cls,
        problems: Numbers,
        view: View,
        ready: Prepared,
        at: tuple[FloatArray, FloatArray],
        place: int,
        side: FloatArray,
        half: float,
    ) -> _Walk:
        plain = problems.objective(view, ready.how)
        plain.use_double()
        theta = for_the_solver(plain, *at)
        W, b = of_the_rows(plain, np.eye(len(theta)))
        along = np.vstack([W, b])[place]
        objective: Any = JeffreysObjective.of(plain) if is_of_information(view.penalty) else plain
        K = len(side)
        best = -plain.total_weight * objective.evaluate(theta, np.arange(K)).value
        return cls(
            objective, along, side, plain.total_weight, half, theta, best, np.zeros(K, dtype=bool)
        )

    def ends(self) -> FloatArray:
        """Return omega at the ends, (K,); NaN where no end was found."""
        step = np.zeros_like(self.theta)
        for _ in range(_MOST_STEPS):
            active = np.flatnonzero(~self.is_done)
            if not len(active):
                break
            step[:, active] = self._look(active, step[:, active])
        return np.where(self.is_done, self.along @ self.theta, np.nan)

    def _look(self, active: IntArray, last: FloatArray) -> FloatArray:
        """Look at the points of some ends and take a step from each; return the steps."""
        at, H = self.objective.evaluate_with_hessian(self.theta[:, active], active)
        weight = self.weight[active]
        above = -weight * at.value - (self.best[active] - self.half)  # l - l*
        U = -weight * at.gradient
        too_far = ~(at.finite & (above > -_FAR * self.half)) & last.any(axis=0)
        to_U, to_c = self._solved(H * weight[:, None, None], U, active)
        slope, size = (U * to_U).sum(axis=0), self.along @ to_c
        mixed = (U * to_c).sum(axis=0)
        push = self.side[active] * np.sqrt(np.maximum(2.0 * above + slope, 0.0) / size)
        step = to_U + push * to_c
        length = np.sqrt(np.maximum(slope + 2.0 * push * mixed + push**2 * size, 0.0))
        left = slope - mixed**2 / size  # squared slope that the parameter does not account for
        is_there = (np.abs(above) < _DONE * np.sqrt(self.half)) & (left < _DONE**2)
        is_there &= self.side[active] * mixed <= 0
        self.is_done[active[is_there & ~too_far]] = True
        step = step * np.minimum(1.0, _LONGEST / np.maximum(length, 1e-300))
        step = np.where(too_far | ~np.isfinite(step).all(axis=0), -0.5 * last, step)
        step = np.where(self.is_done[active], 0.0, step)
        self.theta[:, active] += step
        return np.where(too_far, 0.5 * last, step)

    def _solved(
        self, information: FloatArray, U: FloatArray, active: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return I⁻¹ U and I⁻¹ c, (n, K) each, among the parameters that move."""
        frozen = self.objective.frozen(active).T
        unit = np.sqrt(np.abs(np.diagonal(information, axis1=1, axis2=2)))
        unit = np.where(unit > 0, unit, 1.0)
        scaled = np.nan_to_num(information / (unit[:, :, None] * unit[:, None, :]))
        values, vectors = np.linalg.eigh(scaled)
        least = _SINGULAR * scaled.shape[-1] * values[:, -1:]
        inverse = np.where(values > least, 1.0 / np.where(values > least, values, 1.0), 0.0)

        def solved(v: FloatArray) -> FloatArray:
            v = np.where(frozen, 0.0, v) / unit
            along = inverse * (v[:, None, :] @ vectors)[:, 0]
            out = (vectors @ along[:, :, None])[:, :, 0] / unit
            return np.where(frozen, 0.0, out).T

        return solved(U.T), solved(np.broadcast_to(self.along, frozen.shape))
