"""The points that one visit of the rows evaluates: one per column, or several steps at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import showing
from ...typing import BoolArray, FloatArray, IntArray

_TENTH = 0.1  # the shortest of the steps that one visit tries


@dataclass(frozen=True)
class Trials:
    """Steps to try for A columns, V >= A in all; a column's own, longest one is its last.

    Attributes
    ----------
    which :
        (V,) the column of each step, 0 ... A - 1.
    step :
        (V,) its length.
    shortest :
        (A,) place of each column's shortest step.
    """

    which: IntArray
    step: FloatArray
    shortest: IntArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, step: FloatArray) -> Trials:
        """Return one step (A,) per column."""
        everything = np.arange(len(step))
        return cls(everything, step, everything)

    def with_shorter(self, often: IntArray, moves: FloatArray) -> Trials:
        """Let some columns also try a tenth of their step, and what moves eta by one.

        Where the loss is astronomic, as from a start far off, its slope says nothing of how far to
        go, but a linear predictor that moves by one changes it by a usual factor.

        Parameters
        ----------
        often :
            (B,) the columns.
        moves :
            (B,) how far their whole direction moves the linear predictor.

        >>> Trials.of(np.ones(3)).with_shorter(np.array([1]), np.array([50.0]))
        Trials(which=array([1, 1, 0, 1, 2]), step=array([0.02, 0.1 , 1.  , 1.  , 1.  ]), ...
        """
        step = self.step[often]
        with np.errstate(divide="ignore"):
            shorter = np.sort([_TENTH * step, np.minimum(step, 1.0 / moves)], axis=0)
        shortest = self.shortest + 2 * len(often)
        shortest[often] = np.arange(len(often))
        which = np.concatenate([often, often, self.which])
        return Trials(which, np.concatenate([*shorter, self.step]), shortest)

    def lowest(self, value: FloatArray, acceptable: BoolArray) -> tuple[IntArray, BoolArray]:
        """Return each column's acceptable trial of lowest value, (A,), and if there is one.

        >>> trials = Trials(np.array([0, 0, 1]), np.array([0.1, 1.0, 1.0]), np.array([0, 2]))
        >>> trials.lowest(np.array([3.0, 4.0, 5.0]), np.array([True, True, False]))
        (array([0, 2]), array([ True, False]))
        """
        n = len(self.shortest)
        if len(self.which) == n:
            return self.which, acceptable
        order = np.argsort(np.where(acceptable, -value, -np.inf), kind="stable")
        best = np.empty(n, dtype=np.intp)
        best[self.which[order]] = order  # where a column comes several times the last one stays
        return best, acceptable[best]
