"""The curvature of K-class problems: that of K columns, freed of what the classes share.

With the same probabilities p in all rows the second derivative of a neuron's loss is the product
of S = diag(p) - p p' over classes and the features' X'X. On numbers that add up to zero over the
classes the inverse of S is that of diag(p), so K columns of curvature p_k, each with the shared
factor of X'X, give the whole inverse when gradients and steps are balanced over the classes.

Where probabilities vary between rows, column k takes the curvature p_k (1 - p_k) / (1 - mean p_k):
the same for constant rows, exact for two classes, and small where rows are decided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ... import showing
from ...engine.softmax_objective import SoftmaxObjective
from ...typing import FloatArray, IntArray
from ..contract import Evaluation
from .shared_curvature import SharedCurvature, is_usable


@dataclass(frozen=True, eq=False)
class SoftmaxCurvature:
    """The model above; shapes are those of :class:`SoftmaxObjective`.

    Attributes
    ----------
    objective :
        Knows which parameters are balanced, and which class columns a neuron has.
    columns :
        The curvature of the K·N class columns.
    gain :
        (K·N,) 1 / (1 - mean p_k).
    """

    objective: SoftmaxObjective
    columns: SharedCurvature
    gain: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, objective: SoftmaxObjective, frequency: FloatArray) -> SoftmaxCurvature:
        """Build the model for classes of mean probability ``frequency`` (K, N), all positive."""
        everything = np.arange(objective.n_columns)
        n, squares = frequency.size, objective.squares(everything)
        ridge = objective.ridge(everything).reshape(-1, n) if squares is None else squares.strength
        shared = SharedCurvature.initial(
            objective.features.correlation,
            frequency.ravel(),
            ridge,
            objective.frozen(everything).reshape(-1, n),
            squares,
        )
        return cls(objective, shared, 1.0 / np.maximum(1.0 - frequency.ravel(), frequency.min()))

    def solve(self, gradient: FloatArray, columns: IntArray) -> FloatArray:
        """Return H⁻¹ g for the listed neurons."""
        wide = self.objective.widened(self.objective.balanced(gradient, columns))
        step = self.columns.solve(wide, self.objective.class_columns(columns))
        return self.objective.balanced(step.reshape(gradient.shape), columns)

    def observed(
        self, objective: Any, theta: FloatArray, active: IntArray
    ) -> tuple[Evaluation, SoftmaxCurvature, IntArray]:
        """Evaluate points theta; also return the model adapted to them, and for which neurons."""
        classes, shared = objective.class_columns(active), self.columns
        evaluation, moments = objective.evaluate_with_moments(
            theta, active, shared.bases, shared.group[classes]
        )
        usable = np.tile(evaluation.finite, objective.n_classes) & is_usable(moments)
        adapted = shared.adapted(
            classes[usable],
            moments.h[usable] * self.gain[classes[usable]],
            moments.mean[:, usable],
            moments.variance[:, usable],
        )
        return evaluation, replace(self, columns=adapted), active[evaluation.finite]
