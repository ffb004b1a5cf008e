"""Checks of functions that a user supplies: run on a few numbers, do they give what they should?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import errors
from .casting import is_numpy_array_like
from .forks import check_jax


def assert_has_attribute(obj: Any, attr_name: str) -> None:
    """Raise an AttributeError unless the object has the attribute.

    >>> assert_has_attribute([], "append")
    """
    if not hasattr(obj, attr_name):
        raise AttributeError(
            f"This object lacks something. Given: a {type(obj).__name__}. "
            f"Expected: an object with {attr_name!r}."
        )


def assert_is_callable(func: Any, func_name: str) -> None:
    """Raise a TypeError unless ``func`` can be called.

    >>> assert_is_callable(len, "len")
    """
    if not callable(func):
        raise errors.type_error(
            f"{func_name} must be a function.", given=repr(func), expected="something to call"
        )


def assert_returns_ndarray(func: Callable[..., Any], inputs: Sequence[Any], func_name: str) -> None:
    """Raise a TypeError unless ``func(*inputs)`` is an array, NumPy's or JAX's.

    >>> import numpy as np
    >>> assert_returns_ndarray(np.exp, [np.ones(2)], "link")
    """
    value = func(*inputs)
    if not is_numpy_array_like(value)[1]:
        raise errors.type_error(
            f"{func_name} must return an array.", given=type(value).__name__, expected="an array"
        )


def assert_preserve_shape(
    func: Callable[..., Any], inputs: Sequence[Any], func_name: str, input_index: int
) -> None:
    """Raise a ValueError unless ``func(*inputs)`` has the shape of the input of that index.

    >>> import numpy as np
    >>> assert_preserve_shape(np.exp, [np.ones(2)], "link", 0)
    """
    given, expected = np.shape(func(*inputs)), np.shape(inputs[input_index])
    if given != expected:
        raise errors.value_error(
            f"{func_name} must keep the shape of its input.",
            given=f"shape {given}",
            expected=f"shape {expected}",
        )


def assert_scalar_func(func: Callable[..., Any], inputs: Sequence[Any], func_name: str) -> None:
    """Raise a TypeError unless ``func(*inputs)`` is a single number.

    >>> import numpy as np
    >>> assert_scalar_func(np.sum, [np.ones(2)], "loss")
    """
    value = func(*inputs)
    if np.size(value) != 1:
        raise errors.type_error(
            f"{func_name} must return a number.",
            given=f"shape {np.shape(value)}",
            expected="a scalar",
        )


def assert_differentiable(func: Callable[..., Any], func_name: str) -> None:
    """Raise a ValueError unless JAX can differentiate ``func`` at 1.0.

    Raises
    ------
    ImportError
        If JAX is not installed.

    >>> assert_differentiable(lambda x: x**2, "square")
    """
    try:
        import jax
    except ImportError:
        raise errors.missing_package("jax", purpose="Differentiating", extra="jax") from None
    check_jax()
    try:
        jax.grad(func)(1.0)
    except Exception as error:  # JAX and the function may raise anything here
        raise errors.value_error(
            f"{func_name} cannot be differentiated.",
            given=f"{type(error).__name__}: {str(error)[:200]}",
            expected="a function written with jax.numpy",
        ) from error
