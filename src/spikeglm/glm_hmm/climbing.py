"""Expectation maximisation of many runs at once, each from a start of its own.

A turn finds how sure states are under the parameters (:mod:`~spikeglm.glm_hmm.messages`), then the
best parameters given that. Neither lowers the objective, log p(responses) + log prior, so no turn
does. Steps of two turns in a row are about parallel, and shrink by one factor. From that follows
what is still to be gained: a run has converged where this is less than the tolerance, per response.
And runs leap: as far as such steps would lead, if the objective is no lower there. Runs that come
from an optimum on part of the trials mix their steps first (:mod:`~spikeglm.glm_hmm.mixing`).

References
----------
Dempster, Laird & Rubin (1977), J R Stat Soc B 39:1-38. Bishop (2006), section 13.2. For leaps
(SQUAREM): Varadhan & Roland (2008), Scand J Stat 35:335-53, scheme S3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from .. import showing
from ..typing import FloatArray, IntArray
from .blocks import Chain
from .driven_moves import Inputs
from .emissions import Emissions
from .leaps import Leaper
from .messages import Smoothed, filtered, smoothed
from .mixing import Mixer
from .parameters import Parameters
from .priors import Dirichlet

CONVERGED, LIMIT, DROPPED = "converged", "iteration limit", "dropped"
STALLED, LOST = "stalled", "no finite likelihood"
_ROUNDING = 1e-13  # of the objective: smaller gains are none
_LOOKS = (10, 20, 40, 80, 120, 160)  # turns after which runs without hope are dropped
_FIRST_LEAP = 4  # turns before it
_MOST_MIXED = 12  # turns: what takes longer is not near
_SURELY, _SLOW = 1 / 3, 100.0  # of what may be left: the most that is left, and was gained, mixed
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

    def objective(self, parameters: Parameters) -> FloatArray:
        """Return log p(responses) + log prior of R parameters, (R,)."""
        log_emission = self.emissions.log_likelihoods(parameters)
        found = filtered(log_emission, self.chain(parameters))
        return found.log_likelihood + self.log_prior(parameters)

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
    posterior :
        (T, R, K) p(states) at these parameters, if all runs ended at the last look; else None.
    """

    parameters: Parameters
    objective: FloatArray
    log_likelihood: FloatArray
    status: tuple[str, ...]
    n_iterations: IntArray
    history: FloatArray
    posterior: FloatArray | None = None

    __repr__ = showing.of_fields


@dataclass
class _Runs:
    """Where runs stand."""

    problem: Problem
    parameters: Parameters
    wanted: float  # nats that a run that has converged may still gain
    log_likelihood: FloatArray
    history: list[FloatArray]
    status: list[str]
    active: IntArray
    left: FloatArray  # (R,) nats that runs may still gain, about
    trail: list[Parameters]  # before the last turns, since the last leap
    leaper: Leaper
    mixer: Mixer | None = None  # while steps are mixed
    n_mixed: int = 0  # turns
    safe: Parameters | None = None  # where no leap led
    last: tuple[Parameters, FloatArray] | None = None  # looked at, with p(states)

    @classmethod
    def begun(cls, problem: Problem, start: Parameters, wanted: float) -> _Runs:
        R = start.n_runs
        nothing, unknown = np.full(R, np.nan), np.full(R, math.inf)
        leaper = Leaper.of(problem.emissions, R)
        return cls(
            problem, start, wanted, nothing, [], [LIMIT] * R, np.arange(R), unknown, [], leaper
        )

    def look(self) -> Smoothed:
        """Find how sure states are in all active runs, and note their objectives."""
        found, objective = self._seen(self.active)
        if self.safe is not None:
            fell = ~(objective >= self.history[-1][self.active])
            (self.mixer or self.leaper).learn(self.active, fell)
            if fell.any():
                if len(self.history) == 1:  # it was not near
                    self.mixer = None
                runs = self.active[fell]
                self.parameters = self.parameters.put(runs, self.safe.take(runs))
                again, objective[fell] = self._seen(runs)
                found.put(np.flatnonzero(fell), again)
            self.safe = None
        is_of_all = len(self.active) == len(self.status)
        self.last = (self.parameters, found.probability) if is_of_all else None
        line = np.full(len(self.status), np.nan)
        line[self.active] = objective
        self.log_likelihood[self.active] = found.log_likelihood
        self.history.append(line)
        self.end(self.active[~np.isfinite(objective)], LOST)
        self._turn_back()
        return found

    def _seen(self, runs: IntArray) -> tuple[Smoothed, FloatArray]:
        now = self.parameters.take(runs)
        found = self.problem.smoothed(now)
        return found, found.log_likelihood + self.problem.log_prior(now)

    @property
    def posterior(self) -> FloatArray | None:
        """(T, R, K) p(states) where runs are, if they were looked at there last."""
        return self.last[1] if self.last and self.parameters.equals(self.last[0]) else None

    def _turn_back(self) -> None:
        """End runs that fell, where they were before: no step of theirs is to be trusted."""
        if len(self.history) < 2 or not self.trail:
            return
        now, before = self.history[-1], self.history[-2]
        fell = self.active[(before - now > _FALL * np.abs(before))[self.active]]
        if len(fell):
            self.parameters = self.parameters.put(fell, self.trail[-1].take(fell))
            now[fell] = np.nan
            self.log_likelihood[fell] = self._seen(fell)[0].log_likelihood
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
        now = self.parameters.take(self.active)
        new = self.problem.maximised(now, found)
        if self.mixer is not None:
            self._mix(self.mixer, now, new)
            return
        self.trail.append(self.parameters)
        self.parameters = self.parameters.put(self.active, new)
        if len(self.trail) == 2:
            self._leap()

    def go_from(self, ahead: Parameters) -> None:
        """Go on from other parameters of all runs, if these are no worse."""
        objective = self.problem.objective(self.parameters)
        if np.isfinite(objective).all():
            self.history.append(objective)
            self.safe = self.parameters
        self.parameters = ahead

    def _mix(self, mixer: Mixer, now: Parameters, new: Parameters) -> None:
        """End runs that have little to gain, and let others go where their steps would vanish.

        What is left is told by how what a turn may gain shrinks, and less strictly by the gain.
        """
        runs = self.active
        ahead = mixer.mixed(now, new, runs)
        gain = (self.history[-1] - self.history[-2])[runs] if len(self.history) > 1 else math.inf
        rate = np.array([mixer.shrink(run) for run in runs])
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.where(rate < 1, gain * rate / (1.0 - rate), math.inf)
        self.left[runs] = np.maximum(np.nan_to_num(left, nan=math.inf, posinf=math.inf), 0.0)
        is_still = gain <= _ROUNDING * np.abs(self.history[-1][runs])
        is_slow = gain <= _SLOW * self.wanted
        done = is_still | (is_slow & (self.left[runs] <= _SURELY * self.wanted))
        self.end(runs[done], CONVERGED)  # where they were looked at last
        kept = np.flatnonzero(~done)
        self.trail = [self.parameters]
        self.safe = self.parameters.put(runs, new)
        self.parameters = self.parameters.put(runs[kept], ahead.take(kept))
        self.n_mixed += 1
        if self.n_mixed == _MOST_MIXED:
            self.mixer, self.trail = None, []

    def _leap(self) -> None:
        """End runs that have little to gain, and let others go further than two turns led."""
        first, second = self.trail
        gain = (self.history[-1] - self.history[-2])[self.active]
        runs = self.active
        third = self.parameters.take(runs)
        rate, ahead = self.leaper.leap(first.take(runs), second.take(runs), third, runs)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.where(rate < 1, gain * rate**2 / (1.0 - rate**2), math.inf)
        self.left[runs] = np.maximum(np.nan_to_num(left, nan=math.inf, posinf=math.inf), 0.0)
        is_still = gain <= _ROUNDING * np.abs(self.history[-1][runs])
        done = is_still | ((self.left[runs] <= self.wanted) & (gain <= self.wanted))
        if done.any():  # where they were looked at last
            self.parameters = self.parameters.put(runs[done], second.take(runs[done]))
            self.end(runs[done], CONVERGED)
        self.trail = []
        if len(self.history) > _FIRST_LEAP and self.leaper.may_leap and not done.all():
            self.safe = self.parameters
            kept = np.flatnonzero(~done)
            self.parameters = self.parameters.put(runs[kept], ahead.take(kept))

    def drop(self, below: float) -> None:
        """End runs that will end lower than the best is now, by more than a margin.

        What is to come is taken twice: gains fall slower where a run leaves a plateau.
        """
        ends = [line[np.isfinite(line)].max(initial=-math.inf) for line in self.history]
        hopes = self.history[-1][self.active] + 2.0 * self.left[self.active]
        self.end(self.active[hopes < max(ends) - below], DROPPED)


def climb(
    problem: Problem,
    start: Parameters,
    *,
    maxiter: int,
    tol: float,
    drops_below: float | None = None,
    ahead: Parameters | None = None,
    is_near: bool = False,
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
    ahead :
        Where an optimum is thought to be: runs go on from there, if it is no worse than the start.
    is_near :
        Whether that is so of the start, or what is ahead, and steps are mixed.
    """
    R = start.n_runs
    runs = _Runs.begun(problem, start, tol * problem.emissions.n_seen)
    if is_near:
        runs.mixer = Mixer.of(problem.emissions)
    if ahead is not None:
        runs.go_from(ahead)
    for turn in range(len(runs.history), maxiter + 1):
        among, found = runs.active, runs.look()
        if drops_below is not None and turn in _LOOKS:
            runs.drop(drops_below)
        if not len(runs.active) or turn == maxiter:
            break
        runs.step(found, among)
        if not len(runs.active):
            break
    history = np.array(runs.history)
    n_iterations = np.maximum(np.isfinite(history).sum(axis=0) - 1, 0)
    return Climbed(
        runs.parameters,
        history[n_iterations, np.arange(R)],
        runs.log_likelihood,
        tuple(runs.status),
        n_iterations,
        history,
        runs.posterior,
    )
