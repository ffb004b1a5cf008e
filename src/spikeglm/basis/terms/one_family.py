"""What Eval and Conv have in common: the functions are those of one family."""

from __future__ import annotations

import math
from typing import Any

from .family import Family
from .formula import parameter_of


class OneFamily:
    """b functions of a family for each of the S channels of a signal."""

    family: Family

    @property
    def n_inputs(self) -> int:
        """How many arrays it takes."""
        return self.family.n_inputs

    @property
    def n_basis_funcs(self) -> Any:
        """b; None where it is the number of bins of a window of unknown length."""
        return self.family.n_basis_funcs

    @property
    def is_complex(self) -> bool:
        """Whether functions come in pairs that stand for complex numbers."""
        return self.family.is_complex

    @property
    def is_storable(self) -> bool:
        """Whether a file can hold it: formulas of somebody else are code that a file lacks."""
        return type(self.family).__module__.startswith("spikeglm.")

    def parameter(self, name: str) -> Any:
        """The parameter of this name, of the formula or of its family."""
        return parameter_of(self, name)

    def n_columns(self, shapes: list[tuple[int, ...]]) -> int:
        """b for each of the S channels."""
        n_functions: int = self.n_basis_funcs
        return n_functions * math.prod(shapes[0])

    def channel_shape(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        """The shape of a sample."""
        return shapes[0]

    def feature_shape(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        """(*shape of a sample, b)."""
        return (*shapes[0], self.n_basis_funcs)
