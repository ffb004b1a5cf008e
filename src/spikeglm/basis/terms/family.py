"""The contract of a basis family: b functions of one or more variables, as a formula.

A family is a frozen dataclass whose fields are the parameters of the formula. It knows nothing of
samples, bounds, windows or labels: the formulas :class:`~.eval_term.Eval` and
:class:`~.conv_term.Conv` hold a family and add those.
"""

from __future__ import annotations

import dataclasses
import operator
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from ... import errors
from ...io.interop.timeseries import to_array
from ...typing import Array, ArrayLike, FloatArray
from .roughness import integrated_curvature


class Family(ABC):
    """b functions on [0, 1].

    Shapes: u (m, S) holds m samples of S channels; the functions are applied to each entry.
    """

    scales: ClassVar[bool] = True
    """Samples are brought to [0, 1] first; False for families that take them as they are."""
    wraps: ClassVar[bool] = False
    """The functions are periodic: samples outside of the bounds are inside of another period."""
    is_density: ClassVar[bool] = False
    """Each function integrates to one over the original range, not over [0, 1]."""
    is_complex: ClassVar[bool] = False
    """Pairs of functions stand for real and imaginary parts; two such families have no product."""

    kind: ClassVar[str] = "value"
    """What the functions are functions of, where they are not kernels: values, or categories."""

    n_basis_funcs: Any
    """Number of functions b."""

    @property
    def n_inputs(self) -> int:
        """How many variables the functions take."""
        return 1

    def read(self, x: ArrayLike, *, name: str) -> Array:
        """Return an input as numbers (T, ...); ``name`` is what an error calls it."""
        return to_array(x, name=name)

    def grid(self, low: float, high: float, n: int) -> tuple[Array, Array]:
        """Return n points (n,) from low to high, as users know them and as samples."""
        points = np.linspace(low, high, n)
        return points, points

    def grid_size(self, n: int) -> int:
        """Return how many points a grid has where n are wanted: n, or all that there are."""
        return n

    @abstractmethod
    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, b) from ``n_inputs`` arrays (m, S); NaN where an entry of u is NaN."""

    def given(self, *u: FloatArray) -> Family:
        """Return the family to use for these samples: itself, unless it adapts to them."""
        return self

    def for_window(self, n_bins: int | None) -> Family:
        """Return the family to use as kernels of this window: itself, if it can be.

        None for a window whose number of bins is not known yet.
        """
        return self

    def kernel(self, window_size: int) -> FloatArray:
        """Return (W, b): the functions on W equally spaced points of [0, 1]."""
        u = np.linspace(0.0, 1.0, window_size)[:, None]
        return np.ascontiguousarray(self.given(u).functions(u)[:, 0, :], dtype=np.float64)

    def kernel_between(self, window_size: int, steps: FloatArray) -> FloatArray:
        """Return the kernels (n, b) at steps (n,) from the first bin, which need not be whole.

        Zero before the first and after the last bin; at whole steps the rows of :meth:`kernel`.
        """
        window = np.linspace(0.0, 1.0, window_size)
        inside = (steps >= 0) & (steps <= window_size - 1)
        u = np.interp(steps, np.arange(window_size), window)
        adapted = self.given(window[:, None])
        values = adapted.functions(u[:, None])[:, 0, :]
        values[~inside] = 0.0
        return values

    def breaks(self) -> Array:
        """Return where pieces of [0, 1] end on which the functions are smooth."""
        return np.array([0.0, 1.0])

    def roughness(self) -> tuple[FloatArray, ...]:
        """Return how rough functions are: S (b, b) per variable, wᵀ S w = ∫ f''(u)² du.

        Empty where smoothness means nothing: the functions are one, or no neighbours.
        """
        if not self.scales or not self.n_basis_funcs:
            return ()
        return (integrated_curvature(self._on_line, self.breaks()),)

    def _on_line(self, u: FloatArray) -> FloatArray:
        """The functions (n, b) at points (n,)."""
        return self.functions(u[:, None])[:, 0, :]

    def as_data(self) -> Family:
        """Return the same functions, made of numbers and text only."""
        return self

    def of_channel(self, channel: int) -> Family:
        """Return the family that one channel sees: itself, unless it adapted to each."""
        return self

    def replaced(self, **changes: Any) -> Family:
        """Return the family with some parameters changed, checked as a new one is."""
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]


def checked_count(name: str, value: Any, *, least: int) -> int:
    """Return ``value`` as an int.

    Raises
    ------
    TypeError
        It is no number.
    ValueError
        It is not whole, or below ``least``.
    """
    try:
        count = operator.index(value)
    except TypeError:
        if not isinstance(value, float | np.floating):
            raise errors.type_error(
                f"{name} is no number.",
                given=f"{name}={value!r}",
                expected=f"a whole number >= {least}",
            ) from None
        count = int(value) if float(value).is_integer() else least - 1
    if count < least or isinstance(value, bool):
        raise errors.value_error(
            f"{name} cannot be {value!r}.",
            given=f"{name}={value!r}",
            expected=f"a whole number >= {least}",
        )
    return count
