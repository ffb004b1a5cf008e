"""The libraries that are compared: one adapter file each, all fitting the same objective.

The objective of a neuron is the mean Poisson negative log-likelihood over rows (log link) plus
λ/2 · sum of squared coefficients, without a penalty on the intercept. Each library is called as its
documentation recommends, with its default stopping rule; all compute in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


def neuron_by_neuron(problem: Problem, fit_one: Callable[[Array], tuple[Array, float]]) -> Fitted:
    """Fit each column of y on its own, for libraries that know one response at a time."""
    fits = [fit_one(np.ascontiguousarray(y)) for y in problem.y.T]
    coefs, intercepts = zip(*fits, strict=True)
    return Fitted(np.column_stack(coefs), np.array(intercepts, dtype=np.float64))
