"""The curvature of a softmax at an optimum, and its inverse among parameters that sum to zero."""

from __future__ import annotations

import numpy as np

from ...engine.softmax_objective import SoftmaxObjective
from ...inference.information.inverses import pseudo_inverse
from ...typing import BoolArray, FloatArray, IntArray


def penalised_curvature(
    objective: SoftmaxObjective, theta: FloatArray, which: IntArray
) -> FloatArray:
    """Return the penalised curvature (A, n, n) of neurons at theta (n, A), ones for the frozen."""
    H = objective.information(theta, which)
    objective.add_penalty_curvature(H, which)
    column, frozen = np.nonzero(objective.frozen(which).T)
    H[column, frozen, :] = H[column, :, frozen] = 0.0
    H[column, frozen, frozen] = 1.0
    return H


def inverse_curvature(
    objective: SoftmaxObjective, H: FloatArray, frozen: BoolArray, neuron: int
) -> tuple[FloatArray, BoolArray]:
    """Return the inverse curvature (n, n) of what sums to zero over classes, and what has none."""
    inverse, unsure = pseudo_inverse(H)
    inverse[frozen] = inverse[:, frozen] = 0.0
    here = np.full(len(inverse), neuron)
    once = objective.balanced(inverse, here)
    return objective.balanced(np.ascontiguousarray(once.T), here), unsure
