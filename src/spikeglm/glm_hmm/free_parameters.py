"""The parameters of a model as one vector without constraints, and the slope of its objective.

Dispersions are taken by their logarithms, and probabilities by log-odds against the most likely
entry of their row, or where moves follow inputs against staying. A probability of (nearly) zero
stays there: it is no free parameter.

The slope of log p(y) needs no differentiation through the messages: it is the expectation, over the
posterior of the states, of the slope of log p(y, states) (Fisher's identity).

References
----------
Louis (1982), J R Stat Soc B 44:226-33, for the identity and for the information.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .. import showing
from ..engine.runners.dispatch import products
from ..engine.runners.plan import plan
from ..numerics import quiet
from ..typing import BoolArray, FloatArray, IntArray
from .climbing import Problem
from .emissions import Emissions
from .messages import Smoothed
from .parameters import Parameters
from .shared_weights import Shared

_NONE = 1e-7  # probability at the edge


@dataclass(frozen=True, eq=False)
class FreeParameters:
    """What of the parameters of one run may move.

    Attributes
    ----------
    at :
        One run.
    coef :
        (p, K, N) which coefficients may move.
    intercept :
        (K, N) which intercepts may move.
    shared :
        Which weights follow those of the first state; None: none.
    has_scale :
        Whether there are dispersions.
    initial, transition :
        (K,) and (K, K) which probabilities may move; of each row one follows from the others.
    drive :
        (q, K, K) which weights of inputs may move.
    """

    at: Parameters
    coef: BoolArray
    intercept: BoolArray
    has_scale: bool
    initial: BoolArray
    transition: BoolArray
    drive: BoolArray
    shared: Shared | None = None

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, emissions: Emissions, at: Parameters) -> FreeParameters:
        """Return what may move of the parameters of a fit."""
        varies = emissions.ready.survey.features.scale > 0
        coef = np.broadcast_to(varies[:, None, None], (len(varies), *at.intercept.shape[1:]))
        if emissions.mask is not None:
            coef = coef & emissions.mask.reshape(coef.shape)
        intercept = np.full(coef.shape[1:], emissions.has_intercept)
        if emissions.shared is not None:
            coef = coef & emissions.shared.first_of(len(intercept), emissions.n_outputs).reshape(
                coef.shape
            )
            intercept[1:] &= not emissions.shared.intercept
        return cls(
            at,
            np.asarray(coef),
            intercept,
            emissions.has_scale,
            (at.initial[0] > _NONE) & ~_largest(at.initial[0]),
            (free := (at.transition[0] > _NONE) & ~_reference(at)),
            np.broadcast_to(free, (0 if at.drive is None else len(at.drive), *free.shape)),
            emissions.shared,
        )

    @cached_property
    def sizes(self) -> IntArray:
        """How many are coefficients, intercepts, dispersions, first states, moves, drive."""
        n = self.at.intercept[0].size
        return np.array(
            [
                self.coef.sum(),
                self.intercept.sum(),
                n * self.has_scale,
                self.initial.sum(),
                self.transition.sum(),
                self.drive.sum(),
            ]
        )

    def shared_by_classes(self, n_classes: int) -> FloatArray:
        """Return directions (d, m) of length one that move all classes of a label alike.

        No probability changes along them: of C = 1 there are none.
        """
        place = np.full((len(self.coef) + 1, *self.coef.shape[1:]), -1)
        n_coef, n_intercepts = self.sizes[:2]
        place[:-1][self.coef] = np.arange(n_coef)
        place[-1] = (n_coef + np.arange(place[-1].size)).reshape(place[-1].shape)
        if n_classes == 1 or not n_intercepts:
            return np.zeros((self.sizes.sum(), 0))
        groups = place.reshape(-1, n_classes)
        groups = groups[(groups >= 0).all(axis=1)]
        out = np.zeros((self.sizes.sum(), len(groups)))
        out[groups, np.arange(len(groups))[:, None]] = 1.0 / np.sqrt(n_classes)
        return out

    def vector(self) -> FloatArray:
        """Return the parameters, (d,)."""
        at = self.at
        with quiet():
            parts = [at.coef[:, 0][self.coef]]
            parts += [at.intercept[0][self.intercept]]
            parts += [np.log(at.scale[0]).ravel()] * self.has_scale
            parts += [_log_odds(at.initial[0], _largest(at.initial[0]))[self.initial]]
            parts += [_log_odds(at.transition[0], _reference(at))[self.transition]]
            parts += [] if at.drive is None else [at.drive[:, 0][self.drive]]
        return np.concatenate(parts)

    def parameters(self, vectors: FloatArray) -> Parameters:
        """Return the parameters of R vectors (R, d)."""
        R, at = len(vectors), self.at
        coef, intercept, scale, initial, transition, drive = np.split(
            vectors, np.cumsum(self.sizes)[:-1], axis=1
        )
        new = np.broadcast_to(at.coef, (len(at.coef), R, *at.coef.shape[2:])).copy()
        new.transpose(1, 0, 2, 3)[:, self.coef] = coef
        shape = (R, *at.intercept.shape[1:])
        levels = np.broadcast_to(at.intercept, shape).copy()
        levels[:, self.intercept] = intercept
        if self.shared is not None:
            new[self.shared.features] = new[self.shared.features][:, :, :1]
            levels = levels[:, :1] + np.zeros(shape) if self.shared.intercept else levels
        return Parameters(
            new,
            levels,
            np.exp(scale).reshape(shape) if self.has_scale else np.ones(shape),
            _moved(at.initial[0], _largest(at.initial[0]), self.initial, initial),
            _moved(at.transition[0], _reference(at), self.transition, transition),
            self._driven(drive),
        )

    def _driven(self, values: FloatArray) -> FloatArray | None:
        """Return weights of inputs (q, R, K, K), given those that are free (R, m)."""
        if self.at.drive is None:
            return None
        out = np.broadcast_to(self.at.drive, (len(self.drive), len(values), *self.drive.shape[1:]))
        out = out.copy()
        out.transpose(1, 0, 2, 3)[:, self.drive] = values
        return out

    def slope(self, problem: Problem, parameters: Parameters) -> FloatArray:
        """Return the slope of the objective by the vectors of R runs, (R, d)."""
        found = problem.smoothed(parameters)
        by_coef, by_intercept, by_scale = slopes_of_emissions(problem.emissions, parameters, found)
        firsts = found.probability[problem.emissions.sessions.starts].sum(axis=0)
        by_initial = _by_log_odds(firsts + problem.prior.initial, parameters.initial)
        R = parameters.n_runs
        by_drive: FloatArray = np.zeros((R, 0))
        if problem.inputs is None or parameters.drive is None or found.joint is None:
            by_move = _by_log_odds(found.moves + problem.prior.transition, parameters.transition)
        else:
            slopes = problem.inputs.slope(
                found.joint, problem.prior.transition, parameters.transition, parameters.drive
            )
            by_move, by_drive = slopes[0], slopes[1:].transpose(1, 0, 2, 3)[:, self.drive]
        if self.shared is not None:
            is_shared = self.shared.features[:, None, None, None]
            by_coef = np.where(is_shared, by_coef.sum(axis=2, keepdims=True), by_coef)
            if self.shared.intercept:
                by_intercept = by_intercept.sum(axis=1, keepdims=True) + 0.0 * by_intercept
        parts = [by_coef.transpose(1, 0, 2, 3)[:, self.coef], by_intercept[:, self.intercept]]
        parts += [by_scale.reshape(R, -1)] * self.has_scale
        parts += [by_initial[:, self.initial], by_move[:, self.transition], by_drive]
        return np.hstack(parts)


def slopes_of_emissions(
    emissions: Emissions, parameters: Parameters, found: Smoothed
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the slopes by coefficients (p, R, K, N), intercepts and log-dispersions (R, K, N)."""
    R, K, N = parameters.intercept.shape
    model, likelihood = emissions.likelihood.model, emissions.likelihood
    rows, p = emissions.rows, emissions.rows.n_features
    X = products(rows, np.eye(p), plan(rows, p))
    eta = emissions.predictor(parameters)
    weights = emissions.sessions.spread(found.probability.reshape(-1, R * K), 0.0)
    weights = weights[:, :, None] * (1.0 if emissions.seen is None else emissions.seen[:, None])
    by_scale: FloatArray = np.zeros((R, K, N))
    if emissions.has_scale:
        at = parameters.scale.reshape(R * K, N)
        likelihood = likelihood.at_scale(at)
        by_scale = _by_log_scale(emissions, eta, weights, at).reshape(R, K, N)
    with quiet():
        slope = likelihood.value_and_slope(eta, emissions.y[:, None])[1]
        slope = np.where(weights > 0, slope * weights, 0.0).reshape(len(X), -1) / model.loss_unit
    if model.has_dispersion:
        slope = slope / parameters.scale.ravel()
    X = np.where(np.isfinite(X), X, 0.0)
    by_coef = -(X.T @ slope)
    by_coef -= emissions.slope_of_penalty(parameters)
    shape = R, K, N
    return by_coef.reshape(p, *shape), -slope.sum(axis=0).reshape(shape), by_scale


def _by_log_scale(
    emissions: Emissions, eta: FloatArray, weights: FloatArray, at: FloatArray
) -> FloatArray:
    """Return the slope of the log-likelihood by log-dispersions, (R K, N)."""
    y = emissions.y[:, None]
    model: Any = emissions.likelihood.model
    with quiet():
        mean = emissions.likelihood.mean(eta)
        if emissions.likelihood.estimates_scale:
            scaled = model.at_scale(at)
            terms = at * scaled.scale_terms(y, mean, np).slope
        else:
            peak = model.log_peak(at)
            terms = peak[1] + 0.5 * model.deviance(y, mean, 1.0) / at
        return np.where(weights > 0, weights * terms, 0.0).sum(axis=0)


def _largest(probability: FloatArray) -> BoolArray:
    """Return where rows (..., K) have their largest entry, the first of equal ones."""
    largest = probability.argmax(axis=-1)[..., None]
    return np.asarray(np.arange(probability.shape[-1]) == largest)


def _reference(at: Parameters) -> BoolArray:
    """Return (K, K) the entry of each row against which log-odds are taken."""
    if at.drive is None:
        return _largest(at.transition[0])
    return np.eye(at.n_states, dtype=bool)


def _log_odds(probability: FloatArray, reference: BoolArray) -> FloatArray:
    """Return logarithms of entries over the reference entry of their row."""
    of_row = np.where(reference, probability, 0.0).sum(axis=-1, keepdims=True)
    return np.log(probability / of_row)


def _moved(
    probability: FloatArray, reference: BoolArray, free: BoolArray, values: FloatArray
) -> FloatArray:
    """Return rows of probabilities (R, ..., K), given log-odds (R, m) of the free ones."""
    with quiet():
        logs = _log_odds(probability, reference)
        logs = np.broadcast_to(logs, (len(values), *probability.shape)).copy()
    logs[:, free] = values
    raised = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def _by_log_odds(counts: FloatArray, probability: FloatArray) -> FloatArray:
    """Return the slope of sum counts log(probability) by log-odds."""
    return counts - counts.sum(axis=-1, keepdims=True) * probability
