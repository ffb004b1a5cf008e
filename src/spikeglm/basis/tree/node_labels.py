"""What the nodes of a basis are called."""

from __future__ import annotations

import re

from ... import errors
from .node import Node


def labels(whole: Node) -> dict[int, str]:
    """Return the label of every node by its ``id``.

    Leaves without a label of their own are called by their class, numbered from the second on:
    ``BSplineEval``, ``BSplineEval_1``. A composed basis is called by its parts: ``(a + b)``.
    """
    found: dict[int, str] = {}
    count: dict[str, int] = {}
    for leaf in whole.leaves():
        name = leaf.label
        if name is None:
            name = type(leaf.basis).__name__
            seen = count.get(name, 0)
            count[name] = seen + 1
            name += f"_{seen}" if seen else ""
        found[id(leaf)] = name
    for node in reversed(list(whole.nodes())):
        if node.children:
            found[id(node)] = node.label or _joined(node, found)
    return found


def _joined(node: Node, found: dict[int, str]) -> str:
    assert node.operation is not None
    parts = f" {node.operation.symbol} ".join(found[id(child)] for child in node.children)
    return f"({parts})"


def label_of(node: Node) -> str:
    """Return what a basis is called within the whole it is a part of."""
    return labels(node.root())[id(node)]


def part(whole: Node, label: object) -> Node:
    """Return the node of this label, IndexError (with the labels there are) if there is none."""
    named = labels(whole.root())
    found = {named[id(node)]: node for node in whole.nodes()}
    if isinstance(label, str) and label in found:
        return found[label]
    known = ", ".join(map(repr, found))
    raise IndexError(f"No part of this basis is called {label!r}. Its labels are: {known}.")


def checked_label(node: Node, label: object, class_names: set[str]) -> str | None:
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
    if node.children:
        label = str(label)
        is_default = label in (type(node.basis).__name__, _joined(node, labels(node.root())))
        if not is_default and label in class_names:
            raise _name_of_a_class(node, label)
    else:
        is_default = _is_default_of_leaf(node, label, class_names)
    if is_default:
        return None
    taken = labels(node.root())
    if any(name == label for key, name in taken.items() if key != id(node)):
        raise _taken(str(label))
    return str(label)


def _is_default_of_leaf(node: Node, label: object, class_names: set[str]) -> bool:
    if not isinstance(label, str):
        raise errors.type_error(
            "A label is a string.", given=repr(label), expected="a string, or None for the default"
        )
    stem = re.sub(r"_\d+$", "", label)
    if stem in {cls.__name__ for cls in type(node.basis).__mro__}:
        return True
    if stem in class_names:
        raise _name_of_a_class(node, label)
    return False


def _name_of_a_class(node: Node, label: str) -> ValueError:
    return errors.value_error(
        "A label must not be the name of another class.",
        given=f"label={label!r} for a {type(node.basis).__name__}",
        expected="a name of your own",
    )


def require_unique_labels(whole: Node) -> None:
    """Raise ValueError if two parts of a basis have one label."""
    seen: set[str] = set()
    for name in labels(whole).values():
        if name in seen:
            raise _taken(name)
        seen.add(name)


def _taken(label: str) -> ValueError:
    return errors.value_error(
        "A label can be used once in a basis.",
        given=f"{label!r} twice",
        expected="labels that differ",
        todo="Give one of them another label.",
    )
