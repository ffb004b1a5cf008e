"""Steps of EM near an optimum, mixed so that the next one would be short.

Near an optimum the step f of a turn changes about linearly with the parameters x. So what the last
turns saw, differences dX of parameters and dF of their steps, tells where the step would vanish:

    x + b f - (dX + b dF) g,    g the least squares solution of dF g = f

which is a quasi-Newton step on the likelihood that needs no slope and no curvature. EM's steps are
too short in all directions, and more so where states are told less well: so b is above one.
Parameters are taken so that a unit of each matters about as much: weights per deviation of their
features, with the level at the features' means; probabilities by twice their root (of which a
count has an information of one), those of first states by how few first trials there are.

References
----------
Anderson (1965), J ACM 12:547-60. Walker & Ni (2011), SIAM J Numer Anal 49:1715-35. For EM:
Henderson & Varadhan (2019), J Comput Graph Stat 28:834-46.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .. import showing
from ..typing import Array, BoolArray, FloatArray, IntArray
from .emissions import Emissions
from .parameters import Parameters

_REMEMBERED = 5  # differences
_RANK = 1e-7  # of differences, over the largest
_LONGER = 1.3  # than EM's steps, which are all too short, by up to half where states are told well
_OF_WEIGHTS = 0.5  # the root of the information that a choice has of its log-odds, at most
_FARTHEST = 10.0  # steps of EM that a mixed one may be long
_LEAST_SHARE = 0.1  # of the root of a probability after a turn: none is mixed to zero
_LEAST_SCALE = 1e-30


class _Turn(NamedTuple):
    """What a turn of a run saw."""

    at: FloatArray  # (d,)
    step: FloatArray  # (d,) of EM
    mixed: FloatArray  # (d,) the one that was taken


@dataclass
class Mixer:
    """Where the turns of R runs were, and how to go on from there.

    Attributes
    ----------
    mean, unit :
        (p,) means of features, zero where intercepts are given, and in what units weights are
        taken.
    least_scale :
        Below which no dispersion falls.
    has_scale :
        Whether dispersions are found.
    of_first :
        The root of how many sessions there are per trial.
    """

    mean: FloatArray
    unit: FloatArray
    least_scale: FloatArray
    has_scale: bool
    of_first: float
    _turns: dict[int, list[_Turn]] = field(default_factory=dict)

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, emissions: Emissions) -> Mixer | None:
        """Return that of some emissions; None where a penalty makes coefficients zero."""
        if not emissions.penalty.is_smooth:
            return None
        features, starts = emissions.ready.survey.features, emissions.sessions.starts
        varies = features.scale > 0
        has_level = emissions.has_intercept and emissions.frozen is None
        return cls(
            np.where(varies & has_level, features.mean, 0.0),
            np.where(varies, _OF_WEIGHTS * features.scale, 1.0),
            emissions.least_scale,
            emissions.has_scale,
            float(np.sqrt(starts.mean())),
        )

    def mixed(self, now: Parameters, new: Parameters, runs: IntArray) -> Parameters:
        """Return where A runs go, given where they are and where a turn of EM leads."""
        ahead = self._flat(new)
        for x, goal, run in zip(self._flat(now), ahead, runs, strict=True):
            turns = self._turns.setdefault(int(run), [])
            step = goal - x
            mixed = _mixed([*turns, _Turn(x, step, step)])
            turns.append(_Turn(x, step, mixed))
            del turns[:-_REMEMBERED]
            goal += mixed - step
        return self._parameters(ahead, new)

    def shrink(self, run: int) -> float:
        """Return by which factor the last turn made less what may be gained; NaN at first.

        That is about half of the slope times the way to the optimum, and EM's steps lie along
        slopes. Where ways are not yet known the squares of steps say more: the larger counts.
        """
        turns = self._turns.get(run, [])[-2:]
        if len(turns) < 2:
            return np.nan
        sizes = np.array([(turn.step @ turn.step, abs(turn.step @ turn.mixed)) for turn in turns])
        return float((sizes[1] / sizes[0]).max()) if (sizes[0] > 0).all() else np.nan

    def learn(self, runs: IntArray, fell: BoolArray) -> None:
        """Forget the turns of runs that fell: their steps are not yet linear."""
        for run in runs[fell]:
            self._turns.pop(int(run), None)

    def _flat(self, at: Parameters) -> FloatArray:
        """Return parameters as vectors (A, d)."""
        A, spread = at.n_runs, self.unit[:, None, None, None]
        level = _OF_WEIGHTS * (at.intercept + np.tensordot(self.mean, at.coef, 1))
        parts = [(at.coef * spread).transpose(1, 0, 2, 3).reshape(A, -1), level.reshape(A, -1)]
        if self.has_scale:
            parts.append(np.log(np.maximum(at.scale, _LEAST_SCALE)).reshape(A, -1))
        parts.append(2.0 * self.of_first * np.sqrt(at.initial))
        parts.append(2.0 * np.sqrt(at.transition).reshape(A, -1))
        if at.drive is not None:
            parts.append(at.drive.transpose(1, 0, 2, 3).reshape(A, -1))
        return np.hstack(parts)

    def _parameters(self, flat: FloatArray, like: Parameters) -> Parameters:
        """Return the parameters of vectors near others; what is zero there stays so."""
        A, (p, _, K, N) = like.n_runs, like.coef.shape
        sizes = [p * K * N, K * N] + [K * N] * self.has_scale + [K, K * K]
        parts = np.split(flat, np.cumsum(sizes), axis=1)
        coef = parts.pop(0).reshape(A, p, K, N).transpose(1, 0, 2, 3)
        coef = coef / self.unit[:, None, None, None]
        intercept = parts.pop(0).reshape(A, K, N) / _OF_WEIGHTS - np.tensordot(self.mean, coef, 1)
        scale = like.scale
        if self.has_scale:
            found = np.exp(parts.pop(0).reshape(A, K, N))
            scale = np.where(scale > 0, np.maximum(found, self.least_scale), scale)
        initial = _probabilities(parts.pop(0) / (2.0 * self.of_first), like.initial)
        transition = _probabilities(0.5 * parts.pop(0).reshape(A, K, K), like.transition)
        drive = like.drive
        if drive is not None:
            drive = parts.pop(0).reshape(A, len(drive), K, K).transpose(1, 0, 2, 3)
        return Parameters(coef, intercept, scale, initial, transition, drive)


def _mixed(turns: list[_Turn]) -> Array:
    """Return the step to take after some turns; of one, EM's own but longer."""
    last = turns[-1]
    moves = np.array([b.at - a.at for a, b in pairwise(turns)])
    bends = np.array([b.step - a.step for a, b in pairwise(turns)])
    size = np.sqrt((bends**2).sum(axis=-1)) if len(bends) else np.zeros(0)
    found = _LONGER * last.step
    if (size > 0).any():
        moves, bends = (each[size > 0] / size[size > 0, None] for each in (moves, bends))
        share = np.linalg.lstsq(bends.T, last.step, rcond=_RANK)[0]
        found = found - share @ (moves + _LONGER * bends)
    length, most = np.linalg.norm(found), _FARTHEST * np.linalg.norm(last.step)
    if not np.isfinite(length):
        return last.step
    return found if length <= most else found * (most / length)


def _probabilities(roots: FloatArray, like: FloatArray) -> FloatArray:
    """Return rows that add up to one, given their roots, and rows near by."""
    square = np.maximum(roots, _LEAST_SHARE * np.sqrt(like)) ** 2
    square = np.where(like > 0, square, 0.0)
    return np.asarray(square / square.sum(axis=-1, keepdims=True))
