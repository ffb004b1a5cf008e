"""What a CustomBasis is made of: functions, how many inputs they take, what they return."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ... import errors
from .family import checked_count


def checked_functions(funcs: Any) -> tuple[Callable[..., Any], ...]:
    """Return functions as a tuple; ValueError unless they are one or more callables."""
    functions: tuple[Any, ...] = (funcs,)
    if not callable(funcs):
        functions = tuple(funcs) if hasattr(funcs, "__iter__") else functions
    if not functions or not all(map(callable, functions)):
        raise errors.value_error(
            "A CustomBasis is made of functions.",
            given=repr(funcs),
            expected="a callable, or a list of them",
        )
    return functions


def number_of_inputs(functions: tuple[Callable[..., Any], ...], kwargs: Mapping[str, Any]) -> int:
    """Return the number of arrays that the functions take.

    Raises
    ------
    ValueError
        They differ in it, or a function takes none.
    """
    counts = {_n_required(function, kwargs) for function in functions}
    if len(counts) > 1:
        raise errors.value_error(
            "All functions of a CustomBasis take the same inputs.",
            given=f"functions of {' and '.join(map(str, sorted(counts)))} inputs",
            expected="one number of inputs",
            todo="Wrap them in functions of equal arguments: lambda x, y: f(x).",
        )
    (count,) = counts
    if count == 0:
        raise errors.value_error(
            "The functions take no input.",
            given="functions without a required positional argument (*args do not count)",
            expected="one argument per input, without a default",
            todo="Name the inputs: lambda x: f(x).",
        )
    return count


def _n_required(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> int:
    """Number of positional arguments without default that ``kwargs`` do not give."""
    if isinstance(function, np.ufunc):
        return function.nin
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some built-in functions
        return 0
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [p for p in parameters if p.kind in positional and p.default is p.empty]
    return sum(p.name not in kwargs for p in required)


def checked_output_shape(shape: Any) -> tuple[int, ...] | None:
    """Return the shape of what a function returns per sample: int 1 is (), int m is (m,).

    Raises
    ------
    TypeError
        Neither an int nor a sequence of ints.
    ValueError
        A length below 1.
    """
    if shape is None:
        return None
    if isinstance(shape, int | np.integer):
        size = checked_count("output_shape", shape, least=1)
        return () if size == 1 else (size,)
    try:
        return tuple(checked_count("output_shape", size, least=1) for size in shape)
    except TypeError:
        raise errors.type_error(
            "output_shape is the shape of what a function returns for one sample.",
            given=repr(shape),
            expected="an int, or a tuple of ints",
        ) from None
