"""The state of a sparse solve: where each column stands, and where it aims."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import showing
from ...typing import BoolArray, FloatArray, IntArray
from ..contract import Evaluation, Status

_NEARER = 0.5  # share of the lowest violation that counts as a fall of it


@dataclass
class Walk:
    """Where each of the C columns stands; theta and gradient (p + 1, C), the others (C,)."""

    theta: FloatArray
    value: FloatArray
    gradient: FloatArray  # of the smooth part
    goal: FloatArray  # (p + 1, C) minimiser of the model
    gain: FloatArray  # predicted change of the objective, < 0
    step: FloatArray
    violation: FloatArray
    flatness: FloatArray  # typical curvature over that along the last step; 0: looked at
    n_iterations: IntArray
    n_rejections: IntArray
    lowest: FloatArray  # violation and objective, when last they fell by so much that it counts
    least: FloatArray
    n_slow: IntArray  # visits since the violation fell, and since either did
    n_idle: IntArray
    was_separated: BoolArray  # at another strength, and so at any
    status: list[Status | None]  # None while walking

    __repr__ = showing.of_fields

    @classmethod
    def begin(cls, start: FloatArray, evaluation: Evaluation) -> Walk:
        """Stand at the start (p + 1, C), where the objective was evaluated."""
        n = start.shape[1]
        return cls(
            theta=start.copy(),
            value=evaluation.value.copy(),
            gradient=evaluation.gradient.copy(),
            goal=start.copy(),
            gain=np.zeros(n),
            step=np.ones(n),
            violation=np.full(n, np.inf),
            flatness=np.full(n, np.inf),
            n_iterations=np.zeros(n, dtype=np.intp),
            n_rejections=np.zeros(n, dtype=np.intp),
            lowest=np.full(n, np.inf),
            least=np.full(n, np.inf),
            n_slow=np.zeros(n, dtype=np.intp),
            n_idle=np.zeros(n, dtype=np.intp),
            was_separated=np.zeros(n, dtype=bool),
            status=[None] * n,
        )

    def begin_again(self, value: FloatArray, gradient: FloatArray) -> None:
        """Stand where the last walk ended, the objective having changed by a value and gradient."""
        self.theta, self.value = self.theta.copy(), self.value + value
        self.gradient, self.goal = self.gradient + gradient, self.theta.copy()
        self.violation = np.full_like(self.violation, np.inf)
        self.n_iterations = np.zeros_like(self.n_iterations)
        self.n_rejections = np.zeros_like(self.n_rejections)
        self.be_patient(np.arange(len(self.status)))
        self.step = np.ones_like(self.step)
        self.was_separated |= [status is Status.SEPARATED for status in self.status]
        self.flatness[self.was_separated] = np.inf  # to be looked at again
        self.status = [None] * len(self.status)

    def be_patient(self, columns: IntArray) -> None:
        """Count visits without progress from now on."""
        self.lowest[columns] = self.least[columns] = np.inf
        self.n_slow[columns] = self.n_idle[columns] = 0

    def note_progress(self, columns: IntArray, noise: FloatArray) -> None:
        """Note which of some columns came nearer, given the noise of their objectives (A,)."""
        nearer = self.violation[columns] <= _NEARER * self.lowest[columns]
        lower = self.value[columns] < self.least[columns] - noise
        self.lowest[columns[nearer]] = self.violation[columns[nearer]]
        self.least[columns[lower]] = self.value[columns[lower]]
        self.n_slow[columns[nearer]] = 0
        self.n_idle[columns[nearer | lower]] = 0

    def is_tired(self, columns: IntArray, *, idle: int, slow: int) -> BoolArray:
        """Tell which of some columns make no progress, with ``idle`` visits or rejections."""
        still = np.maximum(self.n_idle, self.n_rejections)
        return (still[columns] > idle) | (self.n_slow[columns] > slow)

    def unfinished(self, columns: IntArray) -> IntArray:
        """Return those of the columns that have no status yet."""
        return np.array([c for c in columns if self.status[c] is None], dtype=np.intp)

    def stand(
        self, columns: IntArray, there: FloatArray, evaluation: Evaluation, which: BoolArray
    ) -> None:
        """Move columns to points (p + 1, A), which of an evaluation's columns they are."""
        self.theta[:, columns] = there
        self.value[columns] = evaluation.value[which]
        self.gradient[:, columns] = evaluation.gradient[:, which]
