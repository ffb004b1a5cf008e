"""Where a term is looked at, and its functions there: the points of each variable, in the world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ... import errors, notices, showing
from ...rows.terms import Term
from ...typing import Array, FloatArray
from .derivatives import differences

LAGS = ("s", "bins")


@dataclass(frozen=True, eq=False)
class Points:
    """Points of a term on a grid.

    Attributes
    ----------
    term :
        The term.
    axes :
        The points of each variable, an array (n,) each, in ``units``.
    units :
        ``"s"`` or ``"bins"`` for lags, ``""`` for the unit of an input.
    seconds :
        For each variable, the seconds of a bin if its lags are shown in seconds and kept in bins.
    """

    term: Term
    axes: tuple[Array, ...]
    units: tuple[str, ...]
    seconds: tuple[float | None, ...]

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, term: Term, at: Any, n_points: int, bin_s: float | None) -> Points:
        """Return the points that are asked for: some, or those over all that the data covered.

        Raises
        ------
        ValueError
            If there is not an array for each variable.
        """
        units = tuple("s" if unit == "bins" and bin_s else unit for unit in term.units)
        pairs = zip(units, term.units, strict=True)
        seconds = tuple(bin_s if a != b else None for a, b in pairs)
        if at is None:
            return cls(term, _covered(term, n_points, seconds), units, seconds)
        points = cls(term, _given(term, at), units, seconds)
        points._tell_of_those_beyond()
        return points

    @property
    def names(self) -> tuple[str, ...]:
        """What each variable is called: as its input, numbered where the names say nothing."""
        return names_of_variables(self.term)

    @cached_property
    def shown(self) -> tuple[Array, ...]:
        """All combinations of points, as they are shown: an array (W,) per variable."""
        return tuple(part.ravel() for part in np.meshgrid(*self.axes, indexing="ij"))

    @cached_property
    def grid(self) -> tuple[Array, ...]:
        """All combinations of points, as the term takes them: an array (W,) per variable."""
        own = [a if s is None else a / s for a, s in zip(self.axes, self.seconds, strict=True)]
        return tuple(part.ravel() for part in np.meshgrid(*own, indexing="ij"))

    def functions(self, channel: int) -> FloatArray:
        """Return the functions (W, b) of a channel."""
        return self.term.functions(*self.grid, channel=channel)

    def slopes(self, channel: int, variable: int) -> FloatArray:
        """Return the derivatives (W, b) with respect to a variable, per unit of it.

        Raises
        ------
        ValueError
            If the functions have none: steps, categories.
        """

        def along(points: Array) -> FloatArray:
            moved = [*self.grid]
            moved[variable] = points
            return self.term.functions(*moved, channel=channel)

        at, seconds = self.grid[variable], self.seconds[variable]
        if at.dtype.kind not in "fiu":
            raise no_slope(self.term.label)
        slopes = differences(along, at.astype(float), self._span(channel, variable))
        are_flat = np.isfinite(slopes).any() and not np.nan_to_num(slopes).any()
        if are_flat and self._varies(channel, variable):  # it jumps in between: steps
            raise no_slope(self.term.label)
        return slopes if seconds is None else slopes / seconds

    def _tell_of_those_beyond(self) -> None:
        """Warn where the term has no functions: its curve is NaN there."""
        channels = range(max(self.term.n_channels, 1))
        is_there = np.stack([np.isfinite(self.functions(c)).all(axis=1) for c in channels])
        n_lost = int((~is_there.all(axis=0)).sum())
        if n_lost:
            covered = self.term.coverage()
            known = f" The data covered {' and '.join(covered)}." if covered else ""
            notices.warn(
                f"At {n_lost} of {is_there.shape[1]} points {self.term.label!r} has no functions, "
                f"and its curve is NaN.{known} What to do: ask for points inside, in the unit of "
                "the signal, or give the basis wider bounds."
            )

    def _varies(self, channel: int, variable: int) -> bool:
        """Return whether functions differ anywhere along a variable."""
        try:
            axis = self.term.axes(64, channel=channel)[variable]
        except ValueError:
            axis = self.grid[variable]
        moved = [np.repeat(points[:1], len(axis)) for points in self.grid]
        moved[variable] = axis
        return bool(np.nanmax(np.ptp(self.term.functions(*moved, channel=channel), axis=0)) > 0)

    def _span(self, channel: int, variable: int) -> float:
        """Return how far a variable of the term reaches, in its own unit."""
        try:
            axis = self.term.axes(2, channel=channel)[variable]
        except ValueError:  # functions of one's own live wherever they are asked
            axis = self.grid[variable]
        span = float(np.ptp(axis))
        return span if span > 0 else max(1.0, float(np.abs(axis).max()))


def names_of_variables(term: Term) -> tuple[str, ...]:
    """Return what each variable of a term is called.

    >>> import numpy as np, spikeglm as nmo
    >>> splines = nmo.basis.BSplineEval
    >>> place = (splines(4, label="x") * splines(4, label="y")).design(np.arange(9.0), np.ones(9))
    >>> names_of_variables(place.terms[0])
    ('x', 'y')
    """
    n, inputs = term.n_variables, term.inputs
    if n == 1:
        return (term.label,)
    if len(inputs) == n and len(set(inputs)) == n:
        return tuple(inputs)
    return tuple(f"{term.label}_{i}" for i in range(n))


def variable_of(term: Term, derivative: int | str) -> int | None:
    """Return the number of the variable that a derivative is with respect to; None for no one.

    Raises
    ------
    ValueError
        For another order than 0 or 1, or if there are several variables and none is named.
    """
    names = names_of_variables(term)
    if isinstance(derivative, str):
        if derivative not in names:
            raise errors.unknown_name(f"variable of {term.label!r}", derivative, names)
        return names.index(derivative)
    if derivative not in (0, 1) or (derivative == 1 and len(names) != 1):
        told = " or ".join(map(repr, names))
        raise errors.value_error(
            "This derivative is not there.",
            given=f"derivative={derivative!r} of a term of {len(names)} variables",
            expected=f"the name of the variable: {told}" if len(names) > 1 else "0 or 1",
        )
    return 0 if derivative == 1 else None


def no_slope(label: str) -> ValueError:
    """Build the error for functions that have no derivative."""
    return errors.value_error(
        f"{label!r} has no derivative.",
        given="categories, or functions that are steps",
        expected="functions of numbers that are continuous",
        todo="ask for a comparison of two points instead.",
    )


def slope_on_scale(scale: str) -> ValueError:
    """Build the error for a slope on a scale that has none."""
    return errors.value_error(
        "A slope is one of the linear predictor.",
        given=f"derivative with scale={scale!r}",
        expected="scale='effect' or 'link'",
        todo="its sign is that of the slope of the rate, wherever the link rises.",
    )


def _given(term: Term, at: Any) -> tuple[Array, ...]:
    given = at if isinstance(at, tuple) else (at,)
    if len(given) != term.n_variables:
        raise errors.value_error(
            f"at has an array for each variable of {term.label!r}.",
            given=f"{len(given)} of them",
            expected=f"{term.n_variables}",
            todo="several points of one variable are an array or a list: at=[2.0, 5.0].",
        )
    return tuple(np.atleast_1d(np.asarray(points)) for points in given)


def _covered(term: Term, n_points: int, seconds: Sequence[float | None]) -> tuple[Array, ...]:
    """Return points over what the data of all channels covered."""
    per_channel = [term.axes(n_points, channel=c) for c in range(max(term.n_channels, 1))]
    first, axes = per_channel[0], list[Array]()
    for i, axis in enumerate(first):
        others = [each[i] for each in per_channel]
        if all(np.array_equal(axis, other) for other in others):
            axes.append(axis)
        else:
            low, high = min(o.min() for o in others), max(o.max() for o in others)
            axes.append(np.linspace(low, high, len(axis)))
    return tuple(a if s is None else a * s for a, s in zip(axes, seconds, strict=True))
