"""A basis that keeps what data have decided, and as a file can hold it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ... import errors, showing
from ...rows.matching import check_columns
from ..terms.formula import require_like
from .feature_columns import terms
from .memory import Memory
from .walking import label_of, leaves

if TYPE_CHECKING:
    from .basis import Basis


def kept(basis: Basis) -> Basis:
    """Return a copy of a basis that uses its ranges, kernels and functions on any signals.

    Raises
    ------
    NotFittedError
        If no signals were seen.
    """
    terms(basis)  # which refuses a basis without signals
    whole = _copied(basis)
    for leaf in leaves(whole):
        leaf._formula = leaf._memory.meaning.kept()
        leaf._memory = replace(leaf._memory, is_kept=True)
    return whole


def _copied(node: Basis) -> Basis:
    """Return a copy of a basis; formulas, which never change, are shared."""
    twin = type(node).__new__(type(node))
    twin.__dict__.update(node.__getstate__())
    twin._adopt(tuple(map(_copied, node._children)))
    return twin


def check_inputs(
    basis: Basis, shapes: list[tuple[int, ...]], columns: tuple[tuple[Any, ...] | None, ...]
) -> None:
    """Raise ValueError unless inputs of parts that are kept are like those that they have seen."""
    start = 0
    for leaf in leaves(basis):
        stop = start + leaf.n_inputs
        if leaf._memory.is_kept and leaf._shapes is not None:
            require_like(shapes[start:stop], leaf._shapes)
            check_columns(columns[start:stop], leaf._memory.columns, first=start)
        start = stop


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
    >>> StoredBasis.of(past).restored().design(np.zeros((5, 2)))
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
    def of(cls, basis: Basis) -> StoredBasis:
        """Return a basis that has seen signals as a file can hold it.

        Raises
        ------
        NotFittedError
            If no signals were seen.
        TypeError
            If a part is made of functions of one's own.
        """
        terms(basis)
        _require_known(basis)
        return cls._of_node(basis)

    @classmethod
    def _of_node(cls, node: Basis) -> StoredBasis:
        name = type(node).__name__
        if node._children:
            return cls(name, node._label, tuple(map(cls._of_node, node._children)))
        shapes, memory = tuple(node._shapes or ()), node._memory
        return cls(name, node._label, (), shapes, memory.columns, memory.meaning)

    def restored(self) -> Basis:
        """Return the basis, which uses its ranges and kernels on any signals.

        Raises
        ------
        ValueError
            If there is no basis of this name, or its parts are not those of one.
        """
        from .basis import Basis

        ours = [cls for cls in Basis.__subclasses__() if cls.__module__.startswith("spikeglm.")]
        cls = {each.__name__: each for each in ours}.get(self.class_name)
        if cls is None or len(self.parts) != (2 if cls._symbol else 0):
            raise ValueError(f"a basis {self.class_name!r} of {len(self.parts)} parts")
        basis = cls.__new__(cls)
        basis._label = self.label
        if self.parts:
            basis._adopt(tuple(part.restored() for part in self.parts))
            return basis
        basis._begin(self.meaning.kept(), self.label)
        basis._memory = Memory(self.columns, meaning=self.meaning, is_kept=True)
        basis._shapes = [tuple(shape) for shape in self.shapes]
        basis.get_params()  # its formula is one of this class, or the file is refused
        return basis


def _require_known(basis: Basis) -> None:
    for leaf in leaves(basis):
        if not leaf._formula.is_storable:
            raise errors.type_error(
                "Functions of your own cannot be saved.",
                given=f"a basis with {label_of(leaf)!r}",
                expected="bases of spikeglm",
                todo="keep the code that makes the basis, and make it again.",
            )
