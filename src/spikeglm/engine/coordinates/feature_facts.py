"""What the survey tells about the features: where they lie, how they vary, how they go together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ... import showing
from ...regularizer.base import PenaltyTerm
from ...regularizer.squares import squares_of
from ...typing import BoolArray, FloatArray
from .block_diagonal import BlockDiagonal
from .correlation import Correlation

RANK_TOLERANCE = 1e-12
"""Share of the variance, per feature, that counts as none."""


@dataclass(frozen=True, eq=False)
class Features:
    """Location, scale and correlation of p features.

    Attributes
    ----------
    mean, scale :
        (p,); the scale of a constant feature is 0. Of columns without an intercept the mean is 0
        and the scale the root mean square.
    correlation :
        (p, p) with unit diagonal, and rows of zeros for constant features. Of very many features
        it is an approximation, and where columns are few perhaps what a sample of the rows says:
        enough to guide a solver.
    """

    mean: FloatArray
    scale: FloatArray
    correlation: Correlation

    __repr__ = showing.of_fields

    @classmethod
    def as_they_come(cls, n_features: int) -> Features:
        """Return features that need no centring and no scaling and are not correlated."""
        return cls(np.zeros(n_features), np.ones(n_features), Correlation.none(n_features))

    @classmethod
    def constant(cls, n_features: int) -> Features:
        """Return features that do not vary: those of a table without rows."""
        nothing = Correlation(BlockDiagonal((np.zeros((n_features, n_features)),)))
        return cls(np.zeros(n_features), np.zeros(n_features), nothing)

    @cached_property
    def inverse_scale(self) -> FloatArray:
        """1 / scale, and 0 for constant features: their weight stays zero."""
        with np.errstate(divide="ignore"):
            return np.where(self.scale > 0, 1.0 / self.scale, 0.0)

    def moved_by(self, penalty: PenaltyTerm, n_columns: int) -> Features:
        """Return features of which those move that a penalty ties to others, constant as they are.

        A bin that was never visited has no data, and its best weight is what its neighbours say.
        """
        squares = squares_of(penalty, n_columns)
        if squares is None:
            return self
        is_tied = (self.scale == 0) & squares.diagonal.any(axis=1)
        return replace(self, scale=np.where(is_tied, 1.0, self.scale)) if is_tied.any() else self

    def with_null_space(self, null_space: FloatArray) -> Features:
        """Return features whose null space everybody takes from here: one judgement of rank."""
        known = replace(self.correlation, null_space=null_space)
        return replace(self, correlation=known)

    @cached_property
    def null_space(self) -> FloatArray:
        """(p, k) orthonormal combinations of the varying features that are constant.

        Without an intercept: that are zero.
        """
        known = self.correlation.null_space
        return np.zeros((len(self.scale), 0)) if known is None else known


class Spectrum(NamedTuple):
    """What the correlation of features says of their least variable combinations."""

    suspects: FloatArray  # (p, k) orthonormal combinations of almost no variance
    smallest: float  # about the smallest variance of any other combination


def spectrum(correlation: BlockDiagonal, varying: BoolArray, *, tolerance: float) -> Spectrum:
    """Return the combinations of varying features of least variance, and that of the next.

    ``tolerance`` is the share of the variance that counts as almost none.

    >>> same = BlockDiagonal((np.ones((2, 2)),))
    >>> spectrum(same, np.array([True, True]), tolerance=1e-11).suspects.round(3)
    array([[-0.707],
           [ 0.707]])
    """
    found, smallest = [], [np.inf]
    for block, where in zip(correlation.blocks, correlation.slices, strict=True):
        varies = np.flatnonzero(varying[where])
        suspects, least = _spectrum(block[np.ix_(varies, varies)], tolerance)
        found.append((where.start + varies, suspects))
        smallest.append(least)
    out = np.zeros((len(correlation), sum(basis.shape[1] for _, basis in found)))
    first = 0
    for places, basis in found:
        out[places, first : first + basis.shape[1]] = basis
        first += basis.shape[1]
    return Spectrum(out, min(smallest))


def _spectrum(R: FloatArray, tolerance: float) -> Spectrum:
    if len(R) == 0:
        return Spectrum(R, np.inf)
    try:
        pivot = (np.diag(np.linalg.cholesky(R)) ** 2).min()
        if pivot > 10 * tolerance:
            return Spectrum(R[:, :0], float(pivot))
    except np.linalg.LinAlgError:
        pass
    values, vectors = np.linalg.eigh(R)
    others = values[values > tolerance]
    return Spectrum(vectors[:, values <= tolerance], float(others.min(initial=np.inf)))
