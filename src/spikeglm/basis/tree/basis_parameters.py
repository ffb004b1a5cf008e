"""Parameters and text of a basis: a leaf by name, a composed basis by label."""

from __future__ import annotations

import copy
import textwrap
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...showing import shown
from .input_shapes import put_shapes
from .walking import labels, nodes, require_unique_labels, root

if TYPE_CHECKING:
    from .basis import Basis


def put_in_leaf(leaf: Basis, params: dict[str, Any]) -> None:
    """Set constructor parameters, all in one step: they are checked together."""
    known = leaf.get_params(deep=False)
    for name in params:
        if name not in known:
            raise errors.unknown_name(f"parameter of {type(leaf).__name__}", name, list(known))
    of_term = {name: value for name, value in params.items() if name != "label"}
    if of_term:
        put_in_formula(leaf, of_term)
    if "label" in params:
        leaf.label = params["label"]


def put_in_formula(leaf: Any, changes: dict[str, Any]) -> None:
    """Give a leaf a formula with other parameters; what the old ones led to is forgotten."""
    formula = leaf._formula.replaced(**changes)
    if formula.n_inputs != leaf._formula.n_inputs:
        leaf._shapes = None
    leaf._formula = formula
    leaf._memory = replace(leaf._memory, meaning=None, is_kept=False)
    if hasattr(leaf, "kernel_"):
        leaf.kernel_ = leaf.lags_ = None


def of_tree(whole: Basis) -> dict[str, Any]:
    """Return ``{label: part, "label__parameter": value}`` for all parts, and the own label."""
    params: dict[str, Any] = {"label": whole.label}
    named = labels(root(whole))
    for node in nodes(whole):
        if node is whole:
            continue
        name = named[id(node)]
        own = {"label": name} if node._children else node.get_params(deep=False)
        params |= {f"{name}__{key}": value for key, value in own.items()}
        params[name] = node
    return params


def put_in_tree(whole: Basis, params: dict[str, Any]) -> None:
    """Exchange parts (``label=basis``), then set parameters (``label__parameter=value``).

    A copy goes first: what it refuses is raised before anything has changed.
    """
    _put_in_parts(copy.deepcopy(whole), params)
    _put_in_parts(whole, params)


def _put_in_parts(whole: Basis, params: dict[str, Any]) -> None:
    named = labels(root(whole))
    parts = {named[id(node)]: node for node in nodes(whole) if node is not whole}
    parts |= {"basis1": whole._children[0], "basis2": whole._children[1]}
    changes: dict[str, dict[str, Any]] = {}
    for key, value in params.items():
        if key == "label":
            whole.label = value
        elif key in parts:
            parts[key] = exchange(parts[key], value)
        else:
            owner = _owner(key, parts)
            changes.setdefault(owner, {})[key.removeprefix(owner + "__")] = value
    for owner, own in changes.items():
        parts[owner].set_params(**own)


def exchange(old: Basis, new: Any) -> Basis:
    """Put a copy of ``new`` in the place of a part, under its label and with its input shapes.

    Raises
    ------
    TypeError
        ``new`` is not a basis.
    ValueError
        A label of ``new`` is taken.
    """
    from .basis import Basis

    if not isinstance(new, Basis):
        raise errors.type_error(
            "A part of a basis can only be exchanged for a basis.",
            given=repr(new),
            expected="a basis",
        )
    parent = old._parent
    assert parent is not None
    part = copy.deepcopy(new)
    if old._label is not None:
        part._label = old._label
    if part.n_inputs == old.n_inputs and None in part.input_shape:
        put_shapes(part, old.input_shape)
    before = parent._children
    parent._adopt(tuple(part if child is old else child for child in before))
    try:
        require_unique_labels(root(parent))
    except ValueError:
        parent._adopt(before)
        raise
    old._parent = None
    return part


def require_no_labels(basis: Basis) -> None:
    """Raise ValueError if a part has a label of its own, which copies of it would share."""
    own = [node._label for node in nodes(basis) if node._label is not None]
    if own:
        raise errors.value_error(
            "Copies of a basis with labels would have the same labels.",
            given=f"a basis with the label {own[0]!r}",
            expected="a basis without labels of its own",
            todo="Add or multiply the copies one by one, each with its own label.",
        )


def _owner(key: str, parts: dict[str, Basis]) -> str:
    matching = [name for name in parts if key.startswith(name + "__")]
    if matching:
        return max(matching, key=len)
    raise errors.value_error(
        "Unknown parameter of a composed basis.",
        given=repr(key),
        expected=f"a label or label__parameter, with a label of {', '.join(map(repr, parts))}",
    )


def text(basis: Basis) -> str:
    """Return the repr: a leaf with its parameters, a composed basis as an indented tree."""
    name = type(basis).__name__
    prefix = "" if basis.label == name else f"{basis.label!r}: "
    if basis._children:
        parts = [f"basis{i}={text(part)},\n" for i, part in enumerate(basis._children, start=1)]
        return f"{prefix}{name}(\n{textwrap.indent(''.join(parts), '    ')})"
    params = {key: getattr(basis, key) for key in signature(type(basis)).parameters}
    told = [
        f"{key}={shown(value)}"
        for key, value in params.items()
        if key != "label" and not _goes_without_saying(value)
    ]
    return f"{prefix}{name}({', '.join(told)})"


def _goes_without_saying(value: Any) -> bool:
    is_nan = isinstance(value, float) and bool(np.isnan(value))
    return value is None or is_nan or (isinstance(value, dict) and not value)
