"""Leave-one-out errors of all outputs at all strengths, exactly, from a few weighted moments.

Row t, left out, is predicted with the error (y_t - ŷ_t) / (1 - h_t), with h_t(a) its leverage at
penalty a (Allen 1974). So the error of an output is a sum over rows of its squared residuals under
weights ω_t(a) = (1 - h_t)⁻², which are the same for all outputs:

    PRESS(a) = Σ_t ω_t(a) (y_t - ŷ_t(a))²  =  moments of rows under ω(a).

That is a pass of two products for each strength. But ω changes little and smoothly with a, so its
columns at S strengths are combinations of fewer series u: where ω = Σ_v C_v(a) u_v to within ε,
PRESS is right to within ε, since ω >= 1 makes it no smaller than Σ (y - ŷ)².
"""

from __future__ import annotations

import numpy as np

from ...settings import get_config
from ...typing import BoolArray, FloatArray, IntArray
from .moments import Reading
from .row_sets import Group
from .spectrum import Spectrum

LOO_NAME = "minus half the squared leave-one-out error (per bin)"
_EXACT = 1e-10  # of a weight
_NO_MORE = 1e-8  # 1 - h, below which a row says all of something: without it nobody knows
_SHARE = 1 / 8  # of the memory budget, for weighted moments


def leave_one_out(
    reading: Reading, group: Group, at: Spectrum, strengths: FloatArray
) -> FloatArray:
    """Return the sums of squared leave-one-out errors, (S, N), of the outputs of a group.

    The penalty stays as it is when a row is left out. NaN where a row has a leverage of one.

    Parameters
    ----------
    reading, group :
        The rows, and the outputs with theirs.
    at :
        Of all these rows.
    strengths :
        (S,).

    References
    ----------
    Allen (1974), Technometrics 16:125-7; Golub, Heath & Wahba (1979), Technometrics 21:215-23,
    eq. 1.2.
    """
    left = 1.0 - leverages(reading, group.present, at, strengths)
    is_in = reading.keep & group.present
    left[~is_in] = 1.0
    known = left.min(axis=0) > _NO_MORE
    out = np.full((len(strengths), len(group.outputs)), np.nan)
    if not known.any():
        return out
    series, combined = few_series(np.where(is_in[:, None], left[:, known], np.inf) ** -2)
    for outputs in _in_parts(group.outputs, len(at.d), series.shape[1], reading.how.n_threads):
        mine = np.searchsorted(group.outputs, outputs)
        part = at if len(outputs) == len(at.total) else at.of_outputs(mine)
        sums = reading.about_a_fit(group.present, outputs, series, part.coordinates)
        for s, u in zip(np.flatnonzero(known), combined, strict=True):
            zz, yy, zy = (np.tensordot(u, field, 1) for field in sums)
            w = part.axes(np.full(len(outputs), strengths[s]))
            out[s, mine] = np.maximum(yy + (w * (zz @ w - 2.0 * zy)).sum(axis=0), 0.0)
    return out


def leverages(reading: Reading, keep: BoolArray, at: Spectrum, strengths: FloatArray) -> FloatArray:
    """Return the leverage of each row at each strength, (T, S); zero where rows are left out."""
    share = 1.0 / (at.d[:, None] + at.penalty(strengths))  # (p, S)
    own, (matrix, mean, _) = at.has_intercept / at.n, at.coordinates

    def of_rows(X: FloatArray) -> FloatArray:
        return np.asarray(((X - mean) @ matrix) ** 2 @ share + own)

    return reading.per_row(keep, of_rows, len(strengths))


def few_series(weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return series u (T, V) and coefficients (S, V) that make up weights (T, S) >= 1 or 0.

    As few as make up every entry to within 1e-10 of the largest.

    >>> smooth = (1.0 - np.outer([0.1, 0.2, 0.3], np.linspace(0.5, 1.0, 8))) ** -2
    >>> series, combined = few_series(smooth)
    >>> series.shape[1] < 8, bool(abs(series @ combined.T - smooth).max() < 1e-10)
    (True, True)
    """
    U, size, Vt = np.linalg.svd(weights, full_matrices=False)
    for rank in range(1, len(size) + 1):
        combined = Vt[:rank].T * size[:rank]
        if np.abs(U[:, :rank] @ combined.T - weights).max() <= _EXACT * weights.max():
            break
    return U[:, :rank], combined


def _in_parts(outputs: IntArray, p: int, n_series: int, n_threads: int) -> list[IntArray]:
    """Return outputs in as few parts as have room for their moments."""
    each = 8 * p * n_series * (2 * n_threads + 1)
    at_once = max(1, int(_SHARE * get_config().memory_bytes) // max(each, 1))
    return np.array_split(outputs, -(-len(outputs) // at_once))
