"""The libraries that are compared: one adapter file each, all fitting the same objective.

The objective of a neuron is the mean Poisson negative log-likelihood over rows (log link) plus
λ (r |w|₁ + (1 - r)/2 |w|²), without a penalty on the intercept. Each library is called as its
documentation recommends, with its default stopping rule; all compute in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..problems import Array, Problem


@dataclass(frozen=True)
class Fitted:
    """What a fit hands back: coefficients (p, N), intercepts (N,), passes over the rows if known.

    All arrays are float64 NumPy, so whatever a library computes in the background is done.
    """

    coef: Array
    intercept: Array
    n_passes: int | None = None


def regularizer_of(problem: Problem) -> dict[str, Any]:
    """Return a problem's penalty as arguments of NeMoS's and our estimators."""
    if problem.l1_ratio:
        strength = (problem.strength, problem.l1_ratio)
        return {"regularizer": "ElasticNet", "regularizer_strength": strength}
    if problem.strength:
        return {"regularizer": "Ridge", "regularizer_strength": problem.strength}
    return {"regularizer": "UnRegularized", "regularizer_strength": None}


def neuron_by_neuron(problem: Problem, fit_one: Callable[[Array], tuple[Array, float]]) -> Fitted:
    """Fit each column of y on its own, for libraries that know one response at a time."""
    fits = [fit_one(np.ascontiguousarray(y)) for y in problem.y.T]
    coefs, intercepts = zip(*fits, strict=True)
    return Fitted(np.column_stack(coefs), np.array(intercepts, dtype=np.float64))
