"""A penalty that is lost beside the curvature of the loss, where it alone decides.

Of features that are combinations of each other, X n = 0, the penalty chooses the weights w - n a.
Where its curvature n'Λn is below what X'X rounds, a solver cannot see that choice. So it is made in
advance: what is left for the solver is the penalty of the best choice,

    min_a ½ |G (w - n a)|²  =  ½ |(1 - Q Q') G w|²,        Q orthonormal, of the span of G n

in which n plays no role. The choice itself is made last (:mod:`~spikeglm.fit.least_penalty`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...regularizer.base import PenaltyTerm
from ...regularizer.quadratic import QuadraticPenalty
from ...regularizer.squares import Part, Squares, as_squares
from ...typing import FloatArray, IntArray

_DIGITS = 12  # to which relative strengths are the same


def without(
    penalty: PenaltyTerm,
    hidden: FloatArray,
    unit: FloatArray,
    size: FloatArray,
    n_columns: int,
    n_classes: int,
) -> Iterator[tuple[IntArray, PenaltyTerm]]:
    """Yield columns (A,) that have the same penalty but for a factor, and what is left of it.

    Parameters
    ----------
    penalty :
        A smooth one, on weights (p K, C).
    hidden :
        (p, m) combinations of weights of standardised features.
    unit :
        (p,) of these weights, in the user's scale.
    size :
        (p,) of the features, in standard deviations.
    n_columns, n_classes :
        C and K.
    """
    everyone = np.arange(n_columns)
    if not hidden.shape[1]:
        yield everyone, penalty
        return
    p = len(hidden)
    squares = as_squares(penalty, p, n_columns, n_classes)
    seen, rounding = squares.clearly_along(hidden, unit, size)
    by_class = squares.strength.reshape(-1, n_classes, n_columns)
    largest = by_class.max(axis=0)
    pattern = by_class / np.where(largest > 0, largest, 1.0)
    groups: dict[bytes, list[int]] = {}
    for c in range(n_columns):
        groups.setdefault(pattern[:, :, c].round(_DIGITS).tobytes(), []).append(c)
    for members in map(np.array, groups.values()):
        own = pattern[:, :, members[0]]
        if (own != own[:, :1]).any():  # classes that differ: nothing is said in advance
            yield members, penalty.take(members)
            continue
        root = np.sqrt(own[:, :1])
        rest = _projected(root * squares.along(np.eye(p)), root * seen, root * rounding)
        factor = np.tile(largest[:, members].ravel(), (len(rest), 1))
        sums = Squares((Part(np.arange(p), rest),), factor, p)
        yield members, QuadraticPenalty(sums, n_classes)


def _projected(root: FloatArray, seen: FloatArray, rounding: FloatArray) -> FloatArray:
    """Return (1 - Q Q') G for G (R, p), with Q of the span of what it makes of directions (R, m).

    Rows in the order of their size keep what is small beside what is large.
    """
    from scipy.linalg import qr

    order = np.argsort(-np.abs(seen).max(axis=1), kind="stable")
    Q, R, _ = qr(seen[order], mode="economic", pivoting=True)
    size = np.abs(np.diag(R))
    Q = Q[:, size > max(np.finfo(float).eps * size.max(initial=0.0), np.linalg.norm(rounding))]
    sorted_root = root[order]
    return np.asarray(sorted_root - Q @ (Q.T @ sorted_root))
