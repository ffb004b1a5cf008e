"""A basis as it was when a transformer was fitted: ranges, kernels and functions decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ... import errors, showing
from ...rows.design import Signals
from ..terms.formula import PlacedRows
from ..tree import kept_basis, placement

if TYPE_CHECKING:
    from ..tree.basis import Basis


@dataclass(frozen=True, eq=False)
class Frozen:
    """What depends on the data that a transformer was fitted to; nothing of the data itself.

    Attributes
    ----------
    rows : the basis placed on these data, without them.
    formulas : the formulas of its leaves at that time; setting a parameter makes a new one.
    kept : the basis with what was decided, for any signals.
    """

    rows: PlacedRows
    formulas: tuple[Any, ...]
    kept: Basis

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, basis: Basis, signals: Signals) -> Frozen:
        """Place a basis on signals, and keep what was decided."""
        rows = placement.placed(basis.node, signals)
        kept = kept_basis.kept(basis.node)
        placement.without_ranges(basis)  # kept here
        nothing = tuple(x[:0].copy() for x in signals.arrays)  # frees the data that was seen
        return cls(rows.at(Signals(nothing)), _formulas(basis), kept)

    def is_still(self, basis: Basis) -> bool:
        """Tell whether no parameter of the basis was changed since."""
        now = _formulas(basis)
        return len(now) == len(self.formulas) and all(
            a is b for a, b in zip(now, self.formulas, strict=True)
        )


def not_fitted() -> errors.NotFittedError:
    """Build the error for features of a transformer whose ranges are not known."""
    return errors.NotFittedError(
        "The ranges of the features are not known. Given: a TransformerBasis that was not fitted, "
        "or whose basis was changed since. What to do: call fit first."
    )


def _formulas(basis: Basis) -> tuple[Any, ...]:
    return tuple(leaf.formula for leaf in basis.node.leaves())
