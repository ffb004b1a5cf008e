"""Turns of EM that take Newton's steps on coefficients, where features are few.

A turn need not find the best coefficients given how sure states are: any better ones do, and of one
Newton step no more is left than what the next turn has to do anyway (Lange 1995). The loss at the
parameters is known from the messages' look at the responses, so a turn visits the rows once.

The losses are those whose curvature changes by no more than its own size per unit of the linear
predictor (Bernoulli with the logistic, Poisson with the exponential). There a step that moves no
predictor by more than r gains at least

    d² (t - (e^(tr) - tr - 1) / r²)

for the share t of it that is taken, with d the Newton decrement. For whole steps that is positive
up to r = 1.79, so nothing need be checked; longer ones are tried, and where they fail the share
t = log(1 + r) / r is taken, for which it is most. And where d times the largest
||x||, in the metric of the inverse curvature, is below one, a best set of coefficients exists: the
features do not separate the responses.

References
----------
Lange (1995), J R Stat Soc B 57:425-37. Bach (2010), Electron J Stat 4:384-414, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .. import showing
from ..engine.runners.dispatch import products
from ..engine.runners.plan import plan
from ..engine.runners.threads import in_shares
from ..numerics import quiet
from ..observation_models import BernoulliObservations, PoissonObservations
from ..regularizer.ridge import RidgePenalty
from ..regularizer.unregularized import NoPenalty
from ..settings import get_config
from ..typing import BoolArray, FloatArray, IntArray
from .parameters import Parameters

if TYPE_CHECKING:
    from .emissions import Emissions

_MODELS = (BernoulliObservations, PoissonObservations)
_MOST_FEATURES = 16
_SHARE_FOR_TERMS = 1 / 8  # of the memory budget
_SHARE_FOR_PRODUCTS = 1 / 16  # of the memory budget
_AT_ONCE = 2**14  # entries of columns: what is made of them stays near a core
_THREADS_PAY_FROM = 2**17  # entries
_MOST_STEPS = 20
_WHOLE = 1.0  # move of a predictor up to which a step is taken whole
_NEAR = 0.2  # move after which little is left: a hundredth of what the step gained
_FAR = 30.0  # move from which on a fit does better
_DONE = 1e-12  # squared decrement, per expected trial
_NONE_LEFT = 1e-8  # expected trials
_RANK = 1e-5  # least eigenvalue of the curvature, scaled; far above single precision
_ONE_OF = 64  # rows, of which the move is looked at one by one
_SURE = 0.1  # of one: how far from separation


class _Seen(NamedTuple):
    """What responses say at some parameters: each (C, n) but the first."""

    columns: FloatArray  # (p + 1, C)
    loss: FloatArray
    slope: FloatArray
    curvature: FloatArray

    def block(self, which: IntArray, rows: slice) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return losses, slopes and curvatures of some columns and rows."""
        if len(which) == len(self.loss):
            return self.loss[:, rows], self.slope[:, rows], self.curvature[:, rows]
        return self.loss[which, rows], self.slope[which, rows], self.curvature[which, rows]


class _Sums(NamedTuple):
    """What is made least, in nats, of some columns."""

    value: FloatArray  # (C,)
    slope: FloatArray  # (p + 1, C)
    bend: FloatArray  # (C, p + 1, p + 1)


class _Step(NamedTuple):
    """Newton's step, for some columns."""

    way: FloatArray  # (p + 1, C)
    decrement: FloatArray  # (C,) squared
    reach: FloatArray  # (C,) how far it moves a predictor, at most

    @property
    def sure(self) -> FloatArray:
        """(C,) the share of it that lowers the objective, whatever it is."""
        return np.log1p(self.reach) / np.maximum(self.reach, _NONE_LEFT)


@dataclass(eq=False)
class NewtonTurns:
    """Newton's steps over n rows of p features.

    Attributes
    ----------
    emissions :
        What is to be explained.
    Z :
        (p + 1, n) features, centred and over their deviations, and ones; zero in rows without.
    pairs :
        ((p + 1) (p + 2) / 2, n) products of two of them, ordered as :func:`numpy.triu_indices`;
        in single precision, which is enough for a curvature.
    mean, scale :
        (p,) of features.
    """

    emissions: Emissions
    Z: FloatArray
    pairs: FloatArray
    mean: FloatArray
    scale: FloatArray
    _last: _Seen | None = None

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, emissions: Emissions) -> NewtonTurns | None:
        """Return those of some emissions; None where rows, features or losses are not suited."""
        p, likelihood = emissions.rows.n_features, emissions.likelihood
        n_bytes = 8 * emissions.rows.n_rows * (p + 2) ** 2 // 2
        if (
            emissions.shared is not None
            or emissions.n_classes > 1
            or emissions.mask is not None
            or not emissions.has_intercept
            or not isinstance(emissions.penalty, (NoPenalty, RidgePenalty))
            or emissions.has_scale
            or type(likelihood.model) not in _MODELS
            or not likelihood.knows_information_growth
            or p > _MOST_FEATURES
            or n_bytes > _SHARE_FOR_PRODUCTS * get_config().memory_bytes
        ):
            return None
        features = emissions.ready.survey.features
        if not (features.scale > 0).all() or features.null_space.shape[1]:
            return None
        Z = np.ones((p + 1, emissions.rows.n_rows))
        X = products(emissions.rows, np.eye(p), plan(emissions.rows, p))
        Z[:p] = X.T
        Z[:p] -= features.mean[:, None]
        Z[:p] /= features.scale[:, None]
        Z[:, ~np.isfinite(Z).all(axis=0)] = 0.0
        return cls(emissions, Z, _products_of_pairs(Z), features.mean, features.scale)

    def hold(self, n_runs: int) -> bool:
        """Return whether memory has room for what responses say in so many runs."""
        n_columns = n_runs * self.emissions.n_states * self.emissions.n_outputs
        n_bytes = 8 * 4 * n_columns * self.Z.shape[1]  # three terms, and weights
        return n_bytes <= _SHARE_FOR_TERMS * get_config().memory_bytes

    def loss(self, parameters: Parameters) -> FloatArray:
        """Return the loss of each response in each state of each run, (R K, N, n)."""
        return self._at(parameters).loss.reshape(-1, *self._y.shape)

    def maximised(self, parameters: Parameters, posterior: FloatArray) -> Parameters | None:
        """Return better coefficients, given p(states) (T, R, K); None where a fit is needed."""
        weights = self._weights(posterior)
        total = weights.sum(axis=1)
        moving = np.flatnonzero(total > _NONE_LEFT)
        if not len(moving):
            return parameters
        theta = self._walked(self._theta(parameters), weights, moving, total, self._at(parameters))
        if theta is None:
            return None
        coef = theta[:-1] / self.scale[:, None]
        return parameters.with_columns(coef, theta[-1] - self.mean @ coef)

    def _walked(
        self,
        theta: FloatArray,
        weights: FloatArray,
        moving: IntArray,
        total: FloatArray,
        seen: _Seen,
    ) -> FloatArray | None:
        """Return parameters (p + 1, C) after as many steps as leave little to be gained."""
        found = self._sums(theta, weights, moving, seen)
        for _ in range(_MOST_STEPS):
            step = self._step(found)
            if step is None:
                return None
            is_long = step.reach > _NEAR  # without an optimum steps stay so, and gain nothing
            goes_on = is_long & (step.decrement > _DONE * total[moving])
            before, theta = theta, theta.copy()
            theta[:, moving] += np.where(goes_on | ~is_long, step.way, 0.0)
            if not goes_on.any():
                return theta
            is_bold = step.reach > _WHOLE
            value, step = found.value[goes_on], _Step(*(each[..., goes_on] for each in step))
            moving, is_bold = moving[goes_on], is_bold[goes_on]
            found = self._sums(theta, weights, moving)
            failed = is_bold & ~(found.value <= value)
            if failed.any():
                again = moving[failed]
                theta[:, again] = before[:, again] + (step.sure * step.way)[:, failed]
                found = self._sums(theta, weights, moving)
        return theta

    def are_apart(self, parameters: Parameters, posterior: FloatArray) -> BoolArray:
        """Return (C,) whether features separate responses; False only where that is certain."""
        weights, theta = self._weights(posterior), self._theta(parameters)
        every = np.arange(theta.shape[1])
        found = self._sums(theta, weights, every, self._at(parameters))
        if not _has_full_rank(found.bend):
            return np.ones(len(every), dtype=bool)
        inverse = np.linalg.inv(found.bend)
        decrement = np.einsum("ac,cab,bc->c", found.slope, inverse, found.slope)
        a, b = np.triu_indices(len(theta))
        twice = np.where(a == b, 1.0, 2.0)
        largest = ((inverse[:, a, b] * twice) @ self.pairs).max(axis=1)
        return ~(decrement * largest < _SURE**2)

    @property
    def _y(self) -> FloatArray:
        """(N, n)."""
        return self.emissions.y.T

    def _theta(self, parameters: Parameters) -> FloatArray:
        """Return parameters (p + 1, C) of the rows of Z."""
        coef, intercept = parameters.columns
        return np.vstack([coef * self.scale[:, None], intercept + self.mean @ coef])

    def _weights(self, posterior: FloatArray) -> FloatArray:
        """Return the weights of rows in all columns, (C, n)."""
        emissions = self.emissions
        _, R, K = posterior.shape
        weights = emissions.sessions.spread(posterior.reshape(-1, R * K), 0.0).T
        if emissions.seen is not None:
            weights = (weights[:, None] * emissions.seen.T).reshape(-1, weights.shape[1])
        elif emissions.n_outputs > 1:
            weights = np.repeat(weights, emissions.n_outputs, axis=0)
        return np.ascontiguousarray(weights)

    def _at(self, parameters: Parameters) -> _Seen:
        """Look at the responses, if they were not looked at with these parameters last."""
        columns = np.vstack([*parameters.columns])
        if self._last is None or not np.array_equal(columns, self._last.columns):
            theta = self._theta(parameters)
            terms, every = np.empty((3, theta.shape[1], self.Z.shape[1])), np.arange(theta.shape[1])

            def look(parts: Sequence[slice]) -> None:
                for rows in parts:
                    for each, found in zip(terms, self._terms(theta, every, rows), strict=True):
                        each[:, rows] = found

            in_shares(look, self._parts(theta), n_threads=self._n_threads(theta))
            self._last = _Seen(columns, *terms)
        return self._last

    def _terms(
        self, theta: FloatArray, which: IntArray, rows: slice
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return losses, slopes and curvatures (C, rows) of some columns by linear predictors."""
        likelihood, y = self.emissions.likelihood, self._y[:, rows]
        if len(y) > 1:
            y = y[which % len(y)]
        with quiet():
            loss, slope = likelihood.value_and_slope(theta.T @ self.Z[:, rows], y)
            return loss, slope, likelihood.model.variance(slope + y)  # as canonical losses have it

    def _parts(self, theta: FloatArray) -> list[slice]:
        """Return pieces of the rows."""
        length = max(1, _AT_ONCE // theta.shape[1])
        return [slice(first, first + length) for first in range(0, self.Z.shape[1], length)]

    def _n_threads(self, theta: FloatArray) -> int:
        is_much = theta.shape[1] * self.Z.shape[1] >= _THREADS_PAY_FROM
        return get_config().workers if is_much else 1

    def _sums(
        self, theta: FloatArray, weights: FloatArray, which: IntArray, seen: _Seen | None = None
    ) -> _Sums:
        """Return what is made least in some columns, with the penalty."""
        theta = theta[:, which]
        (m, C), every = theta.shape, len(which) == len(weights)

        def add(parts: Sequence[slice]) -> tuple[FloatArray, FloatArray, FloatArray]:
            values, slopes, bends = np.zeros(C), np.zeros((C, m)), np.zeros((C, len(self.pairs)))
            for rows in parts:
                terms = self._terms(theta, which, rows) if seen is None else seen.block(which, rows)
                loss, slope, curvature = terms
                w = weights[:, rows] if every else weights[which, rows]
                values += np.einsum("cn,cn->c", w, loss)
                slopes += (w * slope) @ self.Z[:, rows].T
                curved = np.multiply(w, curvature, dtype=np.float32, casting="same_kind")
                bends += curved @ self.pairs[:, rows].T
            return values, slopes, bends

        with quiet():
            shares = in_shares(add, self._parts(theta), n_threads=self._n_threads(theta))
        value, slope, packed = (np.sum(each, axis=0) for each in zip(*shares, strict=True))
        a, b = np.triu_indices(m)
        bend = np.empty((C, m, m))
        bend[:, a, b] = bend[:, b, a] = packed
        return self._with_penalty(theta, which, _Sums(value, slope.T, bend))

    def _with_penalty(self, theta: FloatArray, which: IntArray, found: _Sums) -> _Sums:
        """Return sums with the penalty of some columns, in place."""
        emissions, unit, p = self.emissions, self.scale[:, None], len(self.scale)
        of_one = which % (emissions.n_states * emissions.n_outputs)
        penalty, coef = emissions.penalty.take(of_one), theta[:p] / unit
        if emissions.centre is not None:
            coef = coef - emissions.centre[:, of_one]
        diagonal = np.arange(p)
        found.value[:] += penalty.value(coef)
        found.slope[:p] += penalty.gradient(coef) / unit
        found.bend[:, diagonal, diagonal] += (penalty.curvature(coef.shape) / unit**2).T
        return found

    def _step(self, found: _Sums) -> _Step | None:
        """Return Newton's step; None where curvature says too little, or the way is long."""
        if not (np.isfinite(found.slope).all() and _has_full_rank(found.bend)):
            return None
        way = -np.linalg.solve(found.bend, found.slope.T[..., None])[..., 0].T
        outer, radius = self._far_rows
        reach = radius * np.linalg.norm(way, axis=0)
        reach = np.maximum(reach, np.abs(way.T @ outer).max(axis=1))
        if (reach > _FAR).any():
            return None
        return _Step(way, -(found.slope * way).sum(axis=0), reach)

    @cached_property
    def _far_rows(self) -> tuple[FloatArray, float]:
        """The rows (p + 1, F) farthest from the centre, and within which radius others lie."""
        size = np.sqrt((self.Z**2).sum(axis=0))
        n_far = len(size) // _ONE_OF + 1
        order = np.argpartition(size, -n_far)
        return self.Z[:, order[-n_far:]].copy(), float(size[order[-n_far]])


def _products_of_pairs(Z: FloatArray) -> FloatArray:
    """Return products of two rows of Z each, in single precision.

    >>> _products_of_pairs(np.array([[2.0], [3.0]]))[:, 0]
    array([4., 6., 9.], dtype=float32)
    """
    single = Z.astype(np.float32)
    firsts, seconds = np.triu_indices(len(Z))
    found = np.empty((len(firsts), Z.shape[1]), np.float32)
    for row, a, b in zip(found, firsts, seconds, strict=True):
        np.multiply(single[a], single[b], out=row)
    return found


def _has_full_rank(bend: FloatArray) -> bool:
    """Return whether curvatures (C, m, m) can be solved with."""
    size = np.sqrt(np.diagonal(bend, axis1=1, axis2=2))
    if not (np.isfinite(bend).all() and (size > 0).all()):
        return False
    scaled = bend / (size[:, None] * size[..., None])
    return bool((np.linalg.eigvalsh(scaled)[:, 0] > _RANK).all())
