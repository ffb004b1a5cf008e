"""Random keys at the edge: whatever a user calls a seed becomes a NumPy Generator."""

from __future__ import annotations

import numbers
import sys
from typing import Any, TypeAlias

import numpy as np

from ... import errors
from .forks import check_jax

RandomKey: TypeAlias = Any
"""A NumPy Generator, a non-negative int, ``None``, or a JAX key (raw or typed)."""


def as_generator(key: RandomKey) -> np.random.Generator:
    """Return the NumPy Generator that a key stands for; the same key gives the same numbers.

    Parameters
    ----------
    key :
        A NumPy Generator (used as it is, so it moves on), a non-negative int, ``None`` (fresh
        entropy), ``jax.random.PRNGKey(seed)`` or ``jax.random.key(seed)``. JAX is never imported
        here: only an object that came from JAX is asked for its bits.

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    TypeError
        The key is none of these.

    Examples
    --------
    >>> bool(as_generator(7).random() == as_generator(7).random())
    True
    """
    if isinstance(key, np.random.Generator):
        return key
    if key is None:
        return np.random.default_rng()
    if isinstance(key, numbers.Integral) and int(key) >= 0:
        return np.random.default_rng(int(key))
    words = _key_words(key)
    if words is None:
        raise errors.type_error(
            "The random key could not be read.",
            given=repr(key),
            expected="a non-negative int, a numpy.random.Generator or a JAX key",
            todo="Pass for example random_key=123.",
        )
    return np.random.default_rng([int(word) for word in words])


def as_jax_key(key: RandomKey) -> Any:
    """Return the JAX key that a key stands for; the same key gives the same one. Imports JAX.

    Parameters
    ----------
    key :
        As for :func:`as_generator`; a JAX key is returned as it is.

    Raises
    ------
    TypeError
        The key is none of these.

    Examples
    --------
    >>> import jax
    >>> float(jax.random.uniform(as_jax_key(7))) == float(jax.random.uniform(as_jax_key(7)))
    True
    """
    import jax

    check_jax()
    if hasattr(key, "dtype") and _key_words(key) is not None:
        return key
    return jax.random.PRNGKey(as_generator(key).integers(2**31))


def _key_words(key: Any) -> np.ndarray | None:
    """Return the uint32 words of a JAX key, or None if it is not one."""
    if type(key).__module__.partition(".")[0] in ("jax", "jaxlib") and not _is_raw(key):
        jax = sys.modules["jax"]
        if not jax.numpy.issubdtype(key.dtype, jax.dtypes.prng_key):
            return None
        key = jax.random.key_data(key)
    return np.asarray(key).ravel() if _is_raw(key) else None


def _is_raw(key: Any) -> bool:
    return getattr(key, "dtype", None) == np.uint32 and getattr(key, "ndim", 0) == 1
