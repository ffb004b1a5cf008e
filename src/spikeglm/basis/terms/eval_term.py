"""Eval: the functions of a family at the value of each sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from ... import showing
from ...rows.design import Reader, Signals
from ...typing import Array, BoolArray, FloatArray
from .bounds import Range, check_fill_value, checked_bounds, range_of, units_in_doubt
from .family import Family
from .formula import PlacedRows, channels, require_like, with_parameters
from .meanings import OverRange
from .one_family import OneFamily

Ranges: TypeAlias = tuple[Range | None, ...]
"""The range of each input; None where samples are taken as they are and nothing is outside."""

_PIECE_NUMBERS = 2**16  # in one temporary: fits the cache, and lets go of the interpreter for long


@dataclass(frozen=True, eq=False)
class Eval(OneFamily):
    """The functions of a family applied to samples that are first scaled to [0, 1].

    Attributes
    ----------
    family :
        The functions.
    bounds : None, (low, high), or one such pair per input
        What is scaled to [0, 1]; None: the range of the finite samples, channel by channel.
    fill_value :
        What rows get for a sample outside of the bounds.
    kept :
        Ranges to use whatever samples come, and then the family is used as it is; None: decided
        by the samples that it is placed on.
    """

    family: Family
    bounds: Any = None
    fill_value: float = np.nan
    kept: Ranges | None = None

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        bounds = checked_bounds(self.bounds, self.family)
        object.__setattr__(self, "bounds", bounds)
        check_fill_value(self.fill_value)

    @property
    def readers(self) -> tuple[Reader, ...]:
        """As the family reads."""
        return (self.family.read,) * self.n_inputs

    def replaced(self, **changes: Any) -> Eval:
        """Return the formula with some parameters changed, checked together; nothing is kept."""
        return replace(with_parameters(self, changes), kept=None)

    def check_shapes(self, shapes: list[tuple[int, ...]]) -> None:
        """Raise ValueError unless the inputs have one per-sample shape."""
        require_like(shapes, [shapes[0]] * len(shapes))

    def evaluate(self, *xs: Array) -> FloatArray:
        """Return (n, ..., b) from arrays (n, ...): the functions as formulas, nothing filled in."""
        if xs[0].size == 0:
            return np.zeros((*xs[0].shape, self.n_basis_funcs))
        inputs = [channels(x) for x in xs]
        ranges = self._ranges(inputs)
        u = self._scaled(inputs, ranges)
        values = self._per_unit(self.family.given(*u).functions(*u), ranges)
        if not self.family.scales and ranges[0] is not None:
            values[ranges[0].outside(inputs[0])] = self.fill_value
        return values.reshape(*xs[0].shape, self.n_basis_funcs)

    def on_grid(self, *n_samples: int) -> tuple[list[Array], FloatArray]:
        """Return one axis per input, over its bounds or [0, 1], and values (m1, ..., b)."""
        ends = self._bounds_per_input() or [(0.0, 1.0)] * self.n_inputs
        pairs = zip(ends, n_samples, strict=True)
        axes, samples = zip(*(self.family.grid(*end, m) for end, m in pairs), strict=True)
        points = [axis.ravel() for axis in np.meshgrid(*samples, indexing="ij")]
        values = self.evaluate(*points)
        return list(axes), values.reshape(*n_samples, self.n_basis_funcs)

    def of_channel(self, channel: int, points: tuple[Array, ...], ranges: Ranges) -> FloatArray:
        """Return (n, b) at points (n,) per input, in the ranges of one channel, as designs do."""
        own = tuple(None if r is None else r.of_channel(channel) for r in ranges)
        family = self.family.of_channel(channel)
        rows = EvalRows(replace(self, family=family), own, Signals(points))
        out = np.empty((rows.n_rows, rows.n_functions))
        rows.write(0, rows.n_rows, out)
        return out

    def place(self, signals: Signals) -> EvalRows:
        """Decide everything that depends on the data, for these signals."""
        inputs = [channels(x) for x in signals.arrays]
        ranges = self._ranges(inputs)
        family = self.family
        if self.kept is None and signals.n_rows and type(family).given is not Family.given:
            family = family.given(*self._scaled(inputs, ranges))
        return EvalRows(replace(self, family=family), ranges, signals)

    def _bounds_per_input(self) -> list[tuple[float, float]] | None:
        if self.bounds is None:
            return None
        per_input = isinstance(self.bounds[0], tuple)
        return list(self.bounds) if per_input else [self.bounds] * self.n_inputs

    def _ranges(self, inputs: list[Array]) -> Ranges:
        if self.kept is not None:
            return self.kept
        bounds = self._bounds_per_input()
        if bounds is not None:
            return tuple(Range(np.array(low), np.array(high)) for low, high in bounds)
        return tuple(range_of(x) if self.family.scales else None for x in inputs)

    def _scaled(self, inputs: list[Array], ranges: Ranges) -> list[Array]:
        """The samples as the family takes them."""
        pairs = zip(inputs, ranges, strict=True)
        return [r.scaled(x) if r is not None and self.family.scales else x for x, r in pairs]

    def _per_unit(self, values: FloatArray, ranges: Ranges) -> FloatArray:
        """Densities over [0, 1] as densities over the original range."""
        if self.family.is_density and ranges[0] is not None:
            values /= ranges[0].span[..., None]
        return values


@dataclass(frozen=True, eq=False)
class EvalRows(PlacedRows):
    """An Eval placed on signals: ranges and functions are decided."""

    formula: Eval
    ranges: Ranges
    signals: Signals

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Those of the formula."""
        return self.formula.readers

    @property
    def n_channels(self) -> int:
        """S."""
        return channels(self.signals.arrays[0]).shape[1]

    @property
    def n_functions(self) -> int:
        """b."""
        return self.formula.n_basis_funcs

    def ranges_of_data(self) -> tuple[Range, ...]:
        """Return the ranges of the inputs, () where they were not taken from the data."""
        if self.formula.bounds is not None or not self.formula.family.scales:
            return ()
        return tuple(r for r in self.ranges if r is not None)

    def seen(self) -> tuple[Range, ...]:
        """Return from where to where the samples of each input reach, within its bounds."""
        pairs = zip(self.ranges, self._inputs(0, self.n_rows), strict=True)
        return tuple(range_of(x) if r is None else r.seen_in(x) for r, x in pairs)

    def meaning(self) -> OverRange:
        """Return the functions with their ranges, without the samples."""
        formula = replace(self.formula, family=self.formula.family.as_data())
        return OverRange(formula, self.ranges, self.seen())

    def at(self, signals: Signals) -> EvalRows:
        """Return the same functions of other signals."""
        require_like(
            [x.shape[1:] for x in signals.arrays], [x.shape[1:] for x in self.signals.arrays]
        )
        return replace(self, signals=signals)

    def write_channels(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, S, b), a cache-sized piece each."""
        step = max(1, _PIECE_NUMBERS // max(1, out[0].size if len(out) else 1))
        for first in range(0, len(out), step):
            last = min(first + step, len(out))
            self._write_piece(start + first, start + last, out[first:last])

    def _write_piece(self, start: int, stop: int, out: FloatArray) -> None:
        inputs = self._inputs(start, stop)
        values = self.formula.family.functions(*self.formula._scaled(inputs, self.ranges))
        out[...] = self.formula._per_unit(values, self.ranges)
        outside = self._outside(inputs)
        if outside is not None:
            out[outside] = self.formula.fill_value

    def finite(self, start: int, stop: int) -> BoolArray:
        """Return (stop - start,) True where all samples can be placed."""
        if self.n_functions == 0:
            return np.ones(stop - start, dtype=bool)
        inputs = self._inputs(start, stop)
        finite = np.logical_and.reduce([np.isfinite(x) for x in inputs])
        outside = self._outside(inputs)
        if outside is not None:
            filled = bool(np.isfinite(self.formula.fill_value))
            finite = (finite | outside) if filled else (finite & ~outside)
        return finite.all(axis=1)

    def losses(self) -> list[tuple[str, BoolArray]]:
        """Return rows with samples out of range, and what the range is; rows with NaN or inf."""
        found = [("NaN or inf", self._any_channel(lambda x: ~np.isfinite(x)))]
        if self._outside(self._inputs(0, 0)) is None or np.isfinite(self.formula.fill_value):
            return found
        for r, x in zip(self.ranges, self._inputs(0, self.n_rows), strict=True):
            if r is not None:
                found.append((r.missed_by(x), np.asarray(r.outside(x).any(axis=1))))
        return found

    def doubt(self) -> str:
        """Return that degrees look like radians to the functions, or radians like degrees."""
        if not self.formula.family.wraps or self.formula.bounds is None:
            return ""
        pairs = zip(self.ranges, self._inputs(0, self.n_rows), strict=True)
        return "; ".join(filter(None, (units_in_doubt(x, r) for r, x in pairs if r is not None)))

    def _any_channel(self, mark: Callable[[Array], BoolArray]) -> BoolArray:
        inputs = self._inputs(0, self.n_rows)
        return np.logical_or.reduce([mark(x) for x in inputs]).any(axis=1)

    def _inputs(self, start: int, stop: int) -> list[Array]:
        return [channels(x[start:stop]) for x in self.signals.arrays]

    def _outside(self, inputs: list[Array]) -> BoolArray | None:
        """Where (m, S) a sample of any input is outside of its range; None if nothing can be."""
        if self.formula.family.wraps or self.ranges[0] is None:
            return None
        pairs = zip(inputs, self.ranges, strict=True)
        return np.logical_or.reduce([r.outside(x) for x, r in pairs if r is not None])
