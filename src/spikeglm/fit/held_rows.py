"""A table that is computed or fetched as it is read: held, if it is small and is visited often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.runners.threads import in_shares
from ..rows.arrays import ArrayRows
from ..rows.contract import Rows
from ..rows.dask_rows import DaskRows
from ..rows.terms import terms_of
from ..settings import get_config

_SHARE = 1 / 8  # of the memory budget
_FEWEST_ROWS = 8192  # at a time: threads that often ask for the interpreter wait for each other


def in_memory(rows: Rows) -> Rows:
    """Return the same rows as an array, if that takes an eighth of the memory budget at most.

    Functions of a design take longer to compute than what a visit makes of them. Rows that are an
    array already, or lie on a cluster, stay as they are.

    >>> import spikeglm as nmo
    >>> design = nmo.basis.HistoryConv(1, label="past").design(np.arange(3.0))
    >>> held = in_memory(design)
    >>> held.read(1, 3), held.feature_names, terms_of(held)[0].label
    (array([[0.],
           [1.]]), ('past[0]',), 'past')
    """
    n_bytes = rows.n_rows * rows.n_features * rows.dtype.itemsize
    is_fixed = isinstance(rows, (ArrayRows, DaskRows))
    if is_fixed or n_bytes > _SHARE * get_config().memory_bytes:
        return rows
    values = np.empty((rows.n_rows, rows.n_features), dtype=rows.dtype)
    step = max(_FEWEST_ROWS, rows.efficient_block_rows)

    def fill(starts: Sequence[int]) -> None:
        for start in starts:
            values[start : start + step] = rows.read(start, min(start + step, rows.n_rows))

    in_shares(fill, range(0, rows.n_rows, step), n_threads=get_config().workers)
    return ArrayRows(values, rows.feature_names, rows.time_axis, terms=terms_of(rows))
