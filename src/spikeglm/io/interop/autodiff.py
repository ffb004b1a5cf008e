"""Exact derivatives of a user's function: the place where NumPy numbers visit JAX.

A link or an observation model of one's own is a function of one number per sample. JAX
differentiates it twice, in float64, whatever the user's JAX flags say, and compiles it once:
kernels are kept per function, for two lengths of input, and blocks of any shape are cut and padded
to those. JAX is imported when the first such function arrives.
"""

from __future__ import annotations

import io
import pickle
import types
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from ... import errors
from ...typing import Array, FloatArray
from .forks import check_jax
from .numpy_on_jax import through_jax

_LENGTHS = (1024, 16384)  # of arrays: two programs serve blocks of all sizes
_MOST_KERNELS = 128  # compiled functions of users that are kept
_BY_IDENTITY = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    np.ufunc,
)


class Derivatives(NamedTuple):
    """A function of one number per sample, with its derivatives; all fields have one shape."""

    value: FloatArray
    slope: FloatArray
    curvature: FloatArray


def jax_module() -> Any:
    """Return JAX.

    Raises
    ------
    ImportError
        It is not installed; the message says how to install it.
    RuntimeError
        It cannot compute in this process, which was forked after JAX had started.
    """
    check_jax()
    try:
        import jax
    except ImportError as error:
        raise errors.missing_package(
            "jax", purpose="A link or observation model of your own", extra="jax"
        ) from error
    return jax


def double_precision() -> AbstractContextManager[Any]:
    """Return a context in which JAX, in this thread, computes in float64."""
    jax = jax_module()
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return jax.experimental.enable_x64()


def in_double(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a function of JAX arrays with numbers in float64, and return what it gives as NumPy.

    Arguments that are NumPy arrays or NumPy numbers become JAX arrays; others are passed on.

    Examples
    --------
    >>> import numpy as np
    >>> in_double(lambda x: x / 3, np.array([1.0])).dtype
    dtype('float64')
    """
    jax = jax_module()
    with double_precision():
        arrays = [
            jax.numpy.asarray(a, dtype=float) if isinstance(a, (np.ndarray, np.generic)) else a
            for a in arguments
        ]
        return np.asarray(function(*arrays, **named))


def outline(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function of JAX arrays in float64 gives, to be asked for its type and shape.

    Where JAX can trace the function nothing is computed or compiled, and the result has no numbers.

    Examples
    --------
    >>> import numpy as np
    >>> outline(lambda x: x.sum(), np.ones(3)).shape
    ()
    """
    jax = jax_module()
    with double_precision():
        arrays = [jax.numpy.asarray(a) if isinstance(a, np.ndarray) else a for a in arguments]
        results: list[Any] = []
        try:
            jax.eval_shape(lambda: results.append(function(*arrays)))
            return results[0]
        except Exception:  # it may need the numbers themselves
            return function(*arrays)


class Fingerprint:
    """What a callable object computes, as something to look up: equal state, equal fingerprint.

    Functions, classes and modules are the same only if they are the same object; an object with
    attributes is the same as another one of its class with equal attributes. An object that was
    changed has another fingerprint. What cannot be compared is equal to itself alone.
    """

    def __init__(self, part: Any) -> None:
        self.part = part
        self._held: list[Any] = []  # alive, so that an identity is never given to another object
        self._state: Any = object()
        try:
            file = io.BytesIO()
            _StatePickler(file, self._held).dump(part)
            self._state = file.getvalue()
        except Exception:  # whatever a foreign object does when it is asked for its state
            self._held = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and self._state == other._state

    def __hash__(self) -> int:
        return hash(self._state)


class _StatePickler(pickle.Pickler):
    """Write an object's state; code is written as its identity."""

    def __init__(self, file: io.BytesIO, held: list[Any]) -> None:
        super().__init__(file)
        self._held = held

    def persistent_id(self, obj: Any) -> int | None:
        if not isinstance(obj, _BY_IDENTITY):
            return None
        self._held.append(obj)
        return id(obj)


@dataclass(frozen=True)
class Elementwise:
    """A function of arrays, sample by sample, differentiated twice in its first argument.

    Parameters
    ----------
    function :
        Traceable by JAX. It is given arrays of one sample, shape (1,).

    Examples
    --------
    >>> import numpy as np
    >>> cube = Elementwise(lambda x: x**3)(np.array([1.0, 2.0]))
    >>> cube.slope, cube.curvature
    (array([ 3., 12.]), array([ 6., 12.]))
    """

    function: Callable[..., Any]

    def __call__(self, x: Array, *others: Array) -> Derivatives:
        """Return value and derivatives as float64 NumPy arrays; the arguments broadcast."""
        arrays = np.broadcast_arrays(np.asarray(x, dtype=float), *others)
        shape, size = arrays[0].shape, arrays[0].size
        flat = [np.asarray(array, dtype=float).ravel() for array in arrays]
        length = _LENGTHS[0] if size <= _LENGTHS[0] else _LENGTHS[1]
        result = np.empty((3, size))
        kernel = _compiled(self._fingerprint, len(flat))
        with double_precision():
            for start in range(0, size, length):
                part = [_padded(each[start : start + length], length) for each in flat]
                stop = min(start + length, size)
                result[:, start:stop] = np.asarray(kernel(*part))[:, : stop - start]
        return Derivatives(*result.reshape((3, *shape)))

    def traced(self, x: Any, *others: Any) -> Derivatives:
        """Return value and derivatives of JAX arrays, inside whatever JAX is tracing."""
        jnp = jax_module().numpy
        arrays = jnp.broadcast_arrays(x, *others)
        parts = _derivatives(self.function, len(arrays))(*(array.ravel() for array in arrays))
        return Derivatives(*(part.reshape(arrays[0].shape) for part in parts))

    @cached_property
    def _fingerprint(self) -> Fingerprint:
        return Fingerprint(self.function)

    def __reduce__(self) -> tuple[Any, ...]:
        return Elementwise, (self.function,)


def traceable(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that JAX can trace and differentiate, and that computes the same.

    JAX functions are returned as they are. A function with an argument ``xp`` is given
    ``jax.numpy`` for it; a function of NumPy's or SciPy's elementwise functions is led through
    JAX's functions of the same names.

    Raises
    ------
    ValueError
        JAX can neither trace nor differentiate the function.

    Examples
    --------
    >>> import numpy as np
    >>> Elementwise(traceable(lambda x: np.log1p(np.exp(x))))(np.zeros(1)).curvature
    array([0.25])
    """
    jax, reasons = jax_module(), []
    for candidate in through_jax(function):
        try:
            with double_precision():
                one = jax.ShapeDtypeStruct((1,), jax.numpy.zeros(1, dtype=float).dtype)
                jax.eval_shape(_derivatives(candidate, 1), one)
        except Exception as error:  # a user's code may raise anything
            reasons.append(f"{type(error).__name__}: {str(error).splitlines()[0][:120]}")
        else:
            return candidate
    raise errors.value_error(
        "This function could not be differentiated.",
        given=f"{name_of(function)}, {reasons[0]}",
        expected="a function that maps an array to an array of its shape, element by element",
        todo="write it with jax.numpy instead of numpy or math, or give it an argument xp for the "
        "module to use; choose branches with where(), not with if.",
    )


def name_of(function: Any) -> str:
    """Return a short name of a function or of an object that can be called."""
    return getattr(function, "__qualname__", None) or type(function).__qualname__


def _derivatives(function: Callable[..., Any], n_arguments: int) -> Callable[..., Any]:
    """Return the JAX function from flat arrays to (value, slope, curvature) along the first."""
    jax = jax_module()

    def at_one(x: Any, *others: Any) -> Any:
        def value(x: Any) -> Any:  # a function that averages over samples sees one sample
            return function(x[None], *(other[None] for other in others)).sum().astype(float)

        def slope(x: Any) -> Any:
            v, s = jax.value_and_grad(value)(x)
            return s, (v, s)

        c, (v, s) = jax.grad(slope, has_aux=True)(x)
        return v, s, c

    return jax.vmap(at_one, in_axes=(0,) * n_arguments)


@lru_cache(maxsize=_MOST_KERNELS)
def _compiled(fingerprint: Fingerprint, n_arguments: int) -> Callable[..., Any]:
    jax = jax_module()
    kernel = _derivatives(fingerprint.part, n_arguments)
    return jax.jit(lambda *arrays: jax.numpy.stack(kernel(*arrays)))


def _padded(values: Array, length: int) -> Array:
    missing = length - len(values)
    return values if missing == 0 else np.concatenate([values, np.full(missing, values[0])])
