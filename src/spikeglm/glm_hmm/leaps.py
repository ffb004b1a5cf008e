"""Leaps: where the steps of EM lead, taken at once.

With r the step of one turn and v what the next step is longer by, parameters go to

    theta + 2 s r + s² v,    s = |r| / |v|

which for s = 1 is where two turns lead. Coefficients and intercepts are taken per deviation of
features, dispersions and probabilities by their logarithms.

References
----------
Varadhan & Roland (2008), Scand J Stat 35:335-53, scheme S3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..typing import BoolArray, FloatArray, IntArray
from .emissions import Emissions
from .parameters import Parameters

_FIRST_REACH, _GROWTH = 4.0, 4.0
_LEAST = 1e-30  # probability


@dataclass
class Leaper:
    """How far R runs may leap: farther after a leap as far as they may, less far after a fall."""

    unit: FloatArray  # (p,) deviations of features
    least_scale: FloatArray
    has_scale: bool
    may_leap: bool
    reach: FloatArray  # (R,) the largest s
    went: FloatArray  # (R,) the last s

    @classmethod
    def of(cls, emissions: Emissions, n_runs: int) -> Leaper:
        """Return that of R runs; there are no leaps where a penalty makes coefficients zero."""
        return cls(
            emissions.ready.survey.features.scale,
            emissions.least_scale,
            emissions.has_scale,
            emissions.penalty.is_smooth,
            np.full(n_runs, _FIRST_REACH),
            np.ones(n_runs),
        )

    def leap(
        self, first: Parameters, second: Parameters, third: Parameters, runs: IntArray
    ) -> tuple[FloatArray, Parameters]:
        """Return by which factor steps shrink, (A,), and where a leap leads.

        Parameters
        ----------
        first, second, third :
            Parameters of active runs before, between and after two turns.
        runs :
            (A,) their numbers.
        """
        places = [self._flat(each) for each in (first, second, third)]
        r, v = places[1] - places[0], places[2] - 2.0 * places[1] + places[0]
        length, bend = np.linalg.norm(r, axis=1), np.linalg.norm(v, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.linalg.norm(places[2] - places[1], axis=1) / length
            s = np.where(bend > 0, length / bend, 1.0)
        s = np.clip(np.nan_to_num(s, nan=1.0), 1.0, self.reach[runs])
        self.went[runs] = s
        ahead = places[0] + 2.0 * s[:, None] * r + s[:, None] ** 2 * v
        return np.nan_to_num(rate, nan=1.0), self._parameters(ahead, third)

    def learn(self, runs: IntArray, fell: BoolArray) -> None:
        """Take note of leaps that fell."""
        reach, went = self.reach[runs], self.went[runs]
        shorter = np.maximum(went / _GROWTH, 1.0)
        longer = np.where(went >= reach, reach * _GROWTH, reach)
        self.reach[runs] = np.where(fell, np.maximum(shorter, _FIRST_REACH / 2), longer)

    def _flat(self, at: Parameters) -> FloatArray:
        """Return parameters as vectors (A, d) in which steps have comparable sizes."""
        A = at.n_runs
        parts: list[FloatArray] = []
        parts += [(at.coef * self.unit[:, None, None, None]).transpose(1, 0, 2, 3).reshape(A, -1)]
        parts.append(at.intercept.reshape(A, -1))
        if self.has_scale:
            parts.append(np.log(np.maximum(at.scale, _LEAST)).reshape(A, -1))
        parts.append(np.log(np.maximum(at.initial, _LEAST)))
        parts.append(np.log(np.maximum(at.transition, _LEAST)).reshape(A, -1))
        if at.drive is not None:
            parts.append(at.drive.transpose(1, 0, 2, 3).reshape(A, -1))
        return np.hstack(parts)

    def _parameters(self, flat: FloatArray, like: Parameters) -> Parameters:
        """Return the parameters of vectors; probabilities that are zero stay so."""
        A, p = like.n_runs, len(like.coef)
        shape = like.intercept.shape[1:]
        sizes = [p * shape[0] * shape[1], shape[0] * shape[1]]
        sizes += [shape[0] * shape[1]] * self.has_scale + [shape[0], shape[0] ** 2]
        parts = np.split(flat, np.cumsum(sizes), axis=1)
        inverse = np.divide(1.0, self.unit, out=np.zeros_like(self.unit), where=self.unit > 0)
        coef = parts.pop(0).reshape(A, p, *shape).transpose(1, 0, 2, 3)
        coef = np.where(self.unit[:, None, None, None] > 0, coef * inverse[:, None, None, None],
                        like.coef)  # fmt: skip
        intercept, scale = parts.pop(0).reshape(like.intercept.shape), like.scale
        if self.has_scale:
            found = np.exp(parts.pop(0).reshape(scale.shape))
            scale = np.where(scale > 0, np.maximum(found, self.least_scale), scale)
        initial = _probabilities(parts.pop(0), like.initial)
        transition = _probabilities(parts.pop(0).reshape(like.transition.shape), like.transition)
        drive = like.drive
        if drive is not None:
            drive = parts.pop(0).reshape(A, len(drive), *drive.shape[2:]).transpose(1, 0, 2, 3)
        return Parameters(coef, intercept, scale, initial, transition, drive)


def _probabilities(logs: FloatArray, like: FloatArray) -> FloatArray:
    """Return rows that add up to one, given logarithms."""
    raised = np.exp(logs - logs.max(axis=-1, keepdims=True))
    raised = np.where(like > 0, raised, 0.0)
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))
