"""The best strengths for quadratic models of the loss, all neurons at once; no row is read.

First steps are those of the extended Fellner-Schall method, which leads from anywhere to near the
optimum; then Newton's on log strengths, until the criterion is stationary. A step that makes it
worse is shortened. Strengths stay within bounds beyond which nothing changes.

References
----------
Wood & Fasiolo (2017), Biometrics 73:1071-81, eq. 4. Wood (2011), J R Stat Soc B 73:3-36.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ... import showing
from ...engine.runners.threads import in_shares
from ...numerics import quiet
from ...settings import get_config
from ...typing import BoolArray, FloatArray, IntArray
from .local_models import Criterion, LocalModels

_FIRST_STEPS = 4  # of Fellner and Schall, before Newton's
_MOST_STEPS = 200
_MOST_SHORTENED = 12  # of one step; then what is left is rounding
_LONGEST = {True: 6.0, False: 4.0}  # of a step in log strength, of Fellner and Schall or Newton
_DONE = {True: 1e-5, False: 1e-11}  # nats that a step promises, where models will be others or not
_NOISE = 1e-13  # of the criterion
_FLATTEST = 1e-9  # curvature of the criterion, nats, that is told from none
_NOTHING_LEFT = 1e-2  # degrees of freedom that an entry leaves of what it penalises
_BEYOND = 1e10  # times the information, along a coordinate, at most; or that over it, at least


@dataclass(frozen=True, eq=False)
class Found:
    """Log strengths (A, R) of A neurons, the criterion there, and how it went.

    Attributes
    ----------
    rho :
        (A, R).
    criterion :
        There.
    began :
        (A,) value of the criterion where the search began.
    promise :
        (A,) nats that a Newton step from where the search began promised.
    unsettled :
        (A,) nats that the parameters of the models' origin were short of their best, there.
    at_bound :
        (A, R) 1 where no larger strength differs, -1 where no smaller one does, else 0.
    """

    rho: FloatArray
    criterion: Criterion
    began: FloatArray
    promise: FloatArray
    unsettled: FloatArray
    at_bound: IntArray

    __repr__ = showing.of_fields


def search(
    models: LocalModels,
    rho: FloatArray,
    reach: FloatArray,
    *,
    from_afar: bool,
    is_rough: bool = False,
) -> Found:
    """Return the best log strengths, beginning at ``rho`` (A, R).

    Parameters
    ----------
    models :
        Of A neurons.
    rho :
        Where to begin.
    reach :
        (A,) how far from there, in log strengths, the models are to be believed.
    from_afar :
        Whether that is a guess: then with steps of Fellner and Schall.
    is_rough :
        Whether the models are, so that the last digits of their best strengths say nothing.
    """

    def work(some: Sequence[int]) -> Found:
        which = np.array(some)
        with quiet():  # threads do not know who started them
            walk = _Walk(models.take(which), rho[which], reach[which, None], from_afar)
            walk.go(_DONE[is_rough])
            return walk.found()

    shares = in_shares(work, list(range(len(rho))), n_threads=get_config().workers)
    pairs = zip(*(share.criterion for share in shares), strict=True)
    return Found(
        np.concatenate([share.rho for share in shares]),
        Criterion(*map(np.concatenate, pairs)),
        np.concatenate([share.began for share in shares]),
        np.concatenate([share.promise for share in shares]),
        np.concatenate([share.unsettled for share in shares]),
        np.concatenate([share.at_bound for share in shares]),
    )


def bounds(models: LocalModels) -> tuple[FloatArray, FloatArray]:
    """Return log strengths (A, R) beyond which nothing changes, below and above."""
    information = np.abs(np.einsum("aii->ai", models.hessian))[:, None]
    c, is_weighty = (
        models.diagonals,
        models.diagonals > 0.01 * models.diagonals.max(axis=2, keepdims=True, initial=0.0),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = np.where(is_weighty, information / c, 0.0).max(axis=2)
    largest = np.where(largest > 0, largest, 1.0)
    lowest = np.log(largest / _BEYOND)
    return lowest, np.maximum(np.minimum(np.log(largest * _BEYOND), models.highest), lowest)


class _Walk:
    """Where each of A neurons stands."""

    def __init__(
        self, models: LocalModels, rho: FloatArray, reach: FloatArray, from_afar: bool
    ) -> None:
        self.models, self.ends = models, bounds(models)
        self.low, self.high = self.ends
        self.rho = np.clip(rho, self.low, self.high)
        self.here = models.at(self.rho)
        self.began = self.here.value.copy()
        self.promise = self._newton(np.arange(len(rho)))[1]
        self.unsettled = models.unsettled(self.rho, self.here)
        self.low = np.maximum(self.low, self.rho - reach)
        self.high = np.minimum(self.high, self.rho + reach)
        self.n_first = np.full(len(rho), _FIRST_STEPS if from_afar else 0)

    def go(self, enough: float) -> None:
        """Walk until every neuron is done: a step promises less than enough."""
        left = np.flatnonzero(np.isfinite(self.here.value))
        step, share = np.zeros_like(self.rho), np.ones(len(self.rho))
        n_shortened, is_fresh = np.zeros(len(self.rho), dtype=int), np.ones(len(self.rho), bool)
        for _ in range(_MOST_STEPS):
            fresh = left[is_fresh[left]]
            step[fresh], promise = self._step(fresh)
            share[fresh], n_shortened[fresh] = 1.0, 0
            is_done = np.zeros(len(self.rho), dtype=bool)
            is_done[fresh] = (promise < enough) & (self.n_first[fresh] <= 0)
            is_done |= n_shortened > _MOST_SHORTENED
            left = left[~is_done[left]]
            if not len(left):
                return
            trial = self.rho[left] + share[left, None] * step[left]
            trial = np.clip(trial, self.low[left], self.high[left])
            there = self.models.take(left).at(trial)
            noise = _NOISE * (1.0 + np.abs(self.here.value[left]))
            better = there.value <= self.here.value[left] + noise
            self._stand(left[better], trial[better], there, better)
            is_fresh[left], worse = better, left[~better]
            share[worse] *= 0.25
            n_shortened[worse] += 1
            self.n_first[left] -= 1

    def found(self) -> Found:
        """Return where they stand."""
        reaches = (self.models.diagonals > 0).any(axis=2)
        at_high = reaches & ((self.rho >= self.ends[1]) | (self.here.left < _NOTHING_LEFT))
        at_low = self.rho <= self.ends[0]
        at_bound = at_high.astype(np.intp) - at_low
        return Found(self.rho, self.here, self.began, self.promise, self.unsettled, at_bound)

    def _stand(
        self, neurons: IntArray, rho: FloatArray, there: Criterion, which: BoolArray
    ) -> None:
        self.rho[neurons] = rho
        for old, new in zip(self.here, there, strict=True):
            old[neurons] = new[which]

    def _step(self, neurons: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return steps (A, R) and what they promise (A,)."""
        step, promise = self._newton(neurons)
        first = self.n_first[neurons] > 0
        if first.any():
            schall = self.here.fixed_point[neurons][first]
            usable = np.isfinite(schall)
            schall = np.where(usable, schall, 0.0)
            step[first] = np.clip(schall, -_LONGEST[True], _LONGEST[True])
        return step, promise

    def _newton(self, neurons: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return Newton's steps down, and the nats that they promise.

        Along directions in which the criterion bends downwards they go as far as if it bent
        upwards; strengths at a bound stay where they are led beyond it.
        """
        rho, g = self.rho[neurons], self.here.gradient[neurons]
        H = self.here.hessian[neurons]
        held = (rho >= self.high[neurons]) & (g < 0) | (rho <= self.low[neurons]) & (g > 0)
        held |= ~np.isfinite(g)
        held |= ~(self.models.diagonals[neurons] > 0).any(axis=2)
        g = np.where(held, 0.0, g)
        H = np.where(held[:, :, None] | held[:, None, :], 0.0, H)
        H = np.nan_to_num(H)
        neuron, entry = np.nonzero(held)
        H[neuron, entry, entry] = 1.0
        values, vectors = np.linalg.eigh(H)
        values = np.maximum(np.abs(values), _FLATTEST)
        along = np.einsum("aij,ai->aj", vectors, g)
        step = -np.einsum("aij,aj->ai", vectors, along / values)
        longest = np.abs(step).max(axis=1, initial=0.0, keepdims=True)
        step *= np.minimum(1.0, _LONGEST[False] / np.maximum(longest, 1e-300))
        return step, 0.5 * (along**2 / values).sum(axis=1)
