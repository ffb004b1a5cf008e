"""Custom: functions that a user wrote, of whole signals."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ... import errors, showing
from ...io.interop.timeseries import to_array
from ...rows.design import Reader, Signals
from ...typing import Array, ArrayLike, BoolArray, FloatArray
from .bounds import check_fill_value, checked_bounds
from .custom_arguments import checked_functions, checked_output_shape, number_of_inputs
from .custom_meaning import OfOneself
from .family import checked_count
from .formula import PlacedRows, require_like


@dataclass(frozen=True, eq=False)
class Custom:
    """b functions of a user, each of all samples of its inputs at once.

    Shapes: inputs (n, *s); a function takes the first ``ndim_input`` axes of them and gives
    (n, *output_shape). It is called for each of the V entries of the other axes.
    """

    funcs: Any
    ndim_input: int = 1
    output_shape: Any = None
    basis_kwargs: Mapping[str, Any] | None = None
    pynapple_support: bool = True
    is_complex: bool = False
    bounds: Any = None
    fill_value: float = np.nan
    n_inputs: int = field(init=False)
    scales: ClassVar[bool] = False

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        kwargs = _checked_kwargs(self.basis_kwargs)
        functions = checked_functions(self.funcs)
        checked: dict[str, Any] = {
            "basis_kwargs": kwargs,
            "funcs": functions,
            "n_inputs": number_of_inputs(functions, kwargs),
            "ndim_input": checked_count("ndim_input", self.ndim_input, least=1),
            "output_shape": checked_output_shape(self.output_shape),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "bounds", checked_bounds(self.bounds, self))
        check_fill_value(self.fill_value)

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Numbers."""
        return (to_array,) * self.n_inputs

    @property
    def n_basis_funcs(self) -> int:
        """b, the number of functions."""
        return len(self.funcs)

    @property
    def is_storable(self) -> bool:
        """False: functions of one's own are code, which a file cannot hold."""
        return False

    def parameter(self, name: str) -> Any:
        """The parameter of this name."""
        return getattr(self, name)

    def replaced(self, **changes: Any) -> Custom:
        """Return the formula with some parameters changed, checked together."""
        return dataclasses.replace(self, **changes)

    def n_columns(self, shapes: list[tuple[int, ...]]) -> int:
        """Number of outputs, times V, times b; one output where no function was called yet."""
        return math.prod(self.feature_shape(shapes))

    def feature_shape(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        """(*output_shape, *axes that are looped over, b)."""
        return (*(self.output_shape or ()), *self.channel_shape(shapes), self.n_basis_funcs)

    def channel_shape(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        """The axes that are looped over."""
        return shapes[0][self.ndim_input - 1 :]

    def check_shapes(self, shapes: list[tuple[int, ...]]) -> None:
        """Raise ValueError unless the inputs have one shape, of enough axes."""
        require_like(shapes, [shapes[0]] * len(shapes))
        if len(shapes[0]) < self.ndim_input - 1:
            raise errors.value_error(
                f"The functions take inputs of {self.ndim_input} axes.",
                given=f"an input of {len(shapes[0]) + 1} axes",
                expected=f"at least {self.ndim_input} axes (ndim_input), samples first",
            )

    def evaluate(self, *xs: Array) -> FloatArray:
        """Return (n, *axes that are looped over, outputs * b): one output beside the other."""
        self.check_shapes([x.shape[1:] for x in xs])
        values = self.called(*xs)
        width = math.prod(values.shape[1:-2]) * values.shape[-1]
        looped = xs[0].shape[self.ndim_input :]
        return np.moveaxis(values, -2, 1).reshape(len(values), *looped, width)

    def called(self, *xs: Array) -> FloatArray:
        """Return (n, *output_shape, V, b)."""
        looped = xs[0].shape[self.ndim_input :]
        if len(xs[0]) == 0 or 0 in looped:
            outputs = self.output_shape or ()
            return np.zeros((len(xs[0]), *outputs, math.prod(looped), self.n_basis_funcs))
        per_channel = [
            _side_by_side([self._call(f, [x[(..., *index)] for x in xs]) for f in self.funcs])
            for index in np.ndindex(*looped)
        ]
        return np.stack(per_channel, axis=-2)

    def at_points(self, points: tuple[ArrayLike, ...]) -> FloatArray:
        """Return (n, outputs * b) at points (n,) per input, as a design has them."""
        if self.ndim_input > 1:
            raise errors.value_error(
                "These functions do not take single points.",
                given=f"functions of inputs of {self.ndim_input} axes",
                expected="functions of one number per sample",
            )
        readers = enumerate(zip(self.readers, points, strict=True))
        arrays = tuple(np.ravel(read(x, name=f"Points {i}")) for i, (read, x) in readers)
        values = self.place(Signals(arrays)).values
        return values.reshape(len(values), math.prod(values.shape[1:]))

    def on_grid(self, *n_samples: int) -> tuple[list[Array], FloatArray]:
        """AttributeError: nothing is known of where functions of a user live."""
        raise AttributeError("A CustomBasis has no grid: evaluate it at points of your choice.")

    def place(self, signals: Signals) -> CustomRows:
        """Call the functions on these signals."""
        values = self.called(*signals.arrays)
        outside = self._outside(signals.arrays)
        if outside is not None:
            by_channel = np.moveaxis(values, -2, 1)  # (n, V, *output_shape, b)
            by_channel[outside] = self.fill_value
        return CustomRows(self, values, signals)

    def _call(self, function: Callable[..., Any], xs: list[Array]) -> FloatArray:
        """Return (n, *output_shape) of copies of the inputs, which the function may spoil."""
        copies = [np.array(x, dtype=np.float64) for x in xs]
        values = to_array(function(*copies, **(self.basis_kwargs or {})), name="A function's value")
        if values.ndim == 0 or len(values) != len(xs[0]):
            raise errors.value_error(
                "A function of a CustomBasis must return one row per sample.",
                given=f"an array of shape {values.shape} for {len(xs[0])} samples",
                expected=f"shape ({len(xs[0])}, ...)",
            )
        return values.astype(np.float64)

    def _outside(self, xs: tuple[Array, ...]) -> BoolArray | None:
        """Where (n, V) a number that a function sees is outside of the bounds."""
        if self.bounds is None:
            return None
        per_input = isinstance(self.bounds[0], tuple)
        pairs = self.bounds if per_input else [self.bounds] * self.n_inputs
        looped = math.prod(xs[0].shape[self.ndim_input :])
        n, seen = len(xs[0]), math.prod(xs[0].shape[1 : self.ndim_input])
        tables = [x.reshape(n, seen, looped) for x in xs]
        each = [(x < low) | (x > high) for x, (low, high) in zip(tables, pairs, strict=True)]
        return np.logical_or.reduce(each).any(axis=1)


@dataclass(frozen=True, eq=False)
class CustomRows(PlacedRows):
    """Functions of a user, called on the signals: they may look at all samples, so they are kept.

    V channels; the functions of a channel are all outputs of all functions.
    """

    formula: Custom
    values: FloatArray
    signals: Signals

    __repr__ = showing.of_fields

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Numbers."""
        return self.formula.readers

    @property
    def n_channels(self) -> int:
        """V."""
        return self.values.shape[-2]

    @property
    def n_functions(self) -> int:
        """Number of outputs, times b."""
        return math.prod(self.values.shape[1:-2]) * self.values.shape[-1]

    def meaning(self) -> OfOneself:
        """Return the functions, without their values."""
        known = dataclasses.replace(self.formula, **self.learned_parameters())
        return OfOneself.of(known, self.n_functions)

    def learned_parameters(self) -> dict[str, Any]:
        """Return the shape of what the functions return, if that is news."""
        shape = self.values.shape[1:-2]
        is_news = len(self.values) > 0 and shape != self.formula.output_shape
        return {"output_shape": shape} if is_news else {}

    def at(self, signals: Signals) -> CustomRows:
        """Call the same functions on other signals."""
        require_like(
            [x.shape[1:] for x in signals.arrays], [x.shape[1:] for x in self.signals.arrays]
        )
        shape = self.values.shape[1:-2]
        return dataclasses.replace(self.formula, output_shape=shape).place(signals)

    def write(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, p), outputs first."""
        out[...] = self.values[start:stop].reshape(out.shape)

    def write_channels(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, V, outputs * b)."""
        out[...] = np.moveaxis(self.values[start:stop], -2, 1).reshape(out.shape)

    def finite(self, start: int, stop: int) -> BoolArray:
        """Return (stop - start,) True where all values are finite."""
        values = self.values[start:stop]
        axes = tuple(range(1, values.ndim))
        finite: BoolArray = np.logical_and.reduce(np.isfinite(values), axis=axes)
        return finite


def _side_by_side(values: list[FloatArray]) -> FloatArray:
    """Return (n, *output_shape, b)."""
    shapes = {value.shape for value in values}
    if len(shapes) > 1:
        raise errors.value_error(
            "The functions of a CustomBasis return arrays of different shapes.",
            given=" and ".join(map(str, sorted(shapes))),
            expected="one shape",
            todo="Make a CustomBasis of each, and add them.",
        )
    return np.stack(values, axis=-1)


def _checked_kwargs(kwargs: Any) -> dict[str, Any]:
    if kwargs is None:
        return {}
    if not isinstance(kwargs, dict) or "ndim_input" in kwargs:
        raise errors.value_error(
            "basis_kwargs are keyword arguments of the functions.",
            given=f"basis_kwargs={kwargs!r}",
            expected="a dict from name to value (ndim_input is an argument of CustomBasis itself)",
        )
    return dict(kwargs)
