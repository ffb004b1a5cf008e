"""Durations in seconds, and how many bins they are where a signal knows its time.

A number of bins is what every computation uses; a text such as ``"80 ms"`` stands for one until a
signal says how long its bins are (docs/decisions/0006-seconds.md).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import errors, showing
from ..io.interop.timeseries import TimeAxis
from ..typing import Array, IntArray
from .design import Signals

_UNITS = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
_JITTER = 0.01  # of a bin: what is closer counts as regular
_GAP = 1.5  # bins: what is farther apart is no neighbour
_HALF_UP = 0.5 + 1e-6  # the mean length of a bin is off by a rounding error


def seconds_of(duration: str, *, name: str) -> float:
    """Return the seconds that a text such as ``"80 ms"`` or ``"0.2 s"`` stands for.

    Raises
    ------
    ValueError
        The text is not a number followed by a unit.

    Examples
    --------
    >>> seconds_of("80 ms", name="window_size")
    0.08
    """
    found = re.fullmatch(r"\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*([a-zµ]+)\s*", duration)
    if found is not None and found[2] in _UNITS:
        try:
            return float(found[1]) * _UNITS[found[2]]
        except ValueError:  # a number with two points
            pass
    raise errors.value_error(
        f"{name} cannot be read as a duration.",
        given=f"{name}={duration!r}",
        expected=f"a number and a unit ({', '.join(_UNITS)}), such as '80 ms' or '0.2 s'",
    )


def bins_in(duration: str, bin_size: float, *, name: str) -> int:
    """Return the number of bins of ``bin_size`` seconds nearest to a duration; halves go up."""
    return math.floor(seconds_of(duration, name=name) / bin_size + _HALF_UP)


@dataclass(frozen=True, eq=False)
class Sampling:
    """Bins of one length, in stretches without a gap.

    Attributes
    ----------
    bin_size : seconds from one bin to the next.
    starts : int array, first row of each stretch; the first entry is 0.
    """

    bin_size: float
    starts: IntArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, axis: TimeAxis | None) -> Sampling:
        """Return the sampling of a signal.

        A stretch ends where its epoch ends, and where more than one and a half bins are missing.

        Raises
        ------
        ValueError
            The signal has no times, no two bins in a row, or no regular bins (to a hundredth).
        """
        if axis is None:
            raise _unknown("an input without times")
        steps = np.diff(axis.times)
        breaks = np.zeros(len(steps), dtype=bool)
        breaks[axis.epoch_starts[1:] - 1] = True
        inside = steps[~breaks]
        if inside.size == 0:
            raise _unknown("a time series without two samples in a row")
        step = float(np.median(inside))
        breaks |= steps > _GAP * step
        regular = steps[~breaks]
        if step <= 0 or np.abs(regular - step).max() > _JITTER * step:
            raise _irregular(regular)
        starts = np.concatenate(([0], np.flatnonzero(breaks) + 1)).astype(np.intp)
        return cls(float(f"{regular.mean():.9g}"), starts)

    def at(self, signals: Signals) -> Sampling:
        """Return the sampling of other signals, which must have bins of the same length.

        Signals without times are taken to have them.

        Raises
        ------
        ValueError
            Their bins have another length, or none.
        """
        if signals.time_axis is None or signals.n_rows < 2:
            return replace(self, starts=signals.epoch_starts)
        new = Sampling.of(signals.time_axis)
        if abs(new.bin_size - self.bin_size) > _JITTER * self.bin_size:
            raise errors.value_error(
                "These features were made for bins of another length.",
                given=f"bins of {new.bin_size:g} s",
                expected=f"bins of {self.bin_size:g} s",
                todo="Bring the signals to these bins, or make the features anew.",
            )
        return new


def bin_size_of(axis: TimeAxis | None) -> float | None:
    """Return the seconds per bin of a signal, None where it has no times or no regular bins."""
    try:
        return None if axis is None else Sampling.of(axis).bin_size
    except ValueError:
        return None


def _unknown(given: str) -> ValueError:
    return errors.value_error(
        "A window in seconds needs a signal that says how long its bins are.",
        given=given,
        expected="a pynapple object (Tsd, TsdFrame, TsdTensor)",
        todo="Pass one, or give window_size (and shift) as a number of bins.",
    )


def _irregular(steps: Array) -> ValueError:
    return errors.value_error(
        "A window in seconds needs bins of one length.",
        given=f"samples {steps.min():g} to {steps.max():g} s apart",
        expected=f"equal distances, to {_JITTER:.0%}; gaps of more than {_GAP:g} bins are allowed",
        todo="Bring the signal to regular bins: .count, .bin_average, .value_from or .interpolate.",
    )


def is_duration(value: Any) -> bool:
    """Tell whether a parameter is given in seconds, as text."""
    return isinstance(value, str)
