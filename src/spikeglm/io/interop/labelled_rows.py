"""Results (T, ...) with the labels of rows and columns that data came with: pynapple or pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...typing import Array
from .row_labels import RowLabels
from .timeseries import to_pynapple


def labelled(
    values: Array, labels: RowLabels | None, *, columns: Sequence[Any] | None, metadata: Any = None
) -> Any:
    """Return values (T,), (T, N) or more as what has these labels of rows.

    Rows with times and epochs give pynapple objects, rows with an index pandas ones (of one or two
    axes), others the array.

    >>> import numpy as np, pandas as pd
    >>> rows = RowLabels.of(pd.Series([1.0, 2.0], index=["p", "q"]), called="y")
    >>> labelled(np.array([[1.0], [2.0]]), rows, columns=["a"]).loc["q", "a"].item()
    2.0
    """
    if labels is None:
        return values
    if labels.time_axis is not None:
        return to_pynapple(values, labels.time_axis, columns=columns, metadata=metadata)
    if values.ndim > 2:
        return values
    import pandas as pd

    if values.ndim == 1:
        return pd.Series(values, index=labels.index)
    return pd.DataFrame(values, index=labels.index, columns=None if columns is None else [*columns])
