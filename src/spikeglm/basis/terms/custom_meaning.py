"""What functions that a user wrote mean: they can be called, and nothing else is known of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ... import errors, showing
from ...rows.terms import Meaning
from ...typing import Array, ArrayLike, FloatArray

if TYPE_CHECKING:
    from .custom_term import Custom


@dataclass(frozen=True, eq=False)
class OfOneself:
    """Functions of one's own, of values.

    Attributes
    ----------
    n_inputs, n_functions :
        How many variables they take, and how many numbers they give: all outputs of b functions.
    formula :
        The functions. A saved file cannot hold them, so it is no argument: without it a term tells
        its columns only.
    """

    n_inputs: int
    n_functions: int
    formula: Custom | None = field(default=None, init=False)

    __repr__ = showing.of_fields

    kind = "other"

    @classmethod
    def of(cls, formula: Custom, n_functions: int) -> OfOneself:
        """Return the meaning of functions that can be called."""
        meaning = cls(formula.n_inputs, n_functions)
        object.__setattr__(meaning, "formula", formula)
        return meaning

    @property
    def units(self) -> tuple[str, ...]:
        """Values are in the unit of their input, which users know."""
        return ("",) * self.n_inputs

    def axes(self, n_points: int, channel: int) -> tuple[Array, ...]:
        """ValueError: where functions of one's own live is not known."""
        raise errors.value_error(
            "Where functions of your own live is not known.",
            given="a term of a CustomBasis",
            expected="points of your choice",
            todo="pass them to functions().",
        )

    def functions(self, points: tuple[ArrayLike, ...], channel: int) -> FloatArray:
        """Return (n, b): what the functions return at these points."""
        if self.formula is None:
            raise errors.value_error(
                "The functions of this term are your own, which a saved file cannot hold.",
                given="a term that was read from a file",
                expected="a term of a basis that is there",
                todo="make the CustomBasis again and take the terms of its design.",
            )
        return self.formula.at_points(points)

    def kept(self) -> Custom | None:
        """Return the functions, which depend on no data that came before."""
        return self.formula

    def penalties(self, channel: int) -> tuple[FloatArray, ...]:
        """Return none: nothing is known of how smooth they are."""
        return ()

    def coverage(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()


@dataclass(frozen=True, eq=False)
class ByOutput:
    """Functions with several outputs, each output with channels of its own: outputs, then channels.

    Attributes
    ----------
    whole :
        Gives all outputs of the b functions of a channel.
    n_functions, n_channels :
        b, and the number of channels of each output.
    """

    whole: Meaning
    n_functions: int
    n_channels: int

    __repr__ = showing.of_fields

    kind = "other"

    @property
    def units(self) -> tuple[str, ...]:
        """Those of the variables."""
        return self.whole.units

    def axes(self, n_points: int, channel: int) -> tuple[Array, ...]:
        """ValueError, as those of all outputs."""
        return self.whole.axes(n_points, channel)

    def functions(self, points: tuple[ArrayLike, ...], channel: int) -> FloatArray:
        """Return (n, b) of the output that a channel belongs to."""
        first = channel // self.n_channels * self.n_functions
        return self.whole.functions(points, channel)[:, first : first + self.n_functions]

    def penalties(self, channel: int) -> tuple[FloatArray, ...]:
        """Return none."""
        return ()

    def coverage(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()
