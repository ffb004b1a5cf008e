"""How the features of X split into what the user passed: one array, or a tree of arrays.

Everything that has a number per coefficient (estimates, first parameters, masks, strengths) comes
in the tree of X and is one (p, ...) array behind this page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors
from ...io.interop.timeseries import to_array
from ...io.interop.trees import Structure, is_tree
from ...rows.contract import Rows
from ...rows.terms import Term, terms_of
from ...typing import Array


@dataclass(frozen=True)
class Layout:
    """The leaves of a design: their number of features, and the tree they hang in.

    ``structure`` is None where X is one array; ``terms`` say what the columns are called.
    """

    sizes: tuple[int, ...]
    structure: Structure | None = None
    terms: tuple[Term, ...] = ()

    @classmethod
    def of(cls, rows: Rows, known: tuple[Term, ...] = ()) -> Layout:
        """Return the layout of a table of rows; where it has no terms, with those that are known.

        >>> import numpy as np
        >>> from spikeglm.rows import ArrayRows
        >>> Layout.of(ArrayRows(np.zeros((5, 2)))).terms[0].columns
        slice(0, 2, None)
        """
        terms = terms_of(rows)
        if known and not any(term.label for term in terms) and known[-1].stop == rows.n_features:
            terms = known
        structure: Structure | None = getattr(rows, "structure", None)
        sizes: Any = getattr(rows, "sizes", None)
        return cls((rows.n_features,) if structure is None else sizes, structure, terms)

    @property
    def n_features(self) -> int:
        """p."""
        return sum(self.sizes)

    def parts(self, values: Array) -> list[Array]:
        """Return an array (p, ...) leaf by leaf."""
        return np.split(values, np.cumsum(self.sizes)[:-1])

    def split(self, values: Array) -> Any:
        """Return an array (p, ...) as the user's tree (or as it is)."""
        if self.structure is None:
            return values
        return self.structure.tree_of(iter(self.parts(values)))

    def leaves(self, tree: Any, *, name: str) -> list[Any] | None:
        """Return what belongs to each leaf of X; None for None, parts of an array for an array.

        Arrays have the features on their second axis, as masks of groups do.

        Raises
        ------
        TypeError
            If the tree is not structured like X.
        """
        if tree is None:
            return None
        if is_tree(tree):
            return self._leaves(tree, name)
        return np.split(to_array(tree, name=name), np.cumsum(self.sizes)[:-1], axis=1)

    def check(self, tree: Any, *, name: str) -> None:
        """Raise TypeError unless a tree is structured like X."""
        self._leaves(tree, name)

    def join(self, tree: Any, *, name: str) -> Array:
        """Return one array (p, ...) of a tree with an array (p_leaf, ...) per leaf.

        Raises
        ------
        TypeError
            If the tree is not structured like X, or a leaf is not numeric.
        ValueError
            If a leaf has another length than its features.
        """
        leaves = [to_array(leaf, name=name) for leaf in self._leaves(tree, name)]
        if self.structure is None:
            return leaves[0]
        for label, leaf, size in zip(self.structure.leaf_names(), leaves, self.sizes, strict=True):
            if leaf.ndim == 0 or len(leaf) != size:
                raise errors.value_error(
                    f"{name} does not fit X.",
                    given=f"shape {leaf.shape} for {label!r}",
                    expected=f"{size} along the first axis, one per feature of {label!r}",
                )
        return np.concatenate(leaves)

    def spread(self, tree: Any, shape: tuple[int, ...], *, name: str) -> Any:
        """Return ``tree`` as an array that fits ``shape`` (p, ...), each leaf spread over its rows.

        A leaf may have the shape of its coefficients, lack their first axis (one value for all
        features of the leaf), or be a number. What is no tree is returned as it is.

        Raises
        ------
        TypeError
            If the tree is not structured like X.
        ValueError
            If a leaf cannot be spread over its coefficients.
        """
        if self.structure is None or not is_tree_of_values(tree):
            return tree
        leaves = [to_array(leaf, name=name) for leaf in self._leaves(tree, name)]
        parts = []
        for label, leaf, size in zip(self.structure.leaf_names(), leaves, self.sizes, strict=True):
            wanted = (size, *shape[1:])
            fits = leaf.ndim == 0 or leaf.shape in {wanted, wanted[1:]}
            if not fits:
                raise errors.value_error(
                    f"{name} does not fit the coefficients.",
                    given=f"shape {leaf.shape} for {label!r}",
                    expected=f"a number, {wanted[1:]} or {wanted}"
                    if wanted[1:]
                    else f"a number or {wanted}",
                )
            parts.append(np.broadcast_to(leaf, wanted))
        return np.concatenate(parts)

    def _leaves(self, tree: Any, name: str) -> list[Any]:
        if self.structure is not None:
            return self.structure.leaves_of(tree, name=name)
        if is_tree(tree):
            raise errors.type_error(
                f"{name} is not structured like X.",
                given=f"a {type(tree).__name__}",
                expected="one array, as X is one",
                todo=f"pass X as the same tree, or {name} as an array.",
            )
        return [tree]


def is_tree_of_values(x: Any) -> bool:
    """Tell whether ``x`` is a dict, list or tuple (and not an array or a number)."""
    return isinstance(x, (list, tuple)) or is_tree(x)
