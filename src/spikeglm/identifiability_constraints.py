"""Which columns of a feature matrix to leave out so that its coefficients are unique.

Features of splines sum to one, which the intercept is too; features of two bases may span a common
function. The fit is the same whichever of the redundant columns is left out, its coefficients are
not: these functions choose, always the same columns for the same features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import errors
from .io.interop.timeseries import time_axis_of, to_array, to_pynapple
from .notices import warn
from .typing import Array, ArrayLike, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from .basis import Basis


def apply_identifiability_constraints(
    feature_matrix: ArrayLike, add_intercept: bool = True, warn_if_float32: bool = True
) -> tuple[Any, IntArray]:
    """Leave out the earliest columns that the others (and the intercept) can replace.

    From the left, a column is dropped where that leaves the rank unchanged, until the rest is
    linearly independent.

    Parameters
    ----------
    feature_matrix : array or TsdFrame (T, p)
        The features. Rows with a NaN or infinite entry do not take part.
    add_intercept :
        Whether the model has an intercept: a column of ones that is never dropped.
    warn_if_float32 :
        Whether to warn for features in single precision, which tells collinear from nearly
        collinear columns only to seven digits.

    Returns
    -------
    features (T, p_kept), a TsdFrame if the input was one, with unchanged values, except that a row
    with a NaN or infinite entry is NaN throughout; and the indices (p_kept,) of the columns kept.
    Test data: ``X_test[:, kept]``.

    Raises
    ------
    TypeError
        The features are not numbers.
    ValueError
        They are not (T, p), or no row is complete.

    Warns
    -----
    UserWarning
        The features are float32.

    Notes
    -----
    Dropping from the left what is redundant keeps what a walk from the right finds independent of
    the columns before it (a matroid's greedy basis; Oxley, Matroid Theory, 2nd ed., section 1.8).
    One QR factorisation of all columns serves all decisions.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(4.0)
    >>> X, kept = apply_identifiability_constraints(np.column_stack((np.ones(4), t, 2 * t)))
    >>> kept
    array([2])
    """
    table = _read(feature_matrix, warn_if_float32)
    complete = _complete_rows(table)
    kept = _independent(table[complete], add_intercept)
    return _outgoing(table, kept, complete, feature_matrix), kept


def apply_identifiability_constraints_by_basis_component(
    basis: Basis, feature_matrix: ArrayLike, add_intercept: bool = True
) -> tuple[Any, IntArray]:
    """Leave out redundant columns within each additive component and input channel, one by one.

    What two components have in common is not looked for.

    Parameters
    ----------
    basis :
        The basis that made the features; it knows the shapes of its inputs.
    feature_matrix : array or TsdFrame (T, p)
        Features of the basis.
    add_intercept :
        Whether the model has an intercept.

    Returns
    -------
    As :func:`apply_identifiability_constraints`; indices count columns of the whole matrix.

    Raises
    ------
    TypeError
        The features are not numbers.
    ValueError
        They are not (T, p), not as many as the basis has, or no row is complete.

    Warns
    -----
    UserWarning
        The features are float32.

    Notes
    -----
    The same rule as in :func:`apply_identifiability_constraints`. A component of b functions that
    sum to one keeps b - 1 of them beside an intercept (Wood, Generalized Additive Models, 2nd ed.,
    section 5.4.1).

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.BSplineEval(4) + nmo.basis.IdentityEval()
    >>> X = basis.compute_features(np.linspace(0, 1, 9), np.arange(9.0))
    >>> apply_identifiability_constraints_by_basis_component(basis, X)[1]
    array([1, 2, 3, 4])
    """
    table = _read(feature_matrix, True)
    complete = _complete_rows(table)
    pieces = basis.split_by_feature(np.arange(table.shape[1]), axis=0).values()
    blocks = [block for piece in pieces for block in piece.reshape(-1, piece.shape[-1])]
    rows = table[complete]
    chosen = [block[_independent(rows[:, block], add_intercept)] for block in blocks]
    kept = np.sort(np.concatenate(chosen))
    return _outgoing(table, kept, complete, feature_matrix), kept


def _read(feature_matrix: ArrayLike, warn_if_float32: bool) -> FloatArray:
    table = to_array(feature_matrix, name="feature_matrix")
    if table.ndim != 2:
        raise errors.value_error(
            "A feature matrix has rows and columns.",
            given=f"an array of shape {table.shape}",
            expected="(n_samples, n_features)",
        )
    if warn_if_float32 and table.dtype == np.float32:
        warn(
            "The features are float32: columns that are collinear up to rounding count as "
            "collinear. Compute the features in float64 for a sharper decision."
        )
    return table if table.dtype.kind == "f" else table.astype(np.float64)


def _complete_rows(table: FloatArray) -> BoolArray:
    complete: BoolArray = np.logical_and.reduce(np.isfinite(table), axis=1)
    if not complete.any():
        raise errors.value_error(
            "No row of the features is complete.",
            given=f"{len(table)} rows, each with a NaN or infinite entry",
            expected="a row of finite numbers",
        )
    return complete


def _independent(rows: FloatArray, add_intercept: bool) -> IntArray:
    """Return the columns (ascending) that a walk from the right finds independent."""
    n_rows, n_columns = rows.shape
    columns = rows[:, ::-1].astype(np.float64)
    if add_intercept:
        columns = np.concatenate((np.ones((n_rows, 1)), columns), axis=1)
    # Entries are known to their rounding, the factorisation adds that of sums over rows.
    eps = np.finfo(rows.dtype).eps
    tolerance = float(8 * n_columns * eps + n_rows * np.finfo(np.float64).eps)
    factor: Any = np.linalg.qr(columns, mode="r")
    found = _walk(factor, tolerance)
    found = found[1:] if add_intercept else found
    return np.flatnonzero(found[::-1])


def _walk(factor: Array, tolerance: float) -> BoolArray:
    """Mark the columns that are independent of the marked ones to their left.

    ``A = QR`` with orthonormal Q, so the columns of R (k, p) have the lengths and angles of those
    of A. Each is compared with the span of the marked ones, by Gram-Schmidt done twice.
    """
    k, p = factor.shape
    basis = np.zeros((k, min(k, p)))
    marked = np.zeros(p, dtype=bool)
    for j in range(p):
        length = np.linalg.norm(factor[:, j])
        found = int(marked.sum())
        if length == 0.0 or found == k:
            continue
        rest = factor[:, j] / length
        for _ in range(2):
            rest = rest - basis[:, :found] @ (basis[:, :found].T @ rest)
        distance = np.linalg.norm(rest)
        if distance > tolerance:
            basis[:, found] = rest / distance
            marked[j] = True
    return marked


def _outgoing(table: FloatArray, kept: IntArray, complete: BoolArray, source: ArrayLike) -> Any:
    """Return the kept columns; rows that are not complete become NaN."""
    values = table[:, kept]
    values[~complete] = np.nan
    axis = time_axis_of(source)
    return values if axis is None else to_pynapple(values, axis)
