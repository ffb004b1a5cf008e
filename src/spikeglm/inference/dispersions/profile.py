"""Intervals of scales by the profile likelihood: coefficients are fitted again at each scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np

from ...engine.kernels import scale_kernels
from ...engine.runners.dispatch import run
from ...fit.fitting import SolverChoice, fit_prepared
from ...fit.prepared import Prepared, prepare
from ...fit.record import FitResult
from ...numerics import quiet
from ...regularizer.base import Penalty
from ...typing import BoolArray, FloatArray, IntArray
from ..information.optimum import Optimum

_MOST_LOOKS = 25
_DONE = 1e-6  # deviations of a standard normal
_FACTOR = 8.0  # by which a scale is raised or lowered while an end has not been passed


class Scales(NamedTuple):
    """What the record of a fit says of C scales, and the sums of the row weights."""

    scale: FloatArray
    error: FloatArray
    ratio: FloatArray
    total_weight: FloatArray


def scales_of(optimum: Optimum) -> Scales:
    """Return what the record of a fit, of which it is known that it has scales, says of them."""
    record = cast(FitResult, optimum.record)
    found = (record.scale, record.scale_error, record.poisson_ratio, record.total_weight)
    return Scales(*(np.asarray(values) for values in found))


def profile_interval(
    optimum: Optimum, ratio: FloatArray, level: float, has_none: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the interval of each scale, (C,) and (C,).

    The signed root of twice the fall of the profile likelihood is nearly straight in the logarithm
    of the scale; where it is one quantile, on either side, is found by the secant rule.

    Parameters
    ----------
    optimum :
        A fit whose record has scales.
    ratio :
        (C,) likelihood ratios against scale zero: zero is inside where they are small.
    level :
        Of the interval.
    has_none :
        (C,) columns without an optimum: NaN.
    """
    from scipy.special import ndtri

    z = float(ndtri(0.5 + 0.5 * level))
    scale = scales_of(optimum).scale
    known = np.flatnonzero(~has_none)
    low, high = np.full(len(has_none), np.nan), np.full(len(has_none), np.nan)
    if not len(known):
        return low, high
    low[known] = 0.0
    falls = known[ratio[known] > z**2]  # zero is outside
    search = _Search.begun(optimum, np.concatenate([falls, known]), len(falls), z)
    for _ in range(_MOST_LOOKS):
        if search.is_done.all():
            break
        search.look()
    ends = np.where(search.is_done, search.end, np.nan)
    low[falls], high[known] = ends[: len(falls)], ends[len(falls) :]
    return low, np.where(np.isnan(high) & np.isfinite(scale) & ~has_none, np.inf, high)


@dataclass
class _Search:
    """Looks for scales at which the profile likelihood has fallen by z²/2: K ends of columns."""

    optimum: Optimum
    ready: Prepared
    which: IntArray  # (K,) the column of each end
    side: FloatArray  # (K,) -1 for lower ends, 1 for upper ones
    z: float
    best: FloatArray  # (K,) the largest log-likelihoods
    coef: FloatArray  # (p, K) of the last fit
    intercept: FloatArray  # (K,)
    inside: FloatArray  # (K,) log of a scale inside the interval
    root_inside: FloatArray  # (K,) its root, < z
    outside: FloatArray  # (K,) log of a scale beyond the end; NaN where none is known
    root_outside: FloatArray  # (K,)
    end: FloatArray  # (K,) the scale to be looked at next
    is_done: BoolArray  # (K,)

    @classmethod
    def begun(cls, optimum: Optimum, which: IntArray, n_low: int, z: float) -> _Search:
        known, n = scales_of(optimum), len(which)
        ready = prepare(optimum.rows, optimum.columns, keep=optimum.keep)
        scale, error = known.scale[which], known.error[which]
        coef, intercept = optimum.coef[:, which], optimum.intercept[which]
        nothing = np.full(n, np.nan)
        side = np.where(np.arange(n) < n_low, -1.0, 1.0)
        search = cls(
            optimum, ready, which, side, z, nothing, coef, intercept, nothing.copy(), np.zeros(n),
            nothing.copy(), nothing.copy(), scale, np.zeros(n, dtype=bool),
        )  # fmt: skip
        sums = search.sums(scale)
        search.best = search.penalised(sums.value)
        with quiet():
            at_zero = z / np.sqrt(0.5 * sums.square)  # the information at scale zero
            step = np.clip(z * error / scale, 0.05, 1.5)
            first = np.where(scale > 0, scale * np.exp(side * step), at_zero)
        search.inside = np.log(np.where(scale > 0, scale, first / _FACTOR**3))
        search.end = first
        return search

    def sums(self, scale: FloatArray) -> scale_kernels.ScaleSums:
        """Sum the likelihoods at scales (K,) and the last coefficients."""
        table = self.ready.survey.table.in_double()
        columns = self.optimum.columns.take(self.which).at_scale(scale)
        at = table.weights_here(self.coef, self.intercept)
        return run(scale_kernels.likelihood_of_scales, table, columns, *at, self.ready.how)

    def penalised(self, value: FloatArray) -> FloatArray:
        """Return log-likelihoods (K,) less penalties."""
        weight = scales_of(self.optimum).total_weight[self.which]
        return value - weight * self.optimum.penalty.take(self.which).value(self.coef)

    def look(self) -> None:
        """Fit coefficients at the scales that are next, and choose better ones."""
        columns = self.optimum.columns.take(self.which).at_scale(self.end)
        penalty = cast(Penalty, self.optimum.penalty.take(self.which))
        start = self.coef, self.intercept
        fit = fit_prepared(self.ready, columns, penalty=penalty, solver=SolverChoice(), start=start)
        self.coef, self.intercept = fit.coef, fit.intercept
        fall = np.maximum(self.best - self.penalised(self.sums(self.end).value), 0.0)
        root, here = np.sqrt(2.0 * fall), np.log(self.end)
        self.is_done |= np.abs(root - self.z) < _DONE
        is_in = root < self.z
        self.inside = np.where(is_in, here, self.inside)
        self.root_inside = np.where(is_in, root, self.root_inside)
        self.outside = np.where(is_in, self.outside, here)
        self.root_outside = np.where(is_in, self.root_outside, root)
        with quiet():
            share = (self.z - self.root_inside) / (self.root_outside - self.root_inside)
        share = np.clip(share, 0.02, 0.98)
        between = self.inside + share * (self.outside - self.inside)
        further = self.inside + self.side * np.log(_FACTOR)
        following = np.where(np.isnan(self.outside), further, between)
        self.end = np.where(self.is_done, self.end, np.exp(following))
