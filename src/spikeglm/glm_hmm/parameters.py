"""The parameters of R runs of one model, side by side."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from .. import showing
from ..typing import BoolArray, FloatArray, IntArray
from .blocks import Chain


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
        (R, K, K), row i the distribution of the next state given state i.
    """

    coef: FloatArray
    intercept: FloatArray
    scale: FloatArray
    initial: FloatArray
    transition: FloatArray

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

    def with_columns(self, coef: FloatArray, intercept: FloatArray) -> Parameters:
        """Return the parameters with other :attr:`columns`."""
        shape = self.intercept.shape
        coef = coef.reshape(len(coef), *shape)
        return Parameters(
            coef, intercept.reshape(shape), self.scale, self.initial, self.transition
        )

    def chain(self, starts: BoolArray) -> Chain:
        """Return the hidden chains over trials, given where sessions start."""
        return Chain(self.initial, self.transition, starts)

    def take(self, runs: IntArray) -> Parameters:
        """Keep only some runs."""
        return Parameters(
            self.coef[:, runs],
            self.intercept[runs],
            self.scale[runs],
            self.initial[runs],
            self.transition[runs],
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
        return Parameters(coef, *others)

    def ordered(self, order: IntArray) -> Parameters:
        """Return the same with state ``order[k]`` as state k."""
        return Parameters(
            self.coef[:, :, order],
            self.intercept[:, order],
            self.scale[:, order],
            self.initial[:, order],
            self.transition[:, order][:, :, order],
        )

    @property
    def is_finite(self) -> bool:
        """Whether all are finite numbers."""
        return all(np.isfinite(getattr(self, field.name)).all() for field in fields(self))


def joined(parts: list[Parameters]) -> Parameters:
    """Return the runs of several parameters side by side."""
    return Parameters(
        np.concatenate([part.coef for part in parts], axis=1),
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("intercept", "scale", "initial", "transition")
        ),
    )
