"""Sum and product of two formulas."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ... import errors
from ...rows.design import Reader, Signals
from ...typing import Array, BoolArray, FloatArray
from .formula import Formula, PlacedRows, require_like
from .meanings import Beside, Products


@dataclass(frozen=True, eq=False)
class Sum:
    """The functions of two formulas side by side, each of its own inputs."""

    left: Formula
    right: Formula

    @property
    def n_inputs(self) -> int:
        """Those of the left formula, then those of the right formula."""
        return self.left.n_inputs + self.right.n_inputs

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Those of the left formula, then those of the right formula."""
        return self.left.readers + self.right.readers

    @property
    def n_basis_funcs(self) -> Any:
        """b of the left plus b of the right formula; None where one is not known."""
        return _if_known(operator.add, self.left.n_basis_funcs, self.right.n_basis_funcs)

    @property
    def is_complex(self) -> bool:
        """Whether either formula is."""
        return self.left.is_complex or self.right.is_complex

    def n_columns(self, shapes: list[tuple[int, ...]]) -> int:
        """Those of both formulas; their inputs may differ in shape."""
        k = self.left.n_inputs
        return self.left.n_columns(shapes[:k]) + self.right.n_columns(shapes[k:])

    def feature_shape(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        """(p,): the components of a sum unfold one by one."""
        return (self.n_columns(shapes),)

    def channel_shape(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        """That of both formulas, inside of a product; ValueError if they differ."""
        return _common_channels(self, shapes)

    def check_shapes(self, shapes: list[tuple[int, ...]]) -> None:
        """Each formula checks its own inputs."""
        self.left.check_shapes(shapes[: self.left.n_inputs])
        self.right.check_shapes(shapes[self.left.n_inputs :])

    def evaluate(self, *xs: Array) -> FloatArray:
        """Return (n, ..., b): left functions, then right functions."""
        k = self.left.n_inputs
        return np.concatenate((self.left.evaluate(*xs[:k]), self.right.evaluate(*xs[k:])), axis=-1)

    def on_grid(self, *n_samples: int) -> tuple[list[Array], FloatArray]:
        """Return the axes of both formulas and their functions over the common grid."""
        axes, left, right = _on_common_grid(self.left, self.right, n_samples)
        full = (*n_samples, -1)
        parts = [np.broadcast_to(part, (*full[:-1], part.shape[-1])) for part in (left, right)]
        return axes, np.concatenate(parts, axis=-1)

    def place(self, signals: Signals) -> SumRows:
        """Place each formula on its own signals."""
        left, right = _parts(signals, self.left.n_inputs)
        return SumRows(self.left.place(left), self.right.place(right), signals)


@dataclass(frozen=True, eq=False)
class Product:
    """All products of a function of the left and a function of the right formula, left slow."""

    left: Formula
    right: Formula

    def __post_init__(self) -> None:
        if self.left.is_complex and self.right.is_complex:
            raise errors.value_error(
                "The product of two Fourier bases is not their tensor product: cosines times "
                "cosines leave out the sines of sums.",
                given="two factors with Fourier functions",
                expected="at most one",
                todo="Use one basis of two variables: FourierEval(frequencies, ndim=2).",
            )

    @property
    def n_inputs(self) -> int:
        """Those of the left formula, then those of the right formula."""
        return self.left.n_inputs + self.right.n_inputs

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Those of the left formula, then those of the right formula."""
        return self.left.readers + self.right.readers

    @property
    def n_basis_funcs(self) -> Any:
        """b of the left times b of the right formula; None where one is not known."""
        return _if_known(operator.mul, self.left.n_basis_funcs, self.right.n_basis_funcs)

    @property
    def is_complex(self) -> bool:
        """Whether either formula is."""
        return self.left.is_complex or self.right.is_complex

    def n_columns(self, shapes: list[tuple[int, ...]]) -> int:
        """All products, for each of the S channels that all inputs have."""
        return math.prod(self.feature_shape(shapes))

    def feature_shape(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        """(*shape of the channels, products per channel): b, if functions give numbers."""
        k, channels = self.left.n_inputs, self.channel_shape(shapes)
        columns = self.left.n_columns(shapes[:k]), self.right.n_columns(shapes[k:])
        return (*channels, math.prod(count // max(math.prod(channels), 1) for count in columns))

    def channel_shape(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        """That of both factors; ValueError if they differ."""
        return _common_channels(self, shapes)

    def check_shapes(self, shapes: list[tuple[int, ...]]) -> None:
        """Raise ValueError unless all inputs have one per-sample shape, and one of channels."""
        require_like(shapes, [shapes[0]] * len(shapes))
        self.left.check_shapes(shapes[: self.left.n_inputs])
        self.right.check_shapes(shapes[self.left.n_inputs :])
        self.channel_shape(shapes)

    def evaluate(self, *xs: Array) -> FloatArray:
        """Return (n, ..., b), function i of the left and j of the right at ``i * b_right + j``."""
        k = self.left.n_inputs
        return _outer(self.left.evaluate(*xs[:k]), self.right.evaluate(*xs[k:]))

    def on_grid(self, *n_samples: int) -> tuple[list[Array], FloatArray]:
        """Return the axes of both formulas and their products over the common grid."""
        axes, left, right = _on_common_grid(self.left, self.right, n_samples)
        return axes, _outer(left, right)

    def place(self, signals: Signals) -> ProductRows:
        """Place each formula on its own signals."""
        left, right = _parts(signals, self.left.n_inputs)
        return ProductRows(self.left.place(left), self.right.place(right), signals)


@dataclass(frozen=True, eq=False)
class PairRows(PlacedRows):
    """Two formulas placed on their signals."""

    left: PlacedRows
    right: PlacedRows
    signals: Signals

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Those of the left formula, then those of the right formula."""
        return self.left.readers + self.right.readers

    def leaves(self) -> list[PlacedRows]:
        """Return the leaves of both formulas."""
        return self.left.leaves() + self.right.leaves()

    def edges(self) -> BoolArray:
        """Return (T,) True where a window of either formula leaves its epoch."""
        return self.left.edges() | self.right.edges()

    def losses(self) -> list[tuple[str, BoolArray]]:
        """Return those of both formulas."""
        return self.left.losses() + self.right.losses()

    def at(self, signals: Signals) -> Self:
        """Return the same features of other signals."""
        left, right = _parts(signals, self.left.n_inputs)
        return replace(self, left=self.left.at(left), right=self.right.at(right), signals=signals)


@dataclass(frozen=True, eq=False)
class SumRows(PairRows):
    """A sum placed on signals: the columns of the left, then those of the right formula.

    Inside of a product the order is by channel: all functions of channel 0 come first.
    """

    def meaning(self) -> Beside:
        """Return those of both formulas, side by side."""
        return Beside(self.left.meaning(), self.right.meaning())

    def components(self) -> list[PlacedRows]:
        """Return those of both formulas."""
        return self.left.components() + self.right.components()

    @property
    def n_columns(self) -> int:
        """Those of both formulas."""
        return self.left.n_columns + self.right.n_columns

    @property
    def n_channels(self) -> int:
        """S of either formula, the same where it matters: inside of a product."""
        return self.left.n_channels

    @property
    def n_functions(self) -> int:
        """b of both formulas."""
        return self.left.n_functions + self.right.n_functions

    def write(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, p)."""
        self.left.write(start, stop, out[:, : self.left.n_columns])
        self.right.write(start, stop, out[:, self.left.n_columns :])

    def write_channels(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, S, b)."""
        self.left.write_channels(start, stop, out[..., : self.left.n_functions])
        self.right.write_channels(start, stop, out[..., self.left.n_functions :])

    def finite(self, start: int, stop: int) -> BoolArray:
        """Return (stop - start,) True where both formulas are finite."""
        return self.left.finite(start, stop) & self.right.finite(start, stop)


@dataclass(frozen=True, eq=False)
class ProductRows(PairRows):
    """A product placed on signals of one shape."""

    def meaning(self) -> Products:
        """Return the products of those of both factors."""
        return Products(self.left.meaning(), self.right.meaning())

    @property
    def n_channels(self) -> int:
        """S of both formulas."""
        return self.left.n_channels

    @property
    def n_functions(self) -> int:
        """b of the left times b of the right formula."""
        return self.left.n_functions * self.right.n_functions

    def write_channels(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, S, b)."""
        factors = []
        for rows in (self.left, self.right):
            factors.append(np.empty((stop - start, rows.n_channels, rows.n_functions)))
            rows.write_channels(start, stop, factors[-1])
        left, right = factors
        by_factor = out.reshape(*left.shape, right.shape[-1])  # a view: one axis becomes two
        with np.errstate(invalid="ignore"):
            np.multiply(left[..., :, None], right[..., None, :], out=by_factor)

    def finite(self, start: int, stop: int) -> BoolArray:
        """Return (stop - start,) True where both factors are finite."""
        if self.n_functions == 0:
            return np.ones(stop - start, dtype=bool)
        return self.left.finite(start, stop) & self.right.finite(start, stop)


def _if_known(combine: Callable[[int, int], int], left: Any, right: Any) -> Any:
    return None if left is None or right is None else combine(left, right)


def _parts(signals: Signals, k: int) -> tuple[Signals, Signals]:
    return signals.part(0, k), signals.part(k, len(signals.arrays))


def _common_channels(pair: Sum | Product, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    k = pair.left.n_inputs
    left, right = pair.left.channel_shape(shapes[:k]), pair.right.channel_shape(shapes[k:])
    if left != right:
        raise errors.value_error(
            "The factors of a product differ in their channels.",
            given=f"channels of shape {left} and {right}",
            expected="one shape",
            todo="What functions of a CustomBasis see at once (ndim_input) is one channel for it.",
        )
    return left


def _outer(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return (..., b_left * b_right), the products of the last axes."""
    with np.errstate(invalid="ignore"):  # 0 times infinity: no number, like its row
        product = left[..., :, None] * right[..., None, :]
    return product.reshape(*product.shape[:-2], left.shape[-1] * right.shape[-1])


def _on_common_grid(
    left: Formula, right: Formula, n_samples: tuple[int, ...]
) -> tuple[list[Array], FloatArray, FloatArray]:
    """Return all axes, and the values of both formulas (m1, ..., b) that broadcast to the grid."""
    k = left.n_inputs
    left_axes, left_values = left.on_grid(*n_samples[:k])
    right_axes, right_values = right.on_grid(*n_samples[k:])
    ones = (1,) * right.n_inputs
    left_values = left_values.reshape(*left_values.shape[:-1], *ones, left.n_basis_funcs)
    return left_axes + right_axes, left_values, right_values
