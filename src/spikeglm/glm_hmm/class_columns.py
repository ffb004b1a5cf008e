"""How the outputs of states lie as columns of a fit.

Parameters lie run by run, state by state, output by output. A fit of labels wants the columns of
one class after those of another, and its penalty all classes of a feature below each other; a fit
of numbers wants columns as they are, which is the same with one class.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from .. import showing
from ..engine.kernels.softmax_kernels import Softmax
from ..fit.problems import MakeProblems, Numbers
from ..glm.classification.fitting import Classes
from ..regularizer import Penalty
from ..typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class ClassColumns:
    """Columns of R runs of K states of N outputs, which are labels of C classes or (C = 1) numbers.

    Examples
    --------
    >>> ClassColumns(n_runs=1, n_states=2, n_outputs=3, n_classes=3).order
    array([0, 3, 1, 4, 2, 5])
    """

    n_runs: int
    n_states: int
    n_outputs: int  # N: all classes of all labels
    n_classes: int

    __repr__ = showing.of_fields

    @cached_property
    def order(self) -> IntArray:
        """(R K N,) which column of the parameters each column of the fit is."""
        shape = self.n_runs, self.n_states, self.n_outputs // self.n_classes, self.n_classes
        return np.arange(np.prod(shape)).reshape(shape).transpose(3, 0, 1, 2).ravel()

    @property
    def n_problems(self) -> int:
        """R K N / C: what is solved, and what has a penalty, one by one."""
        return len(self.order) // self.n_classes

    @property
    def problems(self) -> MakeProblems:
        """What a solver sees."""
        if self.n_classes == 1:
            return Numbers
        return partial(Classes, n_classes=self.n_classes)

    def likelihood(self, of_numbers: Any) -> Any:
        """Return what the columns of a fit have for a likelihood."""
        return of_numbers if self.n_classes == 1 else Softmax(self.n_classes)

    def back(self, fitted: FloatArray) -> FloatArray:
        """Return columns (..., R K N) of a fit in the order of the parameters."""
        out = np.empty_like(fitted)
        out[..., self.order] = fitted
        return out

    def for_penalty(self, coef: FloatArray) -> FloatArray:
        """Return coefficients (p, R K N) as a penalty sees them, (p C, R K N / C)."""
        return coef[:, self.order].reshape(-1, self.n_problems)

    def slope_of(self, penalty: Penalty, coef: FloatArray) -> FloatArray:
        """Return the slope of a penalty by coefficients (p, R K N)."""
        slope = penalty.gradient(self.for_penalty(coef))
        return self.back(slope.reshape(coef.shape))
