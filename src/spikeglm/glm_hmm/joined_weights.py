"""Weights of states as one array, also where X is a tree."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..io.interop.tree_functions import leaves_of
from ..io.interop.trees import is_tree
from ..typing import FloatArray


def joined(coef: Any) -> FloatArray:
    """Return (p, K) or (p, N, K): the leaves of ``coef_`` one below the other, as they are named.

    >>> import numpy as np
    >>> joined({"stimulus": np.zeros((1, 2)), "history": np.ones((3, 2))}).shape
    (4, 2)
    """
    return np.concatenate(leaves_of(coef)) if is_tree(coef) else np.asarray(coef)


def with_intercepts(coef: Any, intercept: Any) -> FloatArray:
    """Return weights, intercepts last, (p + 1, N, K).

    >>> import numpy as np
    >>> with_intercepts(np.zeros((3, 2)), np.ones(2)).shape
    (4, 1, 2)
    """
    weights, last = joined(coef), np.asarray(intercept)
    K = last.shape[-1]
    return np.vstack([weights.reshape(len(weights), -1, K), last.reshape(1, -1, K)])
