"""Expectation maximisation of many runs at once, each from a start of its own.

A turn finds how sure states are under the parameters (:mod:`~spikeglm.glm_hmm.messages`), then the
best parameters given that. Neither lowers the objective, log p(responses) + log prior, so no turn
does; what a run gains from one turn to the next falls by about one factor, and from both follows
what is still to be gained: a run has converged where that is less than the tolerance, per trial.

References
----------
Dempster, Laird & Rubin (1977), J R Stat Soc B 39:1-38. Bishop (2006), section 13.2. For the sum of
what is still to come (Aitken): Boehning et al. (1994), Ann Inst Stat Math 46:373-88.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from .. import showing
from ..typing import BoolArray, FloatArray, IntArray
from .blocks import Chain
from .driven_moves import Inputs
from .emissions import Emissions
from .messages import Smoothed, smoothed
from .parameters import Parameters
from .priors import Dirichlet

CONVERGED, LIMIT, DROPPED = "converged", "iteration limit", "dropped"
STALLED, LOST = "stalled", "no finite likelihood"
_ROUNDING = 1e-13  # of the objective: smaller gains are none
_LOOKS = (10, 20, 40, 80, 120, 160)  # turns after which runs without hope are dropped
_FALL = 1e-9  # of the objective: more than rounding


@dataclass(frozen=True, eq=False)
class Problem:
    """What the parameters of a hidden Markov model are to explain, and how likely they are."""

    emissions: Emissions
    prior: Dirichlet
    inputs: Inputs | None = None  # of transitions

    __repr__ = showing.of_fields

    def chain(self, parameters: Parameters) -> Chain:
        """Return the hidden chains over the trials."""
        return parameters.chain(self.emissions.sessions.starts, self.inputs)

    def smoothed(self, parameters: Parameters) -> Smoothed:
        """Return how sure states are under R parameters."""
        log_emission = self.emissions.log_likelihoods(parameters)
        return smoothed(log_emission, self.chain(parameters))

    def log_prior(self, parameters: Parameters) -> FloatArray:
        """Return log p of R parameters, up to a constant, (R,)."""
        of_moves = self.prior.log_density(parameters.initial, parameters.transition)
        if self.inputs is not None and parameters.drive is not None:
            of_moves = of_moves + self.inputs.log_prior(parameters.drive)
        return self.emissions.log_prior(parameters) + of_moves

    def maximised(self, parameters: Parameters, found: Smoothed) -> Parameters:
        """Return the best parameters, given how sure states are."""
        firsts = found.probability[self.emissions.sessions.starts].sum(axis=0)
        now = parameters.initial, parameters.transition
        initial, transition = self.prior.best(firsts, found.moves, now)
        drive = parameters.drive
        if self.inputs is not None and drive is not None and found.joint is not None:
            counts = self.prior.transition
            transition, drive = self.inputs.best(found.joint, counts, now[1], drive)
        new = self.emissions.maximised(parameters, found.probability)
        return replace(new, initial=initial, transition=transition, drive=drive)


@dataclass(frozen=True, eq=False)
class Climbed:
    """Where R runs ended.

    Attributes
    ----------
    parameters :
        Of R runs.
    objective, log_likelihood :
        (R,) with and without the prior, in nats, at these parameters.
    status :
        (R,) a word each.
    n_iterations :
        (R,) turns.
    history :
        (turns + 1, R) the objective before each turn, and at the end; NaN after a run ended.
    """

    parameters: Parameters
    objective: FloatArray
    log_likelihood: FloatArray
    status: tuple[str, ...]
    n_iterations: IntArray
    history: FloatArray

    __repr__ = showing.of_fields


@dataclass
class _Runs:
    """Where runs stand."""

    problem: Problem
    parameters: Parameters
    log_likelihood: FloatArray
    history: list[FloatArray]
    status: list[str]
    active: IntArray
    before: Parameters  # one turn ago

    def look(self) -> Smoothed:
        """Find how sure states are in all active runs, and note their objectives."""
        now = self.parameters.take(self.active)
        found = self.problem.smoothed(now)
        line = np.full(len(self.status), np.nan)
        line[self.active] = found.log_likelihood + self.problem.log_prior(now)
        self.log_likelihood[self.active] = found.log_likelihood
        self.history.append(line)
        self.end(self.active[~np.isfinite(line[self.active])], LOST)
        return found

    def turn_back(self) -> None:
        """End runs that fell, where they were before: no step of theirs is to be trusted."""
        if len(self.history) < 2:
            return
        now, before = self.history[-1], self.history[-2]
        fell = self.active[(before - now > _FALL * np.abs(before))[self.active]]
        if len(fell):
            self.parameters = self.parameters.put(fell, self.before.take(fell))
            now[fell] = np.nan
            at = self.problem.smoothed(self.parameters.take(fell))
            self.log_likelihood[fell] = at.log_likelihood
            self.end(fell, STALLED)

    def end(self, runs: IntArray, word: str) -> None:
        """Let some runs go no further."""
        for run in runs:
            self.status[run] = word
        self.active = np.setdiff1d(self.active, runs)

    def step(self, found: Smoothed, among: IntArray) -> None:
        """Move all active runs, which are some of those that were looked at."""
        places = np.searchsorted(among, self.active)
        if len(places) < len(among):
            found = found.take(places)
        new = self.problem.maximised(self.parameters.take(self.active), found)
        self.before = self.parameters
        self.parameters = self.parameters.put(self.active, new)


def climb(
    problem: Problem,
    start: Parameters,
    *,
    maxiter: int,
    tol: float,
    drops_below: float | None = None,
) -> Climbed:
    """Improve R starts until nothing is left to be gained.

    Parameters
    ----------
    problem, start :
        What is to be explained, and R first parameters.
    maxiter :
        Most turns.
    tol :
        What a run that has converged could still gain, per response, in nats; about.
    drops_below :
        Nats below the best run: runs that will end lower, by the rate of their gains, are dropped.
        None: all go on.
    """
    R = start.n_runs
    runs = _Runs(problem, start, np.full(R, np.nan), [], [LIMIT] * R, np.arange(R), start)
    wanted = tol * problem.emissions.n_seen
    for turn in range(maxiter + 1):
        among, found = runs.active, runs.look()
        runs.turn_back()
        left = runs.active
        runs.end(left[settled(runs.history, left, wanted)], CONVERGED)
        if drops_below is not None and turn in _LOOKS:
            runs.end(_hopeless(runs, drops_below), DROPPED)
        if not len(runs.active) or turn == maxiter:
            break
        runs.step(found, among)
    history = np.array(runs.history)
    n_iterations = np.isfinite(history).sum(axis=0) - 1
    last = np.maximum(n_iterations, 0)
    return Climbed(
        runs.parameters,
        history[last, np.arange(R)],
        runs.log_likelihood,
        tuple(runs.status),
        last,
        history,
    )


def settled(history: list[FloatArray], runs: IntArray, wanted: float) -> BoolArray:
    """Return whether some runs have no more than ``wanted`` to gain, by their last objectives."""
    if len(history) < 2:
        return np.zeros(len(runs), dtype=bool)
    gain = (history[-1] - history[-2])[runs]
    is_still = gain <= _ROUNDING * np.abs(history[-1][runs])
    return np.asarray(is_still | ((to_come(history, runs) <= wanted) & (gain <= wanted)))


def to_come(history: list[FloatArray], runs: IntArray) -> FloatArray:
    """Return about what runs can still gain: what is left of a geometric series."""
    if len(history) < 3:
        return np.full(len(runs), math.inf)
    gain, earlier = (np.asarray(history[k] - history[k - 1])[runs] for k in (-1, -2))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = gain / earlier
        return np.where(ratio < 1, np.maximum(gain * ratio / (1.0 - ratio), 0.0), math.inf)


def _hopeless(runs: _Runs, below: float) -> IntArray:
    """Return the active runs that will end lower than the best is now, by more than a margin.

    What is to come is taken twice: gains fall slower where a run leaves a plateau.
    """
    ends = [line[np.isfinite(line)].max(initial=-math.inf) for line in runs.history]
    now = runs.history[-1][runs.active] + 2.0 * to_come(runs.history, runs.active)
    return runs.active[now < max(ends) - below]
