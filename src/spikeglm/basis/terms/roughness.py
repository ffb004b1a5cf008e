"""How rough functions are: integrated squared second derivatives, and squared second differences.

Functions that are smooth on pieces are represented there by the polynomial through Gauss-Legendre
points, which for splines is the function itself, and for anything smooth converges as pieces are
halved. Wood, Generalized Additive Models, 2nd ed., sections 5.3.3-5.3.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from ...typing import Array, FloatArray

_POINTS = 12  # a piece: rounding of second derivatives grows as their fourth power
_CONVERGED = 1e-11
_MOST_HALVINGS = 14


def integrated_curvature(
    functions: Callable[[FloatArray], FloatArray],
    breaks: Sequence[float] | Array = (0.0, 1.0),
    n_points: int = _POINTS,
) -> FloatArray:
    """Return S (b, b) with wᵀ S w = ∫ f''(u)² du over the pieces, f = Σ_j w_j f_j.

    Parameters
    ----------
    functions :
        From points (n,) to (n, b).
    breaks :
        Where pieces end on which all functions are smooth, increasing.
    n_points :
        Points per piece; for polynomials of degree k - 1, k are exact.

    Examples
    --------
    >>> integrated_curvature(lambda u: np.stack([u, u**2], axis=-1)).round(9) + 0.0
    array([[0., 0.],
           [0., 4.]])
    """
    edges = np.asarray(breaks, dtype=np.float64)
    found, _ = _on_pieces(functions, edges, n_points)
    for _ in range(_MOST_HALVINGS):
        edges = np.sort(np.concatenate((edges, (edges[1:] + edges[:-1]) / 2)))
        finer, rounding = _on_pieces(functions, edges, n_points)
        if _is_settled(found, finer, rounding):
            break
        found = finer
    return finer


def _is_settled(found: FloatArray, finer: FloatArray, rounding: FloatArray) -> bool:
    """Whether two matrices differ by no more than asked for, or than rounding lets them."""
    size = np.sqrt(finer.diagonal())
    open_ = _CONVERGED * size + rounding
    allowed = np.outer(open_, size) + np.outer(size, open_) + np.outer(open_, open_)
    return not bool((np.abs(finer - found) > allowed).any())


def second_differences(scale: Array, *, is_cyclic: bool = False) -> FloatArray:
    """Return S (b, b) with wᵀ S w = h Σ_j (second difference of the v_j / h²)², v = scale * w.

    The functions are steps or hats on a grid of distance h = 1 / (b - 1), or 1 / b on a circle:
    what an integral of squared second derivatives becomes for them. Eilers & Marx, Statistical
    Science 11 (1996) 89, section 3.

    Examples
    --------
    >>> second_differences(np.ones(3)) / 8
    array([[ 1., -2.,  1.],
           [-2.,  4., -2.],
           [ 1., -2.,  1.]])
    """
    b = len(scale)
    if is_cyclic:
        eye = np.eye(b)
        D = np.roll(eye, 1, axis=0) - 2 * eye + np.roll(eye, -1, axis=0)
    else:
        D = np.diff(np.eye(b), n=2, axis=0)
    n_cells = b if is_cyclic else max(b - 1, 1)
    D = D * scale
    return D.T @ D * float(n_cells) ** 3


def _on_pieces(
    functions: Callable[[FloatArray], FloatArray], edges: Array, n_points: int
) -> tuple[FloatArray, FloatArray]:
    """Return S (b, b), and how far rounding moves the root of each entry of its diagonal (b,)."""
    nodes, weights, second = _rule(n_points)
    left, length = edges[:-1], np.diff(edges)
    keep = length > 0
    left, length = left[keep], length[keep]
    u = left[:, None] + length[:, None] * nodes
    values = functions(u.ravel()).reshape(*u.shape, -1)
    share = np.sqrt(weights * length[:, None])[..., None] / length[:, None, None] ** 2
    rows = (share * (second @ values)).reshape(u.size, -1)
    lost = (share * (np.abs(second) @ np.abs(values))).reshape(u.size, -1)
    return rows.T @ rows, np.finfo(float).eps * np.linalg.norm(lost, axis=0)


@cache
def _rule(n: int) -> tuple[Array, Array, Array]:
    """Return nodes and weights of [0, 1], and second derivatives there of the polynomial (n, n)."""
    x, weights = np.polynomial.legendre.leggauss(n)
    V = np.polynomial.legendre.legvander(x, n - 1)
    d2 = [np.polynomial.legendre.legder(row, 2) for row in np.eye(n)]
    V2 = np.stack([np.polynomial.legendre.legval(x, row) for row in d2], axis=-1)
    second = 4 * np.linalg.solve(V.T, V2.T).T  # [-1, 1] is twice as long
    return (x + 1) / 2, weights / 2, second
