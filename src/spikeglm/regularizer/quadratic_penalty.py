"""What penalties with matrices are once they are bound: squares, some of which share a strength."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .. import showing
from ..typing import FloatArray, IntArray
from .squares import Part, Squares


@dataclass(frozen=True, eq=False)
class QuadraticPenalty:
    """½ Σ_j λ_j Σ_r (g_r . w)² of each class and neuron, r over the rows of entry j.

    R entries, N neurons, K classes; the coefficients are (p K, N), row j K + k being feature j of
    class k.

    Attributes
    ----------
    parts :
        Rows g of full rank, each with the features that they are for.
    entry_of_part :
        (n_parts,) which entry a part belongs to: the channels of a term share one.
    strength :
        λ (R, N).
    n_features :
        p.
    n_classes :
        K, 1 where there are none. All classes have the same entries and strengths.
    labels :
        (R,) what entries are called; () where they have no names.

    Examples
    --------
    >>> from spikeglm.regularizer import Quadratic
    >>> alike = {"alike": ([0, 1], [[1.0, -1.0], [-1.0, 1.0]]), "small": ([1], [[1.0]])}
    >>> penalty = Quadratic(alike).bind([2.0, 1.0], (2, 1))
    >>> penalty.labels, penalty.entry_of_row, penalty.value(np.array([[1.0], [3.0]]))
    (('alike', 'small'), array([0, 1]), array([8.5]))
    >>> penalty.with_strengths(np.array([[0.0], [2.0]])).value(np.array([[1.0], [3.0]]))
    array([9.])
    """

    parts: tuple[Part, ...]
    entry_of_part: IntArray
    strength: FloatArray
    n_features: int
    n_classes: int = 1
    labels: tuple[str, ...] = ()

    __repr__ = showing.of_fields
    is_smooth = True

    @cached_property
    def entry_of_row(self) -> IntArray:
        """(n_rows,) which entry a row of :meth:`squares` belongs to."""
        return np.repeat(self.entry_of_part, [len(part.rows) for part in self.parts])

    @cached_property
    def sums(self) -> Squares:
        """The squares of class columns (p, K N): column k N + n is class k of neuron n."""
        by_row = np.tile(self.strength[self.entry_of_row], self.n_classes)
        return Squares(self.parts, by_row, self.n_features)

    def with_strengths(self, strength: FloatArray) -> QuadraticPenalty:
        """Return the same with other strengths (R, N)."""
        return replace(self, strength=strength)

    def take(self, columns: IntArray) -> QuadraticPenalty:
        """Keep only some neurons."""
        return replace(self, strength=self.strength[:, columns])

    def times(self, factor: FloatArray) -> QuadraticPenalty:
        """Return the penalty with each neuron's strengths multiplied, (N,)."""
        return replace(self, strength=self.strength * factor)

    def value(self, W: FloatArray) -> FloatArray:
        """Return the penalty of each neuron, (N,)."""
        by_class = self.sums.value(self._wide(W))
        return by_class.reshape(self.n_classes, -1).sum(axis=0)

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return its derivative, (p K, N)."""
        return self.sums.gradient(self._wide(W)).reshape(W.shape)

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return the diagonal of its second derivative, (p K, N)."""
        return self.sums.diagonal.reshape(shape)

    def squares(self, n_columns: int) -> Squares:
        """Return it as squares, of class columns."""
        return self.sums

    def kinks(self, unit: FloatArray, n_columns: int) -> None:
        """Return None: it is smooth."""

    def prox(self, W: FloatArray, step: float | FloatArray) -> FloatArray:
        """Return (1 + step Λ)⁻¹ w, (p K, N)."""
        wide = self._wide(W)
        steps = np.tile(np.broadcast_to(step, (1, W.shape[1])), self.n_classes)[0]
        F = np.tile(np.eye(len(wide)), (wide.shape[1], 1, 1))
        self.sums.times(steps).add_to(F)
        return np.linalg.solve(F, wide.T[:, :, None])[:, :, 0].T.reshape(W.shape)

    def _wide(self, W: Any) -> Any:
        return W.reshape(self.n_features, self.n_classes * W.shape[1])
