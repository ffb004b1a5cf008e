"""Sums over the rows that say how features lie and go together, whatever columns have them."""

from __future__ import annotations

import numpy as np

from ..columns import Columns
from ..kernels.feature_kernels import FeatureSums
from ..kernels.loss_kernels import Kernel
from ..runners.dispatch import run
from ..runners.plan import Plan
from ..table import Table


def moments(kernel: Kernel[FeatureSums], table: Table, columns: Columns, how: Plan) -> FeatureSums:
    """Sum moments of the features over the rows: about zero where columns have no intercept.

    An intercept takes up where features lie, so they are seen about their means. Without one the
    first moments are zero by definition: the second are then mean squares in the place of variances
    (a column of ones has one of 1, and varies), and products in the place of covariances.
    """
    nowhere = np.zeros((table.rows.n_features, columns.n_columns)), np.zeros(columns.n_columns)
    sums = run(kernel, table, columns, *nowhere, how)
    return sums if columns.has_intercept else sums._replace(x=np.zeros_like(sums.x))
