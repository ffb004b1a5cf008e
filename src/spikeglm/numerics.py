"""Elementwise functions that stay accurate at the ends of the number line.

Written once against an array namespace ``xp``: ``numpy`` or ``jax.numpy``. Nothing is written in
place.
"""

from __future__ import annotations

import importlib
import sys
from functools import partial
from typing import Any

import numpy as np

from .typing import Array, Namespace


def namespace(*arrays: Any) -> Namespace:
    """Return the module whose functions fit the arrays: ``jax.numpy`` if one is JAX's, else NumPy.

    Examples
    --------
    >>> import numpy as np
    >>> namespace(np.ones(3), 2.0) is np
    True
    """
    if any(_root(type(array)) in ("jax", "jaxlib") for array in arrays):
        return sys.modules["jax.numpy"]
    return np


def special(xp: Namespace) -> Namespace:
    """Return the special functions that go with ``xp``: ``scipy.special`` or JAX's own.

    Examples
    --------
    >>> import numpy as np
    >>> float(special(np).gammaln(1.0))
    0.0
    """
    root = xp.__name__.partition(".")[0]
    return importlib.import_module("scipy.special" if root == "numpy" else f"{root}.scipy.special")


def is_plain_array(x: object) -> bool:
    """Tell whether ``x`` is a NumPy array of numbers, in memory, that bears no labels.

    Examples
    --------
    >>> import numpy as np
    >>> is_plain_array(np.ones(3)), is_plain_array([1.0]), is_plain_array(np.array(["a"]))
    (True, False, False)
    """
    return type(x) is np.ndarray and x.dtype.kind in "biuf"


quiet = partial(np.errstate, all="ignore")
"""A context in which NumPy raises no floating point warning (JAX never does).

Overflow to infinity is an answer here (an impossible trial point), not an accident.
"""


def softplus(x: Array, xp: Namespace = np) -> Array:
    """log(1 + e^x), exact to rounding for every x.

    Examples
    --------
    >>> import numpy as np
    >>> float(softplus(np.float64(1000.0)))
    1000.0
    """
    return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))


def soft_threshold(x: Array, threshold: Array | float) -> Array:
    """Return the proximal operator of ``threshold * |x|``: x moved towards zero, and stopped there.

    Examples
    --------
    >>> import numpy as np
    >>> soft_threshold(np.array([-2.0, 0.3]), 0.5)
    array([-1.5,  0. ])
    """
    xp = namespace(x)
    return xp.sign(x) * xp.maximum(abs(x) - threshold, 0.0) + 0.0  # no zero has a sign


def logistic_parts(x: Array, xp: Namespace = np) -> tuple[Array, Array, Array]:
    """Return σ(x), 1 − σ(x) and log(1 + e^x) from one exponential, each exact to rounding.

    Examples
    --------
    >>> import numpy as np
    >>> p, q, _ = logistic_parts(np.float64(-40.0))
    >>> bool(p > 0), float(q)
    (True, 1.0)
    """
    decay = xp.exp(-xp.abs(x))
    positive = x >= 0
    total = 1.0 + decay
    p = xp.where(positive, 1.0, decay) / total
    q = xp.where(positive, decay, 1.0) / total
    return p, q, xp.maximum(x, 0.0) + xp.log1p(decay)


def _root(kind: type) -> str:
    return kind.__module__.partition(".")[0]
