"""Bases made of two bases."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

from ... import errors
from ...notices import warn
from ..terms.combined_terms import Product, Sum
from ..terms.meanings import Beside, Products
from .basis import Basis
from .basis_parameters import exchange, require_no_labels
from .input_shapes import put_shapes
from .node import Node, Operation
from .node_labels import require_unique_labels


class Part:
    """One of the bases that a basis is made of; assigning puts a copy of another in its place."""

    def __init__(self, index: int) -> None:
        self._index = index

    def __get__(self, whole: Any, owner: type | None = None) -> Any:
        return self if whole is None else whole.node.children[self._index].basis

    def __set__(self, whole: Any, basis: Basis) -> None:
        exchange(whole.node.children[self._index], basis)


class AdditiveBasis(Basis):
    """The features of two bases side by side: ``basis1 + basis2``.

    Parameters
    ----------
    basis1, basis2 :
        The parts; copies of them are kept.
    label :
        Name of the sum; by default made of the labels of the parts.

    Notes
    -----
    Takes the inputs of basis1, then those of basis2, (T, ...) each; gives the columns of basis1,
    then those of basis2: (T, p1 + p2). Parts are reached by label, ``basis["history"]``, and their
    parameters by ``set_params(history__n_basis_funcs=5)``. An additive model: Hastie & Tibshirani,
    Generalized Additive Models (1990), chapter 4.

    Raises
    ------
    TypeError
        A part is not a basis.
    ValueError
        Two parts have the same label.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> nmo.basis.BSplineEval(5, label="x") + nmo.basis.HistoryConv(10)
    '(x + HistoryConv)': AdditiveBasis(
        basis1='x': BSplineEval(n_basis_funcs=5, order=4),
        basis2=HistoryConv(window_size=10),
    )
    """

    operation = Operation("+", Sum, Beside, is_sum=True)
    basis1 = Part(0)
    basis2 = Part(1)

    def __init__(self, basis1: Basis, basis2: Basis, label: str | None = None) -> None:
        _join(self, basis1, basis2, label)

    @property
    def bounds(self) -> list[Any]:
        """The bounds of each leaf, None for leaves without."""
        return _bounds(self)


class MultiplicativeBasis(Basis):
    """All products of a function of one and a function of the other basis: ``basis1 * basis2``.

    Parameters
    ----------
    basis1, basis2 :
        The factors; copies of them are kept.
    label :
        Name of the product; by default made of the labels of the factors.

    Notes
    -----
    All inputs have one shape, (T,) or (T, ...); features are (T, S * b1 * b2). For each of the S
    channels, function i of basis1 times function j of
    basis2 is column ``i * b2 + j`` (row-wise Kronecker product; Wood, Generalized Additive Models,
    2nd ed., section 5.6).

    Raises
    ------
    TypeError
        A factor is not a basis.
    ValueError
        Two factors have the same label, or both have Fourier functions.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> place = nmo.basis.BSplineEval(2, order=2) * nmo.basis.BSplineEval(2, order=2)
    >>> place.compute_features(np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0, 0.5]))
    array([[1. , 0. , 0. , 0. ],
           [0. , 0.5, 0. , 0.5],
           [0. , 0. , 0.5, 0.5]])
    """

    operation = Operation("*", Product, Products, is_sum=False)
    basis1 = Part(0)
    basis2 = Part(1)

    def __init__(self, basis1: Basis, basis2: Basis, label: str | None = None) -> None:
        _join(self, basis1, basis2, label)
        shapes = self.input_shape
        if None not in shapes and len(set(shapes)) > 1:
            put_shapes(self.node, [None] * len(shapes))
            warn(
                "Multiple different input shapes detected: the factors of a product have been used "
                "with inputs of different shapes. Their input shapes are reset."
            )

    @property
    def bounds(self) -> list[Any]:
        """The bounds of each leaf, None for leaves without."""
        return _bounds(self)


def added(basis: Basis, other: object) -> Any:
    """Return the sum of two bases; NotImplemented if the other is none."""
    return AdditiveBasis(basis, other) if isinstance(other, Basis) else NotImplemented


def multiplied(basis: Basis, other: object) -> Any:
    """Return the product of two bases, or the sum of ``other`` copies of one."""
    if isinstance(other, Basis):
        return MultiplicativeBasis(basis, other)
    return repeated(basis, other, AdditiveBasis)


def raised(basis: Basis, exponent: object) -> Any:
    """Return the product of ``exponent`` copies of a basis."""
    return repeated(basis, exponent, MultiplicativeBasis)


def repeated(basis: Basis, times: Any, joined: Callable[[Basis, Basis], Basis]) -> Any:
    """Return ``times`` copies of a basis, joined; NotImplemented if that is not a whole number.

    Raises
    ------
    ValueError
        Less than one copy, or copies of a basis with labels of its own.
    """
    try:
        count = operator.index(times)
    except TypeError:
        return NotImplemented
    if isinstance(times, bool):
        return NotImplemented
    if count < 1:
        raise errors.value_error(
            "A basis can be repeated once or more.", given=count, expected="an integer >= 1"
        )
    if count > 1:
        require_no_labels(basis.node)
    result = copy.deepcopy(basis)
    for _ in range(count - 1):
        result = joined(result, basis)
    return result


def _join(whole: Any, basis1: Any, basis2: Any, label: object) -> None:
    for basis in (basis1, basis2):
        if not isinstance(basis, Basis):
            raise errors.type_error(
                "Only bases can be combined.", given=repr(basis), expected="a basis"
            )
    whole.node = Node(whole)
    whole.node.adopt((copy.deepcopy(basis1).node, copy.deepcopy(basis2).node))
    require_unique_labels(whole.node)
    assert whole.node.formula is not None  # the product of two Fourier bases is refused here
    whole.label = label


def _bounds(whole: Basis) -> list[Any]:
    return [getattr(leaf.basis, "bounds", None) for leaf in whole.node.leaves()]
