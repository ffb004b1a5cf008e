"""Which rows are finite, where that takes reading all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..typing import BoolArray
from .arrays import finite_rows
from .contract import Rows

_SCAN_BYTES = 2**22  # read at a time


def valid_as_read(rows: Rows, *, n_threads: int) -> BoolArray:
    """Return (T,) True where every feature of the row is finite, read in pieces.

    >>> from spikeglm.rows import ArrayRows
    >>> valid_as_read(ArrayRows(np.array([[1.0, np.inf], [0.0, 1.0]])), n_threads=1)
    array([False,  True])
    """
    valid = np.ones(rows.n_rows, dtype=bool)
    if rows.dtype.kind in "biu":
        return valid
    row_bytes = max(1, rows.n_features * rows.dtype.itemsize)
    step = max(rows.efficient_block_rows, _SCAN_BYTES // row_bytes)

    def scan(start: int) -> None:
        stop = min(start + step, rows.n_rows)
        valid[start:stop] = finite_rows(rows.read(start, stop))

    with ThreadPoolExecutor(n_threads, thread_name_prefix="spikeglm-scan") as pool:
        for _ in pool.map(scan, range(0, rows.n_rows, step)):
            pass
    return valid
