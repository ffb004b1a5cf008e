"""NumPy functions on JAX arrays: a function written with NumPy becomes one that JAX can trace.

NumPy asks its arguments what its functions mean for them (NEP 13 and NEP 18). An array that answers
with JAX's function of the same name leads a user's NumPy code through JAX, so that its derivatives
are exact. What has no counterpart, or needs the numbers themselves (``if``, ``float``, assignment
to parts of an array), is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


def through_jax(function: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Yield the ways to call a function with JAX arrays, the plainest first."""
    if _takes_namespace(function):
        yield GivenNamespace(function)
    else:
        yield function
        yield OnNumPy(function)


@dataclass(frozen=True)
class GivenNamespace:
    """A function with an argument ``xp``, which is given ``jax.numpy``."""

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        """Call the function with ``xp=jax.numpy``."""
        import jax.numpy

        return self.function(*arguments, xp=jax.numpy)


@dataclass(frozen=True)
class OnNumPy:
    """A function written with NumPy, led through JAX.

    Examples
    --------
    >>> import jax, numpy as np
    >>> float(jax.grad(OnNumPy(lambda x: np.where(x > 0, np.sin(x), 0.0)))(0.0))
    0.0
    """

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        """Call the function with JAX arrays that NumPy takes for its own."""
        return _bare(self.function(*(_Stand(argument) for argument in arguments)))


class _Stand(np.lib.mixins.NDArrayOperatorsMixin):
    """A JAX array that NumPy's functions take for one of their own."""

    def __init__(self, array: Any) -> None:
        self._array = array

    @property
    def shape(self) -> tuple[int, ...]:
        return self._array.shape

    @property
    def ndim(self) -> int:
        return self._array.ndim

    @property
    def dtype(self) -> Any:
        return self._array.dtype

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **named: Any) -> Any:
        if method != "__call__" or "out" in named:
            return NotImplemented
        return _Stand(_counterpart(ufunc.__name__)(*_bare(inputs), **named))

    def __array_function__(
        self, function: Callable[..., Any], kinds: Any, arguments: Any, named: Any
    ) -> Any:
        return _Stand(_counterpart(function.__name__)(*_bare(arguments), **_bare(named)))

    def __bool__(self) -> bool:
        raise TypeError("a branch (if, and, or) on an array; use numpy.where")

    def __array__(self, *arguments: Any, **named: Any) -> Any:
        raise TypeError("a function that needs the numbers themselves")


def _bare(value: Any) -> Any:
    """Return a value, or a container of values, with JAX arrays in place of their stand-ins."""
    if isinstance(value, _Stand):
        return value._array
    if isinstance(value, (list, tuple)):
        return type(value)(_bare(each) for each in value)
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in value.items()}
    return value


def _counterpart(name: str) -> Callable[..., Any]:
    import jax

    for module in (jax.numpy, jax.scipy.special):
        if hasattr(module, name):
            return getattr(module, name)
    raise TypeError(f"JAX has no function {name}")


def _takes_namespace(function: Callable[..., Any]) -> bool:
    try:
        return "xp" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
