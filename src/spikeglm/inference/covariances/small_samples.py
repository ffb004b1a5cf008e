"""Factors for small samples: a sandwich is too small on average, by about this much.

n is the number of rows (the sum of their weights), k the parameters that the fit uses up, G the
number of groups, b the share of the rows that a window of lags is.
"""

from __future__ import annotations

import numpy as np

from ... import errors
from ...typing import FloatArray

NONE, PARAMETERS, GROUPS, BOTH = "none", "n/(n-k)", "G/(G-1)", "G/(G-1)*(n-1)/(n-k)"
FIXED_B = "n/(n-k)*exp(b)"
OF_ROWS = (NONE, PARAMETERS)
OF_LAGS = (NONE, PARAMETERS, FIXED_B)
_NOTHING_LEFT = 1e-9  # of the observations; less is what rounding leaves of none
CR2, CR3 = "CR2", "CR3"  # which look at the leverage of each group
OF_GROUPS = (NONE, PARAMETERS, GROUPS, BOTH, CR2, CR3)


def factor(
    name: str, *, n: FloatArray, k: FloatArray, n_groups: FloatArray | None = None
) -> FloatArray:
    """Return a factor, one per neuron; nothing is left of a fit that uses up all rows: inf.

    References
    ----------
    MacKinnon & White (1985), J Econom 29:305-25, for n / (n - k); Cameron & Miller (2015), J Hum
    Resour 50:317-72, section VI, for G / (G - 1), and times (n - 1) / (n - k), which is Stata's.

    Examples
    --------
    >>> import numpy as np
    >>> factor("n/(n-k)", n=np.array([10.0]), k=np.array([2.0]))
    array([1.25])
    """
    one = n * 0.0 + 1.0
    left = np.where(n - k > _NOTHING_LEFT * n, n - k, 0.0)
    by_parameters = _ratio(n, left)
    if name in (NONE, CR2):
        return one
    if name == CR3 and n_groups is not None:
        return 1.0 - 1.0 / np.maximum(n_groups, 1.0)
    if name == PARAMETERS or n_groups is None:
        return by_parameters
    by_groups = _ratio(n_groups, n_groups - 1.0)
    return by_groups if name == GROUPS else by_groups * _ratio(n - 1.0, left)


def checked(name: str | None, default: str, known: tuple[str, ...]) -> str:
    """Return the name of a factor, the default for None.

    Raises
    ------
    ValueError
        If this kind of covariance has no such factor.

    >>> checked(None, "none", ("none", "n/(n-k)"))
    'none'
    """
    if name is None:
        return default
    if not isinstance(name, str) or name not in known:
        raise errors.unknown_name("small_sample", name, known)
    return name


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.inf)
