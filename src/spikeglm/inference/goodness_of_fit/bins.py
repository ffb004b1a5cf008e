"""How long bins are, and where time has gaps, as data, users and fits say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...io.interop.timeseries import time_axis_of
from ...rows.sampling import Sampling, bin_size_of
from ...typing import IntArray
from ..bin_size import checked_bin
from ..fit_on_data import FitOnData

_SAME_BIN = 0.01  # relative


@dataclass(frozen=True, eq=False)
class Bins:
    """How long bins are, in seconds, if that is known, and where stretches of time begin."""

    bin_s: float | None
    starts: IntArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, fit: FitOnData, X: Any, y: Any, bin_s: float | None) -> Bins:
        """Return what the times of the data say, else the user, else the fit."""
        axis = fit.optimum.rows.time_axis
        axis = time_axis_of(X, y) if axis is None else axis
        known = bin_size_of(axis)
        starts = np.zeros(1, dtype=np.intp)
        if known is not None:
            starts = Sampling.of(axis).starts
        elif axis is not None:
            starts = axis.epoch_starts
        bin_s = None if bin_s is None else checked_bin(bin_s)
        if bin_s is not None and known is not None and abs(bin_s / known - 1) > _SAME_BIN:
            raise errors.value_error(
                "bin_s is not what the times of the data say.",
                given=f"bin_s={bin_s:g}",
                expected=f"{known:g} s, or nothing",
            )
        told = next((s for s in (known, bin_s, fit.bin_s) if s is not None), None)
        return cls(told, starts)
