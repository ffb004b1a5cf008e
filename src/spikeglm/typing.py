"""Names for the array types that appear in signatures.

``Array`` is any NumPy array; shapes are written in docstrings with the letters of the house:
T rows (time bins), p features, C columns (column problems), N neurons, W lags, b basis functions.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.intp]
FloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
ArrayLike: TypeAlias = Any
"""Whatever the edges (``spikeglm.io``) can turn into an array: NumPy, JAX, pandas, pynapple."""
Namespace: TypeAlias = ModuleType | Any
"""``numpy`` or ``jax.numpy``: the module whose functions a kernel calls."""
