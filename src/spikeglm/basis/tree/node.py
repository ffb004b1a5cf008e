"""What a basis is inside: its label, its place in a tree, its formula and what it remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ... import showing
from .memory import Memory


@dataclass(frozen=True)
class Operation:
    """What makes one basis of two: how it is written, and how formulas and meanings join.

    Attributes
    ----------
    symbol : what stands between the labels of the parts.
    formula, meaning : called with those of the parts.
    is_sum : whether the columns of the parts stay apart.
    """

    symbol: str
    formula: Callable[..., Any]
    meaning: Callable[..., Any]
    is_sum: bool

    __repr__ = showing.of_fields


class Node:
    """A leaf, or two parts and the operation that joins them.

    The files of this folder work on nodes; a basis holds one and is what a user sees of it.

    Attributes
    ----------
    basis :
        The basis that holds it.
    label : str or None
        A label of its own.
    own_formula :
        Of a leaf: its Eval, Conv or Custom, which is frozen.
    shapes : list of tuples, or None
        Of a leaf: of one sample of each input, None where not known.
    memory :
        Of a leaf: what it remembers of signals.
    operation, children :
        Of a composed basis; None and () for a leaf.
    parent :
        The node that it is a part of; None for a whole.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> whole = (nmo.basis.HistoryConv(3, label="past") + nmo.basis.IdentityEval(label="x")).node
    >>> [leaf.label for leaf in whole.leaves()], whole.operation.symbol
    (['past', 'x'], '+')
    """

    def __init__(self, basis: Any, formula: Any = None) -> None:
        self.basis, self.own_formula = basis, formula
        self.label: str | None = None
        self.shapes: list[Any] | None = None
        self.memory = Memory()
        self.operation: Operation | None = basis.operation
        self.children: tuple[Node, ...] = ()
        self.parent: Node | None = None

    def adopt(self, children: tuple[Node, ...]) -> None:
        """Make these nodes the parts of this one."""
        self.children = children
        for child in children:
            child.parent = self

    @property
    def formula(self) -> Any:
        """What it computes: of a composed basis, made of the formulas of its parts."""
        if self.operation is None:
            return self.own_formula
        return self.operation.formula(*(child.formula for child in self.children))

    @property
    def meaning(self) -> Any:
        """What data have decided, None if nothing is decided for one of the leaves."""
        if self.operation is None:
            return self.memory.meaning
        found = [child.meaning for child in self.children]
        return None if None in found else self.operation.meaning(*found)

    @property
    def input_shape(self) -> list[Any]:
        """The shape of one sample of each input, None where it is not known."""
        return [s for leaf in self.leaves() for s in leaf.shapes or [None] * leaf.formula.n_inputs]

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """The shape of one sample, then the number of functions."""
        shape: tuple[int, ...] = self.formula.feature_shape(self.input_shape)
        return shape

    @property
    def n_columns(self) -> Any:
        """Number of features; None until the shapes of the inputs are known."""
        formula, shapes = self.formula, self.input_shape
        unknown = None in shapes or formula.n_basis_funcs is None
        return None if unknown else formula.n_columns(shapes)

    def nodes(self) -> Iterator[Node]:
        """Yield the node and all its parts, parents first, left to right."""
        yield self
        for child in self.children:
            yield from child.nodes()

    def leaves(self) -> list[Node]:
        """Return the parts that are not composed, left to right."""
        return [node for node in self.nodes() if not node.children]

    def components(self) -> Iterator[Node]:
        """Yield the additive components; a product is one."""
        if self.operation is None or not self.operation.is_sum:
            yield self
            return
        for child in self.children:
            yield from child.components()

    def root(self) -> Node:
        """Return the whole that it is a part of."""
        return self if self.parent is None else self.parent.root()

    def state(self) -> dict[str, Any]:
        """Return what a pickle holds of it, by names that are those of every version."""
        children = tuple(child.basis for child in self.children)
        return {
            "_label": self.label,
            "_formula": self.own_formula,
            "_shapes": self.shapes,
            "_memory": self.memory,
            "_children": children,
        }

    @classmethod
    def of_state(cls, basis: Any, state: dict[str, Any]) -> Node:
        """Return the node of a basis from a pickle, and take what it needs out of the state."""
        node = cls(basis, state.pop("_formula", None))
        node.label = state.pop("_label", None)
        node.shapes = state.pop("_shapes", None)
        node.memory = state.pop("_memory", node.memory)
        node.adopt(tuple(child.node for child in state.pop("_children", ())))
        return node


def begin_leaf(basis: Any, formula: Any, label: object) -> None:
    """Give a basis that is not composed its node; the label is checked by the basis."""
    basis.node = Node(basis, formula)
    if hasattr(type(formula), "kernel"):
        basis.kernel_ = basis.lags_ = None
    basis.label = label
