"""Small functions of arrays that scripts import: products, padding, shifting, checks.

NumPy in, NumPy out; JAX in, JAX out. Everything here is also done inside the bases and estimators;
nothing of the library depends on this page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from . import numerics
from .io.interop.array_functions import nan_pad, one_over_x, row_wise_kron, shift_time_series
from .io.interop.casting import concatenated
from .io.interop.function_checks import (
    assert_differentiable,
    assert_has_attribute,
    assert_is_callable,
    assert_preserve_shape,
    assert_returns_ndarray,
    assert_scalar_func,
)
from .io.interop.tree_functions import (
    check_dimensionality,
    check_non_empty,
    leaves_of,
    mapped,
    validate_axis,
)
from .typing import ArrayLike, FloatArray

__all__ = [
    "assert_differentiable",
    "assert_has_attribute",
    "assert_is_callable",
    "assert_preserve_shape",
    "assert_returns_ndarray",
    "assert_scalar_func",
    "check_dimensionality",
    "check_non_empty",
    "format_repr",
    "get_env_metadata",
    "get_flattener_unflattener",
    "nan_pad",
    "one_over_x",
    "pynapple_concatenate_jax",
    "pynapple_concatenate_numpy",
    "row_wise_kron",
    "shift_time_series",
    "validate_axis",
]

_PACKAGES = ("spikeglm", "numpy", "scipy", "scikit-learn", "jax", "jaxlib", "pynapple")


def pynapple_concatenate_numpy(arrays: Sequence[Any], axis: int = 0, *, dtype: Any = None) -> Any:
    """Join arrays and pynapple objects, as ``numpy.concatenate``.

    Along another axis than the first the result keeps the time of the pynapple objects, with
    columns numbered anew; along the first it is an array.

    Raises
    ------
    ValueError
        If pynapple objects are joined along other axes than time and their times differ.

    Examples
    --------
    >>> pynapple_concatenate_numpy([np.ones((2, 1)), np.zeros((2, 1))], axis=1)
    array([[1., 0.],
           [1., 0.]])
    """
    return concatenated(arrays, axis=axis, dtype=dtype, concatenate=np.concatenate)


def pynapple_concatenate_jax(arrays: Sequence[Any], axis: int = 0, dtype: Any = None) -> Any:
    """Join arrays as :func:`pynapple_concatenate_numpy`; JAX in, JAX out.

    Raises
    ------
    ValueError
        If pynapple objects are joined along other axes than time and their times differ.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> pynapple_concatenate_jax([jnp.ones(2), jnp.zeros(1)]).shape
    (3,)
    """
    concatenate = numerics.namespace(*arrays).concatenate
    return concatenated(arrays, axis=axis, dtype=dtype, concatenate=concatenate)


def get_flattener_unflattener(
    parameter_tree: Any,
) -> tuple[Callable[[Any], FloatArray], Callable[[ArrayLike], Any]]:
    """Return two functions: from a tree of arrays to one vector, and back.

    Examples
    --------
    >>> tree = {"coef": np.array([[1.0, 2.0]]), "intercept": np.array([3.0])}
    >>> flatten, unflatten = get_flattener_unflattener(tree)
    >>> flatten(tree)
    array([1., 2., 3.])
    >>> unflatten([4.0, 5.0, 6.0])
    {'coef': array([[4., 5.]]), 'intercept': array([6.])}
    """
    places = mapped(_Places(), parameter_tree)

    def flatten(tree: Any) -> Any:
        leaves = leaves_of(tree)
        xp = numerics.namespace(*leaves)
        return xp.concatenate([xp.ravel(xp.asarray(leaf)) for leaf in leaves])

    def unflatten(vector: Any) -> Any:
        values = numerics.namespace(vector).asarray(vector)
        return mapped(lambda place: values[place.where].reshape(place.shape), places)

    return flatten, unflatten


def format_repr(
    obj: Any,
    exclude_keys: Sequence[str] | None = None,
    use_name_keys: Sequence[str] | None = None,
    multiline: bool = False,
) -> str:
    """Return ``Class(name=value, ...)`` of an object's ``get_params``, without what is empty.

    Parameters
    ----------
    obj :
        Anything with ``get_params``.
    exclude_keys :
        Parameters to leave out.
    use_name_keys :
        Parameters of which to show ``__name__``.
    multiline :
        Whether each parameter gets a line of its own.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> format_repr(nmo.GLM("Gamma"))
    "GLM(observation_model='Gamma', fit_intercept=True)"
    """
    params = obj.get_params(deep=False)
    shown = [name for name in params if name not in (exclude_keys or ())]
    parts = [
        f"{name}={_shown(params[name], name in (use_name_keys or ()))}"
        for name in shown
        if not _is_empty(params[name])
    ]
    inside = ",\n    ".join(parts) if multiline else ", ".join(parts)
    return f"{type(obj).__name__}(" + (f"\n    {inside}\n)" if multiline else f"{inside})")


def get_env_metadata() -> dict[str, str]:
    """Return the versions of spikeglm and of the packages it computes with, as installed.

    >>> "numpy" in get_env_metadata()
    True
    """
    return {name: version for name in _PACKAGES if (version := _version(name)) is not None}


@dataclass(frozen=True)
class _Place:
    """Where the entries of an array lie in a vector."""

    where: slice
    shape: tuple[int, ...]


class _Places:
    """Hands out places, one after the other."""

    def __init__(self) -> None:
        self.end = 0

    def __call__(self, leaf: ArrayLike) -> _Place:
        start, self.end = self.end, self.end + np.size(leaf)
        return _Place(slice(start, self.end), np.shape(leaf))


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _shown(value: Any, by_name: bool) -> str:
    return getattr(value, "__name__", str(value)) if by_name else repr(value)


def _is_empty(value: Any) -> bool:
    return value is None or np.ndim(value) > 0 or (hasattr(value, "__len__") and not len(value))
