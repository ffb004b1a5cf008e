"""The smooth part of a penalty with kinks: a diagonal (elastic net), or squares (beside bounds)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...typing import FloatArray, IntArray
from ..contract import Objective


def add_smooth_penalty(
    objective: Objective, H: FloatArray, columns: IntArray, sets: Sequence[IntArray]
) -> None:
    """Add its second derivatives among sets of parameters to matrices H (A, a, a), in place.

    The parameters of a set have the first places of its matrix.
    """
    squares = objective.squares(columns)
    if squares is not None:
        matrix: FloatArray = np.zeros((0, 0))
        strength: FloatArray = np.full(len(squares.strength), np.nan)
        for a, used in enumerate(sets):
            if not np.array_equal(strength, squares.strength[:, a]):  # most columns have the same
                strength = squares.strength[:, a]
                matrix = squares.matrix(strength)
            H[a, : len(used), : len(used)] += matrix[np.ix_(used, used)]
        return
    curvature = objective.penalty_curvature(columns)
    for a, used in enumerate(sets):
        places = np.arange(len(used))
        H[a, places, places] += curvature[used, a]


def change_by_penalty(objective: Objective, move: FloatArray, columns: IntArray) -> FloatArray:
    """Return how its gradient changes along moves (p, A) of the weights, (p, A)."""
    squares = objective.squares(columns)
    if squares is not None:
        return squares.gradient(move)
    return objective.penalty_curvature(columns) * move
