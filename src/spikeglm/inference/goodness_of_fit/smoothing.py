"""How alike two series are once both are smoothed: correlations at a time scale of choice."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from ... import errors
from ...rows.sampling import seconds_of
from ...typing import BoolArray, FloatArray, IntArray

_REACH = 4.0  # standard deviations of the kernel that are kept: 6e-5 of it is left out


def deviation_in_bins(smoothing: float | str | None, bin_s: float | None) -> float:
    """Return the standard deviation of a Gaussian kernel in bins; 0 for none.

    Raises
    ------
    ValueError
        For a negative one, or a text such as ``"50 ms"`` where nobody knows how long bins are.

    >>> deviation_in_bins("50 ms", 0.01), deviation_in_bins(3, None), deviation_in_bins(None, 0.01)
    (5.0, 3.0, 0.0)
    """
    if smoothing is None:
        return 0.0
    if isinstance(smoothing, str):
        if bin_s is None:
            raise errors.value_error(
                "Smoothing in seconds needs to know how long bins are.",
                given=f"smoothing={smoothing!r}",
                expected="times of the rows (pynapple), or bin_s",
                todo="pass bin_s= in seconds, or the standard deviation as a number of bins.",
            )
        smoothing = seconds_of(smoothing, name="smoothing") / bin_s
    try:
        sigma = float(smoothing)
    except (TypeError, ValueError):
        sigma = math.nan
    if not 0 <= sigma < math.inf:
        raise errors.value_error(
            "smoothing is the standard deviation of a Gaussian kernel.",
            given=repr(smoothing),
            expected="a number of bins >= 0, or a text such as '50 ms'",
        )
    return sigma


def smoothed(values: FloatArray, counts: BoolArray, sigma: float, starts: IntArray) -> FloatArray:
    """Return values (T, G) averaged under a Gaussian kernel of ``sigma`` bins.

    Rows that do not count, beyond the ends and in other stretches are left out of the average.

    Parameters
    ----------
    values :
        (T, G).
    counts :
        (T, G) rows that take part.
    sigma :
        Standard deviation in bins.
    starts :
        First row of each stretch of time.

    >>> values = np.array([[0.0], [3.0], [0.0], [9.0]])
    >>> smoothed(values, values >= 0, 0.5, np.array([0, 3])).round(2).ravel()
    array([0.36, 2.36, 0.36, 9.  ])
    """
    from scipy.ndimage import correlate1d

    reach = math.ceil(_REACH * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    there = counts.astype(float)
    known = np.where(counts, values, 0.0)
    out = np.full(values.shape, np.nan)
    for start, stop in pairwise([*starts, len(values)]):
        total, weight = (
            correlate1d(part[start:stop], kernel, axis=0, mode="constant")
            for part in (known, there)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            out[start:stop] = total / weight
    return np.where(counts, out, np.nan)


def correlation(x: FloatArray, y: FloatArray, weight: FloatArray) -> FloatArray:
    """Return Pearson's r of the columns of x and y (T, G) under row weights; NaN without spread.

    >>> x = np.arange(4.0)[:, None]
    >>> correlation(x, 1.0 - 2.0 * x, np.ones_like(x)).round(6)
    array([-1.])
    """
    counts = weight > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        total = weight.sum(axis=0)
        parts = []
        for values in (x, y):
            known = np.where(counts, values, 0.0)
            centred = np.where(counts, known - (weight * known).sum(axis=0) / total, 0.0)
            size = np.sqrt((weight * centred**2).sum(axis=0))
            is_flat = size <= 1e-12 * np.abs(known).max(axis=0, initial=0.0) * np.sqrt(total)
            parts.append(centred / np.where(is_flat, np.nan, size))
        r: FloatArray = (weight * parts[0] * parts[1]).sum(axis=0)
        return np.clip(r, -1.0, 1.0)
