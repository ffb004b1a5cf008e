"""Coefficients that have bounds, in a table: how sure a fit without bounds is, within them."""

from __future__ import annotations

from typing import cast

import numpy as np

from ...regularizer.bounded import BoundedPenalty
from ...regularizer.box import Box
from ...typing import Array, BoolArray, FloatArray
from ..bounds import Within, ordered_intervals
from ..fit_on_data import FitOnData
from .coefficients import Coefficients, told

FIXED = "fixed by its bounds"
MOVED = "outside of its interval: the bounds of other coefficients move it"
REMARK = (
    "coefficients have bounds: standard errors are those of the fit without bounds; p values and "
    "intervals stand on it, within the bounds (likelihood ratio, Feldman & Cousins 1998)"
)
_CONTRADICTS = 3.09  # standard errors beyond a bound: 1 of 1000 where the truth is on it


def within_bounds(
    free: Coefficients, without: FitOnData, fit: FitOnData, level: float
) -> Coefficients:
    """Return the coefficients of a fit with bounds, from those of the same fit without.

    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(-0.2 * X[:, 0]))
    >>> model = nmo.GLM(regularizer=nmo.regularizer.Bounded((0, None))).fit(X, y)
    >>> found = model.summary(X, y)
    >>> found.status[1, 0], found.p_value[1, 0], bool(0.01 < found.conf_high[1, 0] < 0.2)
    ('on its lower bound', np.float64(1.0), True)
    """
    low, high = _bounds(fit)
    found = ordered_intervals(
        free.estimate, free.std_error, low, high, level=level, dof=free.dof[None]
    )
    estimate = _in_order(fit, fit.parameters)
    box = Box(low.T, high.T)
    sides = [np.asarray(at(estimate.T).T) for at in (box.at_low, box.at_high)]
    is_told = told(without, free.status) & np.isfinite(free.std_error)
    words = _words(fit, found, estimate, sides)
    status = np.where(is_told, words, _reasons(free.status, without, fit))
    is_fixed = sides[0] & sides[1]
    status = np.where(is_fixed, FIXED, status).astype(object)
    known = is_told & ~is_fixed

    def where_known(values: FloatArray) -> FloatArray:
        return np.where(known, values, np.nan)

    return free._replace(
        estimate=estimate,
        std_error=where_known(free.std_error),
        statistic=where_known(found.statistic),
        p_value=where_known(found.p_value),
        conf_low=where_known(found.conf_low),
        conf_high=where_known(found.conf_high),
        status=status,
    )


def _in_order(fit: FitOnData, values: Array) -> Array:
    """Return values (p + 1, N), the intercept last, as a table has them: the intercept first."""
    first = values[-1:] if fit.optimum.columns.has_intercept else values[:0]
    return np.concatenate([first, values[:-1]])


def _bounds(fit: FitOnData) -> tuple[FloatArray, FloatArray]:
    """Return both bounds (n, N) in the order of a table; intercepts have none."""
    penalty, shape = cast(BoundedPenalty, fit.optimum.penalty), fit.optimum.coef.shape
    none = np.full((1, shape[1]), np.inf)
    pairs = ((penalty.low, -none), (penalty.high, none))
    low, high = (
        _in_order(fit, np.vstack([np.broadcast_to(bound, shape), free])) for bound, free in pairs
    )
    return low, high


def _words(fit: FitOnData, found: Within, estimate: FloatArray, sides: list[BoolArray]) -> Array:
    """Return (n, N) how a fit ended, on which bound a coefficient is, or what bounds did."""
    ended = ["not of a fit" if s is None else str(s) for s in fit.status]
    out = np.broadcast_to(np.array(ended, dtype=object), sides[0].shape).copy()
    out[(estimate < found.conf_low) | (estimate > found.conf_high)] = MOVED
    beyond = (found.beyond_low, found.beyond_high)
    for name, side, distance in zip(("lower", "upper"), sides, beyond, strict=True):
        out[side] = f"on its {name} bound"
        for at in zip(*np.nonzero(side & (distance > _CONTRADICTS)), strict=True):
            out[at] += f", {distance[at]:.1f} errors beyond it without: these data contradict it"
    return out


def _reasons(status: Array, without: FitOnData, fit: FitOnData) -> Array:
    """Return reasons; those that a fit without bounds has and this one has not say so."""
    differs = [a is not b for a, b in zip(without.status, fit.status, strict=True)]
    out = status.copy()
    out[:, differs] = [["without bounds: " + str(word) for word in row] for row in out[:, differs]]
    return out
