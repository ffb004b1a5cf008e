"""Many starts, few that are worth the way: a first look at all of them, on part of the trials.

All runs climb on some stretches of trials, where a turn costs little. Those whose gains will not
take them near the best are dropped on the way; of those that end, runs with one objective have
found one optimum, and one of them stands for all. Only the best few optima are then followed on all
trials.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .. import showing
from ..typing import FloatArray, IntArray
from .climbing import CONVERGED, DROPPED, LIMIT, Climbed, Problem, climb
from .parameters import Parameters

_STRETCH = 1000  # trials in a row
_LEAST_TRIALS = 10_000
_PER_PARAMETER = 200  # trials
_COARSE = 1e-6  # nats per response that a screened run may leave
_MOST_SHARE = 1 / 3  # of the responses that a part has: with more it costs what it saves
_CERTAIN = 10.0  # nats per parameter: chance has one, or few
_MOST_TURNS = 200
_FOLLOWED = 3  # optima
SAME = 0.5
"""Nats within which two runs have found the same optimum."""


@dataclass(frozen=True, eq=False)
class Screened:
    """What a first look at R runs found.

    Attributes
    ----------
    climbed :
        Where they ended, on part of the trials.
    optimum :
        (R,) which optimum a run found, 0 the best; -1 for a run that was dropped.
    n_trials :
        Trials that it took.
    """

    climbed: Climbed
    optimum: IntArray
    n_trials: int

    __repr__ = showing.of_fields

    @property
    def followed(self) -> IntArray:
        """The runs that stand for the best few optima."""
        few = range(min(_FOLLOWED, int(self.optimum.max()) + 1))
        objective = self.climbed.objective
        return np.array([self._best(np.flatnonzero(self.optimum == k), objective) for k in few])

    @staticmethod
    def _best(runs: IntArray, objective: FloatArray) -> int:
        return int(runs[objective[runs].argmax()])


def screened(problem: Problem, start: Parameters, *, maxiter: int, tol: float) -> Screened:
    """Look at all runs, and say which optimum each found.

    Parameters
    ----------
    problem, start, maxiter, tol :
        As for :func:`~spikeglm.glm_hmm.climbing.climb`.
    """
    part = some_trials(problem, start)
    climbed = climb(
        part,
        start,
        maxiter=min(maxiter, _MOST_TURNS),
        tol=max(tol, _COARSE),
        drops_below=2.0 * SAME,
    )
    ended = np.array([status in (CONVERGED, LIMIT) for status in climbed.status])
    ended &= ~part.emissions.has_collapsed(climbed.parameters)
    if not ended.any():
        ended = np.array([status != DROPPED for status in climbed.status])
    optimum = np.full(start.n_runs, -1)
    runs = np.flatnonzero(ended)
    runs = runs[np.argsort(-climbed.objective[runs], kind="stable")]
    falls = -np.diff(climbed.objective[runs], prepend=climbed.objective[runs[0]])
    optimum[runs] = np.cumsum(falls > SAME)
    return Screened(climbed, optimum, len(part.emissions.sessions.trials))


def climbed_by_parts(problem: Problem, start: Parameters, *, maxiter: int, tol: float) -> Climbed:
    """Improve one start, of many trials first on part of them.

    An optimum of n trials is about half a nat per parameter, of these trials, from that of all: so
    a run that has but a nat per parameter to gain has gone far enough on the part. One that gained
    many there is better on all trials, too; else that is looked at, so that no run ends lower than
    it began.

    Parameters
    ----------
    problem, start, maxiter, tol :
        As for :func:`~spikeglm.glm_hmm.climbing.climb`.
    """
    part, n_early, n_parameters = some_trials(problem, start), maxiter // 2, _n_parameters(start)
    if part.emissions.n_seen > _MOST_SHARE * problem.emissions.n_seen or not n_early:
        return climb(problem, start, maxiter=maxiter, tol=tol)
    coarse = n_parameters / part.emissions.n_seen
    early = climb(part, start, maxiter=n_early, tol=max(tol, coarse))
    is_fine = early.status[0] in (CONVERGED, LIMIT)
    if not is_fine or part.emissions.has_collapsed(early.parameters).any():
        return climb(problem, start, maxiter=maxiter, tol=tol)
    is_better = early.objective[0] - early.history[0, 0] > _CERTAIN * n_parameters
    late = climb(
        problem,
        early.parameters if is_better else start,
        ahead=None if is_better else early.parameters,
        maxiter=maxiter - int(early.n_iterations[0]),
        tol=tol,
        is_near=True,
    )
    return replace(late, n_iterations=early.n_iterations + late.n_iterations)


def some_trials(problem: Problem, start: Parameters) -> Problem:
    """Return the problem of stretches of trials, evenly spread; of few trials, all."""
    sessions = problem.emissions.sessions
    n = len(sessions.trials)
    wanted = max(_LEAST_TRIALS, _PER_PARAMETER * _n_parameters(start))
    n_stretches = -(-n // _STRETCH)
    step = n // wanted
    if step < 2 or n_stretches < 2 * step:
        return problem
    number = np.arange(n) // _STRETCH
    places = np.flatnonzero(number % step == 0)
    begins = np.diff(number[places], prepend=-1) > 0
    inputs = problem.inputs
    if inputs is not None:
        inputs = replace(inputs, values=inputs.values[places])
    emissions = problem.emissions.some(places, sessions.starts[places] | begins)
    return replace(problem, emissions=emissions, inputs=inputs)


def _n_parameters(start: Parameters) -> int:
    """Return how many parameters a run has, about."""
    K = start.n_states
    return int(start.coef[:, 0].size) + K * (K + 2)
