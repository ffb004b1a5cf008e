"""The one recursion behind all splines: the k polynomial pieces that are not zero at a point.

A spline basis of order k has k non-zero functions at every point, so a point costs O(k^2) whatever
the number of functions (de Boor, A Practical Guide to Splines, chapter X, algorithm BSPLVB).
"""

from __future__ import annotations

import numpy as np

from ...typing import Array, FloatArray, IntArray


def local_values(right: Array, left: Array, order: int) -> FloatArray:
    """Return (k, ...) the values of the non-zero B-splines of order k, leftmost function first.

    Parameters
    ----------
    right, left : arrays (k - 1, ...)
        Distance from the point to the 1st, 2nd, ... knot on its right; from the 1st, 2nd, ... knot
        on its left (a point on a knot is right of it).
    order : k

    Notes
    -----
    ``B[i, k] = (x - t[i]) / (t[i+k-1] - t[i]) B[i, k-1]
    + (t[i+k] - x) / (t[i+k] - t[i+1]) B[i+1, k-1]`` (Cox-de Boor), one order per turn of the loop.
    """
    values = np.ones((order, *right.shape[1:]))
    share = np.empty(right.shape[1:])
    for degree in range(1, order):
        carried: FloatArray | float = 0.0
        for r in range(degree):
            np.add(right[r], left[degree - 1 - r], out=share)
            np.divide(values[r], share, out=share)
            np.multiply(right[r], share, out=values[r])
            values[r] += carried
            carried = left[degree - 1 - r] * share
        values[degree] = carried
    return values


def scattered(values: FloatArray, column: IntArray, n_functions: int) -> FloatArray:
    """Return (..., b) with ``values`` (k, ...) in k columns from ``column`` on, modulo b."""
    last = column.reshape(-1) % n_functions
    row = np.arange(0, last.size * n_functions, n_functions)
    table = np.zeros(last.size * n_functions)
    for value in values:  # by places in the whole table: half the time of rows and columns
        table[row + last] = value.reshape(-1)
        last += 1
        last[last == n_functions] = 0
    return table.reshape(*column.shape, n_functions)
