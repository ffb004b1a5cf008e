"""Functions over designs that are trees: dicts, lists and tuples of arrays that share their rows.

A list is a branch here, whatever it holds, and None is a branch without leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import errors
from .io.interop.tree_functions import leaves_of, mapped
from .typing import BoolArray

__all__ = [
    "drop_nans",
    "get_valid_multitree",
    "has_matching_axis_pytree",
    "pytree_map_and_reduce",
    "tree_slice",
]


def get_valid_multitree(*tree: Any) -> BoolArray:
    """Return which rows are finite in every array of every tree, (n,).

    Parameters
    ----------
    *tree :
        Arrays (n, ...), or trees of them; None has no rows and says nothing.

    Raises
    ------
    ValueError
        If there is no array, or numbers of rows differ.

    Examples
    --------
    >>> import numpy as np
    >>> get_valid_multitree({"a": np.array([[1.0, np.nan], [1.0, 2.0]])}, np.array([1, 2]))
    array([False,  True])
    """
    valid = [_finite_rows(leaf) for leaf in leaves_of(tree)]
    if len({len(rows) for rows in valid}) != 1:
        raise errors.value_error(
            "These arrays do not share their rows.",
            given=f"arrays of {[len(rows) for rows in valid]} rows",
            expected="at least one array, all with the same number of rows",
        )
    return np.logical_and.reduce(valid)


def drop_nans(*trees: Any) -> list[Any]:
    """Return the trees without the rows in which any of them has NaN or inf.

    Raises
    ------
    ValueError
        If there is no array, or numbers of rows differ.

    Examples
    --------
    >>> import numpy as np
    >>> drop_nans(np.array([1.0, np.nan, 3.0]), {"y": np.array([1, 2, 3])})
    [array([1., 3.]), {'y': array([1, 3])}]
    """
    keep = get_valid_multitree(*trees)
    return [tree_slice(tree, keep) for tree in trees]


def tree_slice(data: Any, idx: Any, is_leaf: Callable[[Any], bool] | None = None) -> Any:
    """Return every array of a tree at some rows: a slice, an index, or an array of either kind.

    Examples
    --------
    >>> import numpy as np
    >>> tree_slice({"a": np.arange(4), "b": [np.arange(4) * 10]}, slice(1, 3))
    {'a': array([1, 2]), 'b': [array([10, 20])]}
    """
    return mapped(lambda leaf: leaf[idx], data, is_leaf=is_leaf)


def has_matching_axis_pytree(*pytree: Any, axis: int = 0) -> bool:
    """Tell whether all arrays have the same length along an axis.

    Raises
    ------
    IndexError
        If an array has no such axis.

    Examples
    --------
    >>> import numpy as np
    >>> has_matching_axis_pytree({"a": np.ones((3, 2))}, np.ones(3))
    True
    """
    return len({np.shape(leaf)[axis] for leaf in leaves_of(pytree)}) <= 1


def pytree_map_and_reduce(
    map_fn: Callable[..., Any],
    reduce_fn: Callable[[Any], Any],
    *pytrees: Any,
    is_leaf: Callable[[Any], bool] | None = None,
) -> Any:
    """Return ``reduce_fn`` of the list of ``map_fn(leaf, leaf of the second tree, ...)``.

    Raises
    ------
    ValueError
        If the trees are structured differently.

    Examples
    --------
    >>> import numpy as np
    >>> pytree_map_and_reduce(np.ndim, max, {"a": np.ones(2), "b": np.ones((2, 2))})
    2
    """
    found: list[Any] = []
    mapped(lambda *leaves: found.append(map_fn(*leaves)), *pytrees, is_leaf=is_leaf)
    return reduce_fn(found)


def _finite_rows(leaf: Any) -> BoolArray:
    values = np.atleast_1d(np.asarray(leaf))
    if values.dtype.kind not in "fc":
        return np.ones(len(values), dtype=bool)
    return np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
