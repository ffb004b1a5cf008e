"""What the features are in the training rows of each fold: their means, and which do not vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import showing
from ..engine.runners.plan import plan
from ..engine.runners.threads import in_shares
from ..rows.contract import Rows
from ..typing import Array, BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class TrainingFeatures:
    """Features in the rows that each of V fits sees; p features.

    Attributes
    ----------
    mean :
        (V, p), by row weight.
    is_constant :
        (V, p) True where a feature is the same in all these rows.

    Examples
    --------
    >>> from spikeglm.rows import ArrayRows
    >>> X = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 3.0]])
    >>> found = TrainingFeatures.of(ArrayRows(X), np.ones(3, bool), np.array([[1], [1], [0]]))
    >>> found.mean, found.is_constant
    (array([[1., 1.]]), array([[False,  True]]))
    """

    mean: FloatArray
    is_constant: BoolArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, rows: Rows, keep: BoolArray, weightings: Array) -> TrainingFeatures:
        """Read the rows once; weightings are (T, V)."""
        V, p = weightings.shape[1], rows.n_features
        how = plan(rows, V)

        def look(starts: Sequence[int]) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
            low, high = np.full((V, p), np.inf), np.full((V, p), -np.inf)
            total, weight = np.zeros((V, p)), np.zeros(V)
            for start in starts:
                stop = min(start + how.block_rows, rows.n_rows)
                kept = np.flatnonzero(keep[start:stop])
                X = np.asarray(rows.read(start, stop)[kept], dtype=np.float64)
                counts = np.asarray(weightings[start:stop][kept], dtype=np.float64)
                total += counts.T @ X
                weight += counts.sum(axis=0)
                for v in range(V):
                    here = X[counts[:, v] > 0]
                    np.minimum(low[v], here.min(axis=0, initial=np.inf), out=low[v])
                    np.maximum(high[v], here.max(axis=0, initial=-np.inf), out=high[v])
            return low, high, total, weight

        starts = range(0, rows.n_rows, how.block_rows)
        low, high, total, weight = zip(
            *in_shares(look, starts, n_threads=how.n_threads), strict=True
        )
        n = sum(weight)[:, None]
        mean = np.divide(sum(total), n, out=np.zeros((V, p)), where=n > 0)
        return cls(mean, np.min(low, axis=0) >= np.max(high, axis=0))
