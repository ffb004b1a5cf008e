"""What a basis is made of: formulas (formula and settings), and formulas placed on signals.

A formula is a frozen dataclass: :class:`~.eval_term.Eval`, :class:`~.conv_term.Conv`, or the
:class:`~.combined_terms.Sum` or :class:`~.combine.Product` of two formulas. Placed on signals it
becomes :class:`PlacedRows`, which writes any block of rows and never changes its mind.
"""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from typing import Any, Protocol

import numpy as np

from ... import errors
from ...rows.design import Reader, Signals
from ...rows.terms import Meaning
from ...typing import Array, BoolArray, FloatArray
from .bounds import Range


class Formula(Protocol):
    """b functions of ``n_inputs`` variables, with everything a user may set."""

    @property
    def n_inputs(self) -> int:
        """How many arrays it takes."""

    @property
    def readers(self) -> tuple[Reader, ...]:
        """How each input is read."""

    @property
    def n_basis_funcs(self) -> Any:
        """b; None while it depends on the length of a bin that is not known."""

    @property
    def is_complex(self) -> bool:
        """Whether functions come in pairs that stand for complex numbers."""

    def n_columns(self, shapes: list[tuple[int, ...]]) -> int:
        """Number of features p for inputs of these per-sample shapes."""

    def channel_shape(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        """What the S channels are an array of: for most the shape of a sample."""

    def feature_shape(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        """What the features of a component unfold to: for most (*shape of a sample, b)."""

    def check_shapes(self, shapes: list[tuple[int, ...]]) -> None:
        """Raise ValueError unless inputs of these per-sample shapes go together."""

    def evaluate(self, *xs: Array) -> FloatArray:
        """Return (n, ..., b) from arrays (n, ...) of one shape."""

    def on_grid(self, *n_samples: int) -> tuple[list[Array], FloatArray]:
        """Return one axis (m_i,) per input and the values (m_1, ..., b) on their grid."""

    def place(self, signals: Signals) -> PlacedRows:
        """Decide everything that depends on the data, for these signals."""


class PlacedRows(ABC):
    """A formula placed on signals: S channels of b functions, column ``channel * b + function``."""

    signals: Signals

    @property
    def n_inputs(self) -> int:
        """How many signals it reads."""
        return len(self.signals.arrays)

    @property
    @abstractmethod
    def readers(self) -> tuple[Reader, ...]:
        """How each signal is read."""

    @property
    def n_rows(self) -> int:
        """T."""
        return self.signals.n_rows

    @property
    @abstractmethod
    def n_channels(self) -> int:
        """S."""

    @property
    @abstractmethod
    def n_functions(self) -> int:
        """b."""

    @property
    def n_columns(self) -> int:
        """p."""
        return self.n_channels * self.n_functions

    def leaves(self) -> list[PlacedRows]:
        """Return the parts that are not composed, left to right."""
        return [self]

    def components(self) -> list[PlacedRows]:
        """Return the parts whose columns stand side by side, left to right."""
        return [self]

    def edges(self) -> BoolArray:
        """Return (T,) True where a window leaves its epoch."""
        return np.zeros(self.n_rows, dtype=bool)

    def losses(self) -> list[tuple[str, BoolArray]]:
        """Return why rows (T,) are lost beyond these edges, and which; visits all samples."""
        return [("NaN or inf", ~self.finite(0, self.n_rows) & ~self.edges())]

    def doubt(self) -> str:
        """Return what about the units of the samples looks like a mistake; empty for nothing."""
        return ""

    def ranges_of_data(self) -> tuple[Range, ...]:
        """Return the ranges that were taken from the samples, one per input; () for none."""
        return ()

    def learned(self) -> dict[str, Any]:
        """Return what a basis remembers of being placed on signals: attributes by name."""
        return {}

    def learned_parameters(self) -> dict[str, Any]:
        """Return what its formula is to remember: parameters by name."""
        return {}

    @abstractmethod
    def meaning(self) -> Meaning:
        """Return what the functions mean, without the samples."""

    @abstractmethod
    def at(self, signals: Signals) -> PlacedRows:
        """Return the same features of other signals; ValueError if their shapes differ."""

    @abstractmethod
    def write_channels(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, S, b)."""

    def write(self, start: int, stop: int, out: FloatArray) -> None:
        """Write rows ``start:stop`` into ``out`` (stop - start, p)."""
        self.write_channels(start, stop, out.reshape(len(out), self.n_channels, self.n_functions))

    @abstractmethod
    def finite(self, start: int, stop: int) -> BoolArray:
        """Return (stop - start,) True where all features are finite, without computing them."""


def channels(x: Array) -> Array:
    """Return x (n, ...) as (n, S), row-major over the per-sample axes."""
    return x.reshape(len(x), math.prod(x.shape[1:]))


def require_like(shapes: list[tuple[int, ...]], others: list[tuple[int, ...]]) -> None:
    """Raise ValueError unless two lists of per-sample shapes are equal."""
    if shapes != others:
        raise errors.value_error(
            "Inputs differ in their shape per sample.",
            given=", ".join(f"(n, {', '.join(map(str, s))})" if s else "(n,)" for s in shapes),
            expected=", ".join(f"(n, {', '.join(map(str, s))})" if s else "(n,)" for s in others),
            todo="Reshape the inputs: (n,) and (n, 1) are different shapes.",
        )


def parameter_of(formula: Any, name: str) -> Any:
    """Return the parameter of this name, of a formula that holds a family or of the family."""
    own = {field.name for field in dataclasses.fields(formula)}
    return getattr(formula if name in own else formula.family, name)


def with_parameters(formula: Any, changes: dict[str, Any]) -> Any:
    """Return a formula that holds a family, with some parameters of either changed."""
    own = {field.name for field in dataclasses.fields(formula)}
    of_family = {name: value for name, value in changes.items() if name not in own}
    of_term = {name: value for name, value in changes.items() if name in own}
    family = formula.family.replaced(**of_family) if of_family else formula.family
    return dataclasses.replace(formula, family=family, **of_term)
