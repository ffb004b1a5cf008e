"""Which features separate which neurons, found once a solver has seen that some are separated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.columns import Columns
from ..engine.coordinates.feature_facts import Features
from ..engine.features.survey import Responses
from ..engine.runners.plan import Plan
from ..engine.table import Table
from ..regularizer.base import Penalty
from ..solvers import Status
from ..typing import BoolArray, FloatArray
from .separation import curvature_at, separations

MOST_MULTIPLICATIONS = 3e10  # some ten seconds of a core; beyond, standard_errors has to tell
LARGE = 5.0  # deviation of a linear predictor; e to that power is more than rates vary

LOOKS_DONE = {Status.CONVERGED, Status.STALLED}
"""How a fit may have ended where the loss falls ever more slowly."""
VISITS = 3  # of the rows, for a search


def separating_features(
    table: Table,
    columns: Columns,
    how: Plan,
    penalty: Penalty,
    observed: Responses,
    estimates: tuple[FloatArray, FloatArray],
    status: Sequence[Status],
    features: Features,
) -> tuple[BoolArray | None, tuple[Status, ...]]:
    """Return the features, (p, C), that have no finite optimum, and the statuses of the columns.

    Looked at are columns that a solver found separated, and those whose linear predictor varies so
    much that a solver may have stopped where the loss falls ever more slowly. None
    where there are none, where the search would cost more than a fit should, or where rows lie on
    other machines.
    """
    status, (coef, intercept) = tuple(status), estimates
    found_apart = np.array([s is Status.SEPARATED for s in status])
    theta = coef * features.scale[:, None]
    spread = np.einsum("pc,pc->c", theta, features.correlation @ theta)
    is_large = spread > LARGE**2
    is_large &= np.array([s in LOOKS_DONE for s in status])
    apart = np.flatnonzero(found_apart | (is_large & columns.likelihood.model.gives_probabilities))
    cost = len(apart) * float(table.n_kept) * len(coef) ** 2
    if not (0 < cost < MOST_MULTIPLICATIONS) or how.runner == "dask" or not penalty.is_smooth:
        return None, status
    some, W = columns.take(apart), coef[:, apart]
    free = np.ones((len(coef) + 1, len(apart)), dtype=bool)
    free[:-1] = penalty.curvature(coef.shape)[:, apart] == 0
    if some.mask is not None:
        free[:-1] &= some.mask
    free[-1] = columns.has_intercept
    h = curvature_at(some, observed.take(apart))
    b = intercept[apart] + table.origin @ W
    found = separations(table.in_double(), some, W, b, how, free=free, h=h)
    out = np.zeros(coef.shape, dtype=bool)
    for c, separation in zip(apart, found, strict=True):
        if separation is not None:
            out[:, c] = separation.touched[:-1]
            found_apart[c] = True
    words = zip(found_apart, status, strict=True)
    return out, tuple(Status.SEPARATED if is_apart else word for is_apart, word in words)
