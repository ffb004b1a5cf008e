"""Named arrays that share their rows: the container that NeMoS used before plain dicts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from typing import Any, Self

import numpy as np

from ... import errors
from ...notices import warn


class FeaturePytree(MutableMapping[str, Any]):
    """A dict of arrays with the same number of rows; kept for scripts, a dict does the same.

    Models accept it as a design and treat it as the dict it holds: ``coef_`` is a plain dict. It is
    registered with JAX if JAX has been imported before.

    Shapes: every array (n, ...); ``len(tree)`` is n, ``tree.shape`` is (n,), ``tree.ndim`` is 1.

    Parameters
    ----------
    **arrays :
        NumPy, JAX, pandas or pynapple objects with the same number of rows.

    Raises
    ------
    ValueError
        A key is not text, a value is no array with rows, or numbers of rows differ.

    Warns
    -----
    FutureWarning
        Always: a plain dict does the same.

    Examples
    --------
    >>> import numpy as np, warnings
    >>> warnings.simplefilter("ignore", FutureWarning)
    >>> X = FeaturePytree(speed=np.zeros((5, 2)), side=np.ones(5))
    >>> len(X), X.shape, list(X), len(X[:3])
    (5, (5,), ['speed', 'side'], 3)
    """

    def __init__(self, **arrays: Any) -> None:
        warn(
            "FeaturePytree is kept for old scripts only. What to do: use a dict of arrays.",
            FutureWarning,
        )
        self.data: dict[str, Any] = {}
        self.update(arrays)
        _register_with_jax()

    @classmethod
    def _of(cls, arrays: dict[str, Any]) -> Self:
        """Make one without the warning."""
        tree = cls.__new__(cls)
        tree.data = arrays
        return tree

    @property
    def shape(self) -> tuple[int, ...]:
        """(n,)."""
        return (len(self),)

    @property
    def ndim(self) -> int:
        """One: rows."""
        return 1

    def __len__(self) -> int:
        return len(next(iter(self.data.values()))) if self.data else 0

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __getitem__(self, key: Any) -> Any:
        """Return the array of a name, or every array at some rows (a dict for a single row)."""
        if isinstance(key, str):
            return self.data[key]
        part = {name: array[key] for name, array in self.data.items()}
        return part if isinstance(key, (int, np.integer)) else self._of(part)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise errors.value_error("Keys must be text.", given=repr(key), expected="a name")
        if not getattr(value, "ndim", 0):
            raise errors.value_error(
                "All values must be arrays with rows.",
                given=f"{type(value).__name__} as {key!r}",
                expected="an array of at least one dimension",
            )
        if self.data and len(value) != len(self):
            raise errors.value_error(
                "All arrays must have the same number of rows.",
                given=f"{len(value)} rows as {key!r}",
                expected=f"{len(self)}",
            )
        self.data[key] = value

    def __delitem__(self, key: str) -> None:
        del self.data[key]

    def __eq__(self, other: object) -> bool:
        """Whether the other is one with the same names and equal arrays."""
        if not isinstance(other, FeaturePytree) or set(self) != set(other):
            return False
        return all(np.array_equal(self[name], other[name]) for name in self)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        lines = (f"{k}: shape {np.shape(v)}, dtype {v.dtype}" for k, v in self.data.items())
        return "\n".join([type(self).__name__, *lines])


def _register_with_jax() -> None:
    """Let JAX map over the arrays; what comes back without rows comes back as a plain dict."""
    if "jax" not in sys.modules:
        return
    from jax import tree_util

    try:
        tree_util.register_pytree_node(FeaturePytree, _flattened, _unflattened)
    except ValueError:  # it has been registered before
        return


def _flattened(tree: FeaturePytree) -> tuple[list[Any], tuple[str, ...]]:
    return list(tree.data.values()), tuple(tree.data)


def _unflattened(names: tuple[str, ...], arrays: list[Any]) -> Any:
    parts = dict(zip(names, arrays, strict=True))
    has_rows = all(getattr(array, "ndim", 0) for array in parts.values())
    return FeaturePytree._of(parts) if has_rows else parts
