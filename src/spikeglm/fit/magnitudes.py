"""Numbers whose squares and sums float64 cannot hold are refused, before they become infinite.

A fit adds up squares of responses and features, times weights. Between 1e-100 and 1e100 none of
them overflows, and none that matters vanishes.
"""

from __future__ import annotations

import numpy as np

from .. import errors
from ..engine.features.survey import Survey
from ..rows.contract import Rows
from ..rows.series import StoredSeries, pieces
from ..typing import Array, FloatArray

LARGEST, SMALLEST = 1e100, 1e-100  # their squares, summed over a recording, are floats
_LARGEST_FEATURE = 1e140  # a square for each of very many rows


def check_response(y: Array | StoredSeries) -> None:
    """Check the size of a response (T, N).

    Raises
    ------
    ValueError
        If a finite value is too large, or all are so small that their squares vanish.
    """
    largest = _largest("y", y)
    if 0 < largest < SMALLEST:
        raise errors.value_error(
            "y is too small for its squares to be numbers of float64.",
            given=f"values up to {largest}",
            expected=f"a largest size of {SMALLEST} or more",
            todo="choose another unit for y.",
        )


def check_offset(offset: Array | StoredSeries) -> None:
    """Check the size of an offset.

    Raises
    ------
    ValueError
        If a finite value is too large.
    """
    _largest("offset", offset)


def check_weights(weight: Array) -> None:
    """Check weights (T, 1) or (T, N), which are not negative.

    Raises
    ------
    ValueError
        If some are too large, or all positive ones of a neuron too small, to be added up.
    """
    _largest("sample_weight", weight)
    largest = np.fmax.reduce(weight, axis=0)
    too_small = (largest > 0) & (largest < SMALLEST)
    if too_small.any():
        raise errors.value_error(
            "sample_weight is too small to be added up in float64.",
            given=f"weights up to {largest[too_small].max()}",
            expected=f"a largest weight of {SMALLEST} or more",
            todo="multiply all weights by one number: only standard errors and scale_ see it.",
        )


def check_features(survey: Survey, rows: Rows) -> None:
    """Check the size of features, given where a survey found them.

    Raises
    ------
    ValueError
        If a feature is too large; it is named.
    """
    features, shift = survey.features, survey.table.shift
    size = np.maximum(np.abs(features.mean), features.scale)
    size = size if shift is None else size + np.abs(shift)
    too_large = np.flatnonzero(~(size <= _LARGEST_FEATURE))
    if len(too_large):
        raise errors.value_error(
            f"{len(too_large)} feature(s) are too large for their squares to be numbers of "
            "float64.",
            given=errors.listed(rows.feature_names[j] for j in too_large),
            expected=f"values up to {_LARGEST_FEATURE}",
            todo="choose another unit for these features, or look for what made such numbers.",
        )


def _largest(name: str, values: Array | StoredSeries) -> float:
    """Return the largest finite size; raise a ValueError if it is out of range."""
    if values.dtype.kind in "biu" or values.size == 0:
        return 1.0
    largest = max(_largest_of(values[part]) for part in pieces(values))
    if largest > LARGEST:
        raise errors.value_error(
            f"{name} is too large for its squares to be numbers of float64.",
            given=f"values up to {largest}",
            expected=f"values up to {LARGEST}",
            todo=f"choose another unit for {name}, or look for what made such numbers.",
        )
    return largest


def _largest_of(values: Array) -> float:
    ends: FloatArray = np.array([np.fmin.reduce(values, None), np.fmax.reduce(values, None)])
    if np.isinf(ends).any():
        values = values[np.isfinite(values)]
        return float(np.abs(values).max(initial=0))
    return float(np.nan_to_num(np.abs(ends)).max())
