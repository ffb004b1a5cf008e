"""Of all weights that predict the same, those of the smallest penalty, in closed form.

Where features are combinations of each other, n with X n constant, a smooth penalty ½ w'Λw decides:
w - n a with a = (n'Λn)⁺ n'Λw. A solver sees that in the curvature X'X + Λ, unless Λ there is less
than what X'X rounds: a weak ridge on features in units of very different size, say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..engine.coordinates.feature_facts import RANK_TOLERANCE, Features
from ..regularizer.base import PenaltyTerm
from ..regularizer.squares import as_squares
from ..typing import BoolArray, FloatArray, IntArray

_NO_PENALTY = 1e-13  # share of the largest root of curvature that is rounding
_GAIN = 1e-10  # share of the penalty; less is what solvers leave


class Better(NamedTuple):
    """Weights of a smaller penalty, and by how much it is smaller."""

    W: FloatArray  # (p, K N)
    b: FloatArray  # (K N,)
    gain: FloatArray  # (N,)


def least_penalised(
    W: FloatArray,
    b: FloatArray,
    features: Features,
    location: FloatArray,
    penalty: PenaltyTerm,
    mask: BoolArray | None,
    n_classes: int = 1,
    *,
    is_exact: bool = True,
) -> Better:
    """Return weights and intercepts of the smallest penalty, where that is smaller.

    Parameters
    ----------
    W, b :
        (p, K N) and (K N,) in the user's scale: column k N + n is class k of neuron n.
    features, location :
        Their null space, and their means (p,).
    penalty :
        On weights (p K, N).
    is_exact :
        Whether features are stored in float64 at least; else nothing is done.
    mask :
        (p, K N) False for weights that are none; None: all are.
    """
    null, (p, n_columns) = features.null_space, W.shape
    n_neurons = n_columns // n_classes
    nothing = Better(W, b, np.zeros(n_neurons))
    if not null.shape[1] or not penalty.is_smooth or not is_exact:
        return nothing
    squares = as_squares(penalty, p, n_neurons, n_classes)
    strength, unit = squares.strength, features.inverse_scale
    size = np.hypot(location, features.scale) * unit
    better = W.copy()
    for alike, masked in _alike(strength, mask):
        root = np.sqrt(strength[:, alike[:1]])
        if root.any():
            N = _within(null, masked)
            seen, rounding = squares.clearly_along(N, unit, size)
            least = float(np.linalg.norm(root * rounding))
            a = _least_squares(root * seen, root * squares.along(W[:, alike]), least)
            better[:, alike] -= unit[:, None] * (N @ a)
    before, after = (squares.value(w).reshape(n_classes, -1).sum(axis=0) for w in (W, better))
    is_less = before - after > _GAIN * before
    chosen = np.where(np.tile(is_less, n_classes), better, W)
    return Better(chosen, b + location @ (W - chosen), np.where(is_less, before - after, 0.0))


def _alike(
    strength: FloatArray, mask: BoolArray | None
) -> Iterator[tuple[IntArray, BoolArray | None]]:
    """Yield columns with the same strengths and masked features, and which these are, (p,)."""
    groups: dict[bytes, list[int]] = {}
    for c, own in enumerate(strength.T):
        key = own.tobytes() + (b"" if mask is None else mask[:, c].tobytes())
        groups.setdefault(key, []).append(c)
    for members in groups.values():
        yield np.array(members), None if mask is None else ~mask[:, members[0]]


def _within(null: FloatArray, masked: BoolArray | None) -> FloatArray:
    """Return the null directions (p, k) in which no masked feature takes part."""
    if masked is None or not masked.any():
        return null
    _, values, vectors = np.linalg.svd(null[masked])
    rank = int((values > np.sqrt(RANK_TOLERANCE)).sum())
    return np.where(masked[:, None], 0.0, null @ vectors[rank:].T)


def _least_squares(A: FloatArray, target: FloatArray, least: float) -> FloatArray:
    """Return a (k, C) of the smallest |A a - target|, and zero for what A (m, k) does not see.

    That is what it makes less than ``least`` of.

    Rows in order of their size, and columns too, keep what is small beside what is large (Higham
    2002, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 20.3).
    """
    from scipy.linalg import qr, solve_triangular

    if not A.shape[1]:
        return np.zeros((0, target.shape[1]))
    order = np.argsort(-np.abs(A).max(axis=1), kind="stable")
    Q, R, columns = qr(A[order], mode="economic", pivoting=True)
    size = np.abs(np.diag(R))
    rank = int((size > max(_NO_PENALTY * size.max(initial=0.0), least)).sum())
    out = np.zeros((A.shape[1], target.shape[1]))
    out[columns[:rank]] = solve_triangular(R[:rank, :rank], Q[:, :rank].T @ target[order])
    return out
