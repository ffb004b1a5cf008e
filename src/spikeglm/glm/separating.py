"""Which features separate which neurons, found once a solver has seen that some are separated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.columns import Columns
from ..engine.plan import Plan
from ..engine.survey import Responses
from ..engine.table import Table
from ..inference.separation import curvature_at, separations
from ..regularizer.base import Penalty
from ..solvers import Status
from ..typing import BoolArray, FloatArray

_MOST_MULTIPLICATIONS = 3e10  # some ten seconds of a core; beyond, standard_errors has to tell

VISITS = 3  # of the rows, for a search


def separating_features(
    table: Table,
    columns: Columns,
    how: Plan,
    penalty: Penalty,
    observed: Responses,
    estimates: tuple[FloatArray, FloatArray],
    status: Sequence[Status],
) -> BoolArray | None:
    """Return the features, (p, C), that have no finite optimum in columns that are separated.

    None where no column is, where the search would cost more than a fit should, or where rows lie
    on other machines.
    """
    apart = np.flatnonzero([s is Status.SEPARATED for s in status])
    coef, intercept = estimates
    cost = len(apart) * float(table.n_kept) * len(coef) ** 2
    if not (0 < cost < _MOST_MULTIPLICATIONS) or how.runner == "dask" or not penalty.is_smooth:
        return None
    shift = np.zeros(len(coef)) if table.shift is None else table.shift
    some, W = columns.take(apart), coef[:, apart]
    free = np.ones((len(coef) + 1, len(apart)), dtype=bool)
    free[:-1] = penalty.curvature(coef.shape)[:, apart] == 0
    if some.mask is not None:
        free[:-1] &= some.mask
    free[-1] = columns.has_intercept
    h = curvature_at(some, observed.take(apart))
    b = intercept[apart] + shift @ W
    found = separations(table.in_double(), some, W, b, how, free=free, h=h)
    out = np.zeros(coef.shape, dtype=bool)
    for c, separation in zip(apart, found, strict=True):
        if separation is not None:
            out[:, c] = separation.touched[:-1]
    return out
