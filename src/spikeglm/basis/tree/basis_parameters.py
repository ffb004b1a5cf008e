"""Parameters and text of a basis: a leaf by name, a composed basis by label."""

from __future__ import annotations

import copy
import textwrap
from dataclasses import replace
from inspect import signature
from typing import Any

import numpy as np

from ... import errors
from ...showing import shown
from .input_shapes import put_shapes
from .node import Node
from .node_labels import label_of, labels, require_unique_labels


def put_in_leaf(leaf: Node, params: dict[str, Any]) -> None:
    """Set constructor parameters, all in one step: they are checked together."""
    known = leaf.basis.get_params(deep=False)
    for name in params:
        if name not in known:
            raise errors.unknown_name(
                f"parameter of {type(leaf.basis).__name__}", name, list(known)
            )
    of_term = {name: value for name, value in params.items() if name != "label"}
    if of_term:
        put_in_formula(leaf, of_term)
    if "label" in params:
        leaf.basis.label = params["label"]


def put_in_formula(leaf: Node, changes: dict[str, Any]) -> None:
    """Give a leaf a formula with other parameters; what the old ones led to is forgotten."""
    formula = leaf.formula.replaced(**changes)
    if formula.n_inputs != leaf.formula.n_inputs:
        leaf.shapes = None
    leaf.own_formula = formula
    leaf.memory = replace(leaf.memory, meaning=None, is_kept=False)
    if hasattr(leaf.basis, "kernel_"):
        leaf.basis.kernel_ = leaf.basis.lags_ = None


def of_tree(whole: Node) -> dict[str, Any]:
    """Return ``{label: part, "label__parameter": value}`` for all parts, and the own label."""
    params: dict[str, Any] = {"label": label_of(whole)}
    named = labels(whole.root())
    for node in whole.nodes():
        if node is whole:
            continue
        name = named[id(node)]
        own = {"label": name} if node.children else node.basis.get_params(deep=False)
        params |= {f"{name}__{key}": value for key, value in own.items()}
        params[name] = node.basis
    return params


def put_in_tree(whole: Node, params: dict[str, Any]) -> None:
    """Exchange parts (``label=basis``), then set parameters (``label__parameter=value``).

    A copy goes first: what it refuses is raised before anything has changed.
    """
    _put_in_parts(copy.deepcopy(whole.basis).node, params)
    _put_in_parts(whole, params)


def _put_in_parts(whole: Node, params: dict[str, Any]) -> None:
    named = labels(whole.root())
    parts = {named[id(node)]: node for node in whole.nodes() if node is not whole}
    parts |= {"basis1": whole.children[0], "basis2": whole.children[1]}
    changes: dict[str, dict[str, Any]] = {}
    for key, value in params.items():
        if key == "label":
            whole.basis.label = value
        elif key in parts:
            parts[key] = exchange(parts[key], value)
        else:
            owner = _owner(key, parts)
            changes.setdefault(owner, {})[key.removeprefix(owner + "__")] = value
    for owner, own in changes.items():
        parts[owner].basis.set_params(**own)


def exchange(old: Node, new: Any) -> Node:
    """Put a copy of ``new`` in the place of a part, under its label and with its input shapes.

    Raises
    ------
    TypeError
        ``new`` is not a basis.
    ValueError
        A label of ``new`` is taken.
    """
    if not isinstance(getattr(new, "node", None), Node):
        raise errors.type_error(
            "A part of a basis can only be exchanged for a basis.",
            given=repr(new),
            expected="a basis",
        )
    parent = old.parent
    assert parent is not None
    part: Node = copy.deepcopy(new).node
    if old.label is not None:
        part.label = old.label
    if part.formula.n_inputs == old.formula.n_inputs and None in part.input_shape:
        put_shapes(part, old.input_shape)
    before = parent.children
    parent.adopt(tuple(part if child is old else child for child in before))
    try:
        require_unique_labels(parent.root())
    except ValueError:
        parent.adopt(before)
        raise
    old.parent = None
    return part


def require_no_labels(whole: Node) -> None:
    """Raise ValueError if a part has a label of its own, which copies of it would share."""
    own = [node.label for node in whole.nodes() if node.label is not None]
    if own:
        raise errors.value_error(
            "Copies of a basis with labels would have the same labels.",
            given=f"a basis with the label {own[0]!r}",
            expected="a basis without labels of its own",
            todo="Add or multiply the copies one by one, each with its own label.",
        )


def _owner(key: str, parts: dict[str, Node]) -> str:
    matching = [name for name in parts if key.startswith(name + "__")]
    if matching:
        return max(matching, key=len)
    raise errors.value_error(
        "Unknown parameter of a composed basis.",
        given=repr(key),
        expected=f"a label or label__parameter, with a label of {', '.join(map(repr, parts))}",
    )


def text(node: Node) -> str:
    """Return the repr: a leaf with its parameters, a composed basis as an indented tree."""
    name, label = type(node.basis).__name__, label_of(node)
    prefix = "" if label == name else f"{label!r}: "
    if node.children:
        parts = [f"basis{i}={text(part)},\n" for i, part in enumerate(node.children, start=1)]
        return f"{prefix}{name}(\n{textwrap.indent(''.join(parts), '    ')})"
    params = {key: getattr(node.basis, key) for key in signature(type(node.basis)).parameters}
    told = [
        f"{key}={shown(value)}"
        for key, value in params.items()
        if key != "label" and not _goes_without_saying(value)
    ]
    return f"{prefix}{name}({', '.join(told)})"


def _goes_without_saying(value: Any) -> bool:
    is_nan = isinstance(value, float) and bool(np.isnan(value))
    return value is None or is_nan or (isinstance(value, dict) and not value)
