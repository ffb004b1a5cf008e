"""Series that are computed of recorded ones: how fast, and where to, an animal moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, showing
from ..io.interop.timed_data import read_timed
from ..typing import FloatArray

_GAP = 1.5  # sampling intervals: what lies further apart is not joined


@dataclass(frozen=True)
class Derived:
    """A series that is computed of another.

    Attributes
    ----------
    of :
        The name of a position: one column or several.
    how :
        ``"speed"``, in units of position per second; ``"velocity"``, the same on a line, below zero
        where position falls; or ``"heading"``, the direction of movement in the plane of the first
        two columns, 0 to 2 pi.
    smooth_s :
        Standard deviation of the Gaussian that positions are smoothed with first, seconds.

    Examples
    --------
    >>> run = Derived("position", "speed", smooth_s=0.0)
    >>> times, speed = run.series((np.arange(3.0), [0.0, 2.0, 4.0]))
    >>> speed
    array([2., 2., 2.])
    """

    of: str
    how: str
    smooth_s: float = 0.1

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        if self.how not in HOW:
            raise errors.unknown_name("way to derive a series (how)", self.how, list(HOW))
        is_number = isinstance(self.smooth_s, int | float) and not isinstance(self.smooth_s, bool)
        if not is_number or not 0 <= self.smooth_s < float("inf"):
            raise errors.value_error(
                "smooth_s is a time.",
                given=repr(self.smooth_s),
                expected="seconds, 0 or more",
                todo="0.1, for example; 0 does not smooth.",
            )

    def series(self, position: Any) -> tuple[FloatArray, FloatArray]:
        """Return times (n,) in seconds and values (n,) of the series, NaN where it is not known.

        Raises
        ------
        ValueError, TypeError
            If the position has no times, or not as many columns as it takes.
        """
        found = read_timed(position, name=self.of)
        if found.times is None:
            raise errors.value_error(
                f"{self.of!r} has no times.",
                given="a value per row",
                expected="a series with times in seconds",
                todo="derive of a series that was recorded in time.",
            )
        values = np.asarray(found.values, dtype=float)
        values = values[:, None] if values.ndim == 1 else values
        out = np.full(len(values), np.nan)
        known = np.isfinite(values).all(axis=1)
        for run in stretches_of(found.times, known):
            if len(run) < 2:  # of one sample there is no velocity
                continue
            velocity = _velocity(found.times[run], values[run], self.smooth_s)
            out[run] = HOW[self.how](velocity, self.of)
        return found.times, out


def _speed(velocity: FloatArray, name: str) -> FloatArray:
    return np.asarray(np.sqrt((velocity**2).sum(axis=1)))


def _heading(velocity: FloatArray, name: str) -> FloatArray:
    if velocity.shape[1] < 2:
        raise errors.value_error(
            f"A heading needs a plane; {name!r} is a line.",
            given="one column",
            expected="two columns or more",
            todo='take how = "speed", or leave it out.',
        )
    return np.asarray(np.arctan2(velocity[:, 1], velocity[:, 0]) % (2 * np.pi))


def _along(velocity: FloatArray, name: str) -> FloatArray:
    if velocity.shape[1] > 1:
        raise errors.value_error(
            f"A velocity with a sign is one along a line; {name!r} is none.",
            given=f"{velocity.shape[1]} columns",
            expected="one column",
            todo='name one of them, or take how = "speed".',
        )
    return velocity[:, 0]


HOW: dict[str, Callable[[FloatArray, str], FloatArray]] = {
    "speed": _speed,
    "velocity": _along,
    "heading": _heading,
}


def stretches_of(times: FloatArray, known: Any = True) -> list[Any]:
    """Return the stretches of samples without a gap, as row numbers; only of those that are known.

    >>> stretches_of(np.array([0.0, 1.0, 2.0, 7.0, 8.0]))
    [array([0, 1, 2]), array([3, 4])]
    """
    rows = np.flatnonzero(np.broadcast_to(known, times.shape))
    if not len(rows):
        return []
    step = np.median(np.diff(times)) if len(times) > 1 else 1.0
    breaks = np.flatnonzero((np.diff(times[rows]) > _GAP * step) | (np.diff(rows) > 1)) + 1
    return list(np.split(rows, breaks))


def _velocity(times: FloatArray, values: FloatArray, smooth_s: float) -> FloatArray:
    from scipy.ndimage import gaussian_filter1d

    width = smooth_s / max(float(np.median(np.diff(times))), 1e-12)
    if width > 0:
        values = gaussian_filter1d(values, width, axis=0, mode="nearest")
    return np.asarray(np.gradient(values, times, axis=0))
