"""The parameters of R runs of one model, side by side."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from .. import showing
from ..typing import BoolArray, FloatArray, IntArray
from .blocks import Chain
from .driven_moves import Inputs


@dataclass(frozen=True, eq=False)
class Parameters:
    """R runs of a model of K states for N outputs that follow p features.

    Attributes
    ----------
    coef :
        (p, R, K, N).
    intercept, scale :
        (R, K, N); the scale is the dispersion, one where the model has none.
    initial :
        (R, K) p(first state of a session).
    transition :
        (R, K, K), row i the distribution of the next state given state i; where moves follow
        inputs, at inputs of zero.
    drive :
        (q, R, K, K) weights of inputs on moves, against staying; None where there are no inputs.
    """

    coef: FloatArray
    intercept: FloatArray
    scale: FloatArray
    initial: FloatArray
    transition: FloatArray
    drive: FloatArray | None = None

    __repr__ = showing.of_fields

    @property
    def n_runs(self) -> int:
        """R."""
        return len(self.initial)

    @property
    def n_states(self) -> int:
        """K."""
        return self.initial.shape[1]

    @property
    def columns(self) -> tuple[FloatArray, FloatArray]:
        """Coefficients (p, R K N) and intercepts (R K N,), a column per run, state and output."""
        return self.coef.reshape(len(self.coef), -1), self.intercept.ravel()

    def equals(self, other: Parameters) -> bool:
        """Return whether others are the same to the last digit."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return all(a is b or np.array_equal(a, b) for a, b in pairs)

    def with_columns(self, coef: FloatArray, intercept: FloatArray) -> Parameters:
        """Return the parameters with other :attr:`columns`."""
        shape = self.intercept.shape
        coef = coef.reshape(len(coef), *shape)
        return replace(self, coef=coef, intercept=intercept.reshape(shape))

    def chain(self, starts: BoolArray, inputs: Inputs | None = None) -> Chain:
        """Return the hidden chains over trials, given where sessions start."""
        transition = self.transition
        if inputs is not None and self.drive is not None:
            transition = inputs.matrices(transition, self.drive)
        return Chain(self.initial, transition, starts)

    def take(self, runs: IntArray) -> Parameters:
        """Keep only some runs."""
        return Parameters(
            self.coef[:, runs],
            self.intercept[runs],
            self.scale[runs],
            self.initial[runs],
            self.transition[runs],
            None if self.drive is None else self.drive[:, runs],
        )

    def put(self, runs: IntArray, part: Parameters) -> Parameters:
        """Return the parameters with other ones for some runs."""
        coef = self.coef.copy()
        coef[:, runs] = part.coef
        others = []
        for name in ("intercept", "scale", "initial", "transition"):
            values = getattr(self, name).copy()
            values[runs] = getattr(part, name)
            others.append(values)
        drive = None if self.drive is None else self.drive.copy()
        if drive is not None:
            drive[:, runs] = part.drive
        intercept, scale, initial, transition = others
        return Parameters(coef, intercept, scale, initial, transition, drive)

    def ordered(self, order: IntArray) -> Parameters:
        """Return the same with state ``order[k]`` as state k."""
        return Parameters(
            self.coef[:, :, order],
            self.intercept[:, order],
            self.scale[:, order],
            self.initial[:, order],
            self.transition[:, order][:, :, order],
            None if self.drive is None else self.drive[:, :, order][..., order],
        )
