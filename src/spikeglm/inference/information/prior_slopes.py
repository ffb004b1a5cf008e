"""The slope of a penalty that is a function of the information, where the data are there again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ...engine.kernels import jeffreys_kernels
from ...engine.runners.dispatch import run
from ...regularizer.firth import is_of_information
from ...typing import FloatArray, IntArray


def with_prior(
    slopes: FloatArray, reading: Any, group: IntArray, inverses: Sequence[FloatArray]
) -> FloatArray:
    """Return slopes (C, p + 1) of the summed loss less those of ½ log |I|, if that is the penalty.

    Parameters
    ----------
    slopes :
        Of the loss by weights and, last, the intercept, of some columns.
    reading :
        An optimum, its rows as they are read, and where it is for them.
    group :
        (C,) the columns.
    inverses :
        (C, p + 1, p + 1) of the information, zero for parameters at rest.
    """
    if not is_of_information(reading.optimum.penalty):
        return slopes
    columns = reading.optimum.columns.take(group)
    W, b = reading.at(group)
    kernel = partial(jeffreys_kernels.half_log_information, inverse=np.stack(inverses))
    sums = run(kernel, reading.table, columns, W, b, reading.how)
    moves = np.stack([np.diag(inverse) > 0 for inverse in inverses])
    return (slopes - np.vstack([sums.by_weights, sums.by_intercept]).T) * moves
