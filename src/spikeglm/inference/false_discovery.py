"""Many tests at once: the share of false discoveries among what is called significant."""

from __future__ import annotations

import numpy as np

from .. import errors
from ..typing import ArrayLike, FloatArray


def q_values(p_values: ArrayLike) -> FloatArray:
    """Return q values of p values along the last axis: by Benjamini & Hochberg's procedure.

    Calling all with q <= .05 significant keeps the expected share of false ones among them at or
    below 5 % where tests are independent or positively dependent. NaN is no test: it stays, and
    does not count.

    Parameters
    ----------
    p_values :
        (..., N), between 0 and 1, or NaN.

    Returns
    -------
    numpy.ndarray
        (..., N): q_(i) = min over j >= i of N p_(j) / j.

    Raises
    ------
    ValueError
        If numbers are no p values.

    References
    ----------
    Benjamini & Hochberg (1995), J R Stat Soc B 57:289-300.

    Examples
    --------
    >>> q_values([0.01, np.nan, 0.04, 0.03])
    array([0.03,  nan, 0.04, 0.04])
    """
    p = np.asarray(p_values, float)
    if ((p < 0) | (p > 1)).any():
        raise errors.value_error(
            "These are no p values.",
            given=f"numbers from {np.nanmin(p):g} to {np.nanmax(p):g}",
            expected="numbers between 0 and 1, NaN where there is no test",
        )
    order = np.argsort(p, axis=-1)  # NaN last
    ordered = np.take_along_axis(p, order, axis=-1)
    n_tests = np.isfinite(p).sum(axis=-1, keepdims=True)
    ratio = ordered * n_tests / np.arange(1, p.shape[-1] + 1)
    smallest = np.fmin.accumulate(ratio[..., ::-1], axis=-1)[..., ::-1]
    smallest = np.where(np.isnan(ordered), np.nan, np.minimum(smallest, 1.0))
    out = np.empty_like(p)
    np.put_along_axis(out, order, smallest, axis=-1)
    return out
