"""A basis that keeps what data have decided, and as a file can hold it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ... import errors, showing
from ...rows.matching import check_columns
from ..terms.formula import require_like
from .feature_columns import terms
from .memory import Memory
from .node import Node, begin_leaf
from .node_labels import label_of


def kept(node: Node) -> Any:
    """Return a copy of a basis that uses its ranges, kernels and functions on any signals.

    Raises
    ------
    NotFittedError
        If no signals were seen.
    """
    terms(node)  # which refuses a basis without signals
    whole = _copied(node)
    for leaf in whole.node.leaves():
        leaf.own_formula = leaf.memory.meaning.kept()
        leaf.memory = replace(leaf.memory, is_kept=True)
    return whole


def _copied(node: Node) -> Any:
    """Return a copy of a basis; formulas, which never change, are shared."""
    cls: Any = type(node.basis)
    twin = cls.__new__(cls)
    twin.__setstate__(node.basis.__getstate__() | {"_children": tuple(map(_copied, node.children))})
    return twin


def check_inputs(
    node: Node, shapes: list[tuple[int, ...]], columns: tuple[tuple[Any, ...] | None, ...]
) -> None:
    """Raise ValueError unless inputs of parts that are kept are like those that they have seen."""
    stop = 0
    for leaf in node.leaves():
        start, stop = stop, stop + leaf.formula.n_inputs
        if leaf.memory.is_kept and leaf.shapes is not None:
            require_like(shapes[start:stop], leaf.shapes)
            check_columns(columns[start:stop], leaf.memory.columns, first=start)


@dataclass(frozen=True, eq=False)
class StoredBasis:
    """A basis as a file can hold it: names, numbers and formulas, and nothing that runs.

    Attributes
    ----------
    class_name : str
        One of the bases of :mod:`spikeglm.basis`.
    label : str or None
        A label of its own.
    parts :
        Those of a composed basis; () for a leaf.
    shapes, columns :
        Of one sample of each input of a leaf, and what its columns are called.
    meaning :
        What data have decided for a leaf.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> past = nmo.basis.HistoryConv(3, label="past").setup_basis(np.zeros((9, 2)))
    >>> StoredBasis.of(past.node).restored().design(np.zeros((5, 2)))
    Design(n_rows=5, n_features=6)
    """

    class_name: str
    label: str | None
    parts: tuple[StoredBasis, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()
    columns: tuple[tuple[Any, ...] | None, ...] = ()
    meaning: Any = None

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, node: Node) -> StoredBasis:
        """Return a basis that has seen signals as a file can hold it.

        Raises
        ------
        NotFittedError
            If no signals were seen.
        TypeError
            If a part is made of functions of one's own.
        """
        terms(node)
        _require_known(node)
        return cls._of_node(node)

    @classmethod
    def _of_node(cls, node: Node) -> StoredBasis:
        name = type(node.basis).__name__
        if node.children:
            return cls(name, node.label, tuple(map(cls._of_node, node.children)))
        shapes, memory = tuple(node.shapes or ()), node.memory
        return cls(name, node.label, (), shapes, memory.columns, memory.meaning)

    def restored(self) -> Any:
        """Return the basis, which uses its ranges and kernels on any signals.

        Raises
        ------
        ValueError
            If there is no basis of this name, or its parts are not those of one.
        """
        from .basis import Basis

        ours = [cls for cls in Basis.__subclasses__() if cls.__module__.startswith("spikeglm.")]
        cls = {each.__name__: each for each in ours}.get(self.class_name)
        if cls is None or len(self.parts) != (2 if cls.operation else 0):
            raise ValueError(f"a basis {self.class_name!r} of {len(self.parts)} parts")
        basis = cls.__new__(cls)
        if self.parts:
            basis.node = Node(basis)
            basis.node.label = self.label
            basis.node.adopt(tuple(part.restored().node for part in self.parts))
            return basis
        begin_leaf(basis, self.meaning.kept(), self.label)
        basis.node.memory = Memory(self.columns, meaning=self.meaning, is_kept=True)
        basis.node.shapes = [tuple(shape) for shape in self.shapes]
        basis.get_params()  # its formula is one of this class, or the file is refused
        return basis


def _require_known(node: Node) -> None:
    for leaf in node.leaves():
        if not leaf.formula.is_storable:
            raise errors.type_error(
                "Functions of your own cannot be saved.",
                given=f"a basis with {label_of(leaf)!r}",
                expected="bases of spikeglm",
                todo="keep the code that makes the basis, and make it again.",
            )
