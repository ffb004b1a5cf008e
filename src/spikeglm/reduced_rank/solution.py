"""Reduced-rank ridge regression of all ranks, from moments.

Minimise Σ |y - x B|² + a |B|² over B (p, N) of rank r. In the axes of the features, with
S = V diag(d) Vᵀ and c = Vᵀ Σ x yᵀ, the cost of B = V (d + a)^-½ A is constant + |A - M|² with

    M = (d + a)^-½ c        (p, N)

so A is the best approximation of rank r to M, the r largest terms of M = P diag(σ) Qᵀ (Eckart &
Young 1936), and B_r = V (d + a)^-½ P_r diag(σ_r) Q_rᵀ. With N > p, M is first turned into p
coordinates: c = L Hᵀ with orthonormal H (N, p) is the same for all a.

References
----------
Izenman (1975), J Multivar Anal 5:248-64, theorem 1; van der Merwe & Zidek (1980), Can J Stat
8:27-39; Mukherjee & Zhu (2011), Stat Anal Data Min 4:612-22, section 2 (with ridge).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import showing
from ..selection.least_squares.moments import Moments
from ..selection.least_squares.spectrum import Spectrum
from ..typing import FloatArray

_NO_MORE = 1e-12  # of the largest singular value
_ROUNDING = 16 * np.finfo(float).eps  # of the largest eigenvalue, per feature


@dataclass(frozen=True, eq=False)
class Components:
    """R components, the strongest first; rank r takes the first r of them.

    Attributes
    ----------
    axes :
        (p, R) weights of features, in the axes of a spectrum.
    loadings :
        (N, R) orthonormal: how outputs follow each component.
    size :
        (R,) singular values σ.

    Examples
    --------
    >>> parts = Components(np.eye(2), np.eye(3)[:, :2], np.array([2.0, 1.0]))
    >>> parts.first(1).loadings.shape
    (3, 1)
    """

    axes: FloatArray
    loadings: FloatArray
    size: FloatArray

    __repr__ = showing.of_fields

    def first(self, rank: int) -> Components:
        """Keep the first ones."""
        return Components(self.axes[:, :rank], self.loadings[:, :rank], self.size[:rank])


@dataclass(frozen=True, eq=False)
class ReducedRank:
    """What all penalties share: a spectrum whose outputs are turned into few coordinates.

    Attributes
    ----------
    at :
        The spectrum.
    turned :
        (p, m) L, with m the smaller of p and N.
    turn :
        (N, m) H.
    """

    at: Spectrum
    turned: FloatArray
    turn: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, at: Spectrum) -> ReducedRank:
        """Turn the outputs of a spectrum."""
        turn, right = np.linalg.qr(at.c.T)
        return cls(at, right.T, turn)

    def components(self, strength: float, most: int) -> Components:
        """Return up to ``most`` components at a strength."""
        root = self._root(strength)
        P, size, Qt = np.linalg.svd(self.turned * root, full_matrices=False)
        rank = min(most, int((size > _NO_MORE * size.max(initial=0.0)).sum()))
        axes = P[:, :rank] * size[:rank] * root
        return Components(axes, self.turn @ Qt[:rank].T, size[:rank])

    def _root(self, strength: float) -> FloatArray:
        """Return (d + a)^-½, (p, 1): zero where that is rounding, as for copies of features."""
        d, a = self.at.d, float(self.at.penalty(strength))
        least = _ROUNDING * len(d) * d.max(initial=0.0)
        sizes = d + a
        is_there = sizes > least if a <= least else sizes > 0
        return np.where(is_there, 1.0 / np.sqrt(np.where(is_there, sizes, 1.0)), 0.0)[:, None]


def errors_by_rank(parts: Components, at: Spectrum, tested: Moments) -> FloatArray:
    """Return Σ (y - ŷ)², (R + 1, N), over other rows, of ranks 0 to R.

    Component r adds to the prediction of output n the series x·w_r q_nr, so the error grows by

        -2 q_nr (w_r · xy_n) + 2 q_nr Σ_{k<r} q_nk (w_rᵀ xx w_k) + q_nr² (w_rᵀ xx w_r)
    """
    there = tested.about(at.mean_x, at.mean_y).scaled(at.unit)
    W, Q = at.V @ parts.axes, parts.loadings.T
    together = W.T @ there.xx @ W
    before = np.tril(together, -1) @ Q
    added = Q * (2.0 * before - 2.0 * (W.T @ there.xy) + np.diag(together)[:, None] * Q)
    return np.asarray(np.maximum(np.cumsum(np.vstack([there.yy, added]), axis=0), 0.0))
