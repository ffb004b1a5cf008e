"""Is a penalised term zero? Tests that know how much of it the penalty leaves (Wood 2013).

A penalty shrinks some directions of a term to next to nothing. A Wald statistic of full rank would
test those as well, and have no power; these look where the term has degrees of freedom.

*Terms of whose functions some are not penalised* (a straight line): with R'R = X'WX of the term's
columns, the covariance of its values is V = R Vp R' = U diag(d) U'. Of rank r = sum of edf1 = tr(2F
- FF) on the term, k = floor(r) and nu = r - k, with c = U'R b,

    T = sum_{i<k} c_i²/d_i + z'B z        z = (c_k/sqrt d_k, c_{k+1}/sqrt d_{k+1})
    B = [[1, b], [b, nu]]                 b = sqrt(nu (1 - nu) / 2)

is chi²_{k-1} + v1 chi²_1 + v2 chi²_1 with v1, v2 = (nu + 1 ± sqrt(1 - nu²)) / 2. The sign of b is
arbitrary: p is the mean over both.

*Terms that are penalised altogether* (a cyclic spline, a ridge): T = b' Vp⁻¹ b is distributed as
sum_i l_i chi²_1, with l the eigenvalues of Vp⁻¹ Ve and Ve = phi (I + S)⁻¹ I (I + S)⁻¹.

With an estimated dispersion of nu degrees of freedom, T stands beside chi²_nu / nu.

References
----------
Wood (2013), Biometrika 100:221-8; Wood (2013), Biometrika 100:1005-10.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...typing import FloatArray, IntArray

_POSITIVE = 1e-10  # share of the largest eigenvalue from which one counts
_WHOLE = 1e-9  # of a rank that is nearly whole


class Mixture(NamedTuple):
    """A statistic and what it is distributed as: sum of weights (k,) times chi² of degrees (k,).

    The p value is the mean over ``statistics``, which are one or two.

    >>> Mixture(np.array([3.0]), np.ones(1), np.ones(1), 1.0).reference_df
    1.0
    """

    statistics: FloatArray  # (1,) or (2,)
    weights: FloatArray
    degrees: FloatArray
    reference_df: float


def partly_penalised(
    b: FloatArray, Vp: FloatArray, information: FloatArray, edf1: FloatArray
) -> list[Mixture | None]:
    """Return the tests of J terms of b coefficients each, whose penalties leave functions free.

    Parameters
    ----------
    b :
        (J, b) coefficients.
    Vp :
        (J, b, b) their covariances under the penalty, with the dispersion.
    information :
        (J, b, b) X'WX of the columns of each term (centred beside an intercept), in any unit.
    edf1 :
        (J,) degrees of freedom of each term, sum of the diagonal of 2F - FF.

    Returns
    -------
    list of Mixture or None
        None where the term is zero everywhere.

    Examples
    --------
    Without a penalty it is the Wald test:

    >>> one = np.eye(2)[None]
    >>> (found,) = partly_penalised(np.array([[2.0, 1.0]]), one, one, np.array([2.0]))
    >>> found.statistics, found.degrees.sum()
    (array([5.]), np.float64(2.0))
    """
    values, vectors = np.linalg.eigh(information)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None]
    R = np.linalg.qr(root.mT)[1]
    d, U = np.linalg.eigh(R @ Vp @ R.mT)
    d, U = d[:, ::-1], U[:, :, ::-1]
    U = U * np.where(U[:, :1] < 0, -1.0, 1.0)
    x = (U.mT @ (R @ b[:, :, None]))[:, :, 0]
    most = (d > _POSITIVE * np.maximum(d[:, :1], 0.0)).sum(axis=1)
    return [
        _of_rank(x[j, :n] / np.sqrt(d[j, :n]), float(edf1[j])) if n else None
        for j, n in enumerate(most.tolist())
    ]


def _of_rank(x: FloatArray, edf1: float) -> Mixture:
    """Return the test of values x, of variance one, of which edf1 degrees of freedom are left."""
    r = min(max(edf1, 1.0), float(len(x)))
    if abs(r - round(r)) < _WHOLE:
        r = float(round(r))
    k = int(np.floor(r))
    nu = r - k
    if nu == 0.0:
        return Mixture(np.array([(x[:k] ** 2).sum()]), np.ones(1), np.array([float(k)]), r)
    off = np.sqrt(nu * (1.0 - nu) / 2.0)
    first, last = x[k - 1], x[k]
    common = (x[: k - 1] ** 2).sum() + first**2 + nu * last**2
    both = np.array([1.0, -1.0]) * 2.0 * off * first * last
    v1 = 0.5 * (nu + 1.0 + np.sqrt(1.0 - nu**2))
    weights, degrees = np.array([1.0, v1, nu + 1.0 - v1]), np.array([k - 1.0, 1.0, 1.0])
    return Mixture(common + both, weights, degrees, r)


def wholly_penalised(b: FloatArray, Vp: FloatArray, Ve: FloatArray) -> list[Mixture | None]:
    """Return the tests of J terms of r coefficients each, whose penalties leave nothing free.

    Parameters
    ----------
    b :
        (J, r) coefficients, or combinations that are determined.
    Vp, Ve :
        (J, r, r) their covariances under the penalty, and those of estimates for given
        coefficients.

    >>> wholly_penalised(np.array([[2.0]]), np.array([[[2.0]]]), np.array([[[1.0]]]))
    [Mixture(statistics=array([2.]), weights=array([0.5]), degrees=array([1.]), reference_df=1.0)]
    """
    out: list[Mixture | None] = [None] * len(b)
    unit = np.sqrt(np.maximum(np.diagonal(Vp, axis1=1, axis2=2), 0.0))
    is_told = (unit > 0).all(axis=1) & (b.shape[1] > 0)
    if not is_told.any():
        return out
    told = np.flatnonzero(is_told)
    unit, z = unit[told], b[told] / unit[told]
    sizes = unit[:, :, None] * unit[:, None, :]
    values, vectors = np.linalg.eigh(Vp[told] / sizes)
    n_kept = (values > _POSITIVE * values[:, -1:]).sum(axis=1)
    for n, some in alike(n_kept):
        whiten = vectors[some, :, -n:] / np.sqrt(values[some, None, -n:])
        white = (whiten.mT @ z[some, :, None])[:, :, 0]
        within = whiten.mT @ (Ve[told[some]] / sizes[some]) @ whiten
        weights = np.maximum(np.linalg.eigvalsh(within), 0.0)
        for j, own, w in zip(told[some].tolist(), white, weights, strict=True):
            out[j] = Mixture(np.array([own @ own]), w, np.ones(n), float(n))
    return out


def alike(numbers: IntArray) -> list[tuple[int, IntArray]]:
    """Return each of the numbers (J,), and where it stands: matrices of one size go together.

    >>> alike(np.array([3, 2, 3]))
    [(2, array([1])), (3, array([0, 2]))]
    """
    return [(int(n), np.flatnonzero(numbers == n)) for n in np.unique(numbers)]
