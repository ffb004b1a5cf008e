"""Step length and batch size of SVRG in theory, for those who want the textbook's.

The solvers here find both by themselves; what these functions return can be passed on:
``solver_kwargs=svrg_optimal_batch_and_stepsize(...)``.

Source: Sebbouh et al. (2019), Towards closing the gap between the theory and practice of SVRG,
NeurIPS 32, proposition 3.8 and theorem 3.6 (b-nice sampling, m = n inner steps).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import errors
from ...notices import warn
from ...typing import ArrayLike, FloatArray

_BEND_PER_COUNT, _BEND = 0.17, 0.25  # second derivative of the Poisson loss with softplus, bounded
_SMALL = 1e-12  # below, a constant of the theory counts as zero


def glm_softplus_poisson_l_max_and_l(
    *data: ArrayLike, n_power_iters: int | None = 20, batch_size: int | None = None
) -> tuple[float, float]:
    """Return the smoothness of a Poisson loss with softplus: of its worst row, and of the mean.

    With row weights d_t = 0.17 y_t + 0.25, which bound the second derivative of the loss of row t:
    max_t |x_t|² d_t, and the largest eigenvalue of sum_t d_t x_t x_t' / T.

    Parameters
    ----------
    data :
        X (T, p), or a dict or list of such tables, and y (T,) counts.
    n_power_iters :
        Power iterations for the eigenvalue; None computes it directly.
    batch_size :
        Accepted for NeMoS's sake; rows need not be split here.

    Raises
    ------
    ValueError
        If X and y differ in rows.

    Examples
    --------
    >>> import numpy as np
    >>> glm_softplus_poisson_l_max_and_l(np.array([[1.0], [2.0]]), np.array([0, 3]))
    (3.04, 1.645)
    """
    X, y = _table(data)
    bend = _BEND_PER_COUNT * y + _BEND
    l_max = float(np.max(np.einsum("tp,tp->t", X, X) * bend))
    H = X.T @ (X * bend[:, None]) / len(X)
    if n_power_iters is None:
        return l_max, float(np.linalg.eigvalsh(H)[-1])
    return l_max, _largest_eigenvalue(H, n_power_iters)


def svrg_optimal_batch_and_stepsize(
    compute_smoothness_constants: Callable[..., tuple[float, float]],
    *data: ArrayLike,
    batch_size: int | None = None,
    stepsize: float | None = None,
    strong_convexity: float | None = None,
    n_power_iters: int | None = 20,
    default_batch_size: int = 1,
    default_stepsize: float = 1e-3,
) -> dict[str, Any]:
    """Return the batch size and step length for which SVRG is fastest in theory.

    Parameters
    ----------
    compute_smoothness_constants :
        Called with the data and ``n_power_iters``; returns the smoothness of the worst row and of
        the mean, e.g. :func:`glm_softplus_poisson_l_max_and_l`.
    data :
        X (T, p) and y (T,).
    batch_size, stepsize :
        What is given here is returned.
    strong_convexity :
        Of the objective: the strength of Ridge. None leaves the batch size at its default.
    n_power_iters :
        Passed on.
    default_batch_size, default_stepsize :
        Taken where the formulas give no number.

    Returns
    -------
    dict
        ``batch_size`` and ``stepsize``, the latter in the units of the features.

    Raises
    ------
    ValueError
        If the data differ in rows.

    Warns
    -----
    UserWarning
        If a default was taken because the formulas give no number.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(500, 5))
    >>> y = np.random.default_rng(1).poisson(1.0, size=500)
    >>> svrg_optimal_batch_and_stepsize(
    ...     glm_softplus_poisson_l_max_and_l, X, y, strong_convexity=0.01
    ... )["batch_size"]
    6
    """
    n_rows = len(_table(data)[0])
    l_max, l_mean = compute_smoothness_constants(*data, n_power_iters=n_power_iters)
    if batch_size is None:
        batch_size = default_batch_size
        if strong_convexity is not None:
            best = _batch_size(n_rows, l_max, l_mean, strong_convexity)
            batch_size = int(_or_default("batch_size", best, default_batch_size))
    if stepsize is None:
        best_step = _stepsize(n_rows, l_max, l_mean, batch_size)
        stepsize = _or_default("stepsize", best_step, default_stepsize)
    return {"batch_size": batch_size, "stepsize": float(stepsize)}


def _stepsize(n: int, l_max: float, l_mean: float, b: int) -> float:
    bound = 3.0 * (n - b) * l_max + n * (b - 1) * l_mean
    return 0.5 * b * (n - 1) / bound if bound > 0 else math.nan


def _batch_size(n: int, l_max: float, l_mean: float, mu: float) -> float:
    """Return table 1 of the paper: one row, or as many as balance noise against work."""
    if n >= 3 * l_max / mu:
        return 1.0
    gap = 3 * l_max - l_mean
    with np.errstate(divide="ignore", invalid="ignore"):
        by_noise = np.sqrt(np.float64(n) / 2 * gap / (n * l_mean - 3 * l_max))
        by_work = np.float64(n) * gap / (n * (n - 1) * mu - n * l_mean + 3 * l_max)
    if n <= l_mean / mu:
        return float(np.floor(by_noise))
    return float(np.floor(min(by_noise, by_work)))


def _or_default(name: str, value: float, default: float) -> float:
    if math.isfinite(value) and value > 0:
        return value
    warn(
        f"The theory gives no {name} for these data; {default} is used. "
        f"What to do: pass {name}, or leave it to the solver."
    )
    return default


def _table(data: tuple[ArrayLike, ...]) -> tuple[FloatArray, FloatArray]:
    tables, y = data[0], np.asarray(data[-1], dtype=float)
    if hasattr(tables, "values") and not hasattr(tables, "ndim"):
        tables = list(tables.values())
    if isinstance(tables, (list, tuple)):
        tables = np.concatenate([np.asarray(leaf, dtype=float) for leaf in tables], axis=1)
    X = np.asarray(tables, dtype=float)
    if len(X) != len(y):
        raise errors.value_error(
            "The data must have the same number of samples.",
            given=f"{len(X)} rows in X and {len(y)} in y",
            expected="one entry of y per row of X",
        )
    return X, y


def _largest_eigenvalue(H: FloatArray, n_steps: int) -> float:
    """Return it by power iteration (Golub & Van Loan, Matrix Computations, section 8.2)."""
    v = np.ones(len(H))
    size = 0.0
    for _ in range(n_steps):
        v = H @ v
        size = float(np.linalg.norm(v))
        if size <= _SMALL:
            break
        v = v / size
    return size
