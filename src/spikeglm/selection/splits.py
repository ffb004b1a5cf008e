"""Ways to divide a recording into folds.

Neighbouring bins resemble each other, so rows must not be dealt into folds singly: a model would be
tested on bins whose neighbours it has seen.
"""

from __future__ import annotations

import numpy as np

from .. import errors
from ..typing import IntArray


def interleaved_blocks(n_rows: int, n_folds: int = 5, *, block_rows: int) -> IntArray:
    """Cut a recording into contiguous blocks and deal them to the folds in turn.

    Every fold then has blocks from the whole session, so that slow drift is in all of them.

    Parameters
    ----------
    n_rows :
        T.
    n_folds :
        Number of folds.
    block_rows :
        Bins per block; choose it much longer than the longest filter.

    Returns
    -------
    numpy.ndarray
        (T,) the fold of each row, 0 to n_folds - 1.

    Raises
    ------
    ValueError
        If some fold would get no row.

    Examples
    --------
    >>> interleaved_blocks(10, 2, block_rows=3)
    array([0, 0, 0, 1, 1, 1, 0, 0, 0, 1])
    """
    if block_rows < 1 or n_folds < 2 or n_rows <= (n_folds - 1) * block_rows:
        raise errors.value_error(
            "The rows cannot be dealt into folds.",
            given=f"{n_rows} rows, {n_folds} folds, blocks of {block_rows} rows",
            expected="at least two folds and at least one block for each",
            todo="use shorter blocks or fewer folds.",
        )
    return np.arange(n_rows) // block_rows % n_folds
