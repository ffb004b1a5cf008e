"""The range of a variable: given as bounds, or taken from the data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np

from ... import errors, showing
from ...typing import Array, BoolArray, FloatArray

_NEAR = 0.01  # of a turn: samples seldom reach both ends of it
_WHOLE_TURN = 2 * np.pi * 1.001  # a turn in radians, rounded up by whoever wrote it down


@dataclass(frozen=True, eq=False)
class Range:
    """What is mapped to [0, 1]: from ``low`` to ``high``, for all channels () or for each (S,)."""

    low: FloatArray
    high: FloatArray
    made_up: BoolArray | bool = False
    """Where no sample was finite: (0, 1) stands for no range."""

    __repr__ = showing.of_fields

    @cached_property
    def span(self) -> FloatArray:
        """``high - low``; 1 where they are equal, so that a constant is mapped to 0."""
        return np.where(self.high > self.low, self.high - self.low, 1.0)

    def scaled(self, x: Array) -> FloatArray:
        """Return ``(x - low) / span`` of x (m, S); NaN where x is not finite."""
        with np.errstate(invalid="ignore"):
            u = (x - self.low) / self.span
        u[~np.isfinite(u)] = np.nan
        return u

    def outside(self, x: Array) -> BoolArray:
        """Return where x (m, S) lies outside of the closed range; a NaN does not."""
        return (x < self.low) | (x > self.high)

    def of_channel(self, channel: int) -> Range:
        """Return the range of one channel, of shape (1,)."""
        parts = np.broadcast_arrays(self.low, self.high, self.made_up)
        low, high, made_up = (part.ravel()[channel % part.size :][:1] for part in parts)
        return Range(low, high, made_up)

    def seen_in(self, x: Array) -> Range:
        """Return from where to where samples x (m, S) reach that stay in the range."""
        found = range_of(x)
        if not ((found.low < self.low) | (found.high > self.high)).any():
            return found
        return range_of(np.where(self.outside(x), np.nan, x))

    def covered_in(self, seen: Range) -> str:
        """Say what samples cover of the range that were seen in it, and of which if not of all."""
        low, high = float(np.min(self.low)), float(np.max(self.high))
        bounds = f"[{low:.4g}, {high:.4g}]"
        known = ~np.broadcast_to(seen.made_up, seen.low.shape)
        if not known.any():
            return f"nothing of {bounds}"
        covered = (f"{seen.low[known].min():.4g}", f"{seen.high[known].max():.4g}")
        return " to ".join(covered) + (
            f" of {bounds}" if f"[{', '.join(covered)}]" != bounds else ""
        )

    def missed_by(self, x: Array) -> str:
        """Say from where to where samples x (m, S) reach that do not stay in the range."""
        seen = range_of(x.reshape(-1, 1))
        low, high = float(np.min(self.low)), float(np.max(self.high))
        where = f"{float(seen.low[0]):.4g} to {float(seen.high[0]):.4g}"
        return f"outside of [{low:.4g}, {high:.4g}], seen from {where}"


def units_in_doubt(x: Array, period: Range) -> str:
    """Say so if samples x (m, S) look like degrees and the period is 2 pi, or the other way round.

    >>> degrees = np.linspace(0.0, 350.0, 36)[:, None]
    >>> units_in_doubt(degrees, Range(np.array(0.0), np.array(2 * np.pi)))
    'from 0 to 350, where a period is 6.283: degrees, where radians are expected'
    """
    seen = range_of(x.reshape(-1, 1))
    low, high, span = float(seen.low[0]), float(seen.high[0]), float(np.max(period.span))
    words = f"from {low:.4g} to {high:.4g}, where a period is {span:.4g}"
    is_turn = low >= -361 and high <= 361
    if abs(span - 2 * np.pi) < _NEAR * span and high - low > 4 * np.pi and is_turn:
        return f"{words}: degrees, where radians are expected"
    is_small = low >= -_WHOLE_TURN and high <= _WHOLE_TURN and high - low > 1
    if abs(span - 360) < _NEAR * span and is_small:
        return f"{words}: radians, where degrees are expected"
    return ""


def range_of(x: Array) -> Range:
    """Return the range of the finite entries of each column of x (n, S), (0, 1) without any."""
    if len(x) == 0:
        return Range(np.zeros(x.shape[1]), np.ones(x.shape[1]), np.ones(x.shape[1], dtype=bool))
    low, high = (pick.reduce(x, axis=0).astype(np.float64) for pick in (np.fmin, np.fmax))
    if not (np.isfinite(low) & np.isfinite(high)).all():
        finite = np.isfinite(x)
        low = np.min(x, axis=0, where=finite, initial=np.inf)
        high = np.max(x, axis=0, where=finite, initial=-np.inf)
    empty = ~(low <= high)
    return Range(np.where(empty, 0.0, low), np.where(empty, 1.0, high), empty)


class Bounded(Protocol):
    """What bounds are checked against: a family, or whatever has inputs like one."""

    scales: ClassVar[bool]

    @property
    def n_inputs(self) -> int:
        """How many inputs may have bounds."""


def checked_bounds(bounds: Any, family: Bounded) -> Any:
    """Return bounds as a pair of floats, or as a tuple of such pairs, one per input.

    Raises
    ------
    TypeError
        Not a pair of numbers, or a sequence of pairs.
    ValueError
        Not two numbers, not increasing, or not one pair per input.
    """
    if bounds is None:
        return None
    try:
        ends = list(bounds)
    except TypeError:
        raise _no_pair(bounds) from None
    if all(np.ndim(end) == 0 for end in ends):
        return _pair(ends, family)
    if len(ends) != family.n_inputs:
        raise errors.value_error(
            "There must be one pair of bounds per input.",
            given=f"bounds={bounds!r}",
            expected=f"{family.n_inputs} pairs (low, high), or one pair for all inputs",
        )
    return tuple(_pair(pair, family) for pair in ends)


def check_fill_value(fill_value: Any) -> None:
    """Raise TypeError unless this can be written into features."""
    try:
        float(fill_value)
    except (TypeError, ValueError):
        raise errors.type_error(
            "fill_value cannot be written into features.",
            given=repr(fill_value),
            expected="a number (np.nan marks the row as missing)",
        ) from None


def _pair(ends: Any, family: Bounded) -> tuple[float, float]:
    try:
        values = [float(end) for end in ends]
    except (TypeError, ValueError):
        raise _no_pair(ends) from None
    if len(values) == 1:
        raise _no_pair(ends)
    if len(values) != 2 or not values[0] < values[1]:
        raise errors.value_error(
            "Bounds are two increasing numbers.",
            given=f"bounds={ends!r}",
            expected="(low, high) with low < high",
        )
    if family.scales and not np.isfinite(values).all():
        raise errors.value_error(
            "These functions cannot be spread over an infinite range.",
            given=f"bounds={ends!r}",
            expected="two finite numbers",
        )
    return values[0], values[1]


def _no_pair(bounds: Any) -> TypeError:
    return errors.type_error(
        "Bounds are a pair of numbers.",
        given=f"bounds={bounds!r}",
        expected="(low, high), a list of such pairs for several inputs, or None",
    )
