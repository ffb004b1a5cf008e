"""Trees of arrays: dicts, lists and tuples, also nested, whose leaves are arrays.

A design may be such a tree, e.g. ``{"stimulus": (T, 10), "history": (T, 8)}``; coefficients, masks
and strengths then come in the same tree. Leaves are visited in the order of the design.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors
from ..storage.stored_arrays import is_in_file
from .feature_pytree import FeaturePytree

_CONTAINERS = (list, tuple)


@dataclass(frozen=True)
class Structure:
    """The shape of a tree: which container, under which keys, and what hangs below each key.

    ``children`` holds None for a leaf.
    """

    kind: type
    keys: tuple[Any, ...]
    children: tuple[Structure | None, ...]

    def leaf_names(self) -> list[str]:
        """Return the path to each leaf, e.g. ``"history"`` or ``"eye.0"``."""
        return [".".join(map(str, path)) for path in self._paths()]

    def leaves_of(self, tree: Any, *, name: str) -> list[Any]:
        """Return the leaves of another tree of this structure.

        Raises
        ------
        TypeError
            If its structure is another one.
        """
        branches = _branches(tree)
        if branches is None or set(branches) != set(self.keys) or not self._same_kind(tree):
            raise errors.type_error(
                f"{name} is not structured like X.",
                given=_described(tree),
                expected=f"a {self.kind.__name__} with {_listed(self.keys)}",
                todo=f"give {name} one entry per entry of X.",
            )
        leaves = []
        for key, child in zip(self.keys, self.children, strict=True):
            part = branches[key]
            leaves += [part] if child is None else child.leaves_of(part, name=name)
        return leaves

    def tree_of(self, leaves: Iterator[Any]) -> Any:
        """Return a tree of this structure, taking its leaves one after the other."""
        parts = [next(leaves) if c is None else c.tree_of(leaves) for c in self.children]
        if self.kind is dict:
            return dict(zip(self.keys, parts, strict=True))
        return self.kind(parts)

    def _paths(self) -> Iterator[tuple[Any, ...]]:
        for key, child in zip(self.keys, self.children, strict=True):
            if child is None:
                yield (key,)
            else:
                yield from ((key, *rest) for rest in child._paths())

    def _same_kind(self, tree: Any) -> bool:
        return (self.kind is dict) == is_mapping(tree)


def is_tree(x: Any) -> bool:
    """Tell whether ``x`` is a tree of arrays rather than one array.

    A list or tuple of numbers, or of lists of numbers, is an array written out; one whose entries
    are tables (2-dimensional) or trees is a tree.

    >>> import numpy as np
    >>> is_tree({"speed": np.zeros((5, 1))}), is_tree([[1, 2], [3, 4]]), is_tree([np.zeros((5, 1))])
    (True, False, True)
    """
    if type(x) is np.ndarray:
        return False
    if is_mapping(x):
        return True
    if not isinstance(x, _CONTAINERS):
        return False
    return any(getattr(part, "ndim", 0) >= 2 or _is_table(part) or is_tree(part) for part in x)


def is_mapping(x: Any) -> bool:
    """Tell whether ``x`` holds arrays under names: a dict, or what behaves like one.

    Tables (pandas, pynapple) have keys too, but they are one array with named columns.
    """
    if isinstance(x, FeaturePytree):
        return True
    if is_in_file(x) or hasattr(x, "ndim") or hasattr(x, "dtype") or hasattr(x, "columns"):
        return False
    return isinstance(x, Mapping) or (hasattr(x, "keys") and hasattr(x, "__getitem__"))


def flatten(tree: Any, *, name: str) -> tuple[list[Any], Structure]:
    """Return the leaves of a tree, and its structure.

    Raises
    ------
    ValueError
        If there is no leaf, or an empty branch.
    """
    branches = _branches(tree)
    if not branches:
        raise errors.value_error(
            f"{name} has no arrays.",
            given=_described(tree),
            expected="a dict or list of arrays (n_samples, n_features)",
        )
    leaves: list[Any] = []
    children: list[Structure | None] = []
    for key, part in branches.items():
        if is_tree(part):
            below, structure = flatten(part, name=f"{name}[{key!r}]")
            leaves += below
            children.append(structure)
        else:
            leaves.append(part)
            children.append(None)
    kind = dict if is_mapping(tree) else (tuple if isinstance(tree, tuple) else list)
    return leaves, Structure(kind, tuple(branches), tuple(children))


def _branches(tree: Any) -> dict[Any, Any] | None:
    if is_mapping(tree):
        return {key: tree[key] for key in tree.keys()}  # noqa: SIM118 (not every mapping iterates)
    if isinstance(tree, _CONTAINERS):
        return dict(enumerate(tree))
    return None


def _is_table(x: Any) -> bool:
    return hasattr(x, "n_features") and hasattr(x, "read")  # rows that are computed when read


def _described(tree: Any) -> str:
    branches = _branches(tree)
    if branches is None:
        shape = getattr(tree, "shape", None)
        return type(tree).__name__ + ("" if shape is None else f" of shape {tuple(shape)}")
    return f"a {type(tree).__name__} with {_listed(tuple(branches))}"


def _listed(keys: tuple[Any, ...]) -> str:
    return f"keys {list(keys)}" if any(isinstance(k, str) for k in keys) else f"{len(keys)} entries"
