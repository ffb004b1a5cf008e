"""What a choice of strengths found, before the model is fitted to all rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..fit.problems import Parameters
from ..glm import GLM
from ..typing import FloatArray, IntArray
from .strength_search import StrengthSearch


class Told(NamedTuple):
    """Of the strength that was chosen for each neuron, (N,)."""

    score: FloatArray
    score_se: FloatArray
    reason: tuple[str, ...]

    @classmethod
    def of(cls, searches: Sequence[StrengthSearch], which: IntArray) -> Told:
        """Return what there is to say; of neuron n what search ``which[n]`` says.

        >>> status = np.full((2, 1, 1), "converged", dtype=object)
        >>> scores = np.array([[[0.0]], [[1.0]]])
        >>> search = StrengthSearch(np.array([[4.0], [2.0]]), scores, status, "min")
        >>> Told.of([search], np.array([0])).reason
        ('the best strength is the weakest that was tried',)
        """
        score = np.array([search.at_chosen(search.mean) for search in searches])
        score_se = np.array([search.at_chosen(search.se) for search in searches])
        reasons = [search.reasons() for search in searches]
        each = np.arange(len(which))
        return cls(
            score[which, each],
            score_se[which, each],
            tuple(reasons[r][n] for n, r in enumerate(which)),
        )


class Found(NamedTuple):
    """What was chosen, as :class:`StrengthChoice` has it; the model is not fitted yet."""

    strength: FloatArray
    ratio: FloatArray | None
    told: Told
    terms: tuple[str, ...]
    model: GLM
    first: Parameters | None = None  # coefficients (p, N) and intercepts (N,), where known


def usable(strength: FloatArray) -> FloatArray:
    """Return strengths for a fit, one where none was chosen.

    >>> usable(np.array([0.1, np.nan]))
    array([0.1, 1. ])
    """
    return np.where(np.isfinite(strength), strength, 1.0)
