"""Walking the tree of a composed basis, and what its nodes are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ... import errors

if TYPE_CHECKING:
    from .basis import Basis


def nodes(basis: Basis) -> Iterator[Basis]:
    """Yield the basis and all its parts, parents first, left to right."""
    yield basis
    for child in basis._children:
        yield from nodes(child)


def leaves(basis: Basis) -> list[Basis]:
    """Return the parts that are not composed, left to right."""
    return [node for node in nodes(basis) if not node._children]


def root(basis: Basis) -> Basis:
    """Return the whole that a basis is a part of."""
    while basis._parent is not None:
        basis = basis._parent
    return basis


def labels(whole: Basis) -> dict[int, str]:
    """Return the label of every node by its ``id``.

    Leaves without a label of their own are called by their class, numbered from the second on:
    ``BSplineEval``, ``BSplineEval_1``. A composed basis is called by its parts: ``(a + b)``.
    """
    found: dict[int, str] = {}
    count: dict[str, int] = {}
    for leaf in leaves(whole):
        name = leaf._label
        if name is None:
            name = type(leaf).__name__
            seen = count.get(name, 0)
            count[name] = seen + 1
            name += f"_{seen}" if seen else ""
        found[id(leaf)] = name
    for node in reversed(list(nodes(whole))):
        if node._children:
            parts = f" {node._symbol} ".join(found[id(child)] for child in node._children)
            found[id(node)] = node._label or f"({parts})"
    return found


def label_of(basis: Basis) -> str:
    """Return what a basis is called within the whole it is a part of."""
    return labels(root(basis))[id(basis)]


def part(basis: Basis, label: object) -> Basis:
    """Return the node of this label, IndexError (with the labels there are) if there is none."""
    named = labels(root(basis))
    found = {named[id(node)]: node for node in nodes(basis)}
    if isinstance(label, str) and label in found:
        return found[label]
    known = ", ".join(map(repr, found))
    raise IndexError(f"No part of this basis is called {label!r}. Its labels are: {known}.")


def checked_label(basis: Basis, label: object, class_names: set[str]) -> str | None:
    """Return the label to keep; None for one that the basis would have without it.

    Raises
    ------
    TypeError
        The label of a leaf is not a string.
    ValueError
        The label is the name of another class, or taken by another part of the same whole.
    """
    if label is None:
        return None
    if basis._children:
        label = str(label)
        is_default = label in (type(basis).__name__, _automatic(basis))
        if not is_default and label in class_names:
            raise _name_of_a_class(basis, label)
    else:
        is_default = _is_default_of_leaf(basis, label, class_names)
    if is_default:
        return None
    taken = labels(root(basis))
    if any(name == label for key, name in taken.items() if key != id(basis)):
        raise _taken(str(label))
    return str(label)


def _is_default_of_leaf(basis: Basis, label: object, class_names: set[str]) -> bool:
    if not isinstance(label, str):
        raise errors.type_error(
            "A label is a string.", given=repr(label), expected="a string, or None for the default"
        )
    stem = re.sub(r"_\d+$", "", label)
    if stem in {cls.__name__ for cls in type(basis).__mro__}:
        return True
    if stem in class_names:
        raise _name_of_a_class(basis, label)
    return False


def _name_of_a_class(basis: Basis, label: str) -> ValueError:
    return errors.value_error(
        "A label must not be the name of another class.",
        given=f"label={label!r} for a {type(basis).__name__}",
        expected="a name of your own",
    )


def require_unique_labels(whole: Basis) -> None:
    """Raise ValueError if two parts of a basis have one label."""
    seen: set[str] = set()
    for name in labels(whole).values():
        if name in seen:
            raise _taken(name)
        seen.add(name)


def _automatic(basis: Basis) -> str:
    found = labels(root(basis))
    parts = f" {basis._symbol} ".join(found[id(child)] for child in basis._children)
    return f"({parts})"


def _taken(label: str) -> ValueError:
    return errors.value_error(
        "A label can be used once in a basis.",
        given=f"{label!r} twice",
        expected="labels that differ",
        todo="Give one of them another label.",
    )
