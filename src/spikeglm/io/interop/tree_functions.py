"""Functions over every array of a tree: dicts, lists and tuples, also nested.

Unlike :mod:`spikeglm.io.interop.trees`, which reads designs, a list is a branch here whatever it
holds, and None is a branch without leaves: the rules of ``jax.tree_util``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import errors
from .trees import is_mapping


def leaves_of(tree: Any, *, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """Return what hangs at the ends of a tree, in its order.

    >>> leaves_of({"a": [1, 2], "b": None, "c": 3})
    [1, 2, 3]
    """
    found: list[Any] = []
    mapped(found.append, tree, is_leaf=is_leaf)
    return found


def mapped(
    function: Callable[..., Any], *trees: Any, is_leaf: Callable[[Any], bool] | None = None
) -> Any:
    """Return the tree of ``function(leaf, leaf of the second tree, ...)``.

    Raises
    ------
    ValueError
        If the trees are structured differently.

    Examples
    --------
    >>> mapped(lambda x, y: x + y, {"a": 1, "b": (2,)}, {"a": 10, "b": (20,)})
    {'a': 11, 'b': (22,)}
    """
    first = trees[0]
    if first is None and all(tree is None for tree in trees):
        return None
    if is_leaf is not None and is_leaf(first):
        return function(*trees)
    keys = _keys(first)
    if keys is None:
        return function(*trees)
    if any(_keys(tree) is None or set(_keys(tree) or ()) != set(keys) for tree in trees):
        raise errors.value_error(
            "These trees are structured differently.",
            given=" and ".join(_described(tree) for tree in trees),
            expected="the same keys, or the same number of entries",
        )
    parts = [mapped(function, *(tree[key] for tree in trees), is_leaf=is_leaf) for key in keys]
    return dict(zip(keys, parts, strict=True)) if is_mapping(first) else _sequence(first, parts)


def check_dimensionality(pytree: Any, expected_dim: int) -> bool:
    """Tell whether every array of a tree has that many dimensions.

    >>> import numpy as np
    >>> check_dimensionality({"a": np.ones((2, 2))}, 2)
    True
    """
    return all(np.ndim(leaf) == expected_dim for leaf in leaves_of(pytree))


def validate_axis(pytree: Any, axis: int) -> None:
    """Check that every array of a tree has the axis.

    Raises
    ------
    ValueError
        If it is negative, not an integer, or not there.

    >>> import numpy as np
    >>> validate_axis({"a": np.ones((2, 2))}, 1)
    """
    least = min((np.ndim(leaf) for leaf in leaves_of(pytree)), default=0)
    if not isinstance(axis, (int, np.integer)) or not 0 <= axis < least:
        raise errors.value_error(
            "There is no such axis.",
            given=f"axis={axis!r}, arrays of {least} dimensions or more",
            expected=f"an integer from 0 to {least - 1}" if least else "arrays with an axis",
        )


def check_non_empty(pytree: Any, pytree_name: str) -> None:
    """Check that no array of a tree is empty.

    Raises
    ------
    ValueError
        If one is.

    >>> import numpy as np
    >>> check_non_empty({"a": np.ones((2, 2))}, "X")
    """
    shapes = [np.shape(leaf) for leaf in leaves_of(pytree)]
    if empty := [shape for shape in shapes if 0 in shape]:
        raise errors.value_error(
            f"{pytree_name} is empty.", given=f"shape {empty[0]}", expected="samples and features"
        )


def _keys(tree: Any) -> list[Any] | None:
    if is_mapping(tree):
        return list(tree.keys())
    return list(range(len(tree))) if isinstance(tree, (list, tuple)) else None


def _sequence(like: Any, parts: list[Any]) -> Any:
    if hasattr(like, "_fields"):  # a named tuple
        return type(like)(*parts)
    return tuple(parts) if isinstance(like, tuple) else parts


def _described(tree: Any) -> str:
    keys = _keys(tree)
    return type(tree).__name__ if keys is None else f"a {type(tree).__name__} with {keys}"
