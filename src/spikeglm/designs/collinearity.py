"""How far the columns of a design, and its terms, are combinations of each other.

Everything follows from the correlation matrix R of the columns. Terms are compared as subspaces,
so that splines that sum to one, or kernels that nobody sees, are no trouble: only what a term can
express counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from .. import showing
from ..rows.contract import Rows
from ..rows.terms import Term
from ..settings import get_config
from ..typing import FloatArray, IntArray

_BLOCK_BYTES = 2**22
_RANK = 1e-9  # of the largest eigenvalue of a term's correlations: less is no direction of its own
_ALL = 1 - 1e-9  # of a squared correlation: more is a linear combination
_FLAT = 1e-13  # of the squared size of a column: less variance is none


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the rows in which all columns are finite.

    Attributes
    ----------
    n_rows :
        How many there are.
    mean, scale :
        (p,) of the columns; a scale of zero for those that are constant.
    correlation :
        (p, p); zero for columns that are constant.
    n_nonzero :
        (p,) in how many rows a column is not zero.
    """

    n_rows: int
    mean: FloatArray
    scale: FloatArray
    correlation: FloatArray
    n_nonzero: IntArray

    __repr__ = showing.of_fields


def moments_of(rows: Rows) -> Moments:
    """Read all rows once, in a pool of threads, and return their moments.

    Examples
    --------
    >>> from spikeglm.rows import ArrayRows
    >>> moments_of(ArrayRows(np.array([[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]]))).correlation
    array([[1., 1.],
           [1., 1.]])
    """
    p, step = rows.n_features, max(1024, _BLOCK_BYTES // (8 * max(rows.n_features, 1)))
    valid = rows.valid_rows()
    shift = _first(rows, valid)

    def sums(start: int) -> tuple[FloatArray, FloatArray, IntArray]:
        stop = min(start + step, rows.n_rows)
        block = rows.read(start, stop)[valid[start:stop]].astype(np.float64, copy=False)
        nonzero = np.count_nonzero(block, axis=0)
        block = block - shift
        return block.sum(axis=0), block.T @ block, nonzero

    with ThreadPoolExecutor(get_config().workers, thread_name_prefix="spikeglm-report") as pool:
        total, products, nonzero = np.zeros(p), np.zeros((p, p)), np.zeros(p, dtype=np.intp)
        for of_block in pool.map(sums, range(0, rows.n_rows, step)):
            total += of_block[0]
            products += of_block[1]
            nonzero += of_block[2]
    n = int(valid.sum())
    mean = total / max(n, 1)
    covariance = products / max(n, 1) - np.outer(mean, mean)
    size = np.diag(products) / max(n, 1)
    variance = np.where(np.diag(covariance) > _FLAT * size, np.diag(covariance), 0.0)
    scale = np.sqrt(np.maximum(variance, 0.0))
    inverse = np.divide(1.0, scale, out=np.zeros(p), where=scale > 0)
    correlation = covariance * np.outer(inverse, inverse)
    return Moments(n, mean + shift, scale, np.clip(correlation, -1.0, 1.0), nonzero)


def _first(rows: Rows, valid: np.ndarray) -> FloatArray:
    """Return a row, near which the others are likely to lie: sums about it lose few digits."""
    k = int(np.argmax(valid))
    if not valid.any():
        return np.zeros(rows.n_features)
    return rows.read(k, k + 1)[0].astype(np.float64)


def column_vif(correlation: FloatArray) -> FloatArray:
    """Return (p,) variance inflation factors 1 / (1 - R_j²), R_j² from all other columns.

    Infinite for a linear combination of others, NaN for a constant. Belsley, Kuh & Welsch (1980),
    Regression Diagnostics, section 3.1.

    Examples
    --------
    >>> column_vif(np.array([[1.0, 0.6], [0.6, 1.0]])).round(4)
    array([1.5625, 1.5625])
    """
    varying = np.diag(correlation) > 0
    out = np.full(len(correlation), np.nan)
    R = correlation[np.ix_(varying, varying)]
    values, vectors = np.linalg.eigh(R)
    lost = values <= _RANK * max(1.0, values.max(initial=0.0))
    inverse = np.where(lost, 0.0, 1.0 / np.where(lost, 1.0, values))
    found = (vectors**2) @ inverse
    found[(vectors[:, lost] ** 2).sum(axis=1) > _RANK] = np.inf
    out[varying] = np.maximum(found, 1.0)
    return out


def term_correlations(correlation: FloatArray, terms: Sequence[Term]) -> FloatArray:
    """Return (K, K) the largest canonical correlation of each pair of terms; NaN for empty terms.

    That is how well the best combination of one predicts one of the other: 1 if some are the same.
    Hotelling (1936), Relations between two sets of variates, Biometrika 28:321.

    Examples
    --------
    >>> R = np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.6], [0.6, 0.6, 1.0]])
    >>> term_correlations(R, [Term("a", 0, 2), Term("b", 2, 3)]).round(3)
    array([[1.   , 0.849],
           [0.849, 1.   ]])
    """
    axes = [_axes(correlation, term) for term in terms]
    out = np.full((len(terms), len(terms)), np.nan)
    for i, (a, first) in enumerate(zip(axes, terms, strict=True)):
        for j, (b, other) in enumerate(zip(axes[: i + 1], terms, strict=False)):
            if a.shape[1] and b.shape[1]:
                R = correlation[first.columns, other.columns]
                found = 1.0 if i == j else np.linalg.norm(a.T @ R @ b, 2)
                out[i, j] = out[j, i] = min(float(found), 1.0)
    return out


def term_vif(correlation: FloatArray, terms: Sequence[Term]) -> tuple[FloatArray, FloatArray]:
    """Return (K,) generalised variance inflation factors, and (K,) ranks of the terms.

    GVIF = Π 1 / (1 - ρ_i²) over the canonical correlations ρ_i of a term with all others together,
    the ratio of areas of confidence ellipsoids: Fox & Monette (1992), Generalized collinearity
    diagnostics, J. Am. Stat. Assoc. 87:178. Infinite where some combination of the term is one of
    the others; NaN for a term that is constant.

    Examples
    --------
    >>> R = np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.6], [0.6, 0.6, 1.0]])
    >>> term_vif(R, [Term("a", 0, 2), Term("b", 2, 3)])[0].round(3)
    array([3.571, 3.571])
    """
    axes = [_axes(correlation, term) for term in terms]
    rank = np.array([own.shape[1] for own in axes])
    edges = np.concatenate([[0], np.cumsum(rank)]).astype(np.intp)
    whole = np.eye(edges[-1])  # correlations of the axes: those of one term are uncorrelated
    for i, (a, first) in enumerate(zip(axes, terms, strict=True)):
        for j, (b, other) in enumerate(zip(axes[:i], terms, strict=False)):
            R = a.T @ correlation[first.columns, other.columns] @ b
            rows, columns = slice(*edges[i : i + 2]), slice(*edges[j : j + 2])
            whole[rows, columns], whole[columns, rows] = R, R.T
    return _inflation(whole, edges), rank


def _inflation(whole: FloatArray, edges: IntArray) -> FloatArray:
    """Return the GVIF of each term: of axes that are uncorrelated, det of its block of R⁻¹."""
    vif = np.full(len(edges) - 1, np.nan)
    values = np.linalg.eigvalsh(whole) if len(whole) else np.ones(1)
    inverse = np.linalg.inv(whole) if values[0] > 1 - _ALL else None
    for k in np.flatnonzero(np.diff(edges)):
        own = np.arange(edges[k], edges[k + 1])
        if inverse is not None:
            vif[k] = max(np.linalg.det(inverse[np.ix_(own, own)]), 1.0)
            continue
        rest = np.delete(np.arange(len(whole)), own)
        shared = whole[np.ix_(own, rest)] @ _inverse_root(whole[np.ix_(rest, rest)])
        squares = np.linalg.svd(shared, compute_uv=False) ** 2
        is_all = (squares > _ALL).any()
        vif[k] = np.inf if is_all else float(np.prod(1.0 / (1.0 - squares)))
    return vif


def _axes(correlation: FloatArray, term: Term) -> FloatArray:
    """Return (columns, rank) combinations of a term's columns that are uncorrelated, of size 1."""
    return _inverse_root(correlation[term.columns, term.columns])


def _inverse_root(R: FloatArray) -> FloatArray:
    """Return V (p, r) with Vᵀ R V = I, without the directions that R does not have."""
    if not R.size:
        return np.zeros((len(R), 0))
    values, vectors = np.linalg.eigh(R)
    keep = values > _RANK * max(values[-1], 1e-300)
    return vectors[:, keep] / np.sqrt(values[keep])
