"""Inverses of information matrices, as far as they have one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...engine.runners.threads import one_blas_thread
from ...typing import BoolArray, FloatArray

_RANK_TOLERANCE = 1e-13  # per parameter: share of the largest eigenvalue that is rounding
_CLEAR_RANK = 1e-11  # reciprocal condition, per n², from which no eigenvalue can be that small
TOUCHED = 1e-6
"""Share of a parameter in an undetermined direction from which it counts as such."""
_STIFF = 1e8  # penalty over information, from which their sum may lose what only data know
_ROUNDED = 1e-14  # a coordinate of an axis of length one that is none
_ALIKE = 1e-3  # lengths of rows of a penalty, over the longest one, that are looked at together
_NOTHING = 1e-100  # roots of information of which no inverse is a number


def pseudo_inverse(information: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Invert in units in which the diagonal is one; also tell which parameters have no inverse.

    >>> import numpy as np
    >>> pseudo_inverse(np.diag([4.0, 0.0]))
    (array([[0.25, 0.  ],
           [0.  , 0.  ]]), array([False,  True]))
    """
    if information.size == 0:
        return information, np.zeros(0, dtype=bool)
    if not np.isfinite(information).all():  # of a mean at the end of its range
        return np.zeros_like(information), np.ones(len(information), dtype=bool)
    unit = np.sqrt(np.maximum(np.diag(information), 0.0))
    is_told = unit > _NOTHING
    if not is_told.all():  # apart: beside what is hardly told, eigenvectors of nothing have a share
        whole, unsure = np.zeros_like(information), ~is_told
        told = np.ix_(is_told, is_told)
        whole[told], unsure[is_told] = pseudo_inverse(information[told])
        return whole, unsure
    scaled = information / np.outer(unit, unit)
    with one_blas_thread():  # on a busy machine several are many times slower
        inverse = _plain_inverse(scaled)
        if inverse is not None:
            unsure = np.zeros(len(scaled), dtype=bool)
        else:
            inverse, unsure = _inverse_of_rank(scaled)
    return inverse / np.outer(unit, unit), unsure


def inverse_among(free: BoolArray, information: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return the inverse among some parameters, (n, n) with zeros elsewhere, and which are unsure.

    What is unsure, (n,), has no inverse.
    """
    if free.all():
        return pseudo_inverse(information)
    covariance, unsure = np.zeros_like(information), np.zeros(len(free), dtype=bool)
    covariance[np.ix_(free, free)], unsure[free] = pseudo_inverse(information[np.ix_(free, free)])
    return covariance, unsure


def unshift(covariance: FloatArray, shift: FloatArray) -> None:
    """Turn the covariance (n, n) of (w, b + shift . w) into that of (w, b), in place.

    >>> covariance = np.eye(2)
    >>> unshift(covariance, np.ones(1))
    >>> covariance
    array([[ 1., -1.],
           [-1.,  2.]])
    """
    covariance[-1] -= shift @ covariance[:-1]
    covariance[:, -1] -= covariance[:, :-1] @ shift


def penalised_inverse(
    free: BoolArray,
    information: FloatArray,
    penalty: FloatArray,
    *,
    rows: Callable[[], FloatArray] | None = None,
    keep_void: bool = False,
) -> tuple[FloatArray, BoolArray, FloatArray | None]:
    """Return (F + S)⁻¹ among free parameters, which are unsure, and perhaps the void directions.

    Where S is far larger than F, what S leaves alone (the lines beside a strong penalty on
    curvature) would be rounding in the sum. In the axes of S it stands by itself. ``rows`` tells,
    if it is asked, G (R, n) with S = G'G: a weak penalty that shares coefficients with a strong one
    is rounding in S, not in G.

    >>> import numpy as np
    >>> alike = 1e18 * np.array([[1.0, -1.0], [-1.0, 1.0]])  # the mean of both is free
    >>> penalised_inverse(np.ones(2, dtype=bool), np.eye(2), alike)[0].round(6)
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    stiff = _stiff_axes(information, penalty, free, rows)
    if stiff is None:
        total = information + penalty
        inverse, unsure = inverse_among(free, total)
        return inverse, unsure, _void_of(free, total, unsure) if keep_void else None
    U, S = stiff
    total = U.T @ information @ U + S
    is_void = _leftovers_without(information, U) & (np.diag(S) == 0.0)
    total[is_void], total[:, is_void] = 0.0, 0.0
    inverse, unsure = inverse_among(free, total)
    touched = np.linalg.norm(U[:, unsure], axis=1) > TOUCHED
    void = U @ _void_of(free, total, unsure) if keep_void else None
    return U @ inverse @ U.T, free & touched, void


def _leftovers_without(information: FloatArray, U: FloatArray) -> BoolArray:
    """Tell of which axes, the columns of U (n, n), the information is what rounding makes of zero.

    >>> alike = np.array([[1.0, -1.0], [-1.0, 1.0]])
    >>> _leftovers_without(alike, np.array([[1.0, 1.0], [1.0, -1.0]]))
    array([ True, False])
    """
    along = np.einsum("ik,ij,jk->k", U, information, U, optimize=True)
    summed = np.einsum("ik,ij,jk->k", np.abs(U), np.abs(information), np.abs(U), optimize=True)
    out: BoolArray = along <= _RANK_TOLERANCE * len(U) * summed
    return out


def _stiff_axes(
    information: FloatArray,
    penalty: FloatArray,
    free: BoolArray,
    rows: Callable[[], FloatArray] | None,
) -> tuple[FloatArray, FloatArray] | None:
    """Return the axes U (n, n) of a penalty, and what it is there; None where F + S will do.

    Axes that it leaves alone are those of the information: one of which data know nothing, mixed
    with one of which they know, would be known a little, and its rounding would be a number.
    """
    S = np.where(np.outer(free, free), penalty, 0.0)
    of_data = np.diag(information)  # of constants none, whatever the penalty
    is_stiff = (np.diag(S) > _STIFF * of_data) & (of_data > 0)
    if not is_stiff.any() or np.count_nonzero(S) == np.count_nonzero(np.diag(S)):
        return None
    from scipy.sparse.csgraph import connected_components

    G = None if rows is None else rows()
    U, of_axes = np.eye(len(S)), np.diag(np.diag(S))
    n_blocks, block_of = connected_components(S != 0, directed=False)
    for block in range(n_blocks):  # one by one: a strong penalty does not hide a weak one
        places = np.flatnonzero(block_of == block)
        if len(places) > 1:
            within = np.ix_(places, places)
            axes, sizes = _plain_axes(S[within]) if G is None else _graded_axes(G[:, places])
            alone = np.diag(sizes) == 0.0
            among = axes[:, alone]
            axes[:, alone] = among @ np.linalg.eigh(among.T @ information[within] @ among)[1]
            axes[np.abs(axes) <= _ROUNDED] = 0.0  # 1e-17 of a feature would tell of a constant
            U[within], of_axes[within] = axes, sizes
    return U, of_axes


def _plain_axes(S: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the axes U (n, n) of a penalty, and U'SU."""
    sizes, vectors = np.linalg.eigh(S)
    sizes[sizes <= _RANK_TOLERANCE * len(sizes) * sizes[-1]] = 0.0
    return vectors, np.diag(sizes)


def _graded_axes(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return axes U (n, n) of G'G, and U'G'GU: strong rows of G (R, n) first, then weaker ones.

    What strong rows leave alone they leave alone exactly, so that weaker rows decide there (Wood
    2011, J R Stat Soc B 73:3-36, appendix B).

    >>> U, S = _graded_axes(np.array([[1e9, -1e9], [0.0, 1e-3]]))
    >>> bool(np.isclose(S[1, 1], 1e-6 / 2))
    True
    """
    done, left = np.zeros((rows.shape[1], 0)), np.eye(rows.shape[1])
    along, weaker = np.zeros((len(rows), 0)), np.ones(len(rows), dtype=bool)
    while left.shape[1]:
        sizes = np.linalg.norm(rows @ left, axis=1) * weaker
        if sizes.max(initial=0.0) == 0.0:
            break
        strong = sizes > _ALIKE * sizes.max()
        _, size, vectors = np.linalg.svd(rows[strong] @ left)
        rank = int((size**2 > _RANK_TOLERANCE * len(vectors) * size[0] ** 2).sum())
        axes, left = left @ vectors[:rank].T, left @ vectors[rank:].T
        done, along = np.hstack([done, axes]), np.hstack([along, rows @ axes * weaker[:, None]])
        weaker = weaker & ~strong
    return np.hstack([done, left]), _square(
        np.hstack([along, np.zeros((len(rows), left.shape[1]))])
    )


def _square(G: FloatArray) -> FloatArray:
    out: FloatArray = G.T @ G
    return out


def only_by_penalty(inverse: FloatArray, information: FloatArray) -> BoolArray:
    """Tell which parameters (n,) a penalty alone decides, such as that of a copy of a feature.

    With P = (F + S)⁻¹ their rows of P F are zero: whatever the responses, the estimates are what
    they are, and a sandwich around the rows has zeros in their place, or rounding.

    >>> only_by_penalty(np.diag([0.5, 1.0]), np.diag([1.0, 0.0]))
    array([False,  True])
    """
    along = np.einsum("ij,ji->i", inverse @ information, inverse)
    sizes = np.abs(inverse)
    summed = np.einsum("ij,ji->i", sizes @ np.abs(information), sizes)
    out: BoolArray = np.diag(inverse) > 0
    return out & (along <= _RANK_TOLERANCE * len(inverse) * summed)


def void_directions(free: BoolArray, information: FloatArray) -> FloatArray:
    """Return the directions (n, m) of free parameters in which the information is zero.

    A parameter whose share in them is rounding, as of one that is hardly told, has none.
    """
    among = np.flatnonzero(free)
    part = information[np.ix_(among, among)]
    if not np.isfinite(part).all():
        return np.eye(len(free))
    unit = np.sqrt(np.maximum(np.diag(part), 0.0))  # rounding may leave less than nothing
    is_told = unit > _NOTHING  # others apart, as for an inverse
    unit, told = unit[is_told], among[is_told]
    values, vectors = np.linalg.eigh(part[np.ix_(is_told, is_told)] / np.outer(unit, unit))
    null = vectors[:, values <= _RANK_TOLERANCE * len(values) * max(values[-1:], default=0.0)]
    null[np.linalg.norm(null, axis=1) <= TOUCHED] = 0.0
    out = np.zeros((len(free), null.shape[1]))
    out[told] = null / unit[:, None]
    return np.hstack([out, np.eye(len(free))[:, among[~is_told]]])


def _void_of(free: BoolArray, information: FloatArray, unsure: BoolArray) -> FloatArray:
    """Return the void directions: none where all parameters have an inverse."""
    return void_directions(free, information) if unsure.any() else np.zeros((len(free), 0))


def _plain_inverse(scaled: FloatArray) -> FloatArray | None:
    """Return the inverse of a matrix of full rank beyond doubt, None for any other; fast."""
    from scipy.linalg import lapack

    if not np.isfinite(scaled).all():
        return None
    factor, failed = lapack.dpotrf(scaled, lower=1)
    if failed:
        return None
    share, _ = lapack.dpocon(factor, np.abs(scaled).sum(axis=0).max(), uplo="L")
    if share < _CLEAR_RANK * len(scaled) ** 2:  # eigenvalues are within n of that norm
        return None
    lower, _ = lapack.dpotri(factor, lower=1)
    return np.tril(lower) + np.tril(lower, -1).T


def _inverse_of_rank(scaled: FloatArray) -> tuple[FloatArray, BoolArray]:
    values, vectors = np.linalg.eigh(scaled)
    kept = values > _RANK_TOLERANCE * len(values) * values[-1]
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return inverse, np.linalg.norm(vectors[:, ~kept], axis=1) > TOUCHED
