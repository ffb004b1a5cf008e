"""What responses say of hidden states, and the best coefficients given how sure states are.

Given the posterior g_tk of the states, coefficients of state k minimise

    sum_t g_tk l(y_t, x_t . w + b) / sum_t g_tk  +  penalty(w) / sum_t g_tk

which is a column problem like any other: the posterior is its row weights, and all states of all
runs are columns of one fit over rows that were looked at once. The penalty is a prior, in nats: it
counts once, not per trial.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .. import showing
from ..engine.columns import Columns, Source
from ..engine.runners.dispatch import products
from ..engine.runners.plan import plan
from ..engine.runners.threads import one_blas_thread
from ..fit.fitting import SolverChoice, fit_prepared
from ..fit.prepared import Prepared, prepare
from ..fit.record import FitResult
from ..numerics import quiet
from ..observation_models.likelihood import Likelihood
from ..regularizer import Penalty
from ..rows import ArrayRows
from ..rows.contract import Rows
from ..rows.indexing import taken
from ..settings import get_config
from ..solvers import Status
from ..typing import Array, BoolArray, FloatArray, IntArray
from .class_columns import ClassColumns
from .dispersions import best_dispersion
from .frozen_weights import Frozen, offsets_of
from .newton_turns import NewtonTurns
from .parameters import Parameters
from .sessions import Sessions
from .shared_weights import Shared, StackedStates

_EARLY = 1e-6  # decrement: 5e-13 nats per trial above the least
_NONE_LEFT = 1e-8  # expected trials of a state, below which nothing can be learned of it


@dataclass(frozen=True, eq=False)
class Emissions:
    """Responses of N outputs in n rows that K states explain in p features.

    Attributes
    ----------
    rows, keep :
        The table (n, p), and (n,) which rows have data.
    n_states :
        K.
    likelihood :
        The observation model seen through its link.
    y :
        (n, N) responses; any possible one where it is missing.
    seen :
        (n, N) False where a response, or the features of its row, are missing; None: nowhere.
    sessions :
        Which rows are trials.
    penalty :
        On coefficients, in nats: a column for each state and output (p, K N), or for labels for
        each state (p C, K).
    mask :
        (p, K N) which features a state may use; None: all.
    solver :
        How coefficients are found.
    least_scale :
        (N,) the dispersion below which none falls: a state that has but a few trials fits them
        exactly, and its likelihood has no bound.
    centre :
        (p, K N) coefficients from which the penalty counts; None: zero.
    n_classes :
        C, where outputs are the classes of labels; 1: they are numbers.
    shared :
        Which weights are the same in all states; None: none is.
    frozen :
        Which weights are given: the mask leaves them out, and they are centres; None: none.
    takes_steps :
        Whether better coefficients do in place of the best.
    """

    rows: Rows
    keep: BoolArray
    n_states: int
    likelihood: Likelihood
    y: FloatArray
    seen: BoolArray | None
    sessions: Sessions
    penalty: Penalty
    mask: BoolArray | None
    solver: SolverChoice
    has_intercept: bool
    least_scale: FloatArray
    centre: FloatArray | None = None
    n_classes: int = 1
    shared: Shared | None = None
    frozen: Frozen | None = None
    takes_steps: bool = False

    __repr__ = showing.of_fields

    @property
    def n_outputs(self) -> int:
        """N."""
        return self.y.shape[1]

    @cached_property
    def ready(self) -> Prepared:
        """The table, looked at once for all fits."""
        N = self.n_outputs
        weights = None if self.seen is None else Source.one_per_column(self.seen.view(np.uint8))
        columns = Columns(
            self.columns_of(1).likelihood(self.likelihood),
            Source.one_per_column(self.y),
            weights,
            mask=None if self.mask is None else self.mask[:, :N],
            has_intercept=self.has_intercept,
        )
        return prepare(self.rows, columns, keep=self.keep)

    @cached_property
    def _stacked(self) -> StackedStates | None:
        """The rows of all states below each other, where states share weights."""
        return None if self.shared is None else StackedStates(self, self.shared)

    @cached_property
    def _turns(self) -> NewtonTurns | None:
        return NewtonTurns.of(self) if self.takes_steps else None

    def _turns_of(self, parameters: Parameters) -> NewtonTurns | None:
        """Newton's steps in place of fits, where they do."""
        turns = self._turns
        return turns if turns is not None and turns.hold(parameters.n_runs) else None

    @cached_property
    def n_seen(self) -> float:
        """Responses that are there, of all outputs; a label is one."""
        n = len(self.sessions.trials) * self.n_outputs
        n = n if self.seen is None else self.sessions.among(self.seen).sum()
        return float(n / self.n_classes)

    def columns_of(self, n_runs: int) -> ClassColumns:
        """Return how the outputs of the states of some runs lie as columns."""
        return ClassColumns(n_runs, self.n_states, self.n_outputs, self.n_classes)

    def alone(self) -> Emissions:
        """Return the same of one state: a plain GLM."""
        N = self.n_outputs
        mask = None if self.mask is None else self.mask[:, :N]
        penalty = self.penalty.take(np.arange(N // self.n_classes))
        one = replace(self, n_states=1, centre=None, penalty=penalty, mask=mask, shared=None)
        return one if self.frozen is None else self.frozen.of_one_state(one, self.mask)

    def log_likelihoods(self, parameters: Parameters) -> FloatArray:
        """Return log p(responses of a trial | state), (T, R, K); zero where none is there."""
        R, K, N = parameters.intercept.shape
        if (turns := self._turns_of(parameters)) is not None:
            return self._log_likelihoods_of(turns.loss(parameters), R)
        density = self._log_density(self.predictor(parameters), parameters.scale)
        if self.seen is not None:
            density = np.where(self.seen[:, None], density, 0.0)
        total = density[..., 0] if N == 1 else density.sum(axis=-1)
        return self.sessions.among(total).reshape(-1, R, K)

    def _log_likelihoods_of(self, loss: FloatArray, n_runs: int) -> FloatArray:
        """Return the same, given losses (R K, N, n); in memory trials lie side by side."""
        density = -loss if self._loss_is_all else self._of_responses.T - loss
        if self.seen is not None:
            density = np.where(self.seen.T, density, 0.0)
        total = density[:, 0] if self.n_outputs == 1 else density.sum(axis=1)
        return self.sessions.among(total.T).reshape(-1, n_runs, self.n_states)

    def log_prior(self, parameters: Parameters) -> FloatArray:
        """Return minus the penalty of all states, (R,), in nats."""
        R = parameters.n_runs
        coef = self._penalised(parameters)
        value = self.penalty_of_runs(R).value(self.columns_of(R).for_penalty(coef))
        return -value.reshape(R, -1).sum(axis=1)

    def slope_of_penalty(self, parameters: Parameters) -> FloatArray:
        """Return the slope of the penalty by coefficients, (p, R K N)."""
        R, coef = parameters.n_runs, self._penalised(parameters)
        return self.columns_of(R).slope_of(self.penalty_of_runs(R), coef)

    def _penalised(self, parameters: Parameters) -> FloatArray:
        """Return coefficients (p, R K N) as far as the penalty counts them, shared ones once."""
        R = parameters.n_runs
        coef = parameters.columns[0] - self.centre_of_runs(R)
        if self.shared is None:
            return coef
        once = self.shared.first_of(self.n_states, self.n_outputs)
        return np.where(np.tile(once, (1, R)), coef, 0.0)

    def maximised(self, parameters: Parameters, posterior: FloatArray) -> Parameters:
        """Return parameters under which responses are most likely, given p(states) (T, R, K).

        Coefficients at the dispersions there are, then dispersions at these coefficients: neither
        step lowers the expected log-likelihood.
        """
        if (turns := self._turns_of(parameters)) is not None:
            better = turns.maximised(parameters, posterior)
            if better is not None:
                return better
        weights = self._weights(posterior)
        total = self._by_column(weights.values.sum(axis=0), weights)
        result = self._fit(parameters, weights, total)
        has_trials = (total > _NONE_LEFT) | (self.shared is not None)
        is_there = has_trials & np.isfinite(result.coef).all(axis=0)
        is_there &= np.isfinite(result.intercept)
        coef, intercept = parameters.columns
        new = result.coef + self.centre_of_runs(parameters.n_runs)
        found = parameters.with_columns(
            np.where(is_there, new, coef), np.where(is_there, result.intercept, intercept)
        )
        return replace(found, scale=self._scales(found, weights, total, result))

    def some(self, places: IntArray, starts: BoolArray) -> Emissions:
        """Return the same for some trials, places (m,) in order, given where sessions start.

        Their features are read out; where these are too many for memory, all rows are still read.
        """
        trials, p = self.sessions.trials[places], self.rows.n_features
        if 8 * len(trials) * p > get_config().memory_bytes // 4:
            keep = np.zeros_like(self.keep)
            keep[trials] = self.keep[trials]
            return replace(self, keep=keep, sessions=Sessions(self.sessions.n_rows, trials, starts))
        features = taken(self.rows.read, (self.rows.n_rows, p), trials)
        return replace(
            self,
            rows=ArrayRows(features, self.rows.feature_names),
            keep=self.keep[trials],
            y=self.y[trials],
            seen=None if self.seen is None else self.seen[trials],
            sessions=Sessions(len(trials), np.arange(len(trials)), starts),
        )

    def has_collapsed(self, parameters: Parameters) -> BoolArray:
        """Return (R,) whether a state of a run fits its responses exactly."""
        if not self.likelihood.model.has_dispersion:
            return np.zeros(parameters.n_runs, dtype=bool)
        return np.asarray((parameters.scale <= self.least_scale * (1 + 1e-9)).any(axis=(1, 2)))

    def tied(self, parameters: Parameters) -> Parameters:
        """Return parameters that the model may have: shared weights alike, frozen ones as given."""
        tied = parameters if self.shared is None else self.shared.tied(parameters)
        return tied if self.frozen is None else self.frozen.held(tied)

    def hurried(self) -> Emissions:
        """Return the same with fits that stop earlier, or steps, where nobody said when to stop.

        What a turn leaves the next takes up, from where it stopped.
        """
        is_ours = self.solver.name is None and self.solver.tol is None
        if not is_ours:
            return self
        method: Any = self.solver.method
        solver = replace(self.solver, method=replace(method, tol=_EARLY))
        return replace(self, solver=solver, takes_steps=True)

    def separated(self, parameters: Parameters, posterior: FloatArray) -> BoolArray:
        """Return (R, K, -1) whether features predict the responses of a state perfectly."""
        if (turns := self._turns_of(parameters)) is not None:
            are_apart = turns.are_apart(parameters, posterior)
            if not are_apart.any():
                return are_apart.reshape(parameters.n_runs, self.n_states, -1)
        weights = self._weights(posterior)
        total = self._by_column(weights.values.sum(axis=0), weights)
        result = self._fit(parameters, weights, total)
        found = np.array([status is Status.SEPARATED for status in result.status])
        return found.reshape(parameters.n_runs, 1 if self.shared else self.n_states, -1)

    @property
    def has_scale(self) -> bool:
        """Whether states have a dispersion that is to be found."""
        return self.likelihood.model.has_dispersion or self.likelihood.estimates_scale

    def predictor(self, parameters: Parameters) -> FloatArray:
        """Return linear predictors (n, R K, N)."""
        rows, (coef, intercept) = self.rows, parameters.columns
        with one_blas_thread(), quiet():
            eta = products(rows, coef, plan(rows, coef.shape[1]))
        eta += intercept
        return eta.reshape(len(eta), -1, self.n_outputs)

    def _log_density(self, eta: FloatArray, scale: FloatArray) -> FloatArray:
        """Return log p(y | state), (n, R K, N), given predictors and scales (R, K, N)."""
        y, model = self.y[:, None], self.likelihood.model
        with quiet():
            if self.has_scale:
                at = scale.reshape(eta.shape[1:])
                return model.log_likelihood(y, self.likelihood.mean(eta), at, _as_it_is)
            return self._of_responses[:, None] - self.likelihood.value(eta, y) / model.loss_unit

    @cached_property
    def _of_responses(self) -> FloatArray:
        """(n, N) what of a log-likelihood depends on y alone, and the loss leaves out."""
        with quiet():
            eta = np.broadcast_to(self.likelihood.start(self.y.mean(axis=0)), self.y.shape)
            model, mean = self.likelihood.model, self.likelihood.mean(eta)
            whole = model.log_likelihood(self.y, mean, None, _as_it_is)
            return whole + self.likelihood.value(eta, self.y) / model.loss_unit

    @cached_property
    def _loss_is_all(self) -> bool:
        return not self._of_responses.any()

    def _weights(self, posterior: FloatArray) -> Source:
        """Return row weights of the columns of all states."""
        R, K, N = *posterior.shape[1:], self.n_outputs
        weights = self.sessions.spread(posterior.reshape(-1, R * K), 0.0)
        if self.seen is None:
            return Source(weights, np.repeat(np.arange(R * K), N))
        of_each = weights[:, :, None] * self.seen[:, None]
        return Source.one_per_column(of_each.reshape(len(weights), -1))

    def _by_column(self, values: FloatArray, weights: Source) -> FloatArray:
        return np.asarray(values[..., weights.of])

    def _fit(self, parameters: Parameters, weights: Source, total: FloatArray) -> FitResult:
        """Find coefficients of all columns, from those that there are."""
        if self._stacked is not None:
            return self._stacked.fit(self, parameters, weights)
        R, K, N = parameters.intercept.shape
        model, lie = self.likelihood.model, self.columns_of(R)
        unit = np.full(total.shape, model.loss_unit)
        if model.has_dispersion:
            unit *= parameters.scale.ravel()
        offsets = self.offsets_of_runs(R)
        columns = Columns(
            lie.likelihood(self.likelihood),
            Source(self.y, np.tile(np.arange(N), R * K)[lie.order]),
            weights.take(lie.order),
            None if offsets is None else offsets.take(lie.order),
            mask=None if self.mask is None else np.tile(self.mask, (1, R))[:, lie.order],
            has_intercept=self.has_intercept,
        )
        per_trial = (unit / np.maximum(total, _NONE_LEFT))[lie.order][: lie.n_problems]
        coef, intercept = parameters.columns
        start = (
            (coef - self.centre_of_runs(R))[:, lie.order],
            intercept[lie.order] * self.has_intercept,
        )
        result = fit_prepared(
            self.ready,
            columns,
            penalty=self.penalty_of_runs(R).times(per_trial),
            solver=self.solver,
            start=start,
            kind=lie.problems,
        )
        level = lie.back(result.intercept) if self.has_intercept else intercept
        return replace(result, coef=lie.back(result.coef), intercept=level)

    def centre_of_runs(self, n_runs: int) -> FloatArray | float:
        """Return the centres of the penalty, (p, R K N), or zero."""
        return 0.0 if self.centre is None else np.tile(self.centre, (1, n_runs))

    def offsets_of_runs(self, n_runs: int) -> Source | None:
        """Return what the centres predict: coefficients are fitted beside them."""
        if self.centre is None:
            return None
        return offsets_of(self.rows, self.centre, self.frozen, n_runs)

    def penalty_of_runs(self, n_runs: int) -> Penalty:
        """Return the penalty on the columns of some runs."""
        of_one = np.arange(self.columns_of(1).n_problems)
        return self.penalty.take(np.tile(of_one, n_runs))

    def _scales(
        self, found: Parameters, weights: Source, total: FloatArray, result: FitResult
    ) -> FloatArray:
        """Return the best scales (R, K, N) at new coefficients."""
        model, shape = self.likelihood.model, found.scale.shape
        if self.likelihood.estimates_scale:
            now: Any = result.scale
            return np.where(np.isfinite(now), now, found.scale.ravel()).reshape(shape)
        if not model.has_dispersion:
            return found.scale
        with quiet():
            mean = self.likelihood.mean(self.predictor(found))
            deviance = model.deviance(self.y[:, None], mean, 1.0).reshape(len(mean), -1)
            w = weights.block(slice(None))
            w = np.broadcast_to(w, deviance.shape)
            spread = np.where(w > 0, w * deviance, 0.0).sum(axis=0) / total
        best = best_dispersion(model, spread, found.scale.ravel())
        best = np.where(total > _NONE_LEFT, best, found.scale.ravel())
        return np.maximum(best.reshape(shape), self.least_scale)


def _as_it_is(samples: Array) -> Any:
    return samples
